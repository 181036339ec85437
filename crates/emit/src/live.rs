//! What later ops need: whether the flags are read again, and within an instruction how often values are used, where they end
//! up, what can be left out.

use alloc::vec::Vec;
use ashore_ir::{Block, Op, Slot, Value};

/// No op.
const NOWHERE: u32 = 0;

/// What is known of an op. Nothing is all zeros, which tables are filled with fastest.
#[derive(Clone, Copy, Default, Debug)]
struct Known {
    uses: u32,
    /// The op that it goes to, counted from one.
    target: u32,
    facts: u32,
}

/// The guest's flags are read after the op before they are written.
const FLAGS: u32 = 1;
/// The op is left out.
const DEAD: u32 = 2;

/// What is known of an op where control or the flags take a turn.
#[derive(Clone, Copy, Debug)]
struct Turn {
    at: u32,
    /// Whether the flags are read, from this op on, before they are written.
    is_live: bool,
    /// Whether they are read where it leaves to.
    exits: bool,
}

/// What becomes of the guest's flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Later {
    /// They may be read before they are written.
    Read,
    /// Nobody reads them.
    Lost,
}

/// The results, for a block and for one of its instructions; made once and filled again.
#[derive(Clone, Default, Debug)]
pub(crate) struct Live {
    /// The block's turns, the last one first.
    turns: Vec<Turn>,
    /// The instruction's first op, and what is known of it and those behind it.
    start: usize,
    ops: Vec<Known>,
    /// Whether nobody asks what is needed at the block's start: until the first op that writes the flags, nothing depends on it.
    pub(crate) is_alone: bool,
}

impl Live {
    fn known(&self, at: usize) -> Option<&Known> {
        self.ops.get(at.wrapping_sub(self.start))
    }

    fn has(&self, at: usize, fact: u32) -> bool {
        self.known(at).is_some_and(|known| known.facts & fact != 0)
    }

    /// How many ops the instruction has.
    pub(crate) fn count(&self) -> usize {
        self.ops.len()
    }

    /// How often the op's value is still used by ops that are not left out.
    #[inline]
    pub(crate) fn uses(&self, at: usize) -> u32 {
        self.known(at).map_or(0, |known| known.uses)
    }

    /// Takes a use of a value away; whether it was the last one.
    #[inline]
    pub(crate) fn use_up(&mut self, value: Value) -> bool {
        let Some(known) = self.ops.get_mut(value.index().wrapping_sub(self.start)) else { return false };
        known.uses = known.uses.saturating_sub(1);
        known.uses == 0
    }

    /// The op that puts the op's value into a register.
    #[inline]
    pub(crate) fn target(&self, at: usize) -> Option<usize> {
        self.known(at).map(|known| known.target).filter(|target| *target != NOWHERE).map(|target| target as usize - 1)
    }

    /// What becomes of the flags behind the op.
    #[inline]
    pub(crate) fn behind(&self, at: usize) -> Later {
        if self.flags(at) { Later::Read } else { Later::Lost }
    }

    /// Whether the guest's flags are read after the op before they are written.
    #[inline]
    pub(crate) fn flags(&self, at: usize) -> bool {
        self.has(at, FLAGS)
    }

    /// Whether the op is left out.
    #[inline]
    pub(crate) fn dead(&self, at: usize) -> bool {
        self.has(at, DEAD)
    }

    /// Walks a block's turns backwards. `leaves` says for an address whether the flags may be read there; `None` stands for
    /// one that is not known. Gives whether they may be read at its start.
    pub(crate) fn walk(&mut self, block: &Block, flags: Slot, mut leaves: impl FnMut(Option<u64>) -> bool) -> bool {
        let ops = block.ops();
        let op_at = |turn: &u32| ops.get(*turn as usize);
        let is_write = |turn: &&u32| matches!(op_at(turn), Some(&Op::Set(slot, _)) if slot == flags);
        let first = if self.is_alone { block.turns().iter().find(is_write).copied().unwrap_or(u32::MAX) } else { 0 };
        self.turns.clear();
        let mut is_live = false;
        for &at in block.turns().iter().rev() {
            let mut exits = false;
            match op_at(&at) {
                Some(&Op::Get(slot)) if slot == flags => is_live = true,
                Some(&Op::Set(slot, _)) if slot == flags => is_live = false,
                // To look there is not worth it.
                Some(Op::Goto(_) | Op::GotoCall(_) | Op::ExitIf { .. }) if at < first => {
                    (is_live, exits) = (true, false)
                }
                Some(&(Op::Goto(pc) | Op::GotoCall(pc))) => is_live = leaves(Some(pc)),
                Some(Op::Jump { .. } | Op::Trap { .. }) => is_live = leaves(None),
                Some(&Op::ExitIf { pc, .. }) => {
                    exits = leaves(Some(pc));
                    is_live |= exits;
                }
                _ => {}
            }
            self.turns.push(Turn { at, is_live, exits });
        }
        is_live
    }

