//! How a process ends, for those who want to know why.
//!
//! Whoever wants to see an end is a [`Witness`]. It is shown the [`Scene`] in a copy of the process: whatever happens to
//! a witness, the guest ends as it would have ended.

use crate::process::Process;
use crate::recorder::Event;
use crate::space::Space;
use crate::threads::Record;
use ashore_base::{Addr, AddrRange};
use ashore_guest::{AltStack, Delivery, Handler, Os};
use ashore_isa::Registers;
use ashore_pivot::{Memory, SigSet, Signal};
use ashore_sys::GuestMemory;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How a process ends.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a> {
    /// By a signal.
    Signal(Delivery),
    /// By itself.
    Exit(u8),
    /// By us, at a call that we were told not to let pass.
    Refused(&'a str),
}

/// How much a witness wants to see of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interest {
    /// Nothing.
    Nothing,
    /// What the ending thread knows.
    Glance,
    /// All threads, stopped.
    Whole,
}

/// A thread as the process ends.
#[derive(Debug, Clone)]
pub struct ThreadScene {
    /// Its id, in the guest's numbering.
    pub id: u64,
    /// The host's.
    pub host_tid: i32,
    /// Its registers; none when it is in a call that does not end early, or was not stopped.
    pub regs: Option<Registers>,
    /// Its vector and floating-point state in the CPU's own form; empty when that is not known.
    pub fp: Vec<u8>,
    /// What it did last, the oldest first.
    pub events: Vec<Event>,
}

/// A process at its end.
pub struct Scene<'a> {
    /// The guest's system.
    pub os: &'static Os,
    /// The process.
    pub pid: i32,
    /// The program's absolute path.
    pub program: &'a [u8],
    /// By how much its addresses differ from its file's.
    pub bias: u64,
    /// How it ends.
    pub ending: Ending<'a>,
    /// The id of the thread that ends it.
    pub thread: u64,
    /// That thread's registers.
    pub regs: Registers,
    /// Its alternate signal stack, where that is known.
    pub alt_stack: Option<AltStack>,
    /// The signals that the guest handles, and its handlers.
    pub handlers: Vec<(Signal, Addr)>,
    /// Every thread, that one too.
    pub threads: Vec<ThreadScene>,
    /// The main thread's stack.
    pub stack: AddrRange,
    /// Where a break starts.
    pub break_start: Addr,
    /// What is Ashore's own and no business of the guest's.
    pub own: Vec<AddrRange>,
    /// What was said to the person about its calls.
    pub notes: Vec<String>,
    /// The end of what it wrote to its standard error output.
    pub last_words: Vec<u8>,
    /// The guest's memory.
    pub memory: &'a dyn Memory,
    /// What knows where it was rewritten.
    pub(crate) space: &'a Space,
}

impl Scene<'_> {
    /// Puts the guest's own code back into `bytes`, which were read from memory at `at`, where call sites were rewritten.
    pub fn restore(&self, at: Addr, bytes: &mut [u8]) {
        self.space.restore(at, bytes);
    }
}

/// Whoever is shown how a process ends.
pub trait Witness: Send + Sync {
    /// How much it wants to see of this end.
    fn interest(&self, ending: &Ending<'_>) -> Interest;

    /// The process ends so. This is called in a copy of it, which ends after.
    fn witness(&self, scene: &Scene<'_>);
}

/// What is known of the thread that ends the process.
pub(crate) struct Last<'a> {
    pub(crate) regs: &'a Registers,
    pub(crate) fp: &'a dyn Fn() -> Vec<u8>,
    pub(crate) record: &'a Arc<Record>,
    pub(crate) alt_stack: Option<AltStack>,
}

/// Witnesses that take longer are given up.
const LIMIT: Duration = Duration::from_secs(20);
/// The same when a glance is enough: an exit is nothing that anybody waits for.
const LIMIT_GLANCE: Duration = Duration::from_secs(2);

impl Process {
    /// Shows how the process ends to those who want to see it.
    pub(crate) fn show(&self, last: &Last<'_>, ending: &Ending<'_>) {
        self.leave_the_end_to_others(last.regs);
        let interest = self.options.witnesses.iter().map(|witness| witness.interest(ending)).max();
        let handlers = self.handlers();
        let whole = match interest {
            None | Some(Interest::Nothing) => return,
            Some(Interest::Glance) => false,
            Some(Interest::Whole) => true,
        };
        ashore_sys::set_signal_mask(SigSet(!0));
        let frozen = if whole { self.freeze_others(last.regs) } else { Vec::new() };
        if !whole {
            // What comes after an exit in the program must not happen because we look at it.
            self.stop_others(last.regs);
        }
        let limit = if whole { LIMIT } else { LIMIT_GLANCE };
        let regs_of = |record: &Arc<Record>| {
            let is_last = Arc::ptr_eq(record, last.record);
            let host_tid = record.host_tid.load(Ordering::Relaxed);
            let found = || frozen.iter().find(|thread| thread.host_tid == host_tid).and_then(|thread| thread.regs);
            if is_last { Some(*last.regs) } else { found() }
        };
        // Locks are taken here: in the copy nobody would release one that another thread holds.
        let records = self.threads.all();
        let notes = self.notes();
        let own = ashore_sys::host_ranges().into_iter().filter(|own| !own.contains(self.trampoline)).collect();
        let last_words = self.last_words.lock_copy();
        ashore_sys::in_copy(limit, || {
            let scene_of = |record: &Arc<Record>| ThreadScene {
                id: record.id.load(Ordering::Relaxed),
                host_tid: record.host_tid.load(Ordering::Relaxed),
                regs: regs_of(record),
                fp: fp_of(record, last),
                events: record.ring.events(&self.watch, &*self.answers),
            };
            let scene = Scene {
                os: self.os,
                pid: self.pid(),
                program: &self.program,
                bias: self.space.bias.load(Ordering::Relaxed),
                ending: *ending,
                thread: last.record.id.load(Ordering::Relaxed),
                regs: *last.regs,
                alt_stack: last.alt_stack,
                handlers,
                threads: records.iter().map(scene_of).collect(),
                stack: self.space.stack,
                break_start: Addr(self.space.break_start.load(Ordering::Relaxed)),
                own,
                notes,
                last_words,
                memory: &GuestMemory,
                space: &self.space,
            };
            for witness in &self.options.witnesses {
                if witness.interest(ending) != Interest::Nothing {
                    witness.witness(&scene);
                }
            }
        });
    }
}

impl Process {
    /// The signals that the guest handles, and its handlers.
    fn handlers(&self) -> Vec<(Signal, Addr)> {
        let actions = self.actions();
        let handled = (0u8..).zip(actions.iter()).filter_map(|(number, action)| match action.handler {
            Handler::Guest(at) => Some((Signal(number), at)),
            Handler::Default | Handler::Ignore => None,
        });
        handled.collect()
    }
}

/// The vector and floating-point state of a thread; the last one's is in the CPU, in a copy of the process too.
fn fp_of(record: &Arc<Record>, last: &Last<'_>) -> Vec<u8> {
    if Arc::ptr_eq(record, last.record) {
        return (last.fp)();
    }
    record.frozen_fp.try_lock().map(|fp| fp.clone()).unwrap_or_default()
}
