//! From what a person wrote to the one function it means.
//!
//! A name is looked for among the symbols and in Go's line table. Several places of one name are never guessed between: the
//! person chooses by address or by binding.

use crate::{census::Census, program::Program, shape::Choice};
use ashore_base::Addr;
use ashore_formats::Binding;
use ashore_report::{Report, table::*};

/// A function as a person names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// A symbol's name, or an address with `0x` before it.
    pub text: String,
    /// Which of several is meant.
    pub binding: Option<Binding>,
}

impl Name {
    /// A name without a choice of binding.
    pub fn new(text: impl Into<String>) -> Name {
        Name { text: text.into(), binding: None }
    }

    fn addr(&self) -> Option<Addr> {
        u64::from_str_radix(self.text.strip_prefix("0x")?, 16).ok().map(Addr)
    }
}

/// What makes an address a name in C.
pub(crate) const AT: &str = "__at_";

/// One place that has a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Candidate {
    addr: Addr,
    /// What the symbol table says, if it is the source.
    binding: Option<Binding>,
}

/// The address of the code that `name` means.
pub fn resolve(program: &Program<'_>, name: &Name) -> Result<Addr, Report> {
    let addr = match name.addr() {
        Some(addr) => addr,
        None => choose(program, name)?,
    };
    let is_aligned = addr.0.is_multiple_of(program.coder.unit());
    let offset = program.part.image.offset_of(addr).unwrap_or_default();
    let is_header = program.shape.headers(program).iter().any(|header| header.contains(offset));
    match program.code_at(addr) {
        Some(_) if is_header => Err(PATCH_REFUSED.at(addr, "the header of the file lies there, not code")),
        Some(_) if is_aligned => Ok(addr),
        Some(_) => Err(PATCH_REFUSED.at(addr, "no instruction of this CPU starts at such an address")),
        None => Err(PATCH_REFUSED.at(addr, format!("\"{}\" is not code of this program", name.text))),
    }
}

/// The same for a function that is called by what `name` means. Some choose another function when the program starts, which is
/// then called instead: what they do themselves nobody calls.
pub(crate) fn function(program: &Program<'_>, name: &Name) -> Result<Addr, Report> {
    let addr = resolve(program, name)?;
    match program.shape.choice(program, addr) {
        Choice::Itself => Ok(addr),
        Choice::Other(_) | Choice::Unknown => {
            let text = &name.text;
            let reason = format!("{text} is never called but chooses, when the program starts, what is (ifunc)");
            let report = PATCH_REFUSED.at(program.place(addr), reason);
            Err(report.note(format!("name what it chooses among: `nm FILE` lists names that begin like {text}")))
        }
    }
}

/// The one place that object files mean by `text`, code or data; `None` when nothing is called so. As for linkers, what all of
/// the program sees comes before what only one of its sources saw. An address with `0x` before it is a name too,
/// and so that C can write it, with [`AT`] before that.
pub(crate) fn locate(program: &Program<'_>, text: &str) -> Result<Option<Addr>, Report> {
    if let Some(addr) = Name::new(text.strip_prefix(AT).unwrap_or(text)).addr() {
        return match program.part.image.segment_at(addr) {
            Some(_) => Ok(Some(addr)),
            None => Err(PATCH_REFUSED.at(addr, "the program has no memory there")),
        };
    }
    let named =
        program.symbols.iter().filter(|symbol| program.shape.spells(without_version(symbol.name), text.as_bytes()));
    let mut all: Vec<Candidate> =
        named.map(|symbol| Candidate { addr: symbol.memory.start, binding: Some(symbol.binding) }).collect();
    if all.iter().any(|candidate| candidate.binding != Some(Binding::Local)) {
        all.retain(|candidate| candidate.binding != Some(Binding::Local));
    }
    if all.is_empty() {
        let found = program.go.map(|table| table.named(text.as_bytes())).unwrap_or_default();
        all.extend(found.iter().map(|code| Candidate { addr: code.start, binding: None }));
    }
    all.sort_unstable();
    all.dedup_by_key(|candidate| candidate.addr);
    match all.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.addr)),
        _ => {
            let report = PATCH_AMBIGUOUS.because(format!("\"{text}\" is the name of {} places", all.len()));
            let report = all.iter().fold(report, |report, candidate| report.note(describe(program, candidate)));
            let addr = all.first().map_or(Addr::NULL, |first| first.addr);
            Err(report.note(format!("in the object's source, choose by address: {AT}{addr} is a name for it")))
        }
    }
}

/// A symbol's name without the version that linkers write behind it.
fn without_version(name: &[u8]) -> &[u8] {
    name.split(|&byte| byte == b'@').next().filter(|bare| !bare.is_empty()).unwrap_or(name)
}

/// Whether `name` is a function that the program has from a library.
pub(crate) fn is_imported(program: &Program<'_>, name: &Name) -> bool {
    !program.shape.imported(program, name.text.as_bytes()).is_empty()
}

