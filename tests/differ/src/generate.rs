//! Random cases of a class of instructions.

use crate::program::{Case, LOADED};
use crate::random::Random;
use ashore_ir::Block;
use ashore_isa::aarch64::rows::{CLASSES, Decoder, Row};

/// The conversion by JavaScript's rules.
const JAVASCRIPT: u32 = 0x1e7e_0000;

/// Setting the control register, whatever from.
const SET_CONTROL: u32 = 0xd51b_4400;

/// Numbers on the edges of integers and of floating-point formats.
const EDGES: &[u64] = &[
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
    0x8000_0000_8000_0000,
    0x7fff_ffff_7fff_ffff,
];

/// Single-precision numbers: zeros, ones, the smallest and greatest, infinities, NaNs of both kinds, near powers of two.
const SINGLES: &[u32] = &[
    0,
    0x8000_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x0000_0001,
    0x807f_ffff,
    0x0080_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffc1_2345,
    0x7f80_0001,
    0xffa1_2345,
    0x3f00_0000,
    0x3fc0_0000,
    0x4b00_0000,
    0x4b80_0001,
    0x4f00_0000,
    0xcf00_0000,
    0x4f80_0000,
    0x5f00_0000,
    0x5f80_0000,
    0x0040_0000,
    0x7f00_0000,
    0x3f7f_ffff,
    0x4020_0000,
    0x477f_e000,
    0x3300_0000,
    0x3880_0000,
    0x387f_c000,
];

/// The same of double precision.
const DOUBLES: &[u64] = &[
    0,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x0000_0000_0000_0001,
    0x800f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0xfff8_1234_5678_9abc,
    0x7ff0_0000_0000_0001,
    0xfff4_1234_5678_9abc,
    0x3fe0_0000_0000_0000,
    0x3ff8_0000_0000_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0000_0000,
    0x43e0_0000_0000_0000,
    0x43f0_0000_0000_0000,
    0xc3e0_0000_0000_0000,
    0x4330_0000_0000_0001,
    0x36a0_0000_0000_0000,
    0x3810_0000_0000_0000,
    0x47ef_ffff_e000_0000,
    0x47ef_ffff_f000_0000,
];

fn integer(random: &mut Random) -> u64 {
    match random.below(4) {
        0 => *random.pick(EDGES).unwrap_or(&0),
        1 => random.next() >> random.below(64),
        2 => (random.next() as i8) as i64 as u64,
        _ => random.next(),
    }
}

fn single(random: &mut Random) -> u32 {
    match random.below(4) {
        0 | 1 => *random.pick(SINGLES).unwrap_or(&0),
        2 => (random.next() as u32 & 0x807f_ffff) | (0x70 + random.below(32) as u32) << 23,
        _ => random.next() as u32,
    }
}

fn double(random: &mut Random) -> u64 {
    match random.below(4) {
        0 | 1 => *random.pick(DOUBLES).unwrap_or(&0),
        2 => (random.next() & 0x800f_ffff_ffff_ffff) | (0x3f0 + random.below(32) as u64) << 52,
        _ => random.next(),
    }
}

fn half(random: &mut Random) -> u64 {
    [0, 0x8000, 0x3c00, 1, 0x83ff, 0x400, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x7d01, 0x7fff, random.next() & 0xffff]
        [random.below(13)]
}

fn vector(random: &mut Random) -> u128 {
    match random.below(8) {
        0 => (0..16).fold(0, |value, _| value << 8 | [0, 1, 0x7f, 0x80, 0xff][random.below(5)]),
        1 => (0..8).fold(0, |value, _| value << 16 | [0, 1, 0x7fff, 0x8000, 0xffff][random.below(5)]),
        2 | 3 => (0..4).fold(0, |value, _| value << 32 | u128::from(single(random))),
        4 | 5 => (0..2).fold(0, |value, _| value << 64 | u128::from(double(random))),
        6 => (0..8).fold(0, |value, _| value << 16 | u128::from(half(random))),
        _ => u128::from(random.next()) << 64 | u128::from(random.next()),
    }
}

/// The state a case begins with, as the program's loader reads it.
fn state(random: &mut Random) -> Vec<u8> {
    let mut state: Vec<u8> = (0..32).flat_map(|_| vector(random).to_le_bytes()).collect();
    state.extend((0..28).flat_map(|_| integer(random).to_le_bytes()));
    let flags = (random.next() & 15) << 28;
    // Rounding, flushing, default NaN, alternative half precision; mostly none.
    let control = if random.one_in(2) { 0 } else { (random.next() & 31) << 22 };
    let control = if random.one_in(4) { control } else { control & !(1 << 26) };
    state.extend([flags, 0, control].into_iter().flat_map(u64::to_le_bytes));
    state
}

