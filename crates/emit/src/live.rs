//! What a block's later ops need: how often values are used, where they end up, whether the flags are read again.

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
/// They are read where the op leaves to.
const EXITS: u32 = 2;
/// The op is left out.
const DEAD: u32 = 4;

/// The results, one entry for each op; made once and filled again.
#[derive(Clone, Default, Debug)]
pub(crate) struct Live {
    ops: Vec<Known>,
    /// Whether nobody asks what is needed at the block's start: until the first op that writes the flags, nothing depends on it.
    pub(crate) is_alone: bool,
}

impl Live {
    /// How often the op's value is still used by ops that are not left out.
    #[inline]
    pub(crate) fn uses(&self, at: usize) -> u32 {
        self.ops.get(at).map_or(0, |known| known.uses)
    }

    /// Takes a use of a value away; whether it was the last one.
    #[inline]
    pub(crate) fn use_up(&mut self, value: Value) -> bool {
        let Some(known) = self.ops.get_mut(value.index()) else { return false };
        known.uses = known.uses.saturating_sub(1);
        known.uses == 0
    }

    /// The op that puts the op's value into a register.
    #[inline]
    pub(crate) fn target(&self, at: usize) -> Option<usize> {
        self.ops.get(at).map(|known| known.target).filter(|target| *target != NOWHERE).map(|target| target as usize - 1)
    }

    /// Whether the guest's flags are read after the op before they are written.
    #[inline]
    pub(crate) fn flags(&self, at: usize) -> bool {
        self.ops.get(at).is_some_and(|known| known.facts & FLAGS != 0)
    }

    /// Whether they are read where the op leaves to.
    #[inline]
    pub(crate) fn exits(&self, at: usize) -> bool {
        self.ops.get(at).is_some_and(|known| known.facts & EXITS != 0)
    }

    /// Whether the op is left out.
    #[inline]
    pub(crate) fn dead(&self, at: usize) -> bool {
        self.ops.get(at).is_some_and(|known| known.facts & DEAD != 0)
    }

    /// Walks a block backwards. `leaves` says for an address whether the flags may be read there; `after` the same for the
    /// block's end. Gives whether they may be read at its start.
    pub(crate) fn walk(&mut self, block: &Block, flags: Slot, mut leaves: impl FnMut(Option<u64>) -> bool) -> bool {
        let ops = block.ops();
        self.ops.clear();
        self.ops.resize(ops.len(), Known::default());
        let is_write = |op: &Op| matches!(*op, Op::Set(slot, _) if slot == flags);
        let first = if self.is_alone { ops.iter().position(is_write).unwrap_or(ops.len()) } else { 0 };
        let mut live = false;
        for (at, op) in ops.iter().enumerate().rev() {
            let Some(&Known { uses, target, .. }) = self.ops.get(at) else { break };
            let mut exits = false;
            match *op {
                // To look there is not worth it.
                Op::Goto(_) | Op::GotoCall(_) | Op::ExitIf { .. } if at < first => live = true,
                Op::Goto(pc) | Op::GotoCall(pc) => live = leaves(Some(pc)),
                Op::Jump { .. } | Op::Trap { .. } => live = leaves(None),
                Op::ExitIf { pc, .. } => {
                    exits = leaves(Some(pc));
                    live = live || exits;
                }
                _ => {}
            }
            let is_live = live;
            let dead = match *op {
                Op::At(_) => false,
                Op::Set(slot, _) if slot == flags => !core::mem::replace(&mut live, false),
                Op::Set(..) => false,
                _ => uses == 0 && op.is_pure(),
            };
            if let Some(known) = self.ops.get_mut(at) {
                let fact = |is: bool, bit: u32| if is { bit } else { 0 };
                known.facts = fact(is_live, FLAGS) | fact(exits, EXITS) | fact(dead, DEAD);
            }
            if dead {
                continue;
            }
            let (moved, to) = match *op {
                Op::At(_) | Op::Const(_) | Op::Get(_) => continue,
                Op::Set(_, value) => (value, at as u32 + 1),
                // What a number becomes in a register goes where the vector goes.
                Op::VScalar { a, .. } => (a, target),
                _ => (Value::NONE, NOWHERE),
            };
            for value in op.operands() {
                // Behind a missing one there is none.
                let Some(known) = self.ops.get_mut(value.index()) else { break };
                known.uses += 1;
                if value == moved {
                    known.target = to;
                }
                live = live || reads_flags(block, value, flags);
            }
        }
        live
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
