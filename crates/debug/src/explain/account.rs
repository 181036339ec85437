//! The whole report of an end, for a person or as data.

use super::code::{Instruction, OwnerKind};
use super::evidence::{Deed, End, Evidence, Step, Thread};
use super::gather::signal_name;
use super::verdict::{Verdict, judge};
use ashore_base::Addr;
use serde_json::{Value, json};
use std::fmt::Write;

/// How many calls of the thread that ended the process are told, and of each other thread.
const CALLS_SHOWN: usize = 12;
const CALLS_OF_OTHERS: usize = 3;
/// How many lines of the stack a short report has.
const FRAMES_SHOWN: usize = 12;
/// How many other threads.
const OTHERS_SHOWN: usize = 6;

/// How much a person wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The cause, what it is concluded from and what to do.
    Brief,
    /// All that is known.
    Full,
}

/// A report of an end.
pub struct Account<'a> {
    evidence: &'a Evidence<'a>,
    verdicts: Vec<Verdict>,
}

impl<'a> Account<'a> {
    /// Judges the evidence.
    pub fn of(evidence: &'a Evidence<'a>) -> Account<'a> {
        Account { evidence, verdicts: judge(evidence) }
    }

    /// The cause, if any rule knows one.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdicts.first()
    }

    /// How the program ended, as a sentence's beginning.
    fn end(&self) -> String {
        let name = &self.evidence.called;
        match &self.evidence.end {
            End::Signal(delivery) => format!("{name} died of {}", signal_name(self.evidence.os, delivery.signal)),
            End::Exit(status) => format!("{name} ended with status {status}"),
            End::Refused(why) => format!("{name} was stopped: {why}"),
            End::Alive => format!("{name} was alive: no signal had ended it"),
        }
    }

    /// For a person.
    pub fn text(&self, depth: Depth) -> String {
        let mut out = String::new();
        match self.verdict() {
            Some(verdict) => {
                let (row, sure) = (verdict.diagnosis, verdict.confidence.word());
                let _ = writeln!(out, "ashore: {}: {} [{}, {sure}]", self.end(), verdict.cause, row.code);
            }
            None => {
                let _ = writeln!(out, "ashore: {}", self.end());
            }
        }
        self.place(&mut out);
        for line in self.verdict().iter().flat_map(|verdict| &verdict.because) {
            let _ = writeln!(out, "  - {line}");
        }
        self.stack(&mut out, depth);
        self.calls(&mut out, depth);
        if depth == Depth::Full {
            self.registers(&mut out);
            self.others(&mut out);
            self.map(&mut out);
            self.further(&mut out);
            self.missing(&mut out);
        }
        if let Some(verdict) = self.verdict() {
            let _ = writeln!(out, "  help: {}", verdict.remedy());
        }
        out
    }

    /// Where it stopped.
    fn place(&self, out: &mut String) {
        if self.evidence.signal().is_none() && !matches!(self.evidence.end, End::Alive) {
            return;
        }
        let at = self.evidence.pc();
        let name = self.evidence.spot(at).map_or_else(String::new, |name| format!(" {name}"));
        let _ = writeln!(out, "  at {at}{name}");
        if let (Some(instruction), true) = (&self.evidence.instruction, self.evidence.fault().is_some()) {
            self.instruction(out, instruction);
        }
    }

    fn instruction(&self, out: &mut String, instruction: &Instruction) {
        let _ = writeln!(out, "     {}", instruction.text);
        for access in &instruction.accesses {
            let owner = self.evidence.owner(access.at);
            if !matches!(owner.kind, OwnerKind::Stack | OwnerKind::Code) || self.evidence.fault_address().is_some() {
                let _ = writeln!(out, "     {access}: {}", owner.text);
            }
        }
    }

    fn stack(&self, out: &mut String, depth: Depth) {
        // A program that ended by itself stopped in its exit; only who wants everything wants that.
        if self.evidence.status().is_some() && depth == Depth::Brief {
            return;
        }
        let lines = self.evidence.backtrace().map(super::code::Backtrace::lines).unwrap_or_default();
        let shown = if depth == Depth::Full { lines.len() } else { FRAMES_SHOWN };
        if !lines.is_empty() {
            let _ = writeln!(out, "  stack:");
        }
        for line in lines.iter().take(shown) {
            let _ = writeln!(out, "    {line}");
        }
        if lines.len() > shown {
            let _ = writeln!(out, "    ... and {} more", lines.len() - shown);
        }
    }

    fn calls(&self, out: &mut String, depth: Depth) {
        let Some(thread) = self.evidence.threads.first() else { return };
        if thread.steps.is_empty() {
            return;
        }
        let shown = if depth == Depth::Full { CALLS_SHOWN * 3 } else { CALLS_SHOWN };
        let _ = writeln!(out, "  last calls of thread {}:", thread.id);
        write_steps(out, &thread.steps, shown);
    }

    fn registers(&self, out: &mut String) {
        let regs = &self.evidence.regs;
        let all = regs.named();
        let _ = writeln!(out, "  registers:");
        for row in all.chunks(3) {
            let cells: Vec<String> = row.iter().map(|(name, value)| format!("{name:>7} {value:#018x}")).collect();
            let _ = writeln!(out, "    {}", cells.join("  "));
        }
    }

    fn others(&self, out: &mut String) {
        let others: Vec<&Thread> = self.evidence.threads.iter().skip(1).collect();
        for thread in others.iter().take(OTHERS_SHOWN) {
            let place = thread.regs.map(|regs| Addr(regs.pc()));
            let place = place.map_or_else(|| "in a call".to_owned(), |at| self.place_of(at));
            let _ = writeln!(out, "  thread {}: {place}", thread.id);
            write_steps(out, &thread.steps, CALLS_OF_OTHERS);
        }
        if others.len() > OTHERS_SHOWN {
            let _ = writeln!(out, "  and {} more threads", others.len() - OTHERS_SHOWN);
        }
    }

    fn place_of(&self, at: Addr) -> String {
        match self.evidence.spot(at) {
            Some(name) => format!("{at} {name}"),
            None => at.to_string(),
        }
    }

    fn map(&self, out: &mut String) {
        let _ = writeln!(out, "  memory:");
        for region in &self.evidence.regions {
            let range = region.range;
            let _ = writeln!(out, "    {:#x}-{:#x} {} {}", range.start, range.end, region.perms, region.name);
        }
    }

    /// What other rules say.
    fn further(&self, out: &mut String) {
        for verdict in self.verdicts.iter().skip(1) {
            let (row, sure) = (verdict.diagnosis, verdict.confidence.word());
            let _ = writeln!(out, "  also: {} [{}, {sure}]", verdict.cause, row.code);
        }
    }

    fn missing(&self, out: &mut String) {
        if !self.evidence.missing.is_empty() {
            let _ = writeln!(out, "  not known:");
        }
        for line in &self.evidence.missing {
            let _ = writeln!(out, "    {line}");
        }
    }

    /// As data.
    pub fn json(&self) -> Value {
        let evidence = self.evidence;
        let verdict = |verdict: &Verdict| {
            json!({
                "code": verdict.diagnosis.code, "slug": verdict.diagnosis.slug, "text": verdict.diagnosis.text,
                "confidence": verdict.confidence.word(), "cause": verdict.cause, "because": verdict.because,
                "next": verdict.remedy(),
            })
        };
        let end = match &evidence.end {
            End::Signal(delivery) => json!({
                "signal": signal_name(evidence.os, delivery.signal), "code": delivery.code,
                "address": evidence.fault_address().map(|at| at.0),
            }),
            End::Exit(status) => json!({ "status": status }),
            End::Refused(why) => json!({ "refused": why }),
            End::Alive => json!({ "alive": true }),
        };
        let registers: serde_json::Map<String, Value> =
            evidence.regs.named().iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let region = |region: &super::code::Region| {
            json!({
                "start": region.range.start.0, "end": region.range.end.0,
                "permissions": region.perms.to_string(), "name": region.name,
            })
        };
        let told = json!({
            "system": evidence.os.name,
            "program": evidence.program().map(|program| program.path()),
            "end": end,
            "verdict": self.verdict().map(verdict),
            "further": self.verdicts.iter().skip(1).map(verdict).collect::<Vec<_>>(),
            "cpu": evidence.regs.cpu().name(),
            "at": { "address": evidence.regs.pc(), "name": evidence.spot(evidence.pc()) },
            "stack": evidence.signal().and_then(|_| evidence.backtrace()).map(super::code::Backtrace::lines),
            "instruction": evidence.instruction.as_ref().map(|instruction| json!({
                "text": instruction.text,
                "accesses": instruction.accesses.iter().map(|access| json!({
                    "address": access.at.0, "text": access.to_string(), "owner": evidence.owner(access.at).text,
                })).collect::<Vec<_>>(),
            })),
            "registers": registers,
            "missing": evidence.missing,
            "notes": evidence.notes,
            "last_words": evidence.last_words,
        });
        let told = with(told, "threads", evidence.threads.iter().map(thread_json));
        with(told, "memory", evidence.regions.iter().map(region))
    }
}

