//! Stacks that are used up.

use super::super::code::{OwnerKind, Row};
use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_base::{Addr, AddrRange};
use ashore_report::table as row;

/// A push or a probe reaches so far below the stack pointer.
const BELOW: u64 = 0x1_0000;
/// So near the end of a stack there is none left.
const STACK_END: u64 = 0x2000;
/// So far below its stack the stack pointer of a function with a great array may be.
const FAR_BELOW: u64 = 1 << 32;
/// So often nothing recurs that is meant to end.
const OFTEN: u64 = 100;
/// A frame of more bytes is worth a word.
const BIG: u64 = 256 << 10;

/// The stack's end was reached.
pub(super) fn overflow(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    let sp = evidence.regs.sp();
    let is_near = at.0 < sp.saturating_add(BELOW) && sp < at.0.saturating_add(BELOW);
    let owner = evidence.owner(at);
    let reach = if is_near { BELOW * 16 } else { 0 };
    let stack = evidence.stacks.iter().find(|stack| {
        let low = stack.range.start.0;
        at.0 < low.saturating_add(STACK_END) && at.0 >= low.saturating_sub(FAR_BELOW)
    });
    let is_guard = matches!(owner.kind, OwnerKind::StackGuard | OwnerKind::Guard);
    // With an array that is greater than the stack, the stack pointer itself has left it; its caller's is still there.
    let caller = evidence.backtrace().and_then(|trace| trace.rows.iter().flat_map(|row| &row.frames).nth(1));
    let home = caller.and_then(|caller| evidence.region(caller.sp)).map(|region| region.range);
    let has_left = home.is_some_and(|home| sp < home.start.0 && at < home.start && at.0 >= sp.saturating_sub(BELOW));
    let is_beside = stack.is_some_and(|stack| at.0 >= stack.range.start.0.saturating_sub(reach));
    if !(is_near && (is_beside || is_guard) || has_left) {
        return None;
    }
    let is_home = |range: AddrRange| home.is_some_and(|home| home.contains(range.start));
    let stack = stack.filter(|stack| if has_left { is_home(stack.range) } else { is_beside });
    let thread = evidence.threads.first().map_or(0, |thread| thread.id);
    let name = stack.map_or_else(|| format!("the stack of thread {thread}"), |stack| format!("the {}", stack.name));
    // A thread's stack is the mapping above its guard.
    let guard = owner.region.filter(|_| is_guard).and_then(|guard| evidence.region(guard.range.end));
    let range = stack.map(|stack| stack.range).or(guard.map(|region| region.range)).or(home);
    let size = range.map_or_else(String::new, |range| format!(" of {} KiB", range.len() >> 10));
    let why = reason(evidence);
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let cause = format!("it ran out of stack, {name}{size} is used up{why}");
    let verdict = Verdict::new(&row::DIED_STACK_OVERFLOW, Confidence::Certain, cause);
    Some(verdict.because(format!("the fault is at {at}, the stack pointer at {sp:#x}")))
}

/// Who used it up.
fn reason(evidence: &Evidence<'_>) -> Option<String> {
    let trace = evidence.backtrace()?;
    if let Some(row) = trace.recursion().filter(|row| row.times >= OFTEN) {
        let names = names(evidence, row);
        return Some(match names.as_slice() {
            [one] => format!("{one} called itself {} times", row.times),
            many => format!("{} called each other {} times", many.join(" and "), row.times),
        });
    }
    let frames: Vec<_> = trace.rows.iter().flat_map(|row| &row.frames).take(16).collect();
    let pairs = frames.iter().zip(frames.iter().skip(1));
    let sizes = pairs.map(|(frame, caller)| (caller.sp.0.saturating_sub(frame.sp.0), frame));
    let (size, frame) = sizes.max_by_key(|(size, _)| *size).filter(|(size, _)| *size >= BIG)?;
    let function = evidence.spot(frame.pc)?;
    Some(format!("{function} has {} KiB of variables", size >> 10))
}

fn names(evidence: &Evidence<'_>, row: &Row) -> Vec<String> {
    row.frames.iter().filter_map(|frame| evidence.spot(Addr(frame.pc.0.saturating_sub(1)))).collect()
}
