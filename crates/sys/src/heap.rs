//! Our own heap, in one range the guest never sees change.
//!
//! The C library's heap grows by mappings wherever the kernel finds room, and the room it finds is
//! what the guest has just unmapped: a guest that touches such a page must fault, not find our data.
//! So all of Rust's allocations come from one range reserved at the start.
//!
//! Sizes are powers of two with a list of free blocks each. Large free blocks give their memory back to
//! the kernel but keep their place. It is small on purpose: the host allocates little while a guest runs.

use ashore_base::{Addr, AddrRange};
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};

const SMALLEST: usize = 16;
/// Blocks of this size and more are aligned to pages only.
const PAGE: usize = 4096;
/// Free blocks from this size on hold no memory.
const GIVE_BACK: usize = 128 << 10;
const CLASSES: usize = 40;
/// Reserved, not used: memory is taken page by page as it is touched.
const RANGE_LEN: usize = 16 << 30;
const RANGE_LEAST: usize = 64 << 20;

/// The heap.
pub(crate) struct Heap {
    is_taken: AtomicBool,
    inner: UnsafeCell<Inner>,
}

struct Inner {
    start: usize,
    next: usize,
    end: usize,
    free: [*mut Free; CLASSES],
}

/// A free block: the next one of its size.
struct Free {
    next: *mut Free,
}

// SAFETY: `inner` is only touched between `take` and `give`.
unsafe impl Sync for Heap {}

#[global_allocator]
pub(crate) static HEAP: Heap = Heap {
    is_taken: AtomicBool::new(false),
    inner: UnsafeCell::new(Inner { start: 0, next: 0, end: 0, free: [null_mut(); CLASSES] }),
};

impl Heap {
    /// Takes the heap for this thread alone. A fork does this, so that its child finds the heap whole.
    pub(crate) fn take(&self) {
        while self.is_taken.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            let _ = crate::call(libc::SYS_sched_yield as u64, [0; 6]);
        }
    }

    /// Ends what [`Heap::take`] began.
    pub(crate) fn give(&self) {
        self.is_taken.store(false, Ordering::Release);
    }
}

/// Where the heap is, unless nothing was ever allocated. The stacks of threads are in it too.
pub fn heap_range() -> Option<AddrRange> {
    HEAP.take();
    // SAFETY: taken above.
    let (start, end) = unsafe { ((*HEAP.inner.get()).start, (*HEAP.inner.get()).end) };
    HEAP.give();
    (end != 0).then_some(AddrRange { start: Addr(start as u64), end: Addr(end as u64) })
}

/// Has the host make memory for what is going to be written: once instead of page by page.
pub fn populate<T>(room: &mut [MaybeUninit<T>]) {
    let range = room.as_mut_ptr_range();
    let (start, end) = (range.start as usize & !(PAGE - 1), (range.end as usize).next_multiple_of(PAGE));
    let words = [start as u64, (end - start) as u64, libc::MADV_POPULATE_WRITE as u64, 0, 0, 0];
    // It changes nothing in any page, and what cannot be made now will be when it is written.
    let _ = crate::call(libc::SYS_madvise as u64, words);
}

/// The number of the smallest class that holds the layout, and its block size.
fn class_of(layout: Layout) -> (usize, usize) {
    let size = layout.size().max(layout.align()).max(SMALLEST).next_power_of_two();
    (size.trailing_zeros() as usize, size)
}

impl Inner {
    fn reserve(&mut self) {
        let mut len = RANGE_LEN;
        let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE) as u64;
        while len >= RANGE_LEAST {
            if let Ok(at) = crate::call(libc::SYS_mmap as u64, [0, len as u64, 3, flags, u64::MAX, 0]) {
                (self.start, self.next, self.end) = (at as usize, at as usize, at as usize + len);
                return;
            }
            len /= 2;
        }
    }

    fn fresh(&mut self, size: usize) -> *mut u8 {
        if self.end == 0 {
            self.reserve();
        }
        let align = size.min(PAGE);
        let at = (self.next + align - 1) & !(align - 1);
        match at.checked_add(size) {
            Some(next) if next <= self.end => {
                self.next = next;
                at as *mut u8
            }
            _ => null_mut(),
        }
    }
}

