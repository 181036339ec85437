//! The CPUs whose code tools can change, one row each.

use crate::{Coder, aarch64, riscv64, x86_64};
use ashore_base::Cpu;

/// A CPU's row.
struct Row {
    cpu: Cpu,
    coder: &'static dyn Coder,
}

static CPUS: &[Row] = &[
    Row { cpu: Cpu::X86_64, coder: &x86_64::Instructions },
    Row { cpu: Cpu::Aarch64, coder: &aarch64::Instructions },
    Row { cpu: Cpu::Riscv64, coder: &riscv64::Instructions },
];

/// The instructions of `cpu`, if tools can change its code.
pub fn coder(cpu: Cpu) -> Option<&'static dyn Coder> {
    Some(CPUS.iter().find(|row| row.cpu == cpu)?.coder)
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
