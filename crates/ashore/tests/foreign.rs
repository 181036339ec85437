//! Programs of another CPU, each on everything that can run its code: translated as usual, blocks only, regions at once,
//! evaluated instruction by instruction and block by block, and with so little memory for code that it is thrown away again
//! and again.

mod common;

use common::text;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long any of them may take.
const PATIENCE: Duration = Duration::from_secs(400);
/// A way of running, and whether it is slow.
const WAYS: [(&[&str], bool); 6] = [
    (&[], false),
    (&["--tier", "blocks"], false),
    (&["--tier", "regions"], false),
    (&["--code-size", "128K"], false),
    (&["--tier", "steps"], true),
    (&["--tier", "evaluated"], true),
];

fn guest(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out/linux-arm64").join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path
}

/// Runs a program to its end, which must come in time.
fn run(options: &[&str], name: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.arg("run").args(options).arg(guest(name)).args(args);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            panic!("{name} {options:?} does not end: {}", text(&output.stdout));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// Runs a program every way; fast ways and slow ones have their own arguments.
fn everywhere(name: &str, fast: &[&str], slow: &[&str], expected: impl Fn(&str) -> String) {
    for (options, is_slow) in WAYS {
        let output = run(options, name, if is_slow { slow } else { fast });
        let said = format!("{options:?}: {}{}", text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{:?} {said}", output.status);
        assert_eq!(text(&output.stdout), expected(if is_slow { "slow" } else { "fast" }), "{said}");
    }
}

#[test]
fn code_that_changes_is_seen() {
    let lines = [
        "rewritten",
        "mapped twice",
        "protected",
        "replaced",
        "chained",
        "hot",
        "not executable",
        "not mapped",
        "a writer and runners",
        "a loop that ends",
    ];
    everywhere("armcode", &["400"], &["40"], |_| lines.map(|line| format!("{line}: ok\n")).concat());
}

/// Much more code than there is room for, each piece used for a moment.
#[test]
fn a_program_that_makes_code_stays_small() {
    everywhere("armgenerates", &["0", "300"], &["0", "20"], |_| "wrong: 0\nbounded: ok\n".to_owned());
}

#[test]
fn signals_leave_no_trace_in_what_they_interrupt() {
    everywhere("armsignals", &["500", "4"], &["20", "400", "10000"], |_| {
        "signals came: ok\nwrong in one thread: 0\nsignals came again: ok\nwrong in four threads: 0\n".to_owned()
    });
}

#[test]
fn forks_among_threads_find_no_lock_held() {
    everywhere("armforks", &["10"], &["3"], |_| "every child was right: ok\nwrong in the parent: 0\n".to_owned());
}

/// Every fault tells its address and finds all registers as they were; tags are ignored, at first and when there are many.
#[test]
fn accesses_fault_as_on_the_cpu() {
    let bus = |name: &str| format!("{name}: signal 7 code 1 at place+0, registers right\n");
    let far = |name: &str, off: i64| format!("{name}: signal 7 code 1 at ?{off:+}, registers right\n");
    let none = |name: &str, off: i64| format!("{name}: signal 11 code 1 at ?{off:+}, registers right\n");
    let done = |name: &str| format!("{name}: done\n");
    let mut expected = [done("load"), done("pair"), bus("exclusive"), done("exclusive byte")].concat();
    for name in ["store exclusive", "exclusive pair", "compare and swap", "compare and swap a half"] {
        expected += &bus(name);
    }
    for name in ["compare and swap pairs", "add", "swap", "maximum", "acquire", "acquire a half", "consistent acquire"]
    {
        expected += &bus(name);
    }
    expected += &bus("release");
    expected += &far("atomic at the end", -(1 << 56));
    expected += &done("aligned add");
    for (name, off) in
        [("load of null", 16), ("store to null", 16), ("load with a change", 0), ("pair before a change", -16)]
    {
        expected += &none(name, off);
    }
    for name in ["load pair", "vector", "vectors", "atomic", "exclusive of null"] {
        expected += &none(name, 0);
    }
    for name in ["not an address", "not an address of a store"] {
        expected += &none(name, 0);
    }
    for kind in ["load", "pair", "store", "vector", "atomic", "exclusive"] {
        expected += &done(&format!("tagged {kind}"));
    }
    everywhere("armmemory", &["2000"], &["20"], |speed| {
        let (tagged, plain) = if speed == "fast" { (133_333_300_000u64, 199_900_000) } else { (133_000, 19_000) };
        format!("{expected}sum through tags: {tagged}\nsum without: {plain}\n")
    });
}

/// What the auxiliary vector, `/proc`, identification registers and instructions say is the same; and what is hidden is
/// nowhere.
#[test]
fn the_cpu_is_described_as_it_is() {
    let features =
        ["aes", "pmull", "sha1", "sha2", "crc32", "atomics", "jscvt", "lrcpc", "sha3", "asimddp", "sha512", "ilrcpc"];
    let hidden = ["aes", "pmull", "atomics", "lrcpc", "ilrcpc"];
    for (options, hides) in [(&[][..], false), (&["--cpu", "no-aes,atomics,no-lrcpc"][..], true)] {
        let output = run(options, "armself", &[]);
        let said = text(&output.stdout);
        let mut expected = String::from("auxv: ok\nthe same as on the stack: ok\ncannot be written: ok\ncpuinfo: ok\n");
        for name in features {
            let is = u8::from(!(hides && hidden.contains(&name)));
            expected += &format!("{name}: told {is}, named {is}, identified {is}, there {is}\n");
        }
        expected += "fphp: told 0, named 0, identified 0, there 0\n";
        assert_eq!(said, expected, "{}", text(&output.stderr));
    }
    let list = Command::new(env!("CARGO_BIN_EXE_ashore")).args(["run", "--cpu", "list"]).output().unwrap();
    assert!(features.iter().all(|name| text(&list.stdout).contains(name)), "{}", text(&list.stdout));
    let unknown = run(&["--cpu", "no-such"], "armself", &[]);
    assert_eq!(unknown.status.code(), Some(126));
    assert!(text(&unknown.stderr).contains("such"), "{}", text(&unknown.stderr));
}
