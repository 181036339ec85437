//! A process that exists only in a test: a recording Linux, some memory, and a kernel that remembers.
//!
//! [`Fake::call`] makes a guest's call by its number, as a program would. Linux calls are recorded and answered by the
//! replies given beforehand, in order; with none left they answer 0 and write nothing.
#![allow(dead_code, missing_docs)] // A vocabulary for every topic's tests; not each uses every word.

use crate::*;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::{Arg, Errno, Linux, Memory, Message, SigSet, Signal, Sys};
use core::cell::{Cell, RefCell};

/// An argument as a Linux call was given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    Word(u64),
    In(Vec<u8>),
    /// A buffer of ours of this size.
    Out(usize),
}

/// The process.
pub const PID: i32 = 7000;

/// A Linux call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub sys: Sys,
    pub args: Vec<Given>,
    /// Whether it was made as one that may block.
    pub waits: bool,
}

impl Made {
    /// Word `n`; panics when that argument is not a word.
    pub fn word(&self, n: usize) -> u64 {
        match self.args.get(n) {
            Some(Given::Word(word)) => *word,
            other => panic!("argument {n} of {:?} is {other:?}", self.sys),
        }
    }

    /// Bytes of argument `n`; panics when that argument is not bytes that the call reads.
    pub fn bytes(&self, n: usize) -> &[u8] {
        match self.args.get(n) {
            Some(Given::In(bytes)) => bytes,
            other => panic!("argument {n} of {:?} is {other:?}", self.sys),
        }
    }
}

/// What a Linux call is to answer.
pub struct Reply {
    pub result: Result<u64, Errno>,
    /// The bytes of each `Out` argument, in order.
    pub outs: Vec<Vec<u8>>,
}

/// Linux, recorded.
#[derive(Default)]
pub struct FakeLinux {
    pub made: RefCell<Vec<Made>>,
    pub replies: RefCell<VecDeque<Reply>>,
}

impl FakeLinux {
    fn take(&self, sys: Sys, args: &mut [Arg<'_>], waits: bool) -> Result<u64, Errno> {
        let given = args.iter().map(|arg| match arg {
            Arg::Word(word) => Given::Word(*word),
            Arg::In(bytes) => Given::In(bytes.to_vec()),
            Arg::Out(bytes) => Given::Out(bytes.len()),
        });
        self.made.borrow_mut().push(Made { sys, args: given.collect(), waits });
        let Some(reply) = self.replies.borrow_mut().pop_front() else { return Ok(0) };
        let mut outs = reply.outs.iter();
        for arg in args {
            if let Arg::Out(into) = arg
                && let Some(bytes) = outs.next()
            {
                let len = bytes.len().min(into.len());
                into[..len].copy_from_slice(&bytes[..len]);
            }
        }
        reply.result
    }

    fn take_words(&self, sys: Sys, words: [u64; 6], waits: bool) -> Result<u64, Errno> {
        self.take(sys, &mut words.map(Arg::Word), waits)
    }
}

impl Linux for FakeLinux {
    fn call(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.take_words(sys, words, false)
    }

    fn wait(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.take_words(sys, words, true)
    }

    fn call_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.take(sys, args, false)
    }

    fn wait_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.take(sys, args, true)
    }

    /// Recorded as fd, name, control, flags.
    fn sendmsg(&self, fd: i32, message: &Message<'_>, flags: u32) -> Result<u64, Errno> {
        let name = Arg::In(&message.name[..message.name_len]);
        let control = Arg::In(&message.control[..message.control_len]);
        self.take(Sys::SENDMSG, &mut [fd.into(), name, control, u64::from(flags).into()], true)
    }

    /// Recorded as fd, name, control, flags; the lengths become those of the reply's bytes.
    fn recvmsg(&self, fd: i32, message: &mut Message<'_>, flags: u32) -> Result<u64, Errno> {
        let lens: Vec<usize> =
            self.replies.borrow().front().map(|r| r.outs.iter().map(Vec::len).collect()).unwrap_or_default();
        let name = Arg::Out(&mut *message.name);
        let control = Arg::Out(&mut *message.control);
        let result = self.take(Sys::RECVMSG, &mut [fd.into(), name, control, u64::from(flags).into()], true);
        message.name_len = lens.first().copied().unwrap_or(0);
        message.control_len = lens.get(1).copied().unwrap_or(0);
        result
    }
}

/// Memory in pages that exist once [`FakeMemory::map`] made them.
#[derive(Default)]
pub struct FakeMemory {
    pages: RefCell<BTreeMap<u64, Vec<u8>>>,
}

