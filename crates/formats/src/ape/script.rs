//! What the shell script at the beginning prints and copies.

use alloc::vec::Vec;
use ashore_base::Bytes;

/// What precedes a printed header.
const PRINTF: &[u8] = b"printf '";
/// What ends it. The shell's ways to put a quote into quotes are not understood by any loader.
const QUOTE: u8 = b'\'';
/// What begins the line that copies the Mach-O header down.
const COPY: &[u8] = b"dd ";
/// More printed texts than any script has.
const PRINTED_LIMIT: usize = 32;

/// The texts the script prints, decoded, each with the offset of its `printf`.
pub(super) fn printed(script: Bytes<'_>) -> Vec<(u64, Vec<u8>)> {
    let texts = finds(script.0, PRINTF).filter_map(|at| {
        let text = script.0.get(at.checked_add(PRINTF.len())?..)?;
        let end = text.iter().position(|&byte| byte == QUOTE)?;
        Some((at as u64, decoded(text.get(..end)?)))
    });
    texts.take(PRINTED_LIMIT).collect()
}

/// A text with its escapes of one to three octal digits replaced.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let mut value = None;
        for _ in 0..3 {
            let Some(digit) = rest.next_if(|byte| matches!(byte, b'0'..=b'7')) else { break };
            value = Some(value.unwrap_or(0u32) * 8 + u32::from(digit - b'0'));
        }
        out.push(value.map_or(byte, |value| value as u8));
    }
    out
}

/// Where the Mach-O header is and how long: the `dd` line that skips and counts blocks to copy it.
pub(super) fn apple_header(script: Bytes<'_>) -> Option<(u64, u64)> {
    let lines = finds(script.0, COPY).filter_map(|at| {
        let rest = script.0.get(at..)?;
        rest.split(|&byte| byte == b'\n').next()
    });
    let mut copies = lines.filter_map(|line| {
        let block = number_after(line, b"bs=")?;
        let skip = number_after(line, b"skip=")?;
        let count = number_after(line, b"count=")?;
        Some((skip.checked_mul(block)?, count.checked_mul(block)?))
    });
    copies.next()
}

/// The decimal number after `key` in a line; quotes and blanks may pad it.
fn number_after(line: &[u8], key: &[u8]) -> Option<u64> {
    let at = finds(line, key).next()?;
    let text = line.get(at.checked_add(key.len())?..)?;
    let digits = text.iter().skip_while(|byte| matches!(byte, b'"' | b' ')).take_while(|byte| byte.is_ascii_digit());
    let mut value: Option<u64> = None;
    for digit in digits {
        value = Some(value.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit - b'0'))?);
    }
    value
}

/// Every place where `needle` begins.
fn finds<'a>(haystack: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    haystack.windows(needle.len()).enumerate().filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_escapes_of_any_length_are_decoded() {
        let script = Bytes(b"x\nprintf '\\177ELF\\2\\1\\1\\011\\0q' >x\nprintf \"no\"\nprintf 'b'");
        let texts = printed(script);
        assert_eq!(texts, [(2, b"\x7fELF\x02\x01\x01\x09\0q".to_vec()), (47, b"b".to_vec())]);
    }

    #[test]
    fn the_copy_line_leads_to_the_header() {
        let script = Bytes(b"dd if=\"$o\" of=\"$o\" bs=8 skip=\"  403\" count=\"   66\" conv=notrunc\n");
        assert_eq!(apple_header(script), Some((3224, 528)));
    }
}
