//! Faults at an address.

use super::super::code::{OwnerKind, Way};
use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use super::instructions::heap_damaged;
use ashore_report::table as row;

/// A null pointer.
pub(super) fn null_pointer(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    if evidence.owner(at).kind != OwnerKind::NullPage {
        return None;
    }
    let place = evidence.place();
    if evidence.fetched().is_some() {
        // Zeros over a return address look the same but for the stack.
        if evidence.has_returned() && evidence.came_from().is_none() {
            return None;
        }
        let by = evidence.called_from().unwrap_or_else(|| "it".to_owned());
        let cause = format!("{by} called a function through a null pointer");
        return Some(Verdict::new(&row::DIED_NULL, Confidence::Certain, cause));
    }
    // A C library's way to stop.
    if heap_damaged(evidence).is_some() {
        return None;
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
