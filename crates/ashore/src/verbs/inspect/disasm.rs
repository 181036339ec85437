//! `--disasm SYMBOL`: the instructions of a function, as the file has them.

use super::json::{addr, line};
use ashore_base::{Addr, AddrRange};
use ashore_formats::{Functions, Parsed, Part};
use ashore_image::FunctionIndex;
use ashore_isa::Texts;
use ashore_report::{Report, table};
use serde_json::{Value, json};
use std::fmt::Write;

/// The longest instruction of any CPU.
const LEN_MAX: usize = 15;

/// An instruction, or bytes that are none.
struct Instruction<'a> {
    at: Addr,
    bytes: &'a [u8],
    text: Option<String>,
    /// Where it leads, or what it names, when that is in a function.
    leads_to: Option<String>,
}

/// The functions of a file that a person named by a name or an address, for a person or as JSON.
pub(super) fn show(path: &str, parsed: &Parsed<'_>, wanted: &str, is_json: bool) -> Result<String, Report> {
    let mut shown = Vec::new();
    let mut problem = table::NO_SUCH_FUNCTION.because(wanted);
    for part in &parsed.parts {
        let functions = ashore_formats::functions(parsed, part);
        let ranges = named(&functions, wanted);
        let cpu = part.image.cpu;
        let Some(texts) = ashore_isa::texts(cpu) else {
            if !ranges.is_empty() {
                problem = table::UNSUPPORTED_CPU.because(format!("instructions of {cpu} have no text"));
            }
            continue;
        };
        for range in ranges {
            let name = functions.name(range.start).unwrap_or_default();
            let instructions = instructions(parsed, part, range, (texts.as_ref(), &functions));
            shown.push((cpu, name, range, instructions));
        }
    }
    if shown.is_empty() {
        return Err(problem);
    }
    if is_json {
        let functions: Vec<Value> = shown
            .iter()
            .map(|(cpu, name, range, instructions)| {
                json!({
                    "cpu": cpu.name(),
                    "name": name,
                    "start": addr(range.start),
                    "len": range.len(),
                    "instructions": instructions.iter().map(Instruction::json).collect::<Vec<_>>(),
                })
            })
            .collect();
        return Ok(line(&json!({ "file": path, "functions": functions })));
    }
    let mut out = String::new();
    for (cpu, name, range, instructions) in &shown {
        let _ = writeln!(out, "{name} ({cpu}): {:#x} to {:#x}, {} bytes", range.start, range.end, range.len());
        instructions.iter().for_each(|instruction| out.push_str(&instruction.line()));
    }
    Ok(out)
}

/// What a name or an address means.
fn named(functions: &Functions<'_>, wanted: &str) -> Vec<AddrRange> {
    let found = functions.named(wanted);
    let address = wanted.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    match address {
        Some(at) if found.is_empty() => functions.containing(Addr(at)).into_iter().collect(),
        _ => found,
    }
}

fn instructions<'a>(
    parsed: &'a Parsed<'_>,
    part: &Part,
    range: AddrRange,
    (texts, functions): (&dyn Texts, &Functions<'_>),
) -> Vec<Instruction<'a>> {
    let segment = part.image.code().find(|segment| segment.memory.contains(range.start));
    let Some(segment) = segment else { return Vec::new() };
    let code = segment.file.of(parsed.bytes.0).unwrap_or_default();
    let offset = |at: Addr| (at.0 - segment.memory.start.0) as usize;
    let code = code.get(..offset(range.end).min(code.len())).unwrap_or_default();
    let mut found = Vec::new();
    let mut at = range.start;
    while let Some(rest) = code.get(offset(at)..).filter(|rest| !rest.is_empty()) {
        let Some(line) = texts.line(at, rest.get(..LEN_MAX).unwrap_or(rest)) else { break };
        let leads_to = line.text.as_deref().and_then(|text| leads_to(text, functions));
        let bytes = rest.get(..line.len.max(1)).unwrap_or(rest);
        found.push(Instruction { at, bytes, text: line.text, leads_to });
        at = at.plus(bytes.len() as u64);
    }
    found
}

/// The function that an instruction's last operand names, when that is an address.
fn leads_to(text: &str, functions: &Functions<'_>) -> Option<String> {
    let last = text.rsplit([' ', '[']).next()?.trim_end_matches(']');
    let at = Addr(u64::from_str_radix(last.strip_prefix("0x")?, 16).ok()?);
    let start = functions.containing(at)?.start;
    let name = functions.name(at)?;
    Some(if at == start { name } else { format!("{name}+{:#x}", at.0 - start.0) })
}

impl Instruction<'_> {
    fn line(&self) -> String {
        let bytes: String = self.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = self.text.as_deref().unwrap_or("(unknown)");
        match &self.leads_to {
            Some(name) => format!("  {:#x}  {bytes:<20} {text} <{name}>\n", self.at),
            None => format!("  {:#x}  {bytes:<20} {text}\n", self.at),
        }
    }

    fn json(&self) -> Value {
        let bytes: String = self.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "at": addr(self.at), "bytes": bytes, "text": self.text, "names": self.leads_to })
    }
}
