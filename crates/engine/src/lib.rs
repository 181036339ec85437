//! Runs one guest thread to its next exit.
//!
//! The exit is a value ([`Exit`]); a personality or a debugger answers it and runs the thread again. How a thread is run is
//! an [`Engine`]: [`native`] for programs of the host's CPU, [`jit`] for those of any CPU
//! whose instructions are lifted, [`eval`] for the same without translating.
//! Nothing here knows an operating system.
#![forbid(unsafe_code)]

pub mod eval;
mod fetch;
pub mod jit;
pub mod native;
mod settings;

pub use ashore_sys::{FaultInfo, SignalInfo};
pub use settings::{Settings, Tier};

use ashore_base::AddrRange;
use ashore_isa::RegisterFile;
use ashore_sys::Block;
use std::sync::Arc;

/// Why a guest thread stopped.
#[derive(Debug, Clone, Copy)]
pub enum Exit {
    /// It asked its kernel for something; the registers hold the question.
    Call,
    /// A signal for the guest waits.
    Interrupted,
    /// An instruction faulted.
    Fault(FaultInfo),
    /// It was to run one instruction, and did.
    Stepped,
}

/// What runs a program's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// The host's CPU: calls are found in the code and rewritten, and what is left is caught by the kernel's net.
    Natively,
    /// We: nothing of the guest reaches the host's CPU, so that nothing has to be caught.
    Translated,
}

/// A guest thread's instructions, run to the next exit: one of these for each thread, on the host thread that runs it.
pub trait Engine: Sized + 'static {
    /// The registers of the program's CPU.
    type Regs: RegisterFile;
    /// What the threads of a process share.
    type Shared: Code;
    /// What runs the instructions.
    const RUNS: Runs;

    /// Learns what a program prefers, of its text, which is mapped.
    fn learn(_settings: &mut Settings, _text: &[AddrRange]) {}

    /// What a new process has.
    fn share(settings: &Settings) -> Self::Shared;

    /// What the CPU says of itself in the auxiliary vector.
    fn hwcap(shared: &Self::Shared) -> [u64; 2];

    /// What the kernel's description of a CPU says, when it is not the host's: names and values.
    fn description(_shared: &Self::Shared) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Loads what was kept of a program's text, which is mapped, and keeps what is made of it at the end.
    fn open_cache(_shared: &Self::Shared, _text: &[AddrRange], _keeper: Box<dyn jit::Keeper>) {}

    /// Tells somebody what is translated, in this process but not in the children of a fork.
    fn open_map(_shared: &Self::Shared, _mapper: Arc<dyn jit::Mapper>) {}

    /// Makes the calling host thread one that runs the guest. Signals must be blocked.
    fn adopt(shared: &'static Self::Shared) -> Self;

    /// Runs the guest until it stops.
    fn run(&mut self) -> Exit;

    /// Runs one instruction, unless something stops the guest before its end.
    fn step(&mut self) -> Exit;

    /// The guest's registers.
    fn regs(&mut self) -> &mut Self::Regs;

    /// Where signals for the guest wait.
    fn signals(&self) -> &Block;

    /// The same, to take them.
    fn signals_mut(&mut self) -> &mut Block;

    /// The floating-point and vector state, in the CPU's save format.
    fn save_fp(&self) -> Vec<u8>;

    /// Sets the floating-point and vector state, whole or its legacy part.
    fn load_fp(&mut self, image: &[u8]);

    /// This is the child of a fork now, with one thread: what the engine shares with the parent is to be left alone.
    fn forked(&mut self) {}

    /// Has the guest's call for the time answered on the way out, where the engine can do that.
    fn answer_clocks(&mut self, _call: &ashore_sys::ClockCall) {}

    /// When an instruction faulted because it reads a counter that is kept from the guest: puts what `read` gives for each
    /// of its parts where the instruction would have put it, and goes on behind it.
    fn answer_counter(&mut self, _fault: &FaultInfo, _read: &mut dyn FnMut(Counter) -> u64) -> bool {
        false
    }
}

/// A part of what an instruction reads from a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// The time.
    Time,
    /// The CPU that it was read on.
    Cpu,
}

/// What an engine keeps of a process's code.
pub trait Code: Send + Sync + 'static {
    /// Memory there has another content or other permissions, these; none when it is gone, or nobody knows.
    fn changed(&self, range: AddrRange, prot: u32);

    /// Memory there is the code of a library as its file has it, at the place where it always is.
    fn loaded(&self, _range: AddrRange) {}

    /// The process ends, or becomes another program.
    fn at_end(&self) {}

    /// Runs a fork while no other thread holds a lock of the code's, so that the child gets none that nobody releases.
    fn around_fork(&self, fork: &mut dyn FnMut()) {
        fork();
    }
}