/// Adds many values to an object. `json!` would copy each with all that it holds.
fn with(mut object: Value, name: &str, values: impl Iterator<Item = Value>) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.insert(name.to_owned(), values.collect());
    }
    object
}

fn write_steps(out: &mut String, steps: &[Step], count: usize) {
    let rows: Vec<&[Step]> = steps.chunk_by(is_alike).collect();
    let first = rows.len().saturating_sub(count);
    for row in rows.iter().skip(first) {
        let (Some(step), more) = (row.last(), row.len() - 1) else { continue };
        let behind = if more > 0 { format!("  (behind {more} like it)") } else { String::new() };
        let _ = writeln!(out, "    {}{behind}", step_line(step));
    }
}

/// Whether two calls would say the same twice: the same call of the same descriptor, and neither failed.
fn is_alike(one: &Step, other: &Step) -> bool {
    match (&one.deed, &other.deed) {
        (Deed::Call(one), Deed::Call(other)) => {
            let is_plain = |call: &super::Call| call.result().is_some() && call.repeats == 0;
            one.number == other.number && one.args[0] == other.args[0] && is_plain(one) && is_plain(other)
        }
        _ => false,
    }
}

/// One line for what a thread did: when, what, how often.
fn step_line(step: &Step) -> String {
    let millis = format!("{:>10.3} ms ", step.time as f64 / 1e6);
    match &step.deed {
        Deed::Call(call) if call.repeats > 0 => format!("{millis} {}  (and {} times more)", call.line, call.repeats),
        Deed::Call(call) => format!("{millis} {}", call.line),
        Deed::Signal(arrival) => {
            let name = &arrival.name;
            let place = if arrival.code > 0 { format!(", address {}", arrival.addr) } else { String::new() };
            let to = arrival.handler.map_or_else(|| "nobody".to_owned(), |at| format!("the handler at {at}"));
            format!("{millis} --- {name}{place}, to {to} ---")
        }
    }
}

fn thread_json(thread: &Thread) -> Value {
    let told = json!({ "id": thread.id, "at": thread.regs.map(|regs| regs.pc()) });
    let steps = thread.steps.iter().map(|step| match &step.deed {
        Deed::Call(call) => json!({
            "time": step.time, "at": step.at.0, "call": call.name, "line": call.line, "errno": call.errno(),
            "repeats": call.repeats,
        }),
        Deed::Signal(arrival) => json!({
            "time": step.time, "at": step.at.0, "signal": arrival.name, "code": arrival.code,
            "address": arrival.addr.0, "handler": arrival.handler.map(|at| at.0),
        }),
    });
    with(told, "steps", steps)
}
