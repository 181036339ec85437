//! Values that were in a register before a call, and were not behind it.

use super::super::code::{Class, Instruction};
use super::super::evidence::{Call, Deed, Evidence};
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_report::table as row;

/// Calls that make a child.
const FORKS: &[&str] = &["fork", "vfork", "vfork14", "rfork", "clone", "clone3", "pdfork"];
/// Calls of the BSDs with a second result.
const TWO_RESULTS: &[&str] = &["fork", "vfork", "vfork14", "rfork", "pipe", "clone", "pdfork"];
/// Instructions that change registers which they do not name.
const HIDDEN: &[&str] =
    &["mul", "imul", "div", "idiv", "cdq", "cqo", "cpuid", "rdtsc", "rep", "loop", "xchg", "syscall"];
/// Instructions whose first operand stays as it is.
const READING: &[&str] = &["cmp", "test", "push", "bt"];

/// The bits that flags have, and the one that is always set.
const FLAG_BITS: u64 = 0x3f_7fd7;
const FLAGS_FIXED: u64 = 2;
/// The second results of calls are descriptors, or 0 and 1 that tell child from parent.
const FD_MAX: u64 = 0xffff;

/// A register that a call changes: its names, and what the call leaves there.
struct Lost {
    names: [&'static str; 4],
    holds: &'static str,
}

static COUNTER: Lost =
    Lost { names: ["rcx", "ecx", "cx", "cl"], holds: "the CPU puts the address behind the call there" };
static FLAGS: Lost = Lost { names: ["r11", "r11d", "r11w", "r11b"], holds: "the CPU puts its flags there" };
static SECOND: Lost = Lost { names: ["rdx", "edx", "dx", "dl"], holds: "its second result is there" };

impl Lost {
    fn name(&self) -> &'static str {
        self.names[0]
    }
}

/// Those that this call changed.
fn changed(evidence: &Evidence<'_>, call: &Call) -> Vec<&'static Lost> {
    let has_two = evidence.os.name != "linux" && call.is_any(TWO_RESULTS);
    [&COUNTER, &FLAGS].into_iter().chain(has_two.then_some(&SECOND)).collect()
}

/// The thread's last call, and the address behind it.
fn last_call<'a>(evidence: &'a Evidence<'_>) -> Option<(Addr, &'a Call)> {
    evidence.steps().iter().rev().find_map(|step| match &step.deed {
        Deed::Call(call) => Some((step.at, call)),
        Deed::Signal(_) => None,
    })
}

/// Whether an instruction may change a register.
fn may_change(instruction: &Instruction, names: &[&str]) -> bool {
    let (word, operands) = instruction.text.split_once(' ').unwrap_or((&instruction.text, ""));
    let first = operands.split(',').next().unwrap_or_default().trim();
    let is_straight = matches!(instruction.class, Class::Plain | Class::Branch);
    !is_straight || HIDDEN.contains(&word) || (names.contains(&first) && !READING.contains(&word))
}

/// Whether no instruction from `from` to the one that it stopped at changes a register.
pub(super) fn is_untouched(evidence: &Evidence<'_>, from: Addr, names: &[&str]) -> bool {
    let at = Addr(evidence.regs.rip);
    let starts = from == at || evidence.before.iter().any(|instruction| instruction.at == from);
    let mut between = evidence.before.iter().filter(|instruction| instruction.at >= from);
    starts && !between.any(|instruction| may_change(instruction, names))
}

/// It uses as a pointer what a call left in a register.
pub(super) fn lost(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault_address().or_else(|| evidence.is_refused().then_some(Addr(0)))?;
    let (behind, call) = last_call(evidence)?;
    let accesses = &evidence.instruction.as_ref()?.accesses;
    let left = |lost: &Lost, value: u64| match lost.name() {
        "rcx" => value == behind.0,
        "r11" => value & !FLAG_BITS == 0 && value & FLAGS_FIXED != 0,
        _ => value <= FD_MAX,
    };
    let used = |lost: &&Lost| {
        let mut registers = accesses.iter().flat_map(|access| &access.formula.registers);
        registers.any(|(name, value)| *name == lost.name() && left(lost, *value))
    };
    let lost = changed(evidence, call).into_iter().find(used)?;
    if !is_untouched(evidence, behind, &lost.names) {
        return None;
    }
    let (place, name) = (evidence.place(), lost.name());
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
    let regs = &evidence.regs;
    let value = |lost: &Lost| match lost.name() {
        "rcx" => regs.rcx,
        "r11" => regs.r11,
        _ => regs.rdx,
    };
    let lost = changed(evidence, call).into_iter().find(|lost| value(lost) == at.0)?;
    let (name, from) = (lost.name(), &call.name);
    let cause = format!(
        "it returned from {from} to {at}: its return address was kept in {name}, which the call changes ({})",
        lost.holds
    );
    Some(Verdict::new(&row::DIED_AFTER_FORK, Confidence::Certain, cause).because(call.line.clone()))
}
