//! The threads of the debugged process: which run, which are held, and why.
//!
//! Guest threads come in through [`ashore_process::Supervisor`] ([`stops`]) and wait here; the server's thread holds all, looks and changes, and lets
//! some go on. One thread's event is told at a time; others keep theirs until they may go on.

mod stops;

use crate::gdb::memory::{Breakpoints, Kind, Space};
use crate::gdb::registers::{Cpu, File};
use crate::gdb::signals::from_gdb;
use crate::gdb::watch::Watches;
use ashore_guest::{Delivery, Os};
use ashore_isa::Registers;
use ashore_pivot::{Errno, SigSet, Signal};
use ashore_process::{Pace, Resume};
use ashore_sys::Patience;
use gdbstub::common;
use gdbstub::target::ext::breakpoints::WatchKind;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long threads may take to stop. One that takes longer is in a call that nothing ends early, and counts as
/// stopped: it comes here before it runs anything of the guest.
const LIMIT: Duration = Duration::from_millis(250);
/// When a thread is kicked again: a kick may come to nothing.
const AGAIN: Duration = Duration::from_millis(20);
/// How long others stay held while a thread is stepped: a step is mostly over before they would run.
const STEP: Duration = Duration::from_millis(1);

/// What happened to a thread.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Stepped,
    /// It came to a breakpoint.
    Break(Kind),
    /// It touched watched memory.
    Touch(u64, WatchKind),
    Signal(Delivery),
    Exits(u8),
    Dies(Signal),
}

/// Who decides what runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nobody: no debugger is there.
    Free,
    /// The debugger looks: nothing runs.
    Held,
    /// The debugger waits for an event.
    Running,
}

/// A thread that waits here.
#[derive(Debug)]
struct Parked {
    file: File,
    is_fp_changed: bool,
    /// What it stopped for: kept when told, for the signal to go on with.
    event: Option<Event>,
    is_told: bool,
}

#[derive(Debug)]
struct Guest {
    id: u64,
    /// Whether the debugger let it run when it let threads run last.
    is_resumed: bool,
    pace: Pace,
    parked: Option<Parked>,
    /// How it goes on when the step of another takes long.
    later: Option<Action>,
    go: Option<Resume>,
    wake: Arc<Condvar>,
    /// Whether it did not come when it was last asked to, and has not come since.
    is_stuck: bool,
    /// Its registers at its last call.
    at_call: Option<Registers>,
}

/// What the debugger wants of one thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action {
    pub(super) pace: Pace,
    pub(super) signal: Option<Signal>,
}

/// What the server's thread waited for.
pub(super) enum Came {
    /// The debugger sent something, or is gone.
    Input,
    /// A thread, by its id on the host, has something to tell; all are held.
    Event(i32, Event),
}

/// Who looks whether the debugger says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ear {
    /// The server, which waits for nothing else.
    Closed,
    /// A thread of its own, while the server waits for the guest.
    Open,
    /// It heard something.
    Heard,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Whether threads that begin are held while others run.
    is_locked: bool,
    guests: BTreeMap<i32, Guest>,
    last_told: i32,
    breakpoints: Breakpoints,
    watches: Watches,
    /// The signals that gdb does not want to hear of.
    passed: SigSet,
    ear: Ear,
    /// Counts debuggers that came and went.
    session: u64,
    /// Whether this is a child of the debugged process, which nobody debugs.
    is_child: bool,
}

/// A thread as the debugger lists it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) host_tid: i32,
    pub(super) id: u64,
    pub(super) event: Option<Event>,
    pub(super) is_parked: bool,
}

/// All of it.
pub(super) struct World {
    state: Mutex<State>,
    server: Condvar,
    listener: Condvar,
    pub(super) os: &'static Os,
    pub(super) cpu: &'static Cpu,
    /// Called when the process is about to end.
    pub(super) at_end: Box<dyn Fn() + Send + Sync>,
}

