//! What the host puts into memory instead of sending it over the serial line: see [`Inbox`].

use ashore_base::Inbox;
use core::sync::atomic::{AtomicU64, Ordering, fence};

static WORDS: [AtomicU64; Inbox::WORDS] = [const { AtomicU64::new(0) }; Inbox::WORDS];

/// Where it is.
pub(crate) fn at() -> u64 {
    WORDS.as_ptr() as u64
}

/// Whether the host uses it: then what comes over the line only rings.
pub(crate) fn is_used() -> bool {
    WORDS[Inbox::PUT].load(Ordering::Relaxed) != 0
}

/// Takes what is there. One caller at a time.
pub(crate) fn take(into: &mut [u8]) -> usize {
    let taken = WORDS[Inbox::TAKEN].load(Ordering::Relaxed);
    let there = WORDS[Inbox::PUT].load(Ordering::Acquire).wrapping_sub(taken);
    fence(Ordering::SeqCst);
    let count = into.len().min(there as usize).min(Inbox::LEN);
    for (at, byte) in (taken as usize..).zip(&mut into[..count]) {
        let at = at % Inbox::LEN;
        *byte = (WORDS[Inbox::BYTES + at / 8].load(Ordering::Relaxed) >> (at % 8 * 8)) as u8;
    }
    // Only when they were read may the host write over them.
    WORDS[Inbox::TAKEN].store(taken + count as u64, Ordering::Release);
    count
}
