//! From a scene to evidence.

use super::code::{Instruction, Program, Region, Stack, before, holder, instruction_at};
use super::evidence::{Arrival, Call, Deed, End, Evidence, FileFacts, Step, Thread};
use crate::trace::Lines;
use ashore_base::Addr;
use ashore_guest::Os;
use ashore_isa::Registers;
use ashore_pivot::{Memory, Signal};
use ashore_process::{Ending, Event, Scene, ThreadScene, What};
use std::cell::OnceCell;

/// How many instructions before the last are looked at.
const BEFORE: usize = 12;

/// Puts together what a scene and the program's file tell.
pub fn gather<'a>(scene: &'a Scene<'a>, programs: &'a [Program<'a>], file: FileFacts) -> Evidence<'a> {
    let regs = scene.regs;
    let lines = Lines::of(scene.os);
    let thread_of = |thread: &ThreadScene| Thread {
        id: thread.id,
        regs: thread.regs,
        steps: thread.events.iter().map(|event| step(event, scene.os, scene.memory, &lines)).collect(),
    };
    let (mut threads, others): (Vec<Thread>, Vec<Thread>) =
        scene.threads.iter().map(thread_of).partition(|thread| thread.id == scene.thread);
    threads.extend(others);
    // A program that ends by itself stops in its exit, as all do.
    let (instruction, before) = match scene.ending {
        Ending::Exit(_) => (None, Vec::new()),
        Ending::Signal(_) | Ending::Refused(_) => code(programs, &regs, scene.memory),
    };
    Evidence {
        os: scene.os,
        pid: scene.pid,
        called: programs.first().map_or("the program", |program| basename(program.path())).to_owned(),
        file,
        programs,
        end: match scene.ending {
            Ending::Signal(delivery) => End::Signal(delivery),
            Ending::Exit(status) => End::Exit(status),
            Ending::Refused(why) => End::Refused(why.to_owned()),
        },
        regs,
        alt_stack: scene.alt_stack,
        handlers: scene.handlers.clone(),
        threads,
        regions: regions(scene),
        stacks: vec![Stack { range: scene.stack, name: "main stack".to_owned() }],
        missing: Vec::new(),
        notes: scene.notes.clone(),
        last_words: String::from_utf8_lossy(&scene.last_words).into_owned(),
        instruction,
        before,
        memory: scene.memory,
        backtrace: OnceCell::new(),
    }
}

/// The instruction that the registers point at, and those before it.
pub(super) fn code(
    programs: &[Program<'_>],
    regs: &Registers,
    memory: &dyn Memory,
) -> (Option<Instruction>, Vec<Instruction>) {
    let at = Addr(regs.pc());
    let Some(program) = holder(programs, at).or(programs.first()) else { return (None, Vec::new()) };
    (instruction_at(program, regs, memory, at), before(program, memory, at, BEFORE))
}

/// The last part of a path.
pub(super) fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The guest's mappings.
fn regions(scene: &Scene<'_>) -> Vec<Region> {
    let mappings = crate::dump::of_guest(scene).unwrap_or_default();
    mappings.into_iter().map(Region::from).collect()
}

pub(super) fn step(event: &Event, os: &'static Os, memory: &dyn Memory, lines: &Lines) -> Step {
    let deed = match event.what {
        What::Call { number, args, ended, repeats } => Deed::Call(Call {
            name: lines.name(number),
            number,
            args,
            ended,
            repeats,
            line: lines.line(memory, number, &args, ended),
        }),
        What::Signal { signal, code, addr, handler } => Deed::Signal(Arrival {
            signal: Signal(signal),
            name: signal_name(os, Signal(signal)),
            code,
            addr,
            handler: (!handler.is_null()).then_some(handler),
        }),
    };
    Step { time: event.time, at: event.at, deed }
}

/// The guest's name of a signal.
pub(super) fn signal_name(os: &Os, signal: Signal) -> String {
    let number = (os.signal)(signal);
    (os.signal_name)(number).map_or_else(|| format!("signal {number}"), str::to_owned)
}