impl World {
    pub(super) fn new(os: &'static Os, cpu: &'static Cpu, at_end: Box<dyn Fn() + Send + Sync>) -> World {
        let state = State {
            phase: Phase::Held,
            is_locked: false,
            guests: BTreeMap::new(),
            last_told: 0,
            breakpoints: Breakpoints::new(cpu),
            watches: Watches::default(),
            passed: SigSet::EMPTY,
            ear: Ear::Closed,
            session: 0,
            is_child: false,
        };
        World { state: Mutex::new(state), server: Condvar::new(), listener: Condvar::new(), os, cpu, at_end }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the first thread is here.
    pub(super) fn wait_for_guest(&self) {
        let mut state = self.lock();
        while state.guests.values().all(|guest| guest.parked.is_none()) {
            state = self.server.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A new debugger is there: its number.
    pub(super) fn opened(&self) -> u64 {
        let mut state = self.lock();
        state.passed = SigSet::EMPTY;
        state.ear = Ear::Closed;
        state.session += 1;
        state.session
    }

    /// This debugger is gone.
    pub(super) fn closed(&self) {
        self.lock().session += 1;
        self.listener.notify_all();
    }

    /// Waits until the server does not look at the debugger by itself; false when that debugger is gone. For the thread
    /// that listens to it then.
    pub(super) fn may_listen(&self, session: u64) -> bool {
        let mut state = self.lock();
        while state.session == session && state.ear != Ear::Open {
            state = self.listener.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.session == session
    }

    /// The debugger said something, or is gone.
    pub(super) fn heard(&self) {
        self.lock().ear = Ear::Heard;
        self.server.notify_all();
    }

    /// Stops every thread.
    pub(super) fn hold(&self) {
        let state = self.lock();
        drop(self.held(state));
    }

    fn held<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.phase = Phase::Held;
        state.guests.values_mut().for_each(|guest| guest.later = None);
        let patience = Patience::new(LIMIT);
        let mut kicked_at: Option<Instant> = None;
        loop {
            let missing = state.guests.iter().filter(|(_, guest)| guest.parked.is_none());
            let (stuck, missing): (Vec<_>, Vec<_>) = missing.partition(|(_, guest)| guest.is_stuck);
            if missing.is_empty() || patience.is_over(missing.iter().map(|(tid, _)| **tid)) {
                let missing: Vec<i32> = missing.into_iter().map(|(tid, _)| *tid).collect();
                state.guests.iter_mut().filter(|(tid, _)| missing.contains(tid)).for_each(|(_, guest)| {
                    guest.is_stuck = true;
                });
                return state;
            }
            if kicked_at.is_none_or(|at| at.elapsed() > AGAIN) {
                kicked_at = Some(Instant::now());
                for (tid, _) in missing.into_iter().chain(stuck) {
                    let _ = ashore_sys::kick(*tid);
                }
            }
            state = self.server.wait_timeout(state, AGAIN).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for what comes first. Everything is held when it is an event. `is_heard` looks whether the debugger said
    /// something, without waiting.
    pub(super) fn wait(&self, is_heard: &dyn Fn() -> bool) -> Came {
        let mut state = self.lock();
        state.ear = Ear::Heard;
        loop {
            if state.ear == Ear::Heard {
                // What was heard may have been read since.
                if is_heard() {
                    state.ear = Ear::Closed;
                    return Came::Input;
                }
                state.ear = Ear::Open;
                self.listener.notify_all();
            }
            if let Some(tid) = state.next_event() {
                state = self.held(state);
                state.last_told = tid;
                state.ear = Ear::Closed;
                if let Some(event) = state.tell(tid) {
                    return Came::Event(tid, event);
                }
            }
            if state.guests.values().all(|guest| guest.later.is_none()) {
                state = self.server.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (waited, timeout) = self.server.wait_timeout(state, STEP).unwrap_or_else(PoisonError::into_inner);
            state = waited;
            if timeout.timed_out() {
                for guest in state.guests.values_mut() {
                    if let Some(action) = guest.later.take() {
                        guest.go_on(action);
                    }
                }
            }
        }
    }

    /// Lets threads go on: each by its own action, others too unless they are locked.
    pub(super) fn resume(&self, actions: &BTreeMap<i32, Action>, is_locked: bool) {
        let mut state = self.lock();
        state.phase = Phase::Running;
        state.is_locked = is_locked;
        let is_stepping = actions.values().any(|action| action.pace != Pace::Run);
        let State { guests, breakpoints, watches, .. } = &mut *state;
        for (tid, guest) in guests {
            let plain = (!is_locked).then_some(Action { pace: Pace::Run, signal: None });
            let Some(action) = actions.get(tid).copied().or(plain) else {
                guest.is_resumed = false;
                continue;
            };
            guest.is_resumed = true;
            guest.pace = match action.pace {
                // A step within the range may touch what is watched: each is looked at.
                Pace::Leave(_) if !watches.is_empty() => Pace::Step,
                pace => pace,
            };
            let action = Action { pace: guest.pace, ..action };
            let Some(parked) = &mut guest.parked else { continue };
            // gdb wants something else of the thread than the step it has done, or has taken the breakpoint away.
            let is_gone = match parked.event {
                Some(Event::Stepped) => true,
                Some(Event::Break(_)) => !breakpoints.has(parked.file.regs.pc()),
                _ => false,
            };
            if is_gone && !parked.is_told {
                parked.event = None;
            }
            if guest.has_news() {
                // That comes first.
                continue;
            }
            if is_stepping && action.pace == Pace::Run {
                guest.later = Some(action);
            } else {
                guest.go_on(action);
            }
        }
    }

    /// Lets everything run, without breakpoints, with the signals that threads stopped for.
    pub(super) fn let_go(&self, space: &Space) {
        let state = self.lock();
        let mut state = self.held(state);
        state.breakpoints.clear(space);
        state.watches.clear();
        state.phase = Phase::Free;
        for guest in state.guests.values_mut() {
            let event = guest.parked.as_ref().and_then(|parked| parked.event);
            let signal = match event {
                Some(Event::Signal(delivery)) if !matches!(delivery.signal, Signal::INT | Signal::TRAP) => {
                    Some(delivery.signal)
                }
                _ => None,
            };
            guest.pace = Pace::Run;
            guest.go_on(Action { pace: Pace::Run, signal });
        }
    }

    /// Lets one thread go on that has told that the process ends.
    pub(super) fn release(&self, tid: i32) {
        if let Some(guest) = self.lock().guests.get_mut(&tid) {
            guest.go_on(Action { pace: Pace::Run, signal: None });
        }
    }

    pub(super) fn listed(&self) -> Vec<Listed> {
        let list = |(tid, guest): (&i32, &Guest)| Listed {
            host_tid: *tid,
            id: guest.id,
            event: guest.parked.as_ref().and_then(|parked| parked.event),
            is_parked: guest.parked.is_some(),
        };
        self.lock().guests.iter().map(list).collect()
    }

    /// A thread's registers; those at its call while it is in one that does not end early.
    pub(super) fn file(&self, tid: i32) -> Option<File> {
        let state = self.lock();
        let guest = state.guests.get(&tid)?;
        match &guest.parked {
            Some(parked) => Some(parked.file.clone()),
            None => Some(File::new(guest.at_call?, Vec::new())),
        }
    }

    /// Changes a thread's registers; false when it is in a call.
    pub(super) fn set_file(&self, tid: i32, file: &File) -> bool {
        let mut state = self.lock();
        let Some(parked) = state.guests.get_mut(&tid).and_then(|guest| guest.parked.as_mut()) else { return false };
        let changed = parked.file.take(file);
        parked.is_fp_changed |= changed == Some(true);
        changed.is_some()
    }

    pub(super) fn with_breakpoints<T>(&self, work: impl FnOnce(&mut Breakpoints) -> T) -> T {
        work(&mut self.lock().breakpoints)
    }

    pub(super) fn watch(&self, at: u64, len: u64, kind: WatchKind) -> Result<(), Errno> {
        let state = &mut *self.lock();
        let tids: Vec<i32> = state.guests.keys().copied().collect();
        state.watches.add(at, len, kind, &tids)
    }

    pub(super) fn unwatch(&self, at: u64, len: u64, kind: WatchKind) -> bool {
        self.lock().watches.remove(at, len, kind)
    }

    /// The signals, by gdb's numbers, that are delivered without a word.
    pub(super) fn pass(&self, numbers: &[u8]) {
        let signals = numbers.iter().filter_map(|number| from_gdb(common::Signal(*number)));
        self.lock().passed = signals.fold(SigSet::EMPTY, SigSet::with);
    }
}

impl State {
    /// A thread that may run and has something to tell: one that was stepped before others, then the next in turn.
    fn next_event(&self) -> Option<i32> {
        let ready = |(_, guest): &(&i32, &Guest)| guest.is_resumed && guest.has_news();
        let stepped = self.guests.iter().filter(ready).find(|(_, guest)| guest.pace != Pace::Run);
        let after = self.guests.range(self.last_told + 1..).find(ready);
        stepped.or(after).or_else(|| self.guests.iter().find(ready)).map(|(tid, _)| *tid)
    }

    fn tell(&mut self, tid: i32) -> Option<Event> {
        let parked = self.guests.get_mut(&tid)?.parked.as_mut()?;
        parked.is_told = true;
        if let (Some((at, kind)), Some(Event::Stepped | Event::Touch(..))) = (self.watches.touched(tid), parked.event) {
            parked.event = Some(Event::Touch(at, kind));
        }
        parked.event
    }
}

impl Guest {
    fn new(id: u64, is_resumed: bool) -> Guest {
        Guest {
            id,
            is_resumed,
            pace: Pace::Run,
            parked: None,
            later: None,
            go: None,
            wake: Arc::default(),
            is_stuck: false,
            at_call: None,
        }
    }

    fn has_news(&self) -> bool {
        self.parked.as_ref().is_some_and(|parked| parked.event.is_some() && !parked.is_told)
    }

    fn go_on(&mut self, action: Action) {
        let Some(parked) = self.parked.take() else { return };
        let signal = action.signal.map(|signal| match parked.event {
            Some(Event::Signal(delivery)) if delivery.signal == signal => delivery,
            _ => Delivery::plain(signal),
        });
        let fp = parked.is_fp_changed.then_some(parked.file.fp);
        self.go = Some(Resume { regs: parked.file.regs, fp, pace: action.pace, signal });
        self.wake.notify_all();
    }
}
