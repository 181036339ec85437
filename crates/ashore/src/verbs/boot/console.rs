//! The machine's serial line and our own streams, until the machine ends or somebody ends it.

use super::inbox::Way;
use super::machine::Machine;
use super::pulse::Pulse;
use super::terminal::{self, Lines, Raw, Streams};
use super::trace::Teller;
use ashore_formats::boot::wire::{Channel, Receiver, Sender};
use ashore_pivot::{SigSet, Signal};
use std::io::{self, ErrorKind, Read, Write};
use std::process::ChildStdout;
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
    /// Its kernel showed no sign of life for so long.
    Silent(Duration),
}

/// What happens beside the console while a machine runs.
pub(super) struct Watch {
    /// How long it may run.
    pub(super) timeout: Option<Duration>,
    /// How long its kernel may show no sign of life.
    pub(super) silence: Option<Duration>,
    /// Who tells its program's calls.
    pub(super) teller: Option<Teller>,
}

/// How often new calls are looked for. The kernel's ring is large enough for what comes meanwhile, mostly.
const LOOK: Duration = Duration::from_millis(5);

/// How often a sign of life is looked for.
const LISTEN: Duration = Duration::from_secs(1);

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
    machine.listen();
    let ended = watch.timeout.map(|limit| watch_clock(&stopper, limit));
    let listener = watch.silence.map(|limit| watch_life(&stopper, limit));
    let raw = Raw::begin(streams);
    let keys = if streams.is_typed() { Keys::Escape } else { Keys::Plain };
    let feeder = Arc::clone(&stopper);
    let (listening, heard) = mpsc::channel();
    std::thread::spawn(move || {
        // Without a word from the machine it is not listening, or gone.
        if heard.recv().is_ok() {
            let input = Input { sender: Sender::default(), way: Way::new(input, &feeder.machine.memory) };
            let input = Arc::new(Mutex::new(input));
            if keys == Keys::Escape {
                watch_size(Arc::clone(&input));
            }
            feed(&input, keys, &feeder);
            // The line stays open: its end would be news to the emulator, not to the program.
            std::mem::forget(input);
        }
    });
    let teller = watch.teller.map(tell);
    if drain(output, streams.lines(), &listening).is_err() {
        stopper.stop(Stopped::Unread);
    }
    drop((ended, listener));
    if let Some((ended, thread)) = teller {
        drop(ended);
        let failed = thread.join().ok().flatten();
        drop(raw);
        if let Some(why) = failed {
            let _ = writeln!(io::stderr(), "ashore: the trace is not whole: {why}");
        }
    } else {
        drop(raw);
    }
    *stopper.first.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops the machine when a signal asks us to end.
fn watch_signals(stopper: &Arc<Stopper>) {
    let set = ENDING.iter().fold(SigSet::EMPTY, |set, signal| {
        // What we were born ignoring (nohup) stays so.
        if ashore_sys::is_ignored(*signal) { set } else { set.with(*signal) }
    });
    // Every later thread inherits the mask; the machine's process was started before.
    ashore_sys::set_signal_mask(set.with(Signal::WINCH));
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

/// Stops the machine when its kernel has shown no sign of life for so long. As above.
fn watch_life(stopper: &Arc<Stopper>, limit: Duration) -> mpsc::Sender<()> {
    let (ended, wait) = mpsc::channel();
    let stopper = Arc::clone(stopper);
    std::thread::spawn(move || {
        let mut pulse = Pulse::new(limit);
        while wait.recv_timeout(limit.min(LISTEN)) == Err(RecvTimeoutError::Timeout) {
            if stopper.machine.sign().is_some_and(|sign| pulse.is_lost(sign)) {
                return stopper.stop(Stopped::Silent(limit));
            }
        }
    });
    ended
}

/// Tells calls until what is returned first is dropped.
fn tell(mut teller: Teller) -> (mpsc::Sender<()>, JoinHandle<Option<io::Error>>) {
    let (ended, wait) = mpsc::channel();
    let body = move || {
        while wait.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            teller.look();
        }
        teller.finish()
    };
    (ended, std::thread::spawn(body))
}

/// Whether what is typed may be meant for us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Escape,
    Plain,
}

/// What goes to the kernel.
struct Input {
    sender: Sender,
    way: Way,
}

impl Input {
    fn send(input: &Mutex<Input>, channel: Channel, bytes: &[u8]) -> io::Result<()> {
        let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Vec::with_capacity(bytes.len() + 2);
        input.sender.send(channel, bytes, |piece| out.extend_from_slice(piece));
        input.way.send(&out)
    }
}

/// Tells the kernel whenever the terminal has another size.
fn watch_size(input: Arc<Mutex<Input>>) {
    std::thread::spawn(move || {
        let mut last = terminal::size();
        while ashore_sys::next_signal(SigSet::EMPTY.with(Signal::WINCH)).is_some() {
            let size = terminal::size();
            let bytes = [size.0.to_le_bytes(), size.1.to_le_bytes()].concat();
            if size != last && Input::send(&input, Channel::Size, &bytes).is_err() {
                return;
            }
            last = size;
        }
    });
}

/// Carries our input to the program.
fn feed(input: &Mutex<Input>, keys: Keys, stopper: &Stopper) {
    let mut chunk = vec![0; CHUNK];
    let mut escape = Escape::default();
    let send = |channel, bytes: &[u8]| Input::send(input, channel, bytes);
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
                Channel::End | Channel::Size => Ok(()),
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
