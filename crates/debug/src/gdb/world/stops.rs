//! Guest threads as they stop, run, fork and end.

use super::{Event, File, Guest, Parked, Phase, World};
use crate::gdb::memory::{Changed, Space};
use crate::gdb::watch::is_touch;
use ashore_guest::Delivery;
use ashore_isa::Registers;
use ashore_pivot::{Errno, SigSet, Signal};
use ashore_process::{Pace, Resume, Stop, Supervisor, Why};
use std::sync::PoisonError;

impl Supervisor for World {
    fn stopped(&self, stop: Stop) -> Resume {
        let mut regs = stop.regs;
        let trapped = regs.pc().wrapping_sub(self.cpu.behind);
        let mut state = self.lock();
        let event = match stop.why {
            Why::Began | Why::Kicked => None,
            Why::Stepped => Some(Event::Stepped),
            Why::Signal(trap) if self.is_breakpoint(&trap) && state.breakpoints.has(trapped) => {
                (self.cpu.set_pc)(&mut regs, trapped);
                Some(Event::Break(state.breakpoints.kind(trapped)))
            }
            // One that is no longer watched counts for nothing.
            Why::Signal(touch) if is_touch(&touch) => {
                state.watches.hit(&touch).map(|(at, kind)| Event::Touch(at, kind))
            }
            Why::Signal(trap) if self.is_breakpoint(&trap) && state.breakpoints.is_gone(trapped) => {
                // It was removed while the thread was on its way here.
                (self.cpu.set_pc)(&mut regs, trapped);
                None
            }
            Why::Signal(delivery) => Some(Event::Signal(delivery)),
            Why::Exits(status) => Some(Event::Exits(status)),
            Why::Dies(signal) => Some(Event::Dies(signal)),
        };
        let is_end = matches!(event, Some(Event::Exits(_) | Event::Dies(_)));
        if is_end && !state.is_child {
            (self.at_end)();
        }
        let (phase, is_locked) = (state.phase, state.is_locked);
        let guest = state.guests.entry(stop.host_tid).or_insert_with(|| Guest::new(stop.thread, !is_locked));
        guest.is_stuck = false;
        let passed = match event {
            Some(Event::Signal(delivery)) => Some(delivery),
            _ => None,
        };
        let unchanged = Resume { regs, fp: None, pace: guest.pace, signal: passed };
        let may_run = guest.is_resumed && event.is_none();
        if phase == Phase::Free || (phase == Phase::Running && may_run) {
            return unchanged;
        }
        // A step into a handler is gdb's to skip: it has to know.
        let is_stepped = unchanged.pace != Pace::Run;
        if !is_stepped && passed.is_some_and(|delivery| state.passed.has(delivery.signal)) {
            return unchanged;
        }
        let file = File::new(regs, stop.fp);
        let parked = Parked { file, is_fp_changed: false, event, is_told: false };
        let Some(guest) = state.guests.get_mut(&stop.host_tid) else { return unchanged };
        guest.parked = Some(parked);
        let wake = guest.wake.clone();
        self.server.notify_all();
        loop {
            if let Some(go) = state.guests.get_mut(&stop.host_tid).and_then(|guest| guest.go.take()) {
                return go;
            }
            state = wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn translates(&self, changed: Changed) {
        self.lock().breakpoints.set_told(Some(changed));
    }

    fn passes(&self) -> SigSet {
        self.lock().passed
    }

    fn calls(&self, host_tid: i32, regs: &Registers) {
        if let Some(guest) = self.lock().guests.get_mut(&host_tid) {
            guest.at_call = Some(*regs);
        }
    }

    fn ended(&self, host_tid: i32) {
        self.lock().guests.remove(&host_tid);
        self.server.notify_all();
    }

    fn around_fork(&self, fork: &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno> {
        let mut state = self.lock();
        let result = fork();
        if result == Ok(0) {
            // The server's thread is not here: nobody would ever let a thread go on.
            // Nor does the engine have code of the program's there.
            state.breakpoints.set_told(None);
            if let Ok(space) = Space::open() {
                state.breakpoints.clear(&space);
            }
            state.watches.forget();
            state.is_child = true;
            state.phase = Phase::Free;
            state.guests.clear();
        }
        result
    }
}

impl World {
    fn is_breakpoint(&self, delivery: &Delivery) -> bool {
        delivery.signal == Signal::TRAP && delivery.code > 0 && (self.cpu.is_trap)(delivery)
    }
}
