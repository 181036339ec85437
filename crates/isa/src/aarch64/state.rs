//! The state an engine keeps for a thread: where each register is, as slots of the language instructions are lifted to.
//!
//! The state begins with what a system call and a signal frame see: x0 to x30, the stack pointer, the program counter, the
//! flags and the thread pointer, eight bytes each; then, aligned to 16, the vector registers with status and control. After
//! them is what only engines keep: the sticky saturation flag as a vector, and the place an exclusive load watches.

use super::{Regs, Vectors, rows};
use ashore_ir::float::{Control, Exceptions};
use ashore_ir::{Layout, Model, Round, Slot, SlotKind};
use core::mem::{offset_of, size_of};

/// All of it, for those who keep it in memory that translated code works on.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(16))]
pub struct State {
    /// What calls and signal frames see.
    pub regs: Regs,
    /// What fills up to a multiple of 16; zero.
    pub padding: u64,
    /// The vector registers. The saturation flag of their status is not here: see [`State::status`].
    pub vectors: Vectors,
    /// Not zero: the saturation flag is set.
    pub qc: u128,
    /// What an exclusive load read.
    pub watch_value: u128,
    /// Where.
    pub watch_addr: u64,
    /// How many bytes; zero if nothing is watched.
    pub watch_size: u64,
}

const _: () = {
    assert!(size_of::<State>() == SIZE && offset_of!(State, vectors) == VECTORS as usize);
    assert!(
        offset_of!(State, qc) == QC.offset as usize && offset_of!(State, watch_value) == WATCH_VALUE.offset as usize
    );
    assert!(offset_of!(State, watch_addr) == WATCH_ADDR.offset as usize);
    assert!(offset_of!(State, watch_size) == WATCH_SIZE.offset as usize);
};

impl State {
    /// The floating-point status as a program reads it.
    pub const fn status(&self) -> u32 {
        self.vectors.fpsr | ((self.qc != 0) as u32) << QC_BIT
    }

    /// Sets the floating-point status as a program writes it.
    pub const fn set_status(&mut self, status: u32) {
        self.vectors.fpsr = status & !(1 << QC_BIT);
        self.qc = (status >> QC_BIT & 1) as u128;
    }
}

/// Where the vector registers begin.
pub const VECTORS: u16 = 288;
/// The bytes of the state. It is aligned to 16.
pub const SIZE: usize = 864;

/// The stack pointer.
pub const SP: Slot = word(248);
/// The program counter.
pub const PC: Slot = word(256);
/// The condition flags, in bits 31 to 28 of the status register.
pub const FLAGS: Slot = Slot { kind: SlotKind::Flags, offset: 264 };
/// The thread pointer, `TPIDR_EL0`.
pub const TLS: Slot = word(272);
/// The sticky floating-point exceptions. Its saturation flag is [`QC`].
pub const FPSR: Slot = Slot { kind: SlotKind::I32, offset: VECTORS + 512 };
/// The floating-point control.
pub const FPCR: Slot = Slot { kind: SlotKind::I32, offset: VECTORS + 516 };
/// Not zero: the status register's saturation flag is set.
pub const QC: Slot = Slot { kind: SlotKind::V128, offset: 816 };
/// The saturation flag's bit in the status register.
pub const QC_BIT: u8 = 27;

/// The helper of a conversion by JavaScript's rules: of a number's bits and the control register.
pub(super) const HELPER_JAVASCRIPT: u16 = ashore_ir::HELPER_WRAP;

const WATCH_VALUE: Slot = Slot { kind: SlotKind::V128, offset: 832 };
const WATCH_ADDR: Slot = word(848);
const WATCH_SIZE: Slot = word(856);

const fn word(offset: u16) -> Slot {
    Slot { kind: SlotKind::I64, offset }
}

/// A general register; the number is below 31.
pub const fn x(number: u8) -> Slot {
    word(number as u16 * 8)
}

/// A vector register; the number is below 32.
pub const fn v(number: u8) -> Slot {
    Slot { kind: SlotKind::V128, offset: VECTORS + number as u16 * 16 }
}

const LAYOUT: Layout = Layout {
    size: SIZE,
    pc: PC,
    fp_control: FPCR,
    fp_status: FPSR,
    watch_value: WATCH_VALUE,
    watch_addr: WATCH_ADDR,
    watch_size: WATCH_SIZE,
};

/// The rules of the CPU that blocks leave open.
#[derive(Clone, Copy, Debug)]
pub struct Rules;

impl Model for Rules {
    fn layout(&self) -> &Layout {
        &LAYOUT
    }

    /// Of FPCR: rounding in bits 23 and 22, flushing in 24, default NaN in 25, the alternative half precision in 26.
    fn control(&self, register: u64) -> Control {
        let round = match register >> 22 & 3 {
            0 => Round::Even,
            1 => Round::Up,
            2 => Round::Down,
            _ => Round::Zero,
        };
        let is = |bit: u32| register >> bit & 1 != 0;
        Control {
            round,
            flush: is(24),
            flush_half: is(19),
            default_nan: is(25),
            nan_sign: false,
            alternative_half: is(26),
        }
    }

    /// Into FPSR: the five of IEEE 754 in bits 0 to 4, a flushed operand in 7.
    fn status(&self, exceptions: Exceptions) -> u64 {
        u64::from(exceptions.0 & 31) | u64::from(exceptions.has(Exceptions::INPUT_FLUSHED)) << 7
    }

    fn helper(&self, id: u16, _: &mut [u8], [a, b, _]: [u128; 3]) -> u128 {
        match id {
            HELPER_JAVASCRIPT => rows::javascript(a as u64, b as u64).into(),
            _ => 0,
        }
    }
}
