//! The built test guests are what their folder says. Passes without guests: `cargo xtask ci` builds them first.

use ashore_formats::{
    Parsed, Part, detect, functions,
    golang::{FunctionTraits, LineTable},
    read,
};
use ashore_image::FunctionIndex;
use std::{fs, path::Path};

#[test]
fn every_guest_is_detected_and_its_entry_is_in_a_function() {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out");
    let Ok(systems) = fs::read_dir(out) else { return };
    for system in systems.flatten() {
        let name = system.file_name().into_string().unwrap();
        let (os, cpu) = name.split_once('-').unwrap();
        for guest in fs::read_dir(system.path()).unwrap().flatten().filter(|guest| guest.path().is_file()) {
            let bytes = fs::read(guest.path()).unwrap();
            if !bytes.starts_with(b"\x7fELF") {
                continue;
            }
            let parsed = read(&bytes).unwrap_or_else(|report| panic!("{name}: {report}"));
            let part = &parsed.parts[0];
            let found = detect(&parsed, part);
            let at = guest.path();
            assert_eq!(found.os.map(|os| os.name()), Some(os), "{}: {:?}", at.display(), found.clues);
            assert_eq!(found.cpu.name(), cpu, "{}", at.display());
            let known = functions(&parsed, part);
            let entry = part.image.entry.addr().unwrap();
            assert!(known.is_empty() || known.containing(entry).is_some(), "{}", at.display());
            compare_tables(&parsed, part);
        }
    }
}

/// Go's line table and the symbol table are written from different data of the linker; they must agree on every function.
fn compare_tables(parsed: &Parsed<'_>, part: &Part) {
    let Some(table) = LineTable::find(parsed.bytes, part) else { return };
    let code = table.code();
    let symbols = (part.format.functions)(parsed.bytes, part);
    assert!(symbols.is_empty() || symbols.len() as u64 > table.len() / 2, "{} symbols", symbols.len());
    for symbol in symbols {
        let name = parsed.bytes.cstr(symbol.name_at).unwrap_or_default();
        // The linker's own marks of where code begins and ends are no functions.
        let is_mark = matches!(name, b"runtime.text" | b"runtime.etext" | b"go:textfipsstart" | b"go:textfipsend");
        if !code.contains(symbol.code.start) || is_mark {
            continue;
        }
        let found = table.containing(symbol.code.start).unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        assert_eq!(found.start, symbol.code.start, "{name}");
        assert!(found.end >= symbol.code.end, "{name}");
    }
}

/// The places of a few functions of a Go program, as its source has them.
#[test]
fn places_in_go_programs_are_told_with_what_was_inlined() {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out/linux-amd64/nilptr");
    let Ok(bytes) = fs::read(guest) else { return };
    let parsed = read(&bytes).unwrap();
    let part = &parsed.parts[0];
    let table = LineTable::find(parsed.bytes, part).unwrap();
    let [main] = table.named(b"main.main")[..] else { panic!("no main.main") };
    let place = table.places(part, main.start)[0];
    assert_eq!(place.function, b"main.main");
    assert!(place.file.unwrap().ends_with(b"main.go"));
    assert!(place.line.unwrap() > 1 && !place.is_inlined);
    assert_eq!(table.frame_len(main.start), Some(0));
    let has = |name: &[u8], is: fn(FunctionTraits) -> bool| {
        table.named(name).iter().filter_map(|code| table.traits(code.start)).any(is)
    };
    assert!(has(b"runtime.goexit", |traits| traits.is_outermost));
    assert!(has(b"runtime.systemstack", |traits| traits.switches_stacks));
    let mut inlined = (0..table.len()).filter_map(|index| table.function(index)).filter(|code| {
        let places = table.places(part, code.start.plus(code.len() / 2));
        places.len() > 1 && places.iter().all(|place| place.line.is_some() && place.file.is_some())
    });
    assert!(inlined.nth(10).is_some());
}
