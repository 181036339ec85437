//! What a process does about each signal.

use super::STOPS;
use crate::lock::Lock;
use ashore_pivot::layout::sigaction::{SIG_DFL, SIG_IGN, Sigaction};
use ashore_pivot::{SigSet, Signal};

const COUNT: usize = 65;

/// The actions of one or more processes, by signal.
#[derive(Debug)]
pub struct Actions {
    inner: Lock<[Sigaction; COUNT]>,
}

/// What a signal comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Nothing.
    Ignore,
    /// The process ends.
    End,
    /// The process ends with a core file.
    Dump,
    /// The process stops.
    Stop,
    /// A handler runs.
    Handle(Sigaction),
}

impl Default for Actions {
    fn default() -> Self {
        Actions { inner: Lock::new([Sigaction::default(); COUNT]) }
    }
}

impl Actions {
    /// A copy for another process.
    pub fn copy(&self) -> Actions {
        Actions { inner: Lock::new(*self.inner.lock()) }
    }

    /// What is set for a signal.
    pub fn get(&self, signal: Signal) -> Sigaction {
        self.inner.lock().get(usize::from(signal.0)).copied().unwrap_or_default()
    }

    /// Sets it and returns what was set.
    pub fn set(&self, signal: Signal, action: Sigaction) -> Sigaction {
        let mut inner = self.inner.lock();
        inner.get_mut(usize::from(signal.0)).map_or(action, |old| core::mem::replace(old, action))
    }

    /// Handlers become the default, as `execve` and `CLONE_CLEAR_SIGHAND` want it; what is ignored stays ignored.
    pub fn forget_handlers(&self) {
        for action in self.inner.lock().iter_mut() {
            let handler = if action.handler == SIG_IGN { SIG_IGN } else { SIG_DFL };
            *action = Sigaction { handler, ..Sigaction::default() };
        }
    }

    /// The signals that are ignored, and those that have handlers.
    pub fn ignored_and_caught(&self) -> (SigSet, SigSet) {
        let (mut ignored, mut caught) = (SigSet::EMPTY, SigSet::EMPTY);
        for signal in (1..COUNT as u64).filter_map(Signal::new) {
            match self.get(signal).handler {
                SIG_DFL => {}
                SIG_IGN => ignored = ignored.with(signal),
                _ => caught = caught.with(signal),
            }
        }
        (ignored, caught)
    }

    /// What a signal comes to now.
    pub fn effect(&self, signal: Signal) -> Effect {
        let action = self.get(signal);
        match action.handler {
            _ if signal == Signal::KILL => Effect::End,
            _ if signal == Signal::STOP => Effect::Stop,
            SIG_IGN => Effect::Ignore,
            SIG_DFL => default(signal),
            _ => Effect::Handle(action),
        }
    }
}

/// What a signal comes to when nothing is set.
fn default(signal: Signal) -> Effect {
    const IGNORED: SigSet = SigSet::EMPTY.with(Signal::CHLD).with(Signal::URG).with(Signal::WINCH).with(Signal::CONT);
    const DUMPED: SigSet = SigSet::EMPTY
        .with(Signal::QUIT)
        .with(Signal::ILL)
        .with(Signal::TRAP)
        .with(Signal::ABRT)
        .with(Signal::BUS)
        .with(Signal::FPE)
        .with(Signal::SEGV)
        .with(Signal::XCPU)
        .with(Signal::XFSZ)
        .with(Signal::SYS);
    if IGNORED.has(signal) {
        Effect::Ignore
    } else if STOPS.has(signal) {
        Effect::Stop
    } else if DUMPED.has(signal) {
        Effect::Dump
    } else {
        Effect::End
    }
}
