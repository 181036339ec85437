//! The instruction at an address: its text, and which memory it reaches with the registers as they are.
//!
//! The text shows what the file has, not what an engine wrote over it. What it does is the CPU's own to tell.

use super::Program;
use ashore_base::Addr;
use ashore_isa::Registers;
pub use ashore_isa::meaning::{Access, Class, Formula, Instruction, Role, Way};
use ashore_pivot::Memory;

/// The longest instruction of any CPU, in bytes.
const LEN_MAX: usize = 15;
/// How far back the instructions before one are looked for, in bytes: functions can be long.
const BACK_MAX: u64 = 1 << 20;

/// The instruction at `at`, its operands resolved by `regs`. None when there is nothing to fetch.
pub fn instruction_at(program: &Program<'_>, regs: &Registers, memory: &dyn Memory, at: Addr) -> Option<Instruction> {
    let bytes = bytes_at(program, memory, at)?;
    let mut found = decode(program, &bytes, at)?;
    if let Some(meanings) = program.meanings() {
        meanings.resolve(&mut found, regs, &|at, into| memory.read(at, into).is_ok());
    }
    Some(found)
}

fn decode(program: &Program<'_>, bytes: &[u8], at: Addr) -> Option<Instruction> {
    match program.meanings() {
        Some(meanings) => meanings.read(at, bytes),
        None => Some(Instruction::unread(bytes.get(..1)?, at)),
    }
}

/// The `count` instructions before `at`, in the order of memory. They are found from the start of the function; where it is
/// not known there are none. Their operands are not resolved: the registers have changed since.
pub fn before(program: &Program<'_>, memory: &dyn Memory, at: Addr, count: usize) -> Vec<Instruction> {
    let Some(function) = program.function(at).filter(|function| at.0 - function.start.0 <= BACK_MAX) else {
        return Vec::new();
    };
    let mut found = std::collections::VecDeque::with_capacity(count.min(64).saturating_add(1));
    let mut next = function.start;
    // Where all are of one length, those too far back need not be read.
    let facts = program.facts();
    if facts.len_max as u64 == *facts.call_lens.start() {
        let back = (count as u64).saturating_mul(facts.len_max as u64);
        next = next.max(at.minus(back.min(at.0 - next.0)));
    }
    while next < at {
        let bytes = bytes_at(program, memory, next).unwrap_or_default();
        let Some(instruction) = decode(program, &bytes, next) else { break };
        next = next.plus(instruction.bytes.len().max(1) as u64);
        found.push_back(instruction);
        if found.len() > count {
            found.pop_front();
        }
    }
    // A walk that does not end at the address has lost its way: filler, or data among the code.
    if next == at { found.into() } else { Vec::new() }
}

/// The call that ends right before `at`, which may then be a return address.
pub(super) fn call_before(program: &Program<'_>, memory: &dyn Memory, at: Addr) -> Option<Instruction> {
    program.facts().call_lens.clone().find_map(|len| {
        let start = at.minus(len);
        let bytes = bytes_at(program, memory, start).filter(|_| program.is_code(start))?;
        let found = decode(program, &bytes, start)?;
        (found.class == Class::Call && found.bytes.len() as u64 == len).then_some(found)
    })
}

/// The bytes at `at`: the file's where the program cannot have changed them, else memory's, as many as there are.
pub(super) fn bytes_at(program: &Program<'_>, memory: &dyn Memory, at: Addr) -> Option<Vec<u8>> {
    if let Some(bytes) = program.original(at).filter(|bytes| !bytes.is_empty()) {
        return Some(bytes.get(..LEN_MAX).unwrap_or(bytes).to_vec());
    }
    (1..=LEN_MAX).rev().find_map(|len| {
        let mut bytes = vec![0; len];
        memory.read(at, &mut bytes).ok().map(|()| bytes)
    })
}

impl Program<'_> {
    /// Whether a call ends right before `at`, which may then be a return address.
    pub fn is_behind_call(&self, memory: &dyn Memory, at: Addr) -> bool {
        call_before(self, memory, at).is_some()
    }
}
