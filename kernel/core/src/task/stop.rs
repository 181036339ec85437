//! Stopping a process and letting it go on.

use super::end::child_info;
use crate::file::Events;
use crate::kernel::Kernel;
use crate::process::{Halt, Process};
use crate::thread::attention;
use alloc::sync::Arc;
use ashore_pivot::Signal;
use ashore_pivot::layout::sigaction::SA_NOCLDSTOP;
use ashore_pivot::layout::siginfo::{CLD_CONTINUED, CLD_STOPPED};

impl Kernel {
    /// Stops all threads of a process.
    pub(crate) fn stop(&self, process: &Arc<Process>, signal: Signal) {
        let threads = {
            let mut inner = process.inner.lock();
            if inner.end.is_some() {
                return;
            }
            inner.halt = Some(Halt::Stopped { signal: signal.0, is_told: false });
            inner.threads.clone()
        };
        threads.iter().for_each(|thread| self.interrupt(thread, attention::STOP));
        self.tell_halt(process, CLD_STOPPED, i32::from(signal.0));
    }

    /// Lets a process go on that was stopped.
    pub(crate) fn go_on(&self, process: &Arc<Process>) {
        let threads = {
            let mut inner = process.inner.lock();
            if !matches!(inner.halt, Some(Halt::Stopped { .. })) {
                return;
            }
            inner.halt = Some(Halt::Continued { is_told: false });
            inner.threads.clone()
        };
        for thread in &threads {
            thread.take_attention(attention::STOP);
            self.wake(thread, thread.turn());
        }
        self.tell_halt(process, CLD_CONTINUED, i32::from(Signal::CONT.0));
    }

    fn tell_halt(&self, process: &Arc<Process>, code: i32, status: i32) {
        let (parent, info) = {
            let inner = process.inner.lock();
            (inner.parent.as_ref().and_then(alloc::sync::Weak::upgrade), child_info(process.pid, &inner, code, status))
        };
        let Some(parent) = parent else { return };
        let first = parent.inner.lock().threads.first().cloned();
        let wants = first.is_some_and(|first| first.actions().get(Signal::CHLD).flags as u32 & SA_NOCLDSTOP == 0);
        if wants {
            self.signal_process(&parent, info);
        }
        parent.child_changed.wake(self, Events::ANY);
    }
}
