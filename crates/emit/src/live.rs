//! What a block's later ops need: how often values are used, where they end up, whether the flags are read again.

use alloc::vec::Vec;
use ashore_ir::{Block, Op, Slot, Value};

/// No op.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// The results, one entry for each op; made once and filled again.
#[derive(Clone, Default, Debug)]
pub(crate) struct Live {
    /// How often the op's value is used by ops that are not left out.
    pub(crate) uses: Vec<u32>,
    /// The op that puts the value into a register.
    pub(crate) target: Vec<u32>,
    /// Whether the guest's flags are read after the op before they are written.
    pub(crate) flags: Vec<bool>,
    /// Whether they are read where the op leaves to.
    pub(crate) exits: Vec<bool>,
    /// Whether the op is left out.
    pub(crate) dead: Vec<bool>,
}

/// Whether an op reads the guest's flags when it is executed: itself, or through a condition that is only looked at there.
fn reads_flags(block: &Block, op: &Op, flags: Slot) -> bool {
    let is_flags = |value: Value| matches!(block.op(value), Some(&Op::Get(slot)) if slot == flags);
    op.operands().into_iter().any(|value| match block.op(value) {
        Some(&Op::Cond { flags, .. }) => is_flags(flags),
        Some(&Op::Get(slot)) => slot == flags,
        _ => false,
    })
}

impl Live {
    /// Walks a block backwards. `leaves` says for an address whether the flags may be read there; `after` the same for the
    /// block's end. Gives whether they may be read at its start.
    pub(crate) fn walk(&mut self, block: &Block, flags: Slot, mut leaves: impl FnMut(Option<u64>) -> bool) -> bool {
        let ops = block.ops();
        for (table, value) in [(&mut self.uses, 0), (&mut self.target, NOWHERE)] {
            table.clear();
            table.resize(ops.len(), value);
        }
        for table in [&mut self.flags, &mut self.exits, &mut self.dead] {
            table.clear();
            table.resize(ops.len(), false);
        }
        let mut live = false;
        for (at, op) in ops.iter().enumerate().rev() {
            match *op {
                Op::Goto(pc) | Op::GotoCall(pc) => live = leaves(Some(pc)),
                Op::Jump { .. } | Op::Trap { .. } => live = leaves(None),
                Op::ExitIf { pc, .. } => {
                    let there = leaves(Some(pc));
                    self.exits[at] = there;
                    live = live || there;
                }
                _ => {}
            }
            self.flags[at] = live;
            let is_dead = match *op {
                Op::Set(slot, _) if slot == flags => !core::mem::replace(&mut live, false),
                _ => self.uses[at] == 0 && op.is_pure(),
            };
            if is_dead {
                self.dead[at] = true;
                continue;
            }
            live = live || reads_flags(block, op, flags);
            for value in op.operands() {
                if let Some(count) = self.uses.get_mut(value.index()) {
                    *count += 1;
                }
            }
            let (value, target) = match *op {
                Op::Set(_, value) => (value, at as u32),
                // What a number becomes in a register goes where the vector goes.
                Op::VScalar { a, .. } => (a, self.target[at]),
                _ => continue,
            };
            if let Some(place) = self.target.get_mut(value.index()) {
                *place = target;
            }
        }
        live
    }
}
