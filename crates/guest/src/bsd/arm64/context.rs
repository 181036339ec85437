//! The context record (`ucontext_t`) as a layout: where the registers stand in it.

use crate::bsd::record::Record;
use crate::bsd::signals::Map;
use ashore_base::{Addr, Bytes};
use ashore_isa::aarch64::{FLAG_BTYPE, FLAGS_NZCV, Regs, Vectors};
use ashore_pivot::{Errno, SigSet};

/// What a system's context record looks like.
pub struct Layout {
    /// How many bytes it has.
    pub len: u64,
    /// Where the signal mask is.
    pub mask: u64,
    /// Where the alternate stack's record is.
    pub alt_stack: u64,
    /// Where x0 to x30, the stack pointer, the program counter and the flags are, 8 bytes each, in this order.
    pub regs: u64,
    /// Where the thread pointer is, when it is there.
    pub tls: Option<u64>,
    /// Where q0 to q31 are.
    pub vectors: u64,
    /// Where the status register is.
    pub fpsr: u64,
    /// Where the control register is.
    pub fpcr: u64,
    /// Whether a program may not resume with these registers.
    pub refuses: fn(&Regs) -> bool,
    /// Writes the rest.
    pub dress: fn(&mut Record, &Bits),
    /// What a context says is valid in it.
    pub says: fn(Bytes<'_>) -> Says,
}

/// What a system's own part of a context is made from.
#[derive(Debug, Clone, Copy)]
pub struct Bits {
    /// Whether the record belongs to a frame on the alternate stack; none when no signal made it.
    pub on_alt_stack: Option<bool>,
    /// Where records of more state are, when a signal made it.
    pub more: Addr,
}

/// What a context says is valid in it.
#[derive(Debug, Clone, Copy)]
pub struct Says {
    /// The general registers.
    pub regs: bool,
    /// The vectors.
    pub fp: bool,
    /// The signal mask.
    pub mask: bool,
    /// The thread pointer.
    pub tls: bool,
}

/// How many bytes a register has.
const WORD: u64 = 8;
/// Where the stack pointer, the program counter and the flags are among the registers.
const SP: u64 = 31 * WORD;
const PC: u64 = 32 * WORD;
const PSTATE: u64 = 33 * WORD;
/// How many bytes a vector register has.
const VECTOR: u64 = 16;

/// What a program may set of the processor's state.
const USER_PSTATE: u64 = FLAGS_NZCV | FLAG_BTYPE;

impl Layout {
    /// A record of the registers and the mask.
    pub fn record(&self, regs: &Regs, vectors: &Vectors, map: &Map, mask: SigSet) -> Record {
        let mut record = Record::new(self.len);
        for (x, nth) in regs.x.into_iter().chain([regs.sp, regs.pc, regs.pstate]).zip(0..) {
            record.put_u64(self.regs + WORD * nth, x);
        }
        if let Some(at) = self.tls {
            record.put_u64(at, regs.tls);
        }
        for (q, nth) in vectors.v.into_iter().zip(0..) {
            record.put(self.vectors + VECTOR * nth, &q.to_le_bytes());
        }
        record.put_u32(self.fpsr, vectors.fpsr);
        record.put_u32(self.fpcr, vectors.fpcr);
        record.put(self.mask, &map.set_from_linux(mask));
        record
    }

    /// The registers of a record; `EINVAL` when no program can have them. The thread pointer is told apart.
    pub fn read_regs(&self, record: Bytes<'_>, tls: u64) -> Result<Regs, Errno> {
        let word = |at| record.u64(self.regs + at).ok_or(Errno::EINVAL);
        let mut regs = Regs { sp: word(SP)?, pc: word(PC)?, pstate: word(PSTATE)?, tls, ..Regs::default() };
        for (x, nth) in regs.x.iter_mut().zip(0..) {
            *x = word(WORD * nth)?;
        }
        if (self.refuses)(&regs) {
            return Err(Errno::EINVAL);
        }
        regs.pstate &= USER_PSTATE;
        Ok(regs)
    }

    /// The vectors of a record.
    pub fn read_vectors(&self, record: Bytes<'_>) -> Option<Vectors> {
        let mut vectors = Vectors { fpsr: record.u32(self.fpsr)?, fpcr: record.u32(self.fpcr)?, ..Vectors::default() };
        for (q, nth) in vectors.v.iter_mut().zip(0..) {
            *q = u128::from_le_bytes(record.array(self.vectors + VECTOR * nth)?);
        }
        Some(vectors)
    }
}
