//! What programs may know of the CPU's identity registers.
//!
//! Programs read them at EL0 (`getauxval(AT_HWCAP) & HWCAP_CPUID`), which traps; Linux answers with the fields that describe
//! what programs can use, and so do we (Linux `Documentation/arch/arm64/cpu-feature-registers.rst`).

use crate::registers::read;
use ashore_isa::aarch64::Regs;

/// The space of identity registers: op0 3, op1 0, CRn 0.
const SPACE: u64 = 0x30_0000;
const SPACE_MASK: u64 = 0x31_fc00;

/// MRS of a register with op0 3.
const MRS: u32 = 0xd538_0000;
const MRS_MASK: u32 = 0xfff8_0000;

/// A field of four bits.
const fn field(nth: u32) -> u64 {
    0xf << (4 * nth)
}

/// Floating point and vectors.
const PFR0: u64 = field(4) | field(5);
/// What EL0 and EL1 are: AArch64 only.
const PFR0_FIXED: u64 = 0x11;
/// Cryptography, checksums, atomics, rounding multiplications, dot products, flags, random numbers.
const ISAR0: u64 = field(1)
    | field(2)
    | field(3)
    | field(4)
    | field(5)
    | field(7)
    | field(8)
    | field(9)
    | field(10)
    | field(11)
    | field(12)
    | field(13)
    | field(15);
/// Cleaning to persistence, conversions, complex numbers, acquiring loads, rounding, barriers, 16-bit floats, matrices.
const ISAR1: u64 = field(0) | field(3) | field(4) | field(5) | field(8) | field(9) | field(11) | field(12) | field(13);
/// A CPU that is not one of several threads of a core, as Linux presents every one.
const MPIDR: u64 = 1 << 31;

/// Answers a trapped access if it is one a program may make; whether it was.
pub(crate) fn answer(regs: &mut Regs, syndrome: u64) -> bool {
    let is_read = syndrome & 1 != 0;
    if !is_read || syndrome & SPACE_MASK != SPACE {
        return false;
    }
    let (row, op2) = (syndrome >> 1 & 0xf, syndrome >> 17 & 7);
    let value = match (row, op2) {
        (0, 0) => read!("midr_el1"),
        (0, 5) => MPIDR,
        (0, 6) => read!("revidr_el1"),
        (4, 0) => read!("id_aa64pfr0_el1") & PFR0 | PFR0_FIXED,
        (6, 0) => read!("id_aa64isar0_el1") & ISAR0,
        (6, 1) => read!("id_aa64isar1_el1") & ISAR1,
        (1..=7, _) => 0,
        _ => return false,
    };
    if let Some(register) = regs.x.get_mut((syndrome >> 5 & 0x1f) as usize) {
        *register = value;
    }
    regs.pc += 4;
    true
}

/// Answers the instruction at the program counter if it is such a read; whether it was.
pub(crate) fn answer_at(regs: &mut Regs) -> bool {
    let word = crate::memory::program_word(regs.pc).unwrap_or(0);
    if word & MRS_MASK != MRS {
        return false;
    }
    // The instruction's fields, put where a syndrome has them.
    let (op1, crn, crm, op2, register) =
        (word >> 16 & 7, word >> 12 & 0xf, word >> 8 & 0xf, word >> 5 & 7, word & 0x1f);
    let syndrome = 3 << 20 | op2 << 17 | op1 << 14 | crn << 10 | register << 5 | crm << 1 | 1;
    answer(regs, syndrome.into())
}

/// The bits of `AT_HWCAP` for what this CPU can do.
pub(crate) fn capabilities() -> u64 {
    let (pfr0, isar0, isar1) = (read!("id_aa64pfr0_el1"), read!("id_aa64isar0_el1"), read!("id_aa64isar1_el1"));
    let at_least = |register: u64, nth: u32, least: u64| {
        let value = register >> (4 * nth) & 0xf;
        value >= least && value != 0xf
    };
    // A field's row: register, which field, from which value on, the bit.
    let rows = [
        (pfr0, 4, 0, 0),    // FP
        (pfr0, 5, 0, 1),    // ASIMD
        (isar0, 1, 1, 3),   // AES
        (isar0, 1, 2, 4),   // PMULL
        (isar0, 2, 1, 5),   // SHA1
        (isar0, 3, 1, 6),   // SHA2
        (isar0, 4, 1, 7),   // CRC32
        (isar0, 5, 2, 8),   // ATOMICS
        (pfr0, 4, 1, 9),    // FPHP
        (pfr0, 5, 1, 10),   // ASIMDHP
        (isar0, 7, 1, 12),  // ASIMDRDM
        (isar1, 3, 1, 13),  // JSCVT
        (isar1, 4, 1, 14),  // FCMA
        (isar1, 5, 1, 15),  // LRCPC
        (isar1, 0, 1, 16),  // DCPOP
        (isar0, 8, 1, 17),  // SHA3
        (isar0, 9, 1, 18),  // SM3
        (isar0, 10, 1, 19), // SM4
        (isar0, 11, 1, 20), // ASIMDDP
        (isar0, 3, 2, 21),  // SHA512
        (isar0, 12, 1, 23), // ASIMDFHM
        (isar1, 5, 2, 26),  // ILRCPC
        (isar0, 13, 1, 27), // FLAGM
    ];
    // CPUID: the registers above can be read.
    rows.iter().filter(|row| at_least(row.0, row.1, row.2)).fold(1 << 11, |bits, row| bits | 1 << row.3)
}
