//! Whoever may stop a process's threads and change them: a debugger.
//!
//! Every stop of a thread comes to [`Supervisor::stopped`] in the thread itself, which comes back when the thread may go
//! on. Without a supervisor none of this runs: the loop here is not the one of other processes.

use crate::signals::{self, Interrupted};
use crate::task::Task;
use ashore_base::{Addr, AddrRange};
use ashore_engine::{Engine, Exit};
use ashore_guest::Delivery;
use ashore_isa::{RegisterFile, Registers};
use ashore_pivot::{Errno, SigSet, Signal};
use std::sync::atomic::Ordering;

/// Why a thread stopped.
#[derive(Debug, Clone, Copy)]
pub enum Why {
    /// It is about to run its first instruction.
    Began,
    /// Somebody wanted it to ([`ashore_sys::kick`]).
    Kicked,
    /// It went as far as its [`Pace`] said.
    Stepped,
    /// A signal is about to be delivered.
    Signal(Delivery),
    /// The process is about to end by itself with this status.
    Exits(u8),
    /// The process is about to die of this signal.
    Dies(Signal),
}

/// A stopped thread.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Its id, in the guest's numbering.
    pub thread: u64,
    /// Its id on the host.
    pub host_tid: i32,
    /// Why it stopped.
    pub why: Why,
    /// Its registers. A call that it was stopped in has them at the call's instruction: it is made again.
    pub regs: Registers,
    /// Its vector and floating-point state, in the CPU's save format; empty when the process is about to end.
    pub fp: Vec<u8>,
}

/// How far a thread runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Until something happens.
    Run,
    /// One instruction, or up to the first of a handler.
    Step,
    /// Step by step until it leaves these addresses.
    Leave(AddrRange),
}

/// How a stopped thread goes on.
#[derive(Debug, Clone)]
pub struct Resume {
    /// Its registers.
    pub regs: Registers,
    /// Its vector and floating-point state when that was changed.
    pub fp: Option<Vec<u8>>,
    /// How far it runs.
    pub pace: Pace,
    /// The signal to deliver: that it stopped for, another, or none.
    pub signal: Option<Delivery>,
}

/// May stop threads and change them. Every method may be called by several threads at once.
pub trait Supervisor: Send + Sync {
    /// The calling guest thread stopped; comes back when it may go on.
    fn stopped(&self, stop: Stop) -> Resume;

    /// The program is translated: whoever changes its code by another way than the program's own says so here.
    fn translates(&self, changed: Box<dyn Fn(AddrRange) + Send + Sync>);

    /// The signals that are delivered without asking, and not while a thread is stepped: a run time's own, sent to a
    /// thread that was held for a while, would lead it away at each step.
    fn passes(&self) -> SigSet;

    /// The calling guest thread, by its id on the host, makes a call, from which it may not come back soon.
    fn calls(&self, host_tid: i32, regs: &Registers);

    /// The calling guest thread is over.
    fn ended(&self, host_tid: i32);

    /// Forks with every lock of the supervisor held. The child is let go: nothing stops there any more.
    fn around_fork(&self, fork: &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno>;
}

impl<E: Engine> Task<E> {
    /// Runs the thread to its end as the supervisor says.
    pub(crate) fn run_supervised(&mut self) {
        if let Some(signal) = self.ask(Why::Began, &mut None) {
            self.deliver_now(&signal, false, &mut None);
        }
        loop {
            self.moved = false;
            match self.run_at_pace() {
                Exit::Call => {
                    if !self.answer_call::<true>() {
                        break;
                    }
                }
                Exit::Interrupted => self.deliver(None, None),
                Exit::Stepped => self.moved = true,
                Exit::Fault(fault) if self.is_answered(&fault) => self.moved = true,
                Exit::Fault(fault) => self.deliver(Some(signals::delivery_of_fault(&fault)), None),
            }
            if self.moved {
                self.stepped();
            }
        }
    }

    /// Runs until the next exit, at most one instruction when the thread is stepped.
    fn run_at_pace(&mut self) -> Exit {
        if self.pace == Pace::Run { self.cpu.run() } else { self.cpu.step() }
    }

    /// The thread got on: whether that was far enough.
    fn stepped(&mut self) {
        let at = Addr(self.cpu.regs().pc());
        let is_done = match self.pace {
            Pace::Run => false,
            Pace::Step => true,
            Pace::Leave(range) => !range.contains(at),
        };
        if is_done && let Some(signal) = self.ask(Why::Stepped, &mut None) {
            self.deliver_now(&signal, false, &mut None);
        }
    }

    /// The signal that the supervisor has delivered instead of `delivery`.
    pub(crate) fn supervised(
        &mut self,
        delivery: &Delivery,
        interrupted: &mut Option<Interrupted>,
    ) -> Option<Delivery> {
        if self.process.options.supervisor.is_none() {
            return Some(*delivery);
        }
        self.ask(Why::Signal(*delivery), interrupted)
    }

    /// The signals that wait until the thread is no longer stepped.
    pub(crate) fn held_back(&self) -> SigSet {
        match &self.process.options.supervisor {
            Some(supervisor) if self.pace != Pace::Run => supervisor.passes(),
            _ => SigSet::EMPTY,
        }
    }

    /// What a kick means to the supervisor.
    pub(crate) fn held(&mut self, interrupted: &mut Option<Interrupted>) {
        if let Some(signal) = self.ask(Why::Kicked, interrupted) {
            self.deliver_now(&signal, false, interrupted);
        }
    }

    /// Tells the supervisor that the process is about to end.
    pub(crate) fn tell(&mut self, why: Why) {
        let stop = self.stop(why, Vec::new());
        if let Some(supervisor) = &self.process.options.supervisor {
            supervisor.stopped(stop);
        }
    }

    /// Asks the supervisor how to go on, does so, and gives back the signal to deliver.
    fn ask(&mut self, why: Why, interrupted: &mut Option<Interrupted>) -> Option<Delivery> {
        let supervisor = self.process.options.supervisor.as_deref()?;
        let before = *self.cpu.regs();
        if let Some(call) = interrupted {
            // Whoever keeps these registers and puts them back later must not come back behind a call that has not been
            // made.
            self.machine.abi.rewind(self.cpu.regs(), call.number);
        }
        let fp = self.cpu.save_fp();
        let stop = self.stop(why, fp);
        let shown = stop.regs;
        // Held there it is as good as frozen.
        self.leave_regs();
        let resume = supervisor.stopped(stop);
        self.take_regs_back();
        match E::Regs::of(&resume.regs) {
            Some(regs) if resume.regs != shown => {
                *self.cpu.regs() = regs;
                *interrupted = None;
            }
            _ => *self.cpu.regs() = before,
        }
        if let Some(fp) = resume.fp {
            self.cpu.load_fp(&fp);
        }
        self.pace = resume.pace;
        if let Some(block) = ashore_sys::current() {
            // What was held back may not be any more.
            block.recheck(SigSet(self.thread.mask.0 | self.held_back().0));
        }
        resume.signal
    }

    fn stop(&mut self, why: Why, fp: Vec<u8>) -> Stop {
        let host_tid = self.record.host_tid.load(Ordering::Relaxed);
        Stop { thread: self.thread.id, host_tid, why, regs: self.cpu.regs().any(), fp }
    }
}
