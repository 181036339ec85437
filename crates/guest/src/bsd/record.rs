//! A record of the guest's memory while it is made.

use alloc::vec;
use alloc::vec::Vec;

/// A record's bytes while they are written.
pub struct Record(pub Vec<u8>);

impl Record {
    /// A record of `len` zeros.
    pub fn new(len: u64) -> Record {
        Record(vec![0; len as usize])
    }

    /// Writes bytes. A place outside the record is a defect of a layout, which its tests find.
    pub fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = at as usize;
        if let Some(place) = self.0.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        } else {
            debug_assert!(false, "a layout names byte {at} of {}", self.0.len());
        }
    }

    /// Writes a 16-bit word.
    pub fn put_u16(&mut self, at: u64, word: u16) {
        self.put(at, &word.to_le_bytes());
    }

    /// Writes a 32-bit word.
    pub fn put_u32(&mut self, at: u64, word: u32) {
        self.put(at, &word.to_le_bytes());
    }

    /// Writes a 64-bit word.
    pub fn put_u64(&mut self, at: u64, word: u64) {
        self.put(at, &word.to_le_bytes());
    }
}
