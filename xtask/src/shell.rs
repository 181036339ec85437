//! Running other programs: to the terminal, into a string, or for a limited time.

use crate::{Failure, Outcome};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often a running child is looked at.
const POLL: Duration = Duration::from_millis(10);

/// How much of a child's output is kept; a test that prints for ever must not fill the memory.
const MOST_OUTPUT: usize = 64 << 20;

/// A command for cargo, the one that runs this task if there is one.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command` with the terminal's output; a non-zero status is a failure.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|why| Failure::of(describe(command), why))?;
    check(command, status)
}

/// Runs `command` and gives back its standard output; a non-zero status is a failure with its error output.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let done = command.stdin(Stdio::null()).output().map_err(|why| Failure::of(describe(command), why))?;
    if !done.status.success() {
        let text = String::from_utf8_lossy(&done.stderr);
        return Err(Failure::new(format!("{} ended with {}\n{text}", describe(command), done.status)));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Runs `command`, prints its standard output line by line, and shows each line to `see`.
pub(crate) fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Outcome {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|why| Failure::of(describe(command), why))?;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            see(&line);
        }
    }
    let status = child.wait().map_err(|why| Failure::of(describe(command), why))?;
    check(command, status)
}

/// What became of a child that had a time limit.
pub(crate) struct Limited {
    /// Standard output and standard error, in the order they were written.
    pub(crate) text: Vec<u8>,
    /// The status, or nothing if the time ran out and the process group was killed.
    pub(crate) status: Option<ExitStatus>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Runs `command` in its own process group for at most `limit`, then kills the whole group.
///
/// The group is killed after an orderly end too: what a test leaves behind must not slow the next one.
pub(crate) fn limited(command: &mut Command, limit: Duration) -> Outcome<Limited> {
    let fail = |why: std::io::Error| Failure::of("starting a child", why);
    let (mut reader, writer) = std::io::pipe().map_err(fail)?;
    let errors = writer.try_clone().map_err(fail)?;
    command.stdin(Stdio::null()).stdout(writer).stderr(errors).process_group(0);
    let started = Instant::now();
    let mut child = command.spawn().map_err(|why| Failure::of(describe(command), why))?;
    // The command keeps the write ends of the pipe open; without this the reader never ends.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let group = child.id();
    let text = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&text);
    let collector = std::thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            if let (Ok(mut text), Some(read)) = (sink.lock(), chunk.get(..count)) {
                let room = MOST_OUTPUT.saturating_sub(text.len()).min(read.len());
                text.extend(read.iter().take(room));
            }
        }
    });
    let mut status = None;
    while status.is_none() && started.elapsed() < limit {
        status = child.try_wait().map_err(fail)?;
        if status.is_none() {
            std::thread::sleep(POLL);
        }
    }
    kill_group(group);
    let _ = child.wait();
    let took = started.elapsed();
    // A grandchild that left the group may hold the pipe for ever: wait a short time only.
    let waiting = Instant::now();
    while !collector.is_finished() && waiting.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(POLL);
    }
    let text = text.lock().map(|mut text| std::mem::take(&mut *text)).unwrap_or_default();
    Ok(Limited { text, status, took })
}

/// Sends SIGKILL to every process of `group`.
pub(crate) fn kill_group(group: u32) {
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -KILL -{group}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

fn check(command: &Command, status: ExitStatus) -> Outcome {
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{} ended with {status}", describe(command)))) }
}

fn describe(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_hangs_is_killed_with_its_children() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 60 & sleep 60"]);
        let done = limited(&mut command, Duration::from_millis(300)).unwrap();
        assert!(done.status.is_none());
        assert_eq!(done.text, b"begun\n");
        assert!(done.took < Duration::from_secs(20));
    }

    #[test]
    fn a_child_that_ends_in_time_keeps_its_status_and_output() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let done = limited(&mut command, Duration::from_secs(20)).unwrap();
        assert_eq!(done.status.and_then(|status| status.code()), Some(3));
        assert_eq!(done.text, b"out\nerr\n");
    }
}
