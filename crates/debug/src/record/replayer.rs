//! A recording answers, and what is asked is compared with what was asked then.

use super::ask::{Kinds, certain, check_args, check_message, check_words, words_of};
use super::emit::emit;
use super::file::memory_file;
use super::log::{Outputs, Reader, Record, Signalled, ending, place};
use super::pieces::{self, Before, Piece};
use super::sent;
use super::streams::Streams;
use ashore_base::{Addr, Bytes};
use ashore_guest::{Args, MapRequest, Os, row_of};
use ashore_pivot::effect::Kind;
use ashore_pivot::{Arg, Errno, Linux, Memory, Message, Signal, Sys};
use ashore_process::{Choice, End, Maps, Outside};
use ashore_sys::{FaultInfo, GuestMemory, SignalInfo};
use std::sync::{Mutex, MutexGuard, PoisonError};

const MAP_FIXED: u32 = 0x10;
const MAP_ANONYMOUS: u32 = 0x20;
const MAP_32BIT: u32 = 0x40;
const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
const MREMAP_FIXED: u64 = 2;
const MREMAP_MAYMOVE: u64 = 1;
/// The exit status of a replay that cannot go on.
const STOPPED: u8 = 125;

/// What a replay shows of what its program wrote to its standard output and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// All of it.
    Shown,
    /// Nothing.
    Hidden,
}

/// Replays a process.
pub struct Replayer {
    os: &'static Os,
    kinds: Kinds,
    output: Output,
    inner: Mutex<Inner>,
}

struct Inner {
    reader: Reader<'static>,
    /// The record that comes next, when it was looked at already.
    peeked: Option<Option<Record<'static>>>,
    streams: Streams,
    /// How many calls the guest made.
    calls: u64,
    /// Where the record that was taken last begins.
    offset: u64,
}

/// A Linux call that is asked for.
struct Asked {
    sys: Sys,
    check: u32,
    words: [u64; 6],
}

/// What was recorded for one.
struct Answer {
    result: Result<u64, Errno>,
    sent: u32,
    outputs: Outputs<'static>,
}

impl Replayer {
    /// Replays what `reader` reads, made on system `os`.
    pub fn new(reader: Reader<'static>, os: &'static Os, output: Output) -> Replayer {
        let offset = reader.offset();
        let inner = Inner { reader, peeked: None, streams: Streams::new(), calls: 0, offset };
        Replayer { os, kinds: Kinds::new(), output, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the replay early.
    fn stop(&self, why: &str) -> ! {
        let (calls, offset) = {
            let inner = self.lock();
            (inner.calls, inner.offset)
        };
        ashore_sys::say(&format!(
            "ashore: the replay stops at call {calls} (offset {offset:#x} of the recording): {why}\n"
        ));
        ashore_sys::exit_group(STOPPED)
    }

    fn differs(&self, found: &str, expected: &Record<'_>) -> ! {
        self.stop(&format!(
            "the program does something else than when it was recorded: {found}, not {}",
            self.told(expected)
        ))
    }

    /// The next record, which stays the next.
    fn peek(&self) -> Option<Record<'static>> {
        let mut inner = self.lock();
        if inner.peeked.is_none() {
            inner.offset = inner.reader.offset();
            match inner.reader.next_record() {
                Ok(record) => inner.peeked = Some(record),
                Err(damage) => {
                    drop(inner);
                    self.stop(&format!("the recording is damaged: {damage}"));
                }
            }
        }
        inner.peeked.clone().flatten()
    }

    /// The next record.
    fn take(&self, wanted: &str) -> Record<'static> {
        let record = self.peek();
        self.lock().peeked = None;
        match record {
            Some(Record::Stop { why }) => {
                self.stop(&format!("the recording ends here: {}", String::from_utf8_lossy(why)))
            }
            Some(record) => record,
            None => self.stop(&format!("the recording ends here, before {wanted}")),
        }
    }

