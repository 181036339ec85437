//! The host answers, and each answer is kept.

use super::arena::{Arena, Part};
use super::ask::{Kinds, check_args, check_message, check_words, words_of};
use super::log::{self, Frame, Head, Tag, ending, place};
use super::pieces::{self, Before, Piece};
use super::sent;
use super::sink::Sink;
use super::streams::Streams;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_guest::{Args, MapRequest};
use ashore_host::Host;
use ashore_pivot::effect::Kind;
use ashore_pivot::{Arg, Errno, IoVec, Linux, Memory, Message, Signal, Sys};
use ashore_process::{Choice, End, Maps, Outside};
use ashore_sys::{FaultInfo, GuestMemory, SignalInfo};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const MAP_TYPE: u32 = 0xf;
const MAP_SHARED: [u32; 2] = [1, 3];
const MAP_FIXED: u32 = 0x10;
const MAP_ANONYMOUS: u32 = 0x20;
const MAP_32BIT: u32 = 0x40;
const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
const PROT_WRITE: u32 = 2;
const MREMAP_MAYMOVE: u64 = 1;
const MREMAP_FIXED: u64 = 2;
const SEEK_CUR: u64 = 1;
/// How many places are tried for a mapping.
const TRIES: usize = 64;
/// How much of a file a mapping may put into the recording.
const CONTENTS_MAX: u64 = 256 << 20;
/// How much of a file one call may send to a standard descriptor.
const SENDFILE_MAX: u64 = 1 << 20;

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
            eprintln!("ashore: the recording stops here, the program goes on: {error}");
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
        let before = Before::new(kind, &words, &GuestMemory);
        let mut shown = Vec::new();
        let result = match (kind, sys) {
            (Kind::Denied(errno), _) => Err(errno),
            (_, Sys::CLOSE) if words[0] as u32 as u64 == self.fd => Err(Errno::EBADF),
            (_, Sys::CLOSE_RANGE) => self.close_range(words),
            (_, Sys::DUP2 | Sys::DUP3) if words[1] as u32 as u64 == self.fd => Err(Errno::EBADF),
            (_, Sys::MREMAP) => self.remap(words),
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

    fn keep_call(&self, made: &Made<'_>) {
        let count = made.result.ok();
        let found = pieces::written(made.kind, made.words, made.before, count, &GuestMemory);
        let found = found.unwrap_or_else(|unknown| {
            self.refuse(&format!(
                "the program makes the call {:?} ({}), and nobody knows what it writes",
                made.sys, unknown.0
            ))
        });
        let mut inner = self.lock();
        if let Some(count) = count {
            inner.streams.learn(made.sys, made.words, count);
        }
        let mut frame = Frame::new(&mut inner.sink.buffer, Tag::Linux);
        frame.half(made.sys.0);
        frame.word(made.check);
        frame.long(raw(made.result));
        frame.word(made.sent());
        for piece in found.all() {
            keep_piece(&mut frame, *piece);
        }
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

    /// Closes a range of descriptors but ours.
    fn close_range(&self, words: [u64; 6]) -> Result<u64, Errno> {
        let close = |first: u64, last: u64| {
            let words = [first, last, words[2], 0, 0, 0];
            ashore_sys::call(u64::from(Sys::CLOSE_RANGE.0), words)
        };
        let (first, last) = (u64::from(words[0] as u32), u64::from(words[1] as u32));
        if !(first..=last).contains(&self.fd) {
            return close(words[0], words[1]);
        }
        if first < self.fd {
            close(first, self.fd - 1)?;
        }
        if self.fd < last { close(self.fd + 1, last) } else { Ok(0) }
    }

    /// A process that kills itself has no time to tell.
    fn foresee(&self, sys: Sys, words: &[u64; 6]) {
        let pid = self.pid.load(Ordering::Relaxed);
        let signal = if sys == Sys::TGKILL { words[2] } else { words[1] };
        let is_own = words[0] == pid || sys == Sys::KILL && words[0] == 0;
        if is_own && signal == u64::from(Signal::KILL.0) {
            self.keep_end(ending::SIGNAL, Signal::KILL.0);
        }
    }

    /// Makes a mapping larger or smaller; it moves to where a replay finds room.
    fn remap(&self, mut words: [u64; 6]) -> Result<u64, Errno> {
        let number = u64::from(Sys::MREMAP.0);
        let [_, _, len, flags, ..] = words;
        if flags & MREMAP_MAYMOVE == 0 || flags & MREMAP_FIXED != 0 {
            return ashore_sys::call(number, words);
        }
        words[3] = flags & !MREMAP_MAYMOVE;
        match ashore_sys::call(number, words) {
            Err(Errno::ENOMEM) => {}
            result => return result,
        }
        let at = self.lock().arena.take(Part::Any, len, PAGE_SIZE).ok_or(Errno::ENOMEM)?;
        words[3] = flags | MREMAP_FIXED;
        words[4] = at.0;
        ashore_sys::call(number, words)
    }

    /// Sends part of a file to a standard descriptor, whose bytes no memory of the guest holds.
    fn send_file(&self, mut words: [u64; 6], shown: &mut Vec<u8>) -> Result<u64, Errno> {
        let [_, from, at, count, ..] = words;
        let mut word = [0; 8];
        let offset = match at {
            0 => ashore_sys::call(u64::from(Sys::LSEEK.0), [from, 0, SEEK_CUR, 0, 0, 0])?,
            at => GuestMemory.read(Addr(at), &mut word).map(|()| u64::from_le_bytes(word))?,
        };
        words[3] = count.min(SENDFILE_MAX);
        let sent = ashore_sys::wait(u64::from(Sys::SENDFILE.0), words)?;
        shown.resize(sent as usize, 0);
        let words = [from, shown.as_mut_ptr() as u64, sent, offset, 0, 0];
        let read = ashore_sys::call(u64::from(Sys::PREAD64.0), words).unwrap_or(0);
        shown.truncate(read as usize);
        Ok(sent)
    }

    /// Maps where a replay finds room.
    fn place(&self, request: &MapRequest, maps: &dyn Maps) -> Result<Addr, Errno> {
        if request.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0 {
            return maps.map(request);
        }
        let fixed = |at: Addr| MapRequest { at, flags: request.flags | MAP_FIXED_NOREPLACE, align: 0, ..*request };
        let hint = request.at;
        if !hint.is_null() && hint.0.is_multiple_of(request.align.max(PAGE_SIZE)) {
            match maps.map(&fixed(hint)) {
                Err(Errno::EEXIST | Errno::EPERM | Errno::ENOMEM) => {}
                result => return result,
            }
        }
        let part = if request.flags & MAP_32BIT != 0 { Part::Low } else { Part::Any };
        for _ in 0..TRIES {
            let at = self.lock().arena.take(part, request.len, request.align).ok_or(Errno::ENOMEM)?;
            match maps.map(&fixed(at)) {
                Err(Errno::EEXIST) => self.lock().arena.skip(part),
                result => return result,
            }
        }
        Err(Errno::ENOMEM)
    }

    /// What a file holds where it is mapped.
    fn contents(&self, request: &MapRequest) -> Vec<u8> {
        if request.len > CONTENTS_MAX {
            self.refuse("the program maps a file that is too large for a recording");
        }
        let mut bytes = vec![0; request.len as usize];
        let mut done = 0;
        while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let offset = request.offset + done as u64;
            let words = [request.fd as u64, rest.as_mut_ptr() as u64, rest.len() as u64, offset, 0, 0];
            match ashore_sys::call(u64::from(Sys::PREAD64.0), words) {
                Ok(0) => break,
                Ok(count) => done += count as usize,
                Err(Errno::EINTR) => {}
                Err(errno) => self.refuse(&format!("the program maps a file that cannot be read: {errno}")),
            }
        }
        bytes.truncate(done);
        bytes
    }
}

impl Made<'_> {
    /// The check sum of what the call sent, 0 for nothing.
    fn sent(&self) -> u32 {
        let (Kind::Sends(_), Ok(count)) = (self.kind, self.result) else { return 0 };
        sent::sum(pieces::sent(self.kind, self.words, self.before, count).all(), &GuestMemory)
    }
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
        eprintln!("ashore: cannot record this: {what}");
        ashore_sys::exit_group(125)
    }
}
