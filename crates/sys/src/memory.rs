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

impl GuestMemory {
    /// Compares and exchanges two to the power of `log2` bytes, at most eight; gives what stood there, zero-extended.
    pub fn exchange(&self, at: Addr, log2: u8, [old, new]: [u64; 2]) -> Result<u64, Errno> {
        let mut seen = 0u64;
        let (how, mask): (unsafe extern "sysv64" fn(u64, u64, u64, *mut u64) -> u64, u64) = match log2 {
            0 => (fault::exchange_byte, 0xff),
            1 => (fault::exchange_half, 0xffff),
            2 => (fault::exchange_word, 0xffff_ffff),
            _ => (fault::exchange_long, u64::MAX),
        };
        // SAFETY: `seen` is valid; the address is the guest's, and a bad one is caught by the handler.
        checked(unsafe { how(at.0, old, new, &mut seen) })?;
        Ok(seen & mask)
    }

    /// The same for 16 bytes, at a multiple of 16.
    pub fn exchange_wide(&self, at: Addr, [old, new]: [u128; 2]) -> Result<u128, Errno> {
        let mut words = [old as u64, (old >> 64) as u64, new as u64, (new >> 64) as u64];
        // SAFETY: `words` is valid; the address is the guest's, and a bad one is caught by the handler.
        checked(unsafe { fault::exchange_wide(at.0, &mut words) })?;
        Ok(u128::from(words[0]) | u128::from(words[1]) << 64)
    }
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
