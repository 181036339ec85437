//! Which register stands where, by CPU and system.

use ashore_base::Cpu;

/// `struct user_regs_struct` of x86-64.
const X86_64: &[&str] = &[
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax",
    "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
];

/// `struct user_pt_regs` of AArch64.
const AARCH64: &[&str] = &[
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
    "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc", "pstate",
];

/// `struct user_regs_struct` of RISC-V.
const RISCV64: &[&str] = &[
    "pc", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2",
    "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
];

/// The names in the order of [`super::Registers`].
pub(super) const fn names(cpu: Cpu) -> &'static [&'static str] {
    match cpu {
        Cpu::X86_64 => X86_64,
        Cpu::Aarch64 => AARCH64,
        Cpu::Riscv64 => RISCV64,
    }
}

/// A system's own order, in words of 8 bytes. A name we do not have stands for words that are passed over.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) cpu: Cpu,
    pub(super) order: &'static [&'static str],
    /// Registers whose word holds something else in its upper half.
    pub(super) halves: &'static [&'static str],
}

impl Layout {
    /// Which bits of a register's word are its own.
    pub(super) fn mask(&self, name: &str) -> u64 {
        if self.halves.contains(&name) { u32::MAX.into() } else { u64::MAX }
    }
}

/// AArch64 on every BSD: `x0` to `x30`, stack, program counter, state. FreeBSD's has rubbish above the state.
pub(super) static BSD_AARCH64: Layout = Layout { cpu: Cpu::Aarch64, order: AARCH64, halves: &["pstate"] };

/// `struct reg` of FreeBSD (`sys/x86/include/reg.h`): traps and segments share words.
pub(super) static FREEBSD_X86_64: Layout = Layout {
    cpu: Cpu::X86_64,
    order: &[
        "r15", "r14", "r13", "r12", "r11", "r10", "r9", "r8", "rdi", "rsi", "rbp", "rbx", "rdx", "rcx", "rax", "trap",
        "err", "rip", "cs", "eflags", "rsp", "ss",
    ],
    halves: &[],
};

/// `struct reg` of DragonFly (`sys/cpu/x86_64/include/reg.h`).
pub(super) static DRAGONFLY_X86_64: Layout = Layout {
    cpu: Cpu::X86_64,
    order: &[
        "rdi", "rsi", "rdx", "rcx", "r8", "r9", "rax", "rbx", "rbp", "r10", "r11", "r12", "r13", "r14", "r15",
        "xflags", "trap", "addr", "flags", "err", "rip", "cs", "eflags", "rsp", "ss",
    ],
    halves: &[],
};

/// `struct reg` of NetBSD (`sys/arch/amd64/include/frame_regs.h`).
pub(super) static NETBSD_X86_64: Layout = Layout {
    cpu: Cpu::X86_64,
    order: &[
        "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rbp", "rbx", "rax", "gs",
        "fs", "es", "ds", "trap", "err", "rip", "cs", "eflags", "rsp", "ss",
    ],
    halves: &[],
};

/// `struct reg` of OpenBSD (`sys/arch/amd64/include/reg.h`).
pub(super) static OPENBSD_X86_64: Layout = Layout {
    cpu: Cpu::X86_64,
    order: &[
        "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rbp", "rbx", "rax", "rsp",
        "rip", "eflags", "cs", "ss", "ds", "es", "fs", "gs",
    ],
    halves: &[],
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn every_table_names_a_register_once() {
        let foreign = [&FREEBSD_X86_64, &DRAGONFLY_X86_64, &NETBSD_X86_64, &OPENBSD_X86_64, &BSD_AARCH64];
        let tables = Cpu::ALL.iter().map(|cpu| names(*cpu)).chain(foreign.iter().map(|layout| layout.order));
        for order in tables {
            assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), order.len());
        }
        for layout in foreign {
            for general in names(layout.cpu).iter().take(15) {
                assert!(layout.order.contains(general), "{general}");
            }
        }
        assert_eq!([X86_64.len(), AARCH64.len(), RISCV64.len()], [27, 34, 32]);
    }
}
