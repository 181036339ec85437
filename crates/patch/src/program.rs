//! The program to change: its file, its code and what is known of its functions.

use crate::shape::{self, Shape};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_formats::{Container, Functions, Parsed, Part, Symbol, golang::LineTable};
use ashore_image::{FileRange, FunctionIndex};
use ashore_isa::{Code, Coder, Unencodable};
use ashore_report::{Place, Report, table::*};

/// Compilers that leave space between functions begin them at multiples of this at least.
const FUNCTION_ALIGN: u64 = 16;

/// One program of a file, with everything the planner asks about it.
pub struct Program<'a> {
    /// The whole file.
    pub file: &'a [u8],
    /// The part to change.
    pub part: &'a Part,
    /// Its CPU's instructions.
    pub coder: &'static dyn Coder,
    /// Its format's ways.
    pub shape: &'static dyn Shape,
    /// Go's own table of functions.
    pub go: Option<LineTable<'a>>,
    /// The symbols it defines.
    pub symbols: Vec<Symbol<'a>>,
    functions: Functions<'a>,
    code: Vec<Code<'a>>,
}

impl<'a> Program<'a> {
    /// Looks into `part` of a file that was read.
    pub fn new(parsed: &'a Parsed<'a>, part: &'a Part) -> Result<Program<'a>, Report> {
        let Bytes(file) = parsed.bytes;
        let cpu = part.image.cpu;
        let coder = ashore_isa::coder(cpu)
            .ok_or_else(|| PATCH_UNSUPPORTED.because(format!("the instructions of {cpu} cannot be changed yet")))?;
        let shape = shape::of(part)?;
        if parsed.container == Container::Portable {
            // The header of its ELF program is text inside a script.
            return Err(PATCH_UNSUPPORTED.because("portable (APE) files cannot be changed yet"));
        }
        let stretch =
            |range: &FileRange| Some(Code { bytes: range.of(file)?, start: part.image.addr_of(range.offset)? });
        let code = shape.code(file, part).iter().filter_map(stretch).collect();
        Ok(Program {
            file,
            code,
            part,
            coder,
            shape,
            go: LineTable::find(parsed.bytes, part),
            symbols: parsed.symbols(part),
            functions: ashore_formats::functions(parsed, part),
        })
    }

    /// The code of the program.
    pub fn code(&self) -> impl Iterator<Item = Code<'a>> {
        self.code.iter().copied()
    }

    /// The stretch of code that holds `addr`.
    pub fn code_at(&self, addr: Addr) -> Option<Code<'a>> {
        self.code().find(|code| code.range().contains(addr))
    }

    /// The extent of the function that holds `addr`.
    pub fn function_at(&self, addr: Addr) -> Option<AddrRange> {
        self.functions.containing(addr)
    }

    /// The extent of the function that starts at `addr`. Where nothing is known, it reaches to the end of the code.
    pub fn function_from(&self, addr: Addr) -> Option<AddrRange> {
        let code = self.code_at(addr)?.range();
        let known = self.function_at(addr).filter(|function| function.start == addr);
        // A symbol without a size says only where its function starts; the last one before data seems to reach into it.
        let known = known.filter(|function| !function.is_empty());
        Some(AddrRange { start: addr, end: known.map_or(code.end, |function| function.end.min(code.end)) })
    }

    /// The code of the function that starts at `addr`.
    pub fn function_code(&self, addr: Addr) -> Result<Code<'a>, Report> {
        let code = self.code_at(addr).zip(self.function_from(addr)).and_then(|(code, extent)| code.within(extent));
        code.ok_or_else(|| PATCH_REFUSED.at(addr, "no code of the file lies there"))
    }

    /// The same, and behind it what fills the space up to where the next one may begin.
    pub fn padded_code(&self, addr: Addr) -> Result<Code<'a>, Report> {
        let own = self.function_code(addr)?;
        let end = own.range().end;
        let begins_none = |addr: &Addr| self.function_at(*addr).is_none_or(|function| function.is_empty());
        let free = (end.0..end.align_up(FUNCTION_ALIGN).0).map(Addr).take_while(begins_none).count() as u64;
        let behind = |len| self.code_at(addr)?.within(AddrRange { start: end, end: end.plus(len) });
        let len = behind(free).map_or(0, |code| self.coder.padding(code.bytes));
        let padded = AddrRange { start: addr, end: end.plus(len) };
        Ok(self.code_at(addr).and_then(|code| code.within(padded)).unwrap_or(own))
    }

    /// The bytes of the file at `addr`.
    pub fn bytes_at(&self, addr: Addr, len: u64) -> Result<(u64, &'a [u8]), Report> {
        let offset = self.part.image.offset_of(addr);
        let found = offset.and_then(|offset| Some((offset, Bytes(self.file).slice(offset, len)?)));
        found.ok_or_else(|| PATCH_REFUSED.at(self.place(addr), format!("no {len} bytes of the file fill this memory")))
    }

    /// The place of `addr`, with its function.
    pub fn place(&self, addr: Addr) -> Place {
        Place::code(addr, self.name_at(addr))
    }

    /// The name of the function that holds `addr`.
    pub fn name_at(&self, addr: Addr) -> Option<String> {
        self.functions.name(addr)
    }

    /// `addr` as a person reads it: the function's name and how far in.
    pub fn describe(&self, addr: Addr) -> String {
        let start = self.function_at(addr).map_or(addr, |function| function.start);
        match (self.name_at(addr), addr.0 - start.0) {
            (Some(name), 0) => name,
            (Some(name), distance) => format!("{name}+{distance:#x}"),
            (None, _) => format!("{addr}"),
        }
    }

    /// What the coder could not do, as a report.
    pub fn unencodable(&self, why: &Unencodable) -> Report {
        match *why {
            Unencodable::OutOfRange { at, target, reach } => {
                let reason = format!("{} is out of its reach of {reach:#x} bytes", self.describe(target));
                PATCH_REACH.at(self.place(at), reason)
            }
            Unencodable::Instruction { at, reason } => PATCH_REFUSED.at(self.place(at), reason),
            Unencodable::TooShort { needed } => PATCH_REFUSED
                .because(format!("the code is shorter than the {needed} bytes that must be written"))
                .note("a function too short for a branch at its entry may be redirected with --calls"),
        }
    }
}
