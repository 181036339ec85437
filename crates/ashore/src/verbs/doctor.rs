//! `ashore doctor`: what this machine offers, and what Ashore makes of it.

use super::switch;
use ashore_engine::jit;
use ashore_sys::Net;
use clap::{ArgMatches, Command};
use serde_json::json;
use std::os::unix::fs::FileTypeExt;

pub(crate) fn options(command: Command) -> Command {
    command.arg(switch("json", "As JSON"))
}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// It works, but slower or with less.
    Less,
    /// Guests do not run.
    Bad,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Good => "ok",
            State::Less => "less",
            State::Bad => "BAD",
        }
    }
}

/// One thing looked at.
struct Check {
    what: &'static str,
    state: State,
    found: String,
}

/// Looks at one thing: how it is and what was found.
type Look = fn() -> (State, String);

/// What is looked at.
static CHECKS: &[(&str, Look)] = &[
    ("kernel", kernel),
    ("safety net", net),
    ("thread pointer", thread_pointer),
    ("low addresses", low_addresses),
    ("arm64 programs", translation),
    ("/proc", proc_mounted),
    ("null device", null_device),
    ("open files", open_files),
    ("go shims", go_shims),
];

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let checks: Vec<Check> = CHECKS
        .iter()
        .map(|(what, look)| {
            let (state, found) = look();
            Check { what, state, found }
        })
        .collect();
    if matches.get_flag("json") {
        let rows = checks.iter().map(|c| json!({ "check": c.what, "state": c.state.word(), "found": c.found }));
        println!("{}", serde_json::Value::Array(rows.collect()));
    } else {
        for check in &checks {
            println!("{:<5} {:<15} {}", check.state.word(), check.what, check.found);
        }
    }
    u8::from(checks.iter().any(|check| check.state == State::Bad))
}

fn kernel() -> (State, String) {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
    (State::Good, format!("{} {}, {}", read("ostype").trim(), read("osrelease").trim(), std::env::consts::ARCH))
}

fn net() -> (State, String) {
    match ashore_sys::available() {
        Some(Net::Dispatch) => (
            State::Good,
            "Syscall User Dispatch: only Ashore's own text may call the kernel; rewritten call sites never reach it".into(),
        ),
        Some(Net::Seccomp) => (
            State::Less,
            "no Syscall User Dispatch (Linux 5.11); a seccomp filter traps guest calls instead, which costs every call a little and outlives exec".into(),
        ),
        None => (State::Bad, "neither Syscall User Dispatch nor seccomp: programs of other systems are refused".into()),
    }
}

fn thread_pointer() -> (State, String) {
    if ashore_sys::has_fsgsbase() {
        (State::Good, "FSGSBASE: switched by instruction".into())
    } else {
        (State::Less, "no FSGSBASE: switched by two kernel calls for each guest call, about 0.3 us".into())
    }
}

fn low_addresses() -> (State, String) {
    let least = std::fs::read_to_string("/proc/sys/vm/mmap_min_addr").unwrap_or_default();
    let least: u64 = least.trim().parse().unwrap_or(65536);
    if least <= 65536 {
        (State::Good, format!("programs may be mapped from {least:#x} up"))
    } else {
        (State::Less, format!("vm.mmap_min_addr is {least:#x}: programs linked lower are refused"))
    }
}

/// Whether the CPU can run what programs of another CPU are translated to.
fn translation() -> (State, String) {
    let host = jit::host();
    match host.lacks() {
        None => {
            let named = |wanted: bool| {
                let parts = host.parts().filter(|(_, has)| *has == wanted);
                parts.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
            };
            match named(false) {
                lacking if lacking.is_empty() => (State::Good, format!("translated, with {}", named(true))),
                lacking => {
                    (State::Less, format!("translated; this CPU lacks {lacking}: what needs these is evaluated"))
                }
            }
        }
        Some(part) => (State::Less, format!("this CPU lacks {part}: all of their code is evaluated, which is slow")),
    }
}

fn proc_mounted() -> (State, String) {
    if std::fs::metadata("/proc/self/exe").is_ok() {
        (State::Good, "mounted".into())
    } else {
        (State::Bad, "not mounted: a guest that execs a guest's program needs /proc/self/exe".into())
    }
}

fn null_device() -> (State, String) {
    match std::fs::metadata("/dev/null") {
        Ok(meta) if meta.file_type().is_char_device() => (State::Good, "a device".into()),
        _ => (State::Bad, "/dev/null is not a device: something replaced it (mknod -m 666 /dev/null c 1 3)".into()),
    }
}

fn open_files() -> (State, String) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or("");
    let soft: u64 = line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(u64::MAX);
    let state = if soft >= 1024 { State::Good } else { State::Less };
    (state, format!("{soft} (ulimit -n)"))
}

fn go_shims() -> (State, String) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(|dir| dir.join("go_freebsd_amd64_exec").exists());
    match found {
        Some(dir) => (State::Good, format!("in {}", dir.display())),
        None => (State::Good, "not installed (`ashore shims install` makes GOOS=... go test work)".into()),
    }
}
