//! A signal reaches its thread.

use super::Effect;
use super::frame::{self, Run};
use crate::call::Handling;
use crate::call::Own;
use crate::kernel::{Kernel, Leave};
use crate::machine::Fault;
use crate::memory::FaultEnd;
use crate::process::End;
use crate::thread::{Thread, attention};
use alloc::sync::Arc;
use ashore_pivot::layout::sigaction::{SA_NODEFER, SA_RESETHAND, SA_RESTART, SIG_DFL, Sigaction};
use ashore_pivot::layout::siginfo::{self, SigInfo};
use ashore_pivot::{SigSet, Signal};

impl Kernel {
    /// Whether a signal waits that would end a wait of the thread: one it does not hold back.
    pub(crate) fn has_signal(&self, thread: &Arc<Thread>) -> bool {
        let bits = thread.attention.load(core::sync::atomic::Ordering::Acquire);
        if bits & attention::END != 0 {
            return true;
        }
        if bits & attention::SIGNAL == 0 {
            return false;
        }
        if thread.has_waiting_signal() {
            return true;
        }
        // Whoever queues a signal after this sets the bit again; one that came just before is found here.
        thread.take_attention(attention::SIGNAL);
        let is_waiting = thread.has_waiting_signal();
        if is_waiting {
            thread.set_attention(attention::SIGNAL);
        }
        is_waiting
    }

    /// Takes the next signal that the thread does not hold back.
    fn take_signal(&self, thread: &Arc<Thread>) -> Option<SigInfo> {
        let mut signals = thread.signals.lock();
        let wanted = SigSet(!signals.mask.0);
        if let Some(info) = signals.queue.take(wanted) {
            return Some(info);
        }
        drop(signals);
        thread.process.signals.lock().queue.take(wanted)
    }

    /// Looks at the signals that wait until one has a handler run, or none is left.
    pub(crate) fn deliver(&self, thread: &Arc<Thread>, own: &mut Own) -> Option<Leave> {
        thread.take_attention(attention::SIGNAL);
        while let Some(info) = self.take_signal(thread) {
            match thread.actions().effect(info.signal) {
                Effect::Ignore => {}
                Effect::Handle(action) => {
                    // More may wait: with the mask of the handler they are looked at before its first instruction.
                    return self.handle(thread, own, &info, action);
                }
                Effect::Stop => {
                    self.stop(&thread.process, info.signal);
                    return None;
                }
                Effect::End => return Some(self.die(thread, own, &info, false)),
                Effect::Dump => return Some(self.die(thread, own, &info, true)),
            }
        }
        own.settle(Handling::NoHandler);
        if let Some(saved) = thread.signals.lock().saved.take() {
            thread.set_mask(saved);
        }
        None
    }

    /// Has a handler run.
    fn handle(&self, thread: &Arc<Thread>, own: &mut Own, info: &SigInfo, action: Sigaction) -> Option<Leave> {
        let flags = action.flags as u32;
        own.settle(if flags & SA_RESTART != 0 { Handling::Restarting } else { Handling::Plain });
        if flags & SA_RESETHAND != 0 {
            thread.actions().set(info.signal, Sigaction { handler: SIG_DFL, ..action });
        }
        let (mask, stack) = {
            let mut signals = thread.signals.lock();
            (signals.saved.take().unwrap_or(signals.mask), signals.stack)
        };
        let built = frame::build(self, thread, own, &Run { info, action: &action, mask, stack });
        if built.is_err() {
            // No room for the frame: as Linux has it, SIGSEGV that cannot be caught.
            return Some(self.die(thread, own, &SigInfo::kernel(Signal::SEGV), true));
        }
        let mut blocked = SigSet(thread.signals.lock().mask.0 | action.mask);
        if flags & SA_NODEFER == 0 {
            blocked = blocked.with(info.signal);
        }
        thread.set_mask(blocked);
        None
    }

    /// Ends the process because of a signal.
    pub(crate) fn die(&self, thread: &Arc<Thread>, own: &mut Own, info: &SigInfo, dumps: bool) -> Leave {
        if thread.process.decide(End::Killed(info.signal.0, dumps)) && dumps {
            self.begin_dump(thread, info);
        }
        self.end_threads(&thread.process);
        self.end_thread(thread, own)
    }

    /// Raises a signal that an instruction of the thread caused. One that is held back or ignored ends the process.
    pub(crate) fn raise(&self, thread: &Arc<Thread>, info: SigInfo) {
        let mut signals = thread.signals.lock();
        let is_blocked = signals.mask.has(info.signal);
        signals.mask = signals.mask.without(info.signal);
        drop(signals);
        if is_blocked || thread.actions().effect(info.signal) == Effect::Ignore {
            let action = Sigaction { handler: SIG_DFL, ..Sigaction::default() };
            thread.actions().set(info.signal, action);
        }
        thread.signals.lock().queue.add(info);
        thread.set_attention(attention::SIGNAL);
    }

    /// Answers a fault of the program: by memory, or by a signal.
    pub(crate) fn faulted(&self, thread: &Arc<Thread>, own: &mut Own, fault: Fault) {
        let pc = own.context.regs.pc;
        let info = match fault {
            Fault::Memory { at, access, syndrome } => {
                let Err(end) = thread.space().fault(at, access) else { return };
                own.fault = Some((at.0, syndrome));
                match end {
                    FaultEnd::NoArea => SigInfo::fault(Signal::SEGV, siginfo::SEGV_MAPERR, at.0),
                    FaultEnd::NoRights => SigInfo::fault(Signal::SEGV, siginfo::SEGV_ACCERR, at.0),
                    FaultEnd::BeyondFile => SigInfo::fault(Signal::BUS, siginfo::BUS_ADRERR, at.0),
                    FaultEnd::NoMemory => {
                        self.end_process(&thread.process, End::Killed(Signal::KILL.0, false));
                        return;
                    }
                }
            }
            Fault::Alignment { at, syndrome } => {
                own.fault = Some((at.0, syndrome));
                SigInfo::fault(Signal::BUS, siginfo::BUS_ADRALN, at.0)
            }
            Fault::Illegal => SigInfo::fault(Signal::ILL, siginfo::ILL_ILLOPC, pc),
            Fault::Breakpoint { .. } => SigInfo::fault(Signal::TRAP, siginfo::TRAP_BRKPT, pc),
            Fault::Step => SigInfo::fault(Signal::TRAP, siginfo::TRAP_TRACE, pc),
            Fault::Other { syndrome } => {
                own.fault = Some((pc, syndrome));
                SigInfo::fault(Signal::BUS, siginfo::BUS_OBJERR, pc)
            }
        };
        self.raise(thread, info);
    }
}

impl Thread {
    /// Whether a signal waits, for it or its process, that it does not hold back or that it waits for.
    fn has_waiting_signal(&self) -> bool {
        let (mine, mask) = {
            let signals = self.signals.lock();
            (signals.queue.set().0, signals.mask.0 & !signals.awaited.0)
        };
        (mine | self.process.signals.lock().queue.set().0) & !mask != 0
    }
}
