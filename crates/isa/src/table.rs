//! The CPUs whose code tools can change, one row each, and how to lift those that can be translated.

use crate::lift::Lifter;
use crate::{Coder, aarch64, riscv64, x86_64};
use alloc::boxed::Box;
use ashore_base::Cpu;

/// A CPU's row.
struct Row {
    cpu: Cpu,
    coder: &'static dyn Coder,
    lifter: Option<fn() -> Box<dyn Lifter>>,
}

static CPUS: &[Row] = &[
    Row { cpu: Cpu::X86_64, coder: &x86_64::Instructions, lifter: None },
    Row { cpu: Cpu::Aarch64, coder: &aarch64::Instructions, lifter: Some(aarch64::lifter) },
    Row { cpu: Cpu::Riscv64, coder: &riscv64::Instructions, lifter: None },
];

/// The instructions of `cpu`, if tools can change its code.
pub fn coder(cpu: Cpu) -> Option<&'static dyn Coder> {
    Some(CPUS.iter().find(|row| row.cpu == cpu)?.coder)
}

/// What lifts the instructions of `cpu`, if they can be translated. Made by whoever keeps it: it takes some memory.
pub fn lifter(cpu: Cpu) -> Option<Box<dyn Lifter>> {
    let row = CPUS.iter().find(|row| row.cpu == cpu)?;
    Some(row.lifter?())
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
