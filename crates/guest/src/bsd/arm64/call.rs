//! System calls: words in x0 to x7; the carry flag says that x0 is an error number. A call with one result has 0 in x1.

use crate::{Answer, CallFrame, Fail, Os, Value};
use ashore_base::Addr;
use ashore_isa::aarch64::{FLAG_C, Regs};
use ashore_pivot::{Errno, Memory};

/// Where a call's number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// In x8. An indirect call's is its first word, and the others follow.
    Register,
    /// In the instruction. An indirect call's is in x17.
    Instruction,
}

/// `syscall(number, ...)`: a call whose number is told otherwise.
const SYS_SYSCALL: u64 = 0;
/// The same with a 64-bit number.
const SYS___SYSCALL: u64 = 198;
/// How long the instruction of a call is.
const SVC_LEN: u64 = 4;

fn is_indirect(number: u64) -> bool {
    matches!(number, SYS_SYSCALL | SYS___SYSCALL)
}

/// Reads the call that the registers hold. Of no call more than eight words are wanted.
pub fn read(numbers: Numbers, regs: &Regs, memory: &dyn Memory) -> CallFrame {
    let [a, b, c, d, e, f, g, h, named, ..] = regs.x;
    let args = [a, b, c, d, e, f, g, h];
    match numbers {
        Numbers::Register if is_indirect(named) => {
            CallFrame { number: a & 0xffff_ffff, args: [b, c, d, e, f, g, h, 0] }
        }
        Numbers::Register => CallFrame { number: named & 0xffff_ffff, args },
        Numbers::Instruction => {
            let number = immediate(regs, memory);
            let number = if is_indirect(number) { regs.x[17] } else { number };
            CallFrame { number, args }
        }
    }
}

/// The number in the instruction that made the call. It was just run, so it can be read, unless another thread has unmapped it
/// since: then it is a number that no call has.
fn immediate(regs: &Regs, memory: &dyn Memory) -> u64 {
    let mut bytes = [0; SVC_LEN as usize];
    match memory.read(Addr(regs.pc.wrapping_sub(SVC_LEN)), &mut bytes) {
        Ok(()) => u64::from(u32::from_le_bytes(bytes) >> 5 & 0xffff),
        Err(_) => u64::MAX,
    }
}

/// Puts an answer into the registers.
pub fn answer(os: &Os, regs: &mut Regs, answer: Answer) {
    regs.pstate &= !FLAG_C;
    match answer {
        Ok(Value::One(word)) => [regs.x[0], regs.x[1]] = [word, 0],
        Ok(Value::Two(first, second)) => [regs.x[0], regs.x[1]] = [first, second],
        // The process handles these; nothing is left to say.
        Ok(Value::Resume(_) | Value::Save(_) | Value::ThreadOver) => regs.x[0] = 0,
        Err(fail) => {
            regs.x[0] = u64::from(number_of(os, fail));
            regs.pstate |= FLAG_C;
        }
    }
}

fn number_of(os: &Os, fail: Fail) -> u16 {
    match fail {
        Fail::Linux(errno) if errno == Errno::RESTART => (os.errno)(Errno::EINTR),
        Fail::Linux(errno) => (os.errno)(errno),
        Fail::Own(number) => number,
    }
}

/// Moves back to the call, which was not answered: its words and its number are where they were.
pub fn rewind(regs: &mut Regs) {
    regs.pc = regs.pc.wrapping_sub(SVC_LEN);
}
