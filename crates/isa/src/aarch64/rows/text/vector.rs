//! Operands in vector registers.
//!
//! The first letters of a template's word are what the register holds, the last is its field's: `V` a vector whose lanes
//! bits 23 and 22 say, `B` one of bytes, `F` one of numbers, `T` one whose lanes the highest bit of a shift says; `S`, `G` and
//! `U` are the scalars of these, `P` is a pair of numbers. A `W` after it is lanes twice as large, of a whole register; a `P`
//! lanes twice as large.

use crate::aarch64::rows::Row;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use crate::aarch64::rows::text::{float_constant, register};
use alloc::format;
use alloc::string::{String, ToString};

/// The letter of lanes of a size.
fn letter(log2: u32) -> &'static str {
    ["b", "h", "s", "d", "q"].get(log2 as usize).copied().unwrap_or("?")
}

/// How many lanes of a size, and their letter.
pub(super) fn arrangement(log2: u32, whole: bool) -> String {
    format!("{}{}", (if whole { 16u32 } else { 8 }) >> log2, letter(log2))
}

/// A scalar register.
pub(super) fn scalar(log2: u32, number: u32) -> String {
    format!("{}{number}", letter(log2))
}

fn vector(number: u32, log2: u32, whole: bool) -> String {
    format!("v{number}.{}", arrangement(log2, whole))
}

fn is_whole(word: u32) -> bool {
    bit(word, 30)
}

/// Whether the instruction is of the second half of narrow lanes.
pub(super) fn is_second(row: &Row, word: u32) -> bool {
    is_whole(word) && (row.text.contains("{VW") || row.text.contains("{TW"))
}

/// The size of lanes by bits 23 and 22, of numbers half as large by bit 22 alone.
fn lane(row: &Row, word: u32) -> u32 {
    let alone = row.pattern.text.bytes().filter(|&byte| byte == b'z').count() == 1;
    if alone { 1 + bits(word, 22, 22) } else { bits(word, 23, 22) }
}

/// The size of lanes by the highest bit of a shift.
fn shift_lane(word: u32) -> u32 {
    bits(word, 22, 19).checked_ilog2().unwrap_or(0)
}

/// The size the lowest bit of five says, and the index in the bits above.
fn place(word: u32) -> (u32, u32) {
    let code = bits(word, 20, 16);
    let log2 = code.trailing_zeros().min(4);
    (log2, code >> (log2 + 1))
}

pub(super) fn item(row: &Row, name: &str, word: u32) -> Option<String> {
    let number = |letter: &u8| row.pattern.field(*letter, word);
    let (whole, numbers) = (is_whole(word), 2 + bits(word, 22, 22));
    Some(match name.as_bytes() {
        [b'V', b'W', of] => vector(number(of), lane(row, word) + 1, true),
        [b'V', b'P', of] => vector(number(of), lane(row, word) + 1, whole),
        [b'V', of] => vector(number(of), lane(row, word), whole),
        [b'B', of] => vector(number(of), 0, whole),
        [b'F', of] => vector(number(of), numbers, whole),
        [b'P', of] => vector(number(of), numbers, numbers == 3),
        [b'T', b'W', of] => vector(number(of), shift_lane(word) + 1, true),
        [b'T', of] => vector(number(of), shift_lane(word), whole),
        [b'S', b'W', of] => scalar(lane(row, word) + 1, number(of)),
        [b'S', of] => scalar(lane(row, word), number(of)),
        [b'G', of] => scalar(numbers, number(of)),
        [b'U', b'W', of] => scalar(shift_lane(word) + 1, number(of)),
        [b'U', of] => scalar(shift_lane(word), number(of)),
        [b'v', of, b'1', b'6'] => vector(number(of), 0, true),
        [b'v', b'4', of] => vector(number(of), 2, true),
        [b'v', b'2', of] => vector(number(of), 3, true),
        [b'q', b'3', of] => scalar(4, number(of)),
        [b's', b'3', of] => scalar(2, number(of)),
        b"left" => (bits(word, 22, 16) - (8 << shift_lane(word))).to_string(),
        b"right" => ((16 << shift_lane(word)) - bits(word, 22, 16)).to_string(),
        b"lanebits" => (8 << lane(row, word)).to_string(),
        b"element" => element(row, word),
        b"splat" => splat(word),
        b"get" => {
            let (log2, index) = place(word);
            format!("{}, v{}.{}[{index}]", register(whole, false, word & 31), reg(word, 5), letter(log2))
        }
        b"set" => set(word),
        b"tables" => {
            let count = 1 + bits(word, 14, 13);
            list(u32::from(reg(word, 5)), count, ".16b")
        }
        b"constant" => constant(word),
        _ => return None,
    })
}