    /// A record for a person.
    fn told(&self, record: &Record<'_>) -> String {
        match record {
            Record::Choice { what, .. } => format!("the host's decision {what}"),
            Record::Call { number, args } => self.told_call(*number, args),
            Record::Linux { sys, check, .. } => format!("the Linux call {:?} with words of sum {check:#x}", Sys(*sys)),
            Record::Map { .. } => "a mapping".to_owned(),
            Record::Signal(signalled) => format!("{:?}", Signal(signalled.signal)),
            Record::Fault { signal, at } => format!("a fault ({:?}) at {at:#x}", Signal(*signal)),
            Record::End { kind: ending::STATUS, value } => format!("the end with status {value}"),
            Record::End { kind: ending::SIGNAL, value } => format!("the end by {:?}", Signal(*value)),
            Record::End { .. } => "an exec".to_owned(),
            Record::Stop { .. } => "the end of the recording".to_owned(),
        }
    }

    fn told_call(&self, number: u64, args: &[u64; 8]) -> String {
        let name = row_of(self.os.calls, number).map_or("?", |row| row.name());
        let words: Vec<String> = args.iter().map(|arg| format!("{arg:#x}")).collect();
        format!("the call {name} ({number}) with {}", words.join(" "))
    }

    /// The recorded answer of a Linux call.
    fn answer(&self, asked: &Asked) -> Answer {
        if let Some(Record::End { kind: ending::SIGNAL, value }) = self.peek() {
            // It killed itself by this call.
            ashore_sys::die_of(Signal(value));
        }
        let record = self.take("the answer of a Linux call");
        let found = || format!("the Linux call {:?} with words of sum {:#x}", asked.sys, asked.check);
        let Record::Linux { sys, check, result, sent, ref outputs } = record else { self.differs(&found(), &record) };
        if sys != asked.sys.0 || check != asked.check {
            self.differs(&found(), &record);
        }
        let result = Errno::check(result);
        if let Ok(count) = result {
            self.lock().streams.learn(asked.sys, &asked.words, count);
        }
        Answer { result, sent, outputs: outputs.clone() }
    }

    /// Puts what a call wrote where it wrote it: `ours` takes what goes to memory of ours.
    fn put(&self, outputs: Outputs<'static>, shown_at: u64, mut ours: impl FnMut(u8, &[u8])) {
        for written in outputs {
            let written = match written {
                Ok(written) => written,
                Err(damage) => self.stop(&format!("the recording is damaged: {damage}")),
            };
            match written.place {
                place::MEMORY if GuestMemory.write(Addr(written.at), written.bytes).is_err() => {
                    self.stop(&format!("a call wrote to {:#x}, where nothing can be written now", written.at));
                }
                place::MEMORY => {}
                place::SHOWN => {
                    let stream = self.lock().streams.of(shown_at);
                    self.show(stream, written.bytes);
                }
                place => ours(place, written.bytes),
            }
        }
    }

    fn show(&self, stream: Option<u64>, bytes: &[u8]) {
        if let (Output::Shown, Some(stream)) = (self.output, stream) {
            emit(stream, bytes);
        }
    }

    /// Compares what a call sends, and shows what went to a standard descriptor.
    fn send(&self, asked: &Asked, before: &Before, answer: &Answer, kind: Kind) {
        let Ok(count) = answer.result else { return };
        if answer.sent == 0 {
            return;
        }
        let pieces = pieces::sent(kind, &asked.words, before, count);
        self.compare(pieces.all(), answer.sent);
        let stream = self.lock().streams.of(asked.words[0]);
        if stream.is_some() {
            sent::for_each_chunk(pieces.all(), &GuestMemory, |chunk| self.show(stream, chunk));
        }
    }

    fn compare(&self, pieces: &[Piece], sum: u32) {
        if sent::sum(pieces, &GuestMemory) != sum {
            self.stop("the program writes other bytes than when it was recorded");
        }
    }

