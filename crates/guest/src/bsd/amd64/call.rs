//! System calls: number in rax, words in rdi rsi rdx r10 r8 r9 and from [rsp+8] on; the carry flag says
//! that rax is an error number.

use super::Convention;
use crate::{Answer, Args, CallFrame, Fail, Value};
use ashore_base::Addr;
use ashore_isa::x86_64::{FLAG_CARRY, Regs};
use ashore_pivot::{Errno, Memory};

/// `syscall(number, ...)`: the call's number is the first word.
const SYS_SYSCALL: u64 = 0;
/// The same with a 64-bit number.
const SYS___SYSCALL: u64 = 198;
/// The length of the call instruction.
const CALL_LEN: u64 = 2;

/// The most calls with more than six words that a system has.
const WIDE: usize = 8;

/// The numbers of calls with more than six words. All places are compared at once, on every call; number 0, which
/// fills the free ones, is an indirect call.
#[derive(Debug, Clone, Copy)]
pub struct Wide([u16; WIDE]);

impl Wide {
    /// The set of these numbers.
    pub const fn of(numbers: &[u16]) -> Wide {
        let mut places = [0; WIDE];
        let (used, _) = places.split_at_mut(numbers.len());
        used.copy_from_slice(numbers);
        Wide(places)
    }

    /// Whether a call is among them.
    pub fn has(&self, number: u64) -> bool {
        let short = number as u16;
        self.0.iter().fold(false, |hit, one| hit | (*one == short)) && u64::from(short) == number
    }
}

/// Reads the call that the registers hold.
pub fn read(wide: &Wide, regs: &Regs, memory: &dyn Memory) -> CallFrame {
    let number = regs.rax & 0xffff_ffff;
    if is_indirect(number) {
        let [sixth, seventh, eighth] = stack_words(regs, memory);
        let args = [regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9, sixth, seventh, eighth];
        return CallFrame { number: regs.rdi & 0xffff_ffff, args };
    }
    let mut args: Args = [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9, 0, 0];
    if wide.has(number) {
        let [seventh, eighth, _] = stack_words(regs, memory);
        args[6] = seventh;
        args[7] = eighth;
    }
    CallFrame { number, args }
}

fn is_indirect(number: u64) -> bool {
    matches!(number, SYS_SYSCALL | SYS___SYSCALL)
}

/// The three words over the return address. A stack that cannot be read gives zeros: the kernels fail
/// such a call with EFAULT, but only when it has that many words, which is not known here.
fn stack_words(regs: &Regs, memory: &dyn Memory) -> [u64; 3] {
    let mut words = [0; 3];
    for (n, word) in words.iter_mut().enumerate() {
        let mut bytes = [0; 8];
        if memory.read(Addr(regs.rsp).plus(8 + 8 * n as u64), &mut bytes).is_ok() {
            *word = u64::from_le_bytes(bytes);
        }
    }
    words
}

/// Puts an answer into the registers.
pub fn answer(convention: &Convention, regs: &mut Regs, answer: Answer) {
    regs.rflags &= !FLAG_CARRY;
    if convention.zeroes_scratch {
        (regs.r8, regs.r9, regs.r10) = (0, 0, 0);
    }
    match answer {
        Ok(Value::One(word)) => regs.rax = word,
        Ok(Value::Two(first, second)) => (regs.rax, regs.rdx) = (first, second),
        // The process handles these; nothing is left to say.
        Ok(Value::Resume(_) | Value::Save(_) | Value::ThreadOver) => regs.rax = 0,
        Err(fail) => {
            regs.rax = u64::from(number_of(convention, fail));
            regs.rflags |= FLAG_CARRY;
        }
    }
}

fn number_of(convention: &Convention, fail: Fail) -> u16 {
    match fail {
        Fail::Linux(errno) if errno == Errno::RESTART => (convention.os.errno)(Errno::EINTR),
        Fail::Linux(errno) => (convention.os.errno)(errno),
        Fail::Own(number) => number,
    }
}

/// Moves back to the call instruction. An indirect call keeps its own number: its words were not moved.
pub fn rewind(regs: &mut Regs, number: u64) {
    regs.rip = regs.rip.wrapping_sub(CALL_LEN);
    if !is_indirect(regs.rax & 0xffff_ffff) {
        regs.rax = number;
    }
}