/// Registers one after the other, in braces.
pub(super) fn list(first: u32, count: u32, suffix: &str) -> String {
    let mut text = String::from("{ ");
    for at in 0..count {
        let comma = if at == 0 { "" } else { ", " };
        text += &format!("{comma}v{}{suffix}", (first + at) & 31);
    }
    text + " }"
}

/// A lane of a register that has fewer bits for its number where the lane has more for its index.
fn element(row: &Row, word: u32) -> String {
    let (high, low, middle) = (bits(word, 11, 11), bits(word, 21, 21), bits(word, 20, 20));
    let number = reg(word, 16);
    match bits(word, 23, 22) {
        1 => format!("v{}.h[{}]", number & 15, high << 2 | low << 1 | middle),
        2 if row.name.ends_with("dot") => format!("v{number}.4b[{}]", high << 1 | low),
        2 => format!("v{number}.s[{}]", high << 1 | low),
        _ => format!("v{number}.d[{high}]"),
    }
}

fn splat(word: u32) -> String {
    let (log2, index) = place(word);
    let (to, from) = (u32::from(reg(word, 0)), reg(word, 5));
    let to = if bit(word, 28) { scalar(log2, to) } else { vector(to, log2, is_whole(word)) };
    match bits(word, 15, 10) {
        1 => format!("{to}, v{from}.{}[{index}]", letter(log2)),
        _ => format!("{to}, {}", register(log2 == 3, false, from.into())),
    }
}

fn set(word: u32) -> String {
    let (log2, index) = place(word);
    let (to, from) = (reg(word, 0), reg(word, 5));
    let lane = letter(log2);
    match bit(word, 29) {
        true => format!("v{to}.{lane}[{index}], v{from}.{lane}[{}]", bits(word, 14, 11) >> log2),
        false => format!("v{to}.{lane}[{index}], {}", register(log2 == 3, false, from.into())),
    }
}

/// A register and the constant that is expanded to its lanes.
fn constant(word: u32) -> String {
    let code = bits(word, 18, 16) << 5 | bits(word, 9, 5);
    let (to, whole) = (word & 31, is_whole(word));
    let mode = bits(word, 15, 12);
    let shifted = |by: u32| if by == 0 { String::new() } else { format!(", lsl #{by}") };
    match (mode, bit(word, 29)) {
        (0..8, _) => format!("{}, #{code}{}", vector(to, 2, whole), shifted(8 * (mode >> 1))),
        (8..12, _) => format!("{}, #{code}{}", vector(to, 1, whole), shifted(8 * (mode >> 1 & 1))),
        (12 | 13, _) => format!("{}, #{code}, msl #{}", vector(to, 2, whole), 8 << (mode & 1)),
        (14, false) => format!("{}, #{code}", vector(to, 0, whole)),
        (14, true) => {
            let mask = (0..8).filter(|byte| code >> byte & 1 != 0).fold(0u64, |mask, byte| mask | 0xff << (8 * byte));
            let to = if whole { vector(to, 3, true) } else { scalar(3, to) };
            format!("{to}, #{mask:#x}")
        }
        (_, double) => format!("{}, #{}", vector(to, if double { 3 } else { 2 }, whole), float_constant(code)),
    }
}
