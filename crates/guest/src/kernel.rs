//! What a process offers to the personality of its program.
//!
//! All of this is the same for every guest system: address space, threads, signals, fork, exec and exit.
//! Signals, masks and flags are in Linux's numbering here; the personality translates.

use crate::{About, Action, Delivery, Thread};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};
use ashore_pivot::{Errno, Linux, Memory, SigSet, Signal};

/// Permissions of a mapping, in Linux's bits (1 read, 2 write, 4 execute).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prot(pub u32);

/// A mapping to make, in Linux's bits.
#[derive(Debug, Clone, Copy)]
pub struct MapRequest {
    /// The wanted address; a hint unless `flags` say otherwise.
    pub at: Addr,
    /// How many bytes.
    pub len: u64,
    /// The permissions.
    pub prot: Prot,
    /// Linux `MAP_*` bits.
    pub flags: u32,
    /// The file, or -1.
    pub fd: i32,
    /// Where in the file.
    pub offset: u64,
    /// The address must be a multiple of this, a power of two; 0 when any page will do.
    pub align: u64,
}

/// How a new thread starts.
#[derive(Debug, Clone, Copy)]
pub enum ThreadStart {
    /// At an entry, with one argument, on a stack whose top is given, in the convention of the guest's system.
    Entry {
        /// The first instruction.
        entry: Addr,
        /// The argument.
        arg: u64,
        /// The lowest byte of the stack, and its size; or the top and 0 where the system is given only that.
        stack: Addr,
        /// See `stack`.
        stack_len: u64,
    },
    /// With every register from a context record in memory.
    Context(Addr),
    /// With a copy of the creator's registers, on another stack, and 0 as the call's result.
    Copy {
        /// The new stack pointer; null keeps the creator's.
        stack: Addr,
    },
}

/// A thread to create.
#[derive(Debug, Clone, Copy)]
pub struct SpawnRequest {
    /// How it starts.
    pub start: ThreadStart,
    /// Its thread pointer; `None` keeps the creator's.
    pub tls: Option<Addr>,
    /// Its signal mask; `None` for the creator's.
    pub mask: Option<SigSet>,
    /// Whether it takes the creator's alternate signal stack over (NetBSD).
    pub inherit_alt_stack: bool,
    /// Words that get the new thread's id before it runs, and how many bytes each has.
    pub tid_at: [Option<(Addr, u8)>; 2],
    /// A 32-bit word that is zeroed and woken as a futex when the thread ends (Linux).
    pub clear_tid: Addr,
}

/// Which way a process is duplicated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForkKind {
    /// A copy.
    Fork,
    /// A copy whose creator waits until it execs or ends.
    Vfork,
}

/// A program to become.
#[derive(Debug, Clone)]
pub struct ExecRequest {
    /// The path as the guest gave it; empty for the descriptor itself.
    pub path: Vec<u8>,
    /// What a relative path starts from, or the program itself: a descriptor, or -100 for the working directory.
    pub dir_fd: i32,
    /// The arguments, each without its zero.
    pub args: Vec<Vec<u8>>,
    /// The environment, each without its zero.
    pub env: Vec<Vec<u8>>,
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub enum Timeout {
    /// Until it happens.
    Never,
    /// So many nanoseconds from now, by the monotonic clock.
    In(u64),
    /// Until this time of Linux clock `clock` (0 real time, 1 monotonic), in nanoseconds.
    At {
        /// The Linux clock.
        clock: i32,
        /// The time.
        nanos: u64,
    },
}

/// How a park ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParkEnd {
    /// Somebody unparked this thread.
    Unparked,
    /// Somebody had unparked this thread before it parked.
    Already,
    /// The time was over.
    TimedOut,
    /// A signal for the guest came.
    Interrupted,
}

/// The services of a process.
pub trait Kernel {
    /// The pivot.
    fn linux(&self) -> &dyn Linux;

    /// The guest's memory.
    fn memory(&self) -> &dyn Memory;

