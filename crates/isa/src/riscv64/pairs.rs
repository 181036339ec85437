//! Places that name an address with two instructions: `auipc` and `jalr` or `addi`, `lui` and `addi`.
//!
//! The halves are found by following the register through straight code. `auipc` and a load is a slot that holds an address,
//! not an address, and not reported; nor are distances from the global pointer, which reach no code.

use super::effects::effect;
use super::words::{Instruction, instructions, opcode, short_upper};
use crate::code::{OtherUse, Pair, Search};
use crate::{Code, CodeRef, RefKind};
use alloc::vec::Vec;
use ashore_base::Addr;

/// How many instructions behind the first are looked at.
const WINDOW: usize = 16;

/// The first instruction of a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum First {
    /// `auipc`: what is in its register.
    Distance(u64),
    /// `lui` and `c.lui`: what is in its register.
    Constant(u64),
}

impl First {
    /// What `one` is.
    pub(super) fn of(one: Instruction) -> Option<First> {
        match one.opcode() {
            // Without a register it marks a landing pad.
            opcode::AUIPC if one.rd() != 0 => Some(First::Distance(one.at.0.wrapping_add(one.upper()))),
            opcode::LUI if one.rd() != 0 => Some(First::Constant(one.upper())),
            _ => short_upper(one).map(First::Constant),
        }
    }

    /// How `one` names an address with what is in `register`, and which.
    pub(super) fn with(self, one: Instruction, register: u32) -> Option<(RefKind, Addr)> {
        let from = one.size == 4 && one.rs1() == register && one.function() == 0;
        let kind = match (one.opcode(), self) {
            _ if !from => return None,
            (opcode::JALR, First::Distance(_)) if one.rd() == 0 => RefKind::Jump,
            (opcode::JALR, First::Distance(_)) => RefKind::Call,
            (opcode::ADD_CONSTANT, First::Distance(_)) => RefKind::Address,
            (opcode::ADD_CONSTANT | opcode::ADD_CONSTANT_W, First::Constant(_)) => RefKind::Constant,
            _ => return None,
        };
        let (First::Distance(upper) | First::Constant(upper)) = self;
        let value = upper.wrapping_add(one.lower());
        let narrow = one.opcode() == opcode::ADD_CONSTANT_W;
        Some((kind, Addr(if narrow { i64::from(value as i32) as u64 } else { value })))
    }
}

/// The places that name a target starting with `one`.
pub(super) fn find(search: &Search<'_>, one: Instruction, found: &mut Vec<CodeRef>) {
    let Some(first) = First::of(one) else { return };
    let (First::Distance(upper) | First::Constant(upper)) = first;
    let last = Addr(search.targets.end.0.wrapping_sub(1));
    // What a lower half can add is less than a page either way; upper halves that wrap are looked at closer.
    let far = upper.saturating_add(0xfff) < search.targets.start.0 || upper.saturating_sub(0xfff) > last.0;
    if far && upper.checked_add(0xfff).is_some() && upper >= 0xfff {
        return;
    }
    let end = (search.function_at)(one.at).map(|function| function.end);
    for second in instructions(search.code, one.next()).take(WINDOW) {
        if end.is_some_and(|end| second.at >= end) {
            return;
        }
        if let Some((kind, target)) = first.with(second, one.rd()).filter(|&(_, at)| search.targets.contains(at)) {
            found.push(CodeRef { at: one.at, second: Some(second.at), kind, target });
        }
        if !effect(second).keeps(one.rd()) {
            return;
        }
    }
}

/// Why what the first instruction of a pair, at `at`, makes cannot be changed for `second` alone, if something else uses it.
pub(super) fn other_use(code: Code<'_>, at: Addr, second: Addr) -> Option<&'static str> {
    const SHARED: &str = "another instruction uses what the first of the pair makes";
    const UNKNOWN: &str = "the register of the pair may still be used behind a branch";
    /// Registers a call may change (ra, t0 to t6, a0 to a7).
    const SCRATCH: u32 = 0xf003_fce2;
    let mut behind = instructions(code, at);
    let pair = Pair { second, register: behind.next()?.rd(), scratch: SCRATCH };
    match pair.other_use(behind.map(|one| (one.at, effect(one))))? {
        OtherUse::Seen => Some(SHARED),
        OtherUse::Unknown => Some(UNKNOWN),
    }
}