/// The name for instructions of all classes in one case.
pub(crate) const MIXED: &str = "mixed";

/// Makes cases.
pub(crate) struct Generator {
    random: Random,
    decoder: Decoder,
    /// Instructions, each with its class.
    rows: Vec<(&'static str, &'static Row)>,
}

impl Generator {
    /// For a class, for all classes mixed, or for the instructions of one name.
    pub(crate) fn new(wanted: &str, seed: u64) -> Option<Generator> {
        let is_class = wanted == MIXED || CLASSES.iter().any(|(class, _)| *class == wanted);
        let all = CLASSES.iter().flat_map(|(class, rows)| rows.iter().map(|row| (*class, row)));
        let rows: Vec<_> = all
            .filter(|(class, row)| match is_class {
                true => wanted == MIXED || *class == wanted,
                false => row.name == wanted,
            })
            .collect();
        let found = !rows.is_empty();
        found.then(|| Generator { random: Random::new(seed), decoder: Decoder::new(), rows })
    }

    /// The memory all cases begin with.
    pub(crate) fn memory(&mut self, bytes: usize) -> Vec<u8> {
        (0..bytes / 8).flat_map(|_| integer(&mut self.random).to_le_bytes()).collect()
    }

    /// A case of some instructions.
    pub(crate) fn case(&mut self, length: usize) -> Case {
        let is = |words: &[u32], mask, value| words.iter().any(|word| word & mask == value);
        let mut words = Vec::new();
        loop {
            for _ in 0..length {
                while !self.instruction(&mut words) {}
            }
            if !is(&words, 0xffff_fc00, JAVASCRIPT) || !is(&words, 0xffff_ffe0, SET_CONTROL) {
                break;
            }
            words.clear();
        }
        let mut state = state(&mut self.random);
        // The architecture calls a flushed operand of this conversion inexact; the peer does not.
        if words.iter().any(|word| word & 0xffff_fc00 == JAVASCRIPT) {
            state[LOADED - 5] &= !1;
        }
        Case { state, words }
    }

    /// Appends an instruction and what it needs before it; nothing if the random word would not do.
    fn instruction(&mut self, words: &mut Vec<u32>) -> bool {
        let Some(&(class, row)) = self.random.pick(&self.rows) else { return false };
        let word = row.pattern.value | (self.random.next() as u32 & !row.pattern.mask);
        let field = |letter| row.pattern.field(letter, word);
        let is_register = |letter: u8| row.pattern.text.bytes().filter(|&byte| byte == letter).count() == 5;
        if [b'd', b't', b'u', b's'].into_iter().any(|letter| is_register(letter) && field(letter) == 28) {
            return false;
        }
        match class {
            "branch" => self.branch(words, row, word),
            "system" => self.system(words, row, word),
            "memory" | "atomic" => {
                let mut own = Vec::new();
                let fits = self.access(&mut own, (class, row), word);
                if fits {
                    words.append(&mut own);
                }
                fits
            }
            _ => {
                self.is_allocated(word) && {
                    words.push(word);
                    true
                }
            }
        }
    }

    fn is_allocated(&self, word: u32) -> bool {
        let mut block = Block::new();
        self.decoder.lift(&mut block, 0, word);
        let illegal = |op: &ashore_ir::Op| matches!(op, ashore_ir::Op::Trap { kind: ashore_ir::Trap::Illegal, .. });
        !block.ops().iter().any(illegal)
    }

    /// Branches go over one instruction; those to registers to the one that follows.
    fn branch(&mut self, words: &mut Vec<u32>, row: &Row, word: u32) -> bool {
        let field = |letter| row.pattern.field(letter, word);
        let skipped = 0xd503_201f;
        match row.name {
            "svc" | "brk" => return false,
            "br" | "blr" | "ret" => {
                let register = field(b'n');
                if register == 31 || register == 28 {
                    return false;
                }
                words.push(0x1000_0040 | register);
                words.push(word);
            }
            name => {
                let low = if name == "b" || name == "bl" { 0 } else { 5 };
                let bits = row.pattern.text.bytes().filter(|&byte| byte == b'i').count();
                let mask = ((1u32 << bits) - 1) << low;
                words.push(word & !mask | 2 << low);
                // What is skipped or not.
                words.push(if self.random.one_in(2) { skipped } else { 0x9100_0400 });
            }
        }
        true
    }

