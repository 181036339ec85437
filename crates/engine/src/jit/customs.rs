//! What pages of code were seen to do that most code does not: code for it costs more.

use super::lift::pages;
use super::shared::{Jit, PAGE_LOG2};
use ashore_emit::{Addresses, Nans, Part};
use std::collections::BTreeMap;

/// How often the code of a page does such a thing before it is made for that.
const MANY: u32 = 8;

/// What the code of a page did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Custom {
    /// An access whose address had bits that the guest's CPU ignores and the host does not.
    Tagged,
    /// It computed with what is not a number, where the host stops.
    Nans,
}

/// How often pages did it.
#[derive(Clone, Default, Debug)]
pub(super) struct Customs {
    counts: BTreeMap<(u64, bool), u32>,
}

impl Customs {
    /// A page did it; gives whether it did so often enough now.
    fn saw(&mut self, page: u64, what: Custom) -> bool {
        let count = self.counts.entry((page, what == Custom::Nans)).or_insert(0);
        *count = count.saturating_add(1);
        *count == MANY
    }

    fn has(&self, page: u64, what: Custom) -> bool {
        self.counts.get(&(page, what == Custom::Nans)).is_some_and(|count| *count >= MANY)
    }

    /// How code of parts is made.
    pub(super) fn of(&self, parts: &[Part]) -> (Addresses, Nans) {
        if self.counts.is_empty() {
            return Default::default();
        }
        let has = |what| parts.iter().flat_map(pages).any(|page| self.has(page, what));
        let addresses = if has(Custom::Tagged) { Addresses::Tagged } else { Addresses::Whole };
        (addresses, if has(Custom::Nans) { Nans::Usual } else { Nans::Rare })
    }
}

impl Jit {
    /// The instruction at this address did something that stopped it on the host. Where that happens often, its page's code
    /// is made for it.
    pub(super) fn saw(&self, pc: u64, what: Custom) {
        let is_time = self.lock().customs.saw(pc >> PAGE_LOG2, what);
        if is_time {
            self.renew(pc, 1);
        }
    }
}
