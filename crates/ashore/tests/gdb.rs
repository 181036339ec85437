//! `ashore run --gdb` under a real gdb, by scripts: programs of every system, in C and in Go.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

const SYSTEMS: [&str; 4] = ["linux", "dragonfly", "freebsd", "netbsd"];
/// No session takes longer: whatever hangs is ended.
const LIMIT_SECONDS: &str = "60";

fn guest(system: &str, name: &str) -> PathBuf {
    let out = std::env::var_os("ASHORE_GUESTS").map(PathBuf::from);
    let out = out.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out"));
    let path = out.join(format!("{system}-amd64")).join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path
}

/// A program that waits for gdb, and where.
struct Waiting {
    ashore: Child,
    errors: BufReader<std::process::ChildStderr>,
    address: String,
}

/// What came of a session.
struct Session {
    /// What gdb printed.
    gdb: String,
    /// What the program printed.
    output: String,
    /// What Ashore and the program said.
    errors: String,
    status: ExitStatus,
}

fn wait_for_gdb(listen: &str, program: &Path, args: &[&str]) -> Waiting {
    let mut ashore = Command::new("timeout")
        .args(["-k", "5", LIMIT_SECONDS, env!("CARGO_BIN_EXE_ashore"), "run", "--gdb", listen])
        .arg(program)
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = BufReader::new(ashore.stderr.take().unwrap());
    let mut line = String::new();
    errors.read_line(&mut line).unwrap();
    let address = line.trim_end().rsplit(' ').next().unwrap_or_default().to_owned();
    assert!(line.contains("target remote"), "{line}");
    Waiting { ashore, errors, address }
}

impl Waiting {
    /// Runs gdb with these commands; the program's file is fetched by gdb itself.
    fn gdb(&self, commands: &[&str]) -> String {
        let mut gdb = Command::new("timeout");
        gdb.args(["-k", "5", LIMIT_SECONDS, "gdb", "-batch", "-nx", "-ex", "set width 0"]);
        gdb.args(["-ex", &format!("target remote {}", self.address)]);
        gdb.args(commands.iter().flat_map(|command| ["-ex", command]));
        let output = gdb.stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    fn end(mut self, gdb: String) -> Session {
        let (mut output, mut errors) = (String::new(), String::new());
        self.ashore.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        self.errors.read_to_string(&mut errors).unwrap();
        Session { gdb, output, errors, status: self.ashore.wait().unwrap() }
    }
}

fn session(system: &str, name: &str, args: &[&str], commands: &[&str]) -> Session {
    let waiting = wait_for_gdb("0", &guest(system, name), args);
    let gdb = waiting.gdb(commands);
    waiting.end(gdb)
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => panic!("no {part:?} here, or not in order:\n{text}"),
        }
    }
}

#[test]
fn a_c_program_stops_at_a_breakpoint_and_steps() {
    for system in SYSTEMS {
        let commands =
            ["break add", "continue", "backtrace", "stepi", "finish", "print counter", "next", "delete", "continue"];
        let session = session(system, "cdebugged", &["sum"], &commands);
        has(
            &session.gdb,
            &["Breakpoint 1, add (number=", "#1 ", " in sum (last=", "Value returned is $1 = 1", "$2 = 1"],
        );
        has(&session.gdb, &["exited with code 012"]);
        assert_eq!((session.output.as_str(), session.status.code()), ("sum: 10\n", Some(10)), "{system}");
    }
}

#[test]
fn a_go_program_stops_at_a_breakpoint_and_steps() {
    for system in SYSTEMS {
        let commands = ["break main.main", "continue", "backtrace", "next", "next", "info threads", "continue"];
        let session = session(system, "debugged", &["sum"], &commands);
        has(&session.gdb, &["hit Breakpoint 1, main.main ()", "#0  main.main ()", "thread ", "exited with code 012"]);
        assert_eq!((session.output.as_str(), session.status.code()), ("sum: 10\n", Some(10)), "{system}");
    }
}

#[test]
fn pre_emption_signals_are_no_stops() {
    for system in SYSTEMS {
        let session = session(system, "debugged", &["burn"], &["continue"]);
        has(&session.gdb, &["exited with code 012"]);
        assert!(!session.gdb.contains("received signal"), "{system}: {}", session.gdb);
        assert_eq!(session.output, "sum: 10\n", "{system}");
    }
}

#[test]
fn a_crash_is_seen_before_the_program_handles_it_or_dies() {
    for system in SYSTEMS {
        let commands = ["continue", "backtrace", "info registers rip", "info threads", "continue"];
        let c = session(system, "cdebugged", &["crash"], &commands);
        has(
            &c.gdb,
            &[
                "received signal SIGSEGV",
                "#0  crash (at=",
                "#1 ",
                "<crash+",
                "SIGSEGV (11)",
                "terminated with signal SIGSEGV",
            ],
        );
        assert_eq!(c.status.code().or(c.status.signal().map(|signal| 128 + signal)), Some(139), "{system}");
        let go = session(system, "debugged", &["crash"], &commands);
        has(&go.gdb, &["received signal SIGSEGV", "#0  main.crash (at=0x0)", "main.main ()", "exited with code 02"]);
        assert!(go.errors.contains("nil pointer dereference"), "{system}: {}", go.errors);
    }
}