    /// Nothing before an op is asked for any more.
    #[inline]
    pub(crate) fn pass(&mut self, at: usize) {
        while self.turns.last().is_some_and(|turn| (turn.at as usize) < at) {
            self.turns.pop();
        }
    }

    /// Whether the flags are read from an op on before they are written.
    #[inline]
    pub(crate) fn from(&self, at: usize) -> Later {
        let next = self.turns.iter().rev().find(|turn| turn.at as usize >= at);
        if next.is_some_and(|turn| turn.is_live) { Later::Read } else { Later::Lost }
    }

    /// Whether they are read where an op leaves to.
    pub(crate) fn at_exit(&self, at: usize) -> Later {
        let here = self.turns.iter().rev().find(|turn| turn.at as usize >= at);
        if here.is_some_and(|turn| turn.at as usize == at && turn.exits) { Later::Read } else { Later::Lost }
    }

    /// Finds out about the ops of an instruction that begins at an op, which was not passed.
    pub(crate) fn instruction(&mut self, block: &Block, start: usize, flags: Slot) {
        let rest = block.ops().get(start..).unwrap_or_default();
        let behind = rest.get(1..).unwrap_or_default();
        let count = 1 + behind.iter().position(|op| matches!(op, Op::At(_))).unwrap_or(behind.len());
        self.start = start;
        self.ops.clear();
        self.ops.resize(count, Known::default());
        // The turns at hand, from the last one, and what follows them.
        let end = (start + count) as u32;
        let mut turn = self.turns.iter().rposition(|turn| turn.at >= end).map_or(0, |last| last + 1);
        let mut live = turn.checked_sub(1).and_then(|last| self.turns.get(last)).is_some_and(|turn| turn.is_live);
        for (index, op) in rest.get(..count).unwrap_or_default().iter().enumerate().rev() {
            let Some(&Known { uses, target, .. }) = self.ops.get(index) else { break };
            if let Some(here) = self.turns.get(turn).filter(|turn| turn.at as usize == start + index) {
                turn += 1;
                if matches!(op, Op::ExitIf { .. }) || op.is_end() {
                    live = here.is_live;
                }
            }
            let is_live = live;
            let dead = match *op {
                Op::At(_) => false,
                Op::Set(slot, _) if slot == flags => !core::mem::replace(&mut live, false),
                Op::Set(..) => false,
                _ => uses == 0 && op.is_pure(),
            };
            if let Some(known) = self.ops.get_mut(index) {
                let fact = |is: bool, bit: u32| if is { bit } else { 0 };
                known.facts = fact(is_live, FLAGS) | fact(dead, DEAD);
            }
            if dead {
                continue;
            }
            let (moved, to) = match *op {
                Op::At(_) | Op::Const(_) | Op::Get(_) => continue,
                Op::Set(_, value) => (value, (start + index) as u32 + 1),
                // What a number becomes in a register goes where the vector goes.
                Op::VScalar { a, .. } => (a, target),
                _ => (Value::NONE, NOWHERE),
            };
            for value in op.operands() {
                // Behind a missing one there is none.
                let Some(known) = self.ops.get_mut(value.index().wrapping_sub(start)) else { break };
                known.uses += 1;
                if value == moved {
                    known.target = to;
                }
                live = live || reads_flags(block, value, flags);
            }
        }
    }
}

/// Whether who uses a value reads the guest's flags with it: they are it, or a condition on them that is only looked at
/// where it is used.
fn reads_flags(block: &Block, value: Value, flags: Slot) -> bool {
    let is_flags = |value: Value| matches!(block.op(value), Some(&Op::Get(slot)) if slot == flags);
    match block.op(value) {
        Some(&Op::Cond { flags, .. }) => is_flags(flags),
        Some(&Op::Get(slot)) => slot == flags,
        _ => false,
    }
}
