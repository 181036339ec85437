//! Regions: code around a loop, with a map of registers chosen for it.

use super::lift::lift;
use super::{Code, Lifter};
use ashore_emit::{Part, RegMap};
use ashore_ir::{Block, Op, Slot, SlotKind};

/// The most instructions of a region.
const MOST: usize = 1000;
/// The most instructions of a part.
const PART: usize = 128;
/// What a loop multiplies the weight of its code by, as a power of two; and how deep that goes.
const LOOP_LOG2: u32 = 3;
const LOOP: u64 = 1 << LOOP_LOG2;
const DEEPEST: u32 = 4;
/// The instructions that a register which changes hands costs at an edge of the region.
const EDGE: u64 = 4;

/// The most maps of a region.
const MAPS: usize = 32;

/// Forms regions. It keeps its memory.
#[derive(Default, Debug)]
pub(super) struct Region {
    parts: Vec<Part>,
    used: usize,
    leaders: Vec<u64>,
    open: Vec<u64>,
    scratch: Block,
    count: usize,
    loops: Vec<Loop>,
    maps: Vec<RegMap>,
}

/// A loop: parts from one address to another.
#[derive(Clone, Copy, Debug)]
struct Loop {
    head: u64,
    /// The address of its last part.
    last: u64,
    /// The number of its map.
    map: u8,
}

impl Loop {
    fn has(&self, pc: u64) -> bool {
        self.head <= pc && pc <= self.last
    }
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

    /// The maps of its parts.
    pub(super) fn maps(&self) -> &[RegMap] {
        &self.maps
    }

