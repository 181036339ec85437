//! The machine's serial line and our own streams, until the machine ends or somebody ends it.

use super::machine::Machine;
use super::terminal::{self, Lines, Raw, Streams};
use super::trace::Teller;
use ashore_formats::boot::wire::{Channel, Receiver, Sender};
use ashore_pivot::{SigSet, Signal};
use std::io::{self, ErrorKind, Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Why a machine did not end by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopped {
    /// A person typed the escape.
    Escape,
    /// Its time was up.
    Timeout(Duration),
    /// We were sent a signal.
    Signal(Signal),
    /// Nobody reads its output any more.
    Unread,
}

/// What happens beside the console while a machine runs.
pub(super) struct Watch {
    /// How long it may run.
    pub(super) timeout: Option<Duration>,
    /// Who tells its program's calls.
    pub(super) teller: Option<Teller>,
}

/// How often new calls are looked for. The kernel's ring is large enough for what comes meanwhile, mostly.
const LOOK: Duration = Duration::from_millis(5);

/// The signals that ask us to end.
const ENDING: [Signal; 4] = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM];

/// The escape (Ctrl-A), and what follows it to stop the machine.
const ESCAPE: u8 = 1;
const STOP: u8 = b'x';

/// How many bytes go at once.
const CHUNK: usize = 64 << 10;

/// Who stopped a machine first.
struct Stopper {
    machine: Arc<Machine>,
    first: Mutex<Option<Stopped>>,
}

impl Stopper {
    fn stop(&self, why: Stopped) {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.machine.kill();
    }
}

/// Carries bytes until the machine's line is closed, which is its end.
pub(super) fn serve(machine: &Arc<Machine>, streams: &Streams, watch: Watch) -> Option<Stopped> {
    let (input, output) = machine.line()?;
    let stopper = Arc::new(Stopper { machine: Arc::clone(machine), first: Mutex::new(None) });
    watch_signals(&stopper);
    let ended = watch.timeout.map(|limit| watch_clock(&stopper, limit));
    let raw = Raw::begin(streams);
    let keys = if streams.is_typed() { Keys::Escape } else { Keys::Plain };
    let feeder = Arc::clone(&stopper);
    let (listening, heard) = mpsc::channel();
    std::thread::spawn(move || {
        // Without a word from the machine it is not listening, or gone.
        if heard.recv().is_ok() {
            feed(input, keys, &feeder);
        }
    });
    let teller = watch.teller.map(tell);
    if drain(output, streams.lines(), &listening).is_err() {
        stopper.stop(Stopped::Unread);
    }
    drop(ended);
    if let Some((ended, thread)) = teller {
        drop(ended);
        let _ = thread.join();
    }
    drop(raw);
    *stopper.first.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops the machine when a signal asks us to end.
fn watch_signals(stopper: &Arc<Stopper>) {
    let set = ENDING.iter().fold(SigSet::EMPTY, |set, signal| {
        // What we were born ignoring (nohup) stays so.
        if ashore_sys::is_ignored(*signal) { set } else { set.with(*signal) }
    });
    // Every later thread inherits the mask; the machine's process was started before.
    ashore_sys::set_signal_mask(set);
    let stopper = Arc::clone(stopper);
    std::thread::spawn(move || {
        if let Some(signal) = ashore_sys::next_signal(set) {
            terminal::restore();
            stopper.stop(Stopped::Signal(signal));
        }
    });
}

/// Stops the machine when its time is up. What is returned holds the clock off while it lives.
fn watch_clock(stopper: &Arc<Stopper>, limit: Duration) -> mpsc::Sender<()> {
    let (ended, wait) = mpsc::channel();
    let stopper = Arc::clone(stopper);
    std::thread::spawn(move || {
        if wait.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            stopper.stop(Stopped::Timeout(limit));
        }
    });
    ended
}

/// Tells calls until what is returned first is dropped.
fn tell(mut teller: Teller) -> (mpsc::Sender<()>, JoinHandle<()>) {
    let (ended, wait) = mpsc::channel();
    let body = move || {
        while wait.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            teller.look();
        }
        teller.finish();
    };
    (ended, std::thread::spawn(body))
}

/// Whether what is typed may be meant for us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Escape,
    Plain,
}

/// Carries our input to the program.
fn feed(mut line: ChildStdin, keys: Keys, stopper: &Stopper) {
    let mut chunk = vec![0; CHUNK];
    let mut sender = Sender::default();
    let mut escape = Escape::default();
    let mut send = |channel, bytes: &[u8]| {
        let mut out = Vec::with_capacity(bytes.len() + 2);
        sender.send(channel, bytes, |piece| out.extend_from_slice(piece));
        line.write_all(&out)
    };
    loop {
        let read = match io::stdin().read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => chunk.get(..count).unwrap_or_default(),
            Err(why) if why.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let sent = match keys {
            Keys::Plain => send(Channel::Stream, read),
            Keys::Escape => match escape.take(read) {
                Some(typed) => send(Channel::Stream, &typed),
                None => return stopper.stop(Stopped::Escape),
            },
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = send(Channel::End, &[]);
    // The line stays open: its end would be news to the emulator, not to the program.
    std::mem::forget(line);
}

/// What was typed so far of the escape.
#[derive(Default)]
struct Escape {
    is_open: bool,
}

impl Escape {
    /// What is meant for the program; nothing when the machine shall stop. Two escapes are one for the program.
    fn take(&mut self, typed: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(typed.len());
        for byte in typed {
            match (self.is_open, *byte) {
                (true, STOP) => return None,
                (false, ESCAPE) => self.is_open = true,
                (true, ESCAPE) => {
                    self.is_open = false;
                    out.push(ESCAPE);
                }
                (true, other) => {
                    self.is_open = false;
                    out.extend([ESCAPE, other]);
                }
                (false, other) => out.push(other),
            }
        }
        Some(out)
    }
}

/// Carries what the machine writes to our output and error output, and tells that it has begun to.
fn drain(mut line: ChildStdout, lines: Lines, begun: &mpsc::Sender<()>) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut receiver = Receiver::default();
    let mut result = Ok(());
    loop {
        let read = match line.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => chunk.get(..count).unwrap_or_default(),
            Err(why) if why.kind() == ErrorKind::Interrupted => continue,
            Err(why) => return Err(why),
        };
        // Whoever listens needs one word only.
        let _ = begun.send(());
        receiver.receive(read, |channel, bytes| {
            let put = match channel {
                Channel::Stream => put(&mut io::stdout().lock(), bytes),
                Channel::Errors => put(&mut io::stderr().lock(), bytes),
                Channel::Kernel => put(&mut io::stderr().lock(), &lines.ended(bytes)),
                Channel::End => Ok(()),
            };
            if result.is_ok() {
                result = put;
            }
        });
        // The first failure ends it.
        std::mem::replace(&mut result, Ok(()))?;
    }
}

fn put(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_escape_stops_and_a_double_escape_is_one() {
        let typed = |pieces: &[&[u8]]| {
            let mut escape = Escape::default();
            pieces.iter().map(|piece| escape.take(piece)).collect::<Option<Vec<_>>>().map(|all| all.concat())
        };
        assert_eq!(typed(&[b"ab"]), Some(b"ab".to_vec()));
        assert_eq!(typed(&[b"a\x01", b"xb"]), None);
        assert_eq!(typed(&[b"a\x01\x01x"]), Some(b"a\x01x".to_vec()));
        assert_eq!(typed(&[b"\x01", b"c"]), Some(b"\x01c".to_vec()));
    }
}