// SAFETY: blocks are disjoint parts of one private mapping, aligned to their size up to a page, and on
// no list while they are in use.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (class, size) = class_of(layout);
        if layout.align() > PAGE || class >= CLASSES {
            return null_mut();
        }
        self.take();
        // SAFETY: taken above; a listed block starts with its link, written by `dealloc`.
        let block = unsafe {
            let inner = &mut *self.inner.get();
            let head = inner.free[class];
            if head.is_null() {
                inner.fresh(size)
            } else {
                inner.free[class] = (*head).next;
                head.cast()
            }
        };
        self.give();
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (class, size) = class_of(layout);
        if size >= GIVE_BACK {
            let _ = crate::call(libc::SYS_madvise as u64, [block as u64, size as u64, 4, 0, 0, 0]);
        }
        self.take();
        // SAFETY: taken above; the block is at least as large and as aligned as a link, and the caller
        // gives it up.
        unsafe {
            let inner = &mut *self.inner.get();
            let link = block.cast::<Free>();
            (*link).next = inner.free[class];
            inner.free[class] = link;
        }
        self.give();
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's layout is valid and `new_size` is not zero and does not overflow.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if class_of(layout) == class_of(new_layout) {
            return block;
        }
        // SAFETY: as for `alloc` and `dealloc`; the copy stays inside both blocks.
        unsafe {
            let fresh = self.alloc(new_layout);
            if !fresh.is_null() {
                if !has_moved(block, fresh, class_of(layout).1.min(class_of(new_layout).1)) {
                    core::ptr::copy_nonoverlapping(block, fresh, layout.size().min(new_size));
                }
                self.dealloc(block, layout);
            }
            fresh
        }
    }
}

/// Moves the pages of a large block to another, which has none yet: faster than a copy, for which the kernel would have to
/// give it new ones first.
///
/// # Safety
/// Both blocks are at least as long, pages of the heap's own mapping, and the caller's.
unsafe fn has_moved(from: *mut u8, to: *mut u8, len: usize) -> bool {
    if len < GIVE_BACK {
        return false;
    }
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED | libc::MREMAP_DONTUNMAP;
    crate::call(libc::SYS_mremap as u64, [from as u64, len as u64, len as u64, flags as u64, to as u64, 0]).is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn large_blocks_keep_their_bytes_when_they_grow_and_shrink() {
        let mut bytes: Vec<u64> = Vec::new();
        for n in 0..3_000_000 {
            bytes.push(n);
        }
        assert!((0..).zip(&bytes).all(|(n, word)| n == *word));
        let taken = vec![7u8; 4 << 20];
        bytes.truncate(100_000);
        bytes.shrink_to_fit();
        assert!((0..).zip(&bytes).all(|(n, word)| n == *word));
        assert!(taken.iter().all(|byte| *byte == 7));
    }

    #[test]
    fn blocks_keep_their_bytes_through_growth_and_threads() {
        let threads: Vec<_> = (0..4u8)
            .map(|n| {
                std::thread::spawn(move || {
                    let mut held: Vec<Vec<u8>> = Vec::new();
                    for round in 0..2000usize {
                        let mut bytes = vec![n; round % 300];
                        bytes.resize(round * 7 % 5000 + round % 300, n);
                        held.push(bytes);
                        if round % 3 == 0 {
                            held.swap_remove(round % held.len());
                        }
                    }
                    held.iter().all(|bytes| bytes.iter().all(|byte| *byte == n))
                })
            })
            .collect();
        assert!(threads.into_iter().all(|thread| thread.join().is_ok_and(|whole| whole)));
    }

    #[test]
    fn large_blocks_come_back_empty_and_page_aligned() {
        for _ in 0..100 {
            let bytes = vec![1u8; 3 << 20];
            assert_eq!(bytes.as_ptr() as usize % 4096, 0);
        }
        assert!(vec![0u8; 1 << 20].iter().all(|byte| *byte == 0));
    }
}
