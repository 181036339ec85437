//! Values in the guest's words.

use super::fds::Fds;
use super::signature::{Len, Type, Way};
use super::text::Text;
use ashore_base::{Addr, Bytes};
use ashore_guest::words::{List, Record, Shape};
use ashore_guest::{Answer, Args, Fail, Os, Value};
use ashore_pivot::Memory;
use std::fmt::Write;

/// How many bytes of a buffer or string are shown.
const SHOWN: usize = 32;
/// How many elements of an array or a vector are shown.
const SHOWN_ELEMENTS: u64 = 8;
const PATH_MAX: usize = 1024;
/// The list of each level's socket options.
const OPTIONS: &[(&str, &str)] =
    &[("SOL_SOCKET", "sockopt"), ("IPPROTO_IP", "ipopt"), ("IPPROTO_IPV6", "ip6opt"), ("IPPROTO_TCP", "tcpopt")];
/// Longer records are read into the heap.
const RECORD_SMALL: usize = 256;

/// What is needed to print a call's values.
pub(crate) struct Printer<'a> {
    pub(crate) os: &'static Os,
    pub(crate) memory: &'a dyn Memory,
    pub(crate) fds: &'a Fds,
    pub(crate) args: &'a Args,
    /// The result's word, once there is one.
    pub(crate) result: Option<u64>,
}

