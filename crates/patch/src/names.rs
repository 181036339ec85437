//! From what a person wrote to the one function it means.
//!
//! A name is looked for among the symbols and in Go's line table. Several places of one name are never guessed between: the
//! person chooses by address or by binding.

use crate::program::Program;
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
    match program.code_at(addr) {
        Some(_) if is_aligned => Ok(addr),
        Some(_) => Err(PATCH_REFUSED.at(addr, "no instruction of this CPU starts at such an address")),
        None => Err(PATCH_REFUSED.at(addr, format!("\"{}\" is not code of this program", name.text))),
    }
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
    let binding = candidate.binding.map_or("in Go's table", Binding::word);
    let len = program.function_at(candidate.addr).map_or(0, |function| function.len());
    let targets = crate::census::entry(candidate.addr);
    let places = crate::census::code(program, targets).len();
    format!("{} {binding}, {len} bytes, {places} places in code name it", candidate.addr)
}

/// Every place of that name, each address once, sorted.
fn candidates(program: &Program<'_>, text: &str) -> Vec<Candidate> {
    let is_code = |addr: &Addr| program.code_at(*addr).is_some();
    let named = program.symbols.iter().filter(|symbol| program.shape.spells(symbol.name, text.as_bytes()));
    let listed = named.map(|symbol| Candidate { addr: symbol.memory.start, binding: Some(symbol.binding) });
    let mut all: Vec<Candidate> = listed.filter(|candidate| is_code(&candidate.addr)).collect();
    if all.is_empty() {
        let found = program.go.map(|table| table.named(text.as_bytes())).unwrap_or_default();
        all.extend(found.iter().map(|code| Candidate { addr: code.start, binding: None }));
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
    let report = PATCH_NO_MATCH.because(format!("no function is called \"{text}\""));
    if program.symbols.is_empty() && program.go.is_none() {
        return report.note("the file has no symbols: name functions by address, as in 0x401000");
    }
    let last = text.rsplit(['.', ':', '/', '_']).find(|part| part.len() > 2).unwrap_or(text);
    let is_near = |name: &&[u8]| memchr::memmem::find(name, last.as_bytes()).is_some();
    let names = program.symbols.iter().filter(|symbol| symbol.is_function).map(|symbol| symbol.name);
    let near: Vec<_> = names.filter(is_near).take(5).map(String::from_utf8_lossy).collect();
    if near.is_empty() { report } else { report.note(format!("similar: {}", near.join(", "))) }
}
