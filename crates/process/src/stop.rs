//! Freezing the other threads of a process that is about to end, so that they can be looked at.
//!
//! Each is kicked out of the guest, or out of the call that it blocks in, leaves its registers in its record
//! and waits for the end. One whose call does not end early stays where it is, which is as good as frozen: it runs
//! nothing of the guest before it comes to the same place.

use crate::process::{Process, lock};
use crate::signals::Interrupted;
use crate::task::Task;
use crate::threads::Record;
use ashore_engine::Engine;
use ashore_host::Host;
use ashore_isa::{RegisterFile, Registers};
use ashore_pivot::{Linux, SigSet, Sys};
use ashore_sys::Patience;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a thread may take to arrive that has a CPU to do so.
const LIMIT: Duration = Duration::from_millis(100);
/// When a thread that has not arrived is kicked again: a kick may come to nothing.
const AGAIN: Duration = Duration::from_millis(10);
const PAUSE: Duration = Duration::from_micros(200);

/// A thread that was frozen.
#[derive(Debug, Clone)]
pub struct FrozenThread {
    /// Its id, in the guest's numbering.
    pub id: u64,
    /// Its id on the host.
    pub host_tid: i32,
    /// Its registers; none when it is in a call that does not end early.
    pub regs: Option<Registers>,
}

impl Process {
    /// Freezes every thread but the calling one, whose registers these are, until the process ends. When another thread
    /// has done so before, the calling one is frozen in its turn, for good. Takes at most about a tenth of a second,
    /// unless threads wait for a CPU. Gives back all threads, the calling one too.
    pub fn freeze_others(&self, regs: &Registers) -> Vec<FrozenThread> {
        self.claim_the_end(regs);
        let patience = Patience::new(LIMIT);
        let mut kicked_at = None;
        loop {
            // Threads may still be starting others: the list is read each time.
            let all = self.threads.all();
            let missing: Vec<&Arc<Record>> = all.iter().filter(|record| lock(&record.frozen).is_none()).collect();
            let host_tids = missing.iter().map(|record| record.host_tid.load(Ordering::Relaxed));
            if missing.is_empty() || patience.is_over(host_tids) {
                return all.iter().map(|record| frozen_thread(record)).collect();
            }
            if kicked_at.is_none_or(|at: Instant| at.elapsed() > AGAIN) {
                kicked_at = Some(Instant::now());
                for record in missing {
                    let _ = ashore_sys::kick(record.host_tid.load(Ordering::Relaxed));
                }
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The same without waiting for them: each runs no more of the guest than what it does before the kick reaches it.
    pub(crate) fn stop_others(&self, regs: &Registers) {
        let tid = self.claim_the_end(regs);
        for record in self.threads.all() {
            let other = record.host_tid.load(Ordering::Relaxed);
            if other != tid {
                let _ = ashore_sys::kick(other);
            }
        }
    }

    /// The process ends as the calling thread says, unless another one has come before it. Gives back its id.
    fn claim_the_end(&self, regs: &Registers) -> i32 {
        let tid = ashore_sys::current_tid();
        self.freeze_own(tid, regs);
        match self.freezer.compare_exchange(0, tid, Ordering::SeqCst, Ordering::SeqCst) {
            Err(other) if other != tid => wait_for_the_end(),
            _ => tid,
        }
    }

    fn freeze_own(&self, tid: i32, regs: &Registers) {
        let own = |record: &&Arc<Record>| record.host_tid.load(Ordering::Relaxed) == tid;
        if let Some(record) = self.threads.all().iter().find(own) {
            *lock(&record.frozen) = Some(*regs);
        }
    }

    /// Does not come back when another thread is ending the process.
    pub(crate) fn leave_the_end_to_others(&self, regs: &Registers) {
        let (freezer, tid) = (self.freezer.load(Ordering::SeqCst), ashore_sys::current_tid());
        if freezer != 0 && freezer != tid {
            self.freeze_own(tid, regs);
            wait_for_the_end();
        }
    }
}

fn frozen_thread(record: &Record) -> FrozenThread {
    FrozenThread {
        id: record.id.load(Ordering::Relaxed),
        host_tid: record.host_tid.load(Ordering::Relaxed),
        regs: *lock(&record.frozen),
    }
}

/// Whether another thread froze this one.
fn is_frozen(process: &Process, own: &Record) -> bool {
    let freezer = process.freezer.load(Ordering::SeqCst);
    freezer != 0 && freezer != own.host_tid.load(Ordering::Relaxed)
}

fn wait_for_the_end() -> ! {
    ashore_sys::set_signal_mask(SigSet(!0));
    loop {
        let _ = Host.call(Sys::PAUSE, [0; 6]);
    }
}

impl<E: Engine> Task<E> {
    /// Leaves the registers of the thread, which runs nothing of the guest now, for whoever freezes it.
    pub(crate) fn leave_regs(&mut self) {
        *lock(&self.record.frozen_fp) = self.cpu.save_fp();
        *lock(&self.record.frozen) = Some(self.cpu.regs().any());
    }

    /// It is about to run again; does not come back when another thread froze it.
    pub(crate) fn take_regs_back(&mut self) {
        *lock(&self.record.frozen) = None;
        self.stay_if_frozen();
    }

    fn stay_if_frozen(&mut self) {
        if is_frozen(self.process, &self.record) {
            self.leave_regs();
            wait_for_the_end();
        }
    }

    /// What a thread does that somebody wanted to stop. It holds no lock here.
    pub(crate) fn kicked(&mut self, interrupted: &mut Option<Interrupted>) {
        self.stay_if_frozen();
        self.held(interrupted);
    }
}

#[cfg(test)]
mod tests;
