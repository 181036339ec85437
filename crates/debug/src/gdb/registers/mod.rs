//! The registers of a thread as gdb wants them: their names and order, and the bytes of each. A CPU is a row, and a file here.

mod aarch64;
mod x86_64;

use ashore_guest::Delivery;
use ashore_isa::Registers;
use gdbstub::arch::{Arch, RegId};
use std::num::NonZeroUsize;

/// What gdb and its breakpoints need to know of a CPU.
pub(super) struct Cpu {
    cpu: ashore_base::Cpu,
    /// The description of the registers that gdb asks for.
    pub(super) description: fn() -> String,
    send: fn(&File, &mut dyn FnMut(Option<u8>)),
    take: fn(&mut File, &[u8]) -> Option<bool>,
    looked_at: fn(&Registers) -> [(usize, u64); 3],
    /// Where the record that a program finds at its start may be.
    pub(super) records: fn(&Registers) -> [u64; 2],
    /// The instruction that traps.
    pub(super) trap: &'static [u8],
    /// How far behind it the program counter is then.
    pub(super) behind: u64,
    /// Whether that is what a trap says.
    pub(super) is_trap: fn(&Delivery) -> bool,
    pub(super) set_pc: fn(&mut Registers, u64),
}

static CPUS: &[&Cpu] = &[&x86_64::CPU, &aarch64::CPU];

impl Cpu {
    /// The row of a CPU.
    pub(super) fn of(cpu: ashore_base::Cpu) -> Option<&'static Cpu> {
        CPUS.iter().find(|row| row.cpu == cpu).copied()
    }

    /// The registers that gdb looks at after every stop, to be told with it.
    pub(super) fn first_looked_at(&self, regs: &Registers) -> [(Number, [u8; 8]); 3] {
        (self.looked_at)(regs).map(|(at, word)| (Number(at), word.to_le_bytes()))
    }
}

/// Whichever CPU, as gdb's protocol sees it.
#[derive(Debug)]
pub(super) enum AnyCpu {}

impl Arch for AnyCpu {
    type Usize = u64;
    type Registers = File;
    type BreakpointKind = usize;
    type RegId = Number;
}

/// A register's place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(usize);

impl RegId for Number {
    /// Single registers are neither read nor written.
    fn from_raw_id(_: usize) -> Option<(Number, Option<NonZeroUsize>)> {
        None
    }

    fn to_raw_id(&self) -> Option<usize> {
        Some(self.0)
    }
}

/// All registers of one thread.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct File {
    pub(super) regs: Registers,
    /// The vector and floating-point state as the CPU saves it; empty when nobody knows it.
    pub(super) fp: Vec<u8>,
    /// What gdb wants there, as it sent it.
    sent: Vec<u8>,
}

impl Default for File {
    fn default() -> File {
        File::new(Registers::X86_64(Default::default()), Vec::new())
    }
}

impl File {
    pub(super) fn new(regs: Registers, fp: Vec<u8>) -> File {
        File { regs, fp, sent: Vec::new() }
    }

    /// Takes over what gdb sent into another one. Whether the vector and floating-point state changed; none when it is not
    /// what this CPU has.
    pub(super) fn take(&mut self, other: &File) -> Option<bool> {
        let cpu = Cpu::of(self.regs.cpu())?;
        (cpu.take)(self, &other.sent)
    }
}

impl gdbstub::arch::Registers for File {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.regs.pc()
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        if let Some(cpu) = Cpu::of(self.regs.cpu()) {
            (cpu.send)(self, &mut write_byte);
        }
    }

    /// Whose registers they are is not said here: whoever has the thread's own takes them over.
    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        self.sent = bytes.to_vec();
        Ok(())
    }
}
