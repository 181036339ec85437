//! How many places are to lead to each function once several redirections are made: one may add to what another takes away.

use crate::{census::Census, program::Program, verify::Expect};
use ashore_base::Addr;
use std::collections::{BTreeMap, BTreeSet};

/// Places that lead to a function, in code and in data.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Places {
    pub(super) code: usize,
    pub(super) data: usize,
}

/// The counts.
#[derive(Default)]
pub(super) struct Tally {
    /// None where islands stand between.
    counts: BTreeMap<Addr, Option<Places>>,
    done: BTreeSet<[Addr; 2]>,
}

impl Tally {
    /// Whether a redirection is a new one: a function may have several names.
    pub(super) fn begin(&mut self, ends: [Addr; 2]) -> bool {
        self.done.insert(ends)
    }

    /// Whether one of the two ends is the other end of another redirection.
    pub(super) fn is_chained(&self, [old, new]: [Addr; 2]) -> bool {
        self.done.iter().any(|&[first, last]| last == old || first == new)
    }

    /// So many places that led to `addr` do not any more.
    pub(super) fn take(&mut self, program: &Program<'_>, addr: Addr, places: Places) {
        if let Some(count) = self.count(program, addr) {
            count.code = count.code.saturating_sub(places.code);
            count.data = count.data.saturating_sub(places.data);
        }
    }

    /// So many more lead to `addr`.
    pub(super) fn add(&mut self, program: &Program<'_>, addr: Addr, places: Places) {
        if let Some(count) = self.count(program, addr) {
            count.code += places.code;
            count.data += places.data;
        }
    }

    /// Nobody knows how many lead to `addr` directly.
    pub(super) fn forget(&mut self, addr: Addr) {
        self.counts.insert(addr, None);
    }

    /// What must hold in the end.
    pub(super) fn expects(&self) -> impl Iterator<Item = Expect> {
        let known = self.counts.iter().filter_map(|(&addr, &places)| Some((addr, places?)));
        known.map(|(addr, Places { code, data })| Expect::Census { addr, code, data })
    }

    fn count(&mut self, program: &Program<'_>, addr: Addr) -> Option<&mut Places> {
        let before = || {
            let census = Census::of(program, addr);
            Some(Places { code: census.code.len(), data: census.data.len() })
        };
        self.counts.entry(addr).or_insert_with(before).as_mut()
    }
}
