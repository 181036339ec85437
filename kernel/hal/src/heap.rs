//! The kernel's own heap: pieces of a few sizes, cut from blocks of frames.
//!
//! A size is rounded up to the next of four steps between powers of two, so that at most a quarter is lost. A piece that
//! comes back goes to the list of its size and stays there: nothing is searched and nothing is joined, and both ways are a
//! dozen instructions. What does not fit a block is cut from the first arena, which is made large enough for the allocator of
//! frames, else from neighbouring blocks, which come back.

use crate::memory::{DIRECT, PAGE, direct, physical};
use alloc::vec::Vec;
use ashore_kernel_core::frames::{BLOCK, Frames};
use ashore_kernel_core::{Frame, Lock};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};

/// The smallest piece: two words.
const LEAST: usize = 16;
/// Steps between one power of two and the next.
const STEPS: usize = 4;
/// Sizes from 16 bytes to 2 MiB.
const SIZES: usize = STEPS * 16;
/// Powers of two, for pieces with an alignment of their own.
const POWERS: usize = 22;
/// Bytes of a block of frames.
const BLOCK_LEN: usize = BLOCK as usize * PAGE;
/// Bytes to begin with, before memory is known.
const FIRST: usize = 0x8000;

#[repr(C, align(16))]
struct First([u8; FIRST]);
static mut FIRST_ARENA: First = First([0; FIRST]);

/// The heap.
#[global_allocator]
static HEAP: Heap = Heap {
    inner: Lock::new(Inner { free: [null_mut(); SIZES + POWERS], next: 0, end: 0 }),
    frames: AtomicPtr::new(null_mut()),
};

struct Heap {
    inner: Lock<Inner>,
    frames: AtomicPtr<Frames>,
}

struct Inner {
    /// A list of free pieces for each size, then for each power of two those aligned to it; the first word of each names the
    /// next.
    free: [*mut usize; SIZES + POWERS],
    /// What is left of the block that is being cut.
    next: usize,
    end: usize,
}

// SAFETY: the pointers are to memory that belongs to the heap alone, and are used under its lock.
unsafe impl Send for Inner {}

/// The number of a size and its bytes.
fn class(len: usize) -> (usize, usize) {
    if len <= LEAST * STEPS {
        let nth = len.div_ceil(LEAST).max(1);
        return (nth - 1, nth * LEAST);
    }
    let power = usize::BITS - 1 - (len - 1).leading_zeros();
    let step = 1usize << (power - 2);
    let size = len.next_multiple_of(step);
    let nth = (size - (1 << power)) / step;
    (STEPS * (power as usize - 6) + STEPS - 1 + nth, size)
}

/// The list and the bytes of a piece.
fn list(layout: Layout) -> (usize, usize) {
    if layout.align() <= LEAST {
        let (nth, size) = class(layout.size());
        return (if nth < SIZES { nth } else { SIZES + POWERS }, size);
    }
    let size = layout.size().max(layout.align()).next_power_of_two();
    (SIZES + (size.trailing_zeros() as usize).min(POWERS), size)
}

impl Inner {
    fn cut(&mut self, size: usize, align: usize) -> Option<usize> {
        let at = self.next.next_multiple_of(align);
        let end = at.checked_add(size)?;
        (end <= self.end).then(|| {
            self.next = end;
            at
        })
    }

    /// Gives what is left to the lists, largest pieces first.
    fn retire(&mut self) {
        while self.end - self.next >= LEAST {
            let left = self.end - self.next;
            let mut nth = class(left).0.min(SIZES - 1);
            let mut size = size_of_class(nth);
            while size > left {
                nth -= 1;
                size = size_of_class(nth);
            }
            let piece = self.next as *mut usize;
            // SAFETY: the piece is free memory of the heap, aligned to 16.
            unsafe { piece.write(self.free[nth] as usize) };
            self.free[nth] = piece;
            self.next += size;
        }
    }
}

fn size_of_class(nth: usize) -> usize {
    if nth < STEPS {
        return (nth + 1) * LEAST;
    }
    let (power, step) = ((nth - STEPS) / STEPS + 6, (nth - STEPS) % STEPS + 1);
    (1 << power) + step * (1 << (power - 2))
}

