//! FreeBSD on AArch64: start-up, calls, frames, and what of its tables is another than on x86-64.

use super::{start, table};
use crate::bsd::arm64::{Bits, Convention, Entry, Frames, Layout, Numbers, Says};
use crate::bsd::record::Record;
use crate::bsd::start::{Placed, StartWords};
use crate::bsd::{self, Family, Machine, threads};
use crate::{Os, Row, StartRequest};
use alloc::vec::Vec;
use ashore_base::Bytes;
use ashore_isa::aarch64::Regs;

/// The convention.
pub static ARM64: Convention = Convention {
    os: &OS,
    signals: &super::signals::WORDS,
    start: StartWords { auxv, registers },
    numbers: Numbers::Register,
    child: 0,
    context: &CONTEXT,
    frames: Frames { entry: Entry::Trampoline, context: 80, end: &CTX_END },
};

/// The system on this CPU.
static OS: Os = Os { calls: CALLS, new_state: || bsd::state::new(&FAMILY), trampoline: &TRAMPOLINE, ..super::BASE };

/// What the shared code must know of it.
static FAMILY: Family =
    Family { machine: Machine { name: "arm64", arch: "aarch64", context_tls: 0 }, ..super::FAMILY_BASE };

/// Calls the handler in x8, then sigreturn with the context of the frame.
static TRAMPOLINE: [u8; 20] = [
    0x00, 0x01, 0x3f, 0xd6, // blr x8
    0xe0, 0x43, 0x01, 0x91, // add x0, sp, #80
    0x28, 0x34, 0x80, 0xd2, // mov x8, #417
    0x01, 0x00, 0x00, 0xd4, // svc #0
    0xff, 0xff, 0xff, 0x17, // b to the svc
];

/// The calls: the CPU's own is another.
static CALLS: &[Row] = &{
    let mut calls = [Row::missing(0, ""); table::CALLS.len()];
    let mut at = 0;
    while at < calls.len() {
        calls[at] = if table::CALLS[at].number == SYSARCH.number { SYSARCH } else { table::CALLS[at] };
        at += 1;
    }
    calls
};

/// Its operations are those on a 32-bit program's guard pages and on vectors that this CPU does not have.
const SYSARCH: Row = Row::custom(165, "sysarch(op: int, parms: ptr)", threads::tls::sysarch_without_bases)
    .partial("no operation is known, as on a CPU without vectors of other lengths");

fn auxv(request: &StartRequest<'_>, placed: &Placed) -> Vec<(u64, u64)> {
    let mut vector = start::auxv(request, placed);
    // HWCAP, HWCAP2: their bits are Linux's.
    vector.extend([(25, request.hwcap[0]), (26, request.hwcap[1])]);
    vector
}

fn registers(regs: &mut Regs, placed: &Placed) {
    regs.x[0] = placed.record.0;
    regs.x[30] = regs.pc;
}

/// What ends a list of more state (`ARM64_CTX_END` and its length).
const CTX_END: [u8; 8] = [0xa5, 0xa5, 0xa5, 0xa5, 8, 0, 0, 0];

/// Where the machine context starts.
const MC: u64 = 16;
/// Where its vectors are.
const FP: u64 = MC + 272;
/// Where its flags are, and where the address of more state.
const MC_FLAGS: u64 = MC + 800;
const MC_PTR: u64 = MC + 808;
/// `mc_flags`: the vectors are there.
const MC_FP_VALID: u32 = 1;
/// Exception level, 32-bit state and interrupt masks: no program has one of them set.
const FORBIDDEN_PSTATE: u64 = 0x3df;

/// `ucontext_t`.
static CONTEXT: Layout = Layout {
    len: 960,
    mask: 0,
    alt_stack: MC + 888,
    regs: MC,
    tls: None,
    vectors: FP,
    fpsr: FP + 512,
    fpcr: FP + 516,
    refuses: |regs| regs.pstate & FORBIDDEN_PSTATE != 0,
    dress,
    says,
};

fn dress(record: &mut Record, bits: &Bits) {
    record.put_u32(MC_FLAGS, MC_FP_VALID);
    record.put_u64(MC_PTR, bits.more.0);
}

fn says(record: Bytes<'_>) -> Says {
    let flags = record.u32(MC_FLAGS).unwrap_or(0);
    Says { regs: true, fp: flags & MC_FP_VALID != 0, mask: true, tls: false }
}