impl Printer<'_> {
    /// Whether this type is known only when the call has ended.
    pub(crate) fn is_output(kind: &Type) -> bool {
        matches!(kind, Type::Bytes(Way::Out, _) | Type::Record(Way::Out | Way::InOut, ..))
    }

    /// Prints argument `n`.
    pub(crate) fn argument(&self, out: &mut Text, n: usize, kind: &Type) {
        let word = self.args.get(n).copied().unwrap_or(0);
        if *kind == Type::Option {
            let level = n.checked_sub(1).and_then(|level| self.args.get(level)).copied().unwrap_or(0);
            let _ = one_of(out, self.options(level), word);
            return;
        }
        self.value(out, word, kind);
    }

    /// Prints a word of this type.
    pub(crate) fn value(&self, out: &mut Text, word: u64, kind: &Type) {
        let _ = match kind {
            Type::Int | Type::Option => number(out, i64::from(word as i32)),
            Type::Long | Type::Off => number(out, word as i64),
            Type::Uint => size(out, u64::from(word as u32)),
            Type::Size => size(out, word),
            Type::Hex if word == 0 => out.write_str("NULL"),
            Type::Hex => address(out, word),
            Type::Mode => write!(out, "{:#05o}", word as u32),
            Type::Void => Ok(()),
            Type::Fd => self.fds.print(out, word as i32),
            Type::DirFd if (word as i32) < 0 => out.write_str("AT_FDCWD"),
            Type::DirFd => self.fds.print(out, word as i32),
            Type::Path => self.text(out, word),
            Type::Strings => self.strings(out, word),
            Type::Signal => match (self.os.signal_name)(word as u32) {
                Some(name) => out.write_str(name),
                None => number(out, i64::from(word as i32)),
            },
            Type::SigSet => self.signal_set(out, word),
            Type::Bytes(_, len) => self.bytes(out, word, len),
            Type::Flags(list) => flags(out, self.os.words.list(list), word),
            Type::Enum(list) => one_of(out, self.os.words.list(list), word),
            Type::Record(_, name, len) => self.records(out, word, name, len),
        };
    }

    /// The names of a level's socket options.
    fn options(&self, level: u64) -> Option<&'static List> {
        let levels = self.os.words.list("sol")?;
        let level = levels.names.iter().find(|name| name.1 == level & 0xffff_ffff)?;
        let (_, list) = OPTIONS.iter().find(|(name, _)| *name == level.0)?;
        self.os.words.list(list)
    }

    fn count(&self, len: &Len) -> u64 {
        match len {
            Len::Arg(n) => u64::from(self.args.get(*n).copied().unwrap_or(0) as u32),
            Len::Result => self.result.unwrap_or(0),
            Len::Fixed(count) => *count,
            Len::One => 1,
        }
    }

    fn text(&self, out: &mut Text, at: u64) -> std::fmt::Result {
        if at == 0 {
            return out.write_str("NULL");
        }
        let mut bytes = [0u8; PATH_MAX];
        let Ok(len) = self.memory.cstr_len(Addr(at), PATH_MAX) else { return write!(out, "{at:#x}") };
        let Some(bytes) = bytes.get_mut(..len) else { return write!(out, "{at:#x}") };
        match self.memory.read(Addr(at), bytes) {
            Ok(()) => quote(out, bytes),
            Err(_) => write!(out, "{at:#x}"),
        }
    }

    fn strings(&self, out: &mut Text, at: u64) -> std::fmt::Result {
        out.push('[');
        for n in 0..=SHOWN_ELEMENTS {
            let mut pointer = [0; 8];
            if self.memory.read(Addr(at).plus(n * 8), &mut pointer).is_err() || pointer == [0; 8] {
                break;
            }
            if n > 0 {
                out.push_str(", ");
            }
            if n == SHOWN_ELEMENTS {
                out.push_str("...");
                break;
            }
            self.text(out, u64::from_le_bytes(pointer))?;
        }
        out.write_char(']')
    }

    fn signal_set(&self, out: &mut Text, at: u64) -> std::fmt::Result {
        if at == 0 {
            return out.write_str("NULL");
        }
        let mut bytes = [0; 8];
        if self.memory.read(Addr(at), &mut bytes).is_err() {
            return write!(out, "{at:#x}");
        }
        let mut set = u64::from_le_bytes(bytes);
        // Most signals: those that are missing are fewer, of those that have a name.
        if set.count_ones() > 24 {
            out.push('~');
            set = (0..64).filter(|bit| set & (1 << bit) == 0).fold(0, |missing, bit| {
                if (self.os.signal_name)(bit + 1).is_some() { missing | 1 << bit } else { missing }
            });
        }
        out.push('[');
        for bit in (0..64).filter(|bit| set & (1 << bit) != 0) {
            if !out.ends_with(b'[') {
                out.push(' ');
            }
            match (self.os.signal_name)(bit + 1) {
                Some(name) => out.push_str(name.strip_prefix("SIG").unwrap_or(name)),
                None => write!(out, "{}", bit + 1)?,
            }
        }
        out.write_char(']')
    }

    fn bytes(&self, out: &mut Text, at: u64, len: &Len) -> std::fmt::Result {
        let len = self.count(len);
        if at == 0 || len as i64 <= 0 {
            return if at == 0 { out.write_str("NULL") } else { out.write_str("\"\"") };
        }
        let mut bytes = [0u8; SHOWN];
        let shown = len.min(SHOWN as u64) as usize;
        let bytes = &mut bytes[..shown];
        if self.memory.read(Addr(at), bytes).is_err() {
            return write!(out, "{at:#x}");
        }
        quote(out, bytes)?;
        if len > SHOWN as u64 { out.write_str("...") } else { Ok(()) }
    }

    fn records(&self, out: &mut Text, at: u64, name: &str, len: &Len) -> std::fmt::Result {
        if at == 0 {
            return out.write_str("NULL");
        }
        if name == "sockaddr" {
            return self.address(out, at);
        }
        let Some(record) = self.os.words.record(name) else { return write!(out, "{at:#x}") };
        if *len == Len::One {
            return self.record(out, Addr(at), record);
        }
        let count = self.count(len);
        if count as i64 <= 0 {
            return out.write_str("[]");
        }
        out.push('[');
        for n in 0..count.min(SHOWN_ELEMENTS) {
            if n > 0 {
                out.push_str(", ");
            }
            self.record(out, Addr(at).plus(n * u64::from(record.len)), record)?;
        }
        out.push_str(if count > SHOWN_ELEMENTS { ", ...]" } else { "]" });
        Ok(())
    }

    fn record(&self, out: &mut Text, at: Addr, record: &Record) -> std::fmt::Result {
        let (mut small, mut large) = ([0; RECORD_SMALL], Vec::new());
        let len = usize::from(record.len);
        let bytes = if len <= RECORD_SMALL {
            &mut small[..len]
        } else {
            large.resize(len, 0);
            &mut large
        };
        if self.memory.read(at, bytes).is_err() {
            return write!(out, "{at}");
        }
        let bytes = &*bytes;
        out.push('{');
        for (n, field) in record.fields.iter().enumerate() {
            if n > 0 {
                out.push_str(", ");
            }
            let word = read_word(bytes, u64::from(field.at), field.len);
            out.push_str(field.name);
            out.push('=');
            match field.shape {
                Shape::Int => number(out, signed(word, field.len))?,
                Shape::Uint => size(out, word)?,
                Shape::Hex => address(out, word)?,
                Shape::Mode => mode(out, word as u32)?,
                Shape::Time => {
                    let nanos = read_word(bytes, u64::from(field.at) + 8, 8);
                    write!(out, "{}.{nanos:09}", word as i64)?;
                }
                Shape::Enum(list) => {
                    let word = signed(word, field.len) as u64 & 0xffff_ffff;
                    one_of(out, self.os.words.list(list), word)?;
                }
                Shape::Flags(list) => flags(out, self.os.words.list(list), word)?,
            }
        }
        out.write_char('}')
    }

    /// A socket address. On the BSDs its first byte is a length and its second the family.
    fn address(&self, out: &mut Text, at: u64) -> std::fmt::Result {
        let mut bytes = [0u8; 28];
        if self.memory.read(Addr(at), &mut bytes[..16]).is_err() {
            return write!(out, "{at:#x}");
        }
        let has_len = self.os.name != "linux";
        let family = if has_len { u64::from(bytes[1]) } else { read_word(&bytes, 0, 2) };
        let list = self.os.words.list("domain");
        let name = list.and_then(|list| list.names.iter().find(|name| name.1 == family)).map_or("", |name| name.0);
        let port = u16::from_be_bytes([bytes[2], bytes[3]]);
        match name {
            "AF_INET" => write!(out, "{}.{}.{}.{}:{port}", bytes[4], bytes[5], bytes[6], bytes[7]),
            "AF_INET6" if self.memory.read(Addr(at), &mut bytes).is_ok() => {
                let mut octets = [0; 16];
                octets.copy_from_slice(&bytes[8..24]);
                write!(out, "[{}]:{port}", std::net::Ipv6Addr::from(octets))
            }
            "AF_UNIX" => self.text(out, at + 2),
            _ => write!(out, "{{family={family}}}"),
        }
    }
}

