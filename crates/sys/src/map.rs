//! Mappings of the host process.

use crate::text::host_image;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;
use std::sync::Mutex;

/// A mapping to make, in the kernel's own words.
#[derive(Debug, Clone, Copy)]
pub struct Mapping {
    /// The address, a hint unless the flags say otherwise.
    pub at: Addr,
    /// How many bytes.
    pub len: u64,
    /// `PROT_*`.
    pub prot: u32,
    /// `MAP_*`.
    pub flags: u32,
    /// The file, or -1.
    pub fd: i32,
    /// Where in the file.
    pub offset: u64,
}

static OWN: Mutex<Vec<AddrRange>> = Mutex::new(Vec::new());

/// Ranges the guest must not replace: the program's image, what [`anonymous`] made, and files that are being read.
///
/// Host stacks and the heap are not listed: the kernel chose their places among free ones, high up, and a
/// guest that unmaps addresses it was never given is beyond help on every system.
pub fn host_ranges() -> Vec<AddrRange> {
    let mut ranges = OWN.lock().map(|own| own.clone()).unwrap_or_default();
    ranges.push(host_image());
    ranges
}

/// Makes a mapping for the guest. The caller has checked that a fixed one replaces nothing of ours.
pub fn map(mapping: &Mapping) -> Result<Addr, Errno> {
    let words = [
        mapping.at.0,
        mapping.len,
        u64::from(mapping.prot),
        u64::from(mapping.flags),
        mapping.fd as i64 as u64,
        mapping.offset,
    ];
    crate::call(libc::SYS_mmap as u64, words).map(Addr)
}

/// Removes the guest's mappings in a range.
pub fn unmap(range: AddrRange) -> Result<(), Errno> {
    crate::call(libc::SYS_munmap as u64, [range.start.0, range.len(), 0, 0, 0, 0]).map(drop)
}

/// Changes permissions of the guest's mappings.
pub fn protect(range: AddrRange, prot: u32) -> Result<(), Errno> {
    crate::call(libc::SYS_mprotect as u64, [range.start.0, range.len(), u64::from(prot), 0, 0, 0]).map(drop)
}

/// Memory of our own at a hinted place, read-write, listed in [`host_ranges`].
pub fn anonymous(hint: Addr, len: u64) -> Result<AddrRange, Errno> {
    let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u32;
    let at = map(&Mapping { at: hint, len, prot: 3, flags, fd: -1, offset: 0 })?;
    let range = AddrRange { start: at, end: at.plus(len) };
    if let Ok(mut own) = OWN.lock() {
        own.push(range);
    }
    Ok(range)
}

/// Changes permissions of memory made by [`anonymous`].
pub fn protect_host(range: AddrRange, prot: u32) -> Result<(), Errno> {
    protect(range, prot)
}

/// Writes code into a writable mapping of the guest or of ours.
pub fn write_code(at: Addr, bytes: &[u8]) -> Result<(), Errno> {
    use ashore_pivot::Memory;
    crate::GuestMemory.write(at, bytes)
}

/// Gives back memory made by [`anonymous`].
pub fn forget(range: AddrRange) {
    if let Ok(mut own) = OWN.lock() {
        own.retain(|other| *other != range);
    }
    let _ = unmap(range);
}

/// Forks with the list held: the child maps memory of its own at once.
pub(crate) fn around_fork<T>(fork: impl FnOnce() -> T) -> T {
    let _own = OWN.lock();
    fork()
}

/// A file as bytes, mapped read-only for the life of the process.
///
/// Another process may shorten the file meanwhile; reading past its end then kills us with SIGBUS, as it
/// does every program that maps what it runs.
pub fn file_bytes(fd: i32, len: usize) -> Result<&'static [u8], Errno> {
    if len == 0 {
        return Ok(&[]);
    }
    let flags = libc::MAP_PRIVATE as u32;
    let at = map(&Mapping { at: Addr::NULL, len: len as u64, prot: 1, flags, fd, offset: 0 })?;
    if let Ok(mut own) = OWN.lock() {
        own.push(AddrRange { start: at, end: at.plus(len as u64).align_up(PAGE_SIZE) });
    }
    // SAFETY: a fresh mapping of `len` bytes that is never removed.
    Ok(unsafe { core::slice::from_raw_parts(at.0 as *const u8, len) })
}
