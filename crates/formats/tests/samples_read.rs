//! Files made by hand read as what they are.

mod samples;

use ashore_base::{Addr, AddrRange, Cpu, Os};
use ashore_formats::{Container, detect, functions, read};
use ashore_image::{Entry, FunctionIndex, Kind};

#[test]
fn an_elf_program_is_read() {
    let file = samples::elf();
    let parsed = read(&file.0).unwrap();
    assert_eq!(parsed.remarks, []);
    let part = &parsed.parts[0];
    let image = &part.image;
    assert_eq!((image.cpu, image.kind, image.entry), (Cpu::X86_64, Kind::Dynamic, Entry::Start(Addr(0x40_0200))));
    assert_eq!(image.segments.len(), 2);
    assert_eq!(image.segments[1].zeroed().len(), 0x580);
    assert_eq!(image.needed, ["libmine.so"]);
    assert_eq!(image.tls.unwrap().memory.len(), 0x20);
    assert_eq!(image.notes[0].owner, "Maker");
    assert_eq!(image.headers.unwrap().addr, Some(Addr(0x40_0040)));
    assert_eq!(part.section(".text").unwrap().memory, AddrRange::new(Addr(0x40_0200), 8).unwrap());
    let imports = parsed.imports(part).unwrap();
    assert_eq!((imports.len(), imports[0].name.as_str(), imports[0].is_weak), (1, "wanted", true));
    let known = functions(&parsed, part);
    assert_eq!(known.name(Addr(0x40_0207)).as_deref(), Some("start"));
    assert_eq!(known.containing(Addr(0x40_0208)), None);
    assert_eq!(detect(&parsed, part).os, None);
}

#[test]
fn a_mach_o_program_is_read_alone_and_among_others() {
    let (alone, among) = (samples::macho(), samples::universal());
    let (alone, among) = (read(&alone.0).unwrap(), read(&among.0).unwrap());
    assert_eq!((alone.container, among.container), (Container::Plain, Container::Universal));
    assert_eq!(among.remarks[0].diagnosis.slug, "unsupported-cpu");
    for (parsed, base) in [(&alone, 0), (&among, 0x1000)] {
        let part = parsed.part_for(Cpu::Aarch64).unwrap();
        let image = &part.image;
        assert_eq!((image.kind, image.entry), (Kind::DynamicPie, Entry::Main(Addr((1 << 32) + 0x300))));
        assert_eq!(image.segments[1].file.offset, base);
        assert_eq!(part.section("__TEXT,__text").unwrap().file.offset, base + 0x300);
        assert_eq!(functions(parsed, part).name(Addr((1 << 32) + 0x304)).as_deref(), Some("_main"));
        let imports = parsed.imports(part).unwrap();
        assert_eq!(imports[0].name, "_exit");
        assert_eq!(imports[0].library.as_deref(), Some("/usr/lib/libSystem.B.dylib"));
        assert_eq!(detect(parsed, part).os, Some(Os::Darwin));
    }
}

#[test]
fn an_ape_program_is_read_and_its_header_does_not_decide() {
    let file = samples::ape();
    let parsed = read(&file.0).unwrap();
    assert_eq!(parsed.container, Container::Portable);
    let part = parsed.part_for(Cpu::X86_64).unwrap();
    assert_eq!((part.image.entry, part.image.kind), (Entry::Start(Addr(0x40_1000)), Kind::Static));
    // The header says FreeBSD, for the sake of that system's loader.
    assert_eq!(detect(&parsed, part).os, Some(Os::Linux));
}

#[test]
fn a_position_independent_program_is_told_from_a_library() {
    let movable = samples::elf().u16(16, 3);
    let with_soname = movable.clone().u64(samples::elf_at::DYNAMIC, 14);
    let kind = |file: &samples::File| read(&file.0).unwrap().parts[0].image.kind;
    assert_eq!(kind(&with_soname), Kind::Library);
    let complete = movable.u64(samples::elf_at::DYNAMIC, 0);
    assert_eq!(kind(&complete), Kind::StaticPie);
}

#[test]
fn a_stripped_program_has_the_functions_that_can_be_unwound() {
    use samples::elf_at::{CODE, FILE_LEN, OFFSET, SECTIONS, header};
    let header_at = 0x240u32;
    let record_at = 0x260u32;
    let code_at = CODE as u32;
    // The index of one record, and the record: its own length and common part do not matter here.
    let file = samples::elf().put(header_at as usize, &[1, 0x1b, 0x03, 0x3b]).u32(header_at as usize + 8, 1);
    let file = file
        .u32(header_at as usize + 12, code_at.wrapping_sub(header_at))
        .u32(header_at as usize + 16, record_at - header_at);
    let file = file.u32(record_at as usize + 8, code_at.wrapping_sub(record_at + 8)).u32(record_at as usize + 12, 8);
    let row = header(2);
    let file = file.u32(row, 0x6474_e550).u64(row + OFFSET, header_at.into()).u64(row + FILE_LEN, 20);
    let bare = file.u32(SECTIONS + 3 * 64 + 4, 1).u64(samples::elf_at::DYNAMIC + 3 * 16, 0x77);
    let at = Addr(0x40_0207);
    let known = |file: &samples::File| {
        let parsed = read(&file.0).unwrap();
        let known = functions(&parsed, &parsed.parts[0]);
        (known.containing(at), known.name(at))
    };
    assert_eq!(known(&bare), (AddrRange::new(Addr(0x40_0200), 8), None));
    let lying = bare.u32(record_at as usize + 8, code_at.wrapping_sub(record_at + 7));
    assert_eq!(known(&lying), (None, None));
}

#[test]
fn the_language_is_guessed_from_what_its_library_leaves() {
    let hinted = |text: &[u8]| {
        let file = samples::elf().put(0x210, text);
        let parsed = read(&file.0).unwrap();
        ashore_formats::hints(&parsed, &parsed.parts[0])
    };
    assert!(hinted(b"\0").is_empty());
    assert!(hinted(b"/rustc/59807616/library")[0].starts_with("Rust"));
    assert!(hinted(b"ZIG_PROGRESS")[0].starts_with("Zig"));
}
