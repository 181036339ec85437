//! The built test guests are what their folder says. Passes without guests: `cargo xtask ci` builds them first.

use ashore_formats::{Parsed, Part, detect, functions, golang::LineTable, read};
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
