//! The executable ranges of a process, known to all its threads.
//!
//! The host is asked only for what nobody said: a program that makes code, and with it mappings all the time, would
//! otherwise have the host write down all of them for each.

use ashore_base::{Addr, AddrRange};
use ashore_isa::Refused;
use ashore_sys::PROT_EXEC;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The ranges that may be executed, as far as they are known.
#[derive(Default)]
pub(crate) struct Texts {
    known: Mutex<Known>,
    /// Grows when one of them, or a part, is no longer.
    generation: AtomicU64,
}

#[derive(Default)]
pub(super) struct Known {
    /// Ends by starts; no two touch each other.
    ranges: BTreeMap<u64, u64>,
    /// How often mappings changed.
    changes: u64,
}

impl Texts {
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// For whoever forks, so that the child gets no lock that nobody releases.
    pub(crate) fn hold(&self) -> impl Drop + '_ {
        self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory there has these permissions from now on; none says also that nobody knows.
    pub(crate) fn changed(&self, range: AddrRange, prot: u32) {
        let mut known = self.lock();
        known.changes += 1;
        if prot & PROT_EXEC != 0 {
            known.insert(range);
        } else if known.remove(range) {
            self.generation.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// An executable range around an address.
    pub(super) fn find(&self, at: Addr) -> Result<AddrRange, Refused> {
        let changes = {
            let known = self.lock();
            if let Some(range) = known.find(at) {
                return Ok(range);
            }
            known.changes
        };
        let (range, prot) = ashore_sys::mapped_at(at).ok_or(Refused::Unmapped)?;
        if prot & PROT_EXEC == 0 {
            return Err(Refused::Forbidden);
        }
        // What the host told may be old news.
        let mut known = self.lock();
        if known.changes == changes {
            known.insert(range);
        }
        Ok(range)
    }
}

impl Known {
    fn find(&self, at: Addr) -> Option<AddrRange> {
        let (start, end) = self.ranges.range(..=at.0).next_back()?;
        Some(AddrRange { start: Addr(*start), end: Addr(*end) }).filter(|range| range.contains(at))
    }

    /// Takes out those that overlap or touch, one after the other.
    fn take(&mut self, range: AddrRange) -> Option<AddrRange> {
        let (start, end) = self.ranges.range(..=range.end.0).next_back().filter(|(_, end)| **end >= range.start.0)?;
        let taken = AddrRange { start: Addr(*start), end: Addr(*end) };
        self.ranges.remove(&taken.start.0);
        Some(taken)
    }

    fn insert(&mut self, mut range: AddrRange) {
        while let Some(other) = self.take(range) {
            range = AddrRange { start: range.start.min(other.start), end: range.end.max(other.end) };
        }
        if !range.is_empty() {
            self.ranges.insert(range.start.0, range.end.0);
        }
    }

    /// Gives whether there was anything of it.
    fn remove(&mut self, range: AddrRange) -> bool {
        let mut rests = Vec::new();
        let mut is_found = false;
        while let Some(other) = self.take(range) {
            is_found |= other.overlaps(range);
            rests.push(AddrRange { start: other.start, end: other.end.min(range.start) });
            rests.push(AddrRange { start: other.start.max(range.end), end: other.end });
        }
        for rest in rests.into_iter().filter(|rest| rest.start < rest.end) {
            self.ranges.insert(rest.start.0, rest.end.0);
        }
        is_found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64) -> AddrRange {
        AddrRange { start: Addr(start), end: Addr(end) }
    }

    fn all(known: &Known) -> Vec<(u64, u64)> {
        known.ranges.iter().map(|(start, end)| (*start, *end)).collect()
    }

    #[test]
    fn ranges_that_touch_are_one_and_holes_stay() {
        let mut known = Known::default();
        for part in [range(10, 20), range(30, 40), range(20, 25), range(50, 60)] {
            known.insert(part);
        }
        assert_eq!(all(&known), [(10, 25), (30, 40), (50, 60)]);
        assert!(!known.remove(range(25, 30)), "nothing was there");
        assert!(known.remove(range(12, 35)));
        assert_eq!(all(&known), [(10, 12), (35, 40), (50, 60)]);
        assert!(known.remove(range(36, 37)));
        assert_eq!(all(&known), [(10, 12), (35, 36), (37, 40), (50, 60)]);
        assert_eq!(known.find(Addr(36)), None);
        assert_eq!(known.find(Addr(39)), Some(range(37, 40)));
        known.insert(range(0, 100));
        assert_eq!(all(&known), [(0, 100)]);
    }

    #[test]
    fn only_what_stops_being_executable_is_news_to_threads() {
        let texts = Texts::default();
        texts.changed(range(0x1000, 0x3000), PROT_EXEC | 1);
        texts.changed(range(0x8000, 0x9000), 3);
        texts.changed(range(0x2000, 0x3000), PROT_EXEC | 3);
        assert_eq!(texts.generation(), 0);
        texts.changed(range(0x2000, 0x3000), 3);
        assert_eq!(texts.generation(), 1);
        assert_eq!(texts.find(Addr(0x1800)).ok(), Some(range(0x1000, 0x2000)));
        assert!(texts.find(Addr(0x2800)).is_err(), "the host has nothing there");
    }

    #[test]
    fn the_host_is_asked_for_what_nobody_said() {
        let own = range as *const () as u64;
        let texts = Texts::default();
        assert!(texts.find(Addr(own)).is_ok_and(|found| found.contains(Addr(own))));
        assert!(texts.lock().find(Addr(own)).is_some());
    }
}
