//! `ashore run --gdb` of translated programs, under a gdb that knows their CPU. Without one (Debian's package gdb-multiarch)
//! there is nothing to test.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The systems with arm64 guests.
const SYSTEMS: [&str; 3] = ["linux", "freebsd", "netbsd"];
/// No session takes longer: whatever hangs is ended.
const LIMIT_SECONDS: &str = "120";

fn has_gdb() -> bool {
    let found = Command::new("gdb-multiarch").arg("--version").stdout(Stdio::null()).status();
    let has = found.is_ok_and(|status| status.success());
    if !has {
        eprintln!("no gdb-multiarch here: not tested");
    }
    has
}

fn guest(system: &str, name: &str) -> PathBuf {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out");
    let path = out.join(format!("{system}-arm64")).join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path.canonicalize().unwrap()
}

/// What gdb and the program say; gdb starts Ashore by itself.
fn session(system: &str, name: &str, args: &str, commands: &[&str]) -> String {
    let ashore = env!("CARGO_BIN_EXE_ashore");
    let target = format!("target remote | {ashore} run --gdb - {} {args}", guest(system, name).display());
    let mut gdb = Command::new("timeout");
    gdb.args(["-k", "5", LIMIT_SECONDS, "gdb-multiarch", "-batch", "-nx", "-ex", "set width 0", "-ex", &target]);
    gdb.args(commands.iter().flat_map(|command| ["-ex", command]));
    let output = gdb.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_c_program_stops_at_a_breakpoint_and_steps() {
    for system in SYSTEMS.into_iter().filter(|_| has_gdb()) {
        let commands =
            ["break add", "continue", "backtrace", "stepi", "finish", "print counter", "next", "delete", "continue"];
        let said = session(system, "cdebugged", "sum", &commands);
        let first = ["Breakpoint 1, add (number=", "#1 ", " in sum (last=", "Value returned is $1 = 1", "$2 = 1"];
        common::has_in_order(&said, &first);
        common::has_in_order(&said, &["exited with code 012"]);
        assert!(said.contains("sum: 10\n"), "{system}: {said}");
    }
}

#[test]
fn a_go_program_stops_at_a_breakpoint_and_steps() {
    for system in SYSTEMS.into_iter().filter(|_| has_gdb()) {
        let commands = ["break main.add", "continue", "backtrace", "next", "info threads", "delete", "continue"];
        let said = session(system, "debugged", "sum", &commands);
        common::has_in_order(&said, &["hit Breakpoint 1", "main.add", "#1 ", "main.main ()", "thread "]);
        common::has_in_order(&said, &["exited with code 012"]);
    }
}

#[test]
fn registers_and_memory_are_the_programs_and_can_be_changed() {
    for system in SYSTEMS.into_iter().filter(|_| has_gdb()) {
        let commands = [
            "break add",
            "continue",
            // The first word is the argument; the code under the breakpoint is the file's.
            "printf \"word %d\\n\", $x0",
            "x/i $pc",
            "set var $x0 = 7",
            "set var $v3.d.u[0] = 99",
            "print $v3.d.u[0]",
            "delete",
            "finish",
            "print counter",
            "set var counter = 100",
            "continue",
        ];
        let said = session(system, "cdebugged", "sum", &commands);
        common::has_in_order(&said, &["word 1\n", "=> 0x", "$1 = 99", "$3 = 7"]);
        assert!(!said.contains("brk"), "{system}: {said}");
        // 100, and 2, 3 and 4.
        assert!(said.contains("sum: 109\n"), "{system}: {said}");
    }
}

#[test]
fn a_crash_is_seen_before_the_program_dies() {
    for system in SYSTEMS.into_iter().filter(|_| has_gdb()) {
        let said = session(system, "cdebugged", "crash", &["continue", "backtrace", "info registers pc", "continue"]);
        let words = ["received signal SIGSEGV", "crash (at=", "#1 ", "terminated with signal SIGSEGV"];
        common::has_in_order(&said, &words);
    }
}

#[test]
fn a_watched_variable_stops_whoever_changes_it() {
    for system in SYSTEMS.into_iter().filter(|_| has_gdb()) {
        // By the CPU, and by steps.
        for how in ["set can-use-hw-watchpoints 1", "set can-use-hw-watchpoints 0"] {
            let commands = [how, "break sum", "continue", "watch counter", "continue", "continue", "kill"];
            let said = session(system, "cdebugged", "sum", &commands);
            if said.contains("Could not insert hardware watchpoint") {
                eprintln!("this machine gives no watchpoints");
                continue;
            }
            common::has_in_order(&said, &["Old value = 0", "New value = 1", "Old value = 1", "New value = 3"]);
        }
    }
}
