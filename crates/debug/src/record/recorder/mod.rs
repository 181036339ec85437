//! The host answers, and each answer is kept.

mod memory;
mod special;

use super::arena::Arena;
use super::ask::{Kinds, certain, check_args, check_message, check_words, words_of};
use super::log::{self, Frame, Head, Tag, ending, place};
use super::pieces::{self, Before, Piece};
use super::sent;
use super::sink::Sink;
use super::streams::Streams;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_guest::{Args, MapRequest};
use ashore_host::Host;
use ashore_pivot::effect::Kind;
use ashore_pivot::{Arg, Errno, IoVec, Linux, Memory, Message, Sys};
use ashore_process::{Choice, End, Maps, Outside};
use ashore_sys::{FaultInfo, GuestMemory, SignalInfo};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const MAP_TYPE: u32 = 0xf;
const MAP_SHARED: [u32; 2] = [1, 3];
const MAP_ANONYMOUS: u32 = 0x20;
/// The option that would let the guest read the CPU's counter unseen.
const PR_SET_TSC: u64 = 26;
const PROT_WRITE: u32 = 2;

/// Records a process.
#[derive(Debug)]
pub struct Recorder {
    is_live: AtomicBool,
    pid: AtomicU64,
    /// Whether there is memory that a child would share.
    shares: AtomicBool,
    kinds: Kinds,
    fd: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    sink: Sink,
    arena: Arena,
    streams: Streams,
}

/// Whether a call may block.
#[derive(Clone, Copy)]
enum Way {
    Call,
    Wait,
}

/// A Linux call that was made.
struct Made<'a> {
    sys: Sys,
    kind: Kind,
    words: &'a [u64; 6],
    check: u32,
    before: &'a Before,
    result: Result<u64, Errno>,
    /// What of it is ours.
    args: &'a [Arg<'a>],
    /// What went from a file to a standard descriptor.
    shown: &'a [u8],
}

/// An answer as the kernel gives it.
fn raw(result: Result<u64, Errno>) -> u64 {
    result.unwrap_or_else(|errno| -i64::from(errno.0) as u64)
}

/// Reads as much as there is of `bytes.len()` bytes: what a record may leave unused can end before a page that is not
/// there.
fn read_some(at: u64, bytes: &mut [u8]) -> bool {
    if GuestMemory.read(Addr(at), bytes).is_ok() {
        return true;
    }
    let mut done = 0;
    while done < bytes.len() {
        let at = Addr(at).plus(done as u64);
        let len = ((PAGE_SIZE - at.0 % PAGE_SIZE) as usize).min(bytes.len() - done);
        let Some(part) = bytes.get_mut(done..done + len) else { break };
        if GuestMemory.read(at, part).is_err() {
            return false;
        }
        done += len;
    }
    true
}

