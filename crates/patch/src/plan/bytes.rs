//! Small changes: instructions that do nothing, functions that return at once, bytes for bytes.

use super::Planner;
use crate::{census, manifest::hex, request::Spot, verify::Expect};
use ashore_base::{Addr, AddrRange};
use ashore_isa::Code;
use ashore_report::{Report, table::*};

impl Planner<'_, '_> {
    /// Instructions do nothing. A function as a whole returns.
    pub(super) fn nothing(&mut self, at: &Spot, len: Option<u64>) -> Result<(), Report> {
        let start = self.spot(at)?;
        let is_function = self.program.function_at(start).is_some_and(|function| function.start == start);
        if len.is_none() && at.distance == 0 && is_function {
            return self.returns(start, 0);
        }
        let code = self.code_from(start)?;
        let wanted = len.unwrap_or(1);
        let whole = self.program.coder.whole(code, wanted).map_err(|why| self.unencodable(&why))?;
        if len.is_some_and(|len| len != whole) {
            let reason = format!("{wanted} bytes end in the midst of an instruction; {whole} are whole ones");
            return Err(PATCH_REFUSED.at(self.program.place(start), reason));
        }
        let inside = AddrRange { start: start.plus(1), end: start.plus(whole) };
        let coder = self.program.coder;
        // Whoever jumps between the instructions must still find one there.
        let parts = if census::code(self.program, inside).is_empty() { 1 } else { whole / coder.unit() };
        let part = coder.nothing(whole / parts).map_err(|why| self.unencodable(&why))?;
        self.write(start, &part.repeat(parts as usize), format!("nothing at {}", self.program.describe(start)))?;
        self.say(format!("{whole} bytes at {} do nothing", self.program.describe(start)));
        Ok(())
    }

    /// The code from `at` to the end of its function.
    fn code_from(&self, at: Addr) -> Result<Code<'_>, Report> {
        let code = self.program.code_at(at);
        let code = code.ok_or_else(|| PATCH_REFUSED.at(at, "no code of the file lies there"))?;
        let end = self.program.function_at(at).map_or(code.range().end, |function| function.end);
        let rest = code.within(AddrRange { start: at, end });
        rest.ok_or_else(|| PATCH_REFUSED.at(at, "no code of the file lies there"))
    }

    /// The function at `at` returns `value`.
    pub(super) fn returns(&mut self, at: Addr, value: u64) -> Result<(), Report> {
        let name = self.program.describe(at);
        let bytes = self.program.coder.return_value(value);
        self.overwrite_entry(at, &bytes, format!("{name} returns {value:#x}"))?;
        self.expects.push(Expect::Bytes { at, bytes });
        self.say(format!("{name} at {at} returns {value:#x} at once"));
        Ok(())
    }

    /// The bytes `old` at a place become `new`.
    pub(super) fn bytes(&mut self, at: &Spot, old: &[u8], new: &[u8]) -> Result<(), Report> {
        let start = self.spot(at)?;
        let (_, found) = self.program.bytes_at(start, old.len() as u64)?;
        if found != old && found != new {
            let reason = format!("{} are there, {} were expected", hex(found), hex(old));
            return Err(PATCH_ORIGINAL.at(self.program.place(start), reason));
        }
        self.write(start, new, format!("bytes at {}", self.program.describe(start)))?;
        self.expects.push(Expect::Bytes { at: start, bytes: new.to_vec() });
        self.say(format!("{} bytes at {}", new.len(), self.program.describe(start)));
        Ok(())
    }
}
