//! Instructions that the CPU refuses.

use super::super::code::Class;
use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_pivot::Signal;
use ashore_report::table as row;

/// An integer division.
pub(super) fn divided(evidence: &Evidence<'_>) -> Option<Verdict> {
    let fault = evidence.fault().filter(|fault| fault.signal == Signal::FPE)?;
    let instruction = evidence.instruction.as_ref().filter(|instruction| instruction.class == Class::Divide)?;
    let place = evidence.place();
    let cause = match instruction.divisor {
        Some(0) => format!("{place} divided by zero"),
        Some(divisor) => format!("{place} divided by {divisor}, and the result does not fit"),
        None => format!("{place} divided, and the CPU refused"),
    };
    let verdict = Verdict::new(&row::DIED_DIVIDING, Confidence::Certain, cause);
    Some(verdict.because(format!("{} (code {})", instruction.text, fault.code)))
}
