//! The registers a system call, a signal frame and a debugger see.

use crate::{RegisterFile, Registers};
use ashore_base::Bytes;
use core::mem::{align_of, offset_of, size_of};

/// The negative flag.
pub const FLAG_N: u64 = 1 << 31;
/// The zero flag.
pub const FLAG_Z: u64 = 1 << 30;
/// The carry flag: an error, in the BSDs' call convention.
pub const FLAG_C: u64 = 1 << 29;
/// The overflow flag.
pub const FLAG_V: u64 = 1 << 28;
/// The four flags that instructions set and test.
pub const FLAGS_NZCV: u64 = FLAG_N | FLAG_Z | FLAG_C | FLAG_V;
/// The kind of the last indirect branch, which a landing pad checks (`PSTATE.BTYPE`).
pub const FLAG_BTYPE: u64 = 3 << 10;
/// The software step flag: single stepping.
pub const FLAG_STEP: u64 = 1 << 21;

/// The general registers, the stack pointer, the program counter, the flags and the thread pointer (`TPIDR_EL0`).
///
/// The layout is fixed: assembly that enters and leaves programs finds each register at eight times its position here, x0 at 0
/// and `tls` at 272. `pstate` has the bits where a saved program status register has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Regs {
    pub x: [u64; 31],
    pub sp: u64,
    pub pc: u64,
    pub pstate: u64,
    pub tls: u64,
}

const _: () = {
    assert!(offset_of!(Regs, x) == 0 && offset_of!(Regs, sp) == 248 && offset_of!(Regs, pc) == 256);
    assert!(offset_of!(Regs, pstate) == 264 && offset_of!(Regs, tls) == 272 && size_of::<Regs>() == 280);
};

/// How many registers [`Regs`] holds.
const COUNT: usize = 35;

impl Regs {
    /// Every register's name, in the order of the layout.
    pub const NAMES: [&'static str; COUNT] = [
        "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
        "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc",
        "pstate", "tls",
    ];

    fn values(&self) -> impl Iterator<Item = u64> + '_ {
        self.x.iter().copied().chain([self.sp, self.pc, self.pstate, self.tls])
    }

    /// Every register with its name.
    pub fn named(&self) -> [(&'static str, u64); COUNT] {
        let mut values = self.values();
        Regs::NAMES.map(|name| (name, values.next().unwrap_or_default()))
    }

    /// The registers whose values `value` tells by their names.
    pub fn from_names(value: impl Fn(&'static str) -> u64) -> Regs {
        let mut names = Regs::NAMES.into_iter();
        let mut next = || names.next().map_or(0, &value);
        Regs { x: [(); 31].map(|()| next()), sp: next(), pc: next(), pstate: next(), tls: next() }
    }
}

impl Regs {
    /// The register that a word of assembly is, and what it holds: `w1` is the lower half of `x1`.
    pub fn whole(&self, word: &str) -> Option<(&'static str, u64)> {
        let number = word.strip_prefix('w').and_then(|number| number.parse::<usize>().ok());
        let nth = match number {
            Some(number) => Some(number).filter(|number| *number < self.x.len()),
            None => Regs::NAMES.iter().position(|name| *name == word),
        };
        self.named().get(nth?).copied()
    }

    /// The register of a number of DWARF's (IHI 0057).
    pub fn dwarf_mut(&mut self, number: u16) -> Option<&mut u64> {
        match number {
            31 => Some(&mut self.sp),
            32 => Some(&mut self.pc),
            _ => self.x.get_mut(usize::from(number)),
        }
    }
}

/// The vector registers with their status and control: what a context switch and a signal frame keep beside [`Regs`].
///
/// The layout is fixed: q0 at 0, the status at 512, the control at 516. All of it is zero at a program's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Vectors {
    /// q0 to q31.
    pub v: [u128; 32],
    /// The status register: sticky exceptions.
    pub fpsr: u32,
    /// The control register: rounding, default NaN, flushing.
    pub fpcr: u32,
    /// What fills the layout up to a multiple of 16; zero.
    pub padding: [u32; 2],
}

const _: () = {
    assert!(offset_of!(Vectors, v) == 0 && offset_of!(Vectors, fpsr) == 512 && offset_of!(Vectors, fpcr) == 516);
    assert!(size_of::<Vectors>() == 528 && align_of::<Vectors>() == 16);
};

impl Vectors {
    /// How many bytes it takes in memory.
    pub const LEN: usize = 528;

    /// As it lies in memory.
    pub fn to_bytes(&self) -> [u8; Vectors::LEN] {
        let mut bytes = [0; Vectors::LEN];
        let state = u128::from(self.fpsr) | u128::from(self.fpcr) << 32;
        for (to, word) in bytes.chunks_exact_mut(16).zip(self.v.into_iter().chain([state])) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// From how it lies in memory; what is missing at the end is zero.
    pub fn from_bytes(bytes: &[u8]) -> Vectors {
        let bytes = Bytes(bytes);
        let word = |at| bytes.u32(at).unwrap_or(0);
        let v = core::array::from_fn(|n| u128::from_le_bytes(bytes.array(16 * n as u64).unwrap_or_default()));
        Vectors { v, fpsr: word(512), fpcr: word(516), padding: [0; 2] }
    }
}

impl RegisterFile for Regs {
    fn pc(&self) -> u64 {
        self.pc
    }

    fn number(&self) -> u64 {
        let [_, _, _, _, _, _, _, _, number, ..] = self.x;
        number
    }

    fn result(&self) -> (u64, bool) {
        let [result, ..] = self.x;
        (result, self.pstate & FLAG_C != 0)
    }

    fn of_result((result, is_carry): (u64, bool)) -> Regs {
        let mut regs = Regs { pstate: if is_carry { FLAG_C } else { 0 }, ..Regs::default() };
        let [first, ..] = &mut regs.x;
        *first = result;
        regs
    }

    fn own_tls(&self) -> Option<u64> {
        Some(self.tls)
    }

    fn any(&self) -> Registers {
        Registers::Aarch64(*self)
    }

    fn of(any: &Registers) -> Option<Regs> {
        if let Registers::Aarch64(regs) = any { Some(*regs) } else { None }
    }
}
