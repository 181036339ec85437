//! Calls that are answered while most of the caller's registers are still in the CPU.
//!
//! Who asks for a number or the time gets it from the machine's entry code: it keeps what a function may change, asks, and
//! goes on in the program. Such an answer needs two arguments, no register, no wait, and changes nothing that anybody must
//! look at afterwards; what another CPU wants of the thread comes with an interrupt. Whatever is not so simple is left to
//! the call's ordinary handler, and so is every call that is recorded.

use crate::calls;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::thread::Thread;
use ashore_base::Addr;

/// How many numbers of calls there are: handlers are found by a call's number.
pub const NUMBERS: usize = 512;

/// Answers a call with its first two arguments. The machine's entry code calls it as C would.
pub type Quick = extern "C" fn(u64, u64, &Caller<'_>) -> Reply;

/// Those there are, by the call's number.
pub type Handlers = [Option<Quick>; NUMBERS];

/// No handler.
pub static NONE: Handlers = [None; NUMBERS];

/// Who calls.
pub struct Caller<'k> {
    pub(crate) kernel: &'k Kernel,
    pub(crate) machine: &'static dyn Machine,
    pub(crate) thread: &'k Thread,
    handlers: &'static Handlers,
}

/// What a handler says: two registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Reply {
    value: u64,
    is_done: u64,
}

impl Reply {
    /// Nothing was done: the call's ordinary handler is to be asked.
    pub const LATER: Reply = Reply { value: 0, is_done: 0 };

    /// The call gives this.
    pub const fn done(value: u64) -> Reply {
        Reply { value, is_done: 1 }
    }
}

impl<'k> Caller<'k> {
    pub(crate) fn new(kernel: &'k Kernel, thread: &'k Thread) -> Caller<'k> {
        let handlers = if kernel.trace.is_some() { &NONE } else { &calls::QUICK };
        Caller { kernel, machine: kernel.machine(), thread, handlers }
    }

    /// The handlers to use.
    #[inline]
    pub fn handlers(&self) -> &'static Handlers {
        self.handlers
    }

    /// Writes two words to the caller's memory if that takes no more than a look; says whether it did.
    #[inline]
    pub(crate) fn store(&self, at: Addr, words: (u64, u64)) -> bool {
        self.thread.parts.lock().space.store(at, words)
    }

    /// Answers a call as the entry code does.
    #[cfg(test)]
    pub(crate) fn answer(&self, number: u64, [a, b]: [u64; 2]) -> Option<u64> {
        let handler = self.handlers().get(number as usize).copied().flatten()?;
        let reply = handler(a, b, self);
        (reply.is_done != 0).then_some(reply.value)
    }
}