fn choose(program: &Program<'_>, name: &Name) -> Result<Addr, Report> {
    let all = candidates(program, &name.text);
    let wanted = |candidate: &&Candidate| name.binding.is_none_or(|wanted| candidate.binding == Some(wanted));
    let chosen: Vec<&Candidate> = all.iter().filter(wanted).collect();
    match chosen.as_slice() {
        [one] => Ok(one.addr),
        [] => Err(unknown(program, name, &all)),
        [first, ..] if chosen.iter().all(|candidate| candidate.addr == first.addr) => Ok(first.addr),
        _ => {
            let report = PATCH_AMBIGUOUS.because(format!("\"{}\" is the name of {} places", name.text, chosen.len()));
            Err(chosen.iter().fold(report, |report, candidate| report.note(describe(program, candidate))))
        }
    }
}

fn describe(program: &Program<'_>, candidate: &Candidate) -> String {
    let binding = candidate.binding.map_or("in no symbol table", Binding::word);
    let len = program.function_at(candidate.addr).map_or(0, |function| function.len());
    let places = Census::of(program, candidate.addr).len();
    format!("{} {binding}, {len} bytes, {places} places lead to it", candidate.addr)
}

/// Every place of that name, each address once, sorted.
fn candidates(program: &Program<'_>, text: &str) -> Vec<Candidate> {
    let is_code = |addr: &Addr| program.code_at(*addr).is_some();
    // A name that is written exactly so is meant before one that only reads so.
    let is_exact = program.symbols.iter().any(|symbol| symbol.name == text.as_bytes() && is_code(&symbol.memory.start));
    let is_named =
        |name: &[u8]| if is_exact { name == text.as_bytes() } else { program.shape.spells(name, text.as_bytes()) };
    let named = program.symbols.iter().filter(|symbol| is_named(symbol.name));
    let listed = named.map(|symbol| Candidate { addr: symbol.memory.start, binding: Some(symbol.binding) });
    let mut all: Vec<Candidate> = listed.filter(|candidate| is_code(&candidate.addr)).collect();
    if all.is_empty() {
        let found = program.go.map(|table| table.named(text.as_bytes())).unwrap_or_default();
        all.extend(found.iter().map(|code| Candidate { addr: code.start, binding: None }));
    }
    if all.is_empty() {
        let sections = program.part.sections.iter().filter(|section| section.name == text);
        let starts = sections.map(|section| Candidate { addr: section.memory.start, binding: None });
        all.extend(starts.filter(|candidate| is_code(&candidate.addr)));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Says what can be said about a name that leads nowhere.
fn unknown(program: &Program<'_>, name: &Name, all: &[Candidate]) -> Report {
    let text = &name.text;
    if let (Some(binding), false) = (name.binding, all.is_empty()) {
        let report = PATCH_NO_MATCH.because(format!("there is no {} function called \"{text}\"", binding.word()));
        return all.iter().fold(report, |report, candidate| report.note(describe(program, candidate)));
    }
    if program.go.is_some_and(|table| table.mentions(text.as_bytes())) {
        let reason = format!("\"{text}\" has no code of its own: the compiler put it into each of its callers");
        return PATCH_NO_MATCH.because(reason).note("build with `//go:noinline` before it, or `-gcflags=all=-l`");
    }
    if is_imported(program, name) {
        let reason = format!("\"{text}\" is a function of a library: its code is not in this file");
        let report = PATCH_NO_MATCH.because(reason);
        return report
            .note(format!("`redirect {text}=NEW` sends this program's calls of it to a function of its own"))
            .note("to change it for everybody, change the library");
    }
    let report = PATCH_NO_MATCH.because(format!("no function is called \"{text}\""));
    if program.symbols.is_empty() && program.go.is_none() {
        return report.note("the file has no symbols: name functions by address, as in 0x401000");
    }
    let names = || program.symbols.iter().filter(|symbol| symbol.is_function).map(|symbol| symbol.name);
    let near = |part: &[u8]| {
        let found = names().filter(|name| !part.is_empty() && memchr::memmem::find(name, part).is_some());
        found.take(SIMILAR_MAX).map(String::from_utf8_lossy).collect::<Vec<_>>()
    };
    let mangled = near(mangled(text).as_bytes());
    if !mangled.is_empty() {
        let report = report.note(format!("the file has it, or its like, as: {}", mangled.join(", ")));
        return report.note("names are written as the file has them: `nm FILE` without -C");
    }
    let last = text.rsplit(['.', ':', '/', '_']).find(|part| part.len() > 2).unwrap_or(text);
    let near = near(last.as_bytes());
    if near.is_empty() { report } else { report.note(format!("similar: {}", near.join(", "))) }
}

/// So many similar names are told.
const SIMILAR_MAX: usize = 5;

/// What the compilers of C++ and Rust make of a path such as `a::b`, without what stands before and behind it; nothing for
/// other names. Each part has its length before it (Itanium C++ ABI, 5.1.2).
fn mangled(text: &str) -> String {
    let path = text.split(['(', '<']).next().unwrap_or_default();
    if path == text && !path.contains("::") {
        return String::new();
    }
    let parts = path.split("::").map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| format!("{}{part}", part.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::mangled;

    #[test]
    fn a_path_is_looked_for_as_compilers_write_it() {
        assert_eq!(mangled("door::Open::twice(int, char)"), "4door4Open5twice");
        assert_eq!(mangled("open(int)"), "4open");
        assert_eq!(mangled("main.Open"), "");
    }
}
