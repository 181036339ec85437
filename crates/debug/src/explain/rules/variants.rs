//! Functions whose variant is chosen when the program starts.

use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_report::table as row;

/// A call went through a slot that nobody has filled.
pub(super) fn unchosen(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fetched()?;
    let back = evidence.came_from()?;
    let program = evidence.programs.iter().find(|program| program.is_code(back))?;
    let slot = program.slot_of_call(&evidence.regs, evidence.memory, back)?;
    if evidence.word(slot.at) != Some(at.0) {
        return None;
    }
    let from = evidence.spot(Addr(back.0.saturating_sub(1))).unwrap_or_else(|| format!("the code at {back}"));
    let chooser = evidence.name(slot.chooser).unwrap_or_else(|| slot.chooser.to_string());
    let cause = format!(
        "{from} called a function whose variant {chooser} is to choose, and nobody has asked it: it went to {at}"
    );
    Some(
        Verdict::new(&row::DIED_UNCHOSEN, Confidence::Certain, cause)
            .because(format!("the slot at {} still holds {at}; an IRELATIVE relocation is to fill it", slot.at)),
    )
}
