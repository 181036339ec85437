//! What a person asks for, as values and as the words of the command line.

use crate::{
    manifest::{Hash, hex, unhex},
    names::Name,
};
use ashore_formats::Binding;
use ashore_report::{Report, table::PATCH_USAGE};
use std::sync::Arc;

/// One edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Whoever reaches one function reaches another.
    Redirect {
        /// The function that is reached now.
        old: Name,
        /// The one to be reached.
        new: Name,
        /// How.
        how: How,
    },
    /// A function does what one in an object file does.
    Replace {
        /// The function.
        function: Name,
        /// The object file.
        object: Object,
        /// The function in it; without one, the function's own name, or the only one there is.
        symbol: Option<String>,
    },
    /// Instructions do nothing; a whole function returns at once.
    Nothing {
        /// The first instruction, or the function.
        at: Spot,
        /// How many bytes of instructions.
        len: Option<u64>,
    },
    /// A function returns a number.
    Return {
        /// The function.
        function: Name,
        /// The number.
        value: u64,
    },
    /// Bytes become others.
    Bytes {
        /// Where.
        at: Spot,
        /// What must be there.
        old: Vec<u8>,
        /// What comes there.
        new: Vec<u8>,
    },
    /// A function counts its calls.
    Hook {
        /// The function.
        function: Name,
    },
    /// Instructions that call the kernel call a function instead.
    KernelCalls {
        /// The function, a C function whose argument points to the saved registers.
        handler: Name,
        /// The object file it is in; without one it is the program's own.
        object: Option<Object>,
    },
}

/// How a redirection is made.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum How {
    /// By a branch at the old function's entry: whoever comes is sent on.
    #[default]
    Entry,
    /// By changing everything that leads to the old function; its own code stays as it is.
    Calls,
}

/// A place in the program: an address, or a function's name and how far in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The function or address.
    pub name: Name,
    /// How many bytes behind it.
    pub distance: u64,
}

/// An object file that somebody opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Its path.
    pub path: String,
    /// Its contents; empty until they are read.
    pub bytes: Arc<[u8]>,
}

/// The words of one edit, before they are understood: what the command line and the plan file have in common.
#[derive(Clone, Copy, Default, Debug)]
pub struct Words<'a> {
    /// What to do.
    pub verb: &'a str,
    /// With what.
    pub operand: &'a str,
    /// Change references rather than the entry.
    pub is_calls: bool,
    /// The binding of the old function's symbol.
    pub from: Option<Binding>,
    /// The binding of the new function's symbol.
    pub to: Option<Binding>,
}

/// An edit's row: its verb, its operand as help shows it, what it does, and how it is read.
pub struct Kind {
    /// The word that begins it.
    pub verb: &'static str,
    /// Its operand, for help.
    pub operand: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    read: fn(Words<'_>) -> Option<Request>,
}

/// Every kind of edit.
#[rustfmt::skip]
pub static KINDS: &[Kind] = &[
    Kind { verb: "redirect", operand: "OLD=NEW", about: "whoever reaches OLD reaches NEW", read: redirect },
    Kind { verb: "replace", operand: "FUNCTION=FILE.o[:SYMBOL]", about: "FUNCTION does what the object file's does", read: replace },
    Kind { verb: "nop", operand: "PLACE[:LEN]", about: "the instruction at an address or NAME+0xN does nothing; a whole function returns", read: nothing },
    Kind { verb: "return", operand: "FUNCTION=NUMBER", about: "FUNCTION returns NUMBER", read: returns },
    Kind { verb: "bytes", operand: "PLACE=OLDHEX:NEWHEX", about: "bytes become others", read: bytes },
    Kind { verb: "hook", operand: "FUNCTION", about: "FUNCTION counts its calls", read: hook },
    Kind { verb: "kernel-calls", operand: "FUNCTION[=FILE.o]", about: "system-call instructions call FUNCTION with the saved registers", read: kernel_calls },
];

impl Request {
    /// The edit that `words` ask for.
    pub fn parse(words: Words<'_>) -> Result<Request, Report> {
        let Some(kind) = KINDS.iter().find(|kind| kind.verb == words.verb) else {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.verb).collect();
            return Err(PATCH_USAGE.because(format!("\"{}\" is none of {}", words.verb, known.join(", "))));
        };
        let wrong = || {
            PATCH_USAGE.because(format!("\"{} {}\": wanted {} {}", words.verb, words.operand, kind.verb, kind.operand))
        };
        (kind.read)(words).ok_or_else(wrong)
    }

    /// The object file it names.
    pub fn object(&self) -> Option<&Object> {
        match self {
            Request::Replace { object, .. } => Some(object),
            Request::KernelCalls { object, .. } => object.as_ref(),
            _ => None,
        }
    }

