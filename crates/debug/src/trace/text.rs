//! A line being written. The formatting machinery of the standard library takes longer for a number than all of this
//! for a line.

use std::fmt;

/// The most digits a number has.
const MOST: usize = 20;

/// The two digits of each number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

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
    pub(crate) fn unsigned(&mut self, number: u64) {
        if number < 10 {
            return self.0.push(b'0' + number as u8);
        }
        let mut digits = [0; MOST];
        let mut at = MOST;
        let mut left = number;
        while left >= 10 {
            at -= 2;
            digits[at..at + 2].copy_from_slice(&PAIRS[(left % 100) as usize]);
            left /= 100;
        }
        if left > 0 {
            at -= 1;
            digits[at] = b'0' + left as u8;
        }
        self.0.extend_from_slice(&digits[at..]);
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

    /// Appends nanoseconds as microseconds with three places.
    pub(crate) fn micros(&mut self, nanos: u64) {
        self.unsigned(nanos / 1000);
        let rest = (nanos % 1000) as usize;
        let [tens, ones] = PAIRS[rest % 100];
        self.0.extend_from_slice(&[b'.', b'0' + (rest / 100) as u8, tens, ones]);
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
        let few = [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 999, 1000, 1001, 1010, 65_535, 1_234_567, 1 << 40, u64::MAX];
        for number in few {
            assert_eq!(written(|text| text.unsigned(number)), format!("{number}"));
            assert_eq!(written(|text| text.signed(number as i64)), format!("{}", number as i64));
            assert_eq!(written(|text| text.hex(number)), format!("{number:#x}"));
            let micros = format!("{}.{:03}", number / 1000, number % 1000);
            assert_eq!(written(|text| text.micros(number)), micros);
        }
    }
}
