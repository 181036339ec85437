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
    entries: Vec<Entry>,
    block: Block,
}

/// An answer, and where else it was found than at its address.
#[derive(Clone, Copy, Debug)]
struct Entry {
    pc: u64,
    others: [u64; HOPS - 1],
    is_dead: bool,
}

/// How many pieces of code are looked at, each of which the one before leads to.
const HOPS: usize = 3;
const EMPTY: Entry = Entry { pc: u64::MAX, others: [u64::MAX; HOPS - 1], is_dead: false };

impl Cache {
    pub(super) fn new() -> Cache {
        Cache { entries: vec![EMPTY; 1 << CACHE_LOG2], block: Block::new() }
    }

    /// Forgets everything: code has changed.
    pub(super) fn clear(&mut self) {
        self.entries.fill(EMPTY);
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
    /// The answer for an address; `others` are told where else it was looked.
    fn find(&mut self, mut pc: u64, others: &mut [u64; HOPS - 1]) -> bool {
        let flags = self.lifter.flags();
        let mut bytes = [0; LOOK * 4];
        for hop in 0..HOPS {
            if let Some(other) = hop.checked_sub(1).and_then(|hop| others.get_mut(hop)) {
                *other = pc;
            }
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
        if let Some(&Entry { pc: at, others, is_dead }) = self.cache.entries.get(index)
            && at == pc
        {
            // Who notes what code was looked at is to know of this too.
            for at in [pc].into_iter().chain(others.into_iter().filter(|other| *other != u64::MAX)) {
                let _ = self.code.fetch(at, &mut []);
            }
            return is_dead;
        }
        let mut others = [u64::MAX; HOPS - 1];
        let is_dead = self.find(pc, &mut others);
        if let Some(entry) = self.cache.entries.get_mut(index) {
            *entry = Entry { pc, others, is_dead };
        }
        is_dead
    }
}
