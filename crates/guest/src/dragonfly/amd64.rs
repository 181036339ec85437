//! DragonFly BSD on x86-64: start-up, calls, frames.

use crate::StartRequest;
use crate::bsd::amd64::{Bits, Convention, Entry, FpPlace, Layout, Reg, Says, TrapPlaces, Wide};
use crate::bsd::record::Record;
use crate::bsd::start::{Placed, StartWords};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Bytes, PAGE_SIZE};
use ashore_isa::x86_64::Regs;

/// The convention.
pub static AMD64: Convention = Convention {
    os: &super::OS,
    signals: &super::signals::WORDS,
    start: StartWords { auxv, registers },
    // mmap, sendfile.
    wide: Wide::of(&[197, 393]),
    clock_gettime: 232,
    process: &super::process::WORDS,
    zeroes_scratch: false,
    context: &CONTEXT,
    entry: Entry::Trampoline { context: 64, info: 64 + 1408, len: 64 + 1408 + 80 },
};

/// Calls the handler whose address is at the stack pointer, then sigreturn with the context that follows.
pub static TRAMPOLINE: &[u8] = &[
    0xff, 0x14, 0x24, // call [rsp]
    0x48, 0x8d, 0x7c, 0x24, 0x40, // lea rdi, [rsp+64]
    0x6a, 0x00, // push 0
    0xb8, 0x58, 0x01, 0x00, 0x00, // mov eax, 344
    0x0f, 0x05, // syscall
    0xf4, // hlt
    0xeb, 0xfd, // jmp to the hlt
];

/// The release whose numbers the program is told: 6.4.
pub const OSRELDATE: u64 = 600_400;

fn auxv(request: &StartRequest<'_>, placed: &Placed) -> Vec<(u64, u64)> {
    vec![
        (3, request.headers.0),    // PHDR
        (4, request.header_size),  // PHENT
        (5, request.header_count), // PHNUM
        (6, PAGE_SIZE),            // PAGESZ
        (8, 0),                    // FLAGS
        (9, request.entry.0),      // ENTRY
        (7, request.base.0),       // BASE
        (15, placed.exec_path.0),  // EXECPATH
        (18, OSRELDATE),           // OSRELDATE
    ]
}

fn registers(regs: &mut Regs, placed: &Placed) {
    regs.rdi = placed.record.0;
    regs.rbx = placed.ps_strings.0;
    regs.rsp = placed.record.minus(8).align_down(16).plus(8).0;
}

/// `mc_fpformat`: no floating-point state, FXSAVE, XSAVE with AVX.
const MC_FPFMT_NODEV: u32 = 0x10000;
const MC_FPFMT_XMM: u32 = 0x10002;
const MC_FPFMT_YMM: u32 = 0x10003;
/// `mc_ownedfp`: not used, from the CPU.
const MC_FPOWNED_NONE: u32 = 0x20000;
const MC_FPOWNED_FPU: u32 = 0x20001;
/// The selectors of user code and data.
const CODE: u64 = 0x2b;
const DATA: u64 = 0x23;

/// Where `mc_onstack` is; the machine context starts with it.
const MC: u64 = 64;
/// How many bytes the floating-point state can have.
const FP_LEN: u64 = 1024;

/// `ucontext_t`.
static CONTEXT: Layout = Layout {
    len: 1408,
    mask: 0,
    alt_stack: MC + 1288,
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
        (Reg::Rip, MC + 168),
        (Reg::Rflags, MC + 184),
        (Reg::Rsp, MC + 192),
    ],
    fp: FpPlace { at: MC + 256, len: FP_LEN },
    trap: TrapPlaces { number: MC + 136, number_len: 8, error: MC + 160, addr: Some(MC + 144) },
    // The numbers of FreeBSD, which DragonFly came from.
    trap_number: crate::freebsd::trap_number,
    dress,
    says,
};

fn dress(record: &mut Record, bits: &Bits) {
    record.put_u64(MC, u64::from(bits.on_alt_stack));
    record.put_u64(MC + 176, CODE);
    record.put_u64(MC + 200, DATA);
    record.put_u32(MC + 208, 1280);
    let has_rest = bits.rest.is_some_and(|(_, len)| len + 512 <= FP_LEN);
    let format = match (bits.has_fp, has_rest) {
        (false, _) => MC_FPFMT_NODEV,
        (true, false) => MC_FPFMT_XMM,
        (true, true) => MC_FPFMT_YMM,
    };
    record.put_u32(MC + 212, format);
    record.put_u32(MC + 216, if bits.has_fp { MC_FPOWNED_FPU } else { MC_FPOWNED_NONE });
}

fn says(record: Bytes<'_>) -> Says {
    let word = |at| record.u32(MC + at).unwrap_or(0);
    let has_fp = matches!(word(212), MC_FPFMT_XMM | MC_FPFMT_YMM) && word(216) != MC_FPOWNED_NONE;
    Says { regs: true, fp: has_fp, mask: true, tls: None, rest: None }
}
