//! Every guest system and the CPUs it runs on.

#[cfg(test)]
mod tests;

use crate::{Abi, Os};
use ashore_base::{Addr, Cpu};
use ashore_isa::{Registers, aarch64, x86_64};
use ashore_pivot::{Errno, Memory};

/// A guest system on the CPUs Ashore knows.
pub struct Guest {
    /// The system, as it is on x86-64: on another CPU its convention says which it is.
    pub os: &'static Os,
    /// Its convention on x86-64.
    pub x86_64: Option<&'static dyn Abi<x86_64::Regs>>,
    /// Its convention on AArch64.
    pub aarch64: Option<&'static dyn Abi<aarch64::Regs>>,
}

/// The systems.
pub static GUESTS: &[Guest] = &[
    Guest { os: &crate::linux::OS, x86_64: Some(&crate::linux::AMD64), aarch64: Some(&crate::linux::ARM64) },
    Guest { os: &crate::dragonfly::OS, x86_64: Some(&crate::dragonfly::AMD64), aarch64: None },
    Guest { os: &crate::freebsd::OS, x86_64: Some(&crate::freebsd::AMD64), aarch64: Some(&crate::freebsd::ARM64) },
    Guest { os: &crate::netbsd::OS, x86_64: Some(&crate::netbsd::AMD64), aarch64: Some(&crate::netbsd::ARM64) },
];

impl Guest {
    /// The system as it is on a CPU.
    pub fn on(&self, cpu: Cpu) -> Option<&'static Os> {
        match cpu {
            Cpu::X86_64 => Some(self.x86_64?.os()),
            Cpu::Aarch64 => Some(self.aarch64?.os()),
            Cpu::Riscv64 => None,
        }
    }

    /// Takes back the registers from the context of a handler, on whichever CPU.
    pub fn resume(&self, regs: &mut Registers, context: Addr, memory: &dyn Memory) -> Result<(), Errno> {
        let resumed = match regs {
            Registers::X86_64(regs) => self.x86_64.ok_or(Errno::ENOSYS)?.resume(regs, context, memory),
            Registers::Aarch64(regs) => self.aarch64.ok_or(Errno::ENOSYS)?.resume(regs, context, memory),
        };
        resumed.map(|_| ())
    }
}

/// The system of this name.
pub fn by_name(name: &str) -> Option<&'static Guest> {
    GUESTS.iter().find(|guest| guest.os.name == name)
}
