//! Rules: each is a row of [`table`], a function from a subject to reports of one diagnosis.

mod codes;
mod entry;
mod memory;
mod system;
pub mod table;

use crate::{Machine, Platform, Subject, Target};
use alloc::vec::Vec;
use ashore_base::Cpu;
use ashore_isa::aarch64::{system::SysReg, walk::Event};
use ashore_report::{Diagnosis, Report};

/// No CPU of this architecture has physical addresses from here on (Arm Architecture Reference Manual, D8.1: at most 56 bits).
const PHYSICAL_END: u64 = 1 << 56;

/// Whether an address of an event can only be one that the program's own tables lead somewhere: what is there no machine says.
fn is_translated(event: &Event, address: u64) -> bool {
    event.before.enabled_mmu && address >= PHYSICAL_END
}

/// Whether the program turns translation on at some time.
fn turns_mmu_on(subject: &Subject<'_>) -> bool {
    subject.start_up().iter().any(|event| event.before.enabled_mmu)
        || subject.written_registers().contains(&SysReg::SCTLR_EL1)
}

/// What a rule needs to know, which is also what it applies to.
#[derive(Clone, Copy)]
pub enum Find {
    /// A machine.
    Machine(fn(&Subject<'_>, &Machine) -> Vec<Report>),
    /// A system.
    System(fn(&Subject<'_>, Platform<'_>) -> Vec<Report>),
    /// Nothing but the program.
    Anywhere(fn(&Subject<'_>) -> Vec<Report>),
}

impl Find {
    /// The words of the documentation.
    pub const fn words(self) -> &'static str {
        match self {
            Find::Machine(_) => "machines",
            Find::System(_) => "systems",
            Find::Anywhere(_) => "all",
        }
    }

    /// Asks the rule; one that needs something else reports nothing.
    pub(crate) fn ask(self, subject: &Subject<'_>, target: Target<'_>) -> Vec<Report> {
        match (self, target) {
            (Find::Machine(find), Target::Machine(machine)) => find(subject, machine),
            (Find::System(find), Target::System(platform)) => find(subject, platform),
            (Find::Anywhere(find), _) => find(subject),
            _ => Vec::new(),
        }
    }
}

/// One rule.
pub struct Rule {
    /// Its name in documents: a letter for the area, a number.
    pub id: &'static str,
    /// What it reports.
    pub diagnosis: &'static Diagnosis,
    /// The CPUs it can read; empty for all.
    pub cpus: &'static [Cpu],
    /// What it looks for, for the documentation.
    pub looks_for: &'static str,
    /// Looks.
    pub find: Find,
}

impl Rule {
    pub(crate) fn applies_to(&self, subject: &Subject<'_>, target: Target<'_>) -> bool {
        let reads_code = self.cpus.is_empty() || self.cpus.contains(&subject.cpu());
        let fits = matches!(
            (self.find, target),
            (Find::Anywhere(_), _) | (Find::Machine(_), Target::Machine(_)) | (Find::System(_), Target::System(_))
        );
        reads_code && fits
    }
}

/// A list for a person: `a`, `a and b`, `a, b and c`.
fn list(names: &[alloc::string::String]) -> alloc::string::String {
    match names {
        [] => alloc::string::String::new(),
        [one] => one.clone(),
        [first @ .., last] => alloc::format!("{} and {last}", first.join(", ")),
    }
}
