//! `ashore run --record` and `ashore replay` through their command lines, on guests built from source: a replay ends as
//! the recorded run did and prints what it printed, with nothing of the world that was there then.

mod common;

use common::{folder, guest, text};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory of one test.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Room {
        Room(folder(name))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn ashore(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn record(&self, program: &Path, args: &[&str]) -> Output {
        self.ashore(&["run", "--record", "log"]).arg(program).args(args).output().unwrap()
    }

    fn replay(&self) -> Output {
        // Another place, with another environment: nothing of it may matter.
        self.ashore(&["replay"]).arg(self.path("log")).current_dir("/").env_clear().output().unwrap()
    }

    /// Records and replays, and tells what came of it, which was the same both times.
    fn both(&self, program: &Path, args: &[&str]) -> Output {
        let (then, now) = (self.record(program, args), self.replay());
        assert_same(&then, &now);
        now
    }
}

fn assert_same(then: &Output, now: &Output) {
    assert_eq!(text(&then.stdout), text(&now.stdout), "{}", text(&now.stderr));
    // What a descriptor is is asked of the host.
    assert_eq!(without_names(text(&then.stderr)), without_names(text(&now.stderr)));
    assert_eq!(then.status, now.status);
}

#[test]
fn all_that_comes_from_outside_comes_again() {
    let room = Room::new("all");
    std::fs::write(room.path("input"), "the first line\nthe second\n").unwrap();
    let program = room.path("program");
    std::fs::copy(guest("linux", "record"), &program).unwrap();
    let then = room.record(&program, &["all", "input"]);
    assert_eq!(then.status.code(), Some(42), "{}", text(&then.stderr));
    assert!(text(&then.stdout).contains("the second\nhe f\n"), "{}", text(&then.stdout));
    // The world changes: neither the file nor the program is needed.
    std::fs::write(room.path("input"), "something else").unwrap();
    std::fs::remove_file(&program).unwrap();
    assert_same(&then, &room.replay());
    std::fs::remove_file(room.path("input")).unwrap();
    assert_same(&then, &room.replay());
}

#[test]
fn a_replay_ends_as_the_program_did() {
    let room = Room::new("ends");
    let program = guest("linux", "record");
    for status in [0, 1, 255] {
        assert_eq!(room.both(&program, &["end", &status.to_string()]).status.code(), Some(status));
    }
    for signal in [1, 2, 6, 9, 13, 15, 34] {
        let output = room.both(&program, &["die", &signal.to_string()]);
        assert_eq!((output.status.signal(), &*output.stdout), (Some(signal), &b"before\n"[..]));
    }
    assert_eq!(room.both(&program, &["fault"]).status.signal(), Some(11));
}

#[test]
fn programs_of_every_system_are_replayed() {
    let room = Room::new("systems");
    for system in ["freebsd", "netbsd", "dragonfly"] {
        for name in ["rawhello", "rawpipe", "rawsignal", "carry", "clocks", "vectors", "apart", "nosigpipe"] {
            let output = room.both(&guest(system, name), &[]);
            assert!(output.status.success() && !output.stdout.is_empty(), "{system}/{name}");
        }
        assert_eq!(room.both(&guest(system, "entry"), &[]).status.signal(), Some(11), "{system}");
    }
    for name in ["musl", "flags", "covered"] {
        assert!(!room.both(&guest("linux", name), &[]).stdout.is_empty(), "{name}");
    }
}

#[test]
fn what_was_fed_in_and_signals_from_others_are_in_the_recording() {
    let room = Room::new("fed");
    let mut command = room.ashore(&["run", "--record", "log"]);
    let mut child =
        command.arg(guest("linux", "record")).arg("copy").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"typed by a person\n").unwrap();
    let mut line = [0; 18];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
    assert_eq!(&line, b"typed by a person\n");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    let now = room.replay();
    assert_eq!((now.status.signal(), &*now.stdout), (Some(15), &line[..]));
}

