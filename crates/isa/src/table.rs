//! The CPUs whose code tools can change, one row each, and how to lift those that can be translated.

use crate::lift::{Habit, Hidden, Lifter, Part};
use crate::{Coder, Facts, Meanings, Texts, aarch64, riscv64, x86_64};
use alloc::boxed::Box;
use alloc::vec::Vec;
use ashore_base::Cpu;

/// A CPU's row.
struct Row {
    cpu: Cpu,
    coder: &'static dyn Coder,
    facts: &'static Facts,
    lifter: Option<Lifts>,
    texts: Option<fn() -> Box<dyn Texts>>,
    meanings: Option<fn() -> Box<dyn Meanings>>,
}

/// How a CPU's instructions are lifted: what makes the lifter, and which parts it may be made without.
struct Lifts {
    make: fn(Hidden) -> Box<dyn Lifter>,
    parts: fn() -> Vec<Part>,
    habit: fn(&[u8]) -> Habit,
}

const AARCH64: Lifts = Lifts { make: aarch64::lifter, parts: aarch64::parts, habit: aarch64::habit_of };

static CPUS: &[Row] = &[
    Row {
        cpu: Cpu::X86_64,
        coder: &x86_64::Instructions,
        facts: &x86_64::FACTS,
        lifter: None,
        texts: Some(|| Box::new(x86_64::Reader)),
        meanings: Some(|| Box::new(x86_64::Means)),
    },
    Row {
        cpu: Cpu::Aarch64,
        coder: &aarch64::Instructions,
        facts: &aarch64::FACTS,
        lifter: Some(AARCH64),
        texts: Some(aarch64::texts),
        meanings: Some(aarch64::meanings),
    },
    Row {
        cpu: Cpu::Riscv64,
        coder: &riscv64::Instructions,
        facts: &riscv64::FACTS,
        lifter: None,
        texts: None,
        meanings: None,
    },
];

/// The instructions of `cpu`, if tools can change its code.
pub fn coder(cpu: Cpu) -> Option<&'static dyn Coder> {
    Some(CPUS.iter().find(|row| row.cpu == cpu)?.coder)
}

/// Which registers a program of `cpu` prefers, by some of its code.
pub fn habit(cpu: Cpu, code: &[u8]) -> Habit {
    let lifts = CPUS.iter().find(|row| row.cpu == cpu).and_then(|row| row.lifter.as_ref());
    lifts.map_or(Habit::default(), |lifts| (lifts.habit)(code))
}

/// What lifts the instructions of `cpu`, if they can be translated. Made by whoever keeps it: it takes some memory.
pub fn lifter(cpu: Cpu) -> Option<Box<dyn Lifter>> {
    lifter_without(cpu, Hidden::default())
}

/// The same for a CPU that lacks parts.
pub fn lifter_without(cpu: Cpu, hidden: Hidden) -> Option<Box<dyn Lifter>> {
    let row = CPUS.iter().find(|row| row.cpu == cpu)?;
    Some((row.lifter.as_ref()?.make)(hidden))
}

/// What says the instructions of `cpu`, if they have texts. Made by whoever keeps it.
pub fn texts(cpu: Cpu) -> Option<Box<dyn Texts>> {
    Some(CPUS.iter().find(|row| row.cpu == cpu)?.texts?())
}

/// What is known of `cpu`.
pub fn facts_of(cpu: Cpu) -> &'static Facts {
    CPUS.iter().find(|row| row.cpu == cpu).map_or(&x86_64::FACTS, |row| row.facts)
}

/// What says what the instructions of `cpu` do, if anybody knows. Made by whoever keeps it.
pub fn meanings(cpu: Cpu) -> Option<Box<dyn Meanings>> {
    Some(CPUS.iter().find(|row| row.cpu == cpu)?.meanings?())
}

/// The parts that can be hidden of CPUs that can be translated.
pub fn parts(cpu: Cpu) -> Vec<Part> {
    let lifts = CPUS.iter().find(|row| row.cpu == cpu).and_then(|row| row.lifter.as_ref());
    lifts.map_or_else(Vec::new, |lifts| (lifts.parts)())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cpu_has_one_row() {
        for &cpu in Cpu::ALL {
            assert_eq!(CPUS.iter().filter(|row| row.cpu == cpu).count(), 1, "{cpu}");
        }
    }
}
