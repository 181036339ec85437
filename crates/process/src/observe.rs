//! Whoever watches a process: the tracer, later the debugger.
//!
//! Without an observer the loop has no branch for one: it is compiled twice.

use ashore_base::Addr;
use ashore_guest::{Answer, Args, Delivery, Kernel, Os, Row};
use ashore_pivot::Errno;

/// Where something happened.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The thread, in the guest's numbering.
    pub thread: u64,
    /// The address after the call instruction, or of the interrupted instruction.
    pub at: Addr,
    /// The stack pointer.
    pub sp: Addr,
}

/// A call as the guest made it.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The guest's system.
    pub os: &'static Os,
    /// Where the call was made.
    pub place: Place,
    /// The call's row; `None` for a number the system does not have.
    pub row: Option<&'static Row>,
    /// The number.
    pub number: u64,
    /// The arguments.
    pub args: &'a Args,
}

/// Watches a process. Every method may be called by several threads at once.
pub trait Observer: Send + Sync {
    /// A call begins.
    fn call(&self, kernel: &dyn Kernel, asked: &Asked<'_>);

    /// It ended with `answer`.
    fn answer(&self, kernel: &dyn Kernel, asked: &Asked<'_>, answer: &Answer);

    /// A signal goes to a handler, or ends the process.
    fn signal(&self, os: &'static Os, place: Place, delivery: &Delivery, is_handled: bool);

    /// A thread began or ended.
    fn thread(&self, os: &'static Os, id: u64, is_new: bool);

    /// The process is about to end: write out what is buffered.
    fn flush(&self);

    /// Forks with nothing buffered and every lock of the observer held, so that the child gets no line twice and no
    /// lock that nobody releases.
    fn around_fork(&self, fork: &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno>;

    /// The call under way may never come back (an exec): tell what is known of it.
    fn leave(&self);

    /// The process ends by itself with this status.
    fn exit(&self, os: &'static Os, status: u8);

    /// This is the child of a fork now.
    fn forked(&self, os: &'static Os, pid: i32);
}
