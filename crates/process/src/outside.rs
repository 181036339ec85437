//! Whoever stands between a process and everything outside it: a recording, or one that is replayed.
//!
//! A process gets from outside what Linux calls answer, the addresses of its mappings, what it was born with, signals,
//! and time. With an [`Outside`] all of that goes through it: signals are delivered at the end of calls only, places that
//! the host would choose are fixed, and the CPU's counter traps. Without one, nothing of this costs anything.

use crate::process::Process;
use crate::signals;
use crate::task::Task;
use ashore_base::{Addr, AddrRange};
use ashore_engine::SignalInfo;
use ashore_engine::{Counter, Engine};
use ashore_guest::{Args, MapRequest, Prot};
use ashore_host::Host;
use ashore_isa::RegisterFile;
use ashore_pivot::{Errno, Linux, SigSet, Signal};
use ashore_sys::FaultInfo;

/// Something that the outside decides by one word. The numbers are those of the recording's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Choice {
    /// The process's id.
    Pid = 1,
    /// The first thread's id.
    Tid = 2,
    /// The signals blocked at birth.
    Mask = 3,
    /// The signals ignored at birth.
    Ignored = 4,
    /// The length of the stack.
    StackLen = 5,
    /// One of the ids of user and group.
    Id = 6,
    /// Half of the random bytes a program is born with.
    Random = 7,
    /// How many CPUs there are.
    Cpus = 8,
    /// What the CPU can, as the host's kernel tells it.
    Hwcap = 9,
    /// Whether anything is mapped in a range.
    IsMapped = 10,
    /// How a park ended.
    Park = 11,
    /// What a fork gave: a process's id, or an error as a negative number.
    Fork = 12,
    /// Why an exec failed.
    Exec = 13,
    /// What the CPU's counter read.
    Counter = 14,
    /// What the CPU's counter told of the CPU beside its count.
    CounterCpu = 15,
    /// Whether a path is there.
    Exists = 16,
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Status(u8),
    /// By this signal.
    Signal(Signal),
    /// It becomes another program, unless that fails.
    Exec,
}

/// The part of a process that makes mappings.
pub trait Maps {
    /// Makes a mapping.
    fn map(&self, request: &MapRequest) -> Result<Addr, Errno>;

    /// Changes permissions; code that becomes executable is prepared.
    fn protect(&self, range: AddrRange, prot: Prot) -> Result<(), Errno>;
}

/// Stands between a process of one thread and everything outside it.
pub trait Outside: Send + Sync {
    /// Whether it still does: not in the child of a fork, nor after it gave up.
    fn is_live(&self) -> bool;

    /// Whether signals, timers and the like are the host's real ones.
    fn is_real(&self) -> bool;

    /// Answers Linux calls.
    fn linux(&self) -> &dyn Linux;

    /// The guest makes a call.
    fn call(&self, number: u64, args: &Args);

    /// The guest ran into a fault.
    fn fault(&self, fault: &FaultInfo, at: Addr);

    /// Whether a signal is to be delivered now, which the process itself would not know of.
    fn has_signal(&self) -> bool;

    /// The next signal to deliver now; `next` gives the host's.
    fn signal(&self, next: &mut dyn FnMut() -> Option<SignalInfo>) -> Option<SignalInfo>;

    /// Makes a mapping, where it has to be.
    fn map(&self, request: &MapRequest, maps: &dyn Maps) -> Result<Addr, Errno>;

    /// Decides; `ask` asks the host.
    fn decide(&self, what: Choice, ask: &mut dyn FnMut() -> u64) -> u64;

    /// The process ends, or becomes another.
    fn end(&self, end: End);

    /// This is the child of a fork now.
    fn forked(&self);

    /// The process does what cannot be gone along with: says so and ends it.
    fn refuse(&self, what: &str) -> !;
}

/// Where things lie that the host would otherwise place: far from everything that it places itself.
pub(crate) mod places {
    use ashore_base::Addr;

