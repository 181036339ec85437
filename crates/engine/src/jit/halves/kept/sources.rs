//! What translations were made of, page by page: kept code is right as long as these pages are the same.

use super::digest::{Digest, digest};
use crate::jit::Code;
use crate::jit::shared::PAGE_LOG2;
use ashore_base::{Addr, AddrRange};
use ashore_pivot::Memory as _;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const PAGE: u64 = 1 << PAGE_LOG2;
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
}

impl Sources {
    /// For a short time; nothing else is locked meanwhile.
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
    }

    /// This is of the text as well, unless there are too many parts of it, or something else was there before.
    pub(in crate::jit) fn adds(&mut self, range: AddrRange) -> bool {
        let is_one_more = self.text.len() < PARTS_MAX && !self.gone.iter().any(|gone| gone.overlaps(range));
        if is_one_more {
            self.text.push(range);
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
            let _ = self.digest(page);
        }
    }

    /// The pages that were looked at since this was asked last.
    pub(in crate::jit) fn take_seen(&mut self) -> Vec<u64> {
        core::mem::take(&mut self.seen)
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

/// Code whose pages are noted when they are read, before they are.
pub(in crate::jit) struct Seen<'a> {
    code: &'a dyn Code,
    sources: Option<&'a Sources>,
    last: Cell<u64>,
}

impl<'a> Seen<'a> {
    /// Notes nothing where there is no text.
    pub(in crate::jit) fn new(code: &'a dyn Code, sources: &'a Sources) -> Seen<'a> {
        let mut known = sources.lock();
        known.seen.clear();
        let sources = if known.text.is_empty() { None } else { Some(sources) };
        Seen { code, sources, last: Cell::new(u64::MAX) }
    }
}

impl Code for Seen<'_> {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let page = pc >> PAGE_LOG2;
        if let Some(sources) = self.sources
            && self.last.replace(page) != page
        {
            sources.lock().sees(page);
        }
        if into.is_empty() { 0 } else { self.code.fetch(pc, into) }
    }
}