    /// Registers both have; memory where it is the case's.
    fn system(&mut self, words: &mut Vec<u32>, row: &Row, word: u32) -> bool {
        let register = word & 31;
        match row.name {
            "mrs" | "msr" => {
                let known = [0x1b_4200, 0x1b_4400, 0x1b_4420, 0x1b_d040];
                let Some(&which) = self.random.pick(&known) else { return false };
                // A control register's trapping and half-precision bits are not kept by either.
                if row.name == "msr" && which == 0x1b_4400 {
                    words.push(0xd2a0_0000 | (self.random.next() as u32 & 0x7c0) << 5 | register);
                }
                // Of the status register only what this state of the CPU has.
                if row.name == "msr" && which == 0x1b_4420 {
                    words.push(0xd280_0000 | (self.random.next() as u32 & 0x9f) << 5 | register);
                    words.push(0xf2a0_0000 | (self.random.next() as u32 & 0x800) << 5 | register);
                }
                words.push(word & 0xffe0_0000 | which | register);
            }
            "hint" => words.push(0xd503_201f),
            "dc" | "ic" => {
                // The peer's blocks that are made zero may have another size.
                if register == 31 || word & 0xffff_ffe0 == 0xd50b_7420 {
                    return false;
                }
                words.push(0x9100_0000 | (self.random.below(1024) as u32) << 10 | 28 << 5 | register);
                words.push(word);
            }
            "isb" | "dsb" | "dmb" | "clrex" => words.push(word),
            _ => return false,
        }
        true
    }

    /// The base register, and the index if there is one, are set so that the access is to the case's memory.
    fn access(&mut self, words: &mut Vec<u32>, (class, row): (&str, &Row), word: u32) -> bool {
        let text = row.pattern.text.as_bytes();
        let has = |letter: u8| text.contains(&letter);
        let field = |letter| row.pattern.field(letter, word);
        if !has(b'n') {
            // A literal: somewhere in the code around.
            let word = word & !(0x7_ffff << 5) | (self.random.below(8) as u32) << 5;
            let fits = self.is_allocated(word);
            if fits {
                words.push(word);
            }
            return fits;
        }
        let (base, others) =
            (field(b'n'), [b't', b'u', b's', b'm'].map(|letter| if has(letter) { field(letter) } else { 32 }));
        // What changes its own base, or loads twice to one register, is not predictable.
        if base == 28
            || others.contains(&base)
            || (others[0] == others[1])
            || (others[0] == others[2] && class == "atomic")
        {
            return false;
        }
        if has(b'u') && others[1] == others[2] || !self.is_allocated(word) {
            return false;
        }
        let scaled = word >> 24 & 0x3b == 0x39;
        let vector = word >> 26 & 1 != 0;
        let size = word >> 30;
        let log2 = if vector && word >> 23 & 1 != 0 { 4 } else { size };
        let mut at = 256 + 16 * self.random.below(16) as u64;
        if class == "memory" {
            at += self.random.below(16) as u64;
        }
        if class == "atomic" && has(b'i') {
            at = at.wrapping_sub(((word << 11) as i32 >> 23) as i64 as u64);
        }
        if scaled {
            at = at.wrapping_sub(u64::from(word >> 10 & 0xfff) << log2);
        }
        if has(b'x') {
            // An index: small, or a small negative number of 32 bits if it is taken as that.
            let index = others[3];
            if index == 28 {
                return false;
            }
            words.push(0xd280_0000 | (self.random.below(16) as u32) << 5 | index);
        } else if has(b'm') && others[3] != 31 {
            words.push(0xd280_0000 | (self.random.next() as u32 & 0xffff) << 5 | others[3] & 31);
            if others[3] == 28 {
                return false;
            }
        }
        // base = x28 + at, by way of itself or, for the stack pointer, of x0.
        let way = if base == 31 { 0 } else { base };
        if base == 31 && others.contains(&0) {
            return false;
        }
        words.push(
            if (at as i64) < 0 {
                0x9280_0000 | (!at as u32 & 0xffff) << 5
            } else {
                0xd280_0000 | (at as u32 & 0xffff) << 5
            } | way,
        );
        if (at as i64) < 0 && !at > 0xffff {
            words.truncate(words.len() - 1);
            return false;
        }
        words.push(0x8b00_0000 | way << 16 | 28 << 5 | way);
        if base == 31 {
            words.push(0x9100_0000 | way << 5 | 31);
        }
        if row.name.starts_with("stx") && self.random.one_in(4) {
            // Nothing is watched. A place watched by a load of another size is not predictable.
            words.push(0xd503_3f5f);
        } else if row.name.starts_with("stx") {
            // The load that makes the store succeed, to registers nobody else uses here.
            words.push(word & !(31 << 16) | 1 << 22 | 31 << 16);
        }
        words.push(word);
        true
    }
}
