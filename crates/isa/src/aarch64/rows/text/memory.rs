//! Loads and stores: their names, registers and addresses.

use super::vector::{arrangement, list, scalar};
use crate::aarch64::rows::Row;
use crate::aarch64::rows::pattern::{bit, bits, reg, signed};
use crate::aarch64::rows::text::{extended, register};
use alloc::format;
use alloc::string::{String, ToString};

/// The name of an access whose fields say what it is.
pub(super) fn mnemonic(row: &Row, word: u32) -> Option<String> {
    let has = |operand| row.text.contains(operand);
    let way = if bit(word, 22) { "ld" } else { "st" };
    Some(if has("{one}") {
        one_name(row, word)
    } else if has("{vone}") {
        format!("{way}{}", row.name.get(2..)?)
    } else if has("{multiple}") {
        format!("{way}{}", multiple(word).1)
    } else if has("{single}") {
        let (count, replicates) = (single(word).0, bits(word, 15, 14) == 3);
        format!("{way}{count}{}", if replicates { "r" } else { "" })
    } else if has("{zt}") || row.name.starts_with("ldapurs") || has("{casp}") || has("{ws}") || row.name == "ldxp" {
        format!("{}{}", ordered(row, word), size_suffix(row, word))
    } else {
        return None;
    })
}

/// One general register: by size, by bits 23 and 22.
fn one_name(row: &Row, word: u32) -> String {
    let (log2, what) = (bits(word, 31, 30), bits(word, 23, 22));
    let way = row.name.get(2..).unwrap_or_default();
    if (log2, what) == (3, 2) {
        return if way == "ur" { "prfum".into() } else { "prfm".into() };
    }
    let (start, sign) = (if what == 0 { "st" } else { "ld" }, if what >= 2 { "s" } else { "" });
    let size = match (log2, what) {
        (0, _) => "b",
        (1, _) => "h",
        (2, 2) => "w",
        _ => "",
    };
    format!("{start}{way}{sign}{size}")
}

/// An atomic instruction's name with its order.
fn ordered(row: &Row, word: u32) -> String {
    let (name, acquires) = (row.name, |bit| if bit { "a" } else { "" });
    let releases = |bit| if bit { "l" } else { "" };
    match name {
        "ldxr" | "ldxp" => format!("ld{}{}", acquires(bit(word, 15)), name.get(2..).unwrap_or_default()),
        "stxr" | "stxp" => format!("st{}{}", releases(bit(word, 15)), name.get(2..).unwrap_or_default()),
        "cas" | "casp" => format!("{name}{}{}", acquires(bit(word, 22)), releases(bit(word, 15))),
        _ if bits(word, 29, 24) == 0x38 && name != "ldapr" => {
            format!("{name}{}{}", acquires(bit(word, 23)), releases(bit(word, 22)))
        }
        _ => name.into(),
    }
}

/// Small accesses have a letter at the end; pairs are never small.
fn size_suffix(row: &Row, word: u32) -> &'static str {
    match bits(word, 31, 30) {
        _ if matches!(row.name, "ldxp" | "stxp" | "casp") => "",
        0 => "b",
        1 => "h",
        2 if row.name == "ldapurs" => "w",
        _ => "",
    }
}

/// How many registers several are, and how many elements are in turns.
fn multiple(word: u32) -> (u32, u32) {
    match bits(word, 15, 12) {
        0 => (4, 4),
        2 => (4, 1),
        4 => (3, 3),
        6 => (3, 1),
        8 => (2, 2),
        10 => (2, 1),
        _ => (1, 1),
    }
}

/// Of one element: how many registers, the size, the index.
fn single(word: u32) -> (u32, u32, u32) {
    let registers = 1 + (bits(word, 13, 13) << 1 | bits(word, 21, 21));
    let (q, s, size) = (bits(word, 30, 30), bits(word, 12, 12), bits(word, 11, 10));
    let (log2, index) = match (bits(word, 15, 14), size) {
        (0, _) => (0, q << 3 | s << 2 | size),
        (1, _) => (1, q << 2 | s << 1 | size >> 1),
        (2, 0) => (2, q << 1 | s),
        (2, _) => (3, q),
        _ => (size, 0),
    };
    (registers, log2, index)
}

