//! Whoever watches a process: the tracer, later the debugger.
//!
//! Without an observer the loop has no branch for one: it is compiled twice.

use ashore_base::Addr;
use ashore_guest::{Answer, Args, Delivery, Kernel, Os, Row};

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

/// Watches a process. Every method may be called by several threads at once.
pub trait Observer: Send + Sync {
    /// A call begins. `row` is `None` for a number the system does not have.
    fn call(
        &self,
        kernel: &dyn Kernel,
        os: &'static Os,
        place: Place,
        row: Option<&'static Row>,
        number: u64,
        args: &Args,
    );

    /// It ended with `answer`.
    fn answer(
        &self,
        kernel: &dyn Kernel,
        os: &'static Os,
        place: Place,
        row: Option<&'static Row>,
        number: u64,
        args: &Args,
        answer: &Answer,
    );

    /// A signal goes to a handler, or ends the process.
    fn signal(&self, os: &'static Os, place: Place, delivery: &Delivery, is_handled: bool);

    /// A thread began or ended.
    fn thread(&self, os: &'static Os, id: u64, is_new: bool);

    /// The process is about to fork or end: write out what is buffered.
    fn flush(&self);

    /// The call under way may never come back (an exec): tell what is known of it.
    fn leave(&self);

    /// The process ends by itself with this status.
    fn exit(&self, os: &'static Os, status: u8);

    /// This is the child of a fork now.
    fn forked(&self, os: &'static Os, pid: i32);
}
