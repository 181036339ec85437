//! Values that were in a register before a call, and were not behind it.

use super::super::code::{Class, Instruction};
use super::super::evidence::{Call, Deed, Evidence};
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_isa::Facts;
use ashore_isa::facts::{Changed as Lost, Leaves};
use ashore_report::table as row;

/// Calls that make a child.
const FORKS: &[&str] = &["fork", "vfork", "vfork14", "rfork", "clone", "clone3", "pdfork"];
/// Calls of the BSDs with a second result.
const TWO_RESULTS: &[&str] = &["fork", "vfork", "vfork14", "rfork", "pipe", "clone", "pdfork"];

/// The second results of calls are descriptors, or 0 and 1 that tell child from parent.
const FD_MAX: u64 = 0xffff;

/// The whole register's name.
fn name(lost: &Lost) -> &'static str {
    lost.names.first().copied().unwrap_or_default()
}

/// Those that this call changed.
fn changed(evidence: &Evidence<'_>, call: &Call) -> Vec<&'static Lost> {
    let has_two = evidence.os.name != "linux" && call.is_any(TWO_RESULTS);
    let is_it = |lost: &&Lost| has_two || lost.leaves != Leaves::SecondResult;
    evidence.facts().changed.iter().filter(is_it).collect()
}

/// The thread's last call, and the address behind it.
fn last_call<'a>(evidence: &'a Evidence<'_>) -> Option<(Addr, &'a Call)> {
    evidence.steps().iter().rev().find_map(|step| match &step.deed {
        Deed::Call(call) => Some((step.at, call)),
        Deed::Signal(_) => None,
    })
}

/// Whether an instruction may change a register.
fn may_change(facts: &Facts, instruction: &Instruction, names: &[&str]) -> bool {
    let (word, operands) = instruction.text.split_once(' ').unwrap_or((&instruction.text, ""));
    let first = operands.split(',').next().unwrap_or_default().trim();
    let is_straight = matches!(instruction.class, Class::Plain | Class::Branch);
    !is_straight || facts.hidden.contains(&word) || (names.contains(&first) && !facts.reading.contains(&word))
}

/// Whether no instruction from `from` to the one that it stopped at changes a register.
pub(super) fn is_untouched(evidence: &Evidence<'_>, from: Addr, names: &[&str]) -> bool {
    let at = evidence.pc();
    let starts = from == at || evidence.before.iter().any(|instruction| instruction.at == from);
    let mut between = evidence.before.iter().filter(|instruction| instruction.at >= from);
    starts && !between.any(|instruction| may_change(evidence.facts(), instruction, names))
}

/// It uses as a pointer what a call left in a register.
pub(super) fn lost(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault_address().or_else(|| evidence.is_refused().then_some(Addr(0)))?;
    let (behind, call) = last_call(evidence)?;
    let accesses = &evidence.instruction.as_ref()?.accesses;
    let left = |lost: &Lost, value: u64| match lost.leaves {
        Leaves::PlaceOfCall => value == behind.0,
        Leaves::Flags { may, always } => value & !may == 0 && value & always == always,
        Leaves::SecondResult => value <= FD_MAX,
    };
    let used = |lost: &&Lost| {
        let mut registers = accesses.iter().flat_map(|access| &access.formula.registers);
        registers.any(|(found, value)| *found == name(lost) && left(lost, *value))
    };
    let lost = changed(evidence, call).into_iter().find(used)?;
    if !is_untouched(evidence, behind, lost.names) {
        return None;
    }
    let (place, name) = (evidence.place(), name(lost));
    let cause = format!(
        "{place} kept a pointer in {name} across the call {}, which changes that register: {}",
        call.name, lost.holds
    );
    let access = accesses.first().map(ToString::to_string).unwrap_or_default();
    Some(Verdict::new(&row::DIED_LOST_REGISTER, Confidence::Certain, cause).because(access).because(call.line.clone()))
}

/// It returned from a fork by a register that the call changed.
pub(super) fn fork_return(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fetched().filter(|_| evidence.has_returned())?;
    let (_, call) = last_call(evidence).filter(|(_, call)| call.is_any(FORKS) && call.errno().is_none())?;
    let value = |lost: &Lost| evidence.regs.get(name(lost));
    let lost = changed(evidence, call).into_iter().find(|lost| value(lost) == Some(at.0))?;
    let (name, from) = (name(lost), &call.name);
    let cause = format!(
        "it returned from {from} to {at}: its return address was kept in {name}, which the call changes ({})",
        lost.holds
    );
    Some(Verdict::new(&row::DIED_AFTER_FORK, Confidence::Certain, cause).because(call.line.clone()))
}
