//! A process on the simulated machine that asks for calls one by one.
#![allow(dead_code)] // Whoever writes a test finds what it needs here.

use crate::call::{Answer, Call, Own, Progress, Stop, Why};
use crate::kernel::Kernel;
use crate::machine::Context;
use crate::memory::{MapRequest, Space};
use crate::process::{Inner, Parts, Process};
use crate::testing::{Simulated, machine_with, physical};
use crate::thread::Thread;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::open::AT_FDCWD;
use ashore_pivot::{Errno, Memory, Sys};
use core::cell::Cell;

/// `AT_FDCWD` as an argument.
pub(crate) const CWD: u64 = AT_FDCWD as u64;
/// Memory of the program's that tests use up from its start.
const ROOM: u64 = 4 << 20;

/// The program.
pub(crate) struct Program {
    pub(crate) machine: &'static Simulated,
    pub(crate) kernel: &'static Kernel,
    pub(crate) thread: Arc<Thread>,
    next: Cell<u64>,
}

/// A program on a machine without files; `/dev` and the like are there.
pub(crate) fn program() -> Program {
    program_with(&[])
}

/// A program on a machine that came with an archive.
pub(crate) fn program_with(files: &[u8]) -> Program {
    let empty: Vec<u8> = ashore_formats::cpio::Layout::default().trailer();
    let machine = machine_with(16384, 1, if files.is_empty() { &empty } else { files });
    let kernel: &'static Kernel = Box::leak(Box::new(Kernel::new(physical(machine)).unwrap()));
    kernel.unpack().unwrap();
    process(machine, kernel)
}

fn process(machine: &'static Simulated, kernel: &'static Kernel) -> Program {
    let pid = kernel.new_id();
    let space = Space::new(kernel.physical).unwrap();
    let room = space.map(&MapRequest::plain(ROOM)).unwrap();
    let parts = Parts::new(space, kernel.tree.root());
    parts.files.enter();
    let process = Process::new(pid, Inner::default(), pid, pid);
    let thread = Thread::new(pid, process, parts, Own::default());
    thread.process.inner.lock().threads.push(thread.clone());
    kernel.tasks.lock().processes.insert(pid, Arc::downgrade(&thread.process));
    kernel.tasks.lock().threads.insert(pid, Arc::downgrade(&thread));
    Program { machine, kernel, thread, next: Cell::new(room.0) }
}

/// A call that waits.
pub(crate) struct Waiting {
    sys: Sys,
    args: [u64; 6],
    progress: Progress,
}

impl Program {
    /// Another process of the same kernel, with the same files open.
    pub(crate) fn another(&self) -> Program {
        let other = process(self.machine, self.kernel);
        other.thread.parts.lock().files = self.thread.files();
        other
    }

    /// Asks; a call that waits fails the test.
    pub(crate) fn ask(&self, sys: Sys, args: &[u64]) -> Result<u64, Errno> {
        match self.begin(sys, args) {
            Ok(answer) => answer,
            Err(_) => panic!("{sys:?} waits"),
        }
    }

    /// Asks for a call that must succeed.
    #[track_caller]
    pub(crate) fn must(&self, sys: Sys, args: &[u64]) -> u64 {
        self.ask(sys, args).unwrap_or_else(|errno| panic!("{sys:?}: {errno:?}"))
    }

    /// Asks; `Err` when it waits.
    pub(crate) fn begin(&self, sys: Sys, args: &[u64]) -> Result<Result<u64, Errno>, Waiting> {
        let mut all = [0; 6];
        all[..args.len()].copy_from_slice(args);
        self.go_on(Waiting { sys, args: all, progress: Progress::default() }, Why::First)
    }

    /// Asks a waiting call again.
    pub(crate) fn again(&self, waiting: Waiting, why: Why) -> Result<Result<u64, Errno>, Waiting> {
        self.go_on(waiting, why)
    }

