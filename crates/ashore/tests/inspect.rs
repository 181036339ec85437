//! `ashore inspect` through its command line: what it says, as text and as JSON, and how it refuses damage.

mod common;
#[path = "../../formats/tests/samples/mod.rs"]
mod samples;

use common::text;
use samples::File;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

/// A file of the tests' own folder with these bytes.
fn stored(name: &str, file: &File) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, &file.0).unwrap();
    path
}

fn ashore(words: &[&str], file: &PathBuf) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ashore")).args(words).arg(file).output().unwrap()
}

#[test]
fn a_program_without_a_mark_is_shown_with_the_places_looked_at() {
    let out = ashore(&["inspect"], &stored("unmarked", &samples::elf()));
    assert_eq!(out.status.code(), Some(0));
    let shown = text(&out.stdout);
    let lines = [
        "system      undecided",
        "looked at   file format: ELF",
        "kind        dynamic",
        "entry       0x400200 in start",
        "libraries   libmine.so",
        "imports     1: wanted",
        "thread data 0x20 bytes, 0x10 of them initialised, alignment 8",
        "calls       1: 1 rewritten, 0 left to the net",
        "runs here   no: nothing in the file says which system it is for (E0201)",
    ];
    for line in lines {
        assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
    }
}

#[test]
fn every_program_of_a_collection_is_shown() {
    let shown = ashore(&["inspect"], &stored("universal", &samples::universal()));
    let shown = text(&shown.stdout);
    for line in ["cpu         arm64", "system      darwin", "remark      error E0203 (unsupported-cpu)"] {
        assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
    }
}

#[test]
fn json_is_one_value_for_files_of_every_format() {
    for (name, file) in samples::all() {
        let out = ashore(&["inspect", "--json"], &stored(&format!("json-{name}"), &file));
        assert_eq!(out.status.code(), Some(0), "{name}");
        let value: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let program = &value["programs"][0];
        for key in ["format", "cpu", "clues", "kind", "entry", "segments", "imports", "hints", "runs"] {
            assert!(!program[key].is_null(), "{name}: {key}");
        }
    }
}

#[test]
fn damage_is_refused_with_one_message_and_an_offset() {
    let cases = [
        ("cut", samples::elf().cut(100), "E0102", "offset 0x40"),
        (
            "overlap",
            samples::elf().u64(samples::elf_at::header(1) + 16, 0x40_0200).u64(samples::elf_at::header(1) + 8, 0x200),
            "E0105",
            "offset 0x40",
        ),
        ("huge", samples::elf().u64(samples::elf_at::header(1) + 40, 1 << 50), "E0106", "offset 0x78"),
        ("other-cpu", samples::elf().u16(18, 2), "E0203", "offset 0x12"),
        (
            "noise",
            File((0..4096).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
            "E0101",
            "offset 0x0",
        ),
        ("empty", File::default(), "E0101", "offset 0x0"),
    ];
    for (name, file, code, place) in cases {
        let path = stored(name, &file);
        for verb in ["inspect", "run"] {
            let out = ashore(&[verb], &path);
            let said = text(&out.stderr);
            assert_eq!(out.status.code(), Some(126), "{verb} {name}: {said}");
            assert!(out.stdout.is_empty(), "{verb} {name}");
            assert!(said.contains(code) && said.contains(place), "{verb} {name}: {said}");
            assert_eq!(said.matches("error E").count(), 1, "{verb} {name}: {said}");
        }
        let json = ashore(&["inspect", "--json"], &path);
        let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((json.status.code(), &value["error"]["code"]), (Some(126), &code.into()), "{name}");
    }
}

#[test]
fn a_missing_file_is_127() {
    let out = ashore(&["inspect"], &PathBuf::from("/nonexistent/program"));
    assert_eq!(out.status.code(), Some(127));
}

#[test]
fn a_core_file_is_told_as_what_is_left_of_a_process() {
    let path = stored("core", &File(samples::cores::linux(ashore_base::Cpu::X86_64)));
    let shown = ashore(&["inspect"], &path);
    let shown = text(&shown.stdout);
    for line in [
        "format      ELF core file",
        "system      netbsd, told in the words of linux",
        "process     1, program one two",
        "signal      SIGSEGV (11), code 1, address 0xf1",
        "memory      2 stretches, 0x6000 bytes, 0x3000 of them in the file",
        "mapped      0x400000 to 0x404000 from 0x1000 of /bin/program",
    ] {
        assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
    }
    let json = ashore(&["inspect", "--json"], &path);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(value["core"]["threads"][0]["registers"]["rip"], "0x1010");
    let (_, freebsd) = samples::cores::bsds().remove(0);
    let shown = ashore(&["inspect"], &stored("core-freebsd", &File(freebsd)));
    assert!(text(&shown.stdout).contains("system      freebsd"));
}

/// A guest that `cargo xtask guests` built.
fn guest(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out").join(name)
}

#[test]
fn a_function_is_shown_as_its_instructions() {
    let expected = [
        ("linux-arm64/hello", "main.main", "main.main (arm64): 0x", "ret\n"),
        ("freebsd-arm64/hello", "main.main", "main.main (arm64): 0x", "<fmt.Fprintln>\n"),
        ("linux-amd64/hello", "main.main", "main.main (amd64): 0x", "push rbp\n"),
    ];
    for (name, function, first, some) in expected {
        let out = ashore(&["inspect", "--disasm", function], &guest(name));
        let shown = text(&out.stdout);
        assert!(out.status.success() && shown.starts_with(first) && shown.contains(some), "{name}: {shown}");
    }
    let out = ashore(&["inspect", "--json", "--disasm", "main.main"], &guest("linux-arm64/hello"));
    let value: serde_json::Value = serde_json::from_str(text(&out.stdout)).unwrap();
    let function = &value["functions"][0];
    let instructions = function["instructions"].as_array().unwrap();
    assert_eq!(function["len"].as_u64(), Some(4 * instructions.len() as u64));
    assert_eq!((&instructions[0]["at"], &function["cpu"]), (&function["start"], &"arm64".into()));
    let inside = format!("0x{:x}", u64::from_str_radix(&function["start"].as_str().unwrap()[2..], 16).unwrap() + 8);
    let out = ashore(&["inspect", "--disasm", &inside], &guest("linux-arm64/hello"));
    assert!(text(&out.stdout).starts_with("main.main (arm64)"));
    let out = ashore(&["inspect", "--disasm", "nowhere"], &guest("linux-arm64/hello"));
    assert!(!out.status.success() && text(&out.stderr).contains("E0615"));
}
