//! Linux's convention on x86-64.

use super::frame;
use super::start::{self, Platform};
use crate::{Abi, Answer, CallFrame, Fail, Frame, Os, Resumed, StartRequest, Thread, ThreadStart, Value};
use ashore_base::Addr;
use ashore_isa::x86_64::Regs;
use ashore_pivot::{Errno, Memory, SigSet};

/// The convention.
#[derive(Debug)]
pub struct Amd64;

/// The convention.
pub static AMD64: Amd64 = Amd64;

const PLATFORM: Platform = Platform { name: "x86_64", min_signal_stack: None };
const SYSCALL_LEN: u64 = 2;
/// Results above this, negated, are no errors.
const ERRNO_MAX: u64 = 4095;

impl Abi<Regs> for Amd64 {
    fn os(&self) -> &'static Os {
        &super::OS
    }

    fn start(&self, regs: &mut Regs, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        let sp = start::place(&PLATFORM, request, memory)?;
        *regs = Regs { rip: request.first.0, rsp: sp.0, rflags: 0x202, ..Regs::default() };
        Ok(())
    }

    fn call(&self, regs: &Regs, _memory: &dyn Memory) -> CallFrame {
        CallFrame { number: regs.rax, args: [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9, 0, 0] }
    }

    fn answer(&self, regs: &mut Regs, answer: Answer) {
        regs.rax = match answer {
            Ok(Value::One(word) | Value::Two(word, _)) => word,
            Ok(_) => 0,
            Err(Fail::Linux(errno)) => (-i64::from(errno.0)) as u64,
            Err(Fail::Own(number)) => (-i64::from(number)) as u64,
        };
    }

    fn failure(&self, regs: &Regs) -> Option<u16> {
        let negated = regs.rax.wrapping_neg();
        (1..=ERRNO_MAX).contains(&negated).then_some(negated as u16)
    }

    fn forked(&self, regs: &mut Regs, _parent_pid: i32) {
        regs.rax = 0;
    }

    fn set_stack(&self, regs: &mut Regs, at: Addr) {
        regs.rsp = at.0;
    }

    fn rewind(&self, regs: &mut Regs, number: u64) {
        regs.rip = regs.rip.wrapping_sub(SYSCALL_LEN);
        regs.rax = number;
    }

    fn begin(&self, regs: &mut Regs, start: &ThreadStart, memory: &dyn Memory) -> Result<(), Errno> {
        match start {
            ThreadStart::Copy { stack } => {
                regs.rax = 0;
                if !stack.is_null() {
                    regs.rsp = stack.0;
                }
            }
            ThreadStart::Entry { entry, arg, stack, stack_len } => {
                regs.rip = entry.0;
                regs.rdi = *arg;
                regs.rsp = stack.plus(*stack_len).0;
            }
            ThreadStart::Context(at) => {
                self.resume(regs, *at, memory)?;
            }
        }
        Ok(())
    }

    fn set_tls(&self, regs: &mut Regs, thread: &Thread) {
        regs.fs_base = thread.tls.0;
    }

    fn stack_pointer(&self, regs: &Regs) -> Addr {
        Addr(regs.rsp)
    }

    fn deliver(&self, regs: &mut Regs, frame: &Frame<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        frame::build(regs, frame, memory)
    }

    fn resume(&self, regs: &mut Regs, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno> {
        frame::read(regs, at, memory)
    }

    fn save(&self, _regs: &Regs, _at: Addr, _mask: SigSet, _fp: &[u8], _memory: &dyn Memory) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }
}
