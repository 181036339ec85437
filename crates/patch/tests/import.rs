//! Redirecting functions of libraries, on a dynamic program made by hand.

use ashore_patch::{LaidOut, Program, Request, Words, Work, undo};

/// Where things are in the file, and in memory as well.
const TEXT: u64 = 0x200;
const STUB: u64 = 0x210;
const SYMBOLS: u64 = 0x300;
const NAMES: u64 = 0x360;
const RELOCATIONS: u64 = 0x380;
const DYNAMIC: u64 = 0x3a0;
const SLOT: u64 = 0x440;
const LEN: usize = 0x480;

fn put(file: &mut [u8], at: u64, bytes: &[u8]) {
    file[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A symbol: its name's place, its type and binding, its section, its value and size.
fn symbol(name: u32, info: u8, section: u16, value: u64, size: u64) -> Vec<u8> {
    [&name.to_le_bytes()[..], &[info, 0], &section.to_le_bytes(), &words(&[value, size])].concat()
}

/// A program that imports `malloc` through a stub, and has a function `mine` whose code is `mine`.
fn program(mine: &[u8]) -> Vec<u8> {
    let mut file = vec![0; LEN];
    put(&mut file, 0, b"\x7fELF\x02\x01\x01");
    put(&mut file, 16, &[3, 0, 62, 0, 1]);
    put(&mut file, 24, &words(&[TEXT, 64, 0]));
    put(&mut file, 52, &[64, 0, 56, 0, 3, 0, 64, 0]);
    let row = |kind: u64, flags: u64, at: u64, len: u64, align: u64| {
        words(&[kind | flags << 32, at, at, at, len, len, align])
    };
    put(&mut file, 64, &row(1, 7, 0, LEN as u64, 0x1000));
    put(&mut file, 120, &row(2, 6, DYNAMIC, 0xa0, 8));
    put(&mut file, 176, &row(0x6474_e551, 6, 0, 0, 16));
    put(&mut file, TEXT, mine);
    // jmp [rip + SLOT]
    put(&mut file, STUB, &[0xff, 0x25]);
    put(&mut file, STUB + 2, &((SLOT - STUB - 6) as u32).to_le_bytes());
    put(&mut file, SYMBOLS + 24, &symbol(1, 0x12, 0, 0, 0));
    put(&mut file, SYMBOLS + 48, &symbol(8, 0x12, 1, TEXT, 16));
    put(&mut file, NAMES, b"\0malloc\0mine\0");
    put(&mut file, RELOCATIONS, &words(&[SLOT, 1 << 32 | 7, 0]));
    let entries =
        [[5, NAMES], [10, 13], [6, SYMBOLS], [11, 24], [23, RELOCATIONS], [2, 24], [20, 7], [3, SLOT], [0, 0]];
    put(&mut file, DYNAMIC, &words(entries.as_flattened()));
    put(&mut file, SLOT, &words(&[STUB + 6]));
    file
}

fn patch(file: &[u8], verb: &str, operand: &str) -> Result<Vec<u8>, ashore_report::Report> {
    let request = Request::parse(Words { verb, operand, ..Words::default() })?;
    let parsed = ashore_formats::read(file)?;
    let program = Program::new(&parsed, &parsed.parts[0])?;
    let plan = ashore_patch::plan(&program, &[request])?;
    let laid_out = LaidOut::make(vec![Work { part: 0, program, plan }], "test")?;
    let (input, output) = (ashore_patch::Hash::of(&[file]), laid_out.output());
    let patched = laid_out.complete(input, output)?;
    patched.verify(file, &patched.bytes)?;
    Ok(patched.bytes)
}

#[test]
fn an_import_means_a_function_of_the_program() {
    let file = program(&[0x31, 0xc0, 0xc3]);
    let patched = patch(&file, "redirect", "malloc=mine").unwrap();
    // Local and hidden, in a section, at the function.
    let wanted = [&1u32.to_le_bytes()[..], &[2, 2], &1u16.to_le_bytes(), &words(&[TEXT, 0])].concat();
    assert_eq!(patched[SYMBOLS as usize + 24..][..24], wanted);
    assert_eq!(undo(&patched).unwrap().1, file);
}

#[test]
fn who_calls_the_import_cannot_take_its_place() {
    // call STUB; ret
    let mut mine = vec![0xe8];
    mine.extend(((STUB - TEXT - 5) as u32).to_le_bytes());
    mine.push(0xc3);
    // call [rip + SLOT]; ret
    let mut direct = vec![0xff, 0x15];
    direct.extend(((SLOT - TEXT - 6) as u32).to_le_bytes());
    for code in [mine, direct] {
        let report = patch(&program(&code), "redirect", "malloc=mine").unwrap_err();
        assert_eq!(report.diagnosis.code, "E0807", "{report}");
        assert!(report.to_string().contains("calls malloc itself"), "{report}");
    }
}

#[test]
fn other_edits_of_an_import_say_what_can_be_done() {
    let report = patch(&program(&[0xc3]), "hook", "malloc").unwrap_err();
    assert_eq!(report.diagnosis.code, "E0802");
    assert!(report.to_string().contains("redirect malloc=NEW"), "{report}");
}
