//! What can be told of the end of a program whose code is not understood here: how it ended, where, and what it did last.
//! No cause is named, and the text says why.

use super::gather::{basename, signal_name, step};
use super::{Deed, Depth};
use crate::trace::Lines;
use ashore_base::Addr;
use ashore_process::{Ending, Names, Scene, ThreadScene};
use serde_json::{Value, json};
use std::fmt::Write;

/// How many calls are told.
const CALLS_SHOWN: usize = 12;
/// How many registers a line has.
const REGISTERS_IN_LINE: usize = 4;

/// An end without its cause.
pub struct Plain<'a> {
    scene: &'a Scene<'a>,
    names: &'a Names,
}

/// What can be told of an end whose cause is not looked for.
pub fn plain<'a>(scene: &'a Scene<'a>, names: &'a Names) -> Plain<'a> {
    Plain { scene, names }
}

impl Plain<'_> {
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
        match (self.names)(at) {
            Some(name) => format!("{at} {name}"),
            None => at.to_string(),
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
            let _ = writeln!(out, "  the address it could not use is {at}");
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
            "calls": self.calls(),
            "registers": registers,
            "unseen": self.unseen(),
        })
    }
}
