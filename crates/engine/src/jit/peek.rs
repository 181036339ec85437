//! What is known of guest code that is not being translated: whether it writes the flags before it reads them.

use super::{Code, Lifter};
use ashore_base::Addr;
use ashore_emit::Known;
use ashore_ir::{Block, Op, Slot};
use ashore_isa::lift::Next;

/// How many instructions are looked at.
const LOOK: usize = 10;
const CACHE_LOG2: u32 = 12;

/// Answers that were found before, by address.
#[derive(Debug)]
pub(super) struct Cache {
    entries: Vec<(u64, bool)>,
    block: Block,
}

impl Cache {
    pub(super) fn new() -> Cache {
        Cache { entries: vec![(u64::MAX, false); 1 << CACHE_LOG2], block: Block::new() }
    }

    /// Forgets everything: code has changed.
    pub(super) fn clear(&mut self) {
        self.entries.fill((u64::MAX, false));
    }
}

/// Looks ahead.
pub(super) struct Peek<'a> {
    pub(super) lifter: &'a dyn Lifter,
    pub(super) code: &'a dyn Code,
    pub(super) cache: &'a mut Cache,
}

enum Found {
    Dead,
    Live,
    Open,
}

fn look(block: &Block, flags: Slot) -> Found {
    for turn in block.turns() {
        match block.ops().get(*turn as usize) {
            Some(&Op::Get(slot)) if slot == flags => return Found::Live,
            Some(&Op::Set(slot, _)) if slot == flags => return Found::Dead,
            Some(Op::Jump { .. } | Op::Trap { .. } | Op::ExitIf { .. }) => return Found::Live,
            _ => {}
        }
    }
    Found::Open
}

impl Peek<'_> {
    fn find(&mut self, mut pc: u64) -> bool {
        let flags = self.lifter.flags();
        let mut bytes = [0; LOOK * 4];
        for _ in 0..3 {
            let len = self.code.fetch(pc, &mut bytes);
            let mut rest = bytes.get(..len).unwrap_or_default();
            loop {
                while let Some(length) = self.lifter.quiet(rest) {
                    pc = pc.wrapping_add(u64::from(length));
                    rest = rest.get(usize::from(length)..).unwrap_or_default();
                }
                self.cache.block.clear();
                let Some(lifted) = self.lifter.lift(&mut self.cache.block, Addr(pc), rest) else { return false };
                match look(&self.cache.block, flags) {
                    Found::Dead => return true,
                    Found::Live => return false,
                    Found::Open => {}
                }
                match self.cache.block.ops().last() {
                    Some(&(Op::Goto(to) | Op::GotoCall(to))) => {
                        pc = to;
                        break;
                    }
                    _ if lifted.next == Next::Ends => return false,
                    _ => {}
                }
                pc = pc.wrapping_add(u64::from(lifted.length));
                rest = rest.get(usize::from(lifted.length)..).unwrap_or_default();
            }
        }
        false
    }
}

impl Known for Peek<'_> {
    fn flags_dead(&mut self, pc: u64) -> bool {
        let index = (pc >> self.lifter.align_log2()) as usize & ((1 << CACHE_LOG2) - 1);
        if let Some(&(at, is_dead)) = self.cache.entries.get(index)
            && at == pc
        {
            return is_dead;
        }
        let is_dead = self.find(pc);
        if let Some(entry) = self.cache.entries.get_mut(index) {
            *entry = (pc, is_dead);
        }
        is_dead
    }
}
