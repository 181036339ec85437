//! Memory for translated code.
//!
//! Code is mapped twice, once to be executed and once to be written, so that no page is both. A child after `fork` shares
//! these pages: who forks must make a new [`Arena`] in the child before anything is written.

use crate::map::{self, Mapping};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Memory for code, and behind it for data that code reaches by short distances.
#[derive(Debug)]
pub struct Arena {
    code: AddrRange,
    data: AddrRange,
    writable: AddrRange,
}

static RANGE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Whether an address is in translated code. Safe in a handler.
#[inline]
pub(crate) fn is_code(rip: u64) -> bool {
    RANGE[0].load(Ordering::Relaxed) <= rip && rip < RANGE[1].load(Ordering::Relaxed)
}

impl Arena {
    /// Makes the memory. There is one arena in a process: handlers know only the last one.
    pub fn new(code_len: u64, data_len: u64) -> Result<Arena, Errno> {
        let words = [c"ashore-code".as_ptr() as u64, u64::from(libc::MFD_CLOEXEC), 0, 0, 0, 0];
        let fd = crate::call(libc::SYS_memfd_create as u64, words)? as i32;
        let made = Arena::over(fd, code_len, data_len);
        let _ = crate::call(libc::SYS_close as u64, [fd as u64, 0, 0, 0, 0, 0]);
        let arena = made?;
        RANGE[0].store(arena.code.start.0, Ordering::Relaxed);
        RANGE[1].store(arena.code.end.0, Ordering::Relaxed);
        Ok(arena)
    }

    fn over(fd: i32, code_len: u64, data_len: u64) -> Result<Arena, Errno> {
        let len = code_len + data_len;
        crate::call(libc::SYS_ftruncate as u64, [fd as u64, len, 0, 0, 0, 0])?;
        let flags = (libc::MAP_SHARED | libc::MAP_FIXED) as u32;
        let all = map::anonymous(Addr::NULL, len)?;
        let writable = map::anonymous(Addr::NULL, code_len)?;
        let code = AddrRange { start: all.start, end: all.start.plus(code_len) };
        let data = AddrRange { start: code.end, end: all.end };
        for (range, prot, offset) in [(code, 5, 0), (data, 3, code_len), (writable, 3, 0)] {
            map::map(&Mapping { at: range.start, len: range.len(), prot, flags, fd, offset })?;
        }
        Ok(Arena { code, data, writable })
    }

    /// The bytes for code.
    pub fn code_len(&self) -> u32 {
        self.code.len() as u32
    }

    /// The place of the first byte of data.
    pub fn data_start(&self) -> u32 {
        self.code.len() as u32
    }

    /// The bytes of data.
    pub fn data_len(&self) -> u32 {
        self.data.len() as u32
    }

    /// The address of a place of code.
    #[inline]
    pub fn address(&self, place: u32) -> u64 {
        self.code.start.0 + u64::from(place)
    }

    /// The place of an address, if it is code.
    #[inline]
    pub fn place(&self, address: u64) -> Option<u32> {
        if self.code.contains(Addr(address)) { Some((address - self.code.start.0) as u32) } else { None }
    }

