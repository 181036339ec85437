//! Instructions as text, from the same rows.
//!
//! A template's words in braces are operands: a general register is `r`, `x` or `w` (of the width the field `f` says, of 64
//! or of 32 bits), `s` if it may be the stack pointer, and its field's letter; other words are in [`item`] and, by what they
//! are of, in the files here. [`disassemble`] names the instruction that is encoded, [`preferred`] says it as programmers do.

mod alias;
mod memory;
mod system;
mod vector;

use super::float::immediate;
use super::integer::bitmask;
use super::lift::{Lift, condition};
use super::{Decoder, Row};
use crate::{Line, Texts};
use alloc::format;
use alloc::string::{String, ToString};
use ashore_base::Addr;
use ashore_ir::{Block, Flag, Shape};

/// A word as text; nothing if it is not allocated.
pub fn disassemble(decoder: &Decoder, pc: u64, word: u32) -> Option<String> {
    let row = allocated(decoder, pc, word)?;
    written(row, (&mnemonic(row, word), row.text), pc, word)
}

/// The same in the words that programmers use: `mov`, `cmp`, `lsl` and others are other instructions with certain operands.
pub fn preferred(decoder: &Decoder, pc: u64, word: u32) -> Option<String> {
    let row = allocated(decoder, pc, word)?;
    match alias::of(row, word) {
        Some((name, template)) if vector::is_second(row, word) => {
            written(row, (&(name.to_string() + "2"), template), pc, word)
        }
        Some(alias) => written(row, alias, pc, word),
        None => written(row, (&mnemonic(row, word), row.text), pc, word),
    }
}

/// The texts of this CPU's instructions.
pub struct Reader(pub Decoder);

impl Texts for Reader {
    fn line(&self, at: Addr, bytes: &[u8]) -> Option<Line> {
        let word = u32::from_le_bytes(*bytes.first_chunk()?);
        // What is not allocated traps; these words are for that.
        let undefined = (word >> 16 == 0).then(|| format!("udf #{word}"));
        Some(Line { len: 4, text: preferred(&self.0, at.0, word).or(undefined) })
    }
}

/// The row of a word. Whether all of its fields are allocated only its meaning knows.
fn allocated(decoder: &Decoder, pc: u64, word: u32) -> Option<&'static Row> {
    let row = decoder.find(word)?;
    (row.lift)(&mut Lift::new(&mut Block::new(), pc, decoder.features), word)?;
    Some(row)
}

/// A name with the operands of a template.
fn written(row: &Row, (name, template): (&str, &str), pc: u64, word: u32) -> Option<String> {
    let mut text = String::from(name);
    text.push(' ');
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        text += before;
        text += &item(row, name, pc, word);
        rest = after;
    }
    text += rest;
    Some(text.trim_end().to_string())
}

/// The row's name, with what fields add to it.
fn mnemonic(row: &Row, word: u32) -> String {
    let name = memory::mnemonic(row, word).unwrap_or_else(|| row.name.into());
    match row.name {
        "b." => name + condition_name(word & 15),
        _ if vector::is_second(row, word) => name + "2",
        _ => name,
    }
}

/// The number a constant of eight bits means.
fn float_constant(code: u32) -> String {
    format!("{:?}", f64::from_bits(immediate(Shape::F64, code)))
}

/// A register with the way it is extended and the distance it is shifted by.
fn extended(register: &str, option: u32, distance: Option<u32>) -> String {
    let names = ["uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"];
    let name = names.get(option as usize).copied().unwrap_or_default();
    match distance {
        Some(by) => format!("{register}, {name} #{by}"),
        None => format!("{register}, {name}"),
    }
}

/// The name of a condition code.
fn condition_name(code: u32) -> &'static str {
    match condition(code) {
        Some(Flag::Eq) => "eq",
        Some(Flag::Ne) => "ne",
        Some(Flag::Carry) => "hs",
        Some(Flag::NoCarry) => "lo",
        Some(Flag::Negative) => "mi",
        Some(Flag::Positive) => "pl",
        Some(Flag::Overflow) => "vs",
        Some(Flag::NoOverflow) => "vc",
        Some(Flag::UGt) => "hi",
        Some(Flag::ULe) => "ls",
        Some(Flag::SGe) => "ge",
        Some(Flag::SLt) => "lt",
        Some(Flag::SGt) => "gt",
        Some(Flag::SLe) => "le",
        None if code == 14 => "al",
        None => "nv",
    }
}