#[test]
fn a_program_that_counts_can_be_stopped_and_stops_in_the_replay() {
    let room = Room::new("counts");
    let mut command = room.ashore(&["run", "--record", "log"]);
    let mut child = command.arg(guest("linux", "record")).args(["count", "1000000000000"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    assert_eq!(room.replay().status.signal(), Some(2));
}

#[test]
fn a_trace_of_the_replay_tells_the_same_calls() {
    let room = Room::new("trace");
    std::fs::write(room.path("input"), "a line\n").unwrap();
    let program = guest("linux", "record");
    let then =
        room.ashore(&["trace", "-o", "then", "--record", "log"]).arg(program).args(["all", "input"]).output().unwrap();
    assert_eq!(then.status.code(), Some(42), "{}", text(&then.stderr));
    let now = room.ashore(&["replay", "-q", "--trace", "-o", "now", "log"]).output().unwrap();
    assert_eq!((now.status.code(), &*now.stdout), (Some(42), &b""[..]));
    let calls = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(room.path(name)).unwrap();
        // Times differ, and what a descriptor is is asked of the host.
        let line = |line: &str| line.rsplit_once(" <").map_or(line, |(call, _)| call).to_owned();
        // A child is not part of a recording: its lines begin with its id.
        let is_own = |line: &&str| !line.starts_with('[') && *line != "fork() = 0";
        text.lines().map(line).map(|line| without_names(&line)).filter(|line| is_own(&line.as_str())).collect()
    };
    let (then, now) = (calls("then"), calls("now"));
    for (n, (then, now)) in then.iter().zip(&now).enumerate() {
        assert_eq!(then, now, "line {n}");
    }
    assert_eq!(then.len(), now.len());
    assert!(now.len() > 80);
}

/// A line of a trace without what stands in angle brackets behind descriptors.
fn without_names(line: &str) -> String {
    let mut text = String::new();
    let mut depth = 0;
    for letter in line.chars() {
        match letter {
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            _ if depth == 0 => text.push(letter),
            _ => {}
        }
    }
    text
}

#[test]
fn what_cannot_be_recorded_is_refused_where_it_happens() {
    let room = Room::new("refused");
    let linux = guest("linux", "record");
    let cases: [(&Path, &[&str], &str, &str); 3] = [
        (&linux, &["thread"], "before\n", "second thread"),
        (&linux, &["fork"], "a child\n", "shares"),
        (&guest("freebsd", "hello"), &[], "", "second thread"),
    ];
    for (program, args, printed, why) in cases {
        let then = room.record(program, args);
        assert_eq!((then.status.code(), text(&then.stdout)), (Some(125), printed));
        let told = text(&then.stderr);
        assert!(told.starts_with("ashore: cannot record this: ") && told.contains(why), "{told}");
        // As far as it goes it is a recording, which says why it ends.
        let now = room.replay();
        assert_eq!((now.status.code(), text(&now.stdout)), (Some(125), printed));
        assert!(text(&now.stderr).contains(why), "{}", text(&now.stderr));
    }
}

#[test]
fn a_recording_ends_where_the_program_becomes_another() {
    let room = Room::new("exec");
    let then = room.record(&guest("linux", "record"), &["exec", "/bin/echo"]);
    assert_eq!((then.status.code(), text(&then.stdout)), (Some(0), "before\n\n"));
    let now = room.replay();
    assert_eq!((now.status.code(), text(&now.stdout)), (Some(0), "before\n"));
    assert!(text(&now.stderr).contains("became another"), "{}", text(&now.stderr));
}

#[test]
fn a_recording_is_its_owners_and_says_where_it_was_cut_off() {
    let room = Room::new("cut");
    std::fs::write(room.path("log"), "an old file").unwrap();
    std::fs::set_permissions(room.path("log"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let then = room.record(&guest("linux", "musl"), &[]);
    let whole = std::fs::read(room.path("log")).unwrap();
    assert_eq!(std::fs::metadata(room.path("log")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_same(&then, &room.replay());
    let program = std::fs::metadata(guest("linux", "musl")).unwrap().len() as usize;
    for len in [0, 10, 19, 30, program / 2, program + 1000, program + (whole.len() - program) / 2, whole.len() - 8] {
        std::fs::write(room.path("log"), &whole[..len]).unwrap();
        let now = room.replay();
        let told = text(&now.stderr);
        // Without its last record, which says only how it ended, it is whole.
        let is_whole = now.status == then.status && now.stdout == then.stdout;
        assert!(
            is_whole && len == whole.len() - 8 || now.status.code() == Some(125) && told.contains("ashore: "),
            "{len}: {told}"
        );
        assert!(then.stdout.starts_with(&now.stdout), "{len}");
    }
}

#[test]
fn damage_is_found_and_never_more_than_a_message() {
    let room = Room::new("damage");
    room.record(&guest("freebsd", "rawhello"), &[]);
    let whole = std::fs::read(room.path("log")).unwrap();
    let program = std::fs::metadata(guest("freebsd", "rawhello")).unwrap().len() as usize;
    // The program itself is left as it is: what a changed program does is its own affair.
    let head = whole.len() - program - (whole.len() - program) / 2;
    for at in (0..16).chain(whole.len() - head / 2..whole.len()) {
        for byte in [0, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] = byte;
            std::fs::write(room.path("log"), &changed).unwrap();
            let now = room.ashore(&["replay", "-q", "log"]).output().unwrap();
            assert!(!text(&now.stderr).contains("panicked"), "{at}: {}", text(&now.stderr));
        }
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_program() {
    let room = Room::new("full");
    let then = room.ashore(&["run", "--record", "/dev/full"]).arg(guest("linux", "musl")).output().unwrap();
    assert_eq!(then.status.code(), Some(125));
    assert!(text(&then.stderr).contains("recording"), "{}", text(&then.stderr));
}

#[test]
fn a_debugger_stops_the_replay_where_it_wants() {
    let room = Room::new("gdb");
    std::fs::write(room.path("input"), "a line\n").unwrap();
    let program = guest("linux", "record");
    let then = room.record(&program, &["all", "input"]);
    assert_eq!(then.status.code(), Some(42), "{}", text(&then.stderr));
    std::fs::remove_file(room.path("input")).unwrap();
    let socket = format!("unix:{}", room.path("socket").display());
    let mut replay = room.ashore(&["replay", "--gdb", &socket, "log"]);
    let replay = replay.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !room.path("socket").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut gdb = Command::new("gdb");
    gdb.args(["-batch", "-nx", "-ex", "set confirm off"]).arg("-ex").arg(format!("file {}", program.display()));
    gdb.arg("-ex").arg(format!("target remote {}", room.path("socket").display()));
    // Twice the same place, between them a timer's signals that come where they came.
    for command in
        ["break files", "break memory", "handle all nostop noprint pass", "continue", "print sum", "continue"]
    {
        gdb.args(["-ex", command]);
    }
    let told = gdb.args(["-ex", "print ticks", "-ex", "stepi 5", "-ex", "delete", "-ex", "continue"]).output().unwrap();
    let now = replay.wait_with_output().unwrap();
    let told = text(&told.stdout);
    assert!(told.contains("Breakpoint 1, files") && told.contains("Breakpoint 2, memory"), "{told}");
    assert!(told.contains("exited with code 052"), "{told}");
    assert_eq!((text(&now.stdout), now.status.code()), (text(&then.stdout), Some(42)), "{}", text(&now.stderr));
}
