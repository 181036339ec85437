//! The program's file as gdb gets it: without the marks of its system.
//!
//! A gdb that was not built with support for a system gives up on such a file: it takes the wrong CPU for its code and
//! reads addresses of 32 bits. Without the marks it takes the file for one of Linux, and threads, registers, memory and
//! the program's own debug information are the same on every system.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// In the file's header: the system, the place of the section headers, their size and number, and which names them.
const AT_SYSTEM: u64 = 7;
const AT_SECTIONS: u64 = 0x28;
const AT_SECTION_LEN: u64 = 0x3a;
const AT_NAMES: u64 = 0x3e;
/// In a section's header.
const AT_OFFSET: u64 = 0x18;
const AT_SIZE: u64 = 0x20;
const MAGIC: [u8; 5] = *b"\x7fELF\x02";
const NOTE: &[u8] = b".note.";
/// What tells builds apart is wanted, to find separate debug information.
const BUILD: &[u8] = b"build";
const NAMES_MAX: u64 = 1 << 20;

/// Bytes that read as others.
#[derive(Debug, Default)]
pub(super) struct Brand(Vec<(u64, u8)>);

impl Brand {
    /// What to change in a file; nothing when it is no such file.
    pub(super) fn of(file: &File) -> Brand {
        if bytes(file, 0) != Some(MAGIC) {
            return Brand::default();
        }
        let mut changes = vec![(AT_SYSTEM, 0)];
        changes.extend(notes(file).unwrap_or_default().into_iter().map(|at| (at, b'_')));
        Brand(changes)
    }

    /// Changes what was read from `offset`.
    pub(super) fn hide(&self, offset: u64, read: &mut [u8]) {
        for (at, byte) in &self.0 {
            let place = at.checked_sub(offset).and_then(|at| usize::try_from(at).ok());
            if let Some(place) = place.and_then(|place| read.get_mut(place)) {
                *place = *byte;
            }
        }
    }
}

fn bytes<const N: usize>(file: &File, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact_at(&mut bytes, at).ok().map(|()| bytes)
}

/// Where the names of the sections begin that mark the system.
fn notes(file: &File) -> Option<Vec<u64>> {
    let sections = u64::from_le_bytes(bytes(file, AT_SECTIONS)?);
    let len = u16::from_le_bytes(bytes(file, AT_SECTION_LEN)?);
    let index = u16::from_le_bytes(bytes(file, AT_NAMES)?);
    let header = sections.checked_add(u64::from(len) * u64::from(index))?;
    let at = u64::from_le_bytes(bytes(file, header.checked_add(AT_OFFSET)?)?);
    let size = u64::from_le_bytes(bytes(file, header.checked_add(AT_SIZE)?)?).min(NAMES_MAX);
    let mut names = vec![0; usize::try_from(size).ok()?];
    file.read_exact_at(&mut names, at).ok()?;
    let mut found = Vec::new();
    let mut start = 0u64;
    for name in names.split(|byte| *byte == 0) {
        let is_build = name.windows(BUILD.len()).any(|part| part == BUILD);
        if name.starts_with(NOTE) && !is_build {
            found.push(at + start);
        }
        start += name.len() as u64 + 1;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_read_bytes_that_mark_the_system_change() {
        let brand = Brand(vec![(7, 0), (100, b'_')]);
        let mut read = [9; 4];
        brand.hide(5, &mut read);
        assert_eq!(read, [9, 9, 0, 9]);
        brand.hide(98, &mut read);
        assert_eq!(read, [9, 9, b'_', 9]);
        brand.hide(u64::MAX, &mut read);
        assert_eq!(read, [9, 9, b'_', 9]);
    }
}