/// Prints a call's result; the guest's error number when it failed.
pub(crate) fn result(out: &mut Text, printer: &Printer<'_>, kind: &Type, answer: &Answer) {
    let _ = match answer {
        Ok(Value::One(word)) if *kind == Type::Void => size(out, *word),
        Ok(Value::One(word)) => {
            printer.value(out, *word, kind);
            Ok(())
        }
        Ok(Value::Two(first, second)) => {
            out.signed(*first as i64);
            out.push_str(", ");
            number(out, *second as i64)
        }
        Ok(Value::Resume(_)) => out.write_str("(resumed)"),
        Ok(Value::Save(_)) => out.write_str("0"),
        Ok(Value::ThreadOver) => out.write_str("?"),
        Err(_) => match errno(printer.os, answer) {
            None => out.write_str("? (interrupted)"),
            Some(number) => match (printer.os.errno_name)(number) {
                Some(name) => {
                    out.push_str("-1 ");
                    out.push_str(name);
                    out.push_str(" (");
                    out.unsigned(number.into());
                    out.write_char(')')
                }
                None => write!(out, "-1 errno {number}"),
            },
        },
    };
}

/// The guest's error number of a failed answer; `None` for an interruption that may restart.
pub(crate) fn errno(os: &Os, answer: &Answer) -> Option<u16> {
    match answer {
        Err(Fail::Linux(ashore_pivot::Errno::RESTART)) | Ok(_) => None,
        Err(Fail::Linux(errno)) => Some((os.errno)(*errno)),
        Err(Fail::Own(number)) => Some(*number),
    }
}

