//! What is said of programs that were changed: the field report of Go on DragonFly, made from a healthy program again, and
//! crashes that a patch brought.

mod common;

use common::{folder, guest};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where Go's start-up code for DragonFly chooses what to set, and the call that sets it.
const OPERATION: &str = "runtime.settls+0x19=bf00000000:";
const CALL: &str = "runtime.settls+0x26=b8d8010000:";
/// The instruction that makes the call.
const ENTER: &str = "runtime.settls+0x2b=0f05:";

/// Changes a guest, runs it, and gives back the exit status (none for a signal) and what was said.
fn run(name: &str, guest: &Path, edits: &[&str]) -> (Option<i32>, String) {
    let folder = folder(name);
    let changed = folder.join("changed");
    let patched =
        Command::new(env!("CARGO_BIN_EXE_ashore")).arg("patch").arg(guest).args(edits).arg("-o").arg(&changed).output();
    let patched = patched.unwrap();
    assert!(patched.status.success(), "{patched:?}");
    let ran = Command::new(env!("CARGO_BIN_EXE_ashore"))
        .arg("run")
        .arg(&changed)
        .env("XDG_STATE_HOME", &folder)
        .output()
        .unwrap();
    let _ = fs::remove_dir_all(&folder);
    (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
}

fn first(said: &str) -> &str {
    said.lines().find(|line| line.starts_with("ashore: ") && line.contains("[E")).unwrap_or_default()
}

#[test]
fn a_runtime_that_makes_another_systems_call_is_told_which() {
    let (operation, call) = (format!("{OPERATION}bf81000000"), format!("{CALL}b8a5000000"));
    let (status, said) = run("settls", &guest("dragonfly", "hello"), &["bytes", &operation, "bytes", &call]);
    assert_eq!(status, None, "{said}");
    let wanted = "it set its thread pointer as FreeBSD does, by call 165 (sysarch, operation 129); DragonFly BSD refuses that with \
                  EOPNOTSUPP (45) and wants call 472 (set_tls_area)";
    assert!(first(&said).contains(wanted) && first(&said).ends_with("[E0901, certain]"), "{said}");
    assert!(said.contains("runtime.settls"), "{said}");
}

#[test]
fn a_crash_in_changed_code_is_told_as_that() {
    let enter = format!("{ENTER}0f0b");
    let (status, said) = run("crash", &guest("dragonfly", "hello"), &["bytes", &enter]);
    assert_eq!(status, None, "{said}");
    assert!(
        first(&said).contains("it crashed in code that `ashore patch` changed")
            && first(&said).contains("[E0961, certain]"),
        "{said}"
    );
    assert!(said.contains("it was patched so: bytes runtime.settls+0x2b"), "{said}");
}

#[test]
fn a_changed_program_that_is_well_hears_nothing() {
    let (status, said) = run("well", &guest("dragonfly", "hello"), &["return", "runtime.printlock=0"]);
    assert_eq!((status, first(&said)), (Some(0), ""), "{said}");
}

#[test]
fn a_crash_far_from_changed_code_is_not_laid_to_it() {
    let (status, said) = run("far", &guest("dragonfly", "hello"), &["return", "runtime.schedinit=1"]);
    assert!(status.is_none() && first(&said).contains("[E09") && !said.contains("E0961"), "{said}");
}

#[test]
fn strictness_is_told_as_the_cause() {
    let program = guest("freebsd", "unknowncall");
    let state = folder("strict");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    let ran = command.args(["run", "--strict"]).arg(program).env("XDG_STATE_HOME", state).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(125), "{said}");
    assert!(first(&said).contains("call 777") && first(&said).contains("[E0904, certain]"), "{said}");
}