impl FakeMemory {
    /// Makes the pages of a range exist, zeroed unless they did.
    pub fn map(&self, at: Addr, len: u64) {
        let mut pages = self.pages.borrow_mut();
        let (first, last) = (at.0 / PAGE_SIZE, at.0.saturating_add(len.max(1) - 1) / PAGE_SIZE);
        for page in first..=last {
            pages.entry(page).or_insert_with(|| vec![0; PAGE_SIZE as usize]);
        }
    }

    fn each(&self, at: Addr, len: usize, mut with: impl FnMut(usize, &mut u8)) -> Result<(), Errno> {
        let mut pages = self.pages.borrow_mut();
        let mut done = 0;
        while done < len {
            let at = at.0.wrapping_add(done as u64);
            let page = pages.get_mut(&(at / PAGE_SIZE)).ok_or(Errno::EFAULT)?;
            for byte in page.iter_mut().skip((at % PAGE_SIZE) as usize).take(len - done) {
                with(done, byte);
                done += 1;
            }
        }
        Ok(())
    }
}

impl Memory for FakeMemory {
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        self.each(from, into.len(), |n, byte| into[n] = *byte)
    }

    fn write(&self, to: Addr, bytes: &[u8]) -> Result<(), Errno> {
        self.each(to, bytes.len(), |n, byte| *byte = bytes[n])
    }

    fn cstr_len(&self, from: Addr, max: usize) -> Result<usize, Errno> {
        let mut len = 0;
        while len < max {
            let at = from.plus(len as u64);
            let mut rest = vec![0; (PAGE_SIZE - at.0 % PAGE_SIZE) as usize];
            self.read(at, &mut rest)?;
            if let Some(end) = rest.iter().take(max - len).position(|byte| *byte == 0) {
                return Ok(len + end);
            }
            len += rest.len();
        }
        Err(Errno::ENAMETOOLONG)
    }

    fn load_u32(&self, at: Addr) -> Result<u32, Errno> {
        let mut bytes = [0; 4];
        self.read(at, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn compare_exchange_u32(&self, at: Addr, old: u32, new: u32) -> Result<u32, Errno> {
        let was = self.load_u32(at)?;
        if was == old {
            self.write(at, &new.to_le_bytes())?;
        }
        Ok(was)
    }
}

/// The kernel: what it was asked stands in its fields.
pub struct FakeKernel {
    pub linux: FakeLinux,
    pub memory: FakeMemory,
    pub maps: RefCell<Vec<MapRequest>>,
    pub unmaps: RefCell<Vec<AddrRange>>,
    pub protects: RefCell<Vec<(AddrRange, Prot)>>,
    pub spawns: RefCell<Vec<SpawnRequest>>,
    pub forks: RefCell<Vec<ForkKind>>,
    pub execs: RefCell<Vec<ExecRequest>>,
    pub raised: RefCell<Vec<Delivery>>,
    pub notes: RefCell<Vec<String>>,
    pub actions: RefCell<BTreeMap<Signal, Action>>,
    pub parks: RefCell<Vec<Timeout>>,
    pub unparks: RefCell<Vec<u64>>,
    pub park_end: Cell<ParkEnd>,
    pub threads: RefCell<Vec<(u64, i32)>>,
    pub mapped: RefCell<Vec<AddrRange>>,
}

impl Kernel for FakeKernel {
    fn linux(&self) -> &dyn Linux {
        &self.linux
    }

    fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    fn host_path(&self, path: &[u8]) -> Vec<u8> {
        path.to_vec()
    }

    fn program_path(&self) -> &[u8] {
        b"/home/guest/program"
    }

    /// Any place but a fixed one becomes 0x7000_0000_0000 and a million bytes per map made.
    fn map(&self, request: &MapRequest) -> Result<Addr, Errno> {
        const MAP_FIXED: u32 = 0x10;
        let mut maps = self.maps.borrow_mut();
        maps.push(*request);
        let place = Addr(0x7000_0000_0000 + 0x100_0000 * maps.len() as u64);
        if request.len > 1 << 24 || request.at.0.checked_add(request.len).is_none() {
            return Err(Errno::ENOMEM);
        }
        let at = if request.flags & MAP_FIXED != 0 { request.at } else { place };
        self.memory.map(at, request.len);
        Ok(at)
    }

    fn unmap(&self, range: AddrRange) -> Result<(), Errno> {
        self.unmaps.borrow_mut().push(range);
        Ok(())
    }

    fn protect(&self, range: AddrRange, prot: Prot) -> Result<(), Errno> {
        self.protects.borrow_mut().push((range, prot));
        Ok(())
    }

    fn is_mapped(&self, range: AddrRange) -> bool {
        self.mapped.borrow().iter().any(|mapped| mapped.overlaps(range))
    }

    fn main_stack(&self) -> AddrRange {
        AddrRange { start: Addr(0x7fff_0000_0000), end: Addr(0x7fff_0080_0000) }
    }

    fn break_start(&self) -> Addr {
        Addr(0x50_0000)
    }

    fn spawn(&self, _creator: &Thread, request: &SpawnRequest) -> Result<u64, Errno> {
        let mut spawns = self.spawns.borrow_mut();
        spawns.push(*request);
        Ok(100 + spawns.len() as u64)
    }

    fn host_tid(&self, id: u64) -> Option<i32> {
        self.threads.borrow().iter().find(|(guest, _)| *guest == id).map(|(_, host)| *host)
    }

    fn thread_ids(&self) -> Vec<u64> {
        self.threads.borrow().iter().map(|(guest, _)| *guest).collect()
    }

    fn park(&self, timeout: Timeout) -> ParkEnd {
        self.parks.borrow_mut().push(timeout);
        self.park_end.get()
    }

    fn unpark(&self, id: u64) -> bool {
        self.unparks.borrow_mut().push(id);
        self.host_tid(id).is_some()
    }

    fn exit(&self, status: u8) -> ! {
        panic!("the process exited with {status}")
    }

    fn die_of(&self, signal: Signal) -> ! {
        panic!("the process died of {signal:?}")
    }

    fn action(&self, signal: Signal) -> Action {
        self.actions.borrow().get(&signal).copied().unwrap_or(Action::DEFAULT)
    }

    fn set_action(&self, signal: Signal, action: Action) -> Result<(), Errno> {
        if matches!(signal, Signal::KILL | Signal::STOP) {
            return Err(Errno::EINVAL);
        }
        self.actions.borrow_mut().insert(signal, action);
        Ok(())
    }

    fn set_mask(&self, thread: &mut Thread, mask: SigSet) {
        thread.mask = mask;
    }

    fn suspend(&self, thread: &mut Thread, mask: SigSet) -> Errno {
        thread.saved_mask = Some(thread.mask);
        thread.mask = mask;
        Errno::EINTR
    }

    fn raise(&self, _thread: &mut Thread, delivery: Delivery) {
        self.raised.borrow_mut().push(delivery);
    }

    fn fork(&self, kind: ForkKind) -> Result<i32, Errno> {
        self.forks.borrow_mut().push(kind);
        Ok(4321)
    }

    fn exec(&self, request: &ExecRequest) -> Errno {
        self.execs.borrow_mut().push(request.clone());
        Errno::ENOENT
    }

    fn note(&self, what: &str) {
        self.notes.borrow_mut().push(what.to_string());
    }
}

/// A process of one system with one thread: id 1, host id 1001.
pub struct Fake {
    pub kernel: FakeKernel,
    pub thread: Thread,
    pub state: State,
    pub os: &'static Os,
    /// Where [`Fake::alloc`] goes on.
    top: u64,
}

impl Fake {
    /// A process of this system.
    pub fn new(os: &'static Os) -> Fake {
        let kernel = FakeKernel {
            linux: FakeLinux::default(),
            memory: FakeMemory::default(),
            maps: RefCell::default(),
            unmaps: RefCell::default(),
            protects: RefCell::default(),
            spawns: RefCell::default(),
            forks: RefCell::default(),
            execs: RefCell::default(),
            raised: RefCell::default(),
            notes: RefCell::default(),
            actions: RefCell::default(),
            parks: RefCell::default(),
            unparks: RefCell::default(),
            park_end: Cell::new(ParkEnd::Unparked),
            threads: RefCell::new(vec![(1, 1001)]),
            mapped: RefCell::default(),
        };
        let thread = Thread {
            id: 1,
            host_tid: 1001,
            is_main: true,
            tls: Addr::NULL,
            gs_base: Addr::NULL,
            mask: SigSet::EMPTY,
            saved_mask: None,
            alt_stack: AltStack::default(),
            clear_tid: Addr::NULL,
            child_stack: Addr::NULL,
            sp: Addr(0x7fff_007f_0000),
        };
        Fake { kernel, thread, state: (os.new_state)(), os, top: 0x10_0000 }
    }

    /// Runs `with` as a call of the program's only thread.
    pub fn with<T>(&mut self, with: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        with(&mut Ctx { kernel: &self.kernel, thread: &mut self.thread, state: &self.state, os: self.os })
    }

    /// Makes the guest's call of this number; missing words are 0.
    pub fn call(&mut self, number: u16, words: &[u64]) -> Answer {
        let mut args: Args = [0; 8];
        args[..words.len()].copy_from_slice(words);
        let row = row_of(self.os.calls, u64::from(number)).unwrap_or_else(|| panic!("no call {number}"));
        let six = [args[0], args[1], args[2], args[3], args[4], args[5]];
        self.with(|ctx| match row.does {
            Does::Same(sys) => Ok(ctx.call(sys, six)?.into()),
            Does::Paths(sys, paths) => {
                let path = |at: usize| (paths >> at & 1 != 0).then(|| ctx.path(Addr(six[at]))).transpose();
                let held = [path(0)?, path(1)?, path(2)?, path(3)?, path(4)?, path(5)?];
                let mut words = six.map(Arg::Word);
                for (word, path) in words.iter_mut().zip(&held) {
                    if let Some(path) = path {
                        *word = Arg::In(path);
                    }
                }
                Ok(ctx.call_with(sys, &mut words)?.into())
            }
            Does::Block(sys) | Does::Interrupt(sys) => Ok(ctx.wait(sys, six)?.into()),
            Does::Quick(function) => {
                let quick = Quick { linux: ctx.linux(), memory: ctx.kernel.memory(), state: ctx.state, pid: PID };
                function(&quick, &args)
            }
            Does::Custom(function) => function(ctx, &args),
            Does::Missing => Err(Errno::ENOSYS.into()),
        })
    }

    /// The next Linux call not yet promised an answer gets this one, and its `Out` arguments these bytes.
    pub fn reply(&mut self, result: Result<u64, Errno>, outs: &[&[u8]]) {
        let outs = outs.iter().map(|bytes| bytes.to_vec()).collect();
        self.kernel.linux.replies.borrow_mut().push_back(Reply { result, outs });
    }

    /// The Linux calls made since the last time this was asked.
    pub fn made(&mut self) -> Vec<Made> {
        self.kernel.linux.made.take()
    }

    /// The only Linux call made since.
    pub fn one(&mut self) -> Made {
        let mut made = self.made();
        assert_eq!(made.len(), 1, "{made:?}");
        made.remove(0)
    }

    /// `len` fresh zero bytes of guest memory.
    pub fn alloc(&mut self, len: u64) -> Addr {
        let at = Addr(self.top);
        self.top += len.next_multiple_of(64) + 64;
        self.kernel.memory.map(at, len);
        at
    }

    /// Guest memory with these bytes.
    pub fn put(&mut self, bytes: &[u8]) -> Addr {
        let at = self.alloc(bytes.len() as u64);
        self.kernel.memory.write(at, bytes).expect("allocated");
        at
    }

    /// Guest memory with this string and its zero.
    pub fn put_str(&mut self, string: &str) -> Addr {
        let mut bytes = string.as_bytes().to_vec();
        bytes.push(0);
        self.put(&bytes)
    }

    /// Bytes of guest memory; panics where there is none.
    pub fn get(&self, at: Addr, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.kernel.memory.read(at, &mut bytes).unwrap_or_else(|_| panic!("no memory at {at}"));
        bytes
    }

    /// A 32-bit word of guest memory.
    pub fn u32(&self, at: Addr) -> u32 {
        self.kernel.memory.load_u32(at).expect("memory")
    }

    /// A 64-bit word of guest memory.
    pub fn u64(&self, at: Addr) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().expect("8 bytes"))
    }
}

#[test]
fn the_fake_records_and_replies() {
    let mut fake = Fake::new(&crate::dragonfly::OS);
    fake.reply(Ok(7), &[b"abc"]);
    let mut buf = [0; 4];
    let result = fake.with(|ctx| ctx.call_with(Sys::READ, &mut [3.into(), Arg::Out(&mut buf), 4u64.into()]));
    assert_eq!((result, &buf), (Ok(7), b"abc\0"));
    let made = fake.one();
    assert_eq!((made.sys, made.word(0), &made.args[1]), (Sys::READ, 3, &Given::Out(4)));
    assert_eq!(fake.with(|ctx| ctx.read_u32(Addr(8))), Err(Errno::EFAULT));
}