fn number(out: &mut Text, word: i64) -> std::fmt::Result {
    out.signed(word);
    Ok(())
}

fn size(out: &mut Text, word: u64) -> std::fmt::Result {
    out.unsigned(word);
    Ok(())
}

fn address(out: &mut Text, word: u64) -> std::fmt::Result {
    out.hex(word);
    Ok(())
}

fn read_word(bytes: &[u8], at: u64, len: u8) -> u64 {
    let bytes = Bytes(bytes);
    match len {
        1 => bytes.u8(at).map(u64::from),
        2 => bytes.u16(at).map(u64::from),
        4 => bytes.u32(at).map(u64::from),
        _ => bytes.u64(at),
    }
    .unwrap_or(0)
}

fn signed(word: u64, len: u8) -> i64 {
    match len {
        1 => i64::from(word as u8 as i8),
        2 => i64::from(word as u16 as i16),
        4 => i64::from(word as u32 as i32),
        _ => word as i64,
    }
}

fn mode(out: &mut Text, mode: u32) -> std::fmt::Result {
    let kind = match mode & 0o170_000 {
        0o010_000 => "fifo ",
        0o020_000 => "char ",
        0o040_000 => "dir ",
        0o060_000 => "block ",
        0o100_000 => "file ",
        0o120_000 => "link ",
        0o140_000 => "socket ",
        _ => "",
    };
    write!(out, "{kind}{:04o}", mode & 0o7777)
}

/// The names whose bits are all set, widest first, then what is left.
fn flags(out: &mut Text, list: Option<&List>, word: u64) -> std::fmt::Result {
    let word = word & 0xffff_ffff;
    let Some(list) = list else { return write!(out, "{word:#x}") };
    let start = out.len();
    let mut left = word;
    let access = list.word == "open";
    if access {
        let names = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
        out.push_str(names[(word & 3) as usize]);
        left &= !3;
    }
    let mut names: Vec<_> = list.names.iter().filter(|name| name.1 != 0).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.1.count_ones()));
    for name in names {
        if left & name.1 == name.1 {
            if out.len() > start {
                out.push('|');
            }
            out.push_str(name.0);
            left &= !name.1;
        }
    }
    if left != 0 || out.len() == start {
        if out.len() > start {
            out.push('|');
        }
        match list.names.iter().find(|name| name.1 == 0) {
            Some(zero) if left == 0 => out.push_str(zero.0),
            _ if left == 0 => out.push('0'),
            _ => write!(out, "{left:#x}")?,
        }
    }
    Ok(())
}

fn one_of(out: &mut Text, list: Option<&List>, word: u64) -> std::fmt::Result {
    let word = word & 0xffff_ffff;
    match list.and_then(|list| list.names.iter().find(|name| name.1 == word)) {
        Some(name) => out.write_str(name.0),
        None => write!(out, "{}", word as i32),
    }
}

/// A string in quotes, with what does not print as C would write it.
fn quote(out: &mut Text, bytes: &[u8]) -> std::fmt::Result {
    out.push('"');
    for byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            0 => out.push_str("\\0"),
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            0x20..0x7f => out.push(char::from(*byte)),
            _ => write!(out, "\\x{byte:02x}")?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_guest::words::Name;

    fn print(word: u64, names: &'static [Name]) -> String {
        let mut out = Text::new();
        flags(&mut out, Some(&List { word: "test", names }), word).unwrap();
        out.into_string()
    }

    #[test]
    fn flags_take_the_widest_names_first_and_keep_what_is_left() {
        static NAMES: &[Name] = &[Name("ONE", 1), Name("TWO", 2), Name("BOTH", 3)];
        assert_eq!(print(3, NAMES), "BOTH");
        assert_eq!(print(9, NAMES), "ONE|0x8");
        assert_eq!(print(0, NAMES), "0");
    }
}
