//! Mach-O programs made by hand are patched, looked at, and undone.

use ashore_base::Bytes;
use ashore_patch::{Hash, LaidOut, Program, Request, Words, Work, plan, undo};
use ashore_report::Report;

const BASE: u64 = 0x1_0000_0000;
const PAGE: u64 = 0x4000;
/// `add w0, w0, #1; ret`, and the same with 2.
const FUNCTION: [u32; 4] = [0x1100_0400, 0xd65f_03c0, 0x1100_0800, 0xd65f_03c0];
const OLD: u64 = 0x3000;
const NEW: u64 = 0x3008;

/// A program in the making.
#[derive(Default)]
struct Maker {
    commands: Vec<u8>,
    count: u32,
}

fn le(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn padded(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}

impl Maker {
    fn command(&mut self, kind: u32, body: &[u8]) {
        self.commands.extend(le(&[kind, body.len() as u32 + 8]));
        self.commands.extend_from_slice(body);
        self.count += 1;
    }

    /// A segment with one section that takes it from `section` on.
    fn segment(&mut self, name: &str, file: (u64, u64), protection: u32, section: Option<(u64, u32)>) {
        let mut body = padded(name);
        let addr = BASE + file.0;
        for long in [addr, file.1.next_multiple_of(PAGE), file.0, file.1] {
            body.extend(long.to_le_bytes());
        }
        body.extend(le(&[protection, protection, u32::from(section.is_some()), 0]));
        if let Some((start, flags)) = section {
            body.extend([padded("__own"), padded(name)].concat());
            body.extend((BASE + start).to_le_bytes());
            body.extend((file.0 + file.1.min(0x3000 + 0x20) - start).min(0x20).to_le_bytes());
            body.extend(le(&[start as u32, 2, 0, 0, flags, 0, 0, 0]));
        }
        self.command(0x19, &body);
    }
}

/// How a made program differs from others.
#[derive(Clone, Copy)]
struct Wish {
    /// Bytes between the load commands and the code.
    room: u64,
    is_signed: bool,
    /// Pointer format of its chain.
    format: u16,
}

const PLAIN: Wish = Wish { room: 0x400, is_signed: true, format: 6 };

/// An AArch64 program: `_old` and `_new`, two pointers to `_old` in a chain, `_old` exported, and it begins there.
fn program(wish: Wish) -> Vec<u8> {
    let linkedit = 2 * PAGE;
    let bias = if wish.format == 6 { 0 } else { BASE };
    let mut chains = le(&[0, 32, 76, 76, 0, 1, 0, 0]);
    // Three segments: text, data, linkedit. The row of data stands 16 bytes behind the table's start.
    chains.extend(le(&[3, 0, 16, 0]));
    chains.extend(le(&[24]));
    chains.extend([PAGE as u16, wish.format].iter().flat_map(|half| half.to_le_bytes()));
    chains.extend(PAGE.to_le_bytes());
    chains.extend(le(&[0]));
    chains.extend([1u16, 8].iter().flat_map(|half| half.to_le_bytes()));
    chains.resize(80, 0);
    let trie = [0, 1, b'_', b'o', b'l', b'd', 0, 8, 3, 0, 0x80, 0x60, 0, 0, 0, 0];
    let symbols: Vec<u8> = [(1u32, OLD), (6, NEW)]
        .iter()
        .flat_map(|&(name, at)| {
            [name.to_le_bytes().to_vec(), vec![0xf, 1, 0, 0], (BASE + at).to_le_bytes().to_vec()].concat()
        })
        .collect();
    let names = b"\0_old\0_new\0\0\0\0\0\0";
    let at = |len: usize| (linkedit as usize + len) as u32;
    let (trie_at, symbols_at, names_at) = (at(80), at(96), at(128));
    let end = linkedit + 144;
    let mut maker = Maker::default();
    maker.segment("__TEXT", (0, PAGE), 5, Some((OLD, 0x8000_0400)));
    maker.segment("__DATA", (PAGE, PAGE), 3, Some((PAGE, 0)));
    let linkedit_at = maker.commands.len();
    maker.segment("__LINKEDIT", (linkedit, 144), 1, None);
    maker.command(0x8000_0034, &le(&[linkedit as u32, 80]));
    maker.command(0x8000_0033, &le(&[trie_at, 16]));
    maker.command(2, &le(&[symbols_at, 2, names_at, 16]));
    maker.command(0xe, &[le(&[12]), padded("/usr/lib/dyld")].concat());
    maker.command(0x8000_0028, &[OLD.to_le_bytes(), [0; 8]].concat());
    if wish.is_signed {
        maker.command(0x1d, &le(&[end as u32, 0]));
    }
    let mut file = le(&[0xfeed_facf, 0x0100_000c, 0, 2, maker.count, maker.commands.len() as u32, 0x20_0085, 0]);
    file.extend_from_slice(&maker.commands);
    if wish.room < 0x200 {
        // What is not free is filled.
        file.resize(file.len() + wish.room as usize, 0);
        file.resize(OLD as usize, 0xaa);
    }
    file.resize(OLD as usize, 0);
    file.extend(le(&FUNCTION));
    file.resize((PAGE + 8) as usize, 0);
    let link = |next: u64| (next << 51 | (OLD + bias)).to_le_bytes();
    file.extend([link(4), [0; 8], link(0)].concat());
    file.resize(linkedit as usize, 0);
    [chains.as_slice(), &trie, &symbols, names].iter().for_each(|part| file.extend_from_slice(part));
    if wish.is_signed {
        let signature = signature(&file);
        let len_at = 32 + linkedit_at + 48;
        file[len_at..len_at + 8].copy_from_slice(&(144 + signature.len() as u64).to_le_bytes());
        let command = 32 + maker.commands.len() - 4;
        file[command..command + 4].copy_from_slice(&(signature.len() as u32).to_le_bytes());
        // The header says the length of the signature: it is signed with that.
        let signature = self::signature(&file);
        file.extend(signature);
    }
    file
}

/// An ad hoc signature as linkers make it.
fn signature(code: &[u8]) -> Vec<u8> {
    let pages = code.len().div_ceil(4096) as u32;
    let len = 88 + 2 + 32 * pages;
    let be = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let mut bytes = be(&[0xfade_0cc0, 20 + len, 1, 0, 20]);
    bytes.extend(be(&[
        0xfade_0c02,
        len,
        0x2_0400,
        0x2_0002,
        90,
        88,
        0,
        pages,
        code.len() as u32,
        0x2002_000c,
        0,
        0,
        0,
        0,
    ]));
    bytes.extend(be(&[0, 0, 0, 0, 0, PAGE as u32, 0, 1]));
    bytes.extend(b"p\0");
    code.chunks(4096).for_each(|page| bytes.extend(Hash::of(&[page]).0));
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    bytes
}

fn request(verb: &str, operand: &str, is_calls: bool) -> Request {
    Request::parse(Words { verb, operand, is_calls, from: None, to: None }).unwrap()
}

/// Patches every program of `file` and goes back.
fn patched(file: &[u8], requests: &[Request]) -> Result<Vec<u8>, Report> {
    let parsed = ashore_formats::read(file)?;
    let mut works = Vec::new();
    for (part, own) in parsed.parts.iter().enumerate() {
        let program = Program::new(&parsed, own)?;
        let plan = plan(&program, requests)?;
        works.push(Work { part, program, plan });
    }
    let laid_out = LaidOut::make(works, "test")?;
    let output = laid_out.output();
    let made = laid_out.complete(Hash::of(&[file]), output)?;
    made.verify(file, &made.bytes)?;
    assert!(undo(&made.bytes)?.1 == file, "undoing gives other bytes");
    // Every byte counts: damage anywhere is seen.
    for at in (0..made.bytes.len()).step_by(made.bytes.len() / 61) {
        let mut damaged = made.bytes.clone();
        damaged[at] ^= 4;
        assert!(made.verify(file, &damaged).is_err(), "{at:#x}");
    }
    Ok(made.bytes)
}

/// The low bits of the word at `addr` of the first program.
fn target(file: &[u8], offset: u64) -> u64 {
    Bytes(file).u64(offset).unwrap() & 0xf_ffff_ffff
}

#[test]
fn every_reference_of_a_chained_program_is_redirected() {
    for format in [2, 6] {
        let file = program(Wish { format, ..PLAIN });
        let bias = if format == 6 { 0 } else { BASE };
        let new = patched(&file, &[request("redirect", "old=_new", true)]).unwrap();
        assert_eq!([PAGE + 8, PAGE + 24].map(|at| target(&new, at) - bias), [NEW, NEW]);
        assert_eq!(Bytes(&new).u64(PAGE + 8).unwrap() >> 51, 4, "the chain goes on");
        let trie = Bytes(&new).slice(2 * PAGE + 80 + 10, 2).unwrap();
        assert_eq!(trie, [0x88, 0x60], "the export");
        assert!(new.windows(16).any(|window| window == [NEW.to_le_bytes(), [0; 8]].concat()), "the entry");
    }
}

#[test]
fn memory_is_added_before_linkedit_with_rows_for_its_chains() {
    let file = program(PLAIN);
    let new = patched(&file, &[request("hook", "old", false)]).unwrap();
    let parsed = ashore_formats::read(&new).unwrap();
    let segments = &parsed.parts[0].image.segments;
    let names: Vec<&str> = segments.iter().filter_map(|segment| segment.name.as_deref()).collect();
    assert_eq!(names, ["__TEXT", "__DATA", "__ASHORE", "__ASHORE_DATA", "__LINKEDIT"]);
    let linkedit = segments.last().unwrap().file.offset;
    assert_eq!(linkedit, 4 * PAGE);
    // Five segments now, and the row of data 8 bytes further on.
    let rows: Vec<u32> = (0..4).map(|row| Bytes(&new).u32(linkedit + 32 + row * 4).unwrap()).collect();
    assert_eq!(rows, [5, 0, 24, 0]);
    assert_eq!(Bytes(&new).u16(linkedit + 32 + 24 + 6), Some(6));
}

#[test]
fn what_is_left_of_pages_is_used_where_no_command_fits() {
    let file = program(Wish { room: 32, ..PLAIN });
    let new = patched(&file, &[request("hook", "old", false)]).unwrap();
    assert_eq!(ashore_formats::read(&new).unwrap().parts[0].image.segments.len(), 3);
}

#[test]
fn an_unsigned_program_of_a_cpu_that_wants_signatures_gets_one() {
    let file = program(Wish { is_signed: false, ..PLAIN });
    let new = patched(&file, &[request("redirect", "old=new", false)]).unwrap();
    assert_eq!(Bytes(&new).u32(16).unwrap(), Bytes(&file).u32(16).unwrap() + 1);
    let magic = [0xfa, 0xde, 0x0c, 0xc0];
    assert!(new.windows(4).any(|window| window == magic) && !file.windows(4).any(|window| window == magic));
}

#[test]
fn signed_pointers_are_refused() {
    let file = program(Wish { format: 9, ..PLAIN });
    let report = patched(&file, &[request("redirect", "old=new", false)]).unwrap_err();
    assert_eq!(report.diagnosis.slug, "patch-unsupported");
}

#[test]
fn every_program_of_a_universal_file_is_changed() {
    let (one, other) = (program(PLAIN), program(Wish { format: 2, ..PLAIN }));
    for gap in [0x2000, 0x10_0000] {
        let second = (0x4000 + one.len() + gap).next_multiple_of(0x4000);
        let be = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
        let mut file = be(&[0xcafe_babe, 2, 0x0100_000c, 0, 0x4000, one.len() as u32, 14]);
        file.extend(be(&[0x0100_000c, 2, second as u32, other.len() as u32, 14]));
        file.resize(0x4000, 0);
        file.extend_from_slice(&one);
        file.resize(second, 0);
        file.extend_from_slice(&other);
        let new = patched(&file, &[request("redirect", "old=new", true), request("hook", "new", false)]).unwrap();
        let parsed = ashore_formats::read(&new).unwrap();
        let starts: Vec<u64> = parsed.parts.iter().map(|part| part.file.offset).collect();
        let stays = gap > 0x8000;
        assert_eq!(starts[1] == second as u64, stays, "{gap:#x}");
        assert!(starts[1].is_multiple_of(0x4000));
        assert_eq!(target(&new, starts[0] + PAGE + 8), NEW);
        assert_eq!(target(&new, starts[1] + PAGE + 8), BASE + NEW);
    }
}
