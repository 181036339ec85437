//! From requests to a draft: every edit is checked against the program and against the others before any byte is written.

use crate::{
    census::{self, Census},
    census::{DataKind, DataRef},
    draft::Draft,
    golang,
    inject::Placed,
    names::{function, is_imported, resolve},
    program::Program,
    request::{Object, Request, Spot},
    shape::{Annex, Room},
    verify::Expect,
};
use ashore_base::{Addr, AddrRange};
use ashore_isa::{Code, CodeRef, Unencodable, Write};
use ashore_report::{Report, table::*};

mod bytes;
mod hook;
mod import;
mod redirect;
mod relink;
mod replace;
mod tally;

pub use hook::{KernelCall, kernel_calls};
use tally::Tally;

/// What a request came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// The request, as one line.
    pub request: String,
    /// What was done, a sentence each.
    pub lines: Vec<String>,
    /// What led to the function before, for requests that are about that.
    pub census: Option<Census>,
}

/// A checked plan.
#[derive(Debug)]
pub struct Plan {
    /// The bytes to write.
    pub draft: Draft,
    /// The memory to add.
    pub annex: Annex,
    /// What must hold of the result.
    pub expects: Vec<Expect>,
    /// What each request came to.
    pub done: Vec<Done>,
    /// What the person should know.
    pub warnings: Vec<Report>,
}

/// Plans `requests` on `program`.
pub fn plan(program: &Program<'_>, requests: &[Request]) -> Result<Plan, Report> {
    program.shape.check(program)?;
    let mut planner = Planner::new(program);
    for request in requests {
        planner.done.push(Done { request: request.line(), lines: Vec::new(), census: None });
        match request {
            Request::Redirect { old, new, how } => match function(program, old) {
                _ if planner.relink([old, new])? => {}
                Err(why) if why.diagnosis == &PATCH_NO_MATCH && is_imported(program, old) => {
                    planner.bind(&old.text, function(program, new)?)?;
                }
                old => planner.redirect(old?, function(program, new)?, *how)?,
            },
            Request::Replace { function: name, object, symbol } => {
                let at = function(program, name)?;
                planner.replace(at, &name.text, object, symbol.as_deref())?;
            }
            Request::Nothing { at, len } => planner.nothing(at, *len)?,
            Request::Return { function: name, value } => planner.returns(function(program, name)?, *value)?,
            Request::Bytes { at, old, new } => planner.bytes(at, old, new)?,
            Request::Hook { function: name } => planner.hook(function(program, name)?)?,
            Request::KernelCalls { handler, object } => {
                let at = match object {
                    Some(object) => planner.inject(object, Some(&handler.text), &handler.text)?,
                    None => function(program, handler)?,
                };
                planner.kernel_calls(at, &handler.text)?;
            }
        }
    }
    planner.finish()
}

/// A plan in the making.
struct Planner<'p, 'a> {
    program: &'p Program<'a>,
    draft: Draft,
    annex: Annex,
    room: Option<Room>,
    expects: Vec<Expect>,
    done: Vec<Done>,
    warnings: Vec<Report>,
    /// Functions whose entry sends elsewhere, and where their own code can still be called.
    originals: Vec<(Addr, Addr)>,
    /// Object files of which something is added, each once: functions of one file share its variables.
    objects: Vec<(Object, Placed)>,
    /// What is to lead to functions whose references are changed.
    tally: Tally,
}

/// How far from an instruction filler is looked for.
const NEARBY: u64 = 1 << 20;
/// Added code begins at multiples of this.
const CODE_ALIGN: usize = 16;

