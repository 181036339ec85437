//! Faults at an address.

use super::super::code::{OwnerKind, Way};
use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_report::table as row;

/// A push or a probe reaches so far below the stack pointer.
const BELOW: u64 = 0x1_0000;
/// So near the end of a stack there is none left.
const STACK_END: u64 = 0x2000;

/// The stack's end was reached.
pub(super) fn stack_overflow(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    let sp = evidence.regs.rsp;
    let is_near = at.0 < sp.saturating_add(BELOW) && sp < at.0.saturating_add(BELOW);
    let stack = evidence.stacks.iter().find(|stack| {
        let low = stack.range.start.0;
        at.0 < low.saturating_add(STACK_END) && at.0 >= low.saturating_sub(BELOW * 16)
    });
    let is_guard = evidence.owner(at).kind == OwnerKind::StackGuard;
    if !is_near || (stack.is_none() && !is_guard) {
        return None;
    }
    let name = stack.map_or_else(|| "a thread's stack".to_owned(), |stack| format!("the {}", stack.name));
    let size = stack.map_or_else(String::new, |stack| format!(" of {} KiB", stack.range.len() >> 10));
    let cause = format!("it ran out of stack: {name}{size} is used up");
    let verdict = Verdict::new(&row::DIED_STACK_OVERFLOW, Confidence::Certain, cause);
    Some(verdict.because(format!("the fault is at {at}, the stack pointer at {sp:#x}")))
}

/// A null pointer.
pub(super) fn null_pointer(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    if evidence.owner(at).kind != OwnerKind::NullPage {
        return None;
    }
    let place = evidence.place();
    if evidence.regs.rip == at.0 {
        let caller = evidence.word(Addr(evidence.regs.rsp)).map(Addr);
        let caller = caller.and_then(|caller| evidence.name(caller));
        let by = caller.map_or_else(String::new, |name| format!(" from {name}"));
        let cause = format!("it called a function through a null pointer{by}");
        return Some(Verdict::new(&row::DIED_NULL, Confidence::Certain, cause));
    }
    let access = evidence.instruction.as_ref().and_then(|instruction| instruction.access_for(at))?;
    let does = match access.way {
        Way::Store | Way::Both => "wrote to",
        Way::Load | Way::Hint => "read",
    };
    let field = if at.0 == 0 { String::new() } else { format!(", {at} bytes behind it") };
    let cause = format!("{place} {does} memory through a null pointer{field}");
    Some(Verdict::new(&row::DIED_NULL, Confidence::Certain, cause).because(access.to_string()))
}

/// Nothing is there.
pub(super) fn unmapped(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    let owner = evidence.owner(at);
    if owner.kind != OwnerKind::Unmapped {
        return None;
    }
    let place = evidence.place();
    let cause = format!("{place} used the address {at}, where nothing is");
    Some(Verdict::new(&row::DIED_UNMAPPED, Confidence::Likely, cause).because(owner.text))
}