    /// The same, to be read.
    pub fn object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Request::Replace { object, .. } => Some(object),
            Request::KernelCalls { object, .. } => object.as_mut(),
            _ => None,
        }
    }

    /// The edit as one line, which [`Request::from_line`] understands.
    pub fn line(&self) -> String {
        let binding = |flag: &str, name: &Name| name.binding.map_or(String::new(), |b| format!(" {flag} {}", b.word()));
        match self {
            Request::Redirect { old, new, how } => {
                let calls = if *how == How::Calls { " --calls" } else { "" };
                format!("redirect {}={}{calls}{}{}", old.text, new.text, binding("--from", old), binding("--to", new))
            }
            Request::Replace { function, object, symbol } => {
                let symbol = symbol.as_ref().map_or(String::new(), |symbol| format!(":{symbol}"));
                let hash = Hash::of(&[&object.bytes]);
                format!(
                    "replace {}={}{symbol}{} --sha256 {hash}",
                    function.text,
                    object.path,
                    binding("--from", function)
                )
            }
            Request::Nothing { at, len } => {
                let len = len.map_or(String::new(), |len| format!(":{len:#x}"));
                format!("nop {}{len}{}", at.text(), binding("--from", &at.name))
            }
            Request::Return { function, value } => {
                format!("return {}={value:#x}{}", function.text, binding("--from", function))
            }
            Request::Bytes { at, old, new } => {
                format!("bytes {}={}:{}{}", at.text(), hex(old), hex(new), binding("--from", &at.name))
            }
            Request::Hook { function } => format!("hook {}{}", function.text, binding("--from", function)),
            Request::KernelCalls { handler, object: None } => {
                format!("kernel-calls {}{}", handler.text, binding("--from", handler))
            }
            Request::KernelCalls { handler, object: Some(object) } => {
                let hash = Hash::of(&[&object.bytes]);
                format!("kernel-calls {}={} --sha256 {hash}", handler.text, object.path)
            }
        }
    }

    /// The edit that a manifest's line tells of, and the hash of its object file.
    pub fn from_line(line: &str) -> Result<(Request, Option<String>), Report> {
        let mut words: Vec<&str> = line.split(' ').collect();
        let mut value = |flag: &str| {
            let at = words.iter().position(|word| *word == flag)?;
            let found = words.get(at + 1).copied();
            words.drain(at..(at + 2).min(words.len()));
            found
        };
        let (from, to, hash) = (value("--from"), value("--to"), value("--sha256"));
        let is_calls = words.last() == Some(&"--calls");
        if is_calls {
            words.pop();
        }
        let (verb, operand) = words.split_first().map(|(verb, rest)| (*verb, rest.join(" "))).unwrap_or_default();
        let bound = |word: Option<&str>| word.and_then(binding);
        let request = Request::parse(Words { verb, operand: &operand, is_calls, from: bound(from), to: bound(to) })?;
        Ok((request, hash.map(str::to_owned)))
    }
}

impl Spot {
    fn text(&self) -> String {
        if self.distance == 0 { self.name.text.clone() } else { format!("{}+{:#x}", self.name.text, self.distance) }
    }
}

/// The binding a person's word means.
pub fn binding(word: &str) -> Option<Binding> {
    [Binding::Local, Binding::Weak, Binding::Strong].into_iter().find(|binding| binding.word() == word)
}

fn redirect(words: Words<'_>) -> Option<Request> {
    let (old, new) = pair(words.operand)?;
    let how = if words.is_calls { How::Calls } else { How::Entry };
    let old = Name { text: old.into(), binding: words.from };
    Some(Request::Redirect { old, new: Name { text: new.into(), binding: words.to }, how })
}

fn replace(words: Words<'_>) -> Option<Request> {
    let (function, file) = pair(words.operand)?;
    let (object, symbol) = object(file);
    Some(Request::Replace { function: named(words, function), object, symbol })
}

/// An object file and the symbol in it that is meant.
fn object(file: &str) -> (Object, Option<String>) {
    let (path, symbol) = match file.split_once(".o:") {
        Some((stem, symbol)) => (format!("{stem}.o"), Some(symbol.to_owned())),
        None => (file.to_owned(), None),
    };
    (Object { path, bytes: Arc::default() }, symbol)
}

fn nothing(words: Words<'_>) -> Option<Request> {
    let (place, len) = match words.operand.rsplit_once(':') {
        Some((place, len)) if number(len).is_some() => (place, number(len)),
        _ => (words.operand, None),
    };
    (len != Some(0)).then_some(())?;
    Some(Request::Nothing { at: spot(words, place)?, len })
}

