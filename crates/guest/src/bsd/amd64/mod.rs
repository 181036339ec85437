//! The BSDs' conventions on x86-64.
//!
//! A [`Convention`] is one system's values; the code that reads and writes registers, the start-up
//! record and signal frames is shared.

mod call;
mod context;
mod frame;
#[cfg(test)]
mod tests;

pub use call::Wide;
pub use context::{Bits, FpPlace, Layout, Reg, Says, TrapPlaces};
pub use frame::Entry;

use crate::bsd::process::Clock;
use crate::bsd::start::{self, StartWords};
use crate::{Abi, Answer, CallFrame, ClockCall, Frame, Os, Resumed, StartRequest, Thread, ThreadStart};
use ashore_base::Addr;
use ashore_isa::x86_64::{FLAG_CARRY, FLAG_DIRECTION, FLAG_TRAP, Regs};
use ashore_pivot::{Errno, Memory, SigSet};

/// Flags that no user program can change: always set.
const FLAGS_FIXED: u64 = 0x202;
/// Flags a user program may have as it likes: carry, parity, adjust, zero, sign, trap, direction,
/// overflow, resume, alignment check, identification.
const FLAGS_USER: u64 = 0x25_0dd5;
/// One past the highest address a program can have.
const USER_END: u64 = 1 << 47;

/// One system's convention.
pub struct Convention {
    /// The system.
    pub os: &'static Os,
    /// Its signals.
    pub signals: &'static crate::bsd::signals::Words,
    /// What stands on the stack when a program starts.
    pub start: StartWords<Regs>,
    /// Calls with more than six words: the rest is read from the stack for these only, since the read costs time on
    /// every call.
    pub wide: Wide,
    /// The number of `clock_gettime`.
    pub clock_gettime: u16,
    /// The values of its processes.
    pub process: &'static crate::bsd::process::Words,
    /// Whether a call zeroes r8 to r10.
    pub zeroes_scratch: bool,
    /// The context record.
    pub context: &'static Layout,
    /// How a handler is entered.
    pub entry: Entry,
}

impl Abi<Regs> for Convention {
    fn os(&self) -> &'static Os {
        self.os
    }

    fn start(&self, regs: &mut Regs, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        let placed = start::place(self.start.auxv, request, memory)?;
        *regs = Regs { rip: request.first.0, rflags: FLAGS_FIXED, ..Regs::default() };
        (self.start.registers)(regs, &placed);
        Ok(())
    }

    fn call(&self, regs: &Regs, memory: &dyn Memory) -> CallFrame {
        call::read(&self.wide, regs, memory)
    }

    fn clock_call(&self) -> Option<ClockCall> {
        let mut clocks = [None; 16];
        for clock in self.process.clocks {
            if let (Some(place), Clock::Linux(id)) = (clocks.get_mut(clock.guest as usize), clock.is) {
                *place = Some(id);
            }
        }
        Some(ClockCall { number: self.clock_gettime, clocks, zeroes_scratch: self.zeroes_scratch })
    }

    fn answer(&self, regs: &mut Regs, answer: Answer) {
        call::answer(self, regs, answer);
    }

    fn failure(&self, regs: &Regs) -> Option<u16> {
        (regs.rflags & FLAG_CARRY != 0).then_some(regs.rax as u16)
    }

    fn forked(&self, regs: &mut Regs, _parent_pid: i32) {
        regs.rax = 0;
        regs.rdx = 1;
        regs.rflags &= !FLAG_CARRY;
    }

    fn rewind(&self, regs: &mut Regs, number: u64) {
        call::rewind(regs, number);
    }

    fn begin(&self, regs: &mut Regs, start: &ThreadStart, memory: &dyn Memory) -> Result<(), Errno> {
        match *start {
            ThreadStart::Entry { entry, arg, stack, stack_len } => {
                regs.rip = entry.0;
                regs.rdi = arg;
                regs.rbp = 0;
                // Systems that are given the whole stack leave room for a return address; one that is
                // given the top takes it as it is.
                regs.rsp = if stack_len == 0 { stack.0 } else { stack.plus(stack_len).align_down(16).0 - 8 };
            }
            ThreadStart::Context(at) => {
                self.resume(regs, at, memory)?;
            }
            ThreadStart::Copy { stack } if stack.is_null() => {}
            ThreadStart::Copy { stack } => regs.rsp = stack.0,
        }
        if !matches!(start, ThreadStart::Context(_)) {
            regs.rax = 0;
            regs.rdx = 1;
            regs.rflags &= !(FLAG_CARRY | FLAG_TRAP | FLAG_DIRECTION);
        }
        Ok(())
    }

    fn set_tls(&self, regs: &mut Regs, thread: &Thread) {
        regs.fs_base = thread.tls.0;
        regs.gs_base = thread.gs_base.0;
    }

    fn stack_pointer(&self, regs: &Regs) -> Addr {
        Addr(regs.rsp)
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
