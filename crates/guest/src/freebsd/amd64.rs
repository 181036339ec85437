//! FreeBSD on x86-64: start-up, calls, frames.

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
    // Old mmap, sendfile, the two sctp calls.
    wide: Wide::of(&[197, 393, 472, 473, 474]),
    clock_gettime: 232,
    process: &super::process::WORDS,
    zeroes_scratch: true,
    context: &CONTEXT,
    entry: Entry::Trampoline { context: 16, info: 16 + 880, len: 16 + 880 + 80 },
};

/// Calls the handler whose address is at the stack pointer, then sigreturn with the context that follows.
pub static TRAMPOLINE: &[u8] = &[
    0xff, 0x14, 0x24, // call [rsp]
    0x48, 0x8d, 0x7c, 0x24, 0x10, // lea rdi, [rsp+16]
    0x6a, 0x00, // push 0
    0xb8, 0xa1, 0x01, 0x00, 0x00, // mov eax, 417
    0x0f, 0x05, // syscall
    0xf4, // hlt
    0xeb, 0xfd, // jmp to the hlt
];

fn registers(regs: &mut Regs, placed: &Placed) {
    regs.rdi = placed.record.0;
    regs.rsp = placed.record.minus(8).align_down(16).plus(8).0;
}

/// `mc_flags`: segment registers, segment bases, and extended floating-point state are there.
const MC_HASSEGS: u32 = 1;
const MC_HASBASES: u32 = 2;
const MC_HASFPXSTATE: u32 = 4;
/// `mc_fpformat`: no floating-point state, FXSAVE.
const MC_FPFMT_NODEV: u64 = 0x10000;
const MC_FPFMT_XMM: u64 = 0x10002;
/// `mc_ownedfp`: not used, from the CPU.
const MC_FPOWNED_NONE: u64 = 0x20000;
const MC_FPOWNED_FPU: u64 = 0x20001;
/// The selectors of user code and data.
const CODE: u64 = 0x43;
const DATA: u16 = 0x3b;
const FS: u16 = 0x13;
const GS: u16 = 0x1b;

/// Where `mc_onstack` is; the machine context starts with it.
const MC: u64 = 16;

/// `ucontext_t`.
static CONTEXT: Layout = Layout {
    len: 880,
    mask: 0,
    alt_stack: MC + 808,
    regs: &[
        (Reg::Rdi, MC + 8),
        (Reg::Rsi, MC + 16),
        (Reg::Rdx, MC + 24),
        (Reg::Rcx, MC + 32),
        (Reg::R8, MC + 40),
        (Reg::R9, MC + 48),
        (Reg::Rax, MC + 56),
        (Reg::Rbx, MC + 64),
        (Reg::Rbp, MC + 72),
        (Reg::R10, MC + 80),
        (Reg::R11, MC + 88),
        (Reg::R12, MC + 96),
        (Reg::R13, MC + 104),
        (Reg::R14, MC + 112),
        (Reg::R15, MC + 120),
        (Reg::Rip, MC + 160),
        (Reg::Rflags, MC + 176),
        (Reg::Rsp, MC + 184),
    ],
    fp: FpPlace { at: MC + 224, len: 512 },
    trap: TrapPlaces { number: MC + 128, number_len: 4, error: MC + 152, addr: Some(MC + 136) },
    trap_number,
    dress,
    says,
};

fn dress(record: &mut Record, bits: &Bits) {
    record.put_u64(MC, u64::from(bits.on_alt_stack));
    record.put_u16(MC + 132, FS);
    record.put_u16(MC + 134, GS);
    record.put_u16(MC + 148, DATA);
    record.put_u16(MC + 150, DATA);
    record.put_u64(MC + 168, CODE);
    record.put_u64(MC + 192, u64::from(DATA));
    record.put_u64(MC + 200, 800);
    let (format, owned) = if bits.has_fp { (MC_FPFMT_XMM, MC_FPOWNED_FPU) } else { (MC_FPFMT_NODEV, MC_FPOWNED_NONE) };
    record.put_u64(MC + 208, format);
    record.put_u64(MC + 216, owned);
    record.put_u64(MC + 736, bits.fs_base);
    record.put_u64(MC + 744, bits.gs_base);
    let mut flags = MC_HASSEGS | MC_HASBASES;
    if let Some((at, len)) = bits.rest {
        flags |= MC_HASFPXSTATE;
        record.put_u64(MC + 752, at.0);
        record.put_u64(MC + 760, len);
    }
    record.put_u32(MC + 144, flags);
}

fn says(record: Bytes<'_>) -> Says {
    let word = |at| record.u64(MC + at).unwrap_or(0);
    let flags = record.u32(MC + 144).unwrap_or(0);
    let rest = (flags & MC_HASFPXSTATE != 0).then(|| (Addr(word(752)), word(760)));
    Says {
        regs: true,
        fp: word(208) == MC_FPFMT_XMM && word(216) != MC_FPOWNED_NONE,
        mask: true,
        tls: (flags & MC_HASBASES != 0).then(|| Addr(word(736))),
        rest,
    }
}

/// The system's number of a CPU's trap (`machine/trap.h`).
pub fn trap_number(vector: u32) -> u32 {
    const NUMBERS: [u8; 20] = [18, 10, 19, 3, 20, 21, 1, 22, 23, 24, 25, 26, 27, 9, 12, 30, 6, 14, 28, 29];
    NUMBERS.get(vector as usize).copied().unwrap_or(30).into()
}
