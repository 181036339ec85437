//! The BSDs' conventions on x86-64.

use crate::{Abi, Answer, CallFrame, Frame, Os, Resumed, StartRequest, Thread, ThreadStart};
use ashore_base::Addr;
use ashore_isa::x86_64::Regs;
use ashore_pivot::{Errno, Memory, SigSet};

/// One system's convention.
pub struct Convention {
    /// The system.
    pub os: &'static Os,
}

impl Abi<Regs> for Convention {
    fn os(&self) -> &'static Os {
        self.os
    }

    fn start(&self, _regs: &mut Regs, _request: &StartRequest<'_>, _memory: &dyn Memory) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }

    fn call(&self, regs: &Regs, _memory: &dyn Memory) -> CallFrame {
        CallFrame { number: regs.rax, args: [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9, 0, 0] }
    }

    fn answer(&self, _regs: &mut Regs, _answer: Answer) {}

    fn forked(&self, _regs: &mut Regs, _parent_pid: i32) {}

    fn rewind(&self, _regs: &mut Regs, _number: u64) {}

    fn begin(&self, _regs: &mut Regs, _start: &ThreadStart, _memory: &dyn Memory) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }

    fn set_tls(&self, regs: &mut Regs, thread: &Thread) {
        regs.fs_base = thread.tls.0;
    }

    fn stack_pointer(&self, regs: &Regs) -> Addr {
        Addr(regs.rsp)
    }

    fn deliver(&self, _regs: &mut Regs, _frame: &Frame<'_>, _memory: &dyn Memory) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }

    fn resume(&self, _regs: &mut Regs, _at: Addr, _memory: &dyn Memory) -> Result<Resumed, Errno> {
        Err(Errno::ENOSYS)
    }

    fn save(&self, _regs: &Regs, _at: Addr, _mask: SigSet, _fp: &[u8], _memory: &dyn Memory) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }
}
