//! Code that goes on where it must not.

use super::super::code::Class;
use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_report::table as row;

/// The functions that a compiler's check of the stack ends in.
const STACK_CHECKS: [&str; 2] = ["__stack_chk_fail", "__stack_chk_fail_local"];

/// A return address was overwritten.
pub(super) fn smashed(evidence: &Evidence<'_>) -> Option<Verdict> {
    if let Some(verdict) = checked(evidence) {
        return Some(verdict);
    }
    let is_return = evidence.class() == Some(Class::Return) && evidence.is_refused();
    if !is_return && (!evidence.has_returned() || evidence.came_from().is_some()) {
        return None;
    }
    let value = if is_return { evidence.word(evidence.sp())? } else { evidence.regs.pc() };
    let bytes = value.to_le_bytes();
    let is_text = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let what = match is_text {
        true => format!("the text `{}`", String::from_utf8_lossy(&bytes).escape_debug()),
        false => format!("{value:#x}"),
    };
    let who = if is_return { evidence.place() } else { "a function".to_owned() };
    let sure = if is_return { Confidence::Certain } else { Confidence::Likely };
    let cause = format!(
        "{who} returned to {what}: its return address was overwritten, by an array on the stack that is too small"
    );
    Some(Verdict::new(&row::DIED_SMASHED, sure, cause))
}

/// The compiler's own check found it.
fn checked(evidence: &Evidence<'_>) -> Option<Verdict> {
    let frames: Vec<_> = evidence.backtrace()?.rows.iter().flat_map(|row| &row.frames).take(4).collect();
    let is_check = |function: &str| STACK_CHECKS.contains(&function);
    let has_check = |frame: &&&super::super::code::Frame| {
        frame.spots.iter().any(|spot| spot.function.as_deref().is_some_and(is_check))
    };
    let check = frames.iter().position(|frame| has_check(&frame))?;
    let caller = frames.get(check + 1)?;
    let who = evidence.spot(Addr(caller.pc.0.saturating_sub(1)))?;
    let cause = format!("{who} wrote past an array on its stack: the compiler's check found it before the return");
    Some(Verdict::new(&row::DIED_SMASHED, Confidence::Certain, cause))
}

/// A call or jump to where nothing is.
pub(super) fn wild(evidence: &Evidence<'_>) -> Option<Verdict> {
    let (at, from) = match evidence.fetched() {
        Some(at) => (at, evidence.called_from()),
        None => {
            let is_call = matches!(evidence.class(), Some(Class::Call | Class::Jump)) && evidence.is_refused();
            let target = evidence.instruction.as_ref()?.target.filter(|_| is_call)?;
            (target, Some(evidence.place()))
        }
    };
    if evidence.region(at).is_some() || at.0 < 0x1_0000 {
        return None;
    }
    let owner = evidence.owner(at);
    let cause = match from {
        Some(from) => format!("{from} called through a pointer that is no function: {at}, {}", owner.text),
        None => format!("it jumped to {at}, where no code is: {}", owner.text),
    };
    Some(Verdict::new(&row::DIED_WILD_CALL, Confidence::Likely, cause))
}
