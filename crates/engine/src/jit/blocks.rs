//! From guest addresses to translated code.

/// A table of open addressing that only grows.
#[derive(Debug)]
pub(super) struct Blocks {
    keys: Vec<u64>,
    places: Vec<u32>,
    len: usize,
}

const EMPTY: u64 = u64::MAX;
const GONE: u32 = u32::MAX;
const FIRST_LOG2: u32 = 12;

impl Blocks {
    pub(super) fn new() -> Blocks {
        Blocks { keys: vec![EMPTY; 1 << FIRST_LOG2], places: vec![GONE; 1 << FIRST_LOG2], len: 0 }
    }

    /// The cell of an address, or the empty one where it would be.
    fn cell(&self, pc: u64) -> usize {
        let mask = self.keys.len() - 1;
        let mut at = (pc.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.keys[at] != pc && self.keys[at] != EMPTY {
            at = (at + 1) & mask;
        }
        at
    }

    pub(super) fn get(&self, pc: u64) -> Option<u32> {
        Some(self.places[self.cell(pc)]).filter(|place| *place != GONE)
    }

    pub(super) fn insert(&mut self, pc: u64, place: u32) {
        if pc == EMPTY {
            return;
        }
        if self.len * 2 >= self.keys.len() {
            self.grow();
        }
        let cell = self.cell(pc);
        if self.keys[cell] == EMPTY {
            self.keys[cell] = pc;
            self.len += 1;
        }
        self.places[cell] = place;
    }

    pub(super) fn remove(&mut self, pc: u64) {
        let cell = self.cell(pc);
        self.places[cell] = GONE;
    }

    fn grow(&mut self) {
        let len = self.keys.len() * 2;
        let keys = core::mem::replace(&mut self.keys, vec![EMPTY; len]);
        let places = core::mem::replace(&mut self.places, vec![GONE; len]);
        self.len = 0;
        for (pc, place) in keys.into_iter().zip(places) {
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
