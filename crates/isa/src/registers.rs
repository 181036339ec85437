//! The registers of a thread, of whichever CPU: for who looks at them, and for who runs threads and must not know the CPU.

use crate::facts::Facts;
use crate::{InState, aarch64, x86_64};
use alloc::vec::Vec;
use ashore_base::Cpu;
use core::fmt::Debug;

/// The registers of one CPU, as whoever answers a thread's stops needs them.
pub trait RegisterFile: Copy + Default + PartialEq + Debug + Send + Sync + 'static {
    /// The program counter.
    fn pc(&self) -> u64;

    /// What a call's number is in.
    fn number(&self) -> u64;

    /// What an answer is kept as until somebody wants to know it: the register of the first result, and the carry flag.
    fn result(&self) -> (u64, bool);

    /// Registers that hold this answer and nothing else.
    fn of_result(result: (u64, bool)) -> Self;

    /// The thread pointer, where programs set it by an instruction and not by a call.
    fn own_tls(&self) -> Option<u64>;

    /// They as those of some CPU.
    fn any(&self) -> Registers;

    /// Those of this CPU.
    fn of(any: &Registers) -> Option<Self>;
}

impl From<x86_64::Regs> for Registers {
    fn from(regs: x86_64::Regs) -> Registers {
        Registers::X86_64(regs)
    }
}

impl From<aarch64::Regs> for Registers {
    fn from(regs: aarch64::Regs) -> Registers {
        Registers::Aarch64(regs)
    }
}

/// The registers of a thread on some CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Registers {
    X86_64(x86_64::Regs),
    Aarch64(aarch64::Regs),
}

impl Registers {
    /// The CPU.
    pub const fn cpu(&self) -> Cpu {
        match self {
            Registers::X86_64(_) => Cpu::X86_64,
            Registers::Aarch64(_) => Cpu::Aarch64,
        }
    }

    /// The program counter.
    pub const fn pc(&self) -> u64 {
        match self {
            Registers::X86_64(regs) => regs.rip,
            Registers::Aarch64(regs) => regs.pc,
        }
    }

    /// The stack pointer.
    pub const fn sp(&self) -> u64 {
        match self {
            Registers::X86_64(regs) => regs.rsp,
            Registers::Aarch64(regs) => regs.sp,
        }
    }

    /// The frame pointer: where it points, the caller's is kept, and the way back to the caller behind that.
    pub const fn frame(&self) -> u64 {
        match self {
            Registers::X86_64(regs) => regs.rbp,
            Registers::Aarch64(regs) => {
                let [.., frame, _] = regs.x;
                frame
            }
        }
    }

    /// The address that a function without a frame returns to, on a CPU with a register for it.
    pub const fn link(&self) -> Option<u64> {
        match self {
            Registers::X86_64(_) => None,
            Registers::Aarch64(regs) => {
                let [.., link] = regs.x;
                Some(link)
            }
        }
    }

    /// Every register with its name.
    pub fn named(&self) -> Vec<(&'static str, u64)> {
        match self {
            Registers::X86_64(regs) => regs.named().into(),
            Registers::Aarch64(regs) => regs.named().into(),
        }
    }

    /// The registers of a CPU whose values `value` tells by their names; none where nobody runs programs of that CPU.
    pub fn from_names(cpu: Cpu, value: impl Fn(&'static str) -> u64) -> Option<Registers> {
        Some(match cpu {
            Cpu::X86_64 => x86_64::Regs::from_names(value).into(),
            Cpu::Aarch64 => aarch64::Regs::from_names(value).into(),
            Cpu::Riscv64 => return None,
        })
    }

    /// The same CPU's registers, all zero but the program counter.
    #[must_use]
    pub fn only_at(&self, pc: u64) -> Registers {
        let mut regs: Registers = match self {
            Registers::X86_64(_) => x86_64::Regs::default().into(),
            Registers::Aarch64(_) => aarch64::Regs::default().into(),
        };
        regs.set_pc(pc);
        regs
    }

    /// What a register holds, by its name, a part's too where the whole one's name is made of it.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.whole(name).map(|(_, value)| value)
    }

    /// The register that a word of assembly is, and what it holds.
    pub fn whole(&self, word: &str) -> Option<(&'static str, u64)> {
        match self {
            Registers::X86_64(regs) => regs.named().into_iter().find(|(name, _)| *name == word),
            Registers::Aarch64(regs) => regs.whole(word),
        }
    }

    /// The register of a number of call frame information.
    pub fn dwarf_mut(&mut self, number: u16) -> Option<&mut u64> {
        match self {
            Registers::X86_64(regs) => regs.dwarf_mut(number),
            Registers::Aarch64(regs) => regs.dwarf_mut(number),
        }
    }

    /// Sets the program counter.
    pub const fn set_pc(&mut self, pc: u64) {
        match self {
            Registers::X86_64(regs) => regs.rip = pc,
            Registers::Aarch64(regs) => regs.pc = pc,
        }
    }

    /// Sets the stack pointer.
    pub const fn set_sp(&mut self, sp: u64) {
        match self {
            Registers::X86_64(regs) => regs.rsp = sp,
            Registers::Aarch64(regs) => regs.sp = sp,
        }
    }

    /// Sets the frame pointer.
    pub const fn set_frame(&mut self, at: u64) {
        match self {
            Registers::X86_64(regs) => regs.rbp = at,
            Registers::Aarch64(regs) => {
                let [.., frame, _] = &mut regs.x;
                *frame = at;
            }
        }
    }

    /// Sets the link register, on a CPU that has one.
    pub const fn set_link(&mut self, at: u64) {
        match self {
            Registers::X86_64(_) => {}
            Registers::Aarch64(regs) => {
                let [.., link] = &mut regs.x;
                *link = at;
            }
        }
    }

    /// What is known of the CPU.
    pub const fn facts(&self) -> &'static Facts {
        match self {
            Registers::X86_64(_) => &x86_64::FACTS,
            Registers::Aarch64(_) => &aarch64::FACTS,
        }
    }

    /// Puts them into the state that blocks work on, where blocks are made for the CPU.
    pub fn put(&self, state: &mut [u8]) {
        match self {
            Registers::X86_64(_) => {}
            Registers::Aarch64(regs) => regs.put(state),
        }
    }

    /// The same registers as a state has them.
    #[must_use]
    pub fn taken(&self, state: &[u8]) -> Registers {
        match self {
            Registers::X86_64(_) => *self,
            Registers::Aarch64(_) => <aarch64::Regs as InState>::take(state).into(),
        }
    }
}
