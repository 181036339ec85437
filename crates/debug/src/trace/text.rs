//! A line being written. The formatting machinery of the standard library takes longer for a number than all of this
//! for a line.

use std::fmt;

/// Text, of which only whole pieces are added.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    pub(crate) const fn new() -> Text {
        Text(Vec::new())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn ends_with(&self, byte: u8) -> bool {
        self.0.last() == Some(&byte)
    }

    pub(crate) fn into_string(self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    pub(crate) fn push(&mut self, char: char) {
        if char.is_ascii() {
            self.0.push(char as u8);
        } else {
            self.push_str(char.encode_utf8(&mut [0; 4]));
        }
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Appends a piece of another text.
    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends a number.
    ///
    /// Digits are put together in a register: bytes written one by one and read as a word stall the CPU.
    pub(crate) fn unsigned(&mut self, number: u64) {
        const WORD: u64 = 100_000_000;
        if number >= WORD {
            self.unsigned(number / WORD);
            return self.digits(number % WORD, 8);
        }
        self.digits(number, 1);
    }

    /// Appends a number below 10^8 with at least this many digits.
    fn digits(&mut self, number: u64, least: usize) {
        let (mut word, mut left, mut count) = (0, number, 0);
        while left != 0 || count < least {
            word = (word << 8) | (u64::from(b'0') + left % 10);
            left /= 10;
            count += 1;
        }
        self.0.extend_from_slice(&word.to_le_bytes()[..count]);
    }

    /// Appends a number that may be negative.
    pub(crate) fn signed(&mut self, number: i64) {
        if number < 0 {
            self.push('-');
        }
        self.unsigned(number.unsigned_abs());
    }

    /// Appends a number in hexadecimal, with `0x`.
    pub(crate) fn hex(&mut self, number: u64) {
        self.push_str("0x");
        let mut digits = [0; 16];
        let count = (16 - number.leading_zeros() as usize / 4).max(1);
        for (n, digit) in digits[..count].iter_mut().rev().enumerate() {
            *digit = b"0123456789abcdef"[(number >> (4 * n)) as usize & 15];
        }
        self.0.extend_from_slice(&digits[..count]);
    }

    /// Appends ` <1.234us>`.
    pub(crate) fn duration(&mut self, nanos: u64) {
        let (micros, rest) = (nanos / 1000, nanos % 1000);
        let places = (rest / 100) << 32 | (rest / 10 % 10) << 40 | (rest % 10) << 48;
        if micros < 10 {
            let word = u64::from_le_bytes(*b" <0.000u") + (places | micros << 16);
            self.0.extend_from_slice(&word.to_le_bytes());
        } else {
            self.push_str(" <");
            self.unsigned(micros);
            let word = u64::from_le_bytes(*b"   .000u") + places;
            self.0.extend_from_slice(&word.to_le_bytes()[3..]);
        }
        self.push_str("s>");
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    fn written(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new();
        write(&mut text);
        text.into_string()
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let few = [
            0,
            1,
            9,
            10,
            15,
            16,
            99,
            100,
            255,
            256,
            999,
            1000,
            1001,
            1010,
            9999,
            10_000,
            65_535,
            1_234_567,
            1 << 40,
            u64::MAX,
        ];
        for number in few {
            assert_eq!(written(|text| text.unsigned(number)), format!("{number}"));
            assert_eq!(written(|text| text.signed(number as i64)), format!("{}", number as i64));
            assert_eq!(written(|text| text.hex(number)), format!("{number:#x}"));
            let duration = format!(" <{}.{:03}us>", number / 1000, number % 1000);
            assert_eq!(written(|text| text.duration(number)), duration);
        }
    }
}
