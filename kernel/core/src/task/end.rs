//! The end of a thread, of a process, of everything.

use crate::call::Own;
use crate::file::Events;
use crate::kernel::{Kernel, Leave, NO_SPACE};
use crate::machine::Ending;
use crate::process::{End, Inner, Process};
use crate::thread::{Thread, attention};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::process::{dumped, exited, killed};
use ashore_pivot::layout::sigaction::{SA_NOCLDWAIT, SIG_IGN};
use ashore_pivot::layout::siginfo::{CLD_DUMPED, CLD_EXITED, CLD_KILLED, Detail, SigInfo};
use ashore_pivot::{Memory, Signal};
use core::sync::atomic::Ordering;

/// Nanoseconds in a tick of `times` and of `siginfo`.
pub(crate) const TICK: u64 = 10_000_000;

impl End {
    /// The word that `wait` gives.
    pub fn word(self) -> u32 {
        match self {
            End::Exited(status) => exited(status),
            End::Killed(signal, true) => dumped(Signal(signal)),
            End::Killed(signal, false) => killed(Signal(signal)),
        }
    }

    /// What the parent's signal says of it: a code and a status.
    pub(crate) fn told(self) -> (i32, i32) {
        match self {
            End::Exited(status) => (CLD_EXITED, i32::from(status)),
            End::Killed(signal, true) => (CLD_DUMPED, i32::from(signal)),
            End::Killed(signal, false) => (CLD_KILLED, i32::from(signal)),
        }
    }
}

impl Kernel {
    /// Decides that a process ends, and has all its threads end. The first decision holds.
    pub fn end_process(&self, process: &Arc<Process>, end: End) {
        process.decide(end);
        self.end_threads(process);
    }

    /// Has all threads of a process end.
    pub(crate) fn end_threads(&self, process: &Process) {
        let threads = process.inner.lock().threads.clone();
        threads.iter().for_each(|thread| self.interrupt(thread, attention::END));
    }

    /// Has all other threads of a process end, for `execve`.
    pub(crate) fn end_others(&self, thread: &Arc<Thread>) {
        let threads = thread.process.inner.lock().threads.clone();
        let others = threads.iter().filter(|other| !Arc::ptr_eq(other, thread));
        others.for_each(|other| self.interrupt(other, attention::END));
    }

    /// Ends the thread that this CPU runs.
    pub(crate) fn end_thread(&self, thread: &Arc<Thread>, own: &mut Own) -> Leave {
        own.call = None;
        self.leave_registers(thread, own);
        let space = thread.space();
        crate::futex::release_robust(self, thread, &space);
        let clear = thread.clear_tid.swap(0, Ordering::Relaxed);
        if clear != 0 && space.write(Addr(clear), &0u32.to_le_bytes()).is_ok() {
            crate::futex::wake_word(self, &space, Addr(clear));
        }
        thread.release(self);
        let process = thread.process.clone();
        let parts = thread.parts.lock().clone();
        parts.files.leave(self);
        let is_last = {
            let mut inner = process.inner.lock();
            inner.ran += thread.ran();
            inner.moved = inner.moved.and(thread.moved.get());
            inner.threads.retain(|other| !Arc::ptr_eq(other, thread));
            inner.threads.is_empty()
        };
        // Nobody may be in an address space that goes away.
        self.machine().enter(NO_SPACE);
        let left = core::mem::replace(&mut *thread.parts.lock(), self.nothing.clone());
        drop((space, parts, left));
        if is_last {
            self.bury(&process);
        } else {
            process.changed.wake(self, Events::ANY);
        }
        Leave::Gone
    }

    /// The last thread of a process is gone: tells those who wait.
    fn bury(&self, process: &Arc<Process>) {
        process.cancel_timers(self);
        self.keep(process);
        let (parent, children, signal) = {
            let mut inner = process.inner.lock();
            let end = *inner.end.get_or_insert(End::Exited(0));
            inner.is_dead = true;
            if self.is_first(process) {
                drop(inner);
                self.machine().end(match end {
                    End::Exited(status) => Ending::Exited(status),
                    End::Killed(signal, _) => Ending::Killed(signal),
                });
            }
            (inner.parent.take(), core::mem::take(&mut inner.children), inner.exit_signal)
        };
        self.give_away(children);
        process.changed.wake(self, Events::ANY);
        let parent = parent.and_then(|parent| parent.upgrade());
        let Some(parent) = parent.filter(|parent| !parent.inner.lock().is_dead) else {
            self.forget(process);
            return;
        };
        process.inner.lock().parent = Some(Arc::downgrade(&parent));
        self.tell_parent(process, &parent, signal);
    }

    /// Children without a parent: nobody waits for those that are dead, and nobody will for the others.
    fn give_away(&self, children: Vec<Arc<Process>>) {
        for child in children {
            let is_dead = {
                let mut inner = child.inner.lock();
                inner.parent = None;
                inner.is_dead
            };
            if is_dead {
                self.forget(&child);
            }
        }
    }

    /// Tells a parent that its child is dead; forgets the child when the parent does not want to know.
    fn tell_parent(&self, process: &Arc<Process>, parent: &Arc<Process>, signal: u32) {
        let info = {
            let inner = process.inner.lock();
            let (code, status) = inner.end.unwrap_or(End::Exited(0)).told();
            child_info(process.pid, &inner, code, status)
        };
        let threads = parent.inner.lock().threads.clone();
        let action = threads.first().map(|thread| thread.actions().get(Signal::CHLD)).unwrap_or_default();
        let is_ignored = action.handler == SIG_IGN || action.flags as u32 & SA_NOCLDWAIT != 0;
        if is_ignored && signal == u32::from(Signal::CHLD.0) {
            parent.inner.lock().children.retain(|child| !Arc::ptr_eq(child, process));
            self.forget(process);
        }
        if let Some(signal) = Signal::new(u64::from(signal)) {
            self.signal_process(parent, SigInfo { signal, ..info });
        }
        parent.child_changed.wake(self, Events::ANY);
    }

    /// Nobody can name a process any more.
    pub(crate) fn forget(&self, process: &Arc<Process>) {
        self.tasks.lock().processes.remove(&process.pid);
    }
}

/// What a parent's signal says of a child.
pub(crate) fn child_info(pid: u32, inner: &Inner, code: i32, status: i32) -> SigInfo {
    let [uid, ..] = inner.ids;
    let utime = (inner.ran / TICK) as i64;
    let detail = Detail::Child { pid: pid as i32, uid, status, utime, stime: 0 };
    SigInfo { signal: Signal::CHLD, errno: 0, code, detail }
}
