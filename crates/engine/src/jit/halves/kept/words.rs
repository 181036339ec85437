//! Numbers as bytes: small ones are short. The reader trusts nothing.

/// The bytes of the largest number.
const LONGEST: usize = 10;

/// Numbers one after the other.
#[derive(Default, Debug)]
pub(in crate::jit) struct Writer(pub(in crate::jit) Vec<u8>);

impl Writer {
    /// Seven bits to a byte, the lowest first; the highest bit says that more follow.
    pub(in crate::jit) fn number(&mut self, mut number: u64) {
        if number < 0x80 {
            self.0.push(number as u8);
            return;
        }
        let (mut bytes, mut count) = ([0; LONGEST], 0);
        for byte in &mut bytes {
            count += 1;
            *byte = number as u8 | 0x80;
            number >>= 7;
            if number == 0 {
                *byte &= 0x7f;
                break;
            }
        }
        self.0.extend_from_slice(bytes.get(..count).unwrap_or_default());
    }

    /// With the sign in the lowest bit, so that small ones stay small.
    pub(in crate::jit) fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63) as u64);
    }

    pub(in crate::jit) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(in crate::jit) fn u32(&mut self, word: u32) {
        self.0.extend(word.to_le_bytes());
    }

    pub(in crate::jit) fn u64(&mut self, word: u64) {
        self.0.extend(word.to_le_bytes());
    }
}

/// The same, read.
#[derive(Clone, Copy, Debug)]
pub(in crate::jit) struct Reader<'a>(pub(in crate::jit) &'a [u8]);

impl<'a> Reader<'a> {
    pub(in crate::jit) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(in crate::jit) fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(first.into());
        }
        let mut number = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A number of 32 bits.
    pub(in crate::jit) fn short(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// How many things follow, each of which has at least one byte: a wrong count asks for no memory.
    pub(in crate::jit) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    pub(in crate::jit) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(in crate::jit) fn u32(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*word))
    }

    pub(in crate::jit) fn u64(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    pub(in crate::jit) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(in crate::jit) fn array<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let mut to = Writer::default();
        let numbers = [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX];
        let signed = [0, 1, -1, 63, -64, 64, i64::MIN, i64::MAX];
        numbers.iter().for_each(|number| to.number(*number));
        signed.iter().for_each(|number| to.signed(*number));
        let mut from = Reader(&to.0);
        assert!(numbers.iter().all(|number| from.number() == Some(*number)));
        assert!(signed.iter().all(|number| from.signed() == Some(*number)));
        assert!(from.0.is_empty() && from.number().is_none());
        assert_eq!(Reader(&[0x80; 20]).number(), None);
    }
}