    /// The host's path for a path of the guest, both without a final zero.
    fn host_path(&self, path: &[u8]) -> Vec<u8>;

    /// The same for a call that follows a link at the path's end.
    fn host_target(&self, path: &[u8]) -> Vec<u8> {
        self.host_path(path)
    }

    /// The host's path of `path`, a relative one that the host's kernel does not find below the folder open as `dir`: when the
    /// folder is one of `--root`'s tree, what the absolute path would name.
    fn host_path_beside(&self, _dir: u64, _path: &[u8], _follows: bool) -> Option<Vec<u8>> {
        None
    }

    /// The absolute path of the running program, as the guest would name it.
    fn program_path(&self) -> &[u8];

    /// What the guest's kernel would say of the process and its CPU, where the host's says it of another.
    fn about(&self) -> Option<&About> {
        None
    }

    // Address space.

    /// Makes a mapping. Refuses (`ENOMEM`) to replace one of Ashore's own.
    fn map(&self, request: &MapRequest) -> Result<Addr, Errno>;

    /// Removes mappings.
    fn unmap(&self, range: AddrRange) -> Result<(), Errno>;

    /// Changes permissions; code that becomes executable is prepared before this returns.
    fn protect(&self, range: AddrRange, prot: Prot) -> Result<(), Errno>;

    /// Whether any mapping of the guest or of Ashore touches the range.
    fn is_mapped(&self, range: AddrRange) -> bool;

    /// The whole stack area of the main thread.
    fn main_stack(&self) -> AddrRange;

    /// Where the break of a new program starts: the first page after it.
    fn break_start(&self) -> Addr;

    // Threads.

    /// Starts a thread and returns its id in the guest's numbering.
    fn spawn(&self, creator: &Thread, request: &SpawnRequest) -> Result<u64, Errno>;

    /// The host's thread id of the guest's thread `id`.
    fn host_tid(&self, id: u64) -> Option<i32>;

    /// The ids of all live threads of this process, in the guest's numbering.
    fn thread_ids(&self) -> Vec<u64>;

    /// Waits for [`Kernel::unpark`] on the calling thread. The permission is remembered once.
    fn park(&self, timeout: Timeout) -> ParkEnd;

    /// Lets the thread's current or next park end; `false` when there is no such thread.
    fn unpark(&self, id: u64) -> bool;

    /// Ends the process, all threads of it, with this status (0 to 255).
    fn exit(&self, status: u8) -> !;

    /// Ends the process by a signal, as its default action would: the host's process dies of it.
    fn die_of(&self, signal: Signal) -> !;

    // Signals, in Linux's numbering.

    /// What the process does with `signal`.
    fn action(&self, signal: Signal) -> Action;

    /// Changes that; `EINVAL` for SIGKILL and SIGSTOP.
    fn set_action(&self, signal: Signal, action: Action) -> Result<(), Errno>;

    /// Changes the calling thread's mask, on the host too.
    fn set_mask(&self, thread: &mut Thread, mask: SigSet);

    /// Waits with `mask` in place until a signal for the guest comes (sigsuspend); the old mask is
    /// restored after the handler. Always an interruption.
    fn suspend(&self, thread: &mut Thread, mask: SigSet) -> Errno;

    /// Gives the calling thread a synchronous signal, as a fault would (SIGSYS for an unknown call).
    fn raise(&self, thread: &mut Thread, delivery: Delivery);

    /// Has the personality told of `signal` from now on even when the program ignores it.
    fn watch_signal(&self, signal: Signal) -> Result<(), Errno> {
        let _ = signal;
        Err(Errno::EINVAL)
    }

    // Processes.

    /// Duplicates the process; 0 in the child.
    fn fork(&self, kind: ForkKind) -> Result<i32, Errno>;

    /// Becomes another program: a guest file under Ashore, a host's file natively, a script by its
    /// first line. Returns only when it failed.
    fn exec(&self, request: &ExecRequest) -> Errno;

    // What a person should know.

    /// Says once per `what`, on stderr, that the guest asked for something Ashore lacks.
    fn note(&self, what: &str);
}
