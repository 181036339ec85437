//! From guest addresses to translated code.

/// A table of open addressing that only grows.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Addresses and places, side by side: looking one up touches one line of the host's cache.
    cells: Vec<(u64, u32)>,
    len: usize,
}

const EMPTY: u64 = u64::MAX;
const GONE: u32 = u32::MAX;
const FIRST_LOG2: u32 = 12;
/// Addresses in a stretch of so many bytes have neighbouring cells, so that looking up where a block's exits go, which is near
/// mostly, needs little of the table.
const STRETCH_LOG2: u32 = 10;
/// One cell for so many bytes of it.
const STEP_LOG2: u32 = 4;

impl Blocks {
    pub(super) fn new() -> Blocks {
        Blocks { cells: vec![(EMPTY, GONE); 1 << FIRST_LOG2], len: 0 }
    }

    /// The cell of an address, or the empty one where it would be.
    fn cell(&self, pc: u64) -> usize {
        let mask = self.cells.len() - 1;
        let stretch = (pc >> STRETCH_LOG2).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 << (STRETCH_LOG2 - STEP_LOG2);
        let within = (pc & ((1 << STRETCH_LOG2) - 1)) >> STEP_LOG2;
        let mut at = (stretch | within) as usize & mask;
        while self.cells[at].0 != pc && self.cells[at].0 != EMPTY {
            at = (at + 1) & mask;
        }
        at
    }

    pub(super) fn get(&self, pc: u64) -> Option<u32> {
        Some(self.cells[self.cell(pc)].1).filter(|place| *place != GONE)
    }

    pub(super) fn insert(&mut self, pc: u64, place: u32) {
        if pc == EMPTY {
            return;
        }
        if self.len * 2 >= self.cells.len() {
            self.grow();
        }
        let cell = self.cell(pc);
        self.len += usize::from(self.cells[cell].0 == EMPTY);
        self.cells[cell] = (pc, place);
    }

    pub(super) fn remove(&mut self, pc: u64) {
        let cell = self.cell(pc);
        self.cells[cell].1 = GONE;
    }

    fn grow(&mut self) {
        let len = self.cells.len() * 2;
        let cells = core::mem::replace(&mut self.cells, vec![(EMPTY, GONE); len]);
        self.len = 0;
        for (pc, place) in cells {
            if pc != EMPTY && place != GONE {
                self.insert(pc, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Blocks;

    #[test]
    fn what_was_put_in_is_found_until_it_is_taken_out() {
        let mut blocks = Blocks::new();
        for pc in 0..20_000 {
            blocks.insert(pc * 4, pc as u32);
        }
        for pc in (0..20_000).step_by(3) {
            blocks.remove(pc * 4);
        }
        for pc in 0..20_000u64 {
            assert_eq!(blocks.get(pc * 4), (pc % 3 != 0).then_some(pc as u32), "{pc}");
        }
    }
}
