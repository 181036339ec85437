//! The built test guests are what their folder says. Passes without guests: `cargo xtask ci` builds them first.

use ashore_formats::{detect, functions, read};
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
        }
    }
}