fn register(is_64: bool, may_be_sp: bool, number: u32) -> String {
    match (number, may_be_sp, is_64) {
        (31, true, true) => "sp".into(),
        (31, true, false) => "wsp".into(),
        (31, false, true) => "xzr".into(),
        (31, false, false) => "wzr".into(),
        (number, _, true) => format!("x{number}"),
        (number, _, false) => format!("w{number}"),
    }
}

/// A shift with its distance; nothing for none.
fn shifted(kind: u32, by: u32) -> String {
    let name = match kind {
        0 => "lsl",
        1 => "lsr",
        2 => "asr",
        _ => "ror",
    };
    if kind == 0 && by == 0 { String::new() } else { format!(", {name} #{by}") }
}

fn item(row: &Row, name: &str, pc: u64, word: u32) -> String {
    let field = |letter| row.pattern.field(letter, word);
    let is_64 = row.pattern.text.contains('f') && field(b'f') == 1;
    let signed = |bits: u32| i64::from(field(b'i')) << (64 - bits) >> (64 - bits);
    let width = row.pattern.text.bytes().filter(|&byte| byte == b'i').count() as u32;
    match name.as_bytes() {
        [b'r', letter] => register(is_64, false, field(*letter)),
        [b'r', b's', letter] => register(is_64, true, field(*letter)),
        [b'x', letter] => register(true, false, field(*letter)),
        [b'x', b's', letter] => register(true, true, field(*letter)),
        [b'w', letter] => register(false, false, field(*letter)),
        [b'f', letter] => {
            let size = if *letter == b'o' { field(b'o') } else { field(b't') };
            let prefix = ["s", "d", "?", "h"].get(size as usize & 3).copied().unwrap_or("?");
            format!("{prefix}{}", field(if *letter == b'o' { b'd' } else { *letter }))
        }
        [b'q', letter] => format!("v{}", field(*letter)),
        [b'd', letter] => format!("d{}", field(*letter)),
        b"scale" => (64 - field(b'i')).to_string(),
        [letter] => field(*letter).to_string(),
        b"ihex" => format!("{:#x}", field(b'i')),
        b"label" => format!("{:#x}", pc.wrapping_add((signed(width) * 4) as u64)),
        b"adr" | b"adrp" => {
            let distance = i64::from((word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3) << 43 >> 43;
            match name {
                "adr" => format!("{:#x}", pc.wrapping_add(distance as u64)),
                _ => format!("{:#x}", (pc & !4095).wrapping_add((distance << 12) as u64)),
            }
        }
        b"lsl12" if field(b'h') == 1 => ", lsl #12".into(),
        b"lslh" if field(b'h') != 0 => format!(", lsl #{}", field(b'h') * 16),
        b"lsl12" | b"lslh" => String::new(),
        b"shift" => shifted(field(b'h'), field(b'i')),
        b"cond" => condition_name(field(b'c')).into(),
        b"bitmask" => {
            let mask = bitmask(field(b'N'), field(b'r'), field(b's')).unwrap_or(0);
            format!("{:#x}", if is_64 { mask } else { mask & u64::from(u32::MAX) })
        }
        b"rtest" => register(field(b'h') == 1, false, field(b't')),
        b"testbit" => (field(b'h') << 5 | field(b'b')).to_string(),
        b"ret" if field(b'n') == 30 => String::new(),
        b"ret" => register(true, false, field(b'n')),
        b"fimm" => float_constant(field(b'i')),
        b"extended" => {
            let (option, by) = (field(b'o'), Some(field(b'i')).filter(|&by| by != 0));
            let register = register(is_64 && option & 3 == 3, false, field(b'm'));
            // Beside the stack pointer the extension that changes nothing goes without saying.
            let is_flagged = row.name.ends_with('s');
            let is_sp = field(b'n') == 31 || (field(b'd') == 31 && !is_flagged);
            match by {
                None if is_sp && option == 2 + u32::from(is_64) => register,
                Some(by) if is_sp && option == 2 + u32::from(is_64) => format!("{register}, lsl #{by}"),
                by => extended(&register, option, by),
            }
        }
        _ => vector::item(row, name, word)
            .or_else(|| memory::item(row, name, word))
            .or_else(|| system::item(name, word))
            .or_else(|| alias::own(row, name, word))
            .unwrap_or_else(|| format!("<{name}>")),
    }
}
