//! `ashore trace --diff` through its command line: it points at what differs between two systems, and at nothing else.

mod common;

use common::guest;
use std::path::Path;
use std::process::{Command, Output};

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
    let guests = ["hello", "args-env", "goroutines", "pipes", "unixsock", "user", "http", "timers"];
    for name in guests.into_iter().chain(["same-files", "same-echo", "same-children"]) {
        let output = diff(&["--all"], ["freebsd", "linux"], name);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output));
        assert!(text(&output).starts_with("no difference: "), "{name}: {}", text(&output));
    }
}

/// A planted difference: the program, the first line without what varies, and the cause's name.
struct Planted(&'static str, &'static str, &'static str);

/// What differs between FreeBSD and Linux.
const PLANTED: &[Planted] = &[
    Planted(
        "v6only",
        "getsockopt(IPPROTO_IPV6, IPV6_V6ONLY) of IPv6 stream socket: FreeBSD answers 1, Linux 0",
        "v6only-default",
    ),
    Planted(
        "nofollow",
        "open/openat(O_NOFOLLOW|O_RDONLY) of \"./link\": FreeBSD answers EMLINK, Linux ELOOP",
        "nofollow",
    ),
    Planted("remove", "unlink/unlinkat() of \"./folder\": FreeBSD answers EPERM, Linux EISDIR", "remove-directory"),
    Planted("accept", "read() of IPv4 stream socket accepted: FreeBSD answers EAGAIN, Linux 5", "accept-inherits-read"),
    Planted(
        "flags",
        "fcntl(F_GETFL) of IPv4 stream socket accepted: FreeBSD answers O_NONBLOCK, Linux no flags",
        "accept-inherits",
    ),
    Planted(
        "buffer",
        "getsockopt(SOL_SOCKET, SO_RCVBUF) of IPv4 stream socket that listens: FreeBSD answers 20000, Linux 40000",
        "receive-buffer-doubled",
    ),
    Planted(
        "nodelay",
        "getsockopt(IPPROTO_TCP, TCP_NODELAY) of IPv4 stream socket that connects: FreeBSD answers 4, Linux 1",
        "nodelay-bit",
    ),
    Planted(
        "wildcard",
        "bind(0.0.0.0:*) of IPv4 stream socket that is bound: FreeBSD answers success, Linux EADDRINUSE",
        "v6only-bind",
    ),
    Planted(
        "reach",
        "connect(127.0.0.1:*) of IPv4 stream socket that connects: FreeBSD answers ECONNREFUSED, Linux success",
        "v6only-connect",
    ),
    Planted("request", "open/openat() of \"./file\": on FreeBSD with mode 0600, on Linux with mode 0640", ""),
    Planted("exit", "the program exits with 0 on FreeBSD and exits with 4 on Linux", ""),
];

#[test]
fn the_first_line_names_the_planted_call_and_both_answers() {
    for Planted(name, line, cause) in PLANTED {
        let output = diff(&[], ["freebsd", "linux"], &format!("planted-{name}"));
        let text = text(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        assert_eq!(text.lines().next().unwrap_or_default(), *line, "{name}: {text}");
        assert!(text.contains(&format!("[{cause}]")) || cause.is_empty(), "{name}: {text}");
        let places = text.matches(&format!(", at main.main (diff/planted-{name}/main.go:")).count();
        assert!(places == 2 || *name == "exit", "{name}: {text}");
    }
}

#[test]
fn other_pairs_of_systems_differ_in_their_own_ways() {
    let first = |systems, name| text(&diff(&[], systems, name)).lines().next().unwrap_or_default().to_owned();
    let line = first(["netbsd", "linux"], "planted-nofollow");
    assert_eq!(line, "open/openat(O_NOFOLLOW|O_RDONLY) of \"./link\": NetBSD answers EFTYPE, Linux ELOOP");
    let line = first(["dragonfly", "linux"], "planted-remove");
    assert_eq!(line, "unlink/unlinkat() of \"./folder\": DragonFly BSD answers EPERM, Linux EISDIR");
    assert!(first(["freebsd", "dragonfly"], "planted-remove").starts_with("no difference: "));
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
