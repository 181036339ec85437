//! A guest system as a row, and its convention on a CPU as a trait.

use crate::{Action, Answer, Args, Delivery, Row, Thread, ThreadStart};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};
use ashore_pivot::{Errno, Linux, Memory, SigSet, Signal};
use core::any::Any;

/// What a personality remembers for one process: its own type, found by [`Os::new_state`].
pub type State = Box<dyn Any + Send + Sync>;

/// Holds a state still while the function it is given forks.
pub type AroundFork = fn(&State, &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno>;

/// A guest system: everything of it that does not depend on the CPU.
pub struct Os {
    /// The name a person types, `dragonfly`.
    pub name: &'static str,
    /// The name a person reads, `DragonFly BSD`.
    pub title: &'static str,
    /// Its calls, ascending by number.
    pub calls: &'static [Row],
    /// The guest's number of a Linux error.
    pub errno: fn(Errno) -> u16,
    /// The name of one of the guest's error numbers.
    pub errno_name: fn(u16) -> Option<&'static str>,
    /// The guest's number of a Linux signal; 0 when it has none.
    pub signal: fn(Signal) -> u32,
    /// The Linux signal of a number of the guest's.
    pub signal_from: fn(u64) -> Option<Signal>,
    /// The name of one of the guest's signal numbers.
    pub signal_name: fn(u32) -> Option<&'static str>,
    /// Whether an unknown number raises SIGSYS as well as failing.
    pub unknown_raises: bool,
    /// The first thread's id for a process with this host pid, and the next ones'.
    pub thread_id: fn(pid: i32, host_tid: i32, nth: u64) -> u64,
    /// What is remembered for a new process.
    pub new_state: fn() -> State,
    /// Called around a fork, with a function that forks: takes every lock of the state first, so that
    /// none is held by a thread the child does not have; then, in the child, drops what a fork does not inherit.
    pub around_fork: AroundFork,
    /// Code that a handler of a signal is entered through and returns into, in the machine code of the
    /// system's CPU; empty where programs bring their own. It is mapped once, executable.
    pub trampoline: &'static [u8],
    /// Called when a signal came to a thread, before anything is done about it.
    pub signal_came: fn(&dyn Linux, &State, Signal),
    /// Paths that mean something else on the guest's system: the guest's path and the running program's
    /// path in, the host's path out.
    pub magic_path: fn(path: &[u8], program: &[u8]) -> Option<Vec<u8>>,
    /// What a trace calls its values and how its records are laid out.
    pub words: &'static crate::words::Words,
}

/// What the start of a program needs to know.
pub struct StartRequest<'a> {
    /// The program's own entry.
    pub entry: Addr,
    /// The first instruction that runs: the interpreter's where the program has one, the program's own otherwise.
    pub first: Addr,
    /// The area of the main thread's stack; the start-up record goes to its top.
    pub stack: AddrRange,
    /// The arguments, each without its zero.
    pub args: &'a [Vec<u8>],
    /// The environment, each without its zero.
    pub env: &'a [Vec<u8>],
    /// The absolute path of the program.
    pub program: &'a [u8],
    /// Where the program headers are in memory, and how many of what size.
    pub headers: Addr,
    /// See `headers`.
    pub header_count: u64,
    /// See `headers`.
    pub header_size: u64,
    /// The load base of the interpreter, or 0.
    pub base: Addr,
    /// 16 random bytes.
    pub random: [u8; 16],
    /// Real and effective user and group: uid, euid, gid, egid.
    pub ids: [u32; 4],
    /// How many CPUs may be used.
    pub cpus: u64,
    /// The host's AT_HWCAP and AT_HWCAP2.
    pub hwcap: [u64; 2],
    /// Where the host kernel's shared page (vDSO) is; only a Linux guest is told.
    pub shared_page: Addr,
}

/// What a kernel says of a process and its CPU when the CPU is not the host's.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The auxiliary vector as the process found it.
    pub auxv: Vec<u8>,
    /// The description of one CPU: names and values.
    pub cpu: Vec<(&'static str, String)>,
    /// How many CPUs there are.
    pub cpus: u64,
}

/// A call as the registers hold it.
#[derive(Debug, Clone, Copy)]
pub struct CallFrame {
    /// The call's number, after the indirect calls are resolved.
    pub number: u64,
    /// Its words.
    pub args: Args,
}

