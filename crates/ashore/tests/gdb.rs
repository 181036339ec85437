//! `ashore run --gdb` under a real gdb, by scripts: programs of every system, in C and in Go.

mod common;

use common::{SYSTEMS, guest};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// No session takes longer: whatever hangs is ended.
const LIMIT_SECONDS: &str = "60";

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

    /// The same, but gdb gets Ctrl-C while the program runs.
    fn interrupted_gdb(&self, commands: &[&str]) -> String {
        let mut gdb = Command::new("timeout");
        gdb.args(["--foreground", "-k", "5", LIMIT_SECONDS, "gdb", "-batch", "-nx", "-ex", "set width 0"]);
        gdb.args(["-ex", &format!("target remote {}", self.address), "-ex", r"echo running\n", "-ex", "continue"]);
        gdb.args(commands.iter().flat_map(|command| ["-ex", command]));
        let mut gdb = gdb.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(gdb.stdout.take().unwrap());
        let mut text = String::new();
        while !text.contains("running") && lines.read_line(&mut text).unwrap() > 0 {}
        std::thread::sleep(Duration::from_millis(700));
        Command::new("kill").args(["-INT", &gdb.id().to_string()]).status().unwrap();
        lines.read_to_string(&mut text).unwrap();
        gdb.wait().unwrap();
        text
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

#[test]
fn a_watched_variable_stops_whoever_changes_it() {
    for (system, name, variable) in [
        ("linux", "cdebugged", "counter"),
        ("netbsd", "cdebugged", "counter"),
        ("freebsd", "debugged", "main.counter"),
        ("dragonfly", "debugged", "main.counter"),
    ] {
        let watch = format!("watch {variable}");
        let begin = if name == "cdebugged" { "break sum" } else { "break main.sum" };
        let commands = [begin, "continue", &watch, "continue", "continue", "backtrace 2", "delete", "continue"];
        let session = session(system, name, &["sum"], &commands);
        if session.gdb.contains("Could not insert hardware watchpoint") {
            eprintln!("this machine gives no watchpoints");
            return;
        }
        has(&session.gdb, &["Hardware watchpoint", "Old value = 0", "New value = 1", "Old value = 1", "New value = 3"]);
        has(&session.gdb, &["add (number=", "sum (last=", "exited with code 012"]);
    }
}

#[test]
fn a_step_tells_of_watched_memory_that_it_changes() {
    let commands = ["break add", "continue", "watch counter", "next", "delete", "continue"];
    let session = session("netbsd", "cdebugged", &["sum"], &commands);
    if !session.gdb.contains("Could not insert hardware watchpoint") {
        has(&session.gdb, &["Hardware watchpoint", "Old value = 0", "New value = 1", "exited with code 012"]);
    }
}

#[test]
fn watching_without_the_cpu_works_too() {
    let commands =
        ["set can-use-hw-watchpoints 0", "break sum", "continue", "watch counter", "continue", "delete", "continue"];
    let session = session("freebsd", "cdebugged", &["sum"], &commands);
    has(&session.gdb, &["\nWatchpoint 2: counter", "Old value = 0", "New value = 1", "exited with code 012"]);
}

#[test]
fn a_program_that_waits_in_calls_is_interrupted() {
    for system in SYSTEMS {
        let waiting = wait_for_gdb("0", &guest(system, "cdebugged"), &["wait"]);
        let gdb = waiting.interrupted_gdb(&["backtrace", "print sum(3)", "info registers rip", "kill"]);
        has(&gdb, &["received signal SIGINT", "#0 ", "pause_ms (ms=60000)", "$1 = 6", "rip ", "killed"]);
        assert_eq!(waiting.end(gdb).output, "", "{system}");
        let waiting = wait_for_gdb("0", &guest(system, "debugged"), &["wait"]);
        let gdb = waiting.interrupted_gdb(&["info threads", "kill"]);
        has(&gdb, &["received signal SIGINT", "* 1 ", " thread ", "\n  2 ", " thread ", "killed"]);
        assert_eq!(waiting.end(gdb).output, "", "{system}");
    }
}

#[test]
fn a_program_let_go_ends_as_it_would_and_another_gdb_may_come() {
    for system in SYSTEMS {
        let go = session(system, "debugged", &["sum"], &["break main.add", "continue", "detach"]);
        has(&go.gdb, &["hit Breakpoint 1", "detached"]);
        assert_eq!((go.output.as_str(), go.status.code()), ("sum: 10\n", Some(10)), "{system}");
    }
    let waiting = wait_for_gdb("0", &guest("freebsd", "debugged"), &["wait"]);
    let first = waiting.gdb(&["detach"]);
    std::thread::sleep(Duration::from_millis(300));
    let second = waiting.gdb(&["info threads", "kill"]);
    has(&first, &["detached"]);
    has(&second, &["FreeBSD thread", "FreeBSD thread", "killed"]);
    assert_eq!(waiting.end(second).output, "");
}

#[test]
fn a_program_is_killed_with_the_gdb_that_leaves_it() {
    let session = session("netbsd", "debugged", &["wait"], &["break main.main", "continue"]);
    has(&session.gdb, &["hit Breakpoint 1"]);
    assert_eq!(session.status.code().or(session.status.signal().map(|signal| 128 + signal)), Some(137));
}

#[test]
fn what_gdb_asks_of_the_process_is_the_guests() {
    for system in SYSTEMS {
        let name = guest(system, "cdebugged").canonicalize().unwrap();
        let commands =
            ["info auxv", "info proc mappings", "monitor help", "monitor mappings", "monitor threads", "continue"];
        let session = session(system, "cdebugged", &["sum"], &commands);
        for kind in ["AT_PHDR", "AT_PAGESZ", "AT_ENTRY", "AT_NULL"] {
            has(&session.gdb, &[kind]);
        }
        has(&session.gdb, &["Mapped address spaces", "r-x", &name.to_string_lossy(), "exited with code 012"]);
        has(&session.gdb, &["monitor mappings", "[ashore]", "is host thread"]);
    }
}

#[test]
fn registers_that_gdb_changes_are_the_programs() {
    for system in SYSTEMS {
        let commands = [
            "break add",
            "continue",
            "set var counter = 100",
            "print $rdi = 40",
            "print $st0 = 1.5",
            "print $xmm3.v4_int32[2] = 77",
            "stepi",
            "print $st0",
            "print $xmm3.v4_int32[2]",
            "print $mxcsr",
            "delete",
            "continue",
        ];
        let session = session(system, "cdebugged", &["sum"], &commands);
        has(&session.gdb, &["$4 = 1.5", "$5 = 77", "$6 = 8064"]);
        assert_eq!(session.output, "sum: 149\n", "{system}: {}", session.gdb);
    }
}

#[test]
fn children_run_without_breakpoints() {
    for system in SYSTEMS {
        let session = session(system, "cdebugged", &["fork"], &["break add", "continue", "delete", "continue"]);
        has(&session.gdb, &["Breakpoint 1, add (number=", "exited with code 012"]);
        assert_eq!(session.output, "child: 10\nsum: 10\n", "{system}");
    }
}

#[test]
fn what_is_no_gdb_does_no_harm() {
    let waiting = wait_for_gdb("0", &guest("dragonfly", "cdebugged"), &["sum"]);
    for rubbish in [
        &b"GET / HTTP/1.0\r\n\r\n"[..],
        b"$$$$###zz$qSupported#00\x03\x03",
        b"$m0,ffffffffffffffff#fd$vCont;s:#00$g#67",
        b"+$vFile:open:zz#11$Z0,zz,1#00+$vCont;c:p1.zz;c#00$H#48",
        b"+$M0,1:00#b5+$G00#d7+$Hgp0.0#ad+$p1000#01+$qXfer:auxv:read::ffffffffffffffff,10#00",
        b"",
    ] {
        let mut stream = TcpStream::connect(&waiting.address).unwrap();
        let _ = stream.write_all(rubbish);
        std::thread::sleep(Duration::from_millis(50));
    }
    let gdb = waiting.gdb(&["continue"]);
    let session = waiting.end(gdb);
    has(&session.gdb, &["exited with code 012"]);
    assert_eq!((session.output.as_str(), session.status.code()), ("sum: 10\n", Some(10)));
}

#[test]
fn a_lost_gdb_does_not_cost_the_programs_result() {
    let waiting = wait_for_gdb("0", &guest("netbsd", "debugged"), &["burn"]);
    let mut stream = TcpStream::connect(&waiting.address).unwrap();
    stream.write_all(b"$vCont;c#a8").unwrap();
    let mut ack = [0];
    stream.read_exact(&mut ack).unwrap();
    drop(stream);
    let session = waiting.end(String::new());
    assert!(session.errors.contains("lost gdb"), "{}", session.errors);
    assert_eq!((session.output.as_str(), session.status.code()), ("sum: 10\n", Some(10)));
}

#[test]
fn a_place_that_is_taken_is_told_before_the_program_runs() {
    let socket = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gdb-socket");
    let _ = std::fs::remove_file(&socket);
    let listen = format!("unix:{}", socket.display());
    let program = guest("linux", "cdebugged");
    let unix = wait_for_gdb(&listen, &program, &["sum"]);
    let tcp = wait_for_gdb("0", &program, &["sum"]);
    for taken in [listen.as_str(), tcp.address.rsplit(':').next().unwrap()] {
        let output = Command::new(env!("CARGO_BIN_EXE_ashore")).args(["run", "--gdb", taken]).arg(&program).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(125));
        assert!(String::from_utf8_lossy(&output.stderr).contains("E0605"), "{output:?}");
        assert!(output.stdout.is_empty());
    }
    for waiting in [unix, tcp] {
        let gdb = waiting.gdb(&["continue"]);
        assert_eq!(waiting.end(gdb).output, "sum: 10\n");
    }
    assert!(!socket.exists());
}