    /// Writes code that nobody executes yet. What does not fit is not written.
    pub fn write(&self, place: u32, bytes: &[u8]) {
        if u64::from(place) + bytes.len() as u64 > self.writable.len() {
            return;
        }
        let to = (self.writable.start.0 + u64::from(place)) as *mut u8;
        // SAFETY: inside of the writable mapping, which lives as long as `self` and which no reference covers.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }

    /// Reads code, which nobody writes meanwhile.
    pub fn read(&self, place: u32, len: u32) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        if u64::from(place) + u64::from(len) <= self.writable.len() {
            let from = (self.writable.start.0 + u64::from(place)) as *const u8;
            // SAFETY: inside of the writable mapping, which lives as long as `self`; the vector is as long.
            unsafe { core::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
        }
        bytes
    }

    /// Has the host make memory for code that is going to be written, or for data: once instead of page by page.
    pub fn populate(&self, place: u32, len: u32) {
        let (start, end) = (place & !(PAGE_SIZE as u32 - 1), u64::from(place) + u64::from(len));
        let base = match u64::from(start) >= self.code.len() {
            true if end <= self.code.len() + self.data.len() => self.code.start.0,
            false if end <= self.writable.len() => self.writable.start.0,
            _ => return,
        };
        let len = (end - u64::from(start)).next_multiple_of(PAGE_SIZE);
        let words = [base + u64::from(start), len, libc::MADV_POPULATE_WRITE as u64, 0, 0, 0];
        let _ = crate::call(libc::SYS_madvise as u64, words);
    }

    /// Adds code, which nobody writes meanwhile, to some bytes.
    pub fn read_to(&self, place: u32, len: u32, to: &mut Vec<u8>) {
        if u64::from(place) + u64::from(len) <= self.writable.len() {
            let from = (self.writable.start.0 + u64::from(place)) as *const u8;
            to.reserve(len as usize);
            // SAFETY: inside of the writable mapping, which lives as long as `self`; the vector has room for as much, and all of
            // it is written before it is counted.
            unsafe {
                core::ptr::copy_nonoverlapping(from, to.as_mut_ptr().add(to.len()), len as usize);
                to.set_len(to.len() + len as usize);
            }
        }
    }

    /// Four bytes of code; zero where there is none.
    pub fn four(&self, place: u32) -> u32 {
        if u64::from(place) + 4 > self.writable.len() {
            return 0;
        }
        let from = (self.writable.start.0 + u64::from(place)) as *const u32;
        // SAFETY: inside of the writable mapping.
        unsafe { from.read_unaligned() }
    }

    /// Eight bytes of code.
    pub fn eight(&self, place: u32) -> u64 {
        u64::from(self.four(place)) | u64::from(self.four(place.wrapping_add(4))) << 32
    }

    /// Gives the memory of code that nobody executes any more back to the host. Both are multiples of a page.
    pub fn give_back(&self, place: u32, len: u32) {
        if u64::from(place) + u64::from(len) <= self.writable.len() {
            let at = self.writable.start.0 + u64::from(place);
            let _ = crate::call(libc::SYS_madvise as u64, [at, u64::from(len), libc::MADV_REMOVE as u64, 0, 0, 0]);
        }
    }

    /// Replaces four bytes of code at once; they must not cross a cache line.
    pub fn patch(&self, place: u32, word: u32) {
        if u64::from(place) + 4 > self.writable.len() {
            return;
        }
        let to = (self.writable.start.0 + u64::from(place)) as *mut u32;
        // SAFETY: inside of the writable mapping. Within a cache line one such store is seen at once by who executes it.
        unsafe { to.write_unaligned(word) };
    }

    /// Replaces eight bytes of code at once; the place is a multiple of eight.
    pub fn patch_eight(&self, place: u32, word: u64) {
        if !place.is_multiple_of(8) || u64::from(place) + 8 > self.writable.len() {
            return;
        }
        // SAFETY: inside of the writable mapping, and aligned.
        let to = unsafe { AtomicU64::from_ptr((self.writable.start.0 + u64::from(place)) as *mut u64) };
        to.store(word, Ordering::Release);
    }

    /// Eight bytes of the data; zero where there is none. The place is a multiple of eight.
    pub fn word(&self, place: u32) -> u64 {
        let at = self.code.start.0 + u64::from(place);
        if !place.is_multiple_of(8) || !self.data.contains(Addr(at)) {
            return 0;
        }
        // SAFETY: inside of the data mapping, which has whole pages, and aligned.
        unsafe { AtomicU64::from_ptr(at as *mut u64) }.load(Ordering::Acquire)
    }

    /// Sets eight bytes of the data at once; the place is a multiple of eight.
    pub fn set_word(&self, place: u32, to: u64) {
        let at = self.code.start.0 + u64::from(place);
        if !place.is_multiple_of(8) || !self.data.contains(Addr(at)) {
            return;
        }
        // SAFETY: inside of the data mapping, which has whole pages, and aligned.
        unsafe { AtomicU64::from_ptr(at as *mut u64) }.store(to, Ordering::Release);
    }

    /// Makes pages of the data zero. Both are multiples of a page.
    pub fn clear_data(&self, place: u32, len: u32) {
        let at = self.code.start.0 + u64::from(place);
        if self.data.contains(Addr(at)) && u64::from(len) <= self.data.end.0 - at {
            let _ = crate::call(libc::SYS_madvise as u64, [at, u64::from(len), libc::MADV_REMOVE as u64, 0, 0, 0]);
        }
    }

    /// Sets a counter in the data; the place is a multiple of four.
    pub fn set_counter(&self, place: u32, to: u32) {
        let at = self.code.start.0 + u64::from(place);
        if !place.is_multiple_of(4) || !self.data.contains(Addr(at)) {
            return;
        }
        // SAFETY: inside of the data mapping, and aligned.
        unsafe { AtomicU32::from_ptr(at as *mut u32) }.store(to, Ordering::Relaxed);
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        map::forget(AddrRange { start: self.code.start, end: self.data.end });
        map::forget(self.writable);
    }
}
