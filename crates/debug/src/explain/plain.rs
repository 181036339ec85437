//! What can be told of the end of a program whose code is not understood here: how it ended, where, at which instruction, who
//! called whom by the frame pointers, and what it did last.
//! No cause is named, and the text says why.

use super::code::{Program, holder};
use super::gather::{basename, signal_name, step};
use super::{Deed, Depth};
use crate::trace::Lines;
use ashore_base::Addr;
use ashore_isa::Registers;
use ashore_process::{Ending, Names, Scene, ThreadScene, frames};
use serde_json::{Value, json};
use std::fmt::Write;

/// How many calls are told.
const CALLS_SHOWN: usize = 12;
/// The longest instruction of a CPU whose code is told of here.
const INSTRUCTION_LEN: usize = 4;
/// Addresses below this are meant to be null pointers.
const NULL_PAGE: u64 = 0x1000;
/// How many registers a line has.
const REGISTERS_IN_LINE: usize = 4;

/// An end without its cause.
pub struct Plain<'a, 'p> {
    scene: &'a Scene<'a>,
    programs: &'a [Program<'p>],
    names: &'a Names,
}

/// What can be told of an end whose cause is not looked for.
pub fn plain<'a, 'p>(scene: &'a Scene<'a>, programs: &'a [Program<'p>], names: &'a Names) -> Plain<'a, 'p> {
    Plain { scene, programs, names }
}

impl Plain<'_, '_> {
    fn end(&self) -> String {
        let program = String::from_utf8_lossy(self.scene.program);
        let name = basename(&program);
        match &self.scene.ending {
            Ending::Signal(delivery) => format!("{name} died of {}", signal_name(self.scene.os, delivery.signal)),
            Ending::Exit(status) => format!("{name} ended with status {status}"),
            Ending::Refused(why) => format!("{name} was stopped: {why}"),
        }
    }

    fn place(&self) -> String {
        let at = Addr(self.scene.regs.pc());
        match self.spots(at, at).into_iter().next() {
            Some(spot) => format!("{at} {spot}"),
            None => at.to_string(),
        }
    }

    /// The places in the source of the code at `lookup`, in words; else the name of what holds `at`.
    fn spots(&self, at: Addr, lookup: Addr) -> Vec<String> {
        let spots = holder(self.programs, lookup).map(|program| program.spots(lookup)).unwrap_or_default();
        if spots.is_empty() {
            (self.names)(at).into_iter().collect()
        } else {
            spots.iter().map(ToString::to_string).collect()
        }
    }

    /// The instruction that it stopped at, and what the registers in it hold.
    fn instruction(&self) -> Option<(String, Vec<String>)> {
        let at = Addr(self.scene.regs.pc());
        let mut bytes = [0; INSTRUCTION_LEN];
        self.scene.memory.read(at, &mut bytes).ok()?;
        let text = ashore_isa::texts(self.scene.regs.cpu())?.line(at, &bytes)?.text?;
        let named = self.scene.regs.named();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let mut held: Vec<String> = Vec::new();
        for word in words {
            // The lower half of a register is a register too.
            let whole = word.strip_prefix('w').map(|number| format!("x{number}"));
            let name = whole.as_deref().unwrap_or(word);
            let value = named.iter().find(|(known, _)| *known == name);
            if let Some(line) =
                value.map(|(name, value)| format!("{name} = {value:#x}")).filter(|line| !held.contains(line))
            {
                held.push(line);
            }
        }
        Some((text, held))
    }

    /// The functions that have not returned, a line each; the innermost first.
    fn stack(&self, regs: &Registers) -> Vec<String> {
        let found = frames(regs, self.scene.memory, self.names);
        let lines = found.iter().enumerate().flat_map(|(nth, at)| {
            let at = Addr(*at);
            // What called is in front of what it comes back to.
            let spots = self.spots(at, if nth == 0 { at } else { at.minus(1) });
            let spots = if spots.is_empty() { vec!["?".to_owned()] } else { spots };
            spots.into_iter().map(move |spot| format!("{at} {spot}"))
        });
        lines.collect()
    }

