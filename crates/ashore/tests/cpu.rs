//! Checks of a CPU's instructions, each program on everything that can run its code: tiers, little memory for code, one
//! instruction at a time, hosts that lack parts, and with its translations kept and put back.

mod common;

use common::{folder, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Ways of running: options, and parts that the host is to lack.
const WAYS: [(&[&str], &str); 9] = [
    (&[], ""),
    (&["--tier", "blocks"], ""),
    (&["--tier", "regions"], ""),
    (&["--code-size", "128K"], ""),
    (&["--tier", "regions", "--code-size", "128K"], ""),
    (&["--tier", "steps"], ""),
    (&["--tier", "evaluated"], ""),
    (&[], "FMA,AES,PCLMULQDQ,SHA,F16C"),
    (&["--tier", "regions"], "FMA,AES,PCLMULQDQ,SHA,F16C"),
];

/// The programs, one for each source.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = fs::read_dir(root.join("tests/cpu/aarch64")).unwrap().flatten().map(|entry| entry.path());
    let sources = sources.filter(|file| file.extension().is_some_and(|end| end == "s"));
    let built = sources.map(|file| root.join(".guests/cpu/aarch64").join(file.file_stem().unwrap()));
    let built: Vec<PathBuf> = built.collect();
    assert!(built.len() >= 7);
    for program in &built {
        assert!(program.is_file(), "{} is missing: cargo xtask guests", program.display());
    }
    built
}

/// Runs a program, which ends with zero or with the number of the first check that is not so.
fn run(program: &Path, options: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.env("ASHORE_CACHE", "off").args(["run", "--os", "linux"]).args(options);
    command.arg(program).envs(variables.iter().copied()).output().unwrap()
}

fn passes(program: &Path, options: &[&str], variables: &[(&str, &str)]) {
    let output = run(program, options, variables);
    let what = format!("{} {options:?} {variables:?}", program.display());
    assert_eq!(output.status.code(), Some(0), "{what}: the check of that number is not so; {}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{what}: {}", text(&output.stderr));
}

#[test]
fn instructions_do_the_same_everywhere() {
    for program in cases() {
        for (options, lacking) in WAYS {
            passes(&program, options, &[("ASHORE_HOST_LACKS", lacking)]);
        }
    }
}

#[test]
fn instructions_do_the_same_when_they_are_kept() {
    let home = folder("cpu-kept");
    for program in cases() {
        // Kept, compared with what would be made anew, and used.
        for how in ["on", "check", "on"] {
            for tier in ["any", "regions"] {
                let variables = [("XDG_CACHE_HOME", home.to_str().unwrap()), ("ASHORE_CACHE", how)];
                passes(&program, &["--tier", tier], &variables);
            }
        }
    }
}

#[test]
fn a_host_that_cannot_run_translated_code_is_told_of() {
    let programs = cases();
    for part in ["AVX2", "BMI2", "LZCNT"] {
        let output = run(&programs[0], &[], &[("ASHORE_HOST_LACKS", part)]);
        assert_eq!(output.status.code(), Some(0));
        let said =
            format!("ashore: this CPU lacks {part}: the program is not translated but evaluated, which is slow\n");
        assert_eq!(text(&output.stderr), said);
        // Who wants it evaluated is not told.
        passes(&programs[0], &["--tier", "evaluated"], &[("ASHORE_HOST_LACKS", part)]);
    }
    let output = run(&programs[0], &[], &[("ASHORE_HOST_LACKS", "MMX")]);
    assert_eq!(output.status.code(), Some(126));
    assert!(text(&output.stderr).contains("no template knows a part MMX"), "{}", text(&output.stderr));
}
