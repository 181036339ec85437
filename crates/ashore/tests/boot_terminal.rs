//! `ashore boot` at a terminal: keys signal the guest's foreground, the window's size is known, and however it ends, the terminal
//! is what it was.

mod common;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// A shell at a terminal of its own, which `script` makes.
struct Terminal {
    child: Child,
    output: Receiver<Vec<u8>>,
    seen: String,
    /// What waits at the terminal for `$GO` begins when this is there.
    go: PathBuf,
}

impl Terminal {
    /// Runs `ashore boot busybox sh -c guest` and says afterwards how the terminal is set.
    fn run(before: &str, guest: &str) -> Terminal {
        let busybox = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/boot/busybox");
        assert!(busybox.is_file(), "{} is missing: cargo xtask guests", busybox.display());
        let go = common::folder(std::thread::current().name().unwrap()).join(format!("go{}", before.len()));
        let script = format!(
            "stty rows 33 cols 77; {before} \"$ASHORE\" boot --timeout 200 \"$BUSYBOX\" sh -c \"$GUEST\"; \
             echo status $?; stty -a | tr ' ;' '\\n\\n' | grep -x -e '-*icanon' -e '-*echo' -e '-*isig'; echo over"
        );
        let mut command = Command::new("script");
        command.args(["-q", "-c", &script, "/dev/null"]).env("ASHORE", env!("CARGO_BIN_EXE_ashore"));
        command.env("BUSYBOX", PathBuf::from(&busybox)).env("GUEST", guest).env("SHELL", "/bin/sh").env("GO", &go);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, output) = mpsc::channel();
        let mut pipe = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut chunk) {
                let _ = sender.send(chunk[..count].to_vec());
            }
        });
        Terminal { child, output, seen: String::new(), go }
    }

    /// Waits until this was shown behind all that was waited for before.
    #[track_caller]
    fn wait(&mut self, words: &str) {
        while !self.seen.contains(words) {
            let more = self.output.recv_timeout(Duration::from_secs(120));
            let more = more.unwrap_or_else(|_| panic!("no {words:?} in {:?}", self.seen));
            self.seen += &String::from_utf8_lossy(&more);
        }
        let at = self.seen.find(words).unwrap() + words.len();
        self.seen.drain(..at);
    }

    /// Lets begin what waits for it.
    fn go(&self) {
        std::fs::write(&self.go, "").unwrap();
    }

    fn type_in(&mut self, keys: &[u8]) {
        self.child.stdin.as_mut().unwrap().write_all(keys).unwrap();
    }

    /// Waits for the end; the terminal is as it was.
    #[track_caller]
    fn ends(mut self, status: &str) {
        self.wait(&format!("status {status}\r\n"));
        self.wait("isig\r\nicanon\r\necho\r\n");
        self.wait("over");
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

#[test]
fn ctrl_c_signals_the_foreground_and_the_size_is_the_window_s() {
    let guest = "trap 'echo caught' INT; stty size; echo ready; cat; echo after; exit 5";
    let mut terminal = Terminal::run("", guest);
    terminal.wait("33 77\r\n");
    terminal.wait("ready\r\n");
    terminal.type_in(b"line\r");
    // Once as it is typed, once by cat.
    terminal.wait("line\r\nline\r\n");
    terminal.type_in(b"\x03");
    terminal.wait("caught");
    terminal.wait("after");
    terminal.ends("5");
}

#[test]
fn a_window_that_changes_is_told() {
    let before = "(until [ -e \"$GO\" ]; do sleep 0.1; done; stty rows 40 cols 101) </dev/tty &";
    let guest = "trap 'stty size; exit 6' WINCH; echo ready; while :; do sleep 1; done";
    let mut terminal = Terminal::run(before, guest);
    terminal.wait("ready");
    terminal.go();
    terminal.wait("40 101\r\n");
    terminal.ends("6");
}

#[test]
fn the_escape_ends_it_and_the_terminal_is_as_before() {
    let mut terminal = Terminal::run("", "echo ready; sleep 1000");
    terminal.wait("ready");
    terminal.type_in(b"\x01x");
    terminal.wait("E0612");
    terminal.ends("125");
}

#[test]
fn a_signal_for_us_and_a_dead_emulator_leave_the_terminal_as_before() {
    let emulator =
        "for pid in $(cat /proc/$$/task/$$/children); do grep -q qemu /proc/$pid/comm && kill -KILL $pid; done";
    for (kill, status) in [("kill -TERM $$", "143"), (emulator, "125")] {
        // The shell that runs `ashore` in its own place knows its number.
        let before = format!("sh -c '(until [ -e \"$GO\" ]; do sleep 0.1; done; {kill}) & exec \"$0\" \"$@\"'");
        let mut terminal = Terminal::run(&before, "echo ready; sleep 1000");
        terminal.wait("ready");
        terminal.go();
        terminal.ends(status);
    }
}