    /// The region around an address: what direct branches reach from it. Gives the part of the address. Nothing if it has no
    /// loop.
    pub(super) fn form(&mut self, lifter: &dyn Lifter, outside: &RegMap, pc: u64, code: &dyn Code) -> Option<usize> {
        self.find_leaders(lifter, pc, code);
        self.lift_parts(lifter, code);
        let entry = self.parts().binary_search_by_key(&pc, |part| part.pc).ok()?;
        let has_loop = self.parts().iter().any(|part| targets(&part.block).any(|to| to <= part.pc && self.has(to)));
        if !has_loop {
            return None;
        }
        self.choose(outside);
        Some(entry)
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
            for to in targets(&self.scratch).chain(behind_loops(&self.scratch)) {
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

    /// Finds the loops: what backward branches jump over, the outermost first. Those that cross another one are left out.
    fn find_loops(&mut self) {
        let mut all = core::mem::take(&mut self.loops);
        all.clear();
        for part in self.parts() {
            for head in targets(&part.block).filter(|to| *to <= part.pc && self.has(*to)) {
                match all.iter_mut().find(|other: &&mut Loop| other.head == head) {
                    Some(other) => other.last = other.last.max(part.pc),
                    None => all.push(Loop { head, last: part.pc, map: 0 }),
                }
            }
        }
        all.sort_by_key(|one| (one.head, core::cmp::Reverse(one.last)));
        let mut open: Vec<u64> = Vec::new();
        all.retain(|one| {
            while open.pop_if(|last| *last < one.head).is_some() {}
            let is_inside = open.last().is_none_or(|last| one.last <= *last);
            if is_inside {
                open.push(one.last);
            }
            is_inside
        });
        self.loops = all;
    }

    /// How deep in loops a part is.
    fn depth(&self, pc: u64) -> u32 {
        (self.loops.iter().filter(|one| one.has(pc)).count() as u32).min(DEEPEST)
    }

    /// The maps: that of the outside, with registers that the region uses much in the place of those it uses little; and for
    /// each loop that of the code around it with the same done again.
    fn choose(&mut self, outside: &RegMap) {
        self.find_loops();
        let whole = Loop { head: 0, last: u64::MAX, map: 0 };
        let first = self.better(outside, &whole, 0).unwrap_or_else(|| outside.clone());
        self.maps.clear();
        self.maps.push(first);
        for part in self.parts.iter_mut().take(self.used) {
            part.map = 0;
        }
        for index in 0..self.loops.len() {
            let Some(&one) = self.loops.get(index) else { break };
            let around =
                self.loops.iter().take(index).rev().find(|other| other.has(one.head)).map_or(0, |other| other.map);
            let depth = self.depth(one.head).saturating_sub(1);
            let better = self.maps.get(usize::from(around)).and_then(|map| self.better(map, &one, depth));
            let number = match better {
                Some(map) if self.maps.len() < MAPS => {
                    self.maps.push(map);
                    (self.maps.len() - 1) as u8
                }
                _ => around,
            };
            if let Some(one) = self.loops.get_mut(index) {
                one.map = number;
            }
            for part in self.parts.iter_mut().take(self.used).filter(|part| one.has(part.pc)) {
                part.map = number;
            }
        }
    }

    /// A map for a loop in code with another map, if one is better. `depth` is that of the code around it.
    fn better(&self, around: &RegMap, one: &Loop, depth: u32) -> Option<RegMap> {
        let mut weights: Vec<(Slot, u64)> = Vec::new();
        // Every edge costs once for each register that changes hands.
        let mut edges = 1;
        for part in self.parts().iter().filter(|part| one.has(part.pc)) {
            let weight = 1u64 << (LOOP_LOG2 * self.depth(part.pc).saturating_sub(depth));
            let is_here = |pc: u64| one.has(pc) && self.has(pc);
            for op in part.block.ops() {
                match *op {
                    Op::Get(slot) | Op::Set(slot, _) => match weights.iter_mut().find(|(other, _)| *other == slot) {
                        Some((_, sum)) => *sum += weight,
                        None => weights.push((slot, weight)),
                    },
                    Op::Jump { .. } | Op::GotoCall(_) | Op::Trap { .. } => edges += weight * 2,
                    Op::Goto(pc) if !self.has(pc) => edges += weight * 2,
                    Op::Goto(pc) | Op::ExitIf { pc, .. } if !is_here(pc) => edges += weight / LOOP,
                    _ => {}
                }
            }
        }
        weights.sort_by_key(|(_, weight)| core::cmp::Reverse(*weight));
        exchange(around, &weights, edges * EDGE)
    }
}

/// A map with registers of much weight in the place of those with little, if that is worth what it costs for each.
fn exchange(around: &RegMap, weights: &[(Slot, u64)], cost: u64) -> Option<RegMap> {
    let mut map = around.clone();
    let mut has_changed = false;
    let weight_of = |slot: Slot| weights.iter().find(|(other, _)| *other == slot).map_or(0, |(_, weight)| *weight);
    for &(slot, weight) in weights {
        match slot.kind {
            SlotKind::I64 if map.int(slot).is_none() => {
                let least = map.ints().map(|(reg, old)| (weight_of(old), reg)).min_by_key(|(weight, _)| *weight);
                if let Some((_, reg)) = least.filter(|(least, _)| weight > least + cost) {
                    map.pin_int(reg, slot);
                    has_changed = true;
                }
            }
            SlotKind::V128 if map.vector(slot).is_none() => {
                let least = map.vectors().map(|(reg, old)| (weight_of(old), reg)).min_by_key(|(weight, _)| *weight);
                if let Some((_, reg)) = least.filter(|(least, _)| weight > least + cost) {
                    map.pin_vector(reg, slot);
                    has_changed = true;
                }
            }
            _ => {}
        }
    }
    has_changed.then_some(map)
}

/// The addresses behind branches back: what follows a loop is no part of it.
fn behind_loops(block: &Block) -> impl Iterator<Item = u64> {
    block.turns().iter().filter_map(|turn| match block.ops().get(*turn as usize..) {
        Some(&[Op::ExitIf { pc, .. }, Op::At(next), ..]) if pc < next => Some(next),
        _ => None,
    })
}

/// The constant addresses a block goes to, calls aside.
pub(super) fn targets(block: &Block) -> impl Iterator<Item = u64> {
    block.turns().iter().filter_map(|turn| match block.ops().get(*turn as usize) {
        Some(&(Op::Goto(pc) | Op::ExitIf { pc, .. })) => Some(pc),
        _ => None,
    })
}
