//! The context record (`ucontext_t`) as a layout: where each register stands in it.

use super::{FLAGS_FIXED, FLAGS_USER, USER_END};
use crate::AltStack;
use crate::bsd::record::Record;
use ashore_base::{Addr, Bytes};
use ashore_isa::x86_64::Regs;
use ashore_pivot::{Errno, SigSet};

/// A register that a context holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Reg {
    Rax,
    Rbx,
    Rcx,
    Rdx,
    Rsi,
    Rdi,
    Rbp,
    Rsp,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    Rip,
    Rflags,
}

impl Reg {
    /// The register's place.
    fn of(self, regs: &mut Regs) -> &mut u64 {
        match self {
            Reg::Rax => &mut regs.rax,
            Reg::Rbx => &mut regs.rbx,
            Reg::Rcx => &mut regs.rcx,
            Reg::Rdx => &mut regs.rdx,
            Reg::Rsi => &mut regs.rsi,
            Reg::Rdi => &mut regs.rdi,
            Reg::Rbp => &mut regs.rbp,
            Reg::Rsp => &mut regs.rsp,
            Reg::R8 => &mut regs.r8,
            Reg::R9 => &mut regs.r9,
            Reg::R10 => &mut regs.r10,
            Reg::R11 => &mut regs.r11,
            Reg::R12 => &mut regs.r12,
            Reg::R13 => &mut regs.r13,
            Reg::R14 => &mut regs.r14,
            Reg::R15 => &mut regs.r15,
            Reg::Rip => &mut regs.rip,
            Reg::Rflags => &mut regs.rflags,
        }
    }
}

/// Where the floating-point state stands: the bytes of FXSAVE, and more of XSAVE's image where there is room.
#[derive(Debug, Clone, Copy)]
pub struct FpPlace {
    /// Where it starts.
    pub at: u64,
    /// How many bytes it has.
    pub len: u64,
}

/// What a system's context record looks like.
pub struct Layout {
    /// How many bytes it has.
    pub len: u64,
    /// Where the signal mask is.
    pub mask: u64,
    /// Where the alternate stack's record is.
    pub alt_stack: u64,
    /// Where each register is.
    pub regs: &'static [(Reg, u64)],
    /// Where the floating-point state is.
    pub fp: FpPlace,
    /// Where the CPU's trap number, the faulting address and the CPU's error code are, and how many bytes
    /// the first has.
    pub trap: TrapPlaces,
    /// The system's number of a CPU's trap.
    pub trap_number: fn(u32) -> u32,
    /// Writes the rest: selectors, lengths, formats, bases, flags.
    pub dress: fn(&mut Record, &Bits),
    /// What a context says is valid in it.
    pub says: fn(Bytes<'_>) -> Says,
}

/// Where a context holds what the CPU said of a fault.
#[derive(Debug, Clone, Copy)]
pub struct TrapPlaces {
    /// The trap number.
    pub number: u64,
    /// How many bytes that has.
    pub number_len: usize,
    /// The error code.
    pub error: u64,
    /// The faulting address, where the context has it.
    pub addr: Option<u64>,
}

/// What a system's own part of a context is made from.
#[derive(Debug, Clone, Copy)]
pub struct Bits {
    /// The thread pointer.
    pub fs_base: u64,
    /// The other segment base.
    pub gs_base: u64,
    /// Whether the record belongs to a frame on the alternate stack.
    pub on_alt_stack: bool,
    /// Whether there is a floating-point state.
    pub has_fp: bool,
    /// The parts of the floating-point state that do not fit into the record, and how many bytes they have.
    pub rest: Option<(Addr, u64)>,
    /// Whether a signal made the record; getcontext did otherwise.
    pub is_frame: bool,
}

/// What a context says is valid in it.
#[derive(Debug, Clone, Copy)]
pub struct Says {
    /// The general registers.
    pub regs: bool,
    /// The floating-point state.
    pub fp: bool,
    /// The signal mask.
    pub mask: bool,
    /// The thread pointer.
    pub tls: Option<Addr>,
    /// Where the parts of the floating-point state past the first 512 bytes are, and how many bytes they have.
    pub rest: Option<(Addr, u64)>,
}

impl Layout {
    /// A record of the registers.
    pub fn write_regs(&self, record: &mut Record, regs: &Regs) {
        let mut regs = *regs;
        for (reg, at) in self.regs {
            record.put_u64(*at, *reg.of(&mut regs));
        }
    }

    /// The registers of a record. What a program cannot set stays as it is; a program counter or stack
    /// pointer no program can have is refused.
    pub fn read_regs(&self, record: Bytes<'_>, regs: &mut Regs) -> Result<(), Errno> {
        let mut read = *regs;
        for (reg, at) in self.regs {
            *reg.of(&mut read) = record.u64(*at).ok_or(Errno::EINVAL)?;
        }
        if read.rip >= USER_END || read.rsp >= USER_END {
            return Err(Errno::EINVAL);
        }
        read.rflags = read.rflags & FLAGS_USER | FLAGS_FIXED;
        *regs = read;
        Ok(())
    }

    /// Writes a signal mask.
    pub fn write_mask(&self, record: &mut Record, map: &crate::bsd::signals::Map, mask: SigSet) {
        record.put(self.mask, &map.set_from_linux(mask));
    }

    /// Writes the alternate stack's record: the order is pointer, size, flags on every BSD.
    pub fn write_alt_stack(&self, record: &mut Record, stack: AltStack, on_it: bool) {
        record.put(self.alt_stack, &crate::bsd::signals::stack_record(stack, on_it));
    }
}
