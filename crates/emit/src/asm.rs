//! The assembler: appends instructions of the host CPU to a buffer that is reused.

mod int;
#[cfg(test)]
mod tests;
mod vector;

pub use int::{Alu, Form, Shift};
pub use vector::{VOp, ops};

use crate::reg::{Gpr, Mem, Rm};
use alloc::vec::Vec;
use ashore_ir::Width;

/// The byte before the opcode that selects among instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Prefix {
    None = 0,
    P66 = 1,
    F3 = 2,
    F2 = 3,
}

impl Prefix {
    const fn byte(self) -> Option<u8> {
        match self {
            Prefix::None => None,
            Prefix::P66 => Some(0x66),
            Prefix::F3 => Some(0xf3),
            Prefix::F2 => Some(0xf2),
        }
    }
}

/// Which table of opcodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Map {
    One = 0,
    M0f = 1,
    M0f38 = 2,
    M0f3a = 3,
}

/// Whether a register operand is a byte, which for some numbers takes a prefix of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bytes {
    None,
    Reg,
    Rm,
}

/// An instruction without its operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Code {
    pub(crate) prefix: Prefix,
    pub(crate) map: Map,
    pub(crate) opcode: u8,
    pub(crate) width: Width,
    pub(crate) bytes: Bytes,
}

impl Code {
    pub(crate) const fn new(map: Map, opcode: u8, width: Width) -> Code {
        Code { prefix: Prefix::None, map, opcode, width, bytes: Bytes::None }
    }

    pub(crate) const fn with(self, prefix: Prefix) -> Code {
        Code { prefix, ..self }
    }

    pub(crate) const fn bytes(self, bytes: Bytes) -> Code {
        Code { bytes, ..self }
    }
}

/// A place that jumps go to, bound before or after them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(pub(crate) u32);

/// The assembler.
#[derive(Clone, Default, Debug)]
pub struct Asm {
    bytes: Vec<u8>,
    labels: Vec<u32>,
    fixups: Vec<(u32, Label)>,
    /// The general registers 0 to 2 that may have been written since somebody asked, as bits.
    written: u8,
    /// The same of vector registers.
    vectors_written: u16,
}

/// All registers that are watched for writes.
const WATCHED: u8 = 0b111;

const UNBOUND: u32 = u32::MAX;