    /// Makes the changes of the address space that a call made.
    fn again(&self, asked: &Asked, result: Result<u64, Errno>) {
        let Ok(value) = result else { return };
        let mut words = asked.words;
        if asked.sys == Sys::MADVISE {
            words = certain(words);
        }
        if asked.sys == Sys::MREMAP {
            words[3] |= MREMAP_MAYMOVE;
            if value != words[0] {
                words[3] |= MREMAP_FIXED;
                words[4] = value;
            }
        }
        let made = ashore_sys::call(u64::from(asked.sys.0), words);
        if asked.sys == Sys::MREMAP && made != Ok(value) {
            self.stop(&format!("a mapping cannot be moved to {value:#x}: {made:?}"));
        }
    }

    fn ask(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        let asked = Asked { sys, check: check_words(&words), words };
        let kind = self.kinds.of(sys);
        let before = Before::new(kind, &words, &GuestMemory);
        let answer = self.answer(&asked);
        match kind {
            Kind::Memory => self.again(&asked, answer.result),
            Kind::Sends(_) => self.send(&asked, &before, &answer, kind),
            _ => {}
        }
        self.put(answer.outputs, words[0], |_, _| {});
        answer.result
    }

    fn ask_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        let words = words_of(args);
        let asked = Asked { sys, check: check_args(args), words };
        let kind = self.kinds.of(sys);
        let before = Before::new(kind, &words, &GuestMemory);
        let answer = self.answer(&asked);
        if let Kind::Sends(_) = kind {
            self.send(&asked, &before, &answer, kind);
        }
        self.put(answer.outputs, words[0], |place, bytes| {
            if let Some(Arg::Out(to)) = args.get_mut(usize::from(place).wrapping_sub(1)) {
                to.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            }
        });
        answer.result
    }

    /// An exec that succeeded is where a recording ends.
    fn exec(&self) -> u64 {
        if let Some(Record::End { kind: ending::EXEC, .. }) = self.peek() {
            let _ = self.take("an exec");
            if self.peek().is_none() {
                ashore_sys::say("ashore: the replay ends: here the program became another, which was not recorded\n");
                ashore_sys::exit_group(0);
            }
        }
        self.chosen(Choice::Exec)
    }

    fn chosen(&self, what: Choice) -> u64 {
        match self.take("something the host decides") {
            Record::Choice { what: found, value } if found == what as u8 => value,
            record => self.differs(&format!("the host is to decide: {what:?}"), &record),
        }
    }

    /// Makes a mapping that was made, at the same place; of a file, what it held then.
    fn map_at(&self, at: Addr, contents: &[u8], request: &MapRequest, maps: &dyn Maps) -> Result<Addr, Errno> {
        let is_file = request.flags & MAP_ANONYMOUS == 0;
        let mut again = MapRequest { at, align: 0, ..*request };
        again.flags &= !MAP_32BIT;
        if again.flags & MAP_FIXED == 0 {
            again.flags |= MAP_FIXED_NOREPLACE;
        }
        if !is_file {
            return maps.map(&again);
        }
        // A file again, so that what lies behind its end faults as it did.
        again.fd = memory_file(contents)?;
        again.offset = 0;
        let made = maps.map(&again);
        let _ = ashore_sys::call(u64::from(Sys::CLOSE.0), [again.fd as u64, 0, 0, 0, 0, 0]);
        made
    }
}

impl Linux for Replayer {
    fn call(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.ask(sys, words)
    }

    fn wait(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.ask(sys, words)
    }

    fn call_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.ask_with(sys, args)
    }

    fn wait_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.ask_with(sys, args)
    }

    fn sendmsg(&self, fd: i32, message: &Message<'_>, flags: u32) -> Result<u64, Errno> {
        let asked =
            Asked { sys: Sys::SENDMSG, check: check_message(fd, message, flags), words: [fd as u64, 0, 0, 0, 0, 0] };
        let answer = self.answer(&asked);
        if let Ok(count) = answer.result
            && answer.sent != 0
        {
            self.compare(pieces::pieces_of(message.iov, count).all(), answer.sent);
        }
        answer.result
    }

    fn recvmsg(&self, fd: i32, message: &mut Message<'_>, flags: u32) -> Result<u64, Errno> {
        let asked =
            Asked { sys: Sys::RECVMSG, check: check_message(fd, message, flags), words: [fd as u64, 0, 0, 0, 0, 0] };
        let answer = self.answer(&asked);
        self.put(answer.outputs, 0, |place, bytes| {
            let to = match place {
                place::NAME => &mut *message.name,
                place::CONTROL => &mut *message.control,
                _ => {
                    let word = |n: u64| Bytes(bytes).u64(n * 8).unwrap_or(0);
                    message.name_len = word(0) as usize;
                    message.control_len = (word(1) as usize).min(message.control.len());
                    message.flags = word(2) as u32;
                    return;
                }
            };
            to.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        });
        answer.result
    }
}

