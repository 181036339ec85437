//! What is known of guest code that is not being translated: whether it writes the flags before it reads them.

use super::{Code, Lifter};
use ashore_base::Addr;
use ashore_emit::Known;
use ashore_ir::{Block, Op, Slot};
use ashore_isa::lift::Next;

/// How many instructions are looked at, one after the other.
const LOOK: usize = 24;
const CACHE_LOG2: u32 = 12;

/// Answers that were found before, by address.
#[derive(Debug)]
pub(super) struct Cache {
    /// Addresses, each twice and one more if the flags are dead there.
    answers: Vec<u64>,
    /// Where else than at its address each answer was found.
    others: Vec<Others>,
    block: Block,
}

/// Addresses of pieces of code that were looked at.
type Others = [u64; PIECES - 1];

/// How many pieces of code are looked at, each of which the ones before lead to.
const PIECES: usize = 6;
const NONE: Others = [u64::MAX; PIECES - 1];
/// The answer of no address.
const EMPTY: u64 = u64::MAX;

impl Cache {
    pub(super) fn new() -> Cache {
        Cache { answers: vec![EMPTY; 1 << CACHE_LOG2], others: vec![NONE; 1 << CACHE_LOG2], block: Block::new() }
    }

    /// Forgets everything: code has changed.
    pub(super) fn clear(&mut self) {
        self.answers.fill(EMPTY);
    }

    /// Keeps an answer.
    fn keep(&mut self, index: usize, (pc, is_dead): (u64, bool), others: Others) {
        if let (Some(answer), Some(to)) = (self.answers.get_mut(index), self.others.get_mut(index)) {
            (*answer, *to) = (pc << 1 | u64::from(is_dead), others);
        }
    }
}

/// Looks ahead.
pub(super) struct Peek<'a> {
    pub(super) lifter: &'a dyn Lifter,
    pub(super) code: &'a dyn Code,
    pub(super) cache: &'a mut Cache,
}

enum Found {
    /// The flags are written, or all that is led to is looked at.
    Dead,
    Live,
    /// They are neither read nor written.
    Open,
}

/// What was looked at and what is to be, without the first piece.
struct Pieces<'a> {
    first: u64,
    others: &'a mut Others,
    count: usize,
}

impl Pieces<'_> {
    /// Has an address looked at; whether there is room for it.
    fn add(&mut self, pc: u64) -> bool {
        if pc == self.first || self.others.iter().take(self.count).any(|other| *other == pc) {
            return true;
        }
        let Some(free) = self.others.get_mut(self.count) else { return false };
        *free = pc;
        self.count += 1;
        true
    }

    /// What becomes of the flags in an instruction; what it leads to is to be looked at.
    fn look(&mut self, block: &Block, flags: Slot) -> Found {
        for turn in block.turns() {
            match block.ops().get(*turn as usize) {
                Some(&Op::Get(slot)) if slot == flags => return Found::Live,
                Some(&Op::Set(slot, _)) if slot == flags => return Found::Dead,
                Some(&Op::ExitIf { pc, .. }) if !self.add(pc) => return Found::Live,
                Some(&(Op::Goto(pc) | Op::GotoCall(pc))) => {
                    return if self.add(pc) { Found::Dead } else { Found::Live };
                }
                Some(Op::Jump { .. } | Op::Trap { .. }) => return Found::Live,
                _ => {}
            }
        }
        Found::Open
    }
}

impl Peek<'_> {
    /// The answer for an address; `others` are told where else it was looked.
    fn find(&mut self, pc: u64, others: &mut Others) -> bool {
        let mut pieces = Pieces { first: pc, others, count: 0 };
        if !self.find_in(pc, &mut pieces) {
            return false;
        }
        let mut next = 0;
        while let Some(&pc) = pieces.others.get(next).filter(|_| next < pieces.count) {
            next += 1;
            if !self.find_in(pc, &mut pieces) {
                return false;
            }
        }
        true
    }

    /// The answer for a piece, as far as it does not lead to others.
    fn find_in(&mut self, mut pc: u64, pieces: &mut Pieces<'_>) -> bool {
        let flags = self.lifter.flags();
        let mut bytes = [0; LOOK * 4];
        let len = self.code.fetch(pc, &mut bytes);
        let mut rest = bytes.get(..len).unwrap_or_default();
        loop {
            while let Some(length) = self.lifter.quiet(rest) {
                pc = pc.wrapping_add(u64::from(length));
                rest = rest.get(usize::from(length)..).unwrap_or_default();
            }
            self.cache.block.clear();
            let Some(lifted) = self.lifter.lift(&mut self.cache.block, Addr(pc), rest) else { return false };
            match pieces.look(&self.cache.block, flags) {
                Found::Dead => return true,
                Found::Live => return false,
                Found::Open if lifted.next == Next::Ends => return false,
                Found::Open => {}
            }
            pc = pc.wrapping_add(u64::from(lifted.length));
            rest = rest.get(usize::from(lifted.length)..).unwrap_or_default();
        }
    }
}

impl Known for Peek<'_> {
    fn flags_dead(&mut self, pc: u64) -> bool {
        let index = (pc >> self.lifter.align_log2()) as usize & ((1 << CACHE_LOG2) - 1);
        if let Some(&answer) = self.cache.answers.get(index)
            && answer >> 1 == pc
        {
            // Who notes what code was looked at is to know of this too.
            if self.code.is_noted() {
                let others = self.cache.others.get(index).into_iter().flatten();
                for at in [pc].into_iter().chain(others.copied().filter(|other| *other != u64::MAX)) {
                    let _ = self.code.fetch(at, &mut []);
                }
            }
            return answer & 1 != 0;
        }
        let mut others = NONE;
        let is_dead = self.find(pc, &mut others);
        self.cache.keep(index, (pc, is_dead), others);
        is_dead
    }
}