/// The call that tells a clock's time and nothing else: the clock and the place of a `struct timespec` are its first
/// words, and the record is Linux's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockCall {
    /// Its number.
    pub number: u16,
    /// Linux's clock for each of the guest's first clocks.
    pub clocks: [Option<i32>; 16],
    /// Whether it zeroes the registers that a call may change.
    pub zeroes_scratch: bool,
}

/// A guest system's convention on one CPU, whose registers are `R`.
pub trait Abi<R>: Sync {
    /// The system.
    fn os(&self) -> &'static Os;

    /// Writes the start-up record to the stack and sets the registers.
    fn start(&self, regs: &mut R, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<(), Errno>;

    /// The auxiliary vector that [`Abi::start`] wrote; empty where there is none to ask for later.
    fn auxv(&self, _regs: &R, _memory: &dyn Memory) -> Vec<u8> {
        Vec::new()
    }

    /// Reads the call that the registers hold.
    fn call(&self, regs: &R, memory: &dyn Memory) -> CallFrame;

    /// The call for the time, where success clears the carry flag: the engine may answer it by itself.
    fn clock_call(&self) -> Option<ClockCall> {
        None
    }

    /// Puts an answer into the registers. [`crate::Value::Resume`] and the like never reach it.
    fn answer(&self, regs: &mut R, answer: Answer);

    /// The error number that the registers hold after an answer; `None` when the call succeeded.
    fn failure(&self, regs: &R) -> Option<u16>;

    /// Sets the registers of the child after a fork: its result differs from the parent's on some systems.
    fn forked(&self, regs: &mut R, parent_pid: i32);

    /// Sets the stack pointer of the child of a fork that was given a stack.
    fn set_stack(&self, _regs: &mut R, _at: Addr) {}

    /// Moves the registers back to the call instruction, so that the call with `number` happens again.
    fn rewind(&self, regs: &mut R, number: u64);

    /// Sets the registers of a new thread, a copy of its creator's on entry.
    fn begin(&self, regs: &mut R, start: &ThreadStart, memory: &dyn Memory) -> Result<(), Errno>;

    /// Sets the thread pointer.
    fn set_tls(&self, regs: &mut R, thread: &Thread);

    /// Where the frame of a handler goes: the stack pointer.
    fn stack_pointer(&self, regs: &R) -> Addr;

    /// Builds the handler's frame and enters the handler. `fp` is the vector and floating-point state in
    /// the CPU's own save format; `mask` is what the handler's return restores.
    fn deliver(&self, regs: &mut R, frame: &Frame<'_>, memory: &dyn Memory) -> Result<(), Errno>;

    /// Reads a context that a frame or a getcontext made, perhaps edited since.
    fn resume(&self, regs: &mut R, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno>;

    /// Writes the registers as a context.
    fn save(&self, regs: &R, at: Addr, mask: SigSet, fp: &[u8], memory: &dyn Memory) -> Result<(), Errno>;
}

/// A handler to enter.
pub struct Frame<'a> {
    /// The signal.
    pub delivery: Delivery,
    /// What the process does with it: always a guest's handler here.
    pub action: Action,
    /// The handler.
    pub handler: Addr,
    /// Where [`Os::trampoline`] was mapped.
    pub trampoline: Addr,
    /// The mask that the handler's return restores.
    pub mask: SigSet,
    /// Where the frame's stack starts: the top of the alternate stack, or the interrupted stack pointer.
    pub stack: Addr,
    /// Whether that is the alternate stack.
    pub on_alt_stack: bool,
    /// The alternate stack as it was set.
    pub alt_stack: crate::AltStack,
    /// The floating-point and vector state in the CPU's save format (XSAVE standard form on x86-64).
    pub fp: &'a [u8],
}

/// What a context said besides registers.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    /// The mask to set, when the context has one.
    pub mask: Option<SigSet>,
    /// The floating-point and vector state, when the context has one, in the CPU's save format; a shorter
    /// one (512 bytes) leaves the rest of the state as it is.
    pub fp: Option<Vec<u8>>,
    /// The alternate stack to set, when the context has one.
    pub alt_stack: Option<crate::AltStack>,
    /// The thread pointer to set, when the context has one.
    pub tls: Option<Addr>,
}
