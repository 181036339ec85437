//! The names that programmers use: the architecture's preferred disassembly.
//!
//! An alias says the same as the row's own text: an assembler makes the same word of both.

use super::condition_name;
use crate::aarch64::rows::Row;
use crate::aarch64::rows::integer::bitmask;
use crate::aarch64::rows::pattern::{bit, bits};
use alloc::format;
use alloc::string::String;

/// Another name of some words of the rows called `of`.
struct Alias {
    of: &'static str,
    /// Which words.
    when: fn(&Row, u32) -> bool,
    name: &'static str,
    /// A template like a row's. Words of our own are in [`own`].
    text: &'static str,
}

const fn alias(of: &'static str, when: fn(&Row, u32) -> bool, name: &'static str, text: &'static str) -> Alias {
    Alias { of, when, name, text }
}

/// The first that fits counts.
static ALIASES: &[Alias] = &[
    alias("orr", |row, word| is_shifted(row) && n(word) == 31 && bits(word, 15, 10) == 0, "mov", "{rd}, {rm}"),
    alias("orr", |row, word| is_mask(row) && n(word) == 31 && !is_wide(row, word), "mov", "{rsd}, #{bitmask}"),
    alias("orr", |row, word| is_vector(row) && n(word) == m(word), "mov", "{Bd}, {Bn}"),
    alias("movz", |_, word| bits(word, 20, 5) != 0 || bits(word, 22, 21) == 0, "mov", "{rd}, #{wide}"),
    alias("movn", is_moved_not, "mov", "{rd}, #{wide}"),
    alias("add", is_plain_add, "mov", "{rsd}, {rsn}"),
    alias("subs", |_, word| d(word) == 31, "cmp", "{rest}"),
    alias("adds", |_, word| d(word) == 31, "cmn", "{rest}"),
    alias("ands", |_, word| d(word) == 31, "tst", "{rest}"),
    alias("sub", |row, word| is_shifted(row) && n(word) == 31, "neg", "{rd}, {rm}{shift}"),
    alias("subs", |row, word| is_shifted(row) && n(word) == 31, "negs", "{rd}, {rm}{shift}"),
    alias("sbc", |_, word| n(word) == 31, "ngc", "{rd}, {rm}"),
    alias("sbcs", |_, word| n(word) == 31, "ngcs", "{rd}, {rm}"),
    alias("orn", |row, word| is_shifted(row) && n(word) == 31, "mvn", "{rd}, {rm}{shift}"),
    alias("madd", |_, word| a(word) == 31, "mul", "{rd}, {rn}, {rm}"),
    alias("msub", |_, word| a(word) == 31, "mneg", "{rd}, {rn}, {rm}"),
    alias("smaddl", |_, word| a(word) == 31, "smull", "{xd}, {wn}, {wm}"),
    alias("smsubl", |_, word| a(word) == 31, "smnegl", "{xd}, {wn}, {wm}"),
    alias("umaddl", |_, word| a(word) == 31, "umull", "{xd}, {wn}, {wm}"),
    alias("umsubl", |_, word| a(word) == 31, "umnegl", "{xd}, {wn}, {wm}"),
    alias("csinc", |_, word| is_one(word) && n(word) == 31, "cset", "{rd}, {other}"),
    alias("csinv", |_, word| is_one(word) && n(word) == 31, "csetm", "{rd}, {other}"),
    alias("csinc", |_, word| is_one(word), "cinc", "{rd}, {rn}, {other}"),
    alias("csinv", |_, word| is_one(word), "cinv", "{rd}, {rn}, {other}"),
    alias("csneg", |_, word| is_one(word), "cneg", "{rd}, {rn}, {other}"),
    alias("lslv", |_, _| true, "lsl", "{rd}, {rn}, {rm}"),
    alias("lsrv", |_, _| true, "lsr", "{rd}, {rn}, {rm}"),
    alias("asrv", |_, _| true, "asr", "{rd}, {rn}, {rm}"),
    alias("rorv", |_, _| true, "ror", "{rd}, {rn}, {rm}"),
    alias("extr", |_, word| n(word) == m(word), "ror", "{rd}, {rn}, #{s}"),
    alias("sbfm", |_, word| s(word) == last(word), "asr", "{rd}, {rn}, #{r}"),
    alias("sbfm", |_, word| r(word) == 0 && s(word) == 7, "sxtb", "{rd}, {wn}"),
    alias("sbfm", |_, word| r(word) == 0 && s(word) == 15, "sxth", "{rd}, {wn}"),
    alias("sbfm", |_, word| r(word) == 0 && s(word) == 31, "sxtw", "{rd}, {wn}"),
    alias("sbfm", |_, word| s(word) < r(word), "sbfiz", "{rd}, {rn}, #{up}, #{length}"),
    alias("sbfm", |_, _| true, "sbfx", "{rd}, {rn}, #{r}, #{width}"),
    alias("ubfm", |_, word| s(word) == last(word), "lsr", "{rd}, {rn}, #{r}"),
    alias("ubfm", |_, word| s(word) + 1 == r(word), "lsl", "{rd}, {rn}, #{up}"),
    alias("ubfm", |_, word| !bit(word, 31) && r(word) == 0 && s(word) == 7, "uxtb", "{rd}, {wn}"),
    alias("ubfm", |_, word| !bit(word, 31) && r(word) == 0 && s(word) == 15, "uxth", "{rd}, {wn}"),
    alias("ubfm", |_, word| s(word) < r(word), "ubfiz", "{rd}, {rn}, #{up}, #{length}"),
    alias("ubfm", |_, _| true, "ubfx", "{rd}, {rn}, #{r}, #{width}"),
    alias("bfm", |_, word| s(word) < r(word) && n(word) == 31, "bfc", "{rd}, #{up}, #{length}"),
    alias("bfm", |_, word| s(word) < r(word), "bfi", "{rd}, {rn}, #{up}, #{length}"),
    alias("bfm", |_, _| true, "bfxil", "{rd}, {rn}, #{r}, #{width}"),
    alias("hint", |_, word| bits(word, 11, 5) == 0, "nop", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 1, "yield", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 2, "wfe", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 3, "wfi", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 4, "sev", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 5, "sevl", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 7, "xpaclri", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 20, "csdb", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 25, "paciasp", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 27, "pacibsp", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 29, "autiasp", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 31, "autibsp", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 32, "bti", ""),
    alias("hint", |_, word| bits(word, 11, 5) == 34, "bti", "c"),
    alias("hint", |_, word| bits(word, 11, 5) == 36, "bti", "j"),
    alias("hint", |_, word| bits(word, 11, 5) == 38, "bti", "jc"),
    alias("ins", |_, _| true, "mov", "{set}"),
    alias("umov", |_, word| bits(word, 18, 16) == 4 || bits(word, 19, 16) == 8, "mov", "{get}"),
    alias("dup", |_, word| bit(word, 28), "mov", "{splat}"),
    alias("not", |_, _| true, "mvn", "{Bd}, {Bn}"),
    alias("sshll", |_, word| bits(word, 22, 16).is_power_of_two(), "sxtl", "{TWd}, {Tn}"),
    alias("ushll", |_, word| bits(word, 22, 16).is_power_of_two(), "uxtl", "{TWd}, {Tn}"),
];

