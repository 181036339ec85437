//! Small damage to an input, mostly where headers are.

use crate::random::Random;

/// How many bytes at the start of a file are taken for headers.
const HEAD: usize = 4096;

/// How often an edit goes into the head instead of anywhere: one time in this many it goes elsewhere.
const ELSEWHERE: usize = 4;

/// The longest input that is made longer or put together with another; longer ones are edited in place.
pub(crate) const SMALL: usize = 1 << 16;

/// Numbers readers stumble over.
const NUMBERS: &[u64] = &[
    0,
    1,
    2,
    7,
    8,
    0x10,
    0x38,
    0x40,
    0x7f,
    0x80,
    0xff,
    0xfff,
    0x1000,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_f000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_f000,
    0xffff_ffff_ffff_fff8,
    0xffff_ffff_ffff_ffff,
];

/// The widths of fields, in bytes.
const WIDTHS: &[usize] = &[1, 2, 4, 4, 8, 8];

/// Damages `input` a few times; `others` are inputs to take pieces from.
pub(crate) fn mutate(random: &mut Random, input: &mut Vec<u8>, words: &[&[u8]], others: &[Vec<u8>]) {
    let edits = 1 + random.below(4) + if random.one_in(16) { random.below(64) } else { 0 };
    for _ in 0..edits {
        match random.below(16) {
            0..=5 => number(random, input),
            6..=8 => flip(random, input),
            9 => step(random, input),
            10 => word(random, input, words),
            11 => copy_within(random, input),
            12 if random.one_in(4) => input.truncate(random.below(input.len() + 1)),
            13 if input.len() < SMALL => insert(random, input),
            14 if input.len() < SMALL => splice(random, input, others),
            _ => field_from_field(random, input),
        }
    }
}

fn place(random: &mut Random, len: usize) -> usize {
    if random.one_in(ELSEWHERE) { random.below(len) } else { random.below(len.min(HEAD)) }
}

/// Puts an odd number into something like a field.
fn number(random: &mut Random, input: &mut [u8]) {
    let width = random.pick(WIDTHS).copied().unwrap_or(1);
    let value = match random.below(4) {
        0 => random.next(),
        1 => (input.len() as u64).wrapping_add(random.below(17) as u64).wrapping_sub(8),
        _ => random.pick(NUMBERS).copied().unwrap_or(0),
    };
    let at = place(random, input.len()) / width * width;
    write(input, at, &value.to_le_bytes(), width);
}

fn flip(random: &mut Random, input: &mut [u8]) {
    let at = place(random, input.len());
    let bit = 1 << random.below(8);
    if let Some(byte) = input.get_mut(at) {
        *byte ^= bit;
    }
}

/// Adds or takes away a little.
fn step(random: &mut Random, input: &mut [u8]) {
    let at = place(random, input.len());
    let by = u8::try_from(random.below(33)).unwrap_or(0).wrapping_sub(16);
    if let Some(byte) = input.get_mut(at) {
        *byte = byte.wrapping_add(by);
    }
}

fn word(random: &mut Random, input: &mut [u8], words: &[&[u8]]) {
    let at = place(random, input.len());
    if let Some(word) = random.pick(words) {
        write(input, at, word, word.len());
    }
}

fn copy_within(random: &mut Random, input: &mut [u8]) {
    let from = place(random, input.len());
    let to = place(random, input.len());
    let piece: Vec<u8> = input.iter().skip(from).take(1 + random.below(64)).copied().collect();
    write(input, to, &piece, piece.len());
}

/// Makes two fields equal: overlaps and cycles come from that.
fn field_from_field(random: &mut Random, input: &mut [u8]) {
    let from = place(random, input.len()) / 8 * 8;
    let to = place(random, input.len()) / 8 * 8;
    let piece: Vec<u8> = input.iter().skip(from).take(8).copied().collect();
    write(input, to, &piece, piece.len());
}

fn insert(random: &mut Random, input: &mut Vec<u8>) {
    let at = random.below(input.len() + 1);
    let rest = input.split_off(at);
    let fill = if random.one_in(2) { 0 } else { 0xff };
    let count = 1 + random.below(64);
    input.extend(std::iter::repeat_n(fill, count));
    input.extend(rest);
}

fn splice(random: &mut Random, input: &mut Vec<u8>, others: &[Vec<u8>]) {
    let Some(other) = random.pick(others) else { return };
    input.truncate(random.below(input.len() + 1));
    let from = random.below(other.len());
    input.extend(other.iter().skip(from).take(SMALL));
}

fn write(input: &mut [u8], at: usize, bytes: &[u8], count: usize) {
    for (to, from) in input.iter_mut().skip(at).zip(bytes.iter().take(count)) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_damage_and_another_seed_other_damage() {
        let made = |seed| {
            let mut random = Random::new(seed);
            let mut input = vec![7; 300];
            mutate(&mut random, &mut input, &[b"word"], &[vec![1, 2, 3]]);
            input
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }

    #[test]
    fn nothing_can_be_damaged_too() {
        for seed in 0..200 {
            mutate(&mut Random::new(seed), &mut Vec::new(), &[], &[]);
        }
    }
}
