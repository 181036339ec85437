//! What translations were made of, page by page: kept code is right as long as these pages are the same.

use super::digest::{Digest, digest};
use crate::jit::Code;
use crate::jit::shared::PAGE_LOG2;
use ashore_base::{Addr, AddrRange};
use ashore_pivot::Memory as _;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const PAGE: u64 = 1 << PAGE_LOG2;
/// A page is looked for among so many that were looked at last: most are there.
const RECENT: usize = 8;
/// The most parts that a text has.
const PARTS_MAX: usize = 128;

/// The pages of a program's own text, and what was in them when they were looked at first.
#[derive(Default)]
pub(in crate::jit) struct Sources(Mutex<Known>);

#[derive(Default)]
pub(in crate::jit) struct Known {
    text: Vec<AddrRange>,
    /// What is none of it any more.
    gone: Vec<AddrRange>,
    digests: HashMap<u64, Digest>,
    /// The pages that were looked at for what is being made.
    seen: Vec<u64>,
    /// Some whose digest is known, by the low bits of their number.
    recent: [u64; RECENT],
}

impl Sources {
    /// Who waits for anything else meanwhile deadlocks.
    pub(in crate::jit) fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is in a page now.
fn of_page(page: u64) -> Option<Digest> {
    let mut bytes = [0; PAGE as usize];
    ashore_sys::GuestMemory.read(Addr(page << PAGE_LOG2), &mut bytes).ok()?;
    Some(digest(&bytes))
}

impl Known {
    /// From now on this is the text.
    pub(in crate::jit) fn open(&mut self, text: &[AddrRange]) {
        self.text = text.to_vec();
        self.recent = Default::default();
    }

    /// This is of the text as well, unless there are too many parts of it, or something else was there before.
    pub(in crate::jit) fn adds(&mut self, range: AddrRange) -> bool {
        let is_one_more = self.text.len() < PARTS_MAX && !self.gone.iter().any(|gone| gone.overlaps(range));
        if is_one_more {
            self.text.push(range);
            self.recent = Default::default();
        }
        is_one_more
    }

    /// Memory of the program has changed: it is none of the text from now on.
    pub(in crate::jit) fn changed(&mut self, range: AddrRange) {
        // Pages that a change begins or ends in are no part of the rest.
        let range = AddrRange { start: range.start.align_down(PAGE), end: range.end.align_up(PAGE) };
        if !self.text.iter().any(|text| text.overlaps(range)) {
            return;
        }
        self.gone.push(range);
        let mut kept = Vec::new();
        for text in &self.text {
            let before = AddrRange { start: text.start, end: text.end.min(range.start).max(text.start) };
            let after = AddrRange { start: text.start.max(range.end).min(text.end), end: text.end };
            kept.extend([before, after].into_iter().filter(|part| !part.is_empty()));
        }
        self.text = kept;
    }

    /// Whether a page is of the text.
    pub(in crate::jit) fn has(&self, page: u64) -> bool {
        let (start, end) = (Addr(page << PAGE_LOG2), Addr((page + 1) << PAGE_LOG2));
        self.text.iter().any(|text| text.start <= start && end <= text.end)
    }

    /// A page is looked at.
    fn sees(&mut self, page: u64) {
        if !self.seen.contains(&page) {
            self.seen.push(page);
            if let Some(recent) = self.recent.get_mut(page as usize % RECENT)
                && core::mem::replace(recent, page) != page
            {
                let _ = self.digest(page);
            }
        }
    }

    fn give_seen(&mut self, list: &mut Vec<u64>) -> bool {
        let is_text = !self.seen.is_empty() && self.seen.iter().all(|page| self.has(*page));
        if is_text {
            let recent = list.len().saturating_sub(RECENT);
            for page in &self.seen {
                if !list.get(recent..).unwrap_or_default().contains(page) {
                    list.push(*page);
                }
            }
        }
        self.seen.clear();
        is_text
    }

    /// What was in a page of the text at first.
    pub(super) fn digest(&mut self, page: u64) -> Option<Digest> {
        if !self.has(page) {
            return None;
        }
        if let Some(known) = self.digests.get(&page) {
            return Some(*known);
        }
        let digest = of_page(page)?;
        self.digests.insert(page, digest);
        Some(digest)
    }

    /// What is in a page of the text, if that has not changed since it was looked at first: not even by whoever wrote into the
    /// file that it is mapped from, which nobody is told of.
    pub(super) fn same(&self, page: u64) -> Option<Digest> {
        let known = *self.digests.get(&page).filter(|_| self.has(page))?;
        (of_page(page)? == known).then_some(known)
    }
}

/// Code whose pages are noted when they are read, before they are. Nobody else looks at the pages meanwhile.
pub(in crate::jit) struct Seen<'a> {
    code: &'a dyn Code,
    known: RefCell<MutexGuard<'a, Known>>,
    is_noted: bool,
    last: Cell<u64>,
}

impl<'a> Seen<'a> {
    /// Notes nothing where there is no text.
    pub(in crate::jit) fn new(code: &'a dyn Code, mut known: MutexGuard<'a, Known>) -> Seen<'a> {
        known.seen.clear();
        let is_noted = !known.text.is_empty();
        Seen { code, known: RefCell::new(known), is_noted, last: Cell::new(u64::MAX) }
    }

    /// Adds the pages that were looked at to a list, unless one of them is none of the text, or there were none.
    pub(in crate::jit) fn give(&self, list: &mut Vec<u64>) -> bool {
        self.known.borrow_mut().give_seen(list)
    }
}

impl Code for Seen<'_> {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let page = pc >> PAGE_LOG2;
        if self.is_noted && self.last.replace(page) != page {
            self.known.borrow_mut().sees(page);
        }
        if into.is_empty() { 0 } else { self.code.fetch(pc, into) }
    }

    fn is_noted(&self) -> bool {
        self.is_noted
    }
}
