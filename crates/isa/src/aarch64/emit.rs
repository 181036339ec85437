//! New code: branches, addresses, constants, and the counter of a hook.

use super::Instructions;
use super::words::{B, NOP, PAGE, SIZE, Shape, aim};
use crate::Unencodable;
use crate::code::{self, Register};
use alloc::vec::Vec;
use ashore_base::Addr;

/// The first and second register that linkers may change between a call and the function's entry (IP0, IP1 of AAPCS64; Go's
/// linker uses the first for the same).
pub(super) const IP0: Register = Register(16);
/// The second of them.
pub(super) const IP1: Register = Register(17);
/// The stack pointer, where an instruction takes it.
pub(super) const SP: Register = Register(31);

/// Code of this CPU that grows.
pub(super) type Block = code::Block<Instructions>;

impl Block {
    /// An instruction that names `target` by distance.
    pub(super) fn aimed(&mut self, shape: Shape, word: u32, target: Addr) -> Result<(), Unencodable> {
        let word = aim(shape, word, self.here(), target)?;
        self.word(word);
        Ok(())
    }

    /// Makes `value` in `register`.
    pub(super) fn constant(&mut self, register: Register, value: u64) {
        const MOVN: u32 = 0x9280_0000;
        const MOVZ: u32 = 0xd280_0000;
        const MOVK: u32 = 0xf280_0000;
        let half = |value: u64, index: u32| (value >> (index * 16)) as u32 & 0xffff;
        let different = |filler: u32| (0..4).filter(move |&index| half(value, index) != filler);
        let inverted = different(0xffff).count() < different(0).count();
        let (filler, mut operation) = if inverted { (0xffff, MOVN) } else { (0, MOVZ) };
        let first = different(filler).next().unwrap_or(0);
        for index in core::iter::once(first).chain(different(filler).skip(1)) {
            let bits = if operation == MOVN { !half(value, index) & 0xffff } else { half(value, index) };
            self.word(operation | index << 21 | bits << 5 | register.0);
            operation = MOVK;
        }
    }

    /// Makes `target` in `register`: by distance while that reaches (4 GiB), so that the code may be loaded elsewhere.
    pub(super) fn address(&mut self, register: Register, target: Addr) {
        const ADRP: u32 = 0x9000_0000;
        const ADD: u32 = 0x9100_0000;
        match aim(Shape::Adrp, ADRP | register.0, self.here(), target) {
            Ok(word) => {
                let offset = (target.0 % PAGE) as u32;
                self.words(&[word, ADD | offset << 10 | register.0 << 5 | register.0]);
            }
            Err(_) => self.constant(register, target.0),
        }
    }

    /// Goes to `target` at any distance, through `register`.
    pub(super) fn far_branch(&mut self, target: Addr, register: Register) {
        const BR: u32 = 0xd61f_0000;
        self.address(register, target);
        self.word(BR | register.0 << 5);
    }

    /// Calls `target` at any distance, through `register`.
    pub(super) fn far_call(&mut self, target: Addr, register: Register) {
        const BLR: u32 = 0xd63f_0000;
        self.address(register, target);
        self.word(BLR | register.0 << 5);
    }
}

/// One `b`.
pub(super) fn branch(at: Addr, target: Addr) -> Result<Vec<u8>, Unencodable> {
    let mut block = Block::new(at);
    block.aimed(Shape::Jump, B, target)?;
    Ok(block.into_bytes())
}

/// `adrp x16; add x16; br x16`, or the address as a constant.
pub(super) fn far_branch(at: Addr, target: Addr) -> Vec<u8> {
    let mut block = Block::new(at);
    block.far_branch(target, IP0);
    block.into_bytes()
}

/// `mov x0, value; ret`.
pub(super) fn return_value(value: u64) -> Vec<u8> {
    const RET: u32 = 0xd65f_03c0;
    let mut block = Block::new(Addr::NULL);
    block.constant(Register(0), value);
    block.word(RET);
    block.into_bytes()
}

/// `nop`s.
pub(super) fn nothing(len: u64) -> Result<Vec<u8>, Unencodable> {
    if !len.is_multiple_of(SIZE) {
        return Err(Unencodable::TooShort { needed: len.next_multiple_of(SIZE) });
    }
    let count = usize::try_from(len).map_err(|_| Unencodable::TooShort { needed: len })?;
    Ok(NOP.to_le_bytes().into_iter().cycle().take(count).collect())
}

/// Adds one to the 64-bit word at `counter`.
///
/// No register and no flag changes: x16 and x17 are free at the entry of a function that is called, but not at one a signal
/// handler makes a thread continue at (Go's `asyncPreempt`). The three that are needed are kept in the thirty-two bytes below
/// the stack pointer. Atomic additions in one instruction are not in every CPU.
pub(super) fn count(at: Addr, counter: Addr) -> Result<Vec<u8>, Unencodable> {
    if !counter.0.is_multiple_of(8) {
        return Err(Unencodable::Instruction { at, reason: "a counter must lie at a multiple of eight" });
    }
    let mut block = Block::new(at);
    // stp x16, x17, [sp, #-32]!; str x15, [sp, #16]
    block.words(&[0xa9be_47f0, 0xf900_0bef]);
    block.address(IP0, counter);
    // again: ldxr x17, [x16]; add x17, x17, #1; stxr w15, x17, [x16]; cbnz w15, again
    block.words(&[0xc85f_7e11, 0x9100_0631, 0xc80f_7e11, 0x35ff_ffaf]);
    // ldr x15, [sp, #16]; ldp x16, x17, [sp], #32
    block.words(&[0xf940_0bef, 0xa8c2_47f0]);
    Ok(block.into_bytes())
}
