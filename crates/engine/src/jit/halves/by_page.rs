//! Which units were made of which pages of code.

use crate::jit::shared::Made;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Programs change a lot of memory that is far from all code: so many pages are one stretch.
const STRETCH_LOG2: u32 = 8;

/// Every unit is of the page of its address, and some are of others as well. Most programs never ask.
#[derive(Default)]
pub(super) struct ByPage {
    /// Units and other pages of theirs, by unit.
    others: Vec<(u32, u64)>,
    /// The units of each page, but for those that were taken, and for units and others that came later than so many.
    units: BTreeMap<u64, Vec<u32>>,
    sorted: (usize, usize),
    /// The stretches of pages that any unit is of, in order.
    stretches: Vec<u64>,
    /// The one that was reached last.
    last: Option<u64>,
}

impl ByPage {
    /// Adds the next unit.
    pub(super) fn add(&mut self, unit: u32, own: u64, pages: impl Iterator<Item = u64>) {
        let mut last = own;
        self.reach(own);
        for page in pages.filter(|page| *page != own) {
            if core::mem::replace(&mut last, page) != page {
                self.others.push((unit, page));
                self.reach(page);
            }
        }
    }

    fn reach(&mut self, page: u64) {
        let stretch = page >> STRETCH_LOG2;
        if self.last == Some(stretch) {
            return;
        }
        self.last = Some(stretch);
        if let Err(at) = self.stretches.binary_search(&stretch) {
            self.stretches.insert(at, stretch);
        }
    }

    /// Whether units may be of any of these pages.
    fn reaches(&self, pages: &RangeInclusive<u64>) -> bool {
        let first = self.stretches.partition_point(|stretch| *stretch < pages.start() >> STRETCH_LOG2);
        self.stretches.get(first).is_some_and(|stretch| *stretch <= pages.end() >> STRETCH_LOG2)
    }

    /// The pages that a unit is of besides its own.
    pub(super) fn others_of(&self, unit: u32) -> impl Iterator<Item = u64> {
        let first = self.others.partition_point(|(other, _)| *other < unit);
        let behind = self.others.get(first..).unwrap_or_default().iter();
        behind.take_while(move |(other, _)| *other == unit).map(|(_, page)| *page)
    }

    /// Takes the units of some pages.
    pub(super) fn take(&mut self, units: &[Made], pages: RangeInclusive<u64>) -> Vec<u32> {
        if !self.reaches(&pages) {
            return Vec::new();
        }
        let (unit, other) = core::mem::replace(&mut self.sorted, (units.len(), self.others.len()));
        let own = units.iter().zip(0..).skip(unit).map(|(made, number)| (number, made.page()));
        for (number, page) in own.chain(self.others.iter().skip(other).copied()) {
            self.units.entry(page).or_default().push(number);
        }
        self.units.range_mut(pages).flat_map(|(_, units)| core::mem::take(units)).collect()
    }
}