/// A distance after a comma, or nothing for none.
fn distance(by: i64) -> String {
    if by == 0 { String::new() } else { format!(", #{by}") }
}

/// The size of a vector register that is loaded or stored.
fn vector_size(word: u32) -> u32 {
    if bit(word, 23) { 4 } else { bits(word, 31, 30) }
}

pub(super) fn item(row: &Row, name: &str, word: u32) -> Option<String> {
    let field = |letter| row.pattern.field(letter, word);
    let log2 = bits(word, 31, 30);
    let pair = || signed(word, 21, 15) << if field(b'z') == 1 { 3 } else { 2 };
    let vector_pair = || signed(word, 21, 15) << (2 + log2);
    Some(match name.as_bytes() {
        b"prfop" => prefetch(word & 31),
        b"one" if (log2, bits(word, 23, 22)) == (3, 2) => prefetch(word & 31),
        b"one" => register(log2 == 3 || bits(word, 23, 22) == 2, false, word & 31),
        b"onei" => distance(i64::from(bits(word, 21, 10)) << log2),
        b"vone" => scalar(vector_size(word), word & 31),
        b"vonei" => distance(i64::from(bits(word, 21, 10)) << vector_size(word)),
        b"unscaled" => distance(signed(word, 20, 12)),
        b"unscaledraw" => signed(word, 20, 12).to_string(),
        b"index" => index(word),
        [b'z', of] => register(log2 == 3, false, field(*of)),
        [b'p', b'a', b'i', b'r', of @ (b't' | b'u')] => register(field(b'z') == 1, false, field(*of)),
        b"pairi" => distance(pair()),
        b"pairraw" => pair().to_string(),
        [b'v', b'p', b'a', b'i', b'r', of @ (b't' | b'u')] => scalar(2 + log2, field(*of)),
        b"vpairi" => distance(vector_pair()),
        b"vpairraw" => vector_pair().to_string(),
        b"pt" => scalar(2 + log2, word & 31),
        b"casp" => {
            let (s, t, is_64) = (field(b's'), field(b't'), field(b'z') == 1);
            let [a, b, c, d] = [s, s + 1, t, t + 1].map(|number| register(is_64, false, number));
            format!("{a}, {b}, {c}, {d}")
        }
        b"multiple" => {
            let suffix = format!(".{}", arrangement(bits(word, 11, 10), bit(word, 30)));
            list(word & 31, multiple(word).0, &suffix)
        }
        b"multiplem" => advance(word, multiple(word).0 * if bit(word, 30) { 16 } else { 8 }),
        b"single" => several(word),
        b"singlem" => {
            let (registers, log2, _) = single(word);
            advance(word, registers << log2)
        }
        _ => return None,
    })
}

/// What is added to the base register.
fn advance(word: u32, bytes: u32) -> String {
    match reg(word, 16) {
        31 => format!("#{bytes}"),
        number => format!("x{number}"),
    }
}

/// Registers of which one element, or all, are accessed.
fn several(word: u32) -> String {
    let (registers, log2, index) = single(word);
    if bits(word, 15, 14) == 3 {
        return list(word & 31, registers, &format!(".{}", arrangement(log2, bit(word, 30))));
    }
    let letter = ["b", "h", "s", "d"].get(log2 as usize).copied().unwrap_or_default();
    format!("{}[{index}]", list(word & 31, registers, &format!(".{letter}")))
}

/// An index register, extended and shifted by the access's size.
fn index(word: u32) -> String {
    let (number, option) = (u32::from(reg(word, 16)), bits(word, 15, 13));
    let size = if bit(word, 26) { vector_size(word) } else { bits(word, 31, 30) };
    let by = bit(word, 12).then_some(size);
    match (option, by) {
        (3, None) => register(true, false, number),
        (3, Some(by)) => format!("{}, lsl #{by}", register(true, false, number)),
        _ => extended(&register(option & 3 == 3, false, number), option, by),
    }
}

/// What is prefetched, by kind, cache level and policy.
fn prefetch(code: u32) -> String {
    let kind = ["pld", "pli", "pst"].get((code >> 3) as usize);
    match (kind, code >> 1 & 3) {
        (Some(kind), level @ 0..=2) => format!("{kind}l{}{}", level + 1, if code & 1 == 0 { "keep" } else { "strm" }),
        _ => format!("#{code}"),
    }
}
