//! Where the stubs of rewritten call sites are, for the signal handler.
//!
//! Areas are published once and never change or go away: a handler on any thread may read them.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The size of one stub.
pub(crate) const STUB_LEN: u64 = 32;
const MAX_AREAS: usize = 256;

/// What a stub stands for.
#[derive(Clone, Copy, Debug, Default)]
pub struct StubMeta {
    /// The address of the call instruction.
    pub site: u64,
    /// The length of what the guest's text has before it and the stub runs.
    pub before: u8,
    /// The length of that as moved to the stub's start.
    pub moved_len: u8,
    /// Whether the call's own bytes are overwritten, by one that faults.
    pub is_covered: bool,
}

struct Area {
    start: u64,
    stubs: Vec<StubMeta>,
}

static AREAS: [AtomicPtr<Area>; MAX_AREAS] = [const { AtomicPtr::new(core::ptr::null_mut()) }; MAX_AREAS];
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Makes the stubs at `start`, one per row of `stubs` (which ascend by site) and 32 bytes each, known to the handler.
///
/// `false` when there are too many areas already: the caller must not use them then.
#[must_use]
pub fn publish(start: u64, stubs: Vec<StubMeta>) -> bool {
    let slot = COUNT.fetch_add(1, Ordering::AcqRel);
    let Some(place) = AREAS.get(slot) else { return false };
    place.store(Box::into_raw(Box::new(Area { start, stubs })), Ordering::Release);
    true
}

/// The guest address that `rip` in a stub stands for: the first moved instruction while not all have run, the
/// call instruction after they have.
pub(crate) fn guest_rip(rip: u64) -> Option<u64> {
    for area in areas() {
        let Some(offset) = rip.checked_sub(area.start) else { continue };
        let Some(stub) = area.stubs.get((offset / STUB_LEN) as usize) else { continue };
        let inside = offset % STUB_LEN;
        let moved = inside >= u64::from(stub.moved_len);
        return Some(if moved { stub.site } else { stub.site - u64::from(stub.before) });
    }
    None
}

/// Whether `rip` is at a call instruction that is overwritten: whoever gets there without the stub makes the call.
pub(crate) fn is_covered_call(rip: u64) -> bool {
    areas().any(|area| {
        let found = area.stubs.binary_search_by_key(&rip, |stub| stub.site);
        found.ok().and_then(|at| area.stubs.get(at)).is_some_and(|stub| stub.is_covered)
    })
}

fn areas() -> impl Iterator<Item = &'static Area> {
    AREAS.iter().take(COUNT.load(Ordering::Acquire)).filter_map(|place| {
        // SAFETY: published areas are never freed or changed; a place is null until its area is.
        unsafe { place.load(Ordering::Acquire).as_ref() }
    })
}
