//! The first pass over code: by arithmetic alone, which bytes could be a field that names an address in a range.
//!
//! Every byte may start a field of 32 bits, taken as a distance from its own end or as an address (the lower half of a 64-bit
//! one). All candidates of a block are judged without a branch, in a shape the compiler turns into vectors; only a block with
//! a hit is looked at again. Fields of 8 bits reach 128 bytes and are looked for around the range only.

use crate::code::Code;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, Bytes};

/// Words judged at once.
const WORDS: usize = 64;
/// The bytes they take.
const BLOCK: usize = WORDS * 4;
/// How far a distance of 8 bits reaches, with the instruction's own bytes.
const NEAR: u64 = 130;

/// Calls and jumps that go where the word at `slot` says, and loads of it into a register. Four bytes that are by chance the
/// distance of one word are too rare to decode what is before them.
pub(super) fn through(code: Code<'_>, slot: Addr) -> Vec<Addr> {
    const LEN: usize = 6;
    let is_through = |(offset, bytes): (usize, &[u8])| {
        let [opcode, operand, distance @ ..] = bytes.first_chunk::<LEN>()?;
        let is_form = matches!((opcode, operand), (0xff, 0x15 | 0x25)) || *opcode == 0x8b && operand & 0xc7 == 0x05;
        let at = code.start.plus(offset as u64);
        let behind = at.plus(LEN as u64);
        let named = behind.0.wrapping_add_signed(i32::from_le_bytes(*distance).into());
        (is_form && named == slot.0).then_some(at)
    };
    code.bytes.windows(LEN).enumerate().filter_map(is_through).collect()
}

