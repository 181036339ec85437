//! Regions: code around a loop, with a map of registers chosen for it.

use super::shared::lift;
use super::{Code, Lifter};
use ashore_emit::{Part, RegMap};
use ashore_ir::{Block, Op, Slot, SlotKind};

/// The most instructions of a region.
const MOST: usize = 1000;
/// The most instructions of a part.
const PART: usize = 128;
/// What a loop multiplies the weight of its code by, as a power of two; and how deep that goes.
const LOOP_LOG2: u32 = 3;
const DEEPEST: u32 = 4;
/// The instructions that a register which changes hands costs at an edge of the region.
const EDGE: u64 = 4;

/// Forms regions. It keeps its memory.
#[derive(Default, Debug)]
pub(super) struct Region {
    parts: Vec<Part>,
    used: usize,
    leaders: Vec<u64>,
    open: Vec<u64>,
    scratch: Block,
    count: usize,
    weights: Vec<(Slot, u64)>,
}

impl Region {
    /// The parts of the last region.
    pub(super) fn parts(&self) -> &[Part] {
        self.parts.get(..self.used).unwrap_or_default()
    }

    /// Its instructions.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The region around an address: what direct branches reach from it. Gives the part of the address and the map. Nothing
    /// if it has no loop.
    pub(super) fn form(
        &mut self,
        lifter: &dyn Lifter,
        outside: &RegMap,
        pc: u64,
        code: &dyn Code,
    ) -> Option<(usize, RegMap)> {
        self.find_leaders(lifter, pc, code);
        self.lift_parts(lifter, code);
        let entry = self.parts().binary_search_by_key(&pc, |part| part.pc).ok()?;
        let has_loop = self.parts().iter().any(|part| targets(&part.block).any(|to| to <= part.pc && self.has(to)));
        if !has_loop {
            return None;
        }
        Some((entry, self.choose(outside)))
    }

    fn has(&self, pc: u64) -> bool {
        self.parts().binary_search_by_key(&pc, |part| part.pc).is_ok()
    }

    /// The addresses that branches of the region go to, in order.
    fn find_leaders(&mut self, lifter: &dyn Lifter, pc: u64, code: &dyn Code) {
        self.leaders.clear();
        self.open.clear();
        self.leaders.push(pc);
        self.open.push(pc);
        let mut count = 0;
        let mut bytes = [0; PART * 4];
        while let Some(start) = self.open.pop() {
            let len = code.fetch(start, &mut bytes);
            count += lift(lifter, &mut self.scratch, start, bytes.get(..len).unwrap_or_default(), None);
            if count > MOST * 2 {
                return;
            }
            for to in targets(&self.scratch) {
                if let Err(at) = self.leaders.binary_search(&to) {
                    self.leaders.insert(at, to);
                    self.open.push(to);
                }
            }
        }
    }

    fn lift_parts(&mut self, lifter: &dyn Lifter, code: &dyn Code) {
        self.used = 0;
        self.count = 0;
        let mut bytes = [0; PART * 4];
        for (index, &pc) in self.leaders.iter().enumerate() {
            if self.parts.len() <= self.used {
                self.parts.push(Part::default());
            }
            let Some(part) = self.parts.get_mut(self.used) else { return };
            part.pc = pc;
            let len = code.fetch(pc, &mut bytes);
            let stop = self.leaders.get(index + 1).copied();
            let count = lift(lifter, &mut part.block, pc, bytes.get(..len).unwrap_or_default(), stop);
            if count == 0 {
                continue;
            }
            self.count += count;
            self.used += 1;
            if self.count > MOST {
                return;
            }
        }
    }

    /// How deep in loops a part is: the backward branches that jump over it.
    fn depth(&self, pc: u64) -> u32 {
        let over = self.parts().iter().flat_map(|part| targets(&part.block).map(move |to| (to, part.pc)));
        let mut heads: Vec<u64> = over
            .filter(|(to, from)| to <= from && *to <= pc && pc <= *from && self.has(*to))
            .map(|(to, _)| to)
            .collect();
        heads.sort_unstable();
        heads.dedup();
        (heads.len() as u32).min(DEEPEST)
    }

    /// The map: that of the outside, with registers that the region uses much in the place of those it uses little.
    fn choose(&mut self, outside: &RegMap) -> RegMap {
        let mut weights = core::mem::take(&mut self.weights);
        weights.clear();
        // Every edge costs once for each register that changes hands.
        let mut edges = 1;
        for part in self.parts() {
            let weight = 1u64 << (LOOP_LOG2 * self.depth(part.pc));
            for op in part.block.ops() {
                match *op {
                    Op::Get(slot) | Op::Set(slot, _) => match weights.iter_mut().find(|(other, _)| *other == slot) {
                        Some((_, sum)) => *sum += weight,
                        None => weights.push((slot, weight)),
                    },
                    Op::Jump { .. } | Op::GotoCall(_) | Op::Trap { .. } => edges += weight * 2,
                    Op::Goto(pc) if !self.has(pc) => edges += weight * 2,
                    Op::ExitIf { pc, .. } if !self.has(pc) => edges += weight / 8,
                    _ => {}
                }
            }
        }
        let mut map = outside.clone();
        weights.sort_by_key(|(_, weight)| core::cmp::Reverse(*weight));
        let weight_of = |slot: Slot| weights.iter().find(|(other, _)| *other == slot).map_or(0, |(_, weight)| *weight);
        for &(slot, weight) in &weights {
            match slot.kind {
                SlotKind::I64 if map.int(slot).is_none() => {
                    let least = map.ints().map(|(reg, old)| (weight_of(old), reg)).min_by_key(|(weight, _)| *weight);
                    if let Some((_, reg)) = least.filter(|(least, _)| weight > least + edges * EDGE) {
                        map.pin_int(reg, slot);
                    }
                }
                SlotKind::V128 if map.vector(slot).is_none() => {
                    let least = map.vectors().map(|(reg, old)| (weight_of(old), reg)).min_by_key(|(weight, _)| *weight);
                    if let Some((_, reg)) = least.filter(|(least, _)| weight > least + edges * EDGE) {
                        map.pin_vector(reg, slot);
                    }
                }
                _ => {}
            }
        }
        self.weights = weights;
        map
    }
}

/// The constant addresses a block goes to, calls aside.
pub(super) fn targets(block: &Block) -> impl Iterator<Item = u64> {
    block.ops().iter().filter_map(|op| match *op {
        Op::Goto(pc) | Op::ExitIf { pc, .. } => Some(pc),
        _ => None,
    })
}
