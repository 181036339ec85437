//! Linux on AArch64: its convention, its calls and its words.
//!
//! A kernel that answers calls by itself uses [`frame`], [`PLATFORM`] and [`restart`] directly; an engine goes through
//! [`ARM64`].

mod calls;
mod files;
pub mod frame;
mod made;
mod table;
#[cfg(test)]
mod tests;
mod words;

use super::start::{self, Platform};
use crate::{Abi, Answer, CallFrame, Fail, Frame, Os, Resumed, StartRequest, Thread, ThreadStart, Value};
use ashore_base::Addr;
use ashore_isa::aarch64::{Regs, Vectors};
use ashore_pivot::{Errno, Memory, SigSet};
use frame::{Entry, Fault};

/// What the start-up stack tells of the CPU.
pub const PLATFORM: Platform = Platform { name: "aarch64", min_signal_stack: Some(frame::MIN_STACK) };

/// The code that handlers return into: `mov x8, #139` (rt_sigreturn) and `svc #0`. Debuggers know a handler's frame by it.
pub static TRAMPOLINE: [u8; 8] = [0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4];

/// How long the instruction of a call is.
const SVC_LEN: u64 = 4;
/// Results above this, negated, are no errors.
const ERRNO_MAX: u64 = 4095;

/// The system on this CPU: Linux with other numbers and other records.
pub static OS: Os = Os { calls: table::CALLS, trampoline: &TRAMPOLINE, words: &words::WORDS, ..super::BASE };

/// The convention.
#[derive(Debug)]
pub struct Arm64;

/// The convention.
pub static ARM64: Arm64 = Arm64;

/// The call that the registers hold.
pub fn call(regs: &Regs) -> CallFrame {
    let [a, b, c, d, e, f, _, _, number, ..] = regs.x;
    // The kernel looks at the lower half of the number's register only.
    CallFrame { number: number & 0xffff_ffff, args: [a, b, c, d, e, f, 0, 0] }
}

/// Puts a result or an error into the registers.
pub fn answer(regs: &mut Regs, result: Result<u64, Errno>) {
    regs.x[0] = result.unwrap_or_else(|errno| (-i64::from(errno.0)) as u64);
}

/// Moves the registers back to the instruction of a call that was answered, so that it happens again. Its first word and its
/// result share a register, so whoever answered must have kept the word; all others are as the call left them.
pub fn restart(regs: &mut Regs, first: u64) {
    regs.x[0] = first;
    regs.pc = regs.pc.wrapping_sub(SVC_LEN);
}

/// Starts a program: everything is zero but the program counter and the stack pointer.
pub fn begin(entry: Addr, sp: Addr) -> Regs {
    Regs { pc: entry.0, sp: sp.0, ..Regs::default() }
}

impl Abi<Regs> for Arm64 {
    fn os(&self) -> &'static Os {
        &OS
    }

    fn start(&self, regs: &mut Regs, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        *regs = begin(request.first, start::place(&PLATFORM, request, memory)?);
        Ok(())
    }

    fn auxv(&self, regs: &Regs, memory: &dyn Memory) -> alloc::vec::Vec<u8> {
        start::auxv(Addr(regs.sp), memory)
    }

    fn call(&self, regs: &Regs, _memory: &dyn Memory) -> CallFrame {
        call(regs)
    }

    fn answer(&self, regs: &mut Regs, answer: Answer) {
        let result = match answer {
            Ok(Value::One(word) | Value::Two(word, _)) => Ok(word),
            Ok(_) => Ok(0),
            Err(Fail::Linux(errno)) => Err(errno),
            Err(Fail::Own(number)) => Err(Errno(number)),
        };
        self::answer(regs, result);
    }

    fn failure(&self, regs: &Regs) -> Option<u16> {
        let negated = regs.x[0].wrapping_neg();
        (1..=ERRNO_MAX).contains(&negated).then_some(negated as u16)
    }

    fn forked(&self, regs: &mut Regs, _parent_pid: i32) {
        regs.x[0] = 0;
    }

    fn set_stack(&self, regs: &mut Regs, at: Addr) {
        regs.sp = at.0;
    }

    fn rewind(&self, regs: &mut Regs, number: u64) {
        // A call is moved back to only before it is answered: its first word is still there.
        restart(regs, regs.x[0]);
        regs.x[8] = number;
    }

    fn begin(&self, regs: &mut Regs, start: &ThreadStart, memory: &dyn Memory) -> Result<(), Errno> {
        match start {
            ThreadStart::Copy { stack } => {
                regs.x[0] = 0;
                if !stack.is_null() {
                    regs.sp = stack.0;
                }
            }
            ThreadStart::Entry { entry, arg, stack, stack_len } => {
                regs.pc = entry.0;
                regs.x[0] = *arg;
                regs.sp = stack.plus(*stack_len).align_down(16).0;
            }
            ThreadStart::Context(at) => {
                self.resume(regs, *at, memory)?;
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
        let delivery = &frame.delivery;
        let fault = Fault { address: delivery.addr, syndrome: u64::from(delivery.trap_error) };
        let entry = Entry {
            info: delivery.info(),
            action: frame.action,
            handler: frame.handler,
            trampoline: frame.trampoline,
            mask: frame.mask,
            stack: frame.stack,
            alt_stack: frame.alt_stack,
            fault: delivery.is_fault().then_some(fault),
        };
        frame::build(regs, &Vectors::from_bytes(frame.fp), &entry, memory)
    }

    fn resume(&self, regs: &mut Regs, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno> {
        let mut vectors = Vectors::default();
        let resumed = frame::read(regs, &mut vectors, at, memory)?;
        Ok(Resumed { fp: Some(vectors.to_bytes().into()), ..resumed })
    }

    fn save(&self, _regs: &Regs, _at: Addr, _mask: SigSet, _fp: &[u8], _memory: &dyn Memory) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }
}