    /// A program that can lie anywhere; its break grows behind it.
    pub(crate) const PROGRAM: Addr = Addr(0x1000_0000_0000);
    /// The main thread's stack.
    pub(crate) const STACK: Addr = Addr(0x1f00_0000_0000);
    /// The code that handlers are entered through.
    pub(crate) const TRAMPOLINE: Addr = Addr(0x1fff_0000_0000);
}

/// Asks whoever decides.
pub(crate) fn ask(outside: Option<&dyn Outside>, what: Choice, mut host: impl FnMut() -> u64) -> u64 {
    match outside {
        Some(outside) => outside.decide(what, &mut host),
        None => host(),
    }
}

static HOST: Host = Host;

impl Process {
    /// Who stands between this process and the outside, if anybody does.
    pub(crate) fn outside(&self) -> Option<&dyn Outside> {
        self.options.outside.as_deref().filter(|outside| outside.is_live())
    }

    /// Who answers Linux calls.
    pub(crate) fn linux(&self) -> &dyn Linux {
        self.outside().map_or(&HOST, |outside| outside.linux())
    }

    pub(crate) fn ask(&self, what: Choice, host: impl FnMut() -> u64) -> u64 {
        ask(self.outside(), what, host)
    }

    /// Tells that the process ends.
    pub(crate) fn tell_end(&self, end: End) {
        if let Some(outside) = self.outside() {
            outside.end(end);
            // What comes now has signals blocked, and reads clocks: a trap would be the end.
            ashore_sys::free_tsc();
        }
    }

    /// Whether the host's own signals are ours to set.
    pub(crate) fn has_real_signals(&self) -> bool {
        self.outside().is_none_or(|outside| outside.is_real())
    }
}

impl<E: Engine> Task<E> {
    /// A signal stopped the guest between two calls. It waits for the end of the next call when the process has an
    /// outside, unless the process dies of it, which can be done at any time.
    pub(crate) fn interrupted(&mut self) {
        let Some(outside) = self.process.outside() else { return self.deliver(None, None) };
        if !outside.is_real() {
            // Somebody sent it to the replay itself.
            if let Some(info) = self.cpu.signals_mut().take_signal(SigSet::EMPTY) {
                ashore_sys::die_of(Signal(info.signal as u8));
            }
            return;
        }
        let ready = SigSet(self.cpu.signals().pending_set().0 & !self.thread.mask.0);
        if ready.iter().any(|signal| signals::is_deadly(self.process, signal)) {
            self.deliver(None, None);
        } else {
            self.cpu.signals().hold();
        }
    }

    /// The guest makes a call: signals that waited for one may end it.
    pub(crate) fn tell_call(&mut self, number: u64, args: &Args) {
        if let Some(outside) = self.process.outside() {
            outside.call(number, args);
            self.cpu.signals().recheck(self.thread.mask);
        }
    }

    /// The guest ran into a fault: when it only read the CPU's counter, that is answered here.
    pub(crate) fn is_answered(&mut self, fault: &FaultInfo) -> bool {
        let Some(outside) = self.process.outside() else { return false };
        let mut read = |part: Counter| match part {
            Counter::Time => outside.decide(Choice::Counter, &mut ashore_sys::read_tsc),
            Counter::Cpu => outside.decide(Choice::CounterCpu, &mut || 0),
        };
        let is_answered = self.cpu.answer_counter(fault, &mut read);
        if !is_answered {
            outside.fault(fault, Addr(self.cpu.regs().pc()));
        }
        is_answered
    }

    /// The next signal to deliver.
    pub(crate) fn next_signal(&mut self) -> Option<SignalInfo> {
        let mask = SigSet(self.thread.mask.0 | self.held_back().0);
        match self.process.outside() {
            None => self.cpu.signals_mut().take_signal(mask),
            Some(outside) => outside.signal(&mut || self.cpu.signals_mut().take_signal(mask)),
        }
    }

    /// Whether a signal is to be delivered.
    pub(crate) fn has_signal(&self) -> bool {
        self.cpu.signals().has_pending() || self.process.outside().is_some_and(|outside| outside.has_signal())
    }
}
