//! General registers, by position and by name.

use super::table::{self, Layout};
use alloc::{vec, vec::Vec};
use ashore_base::{Addr, Bytes, Cpu};

/// The general registers of a thread, in the order of Linux's `struct user_regs_struct` (x86-64, RISC-V) or
/// `struct user_pt_regs` (AArch64).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registers {
    cpu: Cpu,
    words: Vec<u64>,
}

impl Registers {
    /// Registers that are all 0.
    pub fn zero(cpu: Cpu) -> Registers {
        Registers { cpu, words: vec![0; table::names(cpu).len()] }
    }

    /// Registers in Linux's own order and length.
    pub(super) fn read(cpu: Cpu, raw: &[u8]) -> Option<Registers> {
        let names = table::names(cpu);
        let words: Vec<u64> = raw.chunks_exact(8).map(|word| Bytes(word).u64(0).unwrap_or_default()).collect();
        (words.len() == names.len()).then_some(Registers { cpu, words })
    }

    /// Registers in the order of another system.
    pub(super) fn read_as(layout: &Layout, raw: Bytes<'_>) -> Option<Registers> {
        let mut registers = Registers::zero(layout.cpu);
        for (index, name) in layout.order.iter().enumerate() {
            let at = index as u64 * 8;
            match raw.u64(at) {
                Some(word) => registers.set(name, word & layout.mask(name)),
                None => return None,
            }
        }
        Some(registers)
    }

    /// The CPU they belong to.
    pub fn cpu(&self) -> Cpu {
        self.cpu
    }

    /// The words in order.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        table::names(self.cpu).iter().copied().zip(self.words.iter().copied())
    }

    /// The register of this name (`rip`, `x0`, `a0`).
    pub fn get(&self, name: &str) -> Option<u64> {
        self.iter().find(|(known, _)| *known == name).map(|(_, word)| word)
    }

    /// Gives the register of this name a value; an unknown name changes nothing.
    pub fn set(&mut self, name: &str, value: u64) {
        let at = table::names(self.cpu).iter().position(|known| *known == name);
        if let Some(word) = at.and_then(|at| self.words.get_mut(at)) {
            *word = value;
        }
    }

    /// The address of the next instruction.
    pub fn pc(&self) -> Addr {
        self.role(["rip", "pc", "pc"])
    }

    /// The stack pointer.
    pub fn sp(&self) -> Addr {
        self.role(["rsp", "sp", "sp"])
    }

    /// The frame pointer, where code keeps one.
    pub fn fp(&self) -> Addr {
        self.role(["rbp", "x29", "s0"])
    }

    fn role(&self, [x86_64, aarch64, riscv64]: [&str; 3]) -> Addr {
        let name = match self.cpu {
            Cpu::X86_64 => x86_64,
            Cpu::Aarch64 => aarch64,
            Cpu::Riscv64 => riscv64,
        };
        Addr(self.get(name).unwrap_or_default())
    }
}