impl Asm {
    /// An empty one.
    pub const fn new() -> Asm {
        Asm { bytes: Vec::new(), labels: Vec::new(), fixups: Vec::new(), written: 0, vectors_written: 0 }
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.labels.clear();
        self.fixups.clear();
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How much was written.
    pub fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Which of the general registers 0 to 2 may have been written since this was asked last, as bits.
    pub(crate) fn take_written(&mut self) -> u8 {
        core::mem::take(&mut self.written)
    }

    /// Which of the vector registers may have been written since this was asked last, as bits.
    pub(crate) fn take_vectors_written(&mut self) -> u16 {
        core::mem::take(&mut self.vectors_written)
    }

    /// Any register may have been written.
    pub(crate) fn forget(&mut self) {
        (self.written, self.vectors_written) = (WATCHED, u16::MAX);
    }

    /// A vector register is written; numbers of general registers do no harm.
    #[inline]
    pub(crate) fn writes_vector(&mut self, reg: u8) {
        self.vectors_written |= 1 << (reg & 15);
    }

    /// A register is written; numbers of vector registers do no harm.
    #[inline]
    pub(crate) fn writes(&mut self, reg: u8) {
        if reg < 3 {
            self.written |= 1 << reg;
        }
    }

    /// Takes back what was written from here on; no label may be bound there.
    pub(crate) fn rewind(&mut self, to: u32) {
        self.forget();
        self.bytes.truncate(to as usize);
        while self.fixups.last().is_some_and(|(at, _)| *at >= to) {
            self.fixups.pop();
        }
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }

    /// Binds a label here.
    pub fn bind(&mut self, label: Label) {
        let here = self.here();
        // Who comes here has other things in registers.
        self.forget();
        if let Some(place) = self.labels.get_mut(label.0 as usize) {
            *place = here;
        }
    }

    /// Where a label is bound.
    pub fn place(&self, label: Label) -> Option<u32> {
        self.labels.get(label.0 as usize).copied().filter(|place| *place != UNBOUND)
    }

    /// Writes the distances of jumps to labels. False if one is not bound.
    pub fn resolve(&mut self) -> bool {
        let Asm { bytes, labels, fixups, .. } = self;
        for (at, label) in fixups.drain(..) {
            let Some(&to) = labels.get(label.0 as usize).filter(|to| **to != UNBOUND) else { return false };
            let distance = (to as i32).wrapping_sub(at as i32 + 4);
            if let Some(field) = bytes.get_mut(at as usize..at as usize + 4) {
                field.copy_from_slice(&distance.to_le_bytes());
            }
        }
        true
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn word(&mut self, word: i32) {
        self.raw(&word.to_le_bytes());
    }

    /// A jump's distance to a label, written by [`Asm::resolve`].
    pub(crate) fn distance(&mut self, label: Label) {
        let at = self.here();
        self.fixups.push((at, label));
        self.word(0);
    }

    /// A distance to a place counted from the buffer's start, which may be outside of it.
    pub(crate) fn distance_to(&mut self, place: i32) {
        let after = self.here() as i32 + 4;
        self.word(place.wrapping_sub(after));
    }

    /// An instruction with a register and a register or memory; it may write each register.
    #[inline]
    pub(crate) fn op(&mut self, code: Code, reg: u8, rm: Rm) {
        self.writes(reg);
        if let Rm::Reg(number) = rm {
            self.writes(number);
        }
        self.reading(code, reg, rm);
    }

    /// The same for one that writes no register.
    pub(crate) fn reading(&mut self, code: Code, reg: u8, rm: Rm) {
        let (index, base) = match rm {
            Rm::Reg(number) => (0, number),
            Rm::Mem(mem) => (mem.index.map_or(0, |(index, _)| index.0), mem.base.0),
        };
        let mut bytes = Bytes8::default();
        if let Some(byte) = code.prefix.byte() {
            bytes.push(byte);
        }
        let wide = u8::from(code.width == Width::W64);
        let rex = wide << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
        let needs = match (code.bytes, rm) {
            (Bytes::None, _) | (Bytes::Rm, Rm::Mem(_)) => false,
            (Bytes::Reg, _) => reg >= 4,
            (Bytes::Rm, Rm::Reg(number)) => number >= 4,
        };
        if rex != 0 || needs {
            bytes.push(0x40 | rex);
        }
        let opcode = u32::from(code.opcode);
        match code.map {
            Map::One => bytes.put(opcode, 1),
            Map::M0f => bytes.put(opcode << 8 | 0x0f, 2),
            Map::M0f38 => bytes.put(opcode << 16 | 0x380f, 3),
            Map::M0f3a => bytes.put(opcode << 16 | 0x3a0f, 3),
        }
        self.operands(bytes, reg, rm);
    }

    /// Writes an instruction whose opcode is in `bytes`, with the bytes that name its operands.
    #[inline]
    pub(crate) fn operands(&mut self, mut bytes: Bytes8, reg: u8, rm: Rm) {
        let reg = (reg & 7) << 3;
        let far = match rm {
            Rm::Reg(number) => {
                bytes.push(0xc0 | reg | number & 7);
                None
            }
            Rm::Mem(mem) => bytes.memory(reg, mem),
        };
        // A copy of a constant length is a single store.
        let len = self.bytes.len() + bytes.bits as usize / 8;
        self.bytes.extend_from_slice(&bytes.bytes.to_le_bytes());
        self.bytes.truncate(len);
        if let Some(far) = far {
            self.word(far);
        }
    }
}

/// Up to eight bytes, the first one lowest: an instruction without long distances and constants is not longer.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bytes8 {
    bytes: u64,
    bits: u32,
}

impl Bytes8 {
    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        self.put(byte.into(), 1);
    }

    /// Appends the lowest `count` bytes of a number that has no others.
    #[inline]
    pub(crate) fn put(&mut self, number: u32, count: u32) {
        self.bytes |= u64::from(number) << (self.bits & 63);
        self.bits += count * 8;
    }

    /// The bytes of a place in memory; gives its distance if that does not fit into one.
    #[inline]
    fn memory(&mut self, reg: u8, mem: Mem) -> Option<i32> {
        let base = mem.base.0 & 7;
        // Without a distance rbp and r13 would mean something else.
        let mode = match mem.disp {
            0 if base != 5 => 0,
            -128..=127 => 0x40,
            _ => 0x80,
        };
        let pair = |first: u8, second: u8| u32::from(first) | u32::from(second) << 8;
        match mem.index {
            Some((index, scale)) => self.put(pair(mode | reg | 4, scale << 6 | (index.0 & 7) << 3 | base), 2),
            None if base == Gpr::RSP.0 => self.put(pair(mode | reg | 4, 0x24), 2),
            None => self.push(mode | reg | base),
        }
        match mode {
            0 => None,
            0x40 => {
                self.push(mem.disp as u8);
                None
            }
            _ => Some(mem.disp),
        }
    }
}
