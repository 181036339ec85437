//! A result that is not what was planned is not given out, whatever became of it on its way to the disk.

use ashore_patch::{Hash, LaidOut, Name, Patched, Program, Request, Work, plan};

/// This test is a program; its `main` is to return 7.
fn patched(original: &[u8]) -> Patched {
    let parsed = ashore_formats::read(original).unwrap();
    let part = parsed.parts.first().unwrap();
    let program = Program::new(&parsed, part).unwrap();
    let request = Request::Return { function: Name::new("main"), value: 7 };
    let plan = plan(&program, &[request]).unwrap();
    let laid_out = LaidOut::make(vec![Work { part: 0, program, plan }], "test").unwrap();
    let output = laid_out.output();
    laid_out.complete(Hash::of(&[original]), output).unwrap()
}

#[test]
fn a_file_that_reads_differently_is_not_what_was_planned() {
    let original = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let patched = patched(&original);
    patched.verify(&original, &patched.bytes).unwrap();
    let edit = patched.found.manifest.change.edits.first().unwrap().offset as usize;
    let end = patched.bytes.len();
    for at in [0, edit, end / 2, end - 1] {
        let mut written = patched.bytes.clone();
        written[at] ^= 1;
        let report = patched.verify(&original, &written).unwrap_err();
        assert_eq!(report.diagnosis.code, "E0809", "{at:#x}: {report}");
    }
    let report = patched.verify(&original, &patched.bytes[..end - 1]).unwrap_err();
    assert_eq!(report.diagnosis.code, "E0809", "{report}");
}
