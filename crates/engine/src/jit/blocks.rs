//! From guest addresses to translated code.

use super::ahead;

/// A table that only grows, in parts for the addresses that share their high halves: there are few.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// By the high half.
    parts: Vec<(u32, Part)>,
}

/// A table of open addressing.
#[derive(Debug)]
struct Part {
    /// The low halves of addresses and places, side by side: looking one up touches one line of the host's cache. Where there is
    /// no place nothing is.
    cells: Vec<(u32, u32)>,
    len: usize,
}

const EMPTY: (u32, u32) = (0, 0);
/// No place: code is at multiples of more.
const GONE: u32 = 1;
const FIRST_LOG2: u32 = 12;
/// Addresses in a stretch of so many bytes have neighbouring cells, so that looking up where a block's exits go, which is near
/// mostly, needs little of the table.
const STRETCH_LOG2: u32 = 10;
/// One cell for so many bytes of it.
const STEP_LOG2: u32 = 4;

impl Blocks {
    pub(super) fn get(&self, pc: u64) -> Option<u32> {
        let at = self.find((pc >> 32) as u32).ok()?;
        let (_, part) = self.parts.get(at)?;
        Some(part.cells[part.cell(pc as u32)].1).filter(|place| *place > GONE)
    }

    /// Code for an address is at a place that is no lower than 2.
    pub(super) fn insert(&mut self, pc: u64, place: u32) {
        let high = (pc >> 32) as u32;
        let at = self.find(high).unwrap_or_else(|at| {
            self.parts.insert(at, (high, Part::new(1 << FIRST_LOG2)));
            at
        });
        self.parts[at].1.insert(pc as u32, place);
    }

    pub(super) fn remove(&mut self, pc: u64) {
        if self.get(pc).is_some() {
            self.insert(pc, GONE);
        }
    }

    fn find(&self, high: u32) -> Result<usize, usize> {
        self.parts.binary_search_by_key(&high, |(high, _)| *high)
    }
}

impl Part {
    fn new(len: usize) -> Part {
        let mut cells = Vec::with_capacity(len);
        ahead::make(&mut cells, len);
        cells.resize(len, EMPTY);
        Part { cells, len: 0 }
    }

    /// The cell of an address, or the empty one where it would be.
    fn cell(&self, pc: u32) -> usize {
        let mask = self.cells.len() - 1;
        let stretch =
            u64::from(pc >> STRETCH_LOG2).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 << (STRETCH_LOG2 - STEP_LOG2);
        let within = u64::from(pc & ((1 << STRETCH_LOG2) - 1)) >> STEP_LOG2;
        let mut at = (stretch | within) as usize & mask;
        while self.cells[at].0 != pc && self.cells[at].1 != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    fn insert(&mut self, pc: u32, place: u32) {
        if self.len * 2 >= self.cells.len() {
            self.grow();
        }
        let cell = self.cell(pc);
        self.len += usize::from(self.cells[cell].1 == 0);
        self.cells[cell] = (pc, place);
    }

    fn grow(&mut self) {
        let old = core::mem::replace(self, Part::new(self.cells.len() * 2));
        for (pc, place) in old.cells {
            if place > GONE {
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
        let mut blocks = Blocks::default();
        let address = |n: u64| ((n & 3) << 40) + n * 4;
        let place = |n: u64| (n as u32 + 1) * 8;
        for n in 0..20_000 {
            assert_eq!(blocks.get(address(n)), None, "{n}");
            blocks.insert(address(n), place(n));
        }
        for n in (0..20_000).step_by(3) {
            blocks.remove(address(n));
        }
        blocks.remove(u64::MAX);
        for n in 0..20_000u64 {
            assert_eq!(blocks.get(address(n)), (n % 3 != 0).then_some(place(n)), "{n}");
        }
        blocks.insert(address(0), 800);
        assert_eq!((blocks.get(address(0)), blocks.get(u64::MAX)), (Some(800), None));
    }
}
