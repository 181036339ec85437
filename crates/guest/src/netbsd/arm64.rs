//! NetBSD on AArch64: start-up, calls, frames.

use super::start;
use crate::Os;
use crate::bsd::arm64::{Bits, Convention, Entry, Frames, Layout, Numbers, Says};
use crate::bsd::record::Record;
use crate::bsd::start::{Placed, StartWords};
use crate::bsd::{self, Family, Machine};
use ashore_base::Bytes;
use ashore_isa::aarch64::{FLAGS_NZCV, Regs};

/// The convention.
pub static ARM64: Convention = Convention {
    os: &OS,
    signals: &super::signals::WORDS,
    start: StartWords { auxv: start::auxv, registers },
    numbers: Numbers::Instruction,
    child: 1,
    context: &CONTEXT,
    frames: Frames { entry: Entry::Direct, context: 128, end: &[] },
};

/// The system on this CPU.
static OS: Os = Os { new_state: || bsd::state::new(&FAMILY), ..super::BASE };

/// What the shared code must know of it.
static FAMILY: Family =
    Family { machine: Machine { name: "evbarm", arch: "aarch64", context_tls: TLS }, ..super::FAMILY_BASE };

fn registers(regs: &mut Regs, placed: &Placed) {
    regs.x[2] = placed.ps_strings.0;
}

/// `uc_flags`: the mask, the registers, the vectors and the thread pointer are valid.
const UC_SIGMASK: u32 = 0x01;
const UC_CPU: u32 = 0x04;
const UC_FPU: u32 = 0x08;
const UC_TLSBASE: u32 = 0x8_0000;
/// Whether the alternate stack is in use after the context is restored.
const UC_SETSTACK: u32 = 0x2_0000;
const UC_CLRSTACK: u32 = 0x4_0000;

/// Where the general registers are, 35 words.
const GREGS: u64 = 64;
/// The last of them is the thread pointer.
const TLS: u64 = GREGS + 34 * 8;
/// Where the vectors are.
const FREGS: u64 = GREGS + 288;

/// `ucontext_t`.
static CONTEXT: Layout = Layout {
    len: 944,
    mask: 16,
    alt_stack: 32,
    regs: GREGS,
    tls: Some(TLS),
    vectors: FREGS,
    fpcr: FREGS + 512,
    fpsr: FREGS + 516,
    refuses: |regs| regs.pstate & !FLAGS_NZCV != 0 || regs.pc % 4 != 0 || regs.sp % 16 != 0,
    dress,
    says,
};

fn dress(record: &mut Record, bits: &Bits) {
    let stack = match bits.on_alt_stack {
        None => 0,
        Some(true) => UC_SETSTACK,
        Some(false) => UC_CLRSTACK,
    };
    record.put_u32(0, UC_SIGMASK | UC_CPU | UC_FPU | UC_TLSBASE | stack);
}

fn says(record: Bytes<'_>) -> Says {
    let flags = record.u32(0).unwrap_or(0);
    let has = |bit| flags & bit != 0;
    Says { regs: has(UC_CPU), fp: has(UC_FPU), mask: has(UC_SIGMASK), tls: has(UC_TLSBASE) }
}
