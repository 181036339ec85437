//! Numbers of seven bits a byte.

/// Reads bytes and numbers one after the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// How many bytes were read.
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub(super) fn from(bytes: &'a [u8], at: usize) -> Reader<'a> {
        Reader { bytes, at }
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    pub(super) fn uleb(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// Passes over a text and the zero that ends it.
    pub(super) fn text(&mut self) -> Option<()> {
        while self.byte()? != 0 {}
        Some(())
    }
}

/// `value` in exactly `len` bytes, where it fits them: bytes that add nothing may follow.
pub(super) fn write(value: u64, len: usize) -> Option<Vec<u8>> {
    let mut rest = value;
    let mut bytes = Vec::new();
    for left in (0..len).rev() {
        let more = if left > 0 { 0x80 } else { 0 };
        bytes.push((rest & 0x7f) as u8 | more);
        rest >>= 7;
    }
    (rest == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_the_bytes_they_are_given() {
        for (value, len) in [(0, 1), (0x7f, 1), (0x80, 2), (5, 3), (0x3fff, 2), (u64::MAX >> 1, 9)] {
            let bytes = write(value, len).unwrap();
            assert_eq!(bytes.len(), len);
            assert_eq!(Reader::new(&bytes).uleb(), Some(value));
        }
        assert_eq!(write(0x80, 1), None);
    }
}
