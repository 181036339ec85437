//! Ends that a call explains.

use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_report::table as row;

/// Deliberate crashes store to addresses below this.
const PURPOSE_MAX: u64 = 0x1_0000;

/// A constant was stored to the address of the same number.
pub(super) fn deliberate_abort(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    let instruction = evidence.instruction.as_ref()?;
    if instruction.constant != Some(at.0) || at.0 == 0 || at.0 >= PURPOSE_MAX {
        return None;
    }
    let failed = evidence.calls().next().filter(|call| call.errno().is_some());
    let verdict = match failed {
        Some(call) => {
            let cause = format!("it crashed on purpose because a call failed: {}", call.line);
            Verdict::new(&row::DIED_ON_PURPOSE, Confidence::Certain, cause)
        }
        None => {
            let cause = format!("it crashed on purpose, by storing {at} to the address {at}");
            Verdict::new(&row::DIED_ON_PURPOSE, Confidence::Likely, cause)
        }
    };
    Some(verdict.because(format!("{} stores a number to the address of the same number", instruction.text)))
}