impl Heap {
    fn frames(&self) -> Option<&'static Frames> {
        // SAFETY: the pointer is null or to the allocator of frames, which lives for ever.
        unsafe { self.frames.load(Ordering::Acquire).as_ref() }
    }

    /// Neighbouring blocks for so many bytes. The allocator of frames gives neighbours one after the other while it has any.
    fn blocks(&self, len: usize) -> Option<usize> {
        let frames = self.frames()?;
        let count = len.div_ceil(BLOCK_LEN);
        let mut starts: Vec<u32> = Vec::with_capacity(count);
        while starts.len() < count {
            match frames.take_block() {
                Ok(block) => starts.push(block.start.0),
                Err(_) => break,
            }
        }
        starts.sort_unstable();
        let is_whole = starts.len() == count && starts.windows(2).all(|pair| pair[1] == pair[0] + BLOCK);
        if is_whole {
            return Some(direct(physical(Frame(*starts.first()?))) as usize);
        }
        starts.iter().flat_map(|start| *start..start + BLOCK).for_each(|frame| frames.drop(Frame(frame)));
        None
    }

    /// Gives blocks back, unless they are of the first arena.
    fn give_back(&self, at: usize, len: usize) {
        let first = ((at as u64 - DIRECT) >> 12) as u32;
        if let Some(frames) = self.frames().filter(|frames| frames.holders(Frame(first)) == 1) {
            (first..first + len.div_ceil(BLOCK_LEN) as u32 * BLOCK).for_each(|frame| frames.drop(Frame(frame)));
        }
    }
}

// SAFETY: pieces are cut from memory nobody else has, never overlap, and are as large and aligned as asked.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (nth, size) = list(layout);
        let mut inner = self.inner.lock();
        if nth >= SIZES + POWERS {
            let early = inner.cut(size, layout.align().max(PAGE));
            drop(inner);
            let at = early.or_else(|| self.blocks(size).filter(|_| layout.align() <= BLOCK_LEN));
            return at.map_or(null_mut(), |at| at as *mut u8);
        }
        if let Some(piece) = NonNull::new(inner.free[nth]) {
            // SAFETY: a piece in a list is the heap's, and its first word names the next one.
            inner.free[nth] = unsafe { piece.read() } as *mut usize;
            return piece.as_ptr().cast();
        }
        let align = layout.align().max(LEAST);
        if let Some(at) = inner.cut(size, align) {
            return at as *mut u8;
        }
        let Some(block) = self.frames().and_then(|frames| frames.take_block().ok()) else {
            return null_mut();
        };
        inner.retire();
        inner.next = direct(physical(block.start)) as usize;
        inner.end = inner.next + BLOCK_LEN;
        inner.cut(size, align).map_or(null_mut(), |at| at as *mut u8)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let (nth, size) = list(layout);
        if nth >= SIZES + POWERS {
            self.give_back(at as usize, size);
        } else {
            let mut inner = self.inner.lock();
            // SAFETY: the piece was given out with this size and nobody uses it any more.
            unsafe { at.cast::<usize>().write(inner.free[nth] as usize) };
            inner.free[nth] = at.cast();
        }
    }
}

/// Gives the heap its first memory, enough to read the device tree.
pub(crate) fn begin() {
    let mut inner = HEAP.inner.lock();
    inner.next = (&raw mut FIRST_ARENA) as usize;
    inner.end = inner.next + FIRST;
}

/// Gives the heap an arena of RAM.
///
/// # Safety
/// It is RAM in the direct map that nobody else uses, ever.
pub(crate) unsafe fn add(at: u64, len: usize) {
    let mut inner = HEAP.inner.lock();
    inner.retire();
    inner.next = direct(at) as usize;
    inner.end = inner.next + len;
}

/// From now on the heap grows by blocks of frames.
pub(crate) fn grow_from(frames: &'static Frames) {
    HEAP.frames.store(core::ptr::from_ref(frames).cast_mut(), Ordering::Release);
}