impl Recorder {
    /// Begins a recording with what is run.
    pub fn new(mut sink: Sink, head: &Head, program: &[u8]) -> io::Result<Recorder> {
        log::begin(&mut sink.buffer);
        log::head(&mut sink.buffer, head);
        let mut frame = Frame::new(&mut sink.buffer, Tag::Program);
        frame.rest(program);
        frame.end();
        sink.flush()?;
        let fd = sink.fd();
        let inner = Inner { sink, arena: Arena::new(), streams: Streams::new() };
        let inner = Mutex::new(inner);
        Ok(Recorder {
            is_live: AtomicBool::new(true),
            pid: AtomicU64::new(0),
            shares: AtomicBool::new(false),
            kinds: Kinds::new(),
            fd,
            inner,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes one frame.
    fn keep(&self, tag: Tag, write: impl FnOnce(&mut Frame<'_>)) {
        let mut inner = self.lock();
        let mut frame = Frame::new(&mut inner.sink.buffer, tag);
        write(&mut frame);
        frame.end();
        self.settle(inner.sink.tidy());
    }

    /// A recording that cannot be written is given up with one line: the guest goes on.
    fn settle(&self, written: io::Result<()>) {
        if let Err(error) = written
            && self.is_live.swap(false, Ordering::Relaxed)
        {
            ashore_sys::free_tsc();
            ashore_sys::say(&format!("ashore: the recording stops here, the program goes on: {error}\n"));
        }
    }

    fn flush(&self) {
        let mut inner = self.lock();
        let written = inner.sink.flush();
        self.settle(written);
    }

    fn keep_end(&self, kind: u8, value: u8) {
        self.keep(Tag::End, |frame| {
            frame.byte(kind);
            frame.byte(value);
        });
        self.flush();
    }

    /// The kind of a call, if it can be recorded.
    fn kind(&self, sys: Sys) -> Kind {
        match self.kinds.of(sys) {
            Kind::Own => self.refuse(&format!("the program's call {sys:?} went another way than recordings know")),
            Kind::Refused(why) => self.refuse(&format!("the program makes the call {sys:?}, and {why}")),
            kind => kind,
        }
    }

    /// Makes a call whose words are all the guest's.
    fn ask(&self, sys: Sys, words: [u64; 6], way: Way) -> Result<u64, Errno> {
        let ask = |words: [u64; 6]| match way {
            Way::Call => ashore_sys::call(u64::from(sys.0), words),
            Way::Wait => ashore_sys::wait(u64::from(sys.0), words),
        };
        if !self.is_live() {
            return ask(words);
        }
        let kind = self.kind(sys);
        if let Kind::Answer = kind
            && !is_looked_at(sys)
        {
            let result = ask(words);
            self.keep_answer(sys, check_words(&words), result);
            return result;
        }
        let before = Before::new(kind, &words, &GuestMemory);
        let mut shown = Vec::new();
        let result = match (kind, sys) {
            (Kind::Denied(errno), _) => Err(errno),
            (_, Sys::CLOSE) if words[0] as u32 as u64 == self.fd => Err(Errno::EBADF),
            (_, Sys::CLOSE_RANGE) => self.close_range(words),
            (_, Sys::DUP2 | Sys::DUP3) if words[1] as u32 as u64 == self.fd => Err(Errno::EBADF),
            (_, Sys::MREMAP) => self.remap(words),
            (_, Sys::MADVISE) => ask(certain(words)),
            (_, Sys::PRCTL) if words[0] == PR_SET_TSC => Err(Errno::EINVAL),
            (_, Sys::KILL | Sys::TGKILL | Sys::TKILL) => {
                self.foresee(sys, &words);
                ask(words)
            }
            (_, Sys::SENDFILE) if self.is_shown(words[0]) => self.send_file(words, &mut shown),
            (_, Sys::SPLICE | Sys::COPY_FILE_RANGE) if self.is_shown(words[2]) => Err(Errno::EINVAL),
            (_, Sys::TEE) if self.is_shown(words[1]) => Err(Errno::EINVAL),
            _ => ask(words),
        };
        let check = check_words(&words);
        self.keep_call(&Made { sys, kind, words: &words, check, before: &before, result, args: &[], shown: &shown });
        result
    }

    /// Makes a call some of whose words are ours.
    fn ask_with(&self, sys: Sys, args: &mut [Arg<'_>], way: Way) -> Result<u64, Errno> {
        let ask = |args: &mut [Arg<'_>]| match way {
            Way::Call => Host.call_with(sys, args),
            Way::Wait => Host.wait_with(sys, args),
        };
        if !self.is_live() {
            return ask(args);
        }
        let kind = self.kind(sys);
        let words = words_of(args);
        let before = Before::new(kind, &words, &GuestMemory);
        let check = check_args(args);
        let result = match kind {
            Kind::Denied(errno) => Err(errno),
            _ => ask(args),
        };
        self.keep_call(&Made { sys, kind, words: &words, check, before: &before, result, args, shown: &[] });
        result
    }

    /// Keeps the answer of a call that only answers.
    fn keep_answer(&self, sys: Sys, check: u32, result: Result<u64, Errno>) {
        let mut inner = self.lock();
        Frame::linux(&mut inner.sink.buffer, sys.0, check, raw(result), 0).end();
        self.settle(inner.sink.tidy());
    }

    fn keep_call(&self, made: &Made<'_>) {
        let count = made.result.ok();
        if count.is_some()
            && let Some(request) = pieces::unknown(made.kind, made.words)
        {
            let sys = made.sys;
            self.refuse(&format!(
                "the program makes the call {sys:?} (request {request:#x}), and nobody knows what it writes"
            ));
        }
        let mut inner = self.lock();
        if let Some(count) = count {
            inner.streams.learn(made.sys, made.words, count);
        }
        let mut frame = Frame::linux(&mut inner.sink.buffer, made.sys.0, made.check, raw(made.result), made.sent());
        pieces::written(made.kind, made.words, made.before, count, |piece| keep_piece(&mut frame, piece));
        for (at, arg) in made.args.iter().enumerate() {
            if let Arg::Out(bytes) = arg {
                let len = pieces::len_at(made.kind, at as u8, made.words, made.before, count);
                let len = len.map_or(bytes.len(), |len| bytes.len().min(len as usize));
                frame.byte(at as u8 + 1);
                frame.output(bytes.get(..len).unwrap_or_default());
            }
        }
        if !made.shown.is_empty() {
            frame.byte(place::SHOWN);
            frame.output(made.shown);
        }
        frame.end();
        self.settle(inner.sink.tidy());
    }

    fn is_shown(&self, fd: u64) -> bool {
        self.lock().streams.of(fd).is_some()
    }
}

impl Made<'_> {
    /// The check sum of what the call sent, 0 for nothing.
    fn sent(&self) -> u32 {
        let (Kind::Sends(_), Ok(count)) = (self.kind, self.result) else { return 0 };
        sent::sum(pieces::sent(self.kind, self.words, self.before, count).all(), &GuestMemory)
    }
}

/// Whether a call that only answers is more than that to a recorder.
fn is_looked_at(sys: Sys) -> bool {
    let is_kill = matches!(sys, Sys::KILL | Sys::TKILL | Sys::TGKILL);
    is_kill || matches!(sys, Sys::CLOSE | Sys::CLOSE_RANGE | Sys::DUP | Sys::DUP2 | Sys::DUP3 | Sys::TEE)
}

fn keep_piece(frame: &mut Frame<'_>, piece: Piece) {
    frame.byte(place::MEMORY);
    frame.long(piece.at);
    frame.filled(piece.len as u32, |bytes| read_some(piece.at, bytes));
}

impl Linux for Recorder {
    fn call(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.ask(sys, words, Way::Call)
    }

    fn wait(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.ask(sys, words, Way::Wait)
    }

    fn call_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.ask_with(sys, args, Way::Call)
    }

    fn wait_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.ask_with(sys, args, Way::Wait)
    }

    fn sendmsg(&self, fd: i32, message: &Message<'_>, flags: u32) -> Result<u64, Errno> {
        let result = Host.sendmsg(fd, message, flags);
        if self.is_live() {
            let sum = result.map_or(0, |count| sent::sum(pieces::pieces_of(message.iov, count).all(), &GuestMemory));
            self.keep(Tag::Linux, |frame| {
                frame.half(Sys::SENDMSG.0);
                frame.word(check_message(fd, message, flags));
                frame.long(raw(result));
                frame.word(sum);
            });
        }
        result
    }

    fn recvmsg(&self, fd: i32, message: &mut Message<'_>, flags: u32) -> Result<u64, Errno> {
        let check = check_message(fd, message, flags);
        let iov: &[IoVec] = message.iov;
        let result = Host.recvmsg(fd, message, flags);
        if self.is_live() {
            self.keep(Tag::Linux, |frame| {
                frame.half(Sys::RECVMSG.0);
                frame.word(check);
                frame.long(raw(result));
                frame.word(0);
                let Ok(count) = result else { return };
                pieces::pieces_of(iov, count).all().iter().for_each(|piece| keep_piece(frame, *piece));
                for (place, bytes) in [(place::NAME, &*message.name), (place::CONTROL, &*message.control)] {
                    frame.byte(place);
                    frame.output(bytes);
                }
                let lengths = [message.name_len as u64, message.control_len as u64, u64::from(message.flags)];
                frame.byte(place::LENGTHS);
                frame.output(lengths.map(u64::to_le_bytes).as_flattened());
            });
        }
        result
    }
}

impl Outside for Recorder {
    fn is_live(&self) -> bool {
        self.is_live.load(Ordering::Relaxed)
    }

    fn is_real(&self) -> bool {
        true
    }

    fn linux(&self) -> &dyn Linux {
        self
    }

    fn call(&self, number: u64, args: &Args) {
        self.keep(Tag::Call, |frame| {
            frame.long(number);
            frame.longs(args);
        });
    }

    fn fault(&self, fault: &FaultInfo, at: Addr) {
        self.keep(Tag::Fault, |frame| {
            frame.byte(fault.signal as u8);
            frame.long(at.0);
        });
    }

    fn has_signal(&self) -> bool {
        false
    }

    fn signal(&self, next: &mut dyn FnMut() -> Option<SignalInfo>) -> Option<SignalInfo> {
        let info = next()?;
        self.keep(Tag::Signal, |frame| {
            frame.byte(info.signal as u8);
            [info.code, info.errno, info.pid].iter().for_each(|word| frame.word(*word as u32));
            frame.word(info.uid);
            frame.word(info.status as u32);
            frame.long(info.value);
        });
        Some(info)
    }

    fn map(&self, request: &MapRequest, maps: &dyn Maps) -> Result<Addr, Errno> {
        let is_file = request.flags & MAP_ANONYMOUS == 0;
        let is_shared = MAP_SHARED.contains(&(request.flags & MAP_TYPE));
        if is_file && is_shared && request.prot.0 & PROT_WRITE != 0 {
            self.refuse("the program maps a file so that others see what it writes, and it what they write");
        }
        if is_shared && !is_file {
            self.shares.store(true, Ordering::Relaxed);
        }
        let result = self.place(request, maps);
        let contents = if is_file && result.is_ok() { self.contents(request) } else { Vec::new() };
        self.keep(Tag::Map, |frame| {
            frame.long(raw(result.map(|at| at.0)));
            frame.rest(&contents);
        });
        result
    }

    fn decide(&self, what: Choice, ask: &mut dyn FnMut() -> u64) -> u64 {
        if what == Choice::Fork && self.is_live() && self.shares.load(Ordering::Relaxed) {
            self.refuse("the program forks while it has memory that its child shares");
        }
        let value = ask();
        if self.is_live() {
            if what == Choice::Pid {
                self.pid.store(value, Ordering::Relaxed);
            }
            self.keep(Tag::Choice, |frame| {
                frame.byte(what as u8);
                frame.long(value);
            });
        }
        value
    }

    fn end(&self, end: End) {
        match end {
            End::Status(status) => self.keep_end(ending::STATUS, status),
            End::Signal(signal) => self.keep_end(ending::SIGNAL, signal.0),
            End::Exec => self.keep_end(ending::EXEC, 0),
        }
    }

    fn forked(&self) {
        self.is_live.store(false, Ordering::Relaxed);
    }

    fn refuse(&self, what: &str) -> ! {
        self.keep(Tag::Stop, |frame| frame.rest(what.as_bytes()));
        self.flush();
        ashore_sys::say(&format!("ashore: cannot record this: {what}\n"));
        ashore_sys::exit_group(125)
    }
}
