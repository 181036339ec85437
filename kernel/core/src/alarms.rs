//! Timers that send signals: `setitimer`, `timer_create`.

use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::machine::Nanos;
use crate::process::Process;
use crate::timers::{Expire, TimerId};
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use ashore_pivot::Signal;
use ashore_pivot::layout::siginfo::SigInfo;

/// A process's timers.
#[derive(Debug, Default)]
pub struct Alarms {
    /// That of `setitimer(ITIMER_REAL)`.
    pub real: Option<Arc<Alarm>>,
    /// Those of `timer_create`, by number.
    pub made: BTreeMap<i32, Arc<Alarm>>,
    /// The next number.
    pub next: i32,
}

/// A timer.
#[derive(Debug)]
pub struct Alarm {
    process: Weak<Process>,
    /// What it sends; `None` for one that is only looked at.
    pub sends: Option<Sends>,
    /// Whether its clock is the wall clock.
    pub is_wall: bool,
    inner: Lock<Setting>,
}

/// What a timer sends.
#[derive(Clone, Copy, Debug)]
pub struct Sends {
    /// The signal with what belongs to it.
    pub info: SigInfo,
    /// The thread it is for; `None` for the process.
    pub tid: Option<u32>,
}

#[derive(Debug, Default)]
struct Setting {
    at: Option<Nanos>,
    interval: Nanos,
    id: Option<TimerId>,
    overruns: u64,
}

impl Alarm {
    /// A timer that is off.
    pub fn new(process: &Arc<Process>, sends: Option<Sends>, is_wall: bool) -> Arc<Alarm> {
        Arc::new(Alarm { process: Arc::downgrade(process), sends, is_wall, inner: Lock::default() })
    }

    /// What `setitimer(ITIMER_REAL)` sets.
    pub fn real(process: &Arc<Process>) -> Arc<Alarm> {
        Alarm::new(process, Some(Sends { info: SigInfo::kernel(Signal::ALRM), tid: None }), false)
    }

    /// Until it expires, and its interval.
    pub fn get(&self, now: Nanos) -> (Nanos, Nanos) {
        let inner = self.inner.lock();
        // One that is due and has not been told yet is not off: it has the least time there is.
        (inner.at.map_or(0, |at| at.saturating_sub(now).max(1)), inner.interval)
    }

    /// Sets it to expire at a time, or turns it off.
    pub fn set(self: &Arc<Self>, kernel: &Kernel, at: Option<Nanos>, interval: Nanos) {
        let mut inner = self.inner.lock();
        if let Some(id) = inner.id.take() {
            kernel.timers.remove(id);
        }
        inner.at = at;
        inner.interval = interval;
        inner.overruns = 0;
        let who: Weak<Alarm> = Arc::downgrade(self);
        inner.id = at.map(|at| kernel.timers.add_other(at, who));
    }

    /// How often it expired besides what was told.
    pub fn overruns(&self) -> u64 {
        self.inner.lock().overruns
    }

    fn again(self: &Arc<Self>, kernel: &Kernel, now: Nanos) -> bool {
        let mut inner = self.inner.lock();
        let Some(at) = inner.at.filter(|at| *at <= now) else { return false };
        if inner.interval == 0 {
            inner.at = None;
            inner.id = None;
            inner.overruns = 0;
            return true;
        }
        let missed = (now - at) / inner.interval;
        let next = at + (missed + 1) * inner.interval;
        inner.at = Some(next);
        inner.overruns = missed;
        let who: Weak<Alarm> = Arc::downgrade(self);
        inner.id = Some(kernel.timers.add_other(next, who));
        true
    }
}

impl Expire for Alarm {
    fn expired(self: Arc<Self>, kernel: &Kernel, now: Nanos) {
        if !self.again(kernel, now) {
            return;
        }
        let (Some(process), Some(sends)) = (self.process.upgrade(), self.sends) else { return };
        match sends.tid.and_then(|tid| kernel.thread(tid)) {
            Some(thread) => kernel.signal_thread(&thread, sends.info),
            None => kernel.signal_process(&process, sends.info),
        };
    }
}

impl Process {
    /// Takes away the timers it made, as `execve` wants it; those of `setitimer` stay.
    pub(crate) fn forget_made_timers(&self, kernel: &Kernel) {
        let made = core::mem::take(&mut self.inner.lock().timers.made);
        for alarm in made.into_values() {
            alarm.set(kernel, None, 0);
        }
    }

    /// Turns all its timers off.
    pub(crate) fn cancel_timers(&self, kernel: &Kernel) {
        let alarms = core::mem::take(&mut self.inner.lock().timers);
        for alarm in alarms.real.into_iter().chain(alarms.made.into_values()) {
            alarm.set(kernel, None, 0);
        }
    }
}