#[test]
fn threads_that_stop_and_step_together_all_tell_their_own() {
    for system in SYSTEMS {
        let mut commands = vec!["break main.burn"];
        for _ in 0..15 {
            commands.extend(["continue", "stepi 3", "stepi"]);
        }
        commands.extend(["delete", "continue"]);
        let session = session(system, "debugged", &["burn"], &commands);
        assert!(session.gdb.matches("hit Breakpoint 1, main.burn").count() >= 15, "{system}: {}", session.gdb);
        assert!(!session.gdb.contains("received signal"), "{system}: {}", session.gdb);
        has(&session.gdb, &["exited with code 012"]);
    }
}

#[test]
fn gdb_may_start_the_program_itself() {
    let program = guest("dragonfly", "debugged").display().to_string();
    let pipe = format!("target remote | {} run --gdb - {program} sum", env!("CARGO_BIN_EXE_ashore"));
    let mut gdb = Command::new("timeout");
    gdb.args(["-k", "5", LIMIT_SECONDS, "gdb", "-batch", "-nx", "-ex", &pipe]);
    let output = gdb.args(["-ex", "break main.add", "-ex", "continue", "-ex", "delete", "-ex", "continue"]).output();
    let output = output.unwrap();
    has(&String::from_utf8_lossy(&output.stdout), &["hit Breakpoint 1, main.add (number=1", "exited with code 012"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("sum: 10"), "{output:?}");
}
