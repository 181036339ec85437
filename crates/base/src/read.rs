//! Little-endian reading from a byte slice that may be shorter than its author claimed.

/// A byte slice read by offset; every read says `None` past the end.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The `len` bytes at `offset`.
    pub fn slice(self, offset: u64, len: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        let len = usize::try_from(len).ok()?;
        self.0.get(start..start.checked_add(len)?)
    }

    /// The `N` bytes at `offset`.
    pub fn array<const N: usize>(self, offset: u64) -> Option<[u8; N]> {
        self.slice(offset, N as u64)?.try_into().ok()
    }

    /// The byte at `offset`.
    pub fn u8(self, offset: u64) -> Option<u8> {
        Some(u8::from_le_bytes(self.array(offset)?))
    }

    /// The 16-bit word at `offset`.
    pub fn u16(self, offset: u64) -> Option<u16> {
        Some(u16::from_le_bytes(self.array(offset)?))
    }

    /// The 32-bit word at `offset`.
    pub fn u32(self, offset: u64) -> Option<u32> {
        Some(u32::from_le_bytes(self.array(offset)?))
    }

    /// The 64-bit word at `offset`.
    pub fn u64(self, offset: u64) -> Option<u64> {
        Some(u64::from_le_bytes(self.array(offset)?))
    }

    /// The bytes from `offset` up to, without, the next zero byte.
    pub fn cstr(self, offset: u64) -> Option<&'a [u8]> {
        let rest = self.0.get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().position(|&b| b == 0)?;
        rest.get(..end)
    }
}
