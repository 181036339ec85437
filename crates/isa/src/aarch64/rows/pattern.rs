//! Encodings as text.

use super::feature::Feature;
use super::lift::Lift;

/// The fixed bits of an encoding, and the text that says which field each other bit belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// The bits that are fixed.
    pub mask: u32,
    /// What they are.
    pub value: u32,
    /// One character for each bit, and blanks.
    pub text: &'static str,
}

/// An instruction.
#[derive(Clone, Copy)]
pub struct Row {
    /// The mnemonic.
    pub name: &'static str,
    /// The encoding.
    pub pattern: Pattern,
    /// The part of the architecture it is in, if CPUs may lack it.
    pub feature: Option<Feature>,
    /// Appends what it does to a block; nothing if the encoding is not allocated.
    pub(super) lift: fn(&mut Lift, u32) -> Option<()>,
    /// A template of its operands.
    pub(super) text: &'static str,
}

/// Reads a pattern; a wrong one does not compile.
pub(super) const fn pattern(text: &'static str) -> Pattern {
    let (mut mask, mut value, mut bits) = (0u32, 0u32, 0);
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        if *first == b' ' {
            continue;
        }
        mask = mask << 1 | (*first == b'0' || *first == b'1') as u32;
        value = value << 1 | (*first == b'1') as u32;
        bits += 1;
    }
    assert!(bits == 32, "a pattern has 32 bits");
    Pattern { mask, value, text }
}

/// A row.
pub(super) const fn row(
    name: &'static str,
    bits: &'static str,
    lift: fn(&mut Lift, u32) -> Option<()>,
    text: &'static str,
) -> Row {
    Row { name, pattern: pattern(bits), feature: None, lift, text }
}

impl Row {
    /// The same row as part of a feature.
    pub(super) const fn of(self, feature: Feature) -> Row {
        Row { feature: Some(feature), ..self }
    }
}

impl Pattern {
    /// Whether a word is of this encoding.
    pub const fn matches(&self, word: u32) -> bool {
        word & self.mask == self.value
    }

    /// The field of a letter in a word; zero if there is none.
    pub fn field(&self, letter: u8, word: u32) -> u32 {
        let bits = self.text.bytes().filter(|&byte| byte != b' ');
        let mine = bits.zip((0..32).rev()).filter(|&(byte, _)| byte == letter);
        mine.fold(0, |field, (_, bit)| field << 1 | (word >> bit & 1))
    }
}

/// Bits `high` to `low` of a word.
pub(super) const fn bits(word: u32, high: u32, low: u32) -> u32 {
    word >> low & (u32::MAX >> (31 - (high - low)))
}

/// A bit of a word.
pub(super) const fn bit(word: u32, at: u32) -> bool {
    word >> at & 1 != 0
}

/// The five bits of a register from `low` up.
pub(super) const fn reg(word: u32, low: u32) -> u8 {
    (word >> low & 31) as u8
}

/// A signed number of bits `high` to `low`.
pub(super) const fn signed(word: u32, high: u32, low: u32) -> i64 {
    let unused = 63 - (high - low);
    ((bits(word, high, low) as i64) << unused) >> unused
}