fn returns(words: Words<'_>) -> Option<Request> {
    let (function, value) = pair(words.operand)?;
    let value = match value.strip_prefix('-') {
        Some(value) => number(value)?.wrapping_neg(),
        None => number(value)?,
    };
    Some(Request::Return { function: named(words, function), value })
}

fn bytes(words: Words<'_>) -> Option<Request> {
    let (place, hexes) = pair(words.operand)?;
    let (old, new) = hexes.split_once(':')?;
    let (old, new) = (unhex(old)?, unhex(new)?);
    (old.len() == new.len() && !old.is_empty()).then_some(())?;
    Some(Request::Bytes { at: spot(words, place)?, old, new })
}

fn hook(words: Words<'_>) -> Option<Request> {
    (!words.operand.is_empty()).then(|| Request::Hook { function: named(words, words.operand) })
}

fn kernel_calls(words: Words<'_>) -> Option<Request> {
    let (handler, object) = match pair(words.operand) {
        Some((handler, file)) => {
            let (object, symbol) = object(file);
            (symbol.unwrap_or_else(|| handler.to_owned()), Some(object))
        }
        None => match object(words.operand) {
            (object, Some(symbol)) => (symbol, Some(object)),
            (_, None) => (words.operand.to_owned(), None),
        },
    };
    (!handler.is_empty()).then(|| Request::KernelCalls { handler: named(words, &handler), object })
}

fn named(words: Words<'_>, text: &str) -> Name {
    Name { text: text.into(), binding: words.from }
}

fn spot(words: Words<'_>, text: &str) -> Option<Spot> {
    let (name, distance) = match text.rsplit_once("+0x") {
        Some((name, distance)) => (name, u64::from_str_radix(distance, 16).ok()?),
        None => (text, 0),
    };
    (!name.is_empty()).then(|| Spot { name: named(words, name), distance })
}

/// The two sides of the last `=` that leaves both of them something.
fn pair(operand: &str) -> Option<(&str, &str)> {
    operand.split_once('=').filter(|(left, right)| !left.is_empty() && !right.is_empty())
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_its_own_line() {
        for (line, wanted) in [
            ("redirect main.F=main.G --calls --from weak --to strong", None),
            ("redirect a=b", None),
            ("nop main.F+0x10:0x4", None),
            ("return main.F=0xffffffffffffffff", None),
            ("bytes 0x401000=9090:cccc", None),
            ("hook main.(*T).M", None),
            ("kernel-calls handle --from local", None),
            ("return f=-1", Some("return f=0xffffffffffffffff")),
        ] {
            let (request, _) = Request::from_line(line).unwrap();
            assert_eq!(request.line(), wanted.unwrap_or(line));
            assert_eq!(Request::from_line(&request.line()).unwrap().0, request);
        }
    }

    #[test]
    fn an_object_keeps_its_path_symbol_and_hash() {
        let (request, hash) = Request::from_line("replace f=dir/x.o:g --sha256 00ff").unwrap();
        let Request::Replace { object, symbol, .. } = request else { panic!() };
        assert_eq!((object.path.as_str(), symbol.as_deref(), hash.as_deref()), ("dir/x.o", Some("g"), Some("00ff")));
    }

    #[test]
    fn a_handler_may_be_in_an_object_file() {
        for line in ["kernel-calls h=dir/x.o", "kernel-calls dir/x.o:h", "kernel-calls any=dir/x.o:h"] {
            let (request, _) = Request::from_line(line).unwrap();
            assert!(request.line().starts_with("kernel-calls h=dir/x.o --sha256 "), "{}", request.line());
            assert_eq!(Request::from_line(&request.line()).unwrap().0, request);
        }
    }

    #[test]
    fn words_that_mean_nothing_are_refused_with_the_form_wanted() {
        for (verb, operand) in [
            ("redirect", "main.F"),
            ("bytes", "0x10=90"),
            ("bytes", "0x10=90:9"),
            ("return", "f=x"),
            ("nop", "f:0"),
            ("paint", "f"),
        ] {
            let report = Request::parse(Words { verb, operand, ..Words::default() }).unwrap_err();
            assert_eq!(report.diagnosis.code, "E0801");
        }
    }

    #[test]
    fn the_page_lists_every_kind_as_the_table_has_it() {
        let page = include_str!("../../../docs/patch.md");
        for kind in KINDS {
            let row = format!("| `{} {}` | {} |", kind.verb, kind.operand, kind.about);
            assert!(page.contains(&row), "docs/patch.md lacks\n{row}");
        }
    }

    #[test]
    fn the_kinds_table_has_unique_verbs() {
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(KINDS.iter().skip(at + 1).all(|other| other.verb != kind.verb));
        }
    }
}
