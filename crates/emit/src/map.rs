//! Which guest register lives in which host register.

use crate::frame;
use crate::reg::{Gpr, Mem, Xmm};
use ashore_ir::{Slot, SlotKind};

const NONE: u8 = 0xff;
/// Slots by offset in units of eight bytes.
const CELLS: usize = frame::STATE_MAX / 8;

/// A map of guest registers to host registers, and where the flags are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegMap {
    ints: [Option<Slot>; 16],
    vectors: [Option<Slot>; 16],
    by_cell: [u8; CELLS],
    /// What templates know of the guest.
    pub guest: Guest,
}

/// What templates know of the guest's CPU, and of what not every host has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guest {
    /// Where its program counter is while no code of it runs.
    pub pc: Slot,
    /// Where its flags are.
    pub flags: Slot,
    /// The value, the address and the size of the place it watches.
    pub watch: [Slot; 3],
    /// Where it keeps which floating-point exceptions were raised.
    pub status: Slot,
    /// The bits there that say that an operation was invalid.
    pub invalid: u32,
    /// Instructions begin at multiples of two to the power of this.
    pub align_log2: u8,
    /// How many of an address's highest bits its accesses ignore.
    pub ignored: u8,
}

/// The general registers that hold guest registers, the best first.
pub const INTS: [Gpr; 11] =
    [Gpr::RBX, Gpr::RSI, Gpr::RDI, Gpr::RBP, Gpr::R8, Gpr::R9, Gpr::R10, Gpr::R11, Gpr::R12, Gpr::R13, Gpr::R14];
/// The first vector register that holds a guest register; those before are for templates.
pub const FIRST_VECTOR: u8 = 5;
/// How many vector registers hold guest registers.
pub const VECTORS: usize = 11;

impl RegMap {
    /// A map of as many of the slots as there are registers, the first ones first.
    pub fn new(slots: &[Slot], guest: Guest) -> RegMap {
        let mut map = RegMap { ints: [None; 16], vectors: [None; 16], by_cell: [NONE; CELLS], guest };
        let mut ints = INTS.iter();
        let mut vectors = FIRST_VECTOR..FIRST_VECTOR + VECTORS as u8;
        for &slot in slots {
            match slot.kind {
                SlotKind::I64 => ints.next().into_iter().for_each(|reg| map.pin_int(*reg, slot)),
                SlotKind::V128 => vectors.next().into_iter().for_each(|reg| map.pin_vector(Xmm(reg), slot)),
                SlotKind::I32 | SlotKind::Flags => {}
            }
        }
        map
    }

    fn pin(&mut self, slot: Slot, number: u8) {
        if let Some(cell) = self.by_cell.get_mut(usize::from(slot.offset) / 8) {
            *cell = number;
        }
    }

    /// Puts another guest register into a general register.
    pub fn pin_int(&mut self, reg: Gpr, slot: Slot) {
        if let Some(old) = self.ints[usize::from(reg.0 & 15)].replace(slot) {
            self.pin(old, NONE);
        }
        self.pin(slot, reg.0);
    }

    /// Puts another guest register into a vector register.
    pub fn pin_vector(&mut self, reg: Xmm, slot: Slot) {
        if let Some(old) = self.vectors[usize::from(reg.0 & 15)].replace(slot) {
            self.pin(old, NONE);
        }
        self.pin(slot, reg.0);
    }

    fn number(&self, slot: Slot) -> Option<u8> {
        self.by_cell.get(usize::from(slot.offset) / 8).copied().filter(|number| *number != NONE)
    }

    /// The general register a slot lives in.
    pub fn int(&self, slot: Slot) -> Option<Gpr> {
        if slot.kind == SlotKind::I64 { self.number(slot).map(Gpr) } else { None }
    }

    /// The vector register a slot lives in.
    pub fn vector(&self, slot: Slot) -> Option<Xmm> {
        if slot.kind == SlotKind::V128 { self.number(slot).map(Xmm) } else { None }
    }

    /// What lives in general registers.
    pub fn ints(&self) -> impl Iterator<Item = (Gpr, Slot)> {
        self.ints.iter().zip(0..).filter_map(|(slot, number)| slot.map(|slot| (Gpr(number), slot)))
    }

    /// What lives in vector registers.
    pub fn vectors(&self) -> impl Iterator<Item = (Xmm, Slot)> {
        self.vectors.iter().zip(0..).filter_map(|(slot, number)| slot.map(|slot| (Xmm(number), slot)))
    }

    /// Where a slot is in memory.
    pub const fn memory(slot: Slot) -> Mem {
        frame::place(slot.offset as usize)
    }
}
