//! The registers a system call, a signal frame and a debugger see.

use crate::{RegisterFile, Registers};

/// The carry flag: an error, in the BSDs' call convention.
pub const FLAG_CARRY: u64 = 1;
/// The trap flag: single stepping.
pub const FLAG_TRAP: u64 = 1 << 8;
/// The direction flag.
pub const FLAG_DIRECTION: u64 = 1 << 10;

/// The general registers, flags and segment bases. The layout is the native engine's: its assembly
/// finds each register at eight times its position here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Regs {
    pub rax: u64,
    pub rbx: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub rbp: u64,
    pub rsp: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    pub rflags: u64,
    pub fs_base: u64,
    pub gs_base: u64,
}

/// Each register by its name, from one list.
macro_rules! by_name {
    ($($name:ident)*) => {
        impl Regs {
            /// Every register with its name.
            pub const fn named(&self) -> [(&'static str, u64); 20] {
                [$((stringify!($name), self.$name)),*]
            }

            /// The registers whose values `value` tells by their names.
            pub fn from_names(value: impl Fn(&'static str) -> u64) -> Regs {
                Regs { $($name: value(stringify!($name))),* }
            }
        }
    };
}

by_name!(rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags fs_base gs_base);

impl Regs {
    /// The register of a number of DWARF's (System V ABI for AMD64, figure 3.36).
    pub fn dwarf_mut(&mut self, number: u16) -> Option<&mut u64> {
        Some(match number {
            0 => &mut self.rax,
            1 => &mut self.rdx,
            2 => &mut self.rcx,
            3 => &mut self.rbx,
            4 => &mut self.rsi,
            5 => &mut self.rdi,
            6 => &mut self.rbp,
            7 => &mut self.rsp,
            8 => &mut self.r8,
            9 => &mut self.r9,
            10 => &mut self.r10,
            11 => &mut self.r11,
            12 => &mut self.r12,
            13 => &mut self.r13,
            14 => &mut self.r14,
            15 => &mut self.r15,
            16 => &mut self.rip,
            _ => return None,
        })
    }
}

impl RegisterFile for Regs {
    #[inline]
    fn pc(&self) -> u64 {
        self.rip
    }

    #[inline]
    fn number(&self) -> u64 {
        self.rax
    }

    #[inline]
    fn result(&self) -> (u64, bool) {
        (self.rax, self.rflags & FLAG_CARRY != 0)
    }

    fn of_result((rax, is_carry): (u64, bool)) -> Regs {
        Regs { rax, rflags: u64::from(is_carry), ..Regs::default() }
    }

    #[inline]
    fn own_tls(&self) -> Option<u64> {
        None
    }

    fn any(&self) -> Registers {
        Registers::X86_64(*self)
    }

    fn of(any: &Registers) -> Option<Regs> {
        if let Registers::X86_64(regs) = any { Some(*regs) } else { None }
    }
}
