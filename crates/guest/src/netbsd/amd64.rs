//! NetBSD on x86-64: start-up, calls, frames.

use super::start;
use crate::bsd::amd64::{Bits, Convention, Entry, FpPlace, Layout, Reg, Says, TrapPlaces, Wide};
use crate::bsd::record::Record;
use crate::bsd::start::{Placed, StartWords};
use ashore_base::{Addr, Bytes};
use ashore_isa::x86_64::Regs;

/// The convention.
pub static AMD64: Convention = Convention {
    os: &super::OS,
    signals: &super::signals::WORDS,
    start: StartWords { auxv: start::auxv, registers },
    // mmap.
    wide: Wide::of(&[197]),
    clock_gettime: 427,
    process: &super::process::WORDS,
    zeroes_scratch: false,
    context: &CONTEXT,
    entry: Entry::Direct { info: 8, context: 8 + 128, len: 8 + 128 + 784 },
};

/// Programs bring their own: sigaction takes its address.
pub static TRAMPOLINE: &[u8] = &[];

fn registers(regs: &mut Regs, placed: &Placed) {
    regs.rbx = placed.ps_strings.0;
    regs.rsp = placed.record.0;
}

/// `uc_flags`: the mask, the registers, the floating-point state and the thread pointer are valid.
const UC_SIGMASK: u32 = 0x01;
const UC_CPU: u32 = 0x04;
const UC_FPU: u32 = 0x08;
const UC_TLSBASE: u32 = 0x8_0000;
/// Whether the alternate stack is in use after the context is restored.
const UC_SETSTACK: u32 = 0x1_0000;
const UC_CLRSTACK: u32 = 0x2_0000;
/// The selectors of user code and data.
const CODE: u64 = 0x47;
const DATA: u64 = 0x3f;

/// Where the registers are, eight bytes each.
const GREGS: u64 = 56;
/// Where `_mc_tlsbase` is.
const TLS: u64 = GREGS + 26 * 8;

/// `ucontext_t`.
#[allow(clippy::erasing_op, clippy::identity_op)] // A register's place is its number in the list times eight.
static CONTEXT: Layout = Layout {
    len: 784,
    mask: 16,
    alt_stack: 32,
    regs: &[
        (Reg::Rdi, GREGS + 0 * 8),
        (Reg::Rsi, GREGS + 1 * 8),
        (Reg::Rdx, GREGS + 2 * 8),
        (Reg::Rcx, GREGS + 3 * 8),
        (Reg::R8, GREGS + 4 * 8),
        (Reg::R9, GREGS + 5 * 8),
        (Reg::R10, GREGS + 6 * 8),
        (Reg::R11, GREGS + 7 * 8),
        (Reg::R12, GREGS + 8 * 8),
        (Reg::R13, GREGS + 9 * 8),
        (Reg::R14, GREGS + 10 * 8),
        (Reg::R15, GREGS + 11 * 8),
        (Reg::Rbp, GREGS + 12 * 8),
        (Reg::Rbx, GREGS + 13 * 8),
        (Reg::Rax, GREGS + 14 * 8),
        (Reg::Rip, GREGS + 21 * 8),
        (Reg::Rflags, GREGS + 23 * 8),
        (Reg::Rsp, GREGS + 24 * 8),
    ],
    fp: FpPlace { at: TLS + 8, len: 512 },
    trap: TrapPlaces { number: GREGS + 19 * 8, number_len: 8, error: GREGS + 20 * 8, addr: None },
    trap_number,
    dress,
    says,
};

fn dress(record: &mut Record, bits: &Bits) {
    let stack = match (bits.is_frame, bits.on_alt_stack) {
        (false, _) => 0,
        (true, true) => UC_SETSTACK,
        (true, false) => UC_CLRSTACK,
    };
    let fp = if bits.has_fp { UC_FPU } else { 0 };
    record.put_u32(0, UC_SIGMASK | UC_CPU | UC_TLSBASE | fp | stack);
    record.put_u64(GREGS + 17 * 8, DATA);
    record.put_u64(GREGS + 18 * 8, DATA);
    record.put_u64(GREGS + 22 * 8, CODE);
    record.put_u64(GREGS + 25 * 8, DATA);
    record.put_u64(TLS, bits.fs_base);
}

fn says(record: Bytes<'_>) -> Says {
    let flags = record.u32(0).unwrap_or(0);
    let tls = record.u64(TLS).map(Addr).filter(|_| flags & UC_TLSBASE != 0);
    Says { regs: flags & UC_CPU != 0, fp: flags & UC_FPU != 0, mask: flags & UC_SIGMASK != 0, tls, rest: None }
}

/// The system's number of a CPU's trap (`x86/trap.h`).
fn trap_number(vector: u32) -> u32 {
    const NUMBERS: [u8; 20] = [8, 5, 9, 1, 10, 11, 0, 12, 13, 14, 15, 16, 17, 4, 6, 20, 2, 7, 18, 19];
    NUMBERS.get(vector as usize).copied().unwrap_or(20).into()
}
