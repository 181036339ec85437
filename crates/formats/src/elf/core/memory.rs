//! The memory of a core file: what the file has, and what it leaves to the files that were mapped.

use super::{Core, MappedFile, Segment};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};

/// How many bytes of a mapping are compared with its file. The first page holds the headers and, as linkers lay files
/// out, the note with the build id.
const COMPARED_MAX: usize = 1 << 20;
/// Fewer equal bytes prove nothing: an ELF header alone is that long.
const COMPARED_LEAST: usize = 65;

/// Whether a file is the one that was mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match {
    /// What the core has of it is the same: headers and the build id among it.
    Same,
    /// The core has nothing to compare; the file was taken on its name.
    Unproven,
    /// It is another file, or was changed since: nothing of it is used.
    Different,
    /// Nothing of this name was mapped.
    NotMapped,
}

/// Bytes at one address.
enum Piece<'a> {
    Here(&'a [u8]),
    Zero(u64),
}

impl<'a> Core<'a> {
    /// Copies memory from `at` on into `into`, as far as it is known without a gap; tells how many bytes.
    pub fn read(&self, at: Addr, into: &mut [u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let Some(here) = at.0.checked_add(done as u64) else { break };
            let len = match self.piece(Addr(here)) {
                Some(Piece::Here(bytes)) => {
                    let len = bytes.len().min(rest.len());
                    for (to, from) in rest.iter_mut().zip(bytes) {
                        *to = *from;
                    }
                    len
                }
                Some(Piece::Zero(len)) => {
                    let len = usize::try_from(len).unwrap_or(usize::MAX).min(rest.len());
                    rest.iter_mut().take(len).for_each(|byte| *byte = 0);
                    len
                }
                None => break,
            };
            if len == 0 {
                break;
            }
            done += len;
        }
        done
    }

    /// The 64-bit word at `at`.
    pub fn word(&self, at: Addr) -> Option<u64> {
        let mut bytes = [0; 8];
        (self.read(at, &mut bytes) == bytes.len()).then_some(u64::from_le_bytes(bytes))
    }

    /// The bytes at `at` up to the first zero, at most `max`.
    pub fn cstr(&self, at: Addr, max: usize) -> Vec<u8> {
        let mut text = Vec::new();
        let mut chunk = [0; 64];
        while text.len() < max {
            let len = self.read(at.plus(text.len() as u64), &mut chunk);
            let read = chunk.get(..len).unwrap_or_default();
            let end = read.iter().position(|byte| *byte == 0);
            text.extend_from_slice(read.get(..end.unwrap_or(len)).unwrap_or_default());
            if end.is_some() || len < chunk.len() {
                break;
            }
        }
        text.truncate(max);
        text
    }

    /// The stretch of memory that holds `at`.
    pub fn segment_at(&self, at: Addr) -> Option<&Segment<'a>> {
        let after = self.segments.partition_point(|segment| segment.memory.start <= at);
        self.segments.get(after.checked_sub(1)?).filter(|segment| segment.memory.contains(at))
    }

    /// The file that was mapped at `at`.
    pub fn file_at(&self, at: Addr) -> Option<&MappedFile<'a>> {
        let after = self.files.partition_point(|file| file.memory.start <= at);
        self.files.get(after.checked_sub(1)?).filter(|file| file.memory.contains(at))
    }

    /// The names of the mapped files, each once, in the order of their addresses.
    pub fn file_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for file in &self.files {
            // Mappings of one file stand together: a longer look back would cost a hostile list its square.
            if !names.iter().rev().take(8).any(|known| *known == file.name) {
                names.push(&file.name);
            }
        }
        names
    }

    /// Offers the bytes of a mapped file, for the pages that the core leaves to it. A file that is not the one that
    /// was mapped is refused.
    pub fn complete(&mut self, name: &str, bytes: &'a [u8]) -> Match {
        let mut compared = 0;
        for file in self.files.iter().filter(|file| file.name == name) {
            // Others that cannot be written may have been while they were relocated.
            let is_as_in_file =
                |segment: &&Segment<'_>| !segment.perms.is_write && (segment.perms.is_exec || file.offset == 0);
            let Some(segment) = self.segment_at(file.memory.start).filter(is_as_in_file) else { continue };
            let skip = (file.memory.start.0 - segment.memory.start.0) as usize;
            let there = segment.bytes.get(skip..).unwrap_or_default();
            let there = there.get(..COMPARED_MAX).unwrap_or(there);
            let there = there.get(..file.memory.len() as usize).unwrap_or(there);
            let in_file = usize::try_from(file.offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
            let common = there.len().min(in_file.len());
            if there.get(..common) != in_file.get(..common) {
                return Match::Different;
            }
            compared += common;
        }
        let mut is_mapped = false;
        for file in self.files.iter_mut().filter(|file| file.name == name) {
            is_mapped = true;
            file.bytes = Some(bytes);
        }
        match compared {
            _ if !is_mapped => Match::NotMapped,
            0..COMPARED_LEAST => Match::Unproven,
            _ => Match::Same,
        }
    }

    fn piece(&self, at: Addr) -> Option<Piece<'a>> {
        let segment = self.segment_at(at);
        if let Some(segment) = segment {
            let skip = usize::try_from(at.0 - segment.memory.start.0).ok()?;
            if let Some(bytes) = segment.bytes.get(skip..).filter(|bytes| !bytes.is_empty()) {
                return Some(Piece::Here(bytes));
            }
            // The file's bytes stand for pages nobody changed. Writable ones are in the core, or lost.
            if segment.perms.is_write || (segment.bytes.len() as u64) < segment.told {
                return None;
            }
        }
        let file = self.file_at(at)?;
        let (bytes, left) = (file.bytes?, file.memory.end.0 - at.0);
        let offset = file.offset.checked_add(at.0 - file.memory.start.0)?;
        let rest = (bytes.len() as u64).saturating_sub(offset);
        if rest == 0 {
            // The rest of the file's last page; nothing was ever mapped further on.
            let page = (bytes.len() as u64).checked_next_multiple_of(ashore_base::PAGE_SIZE)?;
            return page.checked_sub(offset).filter(|len| *len > 0).map(|len| Piece::Zero(len.min(left)));
        }
        Bytes(bytes).slice(offset, rest.min(left)).map(Piece::Here)
    }
}