const fn d(word: u32) -> u32 {
    word & 31
}

const fn n(word: u32) -> u32 {
    bits(word, 9, 5)
}

const fn m(word: u32) -> u32 {
    bits(word, 20, 16)
}

const fn a(word: u32) -> u32 {
    bits(word, 14, 10)
}

/// The two numbers of a bit field.
const fn r(word: u32) -> u32 {
    bits(word, 21, 16)
}

const fn s(word: u32) -> u32 {
    bits(word, 15, 10)
}

/// The highest bit of the register.
const fn last(word: u32) -> u32 {
    if bit(word, 31) { 63 } else { 31 }
}

fn is_shifted(row: &Row) -> bool {
    row.text.ends_with("{shift}")
}

fn is_mask(row: &Row) -> bool {
    row.text.ends_with("#{bitmask}")
}

fn is_vector(row: &Row) -> bool {
    row.text == "{Bd}, {Bn}, {Bm}"
}

/// Whether both sources of a selection are one register and the condition can be turned round.
fn is_one(word: u32) -> bool {
    n(word) == m(word) && bits(word, 15, 13) != 7
}

/// Whether one instruction that moves 16 bits makes this mask too: then the name is that one's.
fn is_wide(row: &Row, word: u32) -> bool {
    let is_64 = bit(word, 31);
    let mask = bitmask(row.pattern.field(b'N', word), row.pattern.field(b'r', word), row.pattern.field(b's', word));
    let all = if is_64 { u64::MAX } else { u64::from(u32::MAX) };
    let mask = mask.unwrap_or(0) & all;
    let is_one = |value: u64| (0..4).any(|part| value & !(0xffff << (16 * part)) == 0);
    is_one(mask) || is_one(!mask & all)
}

/// A `movn` that is not better written as a `movz`.
fn is_moved_not(_: &Row, word: u32) -> bool {
    let (value, part) = (bits(word, 20, 5), bits(word, 22, 21));
    let is_other = !bit(word, 31) && value == 0xffff;
    (value != 0 || part == 0) && !is_other
}

/// An addition of nothing to or from the stack pointer.
fn is_plain_add(row: &Row, word: u32) -> bool {
    row.text.ends_with("{lsl12}") && bits(word, 22, 10) == 0 && (d(word) == 31 || n(word) == 31)
}

/// The name that programmers use, and its template.
pub(super) fn of(row: &Row, word: u32) -> Option<(&'static str, &'static str)> {
    let found = ALIASES.iter().find(|alias| alias.of == row.name && (alias.when)(row, word))?;
    // Everything but the first operand.
    let text = if found.text == "{rest}" { row.text.split_once(", ")?.1 } else { found.text };
    Some((found.name, text))
}

/// An operand that only aliases have.
pub(super) fn own(row: &Row, name: &str, word: u32) -> Option<String> {
    let bits_of = last(word) + 1;
    Some(match name {
        "other" => condition_name(bits(word, 15, 12) ^ 1).into(),
        "up" => format!("{}", (bits_of - r(word)) % bits_of),
        "length" => format!("{}", s(word) + 1),
        "width" => format!("{}", s(word) + 1 - r(word)),
        "wide" => {
            let value = u64::from(bits(word, 20, 5)) << (16 * bits(word, 22, 21));
            let value = if row.name == "movn" { !value } else { value };
            match (bit(word, 31), value as i64) {
                (false, _) => format!("{:#x}", value as u32),
                (true, -65536..=-1) => format!("{}", value as i64),
                (true, _) => format!("{value:#x}"),
            }
        }
        _ => return None,
    })
}
