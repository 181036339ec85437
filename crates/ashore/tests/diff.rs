//! `ashore trace --diff` through its command line: it points at what differs between two systems, and at nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A built guest.
fn guest(system: &str, name: &str) -> PathBuf {
    let out = std::env::var_os("ASHORE_GUESTS").map(PathBuf::from);
    let out = out.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out"));
    let path = out.join(format!("{system}-amd64")).join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path
}

fn ashore() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ashore"))
}

/// Compares a guest's builds for two systems.
fn diff(options: &[&str], systems: [&str; 2], name: &str) -> Output {
    let mut command = ashore();
    command.args(["trace", "--diff", "--fresh"]).args(options);
    command.args(systems.map(|system| guest(system, name)));
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn programs_that_behave_the_same_differ_in_nothing() {
    for name in ["hello", "args-env", "goroutines", "pipes", "unixsock", "user", "http", "timers"] {
        let output = diff(&["--all"], ["freebsd", "linux"], name);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output));
        assert!(text(&output).starts_with("no difference: "), "{name}: {}", text(&output));
    }
}

#[test]
fn the_first_line_names_the_call_and_both_answers() {
    let output = diff(&[], ["freebsd", "linux"], "ipv6");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let first = text.lines().next().unwrap_or_default();
    assert_eq!(first, "ask option IPv6 stream socket: FreeBSD answers 1, Linux 0", "{text}");
    assert!(text.contains("[v6only-default]") && text.contains("IPV6_V6ONLY, {value=0}"), "{text}");
}

#[test]
fn traces_from_files_are_compared_like_programs() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let files = ["freebsd", "linux"].map(|system| {
        let file = folder.join(format!("diff-{system}.json"));
        let status =
            ashore().args(["trace", "--json", "-o"]).arg(&file).arg(guest(system, "ipv6")).output().unwrap().status;
        assert!(status.success(), "{system}");
        file
    });
    let output = ashore().args(["trace", "--diff", "--json"]).args(&files).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["differences"][0]["cause"]["code"], "v6only-default", "{value}");
}

#[test]
fn what_cannot_be_compared_is_said_with_the_line() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diff-broken.json");
    std::fs::write(&file, "{\"event\":\"start\",\"system\":\"linux\"}\n{\n{}\n").unwrap();
    let output = ashore().args(["trace", "--diff"]).args([&file, &file]).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output).contains("diff-broken.json: line 2: no JSON"), "{}", text(&output));
    let output = ashore().args(["trace", "--diff"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let output = ashore().args(["trace", "--diff", "/nothing/here"]).arg(&file).output().unwrap();
    assert!(output.status.code() >= Some(125), "{}", text(&output));
}
