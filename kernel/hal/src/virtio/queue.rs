//! A queue of buffers that goes to the device and comes back.

use super::{
    AVAILABLE, DESCRIPTORS, NOTIFY, QUEUE, QUEUE_ALIGN, QUEUE_LEN, QUEUE_MOST, QUEUE_PAGE, QUEUE_READY, Registers, USED,
};
use crate::memory::{DIRECT, PAGE};
use crate::registers::barrier;
use alloc::alloc::{Layout, alloc_zeroed};

/// Descriptors of a queue; one page holds them and the ring of what is available, the next one the ring of what was used.
const MOST: u16 = 64;
const AVAILABLE_AT: usize = 16 * MOST as usize;

/// Who writes a queue's buffers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Writer {
    /// The kernel.
    Kernel,
    /// The device.
    Device,
}

/// Memory that a device and the kernel share: whole pages of the heap, for ever.
#[derive(Debug)]
struct Shared {
    at: *mut u8,
    len: usize,
}

// SAFETY: nothing but this value knows the memory, and every access is volatile.
unsafe impl Send for Shared {}

impl Shared {
    fn new(len: usize) -> Option<Shared> {
        let len = len.next_multiple_of(PAGE);
        let layout = Layout::from_size_align(len, PAGE).ok()?;
        // SAFETY: the layout has a size.
        let at = unsafe { alloc_zeroed(layout) };
        let is_direct = (DIRECT..crate::memory::DEVICES).contains(&(at as u64));
        is_direct.then_some(Shared { at, len })
    }

    fn physical(&self) -> u64 {
        self.at as u64 - DIRECT
    }

    fn get(&self, at: usize) -> u16 {
        assert!(at + 2 <= self.len);
        // SAFETY: inside the memory, and aligned as the caller's layout is.
        unsafe { self.at.add(at).cast::<u16>().read_volatile() }
    }

    fn set(&mut self, at: usize, value: u16) {
        assert!(at + 2 <= self.len);
        // SAFETY: as above.
        unsafe { self.at.add(at).cast::<u16>().write_volatile(value) }
    }

    fn wide(&mut self, at: usize, value: u64) {
        (0..4).for_each(|nth| self.set(at + 2 * nth, (value >> (16 * nth)) as u16));
    }

    /// Bytes of the memory; the device does not have them at the moment.
    fn bytes(&mut self, at: usize, len: usize) -> &mut [u8] {
        assert!(at <= self.len && len <= self.len - at);
        // SAFETY: inside the memory; see above.
        unsafe { core::slice::from_raw_parts_mut(self.at.add(at), len) }
    }
}

/// A queue and its buffers.
#[derive(Debug)]
pub(super) struct Queue {
    registers: Registers,
    index: u32,
    rings: Shared,
    buffers: Shared,
    buffer_len: usize,
    len: u16,
    writer: Writer,
    /// How many were made available, and how many of those used were seen.
    given: u16,
    taken: u16,
}

impl Queue {
    /// The device's queue `index`, with buffers of so many bytes.
    pub(super) fn new(registers: Registers, index: u32, buffer_len: usize, writer: Writer) -> Option<Queue> {
        registers.set(QUEUE, index);
        let len = u16::try_from(registers.get(QUEUE_MOST)).unwrap_or(MOST).min(MOST);
        if len == 0 {
            return None;
        }
        let rings = Shared::new(2 * PAGE)?;
        let buffers = Shared::new(buffer_len * usize::from(len))?;
        registers.set(QUEUE_LEN, len.into());
        let at = rings.physical();
        if registers.is_new {
            registers.set_wide(DESCRIPTORS, at);
            registers.set_wide(AVAILABLE, at + 16 * u64::from(len));
            registers.set_wide(USED, at + PAGE as u64);
            registers.set(QUEUE_READY, 1);
        } else {
            registers.set(QUEUE_ALIGN, PAGE as u32);
            registers.set(QUEUE_PAGE, (at / PAGE as u64) as u32);
        }
        Some(Queue { registers, index, rings, buffers, buffer_len, len, writer, given: 0, taken: 0 })
    }

    /// How many buffers there are.
    pub(super) fn len(&self) -> u16 {
        self.len
    }

    /// How many buffers the device has.
    pub(super) fn with_device(&self) -> u16 {
        self.given.wrapping_sub(self.taken)
    }

    fn available_at(&self) -> usize {
        AVAILABLE_AT / usize::from(MOST) * usize::from(self.len)
    }

    /// A buffer the device does not have.
    pub(super) fn buffer(&mut self, nth: u16, len: usize) -> &mut [u8] {
        self.buffers.bytes(usize::from(nth % self.len) * self.buffer_len, len.min(self.buffer_len))
    }

    /// Gives a buffer to the device; it is told by [`Queue::notify`].
    pub(super) fn give(&mut self, nth: u16, len: usize) {
        let nth = nth % self.len;
        let (at, buffer) = (16 * usize::from(nth), self.buffers.physical() + u64::from(nth) * self.buffer_len as u64);
        self.rings.wide(at, buffer);
        let is_written = if self.writer == Writer::Device { 2 } else { 0 };
        self.rings.wide(at + 8, len.min(self.buffer_len) as u64 | is_written << 32);
        let ring = self.available_at();
        self.rings.set(ring + 4 + 2 * usize::from(self.given % self.len), nth);
        self.given = self.given.wrapping_add(1);
        // The entry is seen before the count is.
        barrier!("dmb osh");
        self.rings.set(ring + 2, self.given);
    }

    /// Tells the device that it was given something.
    pub(super) fn notify(&self) {
        barrier!("dsb osh");
        self.registers.set(NOTIFY, self.index);
    }

    /// Takes a buffer back that the device is done with: which, and how many bytes it wrote.
    pub(super) fn take(&mut self) -> Option<(u16, usize)> {
        if self.with_device() == 0 || self.rings.get(PAGE + 2) == self.taken {
            return None;
        }
        barrier!("dmb osh");
        let at = PAGE + 4 + 8 * usize::from(self.taken % self.len);
        self.taken = self.taken.wrapping_add(1);
        let len = usize::from(self.rings.get(at + 4)) | usize::from(self.rings.get(at + 6)) << 16;
        Some((self.rings.get(at) % self.len, len.min(self.buffer_len)))
    }
}