    /// What a person may conclude of the address.
    fn about(&self, at: Addr) -> String {
        match at.0 {
            0 => format!("{at}: a null pointer"),
            offset @ 1..NULL_PAGE => format!("{at}: the null page, {offset:#x} bytes behind a null pointer"),
            _ => at.to_string(),
        }
    }

    fn fault(&self) -> Option<Addr> {
        match &self.scene.ending {
            Ending::Signal(delivery) if delivery.is_fault() => Some(delivery.addr),
            Ending::Signal(_) | Ending::Exit(_) | Ending::Refused(_) => None,
        }
    }

    fn calls(&self) -> Vec<String> {
        let lines = Lines::of(self.scene.os);
        let is_own = |thread: &&ThreadScene| thread.id == self.scene.thread;
        let events = self.scene.threads.iter().find(is_own).map(|thread| thread.events.as_slice()).unwrap_or_default();
        let last = events.iter().skip(events.len().saturating_sub(CALLS_SHOWN));
        let steps = last.map(|event| step(event, self.scene.os, self.scene.memory, &lines));
        let told = steps.map(|step| match step.deed {
            Deed::Call(call) => call.line,
            Deed::Signal(arrival) => format!("-- {}", arrival.name),
        });
        told.collect()
    }

    fn unseen(&self) -> String {
        format!("no cause is looked for: Ashore does not understand {} code here yet", self.scene.regs.cpu())
    }

    /// For a person.
    pub fn text(&self, depth: Depth) -> String {
        let mut out = format!("ashore: {}\n  at {}\n", self.end(), self.place());
        if let Some(at) = self.fault() {
            let _ = writeln!(out, "  the address it could not use is {}", self.about(at));
        }
        let is_stopped = !matches!(self.scene.ending, Ending::Exit(_));
        if let Some((text, held)) = self.instruction().filter(|_| is_stopped) {
            let with = if held.is_empty() { String::new() } else { format!("  with {}", held.join(", ")) };
            let _ = writeln!(out, "  instruction: {text}{with}");
        }
        if is_stopped || depth == Depth::Full {
            let _ = writeln!(out, "  stack:");
            for line in self.stack(&self.scene.regs) {
                let _ = writeln!(out, "    {line}");
            }
        }
        let calls = self.calls();
        if !calls.is_empty() {
            let _ = writeln!(out, "  its last calls:");
        }
        for call in calls {
            let _ = writeln!(out, "    {call}");
        }
        if depth == Depth::Full {
            let _ = writeln!(out, "  registers:");
            for line in self.scene.regs.named().chunks(REGISTERS_IN_LINE) {
                let words: Vec<String> = line.iter().map(|(name, value)| format!("{name:>6} {value:#018x}")).collect();
                let _ = writeln!(out, "    {}", words.join(" "));
            }
            for thread in self.scene.threads.iter().filter(|thread| thread.id != self.scene.thread) {
                let _ = writeln!(out, "  thread {}:", thread.id);
                let stack = thread.regs.as_ref().map(|regs| self.stack(regs)).unwrap_or_default();
                for line in if stack.is_empty() { vec!["in a call".to_owned()] } else { stack } {
                    let _ = writeln!(out, "    {line}");
                }
            }
        }
        let _ = writeln!(out, "  {}", self.unseen());
        out
    }

    /// The same as data.
    pub fn json(&self) -> Value {
        let registers: serde_json::Map<String, Value> =
            self.scene.regs.named().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        json!({
            "end": self.end(),
            "cpu": self.scene.regs.cpu().name(),
            "at": { "address": self.scene.regs.pc(), "name": (self.names)(Addr(self.scene.regs.pc())) },
            "fault": self.fault().map(|at| at.0),
            "instruction": self.instruction().map(|(text, _)| text),
            "stack": self.stack(&self.scene.regs),
            "calls": self.calls(),
            "registers": registers,
            "unseen": self.unseen(),
        })
    }
}
