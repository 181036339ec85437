//! What of a process depends on its CPU. Threads know it by type; all else sees it through [`Answers`] and [`Caller`].

use crate::process::Process;
use crate::recorder::Answers;
use crate::task;
use ashore_engine::{Engine, Runs, Settings};
use ashore_guest::{Abi, SpawnRequest, Thread};
use ashore_isa::{RegisterFile, Registers};
use ashore_pivot::Errno;

/// The CPU's side of a process: as old as the process, and never freed either.
pub(crate) struct Machine<E: Engine> {
    /// The convention of the guest's system on the CPU.
    pub(crate) abi: &'static dyn Abi<E::Regs>,
    /// What the engine keeps for all threads.
    pub(crate) shared: E::Shared,
}

impl<E: Engine> Machine<E> {
    pub(crate) fn new(abi: &'static dyn Abi<E::Regs>, settings: &Settings) -> &'static Machine<E> {
        Box::leak(Box::new(Machine { abi, shared: E::share(settings) }))
    }
}

/// An answer's registers in the convention of a system.
pub(crate) struct InConvention<R: 'static>(pub(crate) &'static dyn Abi<R>);

impl<R: RegisterFile> Answers for InConvention<R> {
    fn failure(&self, result: (u64, bool)) -> Option<u16> {
        self.0.failure(&R::of_result(result))
    }
}

/// A thread in a call, for whoever answers it.
pub(crate) trait Caller {
    /// Its registers at the call.
    fn registers(&self) -> Registers;

    /// Its vector and floating-point state.
    fn fp(&self) -> Vec<u8>;

    /// Starts another thread, with registers made of these.
    fn spawn(&self, process: &'static Process, creator: &Thread, request: &SpawnRequest) -> Result<u64, Errno>;
}

/// What a new thread's registers are made of.
pub(crate) struct Origin<E: Engine> {
    pub(crate) machine: &'static Machine<E>,
    /// Its creator's.
    pub(crate) regs: E::Regs,
    /// Its creator's vector and floating-point state, when it gets that too.
    pub(crate) fp: Option<Vec<u8>>,
}

/// A thread in a call.
pub(crate) struct InCall<'a, E: Engine> {
    pub(crate) machine: &'static Machine<E>,
    pub(crate) engine: &'a E,
    pub(crate) regs: E::Regs,
}

impl<E: Engine> Caller for InCall<'_, E> {
    fn registers(&self) -> Registers {
        self.regs.any()
    }

    fn fp(&self) -> Vec<u8> {
        self.engine.save_fp()
    }

    fn spawn(&self, process: &'static Process, creator: &Thread, request: &SpawnRequest) -> Result<u64, Errno> {
        let fp = (E::RUNS == Runs::Translated).then(|| self.engine.save_fp());
        task::spawn(process, Origin { machine: self.machine, regs: self.regs, fp }, creator, request)
    }
}