impl Outside for Replayer {
    fn is_live(&self) -> bool {
        true
    }

    fn is_real(&self) -> bool {
        false
    }

    fn linux(&self) -> &dyn Linux {
        self
    }

    fn call(&self, number: u64, args: &Args) {
        self.lock().calls += 1;
        let record = self.take("a call");
        match record {
            Record::Call { number: then, args: with } if (then, with) == (number, *args) => {}
            _ => self.differs(&self.told_call(number, args), &record),
        }
    }

    fn fault(&self, fault: &FaultInfo, at: Addr) {
        let is_same = |record: &Record<'_>| match record {
            Record::Fault { signal, at: then } => (u32::from(*signal), *then) == (fault.signal, at.0),
            _ => false,
        };
        // A debugger's breakpoint is no part of what was recorded.
        if fault.signal == u32::from(Signal::TRAP.0) && !self.peek().is_some_and(|record| is_same(&record)) {
            return;
        }
        let record = self.take("a fault");
        match record {
            ref record if is_same(record) => {}
            _ => self.differs(&format!("a fault ({:?}) at {at}", Signal(fault.signal as u8)), &record),
        }
    }

    fn has_signal(&self) -> bool {
        matches!(self.peek(), Some(Record::Signal(_)))
    }

    fn signal(&self, next: &mut dyn FnMut() -> Option<SignalInfo>) -> Option<SignalInfo> {
        let Some(Record::Signal(signalled)) = self.peek() else {
            // The only ones of now are those of a debugger, who watches memory.
            return next().filter(|info| info.signal == u32::from(Signal::TRAP.0));
        };
        let _ = self.take("a signal");
        if Signal::new(signalled.signal.into()).is_none() {
            self.stop("the recording is damaged: there is no such signal");
        }
        Some(info_of(&signalled))
    }

    fn map(&self, request: &MapRequest, maps: &dyn Maps) -> Result<Addr, Errno> {
        let record = self.take("a mapping");
        let Record::Map { result, contents } = record else { self.differs("a mapping", &record) };
        let at = Addr(Errno::check(result)?);
        match self.map_at(at, contents, request, maps) {
            Ok(found) if found == at => Ok(at),
            Ok(found) => self.stop(&format!("a mapping came to lie at {found}, not at {at}")),
            Err(errno) => self.stop(&format!("{at} is not free for a mapping: {errno}")),
        }
    }

    fn decide(&self, what: Choice, _: &mut dyn FnMut() -> u64) -> u64 {
        match what {
            Choice::Exec => self.exec(),
            _ => self.chosen(what),
        }
    }

    fn end(&self, end: End) {
        let (kind, value) = match end {
            End::Status(status) => (ending::STATUS, status),
            End::Signal(signal) => (ending::SIGNAL, signal.0),
            End::Exec => (ending::EXEC, 0),
        };
        // A recording may be cut off just before its end.
        let Some(record) = self.peek() else { return };
        match record {
            Record::End { kind: then, value: with } if (then, with) == (kind, value) => {}
            _ => self.differs(&self.told(&Record::End { kind, value }), &record),
        }
    }

    fn forked(&self) {}

    fn refuse(&self, what: &str) -> ! {
        let _ = self.take(what);
        self.stop(what)
    }
}

fn info_of(signalled: &Signalled) -> SignalInfo {
    SignalInfo {
        signal: signalled.signal.into(),
        code: signalled.code,
        errno: signalled.errno,
        pid: signalled.pid,
        uid: signalled.uid,
        status: signalled.status,
        value: signalled.value,
    }
}
