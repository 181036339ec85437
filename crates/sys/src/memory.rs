//! The guest's memory as the pivot's trait.

use crate::fault;
use ashore_base::Addr;
use ashore_pivot::{Errno, Memory};

/// The guest's memory under the native engine: guest addresses are host addresses.
///
/// A guest that names one of Ashore's own addresses can read and write there, as it could from its own
/// code: one process is not a sandbox.
#[derive(Debug, Clone, Copy, Default)]
pub struct GuestMemory;

fn checked(failed: u64) -> Result<(), Errno> {
    if failed == 0 { Ok(()) } else { Err(Errno::EFAULT) }
}

impl Memory for GuestMemory {
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        // SAFETY: `into` is valid for its length; a bad `from` is caught by the handler.
        unsafe {
            if into.len() == 8 {
                return checked(fault::load64(into.as_mut_ptr().cast(), from.0));
            }
            checked(fault::copy(into.as_mut_ptr() as u64, from.0, into.len() as u64))
        }
    }

    fn write(&self, to: Addr, bytes: &[u8]) -> Result<(), Errno> {
        // SAFETY: `bytes` is valid for its length; a bad `to` is caught by the handler, and memory the
        // guest names is the guest's to change (see the type).
        unsafe {
            if let Ok(word) = <[u8; 8]>::try_from(bytes) {
                return checked(fault::store64(to.0, u64::from_le_bytes(word)));
            }
            checked(fault::copy(to.0, bytes.as_ptr() as u64, bytes.len() as u64))
        }
    }

    fn cstr_len(&self, from: Addr, max: usize) -> Result<usize, Errno> {
        let mut count = 0u64;
        // SAFETY: `count` is valid; a bad address is caught by the handler.
        checked(unsafe { fault::length(from.0, max as u64 + 1, &mut count) })?;
        if count as usize > max { Err(Errno::ENAMETOOLONG) } else { Ok(count as usize) }
    }

    fn load_u32(&self, at: Addr) -> Result<u32, Errno> {
        let mut word = 0;
        // SAFETY: `word` is valid; a bad address is caught by the handler.
        checked(unsafe { fault::load32(&mut word, at.0) })?;
        Ok(word)
    }

    fn compare_exchange_u32(&self, at: Addr, old: u32, new: u32) -> Result<u32, Errno> {
        let mut seen = 0;
        // SAFETY: `seen` is valid; the address is the guest's, and a bad one is caught by the handler.
        checked(unsafe { fault::exchange32(at.0, old, new, &mut seen) })?;
        Ok(seen)
    }
}
