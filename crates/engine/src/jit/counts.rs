//! What translating did, counted: for whoever looks for what makes a program slow.

use super::shared::{Inner, Jit};
use ashore_emit::{ExitKind, Part};
use ashore_ir::Op;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::Ordering;

/// What has been translated, and why code was left.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    /// Blocks, and the instructions in them.
    pub blocks: u64,
    /// Instructions in blocks.
    pub instructions: u64,
    /// Regions.
    pub regions: u64,
    /// Instructions in regions.
    pub region_instructions: u64,
    /// Blocks that were entered often and are in no loop.
    pub refused: u64,
    /// The bytes of code.
    pub bytes: u64,
    /// Instructions without a template, as they stand in code.
    pub evaluated: u64,
    /// How often an instruction was evaluated.
    pub evaluations: u64,
    /// How often half of the code was thrown away.
    pub flushes: u64,
    /// Different instructions that were translated, if they are counted.
    pub distinct: u64,
    /// Branches that were linked to where they go when they were made.
    pub known: u64,
    /// Branches that were linked when they were taken.
    pub links: u64,
    /// Entries of code that has changed.
    pub stale: u64,
    /// Jumps to an address that the jump cache did not have.
    pub misses: u64,
    /// Blocks that were entered often.
    pub hot: u64,
}

impl Stats {
    /// Code was left.
    pub(super) fn left(&mut self, kind: ExitKind, can_link: bool) {
        match kind {
            ExitKind::Goto if can_link => self.links += 1,
            ExitKind::Goto => self.stale += 1,
            ExitKind::Hot => self.hot += 1,
            ExitKind::Eval { .. } => {}
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stats { blocks, instructions, regions, region_instructions, refused, .. } = self;
        let Stats { bytes, evaluated, evaluations, flushes, distinct, .. } = self;
        let Stats { known, links, stale, misses, hot, .. } = self;
        writeln!(
            f,
            "ashore: translated {distinct} different instructions to {bytes} bytes, {flushes} times thrown away"
        )?;
        writeln!(f, "ashore: {blocks} blocks of {instructions} instructions")?;
        writeln!(f, "ashore: {regions} regions of {region_instructions} instructions, {refused} blocks in no loop")?;
        writeln!(
            f,
            "ashore: linked {known} branches at once, left {links} times to link, {misses} for a jump, {hot} for a region, {stale} for new code"
        )?;
        writeln!(f, "ashore: evaluated {evaluations} times, for {evaluated} instructions without a template")
    }
}

/// The addresses of instructions that were translated.
#[derive(Default, Debug)]
pub(super) struct Once(Option<HashSet<u64>>);

impl Once {
    /// None, if they are not to be counted.
    pub(super) fn new(counts: bool) -> Once {
        Once(counts.then(HashSet::new))
    }

    fn add(&mut self, parts: &[Part]) {
        if let Some(seen) = &mut self.0 {
            seen.extend(parts.iter().flat_map(|part| part.block.ops()).filter_map(|op| match op {
                Op::At(pc) => Some(*pc),
                _ => None,
            }));
        }
    }

    fn len(&self) -> u64 {
        self.0.as_ref().map_or(0, |seen| seen.len() as u64)
    }
}

impl Inner {
    /// Parts are translated.
    pub(super) fn count(&mut self, parts: &[Part]) {
        self.seen.add(parts);
    }
}

impl Jit {
    /// What has been translated so far.
    pub fn stats(&self) -> Stats {
        let inner = self.lock();
        let evaluations = self.evaluations.load(Ordering::Relaxed);
        Stats { distinct: inner.seen.len(), evaluations, ..inner.stats }
    }

    /// An instruction is evaluated.
    #[inline]
    pub(super) fn evaluates(&self) {
        if self.settings.counts {
            self.evaluations.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Says what was counted, if somebody wants to know.
    pub(super) fn say_counts(&self) {
        if self.settings.counts {
            ashore_sys::say(&self.stats().to_string());
        }
    }
}