/// The offsets of bytes in `code` that could be the first of a field naming an address in `targets`, in order. Each is behind
/// bytes that could be the opcode of an instruction with such a field.
pub(super) fn fields(code: Code<'_>, targets: AddrRange) -> Vec<usize> {
    let mut found = Vec::new();
    if targets.is_empty() {
        return found;
    }
    let test = Test::new(code.start, targets);
    let mut offset = 0;
    while let Some(block) = code.bytes.get(offset..offset + BLOCK + 3) {
        for phase in 0..4 {
            let Some((words, _)) = block.get(phase..phase + BLOCK).map(<[u8]>::as_chunks::<4>) else { continue };
            let Some(words) = words.first_chunk::<WORDS>() else { continue };
            if test.any(words, (offset + phase) as u32) {
                let hits = words.iter().enumerate().map(|(i, word)| (offset + phase + 4 * i, word));
                found.extend(hits.filter(|(at, word)| test.is_field(code.bytes, *at, word)).map(|(at, _)| at));
            }
        }
        offset += BLOCK;
    }
    let rest = code.bytes.get(offset..).unwrap_or_default().windows(4).enumerate();
    for (i, word) in rest {
        if let Some(word) = word.first_chunk::<4>()
            && test.is_field(code.bytes, offset + i, word)
        {
            found.push(offset + i);
        }
    }
    near_fields(code, targets, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

/// The arithmetic of one search, modulo 2^32: what is out by a multiple of that falls when the instruction is decoded.
struct Test {
    /// Added to a word and its offset: a distance into the range becomes less than `below`.
    relative: u32,
    /// Added to a word: an address in the range becomes less than `below`.
    absolute: u32,
    /// The length of the range, on the scale of signed numbers, which is what vectors compare.
    below: i32,
}

const SIGN: u32 = 1 << 31;

impl Test {
    fn new(start: Addr, targets: AddrRange) -> Test {
        let first = targets.start.0 as u32;
        let len = u32::try_from(targets.len()).unwrap_or(u32::MAX);
        Test {
            relative: (start.0 as u32).wrapping_add(4).wrapping_sub(first).wrapping_add(SIGN),
            absolute: 0u32.wrapping_sub(first).wrapping_add(SIGN),
            below: (len ^ SIGN) as i32,
        }
    }

    /// Whether any of `words`, the first of which is at `offset`, could be a field.
    #[inline]
    fn any(&self, words: &[[u8; 4]; WORDS], offset: u32) -> bool {
        let base = self.relative.wrapping_add(offset);
        let mut hits = 0i32;
        for (i, word) in words.iter().enumerate() {
            let word = u32::from_le_bytes(*word);
            let relative = word.wrapping_add(base).wrapping_add(4 * i as u32) as i32;
            let absolute = word.wrapping_add(self.absolute) as i32;
            hits |= i32::from(relative < self.below) | i32::from(absolute < self.below);
        }
        hits != 0
    }

    /// Whether the word at `at` could be a field, with a fitting opcode before it.
    fn is_field(&self, code: &[u8], at: usize, word: &[u8; 4]) -> bool {
        let word = u32::from_le_bytes(*word);
        let relative = word.wrapping_add(self.relative).wrapping_add(at as u32) as i32;
        let absolute = word.wrapping_add(self.absolute) as i32;
        (relative < self.below && is_behind_branch_or_lea(code, at))
            || (absolute < self.below && is_behind_constant_opcode(code, at))
    }
}

/// `call`, `jmp`, `jcc`, `xbegin`, or `lea` with a distance, right before the field.
fn is_behind_branch_or_lea(code: &[u8], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|i| code.get(i)).copied();
    match (before(2), before(1)) {
        (_, Some(0xe8 | 0xe9)) => true,
        (Some(0x0f), Some(0x80..=0x8f)) => true,
        (Some(0xc7), Some(0xf8)) => true,
        (Some(0x8d), Some(form)) => form & 0xc7 == 0x05,
        _ => false,
    }
}

/// `mov`, `push`, `cmp` with an immediate, or `lea` of an absolute address, before the field.
fn is_behind_constant_opcode(code: &[u8], at: usize) -> bool {
    /// The most bytes between opcode and immediate: the operand's form, its scale, its displacement.
    const OPERAND: usize = 6;
    let before = |n: usize| at.checked_sub(n).and_then(|i| code.get(i)).copied();
    match before(1) {
        Some(0xb8..=0xbf | 0x68 | 0x3d) => return true,
        Some(0x25) if before(3) == Some(0x8d) => return true,
        _ => {}
    }
    (2..=1 + OPERAND).any(|n| matches!(before(n), Some(0xc7 | 0x81)))
}

/// Short jumps, `loop` and `jrcxz` from around the range into it.
fn near_fields(code: Code<'_>, targets: AddrRange, found: &mut Vec<usize>) {
    let range = code.range();
    let start = targets.start.0.saturating_sub(NEAR).max(range.start.0);
    let end = targets.end.0.saturating_add(NEAR).min(range.end.0);
    let offset = start.saturating_sub(range.start.0);
    let Some(around) = Bytes(code.bytes).slice(offset, end.saturating_sub(start)) else { return };
    for (i, pair) in around.windows(2).enumerate() {
        let &[opcode, distance] = pair else { continue };
        if !matches!(opcode, 0x70..=0x7f | 0xe0..=0xe3 | 0xeb) {
            continue;
        }
        let target = Addr(start).plus(i as u64 + 2).plus(distance as i8 as u64);
        if targets.contains(target) {
            found.push(offset as usize + i + 1);
        }
    }
}

/// The offsets in `bytes` where one of `wanted` stands, in order.
pub(super) fn pairs(bytes: &[u8], wanted: &[[u8; 2]]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut offset = 0;
    while let Some(rest) = bytes.get(offset..).filter(|rest| rest.len() > 1) {
        let block = rest.get(..BLOCK + 1).unwrap_or(rest);
        let next = block.get(1..).unwrap_or_default();
        let is_there = wanted.iter().any(|[first, second]| {
            let hits = block.iter().zip(next).map(|(a, b)| u8::from(a == first) & u8::from(b == second));
            hits.fold(0, |any, hit| any | hit) != 0
        });
        if is_there {
            let at = block.windows(2).enumerate().filter(|(_, pair)| wanted.iter().any(|wanted| wanted == pair));
            found.extend(at.map(|(i, _)| offset + i));
        }
        offset += BLOCK;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_field_is_found_at_every_offset() {
        let start = Addr(0x40_1000);
        let target = Addr(0x40_0000);
        for at in 1..2000usize {
            let mut bytes = vec![0x90; 2100];
            let distance = target.0.wrapping_sub(start.0 + at as u64 + 4) as u32;
            bytes[at - 1] = 0xe8;
            bytes[at..at + 4].copy_from_slice(&distance.to_le_bytes());
            let targets = AddrRange { start: target, end: target.plus(1) };
            assert_eq!(fields(Code { bytes: &bytes, start }, targets), [at]);
        }
    }

    #[test]
    fn a_range_at_the_top_of_the_address_space_is_searched_too() {
        let start = Addr(0xffff_ffff_8000_0000);
        let bytes = [0xe8, 0, 0, 0, 0, 0x68, 5, 0, 0, 0x80];
        let targets = AddrRange { start: start.plus(5), end: start.plus(6) };
        assert_eq!(fields(Code { bytes: &bytes, start }, targets), [1, 6]);
    }
}