impl<'p, 'a> Planner<'p, 'a> {
    fn new(program: &'p Program<'a>) -> Planner<'p, 'a> {
        Planner {
            program,
            draft: Draft::default(),
            annex: Annex::default(),
            room: None,
            expects: Vec::new(),
            done: Vec::new(),
            warnings: Vec::new(),
            originals: Vec::new(),
            objects: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn finish(mut self) -> Result<Plan, Report> {
        self.link()?;
        self.expects.extend(self.tally.expects());
        if !self.annex.is_empty() {
            self.program.shape.attach(self.program, &mut self.draft, &self.annex)?;
        }
        Ok(Plan {
            draft: self.draft,
            annex: self.annex,
            expects: self.expects,
            done: self.done,
            warnings: self.warnings,
        })
    }

    /// Adds a sentence to what the request came to.
    fn say(&mut self, line: String) {
        if let Some(done) = self.done.last_mut() {
            done.lines.push(line);
        }
    }

    fn room(&mut self) -> Result<Room, Report> {
        let room = match self.room {
            Some(room) => room,
            None => self.program.shape.room(self.program)?,
        };
        self.room = Some(room);
        Ok(room)
    }

    /// The address the next added code gets.
    fn next_code(&mut self) -> Result<Addr, Report> {
        let room = self.room()?;
        let len = self.annex.code.len().next_multiple_of(CODE_ALIGN);
        self.annex.code.resize(len, 0);
        Ok(room.code.plus(len as u64))
    }

    /// Adds code where [`Planner::next_code`] said.
    fn add_code(&mut self, bytes: &[u8]) {
        self.annex.code.extend_from_slice(bytes);
    }

    /// Adds a zero word of data and tells its address.
    fn add_word(&mut self) -> Result<Addr, Report> {
        let room = self.room()?;
        let at = self.annex.data.len().next_multiple_of(8);
        self.annex.data.resize(at + 8, 0);
        Ok(room.data.plus(at as u64))
    }

    /// Replaces bytes of code or data.
    fn write(&mut self, at: Addr, bytes: &[u8], reason: String) -> Result<(), Report> {
        let (offset, _) = self.program.bytes_at(at, bytes.len() as u64)?;
        let end = offset + bytes.len() as u64;
        let headers = self.program.shape.headers(self.program);
        if headers.iter().any(|header| header.offset < end && offset < header.end()) {
            return Err(PATCH_REFUSED.at(self.program.place(at), "the header of the file lies there, not code"));
        }
        let range = AddrRange { start: at, end: at.plus(bytes.len() as u64) };
        self.program.shape.check_write(self.program, range)?;
        self.draft.replace(self.program.file, offset, bytes, reason)
    }

    fn unencodable(&self, why: &Unencodable) -> Report {
        self.program.unencodable(why)
    }

    /// Puts `bytes` at the entry of a function, instead of as many of its instructions as they take. Whoever jumps behind the
    /// first of these would find garbage: there must be nobody.
    fn overwrite_entry(&mut self, at: Addr, bytes: &[u8], reason: String) -> Result<(), Report> {
        let function = self.program.padded_code(at)?;
        if let Some(reason) = golang::keeps_entry(self.program, at) {
            return Err(PATCH_REFUSED.at(self.program.place(at), reason));
        }
        let whole = self.program.coder.whole(function, bytes.len() as u64).map_err(|why| self.unencodable(&why))?;
        let inside = AddrRange { start: at.plus(1), end: at.plus(whole) };
        let intruders = census::code(self.program, inside);
        if let Some(first) = intruders.first() {
            let place = self.program.describe(first.at);
            let reason = format!("{place} leads to {}, in the midst of the bytes to overwrite", first.target);
            return Err(PATCH_REFUSED.at(self.program.place(at), reason));
        }
        if let Some(&offset) = self.program.shape.words(self.program, inside).first() {
            let reason = format!("the word at offset {offset:#x} leads into the midst of the bytes to overwrite");
            return Err(PATCH_REFUSED.at(self.program.place(at), reason));
        }
        let filler = self.program.coder.nothing(whole - bytes.len() as u64).map_err(|why| self.unencodable(&why))?;
        self.write(at, &[bytes, &filler].concat(), reason)
    }

    /// A branch at the entry of `at` to `target`; through an island where that is too far.
    fn detour(&mut self, at: Addr, target: Addr, reason: String) -> Result<(), Report> {
        let coder = self.program.coder;
        match coder.branch(at, target) {
            Ok(branch) => {
                self.overwrite_entry(at, &branch, reason)?;
                self.expects.push(Expect::Branch { at, target });
            }
            Err(Unencodable::OutOfRange { .. }) => {
                let island = self.next_code()?;
                let branch = coder.branch(at, island).map_err(|why| self.unencodable(&why))?;
                self.overwrite_entry(at, &branch, reason)?;
                self.add_code(&coder.far_branch(island, target));
                self.say(format!("by an island at {island}: one branch does not reach"));
                self.expects.push(Expect::Branch { at, target: island });
            }
            Err(why) => return Err(self.unencodable(&why)),
        }
        Ok(())
    }

    /// Where the code of the function at `at` can be called although its first `len` bytes are overwritten: those instructions
    /// are moved. Where the function jumps back to its own start, as Go's do when the stack grew, it comes to the moved ones.
    fn original(&mut self, at: Addr, len: u64) -> Result<Addr, Report> {
        if let Some((_, original)) = self.originals.iter().find(|(function, _)| *function == at) {
            return Ok(*original);
        }
        let function = self.program.padded_code(at)?;
        let to = self.next_code()?;
        let coder = self.program.coder;
        let displaced = coder.displace(function, len, to).map_err(|why| self.unencodable(&why))?;
        self.add_code(&displaced.bytes);
        let own = function.range();
        let function_at = |_| Some(own);
        let taken = at.plus(displaced.taken);
        let is_loop = |place: &&CodeRef| place.kind != ashore_isa::RefKind::Call && place.at >= taken;
        let places = coder.find(function, census::entry(at), &function_at);
        for place in places.iter().filter(is_loop) {
            self.retarget_code(place, to).map_err(|report| {
                let name = self.program.describe(at);
                report.note(format!("it leads back to the start of {name}, whose own code must stay callable"))
            })?;
        }
        self.originals.push((at, to));
        Ok(to)
    }

    /// Makes a place in code name `target`.
    fn retarget_code(&mut self, place: &CodeRef, target: Addr) -> Result<(), Report> {
        let code = self.program.code_at(place.at);
        let code = code.ok_or_else(|| PATCH_REFUSED.at(place.at, "no code of the file lies there"))?;
        let coder = self.program.coder;
        let writes = match coder.retarget(code, place, target) {
            Ok(writes) => writes,
            Err(Unencodable::OutOfRange { reach, .. }) if place.kind != ashore_isa::RefKind::Address => {
                let island = match self.island_nearby(place.at, reach, target)? {
                    Some(island) => island,
                    None => self.island(target)?,
                };
                coder.retarget(code, place, island).map_err(|why| self.unencodable(&why))?
            }
            Err(why) => return Err(self.unencodable(&why)),
        };
        let reason = format!("{} of {} to {}", place.kind.words(), self.program.describe(place.target), target);
        for Write { at, bytes } in writes {
            self.write(at, &bytes, reason.clone())?;
        }
        Ok(())
    }

    /// A branch to `target` in the filler behind a function, for an instruction at `at` that reaches only so far.
    fn island_nearby(&mut self, at: Addr, reach: u64, target: Addr) -> Result<Option<Addr>, Report> {
        let coder = self.program.coder;
        let Some(filler) = coder.filler() else { return Ok(None) };
        // Only instructions that reach little need a near one; and where no function is known, every address is asked for.
        let span = reach.min(NEARBY);
        let Some(own) = self.program.code_at(at).map(|code| code.range()) else { return Ok(None) };
        let mut near = Addr(at.0.saturating_sub(span)).max(own.start);
        let last = at.plus(span).min(own.end);
        while near < last {
            let Some(function) = self.program.function_at(near) else {
                near = near.plus(coder.unit());
                continue;
            };
            near = function.end;
            let Ok(code) = self.program.function_code(function.start) else { continue };
            let len = code.bytes.iter().rev().take_while(|&&byte| byte == filler).count() as u64;
            let start = code.range().end.minus(len);
            let Ok(branch) = coder.branch(start, target) else { continue };
            let is_whole = self.begins_instruction(code, start);
            let is_near = start.0.abs_diff(at.0) + branch.len() as u64 <= reach;
            let (offset, _) = self.program.bytes_at(start, len)?;
            let is_taken = self.draft.edits().any(|edit| (offset..offset + len).contains(&edit.offset));
            if branch.len() as u64 <= len && is_whole && is_near && !is_taken {
                self.write(start, &branch, format!("in the filler behind {}", self.program.describe(function.start)))?;
                return Ok(Some(start));
            }
        }
        Ok(None)
    }

    /// Whether an instruction of `function` ends where `at` begins, decoded from its start. One instruction at a time: what a
    /// function is covered by depends on where control goes, this does not.
    fn begins_instruction(&self, function: Code<'_>, at: Addr) -> bool {
        const LONGEST: u64 = 16;
        let mut next = function.start;
        while next < at {
            let piece = AddrRange { start: next, end: next.plus(LONGEST).min(function.range().end) };
            let taken = function.within(piece).and_then(|piece| self.program.coder.whole(piece, 1).ok());
            let Some(taken @ 1..) = taken else { return false };
            next = next.plus(taken);
        }
        next == at
    }

    fn island(&mut self, target: Addr) -> Result<Addr, Report> {
        let at = self.next_code()?;
        self.add_code(&self.program.coder.far_branch(at, target));
        Ok(at)
    }

    /// Makes a place in data lead to `target`.
    fn retarget_data(&mut self, place: &DataRef, target: Addr) -> Result<(), Report> {
        match place.kind {
            DataKind::GoMethod => golang::retarget(self.program, &mut self.draft, place, target),
            _ => self.program.shape.retarget(self.program, &mut self.draft, place, target),
        }
    }

    fn spot(&self, spot: &Spot) -> Result<Addr, Report> {
        let name = &spot.name;
        let start = match u64::from_str_radix(name.text.strip_prefix("0x").unwrap_or_default(), 16) {
            Ok(addr) => Addr(addr),
            Err(_) => resolve(self.program, name)?,
        };
        Ok(start.plus(spot.distance))
    }
}
