//! What the shared BSD code remembers for one process.

use super::Family;
use super::sockets::marks::Marks;
use super::threads::locks::Waiters;
use crate::{Ctx, Quick, State};
use alloc::boxed::Box;
use ashore_pivot::{Errno, Linux, Signal};

/// The memory of one process. Each topic has one field with its own lock.
pub struct Bsd {
    /// The system's values.
    pub family: &'static Family,
    /// The kqueues.
    pub events: super::events::Events,
    /// The threads that wait for condition variables.
    pub waiters: Waiters,
    /// Sockets.
    pub sockets: Marks,
    /// Login name, limits, break.
    pub process: spin::Mutex<super::process::Remembered>,
}

/// The memory of a new process.
pub fn new(family: &'static Family) -> State {
    Box::new(Bsd {
        family,
        events: super::events::Events::default(),
        sockets: Marks::default(),
        waiters: Waiters::default(),
        process: spin::Mutex::default(),
    })
}

/// A signal came: it is counted for those who asked.
pub fn signal_came(linux: &dyn Linux, state: &State, signal: Signal) {
    if let Some(bsd) = state.downcast_ref::<Bsd>() {
        super::events::filters::signal::arrive(linux, &bsd.events, signal);
    }
}

/// Takes every lock, forks, and drops in the child what a fork does not inherit.
pub fn around_fork(state: &State, fork: &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno> {
    let bsd: &Bsd = state.downcast_ref().ok_or(Errno::ENOSYS)?;
    let process = bsd.process.lock();
    let forked = bsd.sockets.locked(|| bsd.waiters.around_fork(&mut || bsd.events.around_fork(fork)));
    drop(process);
    forked
}

impl<'a> Quick<'a> {
    /// The BSD memory of this process.
    pub fn bsd(&self) -> Result<&'a Bsd, Errno> {
        self.state.downcast_ref().ok_or(Errno::ENOSYS)
    }
}

impl<'a> Ctx<'a> {
    /// The BSD memory of this process. Only BSD tables call functions that use it.
    pub fn bsd(&self) -> Result<&'a Bsd, Errno> {
        self.state.downcast_ref().ok_or(Errno::ENOSYS)
    }
}