    fn go_on(&self, mut waiting: Waiting, why: Why) -> Result<Result<u64, Errno>, Waiting> {
        let mut context = Context::default();
        let answer: Answer = crate::calls::answer(
            &mut Call {
                kernel: self.kernel,
                thread: &self.thread,
                context: &mut context,
                args: waiting.args,
                why,
                progress: &mut waiting.progress,
            },
            u64::from(waiting.sys.row().and_then(|row| row.generic).unwrap()),
        );
        match answer {
            Ok(value) => Ok(Ok(value)),
            Err(Stop::Errno(errno)) => Ok(Err(errno)),
            Err(Stop::Wait(_)) => Err(waiting),
            Err(stop) => panic!("{stop:?}"),
        }
    }

    /// Asks for a call that replaces the registers; what they are then, unless it fails.
    pub(crate) fn switch(&self, sys: Sys, args: &[u64]) -> Result<Box<Context>, Errno> {
        let mut all = [0; 6];
        all[..args.len()].copy_from_slice(args);
        let mut context = Box::new(Context::default());
        let mut call = Call {
            kernel: self.kernel,
            thread: &self.thread,
            context: &mut context,
            args: all,
            why: Why::First,
            progress: &mut Progress::default(),
        };
        match crate::calls::answer(&mut call, u64::from(sys.row().and_then(|row| row.generic).unwrap())) {
            Err(Stop::Switched) => Ok(context),
            Err(Stop::Errno(errno)) => Err(errno),
            other => panic!("{other:?}"),
        }
    }

    /// Room for so many bytes in the program's memory.
    pub(crate) fn room(&self, len: usize) -> u64 {
        let at = self.next.get();
        self.next.set((at + len as u64).next_multiple_of(16));
        at
    }

    /// Puts bytes into the program's memory.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> u64 {
        let at = self.room(bytes.len());
        Memory::write(&*self.thread.space(), Addr(at), bytes).unwrap();
        at
    }

    /// Puts a text with a zero after it into the program's memory.
    pub(crate) fn text(&self, text: &str) -> u64 {
        self.bytes(&[text.as_bytes(), b"\0"].concat())
    }

    /// Puts a record into the program's memory.
    pub(crate) fn record<T: Plain>(&self, record: &T) -> u64 {
        let mut bytes = alloc::vec![0; T::SIZE];
        record.put(&mut bytes);
        self.bytes(&bytes)
    }

    /// Bytes of the program's memory.
    pub(crate) fn look(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = alloc::vec![0; len];
        Memory::read(&*self.thread.space(), Addr(at), &mut bytes).unwrap();
        bytes
    }

    /// A record of the program's memory.
    pub(crate) fn get<T: Plain>(&self, at: u64) -> T {
        T::get(&self.look(at, T::SIZE))
    }

    /// Opens a file.
    pub(crate) fn open(&self, path: &str, flags: u32) -> Result<u64, Errno> {
        self.ask(Sys::OPENAT, &[CWD, self.text(path), u64::from(flags), 0o666])
    }

    /// Writes to a descriptor.
    pub(crate) fn write(&self, fd: u64, bytes: &[u8]) -> Result<u64, Errno> {
        self.ask(Sys::WRITE, &[fd, self.bytes(bytes), bytes.len() as u64])
    }

    /// Reads from a descriptor.
    pub(crate) fn read(&self, fd: u64, most: usize) -> Result<Vec<u8>, Errno> {
        let at = self.room(most);
        let count = self.ask(Sys::READ, &[fd, at, most as u64])?;
        Ok(self.look(at, count as usize))
    }

    /// A whole file.
    pub(crate) fn file(&self, path: &str) -> Result<String, Errno> {
        let fd = self.open(path, 0)?;
        let mut all = Vec::new();
        loop {
            let part = self.read(fd, 4096)?;
            if part.is_empty() {
                break;
            }
            all.extend(part);
        }
        self.must(Sys::CLOSE, &[fd]);
        Ok(String::from_utf8_lossy(&all).into_owned())
    }

    /// Makes a file.
    pub(crate) fn make(&self, path: &str, bytes: &[u8]) {
        let fd = self.open(path, 0o1101).unwrap();
        assert_eq!(self.write(fd, bytes), Ok(bytes.len() as u64));
        self.must(Sys::CLOSE, &[fd]);
    }
}
