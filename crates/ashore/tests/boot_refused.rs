//! `ashore boot` when something is wrong around it: one clear sentence, and the right status.

mod common;

use common::{folder, text};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn guest(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/boot").join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path.canonicalize().unwrap()
}

fn boot(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ashore")).arg("boot").args(words).stdin(Stdio::null()).output().unwrap()
}

/// Checks that it gave up with a status and these words, and that the program did not run.
#[track_caller]
fn refused(words: &[&str], status: i32, said: &[&str]) {
    let output = boot(words);
    assert_eq!(output.status.code(), Some(status), "{words:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{words:?}: {output:?}");
    for one in said {
        assert!(text(&output.stderr).contains(one), "{words:?}: no {one:?} in {output:?}");
    }
}

#[test]
fn files_that_are_no_programs_are_refused() {
    let (folder, hello) = (folder("files"), guest("hello"));
    let whole = fs::read(&hello).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).unwrap();
        folder.join(name).to_str().unwrap().to_owned()
    };
    refused(&[&file("cut", &whole[..1000])], 126, &["E0102", "the file has 0x3e8"]);
    refused(&[&file("short", &whole[..40])], 126, &["E0102"]);
    refused(&[&file("empty", b"")], 126, &["E0101", "empty"]);
    refused(&[&file("script", b"#!/bin/sh\n")], 126, &["E0108", "a script"]);
    refused(&[folder.to_str().unwrap()], 126, &["E0602", "not a regular file"]);
    refused(&["./absent-program"], 127, &["E0601", "absent-program"]);
    let help = ["E0205", "it is for amd64", "GOARCH=arm64", "ashore run"];
    refused(&[env!("CARGO_BIN_EXE_ashore")], 126, &help);
}

#[test]
fn machines_that_cannot_be_are_refused() {
    let hello = guest("hello");
    let hello = hello.to_str().unwrap();
    refused(&["--memory", "2T", hello], 125, &["E0614", "at most 1023G of memory"]);
    refused(&["--memory", "99999999T", hello], 125, &["--memory", "too much"]);
    refused(&["--memory", "much", hello], 125, &["--memory", "no number"]);
    refused(&["--cpus", "0", hello], 125, &["--cpus"]);
    refused(&["--cpus", "4096", hello], 125, &["--cpus"]);
    refused(&["--publish", "80", hello], 125, &["--publish", "HOST:GUEST"]);
    refused(&["--kernel", "/dev/null", hello], 125, &["E0609", "empty"]);
    refused(&["--root", "/absent", hello], 125, &["E0610", "/absent"]);
    refused(&["--cwd", "/absent", hello], 125, &["E0610", "/absent", "--cwd"]);
    refused(&["--timeout", "0", hello], 125, &["E0612", "--timeout"]);
    refused(&["--gdb", "0x", hello], 125, &["--gdb"]);
    // Too small is made large enough.
    assert_eq!(boot(&["--memory", "1", hello]).status.code(), Some(3));
}

#[test]
fn a_port_that_somebody_has_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (publish, gdb) = (format!("{port}:80"), port.to_string());
    let hello = guest("hello");
    let hello = hello.to_str().unwrap();
    refused(&["--publish", &publish, hello], 125, &["E0614", "port", &gdb, "in use"]);
    refused(&["--gdb", &gdb, hello], 125, &["E0614", "port", &gdb, "in use"]);
}

#[test]
fn an_emulator_that_is_killed_is_told() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.args(["boot", "--timeout", "60"]).arg(guest("busybox")).args(["sleep", "1000"]);
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let emulator = (0..500).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        fs::read_to_string(&children).unwrap().split_whitespace().next().map(str::to_owned)
    });
    Command::new("kill").args(["-KILL", &emulator.unwrap()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    assert!(text(&output.stderr).contains("E0611") && text(&output.stderr).contains("signal: 9"), "{output:?}");
}

#[test]
fn a_full_disk_costs_the_file_and_not_the_program_s_end() {
    let folder = folder("full");
    let (hello, dies) = (guest("hello"), guest("dies"));
    let output = boot(&["--trace", "-o", "/dev/full", hello.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(text(&output.stderr).contains("ashore: the trace is not whole: No space left"), "{output:?}");
    let small = |words: &[&str], program: &Path| {
        let script =
            "mount -t tmpfs -o size=20k none . && shift; cd \"$PWD\"; \"$@\"; status=$?; ls -A >&2; exit $status";
        let mut command = Command::new("unshare");
        command.current_dir(&folder).args(["-rm", "sh", "-c", script, "sh", "mounted"]);
        command.args([env!("CARGO_BIN_EXE_ashore"), "boot"]).args(words).arg(program).stdin(Stdio::null());
        command.output().unwrap()
    };
    let output = small(&["--image-out", "image"], &hello);
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("E0610") && said.contains("image: No space left") && !said.contains(".part"), "{said}");
    let output = small(&["--core", "core"], &dies);
    assert_eq!(output.status.code(), Some(128 + 11), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("ashore: no core file core: No space left") && !said.contains(".part"), "{said}");
}
