//! Sending signals.

use super::{Effect, Room, STOPS};
use crate::kernel::Kernel;
use crate::process::{End, Process};
use crate::thread::{Thread, attention};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::{Errno, SigSet, Signal};
use core::sync::atomic::Ordering;

impl Kernel {
    /// Sends a signal to one thread.
    pub fn signal_thread(&self, thread: &Arc<Thread>, info: SigInfo) -> Room {
        let process = &thread.process;
        if info.signal == Signal::KILL {
            self.end_process(process, End::Killed(Signal::KILL.0, false));
            return Room::Enough;
        }
        self.prepare(process, info.signal);
        if thread.drops(info.signal) {
            return Room::Enough;
        }
        let (room, is_blocked) = {
            let mut signals = thread.signals.lock();
            let room = signals.queue.add(info);
            (room, signals.blocks(info.signal))
        };
        if !is_blocked {
            self.interrupt(thread, attention::SIGNAL);
        }
        process.changed.wake(self, crate::file::Events::ANY);
        room
    }

    /// Sends a signal to a process: one of its threads that does not hold it back takes it.
    pub fn signal_process(&self, process: &Arc<Process>, info: SigInfo) -> Room {
        if info.signal == Signal::KILL {
            self.end_process(process, End::Killed(Signal::KILL.0, false));
            return Room::Enough;
        }
        self.prepare(process, info.signal);
        let taker = process.taker(info.signal);
        if taker.as_ref().is_some_and(|taker| taker.drops(info.signal)) {
            return Room::Enough;
        }
        let room = process.signals.lock().queue.add(info);
        // Who let it in after the first look has looked into the queue before it was there.
        if let Some(taker) = taker.or_else(|| process.taker(info.signal)) {
            self.interrupt(&taker, attention::SIGNAL);
        }
        process.changed.wake(self, crate::file::Events::ANY);
        room
    }

    /// Sends a signal to every process of a group. `ESRCH` when there is none.
    pub fn signal_group(&self, group: u32, info: SigInfo) -> Result<(), Errno> {
        let members: Vec<Arc<Process>> = self
            .processes()
            .into_iter()
            .filter(|process| process.group.load(Ordering::Relaxed) == group && !process.inner.lock().is_dead)
            .collect();
        members.iter().for_each(|process| {
            self.signal_process(process, info);
        });
        if members.is_empty() { Err(Errno::ESRCH) } else { Ok(()) }
    }

    /// Every process there is.
    pub fn processes(&self) -> Vec<Arc<Process>> {
        self.tasks.lock().processes.values().filter_map(alloc::sync::Weak::upgrade).collect()
    }

    /// What the mere sending of a signal does: stops and continuation cancel one another.
    fn prepare(&self, process: &Arc<Process>, signal: Signal) {
        let forgotten = match signal {
            Signal::CONT => STOPS,
            signal if STOPS.has(signal) => SigSet::of(Signal::CONT),
            _ => return,
        };
        process.signals.lock().queue.forget(forgotten);
        let threads = process.inner.lock().threads.clone();
        threads.iter().for_each(|thread| thread.signals.lock().queue.forget(forgotten));
        if signal == Signal::CONT {
            self.go_on(process);
        }
    }
}

impl super::ThreadSignals {
    /// Whether it holds a signal back and does not wait for it either.
    fn blocks(&self, signal: Signal) -> bool {
        self.mask.has(signal) && !self.awaited.has(signal)
    }
}

impl Process {
    /// The first thread that does not hold a signal back.
    fn taker(&self, signal: Signal) -> Option<Arc<Thread>> {
        self.inner.lock().threads.iter().find(|thread| !thread.signals.lock().blocks(signal)).cloned()
    }
}

impl Thread {
    /// Whether a signal may be dropped where it is sent: it comes to nothing, and is not held back.
    fn drops(&self, signal: Signal) -> bool {
        let signals = self.signals.lock();
        if signals.mask.has(signal) || signals.awaited.has(signal) {
            return false;
        }
        drop(signals);
        self.actions().effect(signal) == Effect::Ignore
    }

    /// What it does about signals.
    pub fn actions(&self) -> Arc<super::Actions> {
        self.parts.lock().actions.clone()
    }

    /// Changes what it holds back. Whoever does so to let signals in looks at them at once.
    pub fn set_mask(&self, mask: SigSet) {
        let mask = SigSet(mask.0 & !super::UNBLOCKABLE.0);
        let mine = {
            let mut signals = self.signals.lock();
            signals.mask = mask;
            signals.queue.set()
        };
        if (mine.0 | self.process.signals.lock().queue.set().0) & !mask.0 != 0 {
            self.set_attention(attention::SIGNAL);
        }
    }
}
