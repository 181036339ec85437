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
    /// The byte, or zero for none.
    const fn byte(self) -> u8 {
        match self {
            Prefix::None => 0,
            Prefix::P66 => 0x66,
            Prefix::F3 => 0xf3,
            Prefix::F2 => 0xf2,
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

/// An instruction without its operands, made up as far as it is known without them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Code {
    /// The byte in front, or zero.
    prefix: u8,
    /// The bytes of the map and the opcode, the first one lowest, and how many bits they have.
    opcode: u32,
    bits: u8,
    /// Eight for 64 bits.
    wide: u8,
    bytes: Bytes,
}

impl Code {
    #[inline]
    pub(crate) const fn new(map: Map, opcode: u8, width: Width) -> Code {
        let opcode = opcode as u32;
        let (opcode, bits) = match map {
            Map::One => (opcode, 8),
            Map::M0f => (opcode << 8 | 0x0f, 16),
            Map::M0f38 => (opcode << 16 | 0x380f, 24),
            Map::M0f3a => (opcode << 16 | 0x3a0f, 24),
        };
        let wide = if matches!(width, Width::W64) { 8 } else { 0 };
        Code { prefix: 0, opcode, bits, wide, bytes: Bytes::None }
    }

    /// Whether it has eight bytes at most with a long distance.
    #[inline]
    const fn is_short(self) -> bool {
        self.prefix == 0 && self.bits <= 16
    }

    #[inline]
    pub(crate) const fn with(self, prefix: Prefix) -> Code {
        Code { prefix: prefix.byte(), ..self }
    }

    #[inline]
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
    /// What was written, and room behind it: whoever writes a few bytes writes eight.
    bytes: Vec<u8>,
    /// How much was written.
    len: usize,
    labels: Vec<u32>,
    fixups: Vec<(u32, Label)>,
    /// The general registers 0 to 2 that may have been written since somebody asked, as bits.
    written: u8,
    /// The same of vector registers.
    vectors_written: u16,
}

/// So much room is made at once.
const ROOM: usize = 4096;

/// All registers that are watched for writes.
const WATCHED: u8 = 0b111;

const UNBOUND: u32 = u32::MAX;

impl Asm {
    /// An empty one.
    pub const fn new() -> Asm {
        Asm { bytes: Vec::new(), len: 0, labels: Vec::new(), fixups: Vec::new(), written: 0, vectors_written: 0 }
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.len = 0;
        self.labels.clear();
        self.fixups.clear();
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// How much was written.
    #[inline]
    pub fn here(&self) -> u32 {
        self.len as u32
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
        self.len = self.len.min(to as usize);
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

    /// Writes eight bytes, of which so many count.
    #[inline]
    fn put(&mut self, bytes: u64, count: usize) {
        let room = self.bytes.get_mut(self.len..).and_then(|rest| rest.first_chunk_mut());
        match room {
            Some(room) => *room = bytes.to_le_bytes(),
            None => self.put_far(bytes),
        }
        self.len += count;
    }

    #[cold]
    #[inline(never)]
    fn put_far(&mut self, bytes: u64) {
        self.bytes.resize(self.len + ROOM, 0);
        if let Some(room) = self.bytes.get_mut(self.len..).and_then(|rest| rest.first_chunk_mut()) {
            *room = bytes.to_le_bytes();
        }
    }

    #[inline]
    pub(crate) fn byte(&mut self, byte: u8) {
        self.put(byte.into(), 1);
    }

    /// Up to eight bytes.
    #[inline]
    pub(crate) fn raw<const N: usize>(&mut self, bytes: &[u8; N]) {
        const { assert!(N <= 8) };
        let mut eight = [0; 8];
        eight.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.put(u64::from_le_bytes(eight), N);
    }

    #[inline]
    pub(crate) fn word(&mut self, word: i32) {
        self.put((word as u32).into(), 4);
    }

    /// Notes that a jump's distance to a label, so many bytes from here, is to be written by [`Asm::resolve`].
    #[inline]
    fn distance(&mut self, label: Label, opcode: u32) {
        let at = self.here() + opcode;
        self.fixups.push((at, label));
    }

    /// The distance to a place counted from the buffer's start, which may be outside of it, from behind so many bytes.
    #[inline]
    fn distance_to(&self, place: i32, len: u32) -> u64 {
        let after = self.here().wrapping_add(len) as i32;
        (place.wrapping_sub(after) as u32).into()
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

    /// The same for one that writes no register. Most callers know which kind of operand it is.
    #[inline(always)]
    pub(crate) fn reading(&mut self, code: Code, reg: u8, rm: Rm) {
        match rm {
            Rm::Reg(number) => self.with_register(code, reg, number),
            Rm::Mem(Mem { base, index: None, disp }) if base.0 & 7 != Gpr::RSP.0 && code.is_short() => {
                self.with_base(code, reg, (base.0, disp));
            }
            Rm::Mem(mem) => self.with_memory(code, reg, mem),
        }
    }

    /// An instruction with two registers.
    #[inline]
    fn with_register(&mut self, code: Code, reg: u8, rm: u8) {
        let needs = match code.bytes {
            Bytes::None => false,
            Bytes::Reg => reg >= 4,
            Bytes::Rm => rm >= 4,
        };
        let mut bytes = Bytes8 { bytes: code.opcode.into(), bits: code.bits.into() };
        bytes.push(0xc0 | (reg & 7) << 3 | rm & 7);
        self.put_front(code, bytes, code.wide | (reg >> 3) << 2 | rm >> 3 | u8::from(needs) << 6);
    }

    /// An instruction of no more than eight bytes with a place without an index, whose base is not one of the two numbers that
    /// take a byte of their own.
    fn with_base(&mut self, code: Code, reg: u8, (base, disp): (u8, i32)) {
        let operands = u64::from((reg & 7) << 3 | base & 7);
        // Without a distance rbp and r13 would mean something else.
        let (tail, bits) = if disp == 0 && base & 7 != 5 {
            (operands, 8)
        } else if disp as i8 as i32 == disp {
            (operands | 0x40 | u64::from(disp as u8) << 8, 16)
        } else {
            (operands | 0x80 | u64::from(disp as u32) << 8, 40)
        };
        let needs = code.bytes == Bytes::Reg && reg >= 4;
        let bytes =
            Bytes8 { bytes: u64::from(code.opcode) | tail << (code.bits & 63), bits: u32::from(code.bits) + bits };
        self.put_front(code, bytes, code.wide | (reg >> 3) << 2 | base >> 3 | u8::from(needs) << 6);
    }

    /// An instruction with any place.
    fn with_memory(&mut self, code: Code, reg: u8, mem: Mem) {
        let mut bytes = Bytes8 { bytes: code.opcode.into(), bits: code.bits.into() };
        let far = bytes.memory((reg & 7) << 3, mem);
        let index = mem.index.map_or(0, |(index, _)| index.0);
        let needs = code.bytes == Bytes::Reg && reg >= 4;
        let rex = code.wide | (reg >> 3) << 2 | (index >> 3) << 1 | mem.base.0 >> 3 | u8::from(needs) << 6;
        self.put_front(code, bytes, rex);
        if let Some(far) = far {
            self.word(far);
        }
    }

    /// Writes an instruction with what comes before its opcode.
    #[inline(always)]
    fn put_front(&mut self, code: Code, mut bytes: Bytes8, rex: u8) {
        if rex != 0 {
            bytes.push_front(0x40 | rex);
        }
        if code.prefix != 0 {
            bytes.push_front(code.prefix);
        }
        self.put(bytes.bytes, bytes.bits as usize / 8);
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
        self.put(bytes.bytes, bytes.bits as usize / 8);
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

    #[inline]
    fn push_front(&mut self, byte: u8) {
        self.bytes = self.bytes << 8 | u64::from(byte);
        self.bits += 8;
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
