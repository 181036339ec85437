//! The BSDs' conventions on AArch64.
//!
//! A [`Convention`] is one system's values; the code that reads and writes registers and signal frames is shared.

mod call;
mod context;
mod frame;
#[cfg(test)]
mod tests;

pub use call::Numbers;
pub use context::{Bits, Layout, Says};
pub use frame::{Entry, Frames};

use crate::bsd::start::{self, StartWords};
use crate::{Abi, Answer, CallFrame, Frame, Os, Resumed, StartRequest, Thread, ThreadStart};
use ashore_base::Addr;
use ashore_isa::aarch64::{FLAG_C, Regs};
use ashore_pivot::{Errno, Memory, SigSet};

/// One system's convention.
pub struct Convention {
    /// The system.
    pub os: &'static Os,
    /// Its signals.
    pub signals: &'static crate::bsd::signals::Words,
    /// What stands on the stack when a program starts.
    pub start: StartWords<Regs>,
    /// Where a call's number is.
    pub numbers: Numbers,
    /// The second result of a fork in the child.
    pub child: u64,
    /// The context record.
    pub context: &'static Layout,
    /// How a handler is entered.
    pub frames: Frames,
}

impl Abi<Regs> for Convention {
    fn os(&self) -> &'static Os {
        self.os
    }

    fn start(&self, regs: &mut Regs, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        let placed = start::place(self.start.auxv, request, memory)?;
        *regs = Regs { pc: request.first.0, sp: placed.record.align_down(16).0, ..Regs::default() };
        (self.start.registers)(regs, &placed);
        Ok(())
    }

    fn call(&self, regs: &Regs, memory: &dyn Memory) -> CallFrame {
        call::read(self.numbers, regs, memory)
    }

    fn answer(&self, regs: &mut Regs, answer: Answer) {
        call::answer(self.os, regs, answer);
    }

    fn failure(&self, regs: &Regs) -> Option<u16> {
        (regs.pstate & FLAG_C != 0).then_some(regs.x[0] as u16)
    }

    fn forked(&self, regs: &mut Regs, _parent_pid: i32) {
        [regs.x[0], regs.x[1]] = [0, self.child];
        regs.pstate &= !FLAG_C;
    }

    fn rewind(&self, regs: &mut Regs, _number: u64) {
        call::rewind(regs);
    }

    fn begin(&self, regs: &mut Regs, start: &ThreadStart, memory: &dyn Memory) -> Result<(), Errno> {
        match *start {
            ThreadStart::Entry { entry, arg, stack, stack_len } => {
                regs.pc = entry.0;
                regs.x[0] = arg;
                // A backtrace ends here.
                [regs.x[29], regs.x[30]] = [0; 2];
                regs.sp = stack.plus(stack_len).align_down(16).0;
            }
            ThreadStart::Context(at) => {
                self.resume(regs, at, memory)?;
            }
            ThreadStart::Copy { stack } => {
                [regs.x[0], regs.x[1]] = [0, self.child];
                regs.pstate &= !FLAG_C;
                if !stack.is_null() {
                    regs.sp = stack.0;
                }
            }
        }
        Ok(())
    }

    fn set_tls(&self, regs: &mut Regs, thread: &Thread) {
        regs.tls = thread.tls.0;
    }

    fn stack_pointer(&self, regs: &Regs) -> Addr {
        Addr(regs.sp)
    }

    fn deliver(&self, regs: &mut Regs, frame: &Frame<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        frame::deliver(self, regs, frame, memory)
    }

    fn resume(&self, regs: &mut Regs, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno> {
        frame::resume(self, regs, at, memory)
    }

    fn save(&self, regs: &Regs, at: Addr, mask: SigSet, fp: &[u8], memory: &dyn Memory) -> Result<(), Errno> {
        frame::save(self, regs, at, mask, fp, memory)
    }
}
