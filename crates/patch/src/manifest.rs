//! The manifest that travels inside a patched file: what it was, what was done to it, and how to undo it.
//!
//! It is text, one fact a line, closed by its length and a mark, so that it is found from its end wherever a format wants it.
//! The hash of the patched file leaves the manifest itself out.

use crate::{
    draft::{Change, Edit},
    seal::{Old, Seal},
};
use ashore_image::FileRange;
use core::fmt::Write;
use sha2::{Digest, Sha256};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of `parts`, one after the other.
    pub fn of(parts: &[&[u8]]) -> Hash {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        Hash(hasher.finalize().into())
    }
}

impl core::fmt::Display for Hash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// The first line. The number changes when old versions could misread the rest.
const HEAD: &str = "ashore patch manifest 1\n";
/// The last bytes, behind the length. Kept in two halves: this program's own file must not contain it.
const MARK: [[u8; 8]; 2] = [*b"\x1a\0ASHORE", *b"PATCHED\n"];
/// What follows the text.
const TAIL_LEN: u64 = 8 + 16;
/// A signature takes at most so many bytes and one part in so many of the file: two hashes of 32 bytes for each page of 4096.
const BEHIND: usize = 1 << 16;
const BEHIND_SHARE: usize = 64;

/// What a patched file says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest {
    /// The version of Ashore that wrote it.
    pub tool: String,
    /// The length and hash of the original.
    pub input: (u64, Hash),
    /// The hash of the patched file without its manifest and what is sealed.
    pub output: Hash,
    /// What was asked for, in the words of the command line.
    pub requests: Vec<String>,
    /// The way back, without the manifest's own range.
    pub change: Change,
}

/// A manifest and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What it says.
    pub manifest: Manifest,
    /// Its bytes in the file.
    pub range: FileRange,
}

impl Manifest {
    /// How many bytes it takes at least.
    pub fn room(&self) -> u64 {
        self.text().len() as u64 + TAIL_LEN
    }

    /// Its bytes, preceded by line ends so that they are at least `len`.
    pub fn bytes(&self, len: u64) -> Vec<u8> {
        let text = self.text();
        let mut bytes = vec![b'\n'; len.saturating_sub(text.len() as u64 + TAIL_LEN) as usize];
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        bytes.extend_from_slice(MARK.as_flattened());
        bytes
    }

    /// Its text.
    pub fn text(&self) -> String {
        let mut text = String::from(HEAD);
        let (len, hash) = self.input;
        let _ = writeln!(text, "tool {}\ninput {len} {hash}\noutput {}", self.tool, self.output);
        for request in &self.requests {
            let _ = writeln!(text, "request {}", one_line(request));
        }
        for Edit { offset, old, new, reason } in &self.change.edits {
            let _ = writeln!(text, "edit {offset:#x} {} {} {}", hex(old), hex(new), one_line(reason));
        }
        for range in &self.change.inserted {
            let _ = writeln!(text, "insert {:#x} {:#x}", range.offset, range.len);
        }
        for Seal { range, old } in &self.change.seals {
            let _ = writeln!(text, "seal {:#x} {:#x} {}", range.offset, range.len, old.text());
        }
        text
    }

    /// The manifest of `file`, if it has one. What only looks like one is passed over.
    pub fn find(file: &[u8]) -> Option<Found> {
        Manifest::find_behind(file, 0)
    }

    /// The manifest of `file`, if it has one with no more behind it than a signature. The rest of a large file is not read.
    pub fn find_near_end(file: &[u8]) -> Option<Found> {
        Manifest::find_behind(file, file.len().saturating_sub(BEHIND + file.len() / BEHIND_SHARE))
    }

    /// The last manifest whose mark begins at `start` or later.
    fn find_behind(file: &[u8], start: usize) -> Option<Found> {
        let mark = MARK.as_flattened();
        // Mostly it is at the very end. Searching forwards is much quicker than searching backwards.
        let end = file.len().saturating_sub(mark.len());
        let at_end = file.ends_with(mark).then_some(end);
        let found = || memchr::memmem::find_iter(file.get(start..).unwrap_or_default(), mark);
        let marks = || found().map(|at| start + at).collect::<Vec<_>>().into_iter().rev();
        let read = |at: usize| {
            let text_end = at.checked_sub(8)?;
            let len = u64::from_le_bytes(file.get(text_end..at)?.try_into().ok()?);
            let start = text_end.checked_sub(usize::try_from(len).ok()?)?;
            let text = core::str::from_utf8(file.get(start..text_end)?).ok()?;
            let manifest = parse(text.trim_start_matches('\n'))?;
            let range = FileRange { offset: start as u64, len: len + TAIL_LEN };
            Some(Found { manifest, range })
        };
        at_end.and_then(read).or_else(|| marks().find_map(read))
    }
}

impl Found {
    /// The way from the file with the manifest back to the original.
    pub fn change(&self) -> Change {
        let mut change = self.manifest.change.clone();
        change.inserted.push(self.range);
        change.inserted.sort_by_key(|range| range.offset);
        change
    }

    /// The hash of `file` without the manifest and what is sealed.
    pub fn hash(&self, file: &[u8]) -> Hash {
        hash_without(file, self.range, &self.manifest.change.seals)
    }
}

/// The hash of `file` without the manifest in `range` and the seals.
pub(crate) fn hash_without(file: &[u8], range: FileRange, seals: &[Seal]) -> Hash {
    let mut gaps: Vec<FileRange> = seals.iter().map(|seal| seal.range).chain([range]).collect();
    gaps.sort_by_key(|gap| gap.offset);
    let starts = core::iter::once(0).chain(gaps.iter().map(|gap| gap.end()));
    let ends = gaps.iter().map(|gap| gap.offset).chain([file.len() as u64]);
    let parts = starts.zip(ends).map(|(start, end)| file.get(start as usize..end as usize).unwrap_or_default());
    Hash::of(&parts.collect::<Vec<_>>())
}

fn parse(text: &str) -> Option<Manifest> {
    let lines = text.strip_prefix(HEAD)?.lines();
    let (mut tool, mut input, mut output) = (None, None, None);
    let mut requests = Vec::new();
    let mut change = Change::default();
    for line in lines {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "tool" => tool = Some(rest.to_owned()),
            "input" => {
                let (len, hash) = rest.split_once(' ')?;
                input = Some((len.parse().ok()?, Hash(unhex(hash)?.try_into().ok()?)));
            }
            "output" => output = Some(Hash(unhex(rest)?.try_into().ok()?)),
            "request" => requests.push(rest.to_owned()),
            "edit" => {
                let mut words = rest.splitn(4, ' ');
                let offset = number(words.next()?)?;
                let (old, new) = (unhex(words.next()?)?, unhex(words.next()?)?);
                change.edits.push(Edit { offset, old, new, reason: words.next()?.to_owned() });
            }
            "insert" => {
                let (offset, len) = rest.split_once(' ')?;
                change.inserted.push(FileRange { offset: number(offset)?, len: number(len)? });
            }
            "seal" => {
                let mut words = rest.splitn(3, ' ');
                let range = FileRange { offset: number(words.next()?)?, len: number(words.next()?)? };
                change.seals.push(Seal { range, old: Old::parse(words.next().unwrap_or_default())? });
            }
            _ => return None,
        }
    }
    Some(Manifest { tool: tool?, input: input?, output: output?, requests, change })
}

pub(crate) fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// The text without ends of lines.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// The bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('?', |&digit| digit.into());
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes that hexadecimal digits stand for.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| Some(char::from(byte).to_digit(16)? as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let edit = Edit { offset: 0x10, old: vec![1, 2], new: vec![0xfe, 255], reason: "entry of f".into() };
        let seals = vec![Seal { range: FileRange { offset: 0x80, len: 0x10 }, old: Old::default() }];
        let change = Change { edits: vec![edit], inserted: vec![FileRange { offset: 0x40, len: 0x20 }], seals };
        let hash = Hash::of(&[b"abc"]);
        Manifest { tool: "1".into(), input: (99, hash), output: hash, requests: vec!["redirect a=b".into()], change }
    }

    #[test]
    fn a_manifest_is_found_as_it_was_written() {
        for more in [0, 16] {
            let mut file = b"a program".to_vec();
            let len = manifest().room() + more;
            let bytes = manifest().bytes(len);
            assert_eq!(bytes.len() as u64, len);
            file.extend_from_slice(&bytes);
            file.extend_from_slice(b"a signature");
            for found in [Manifest::find(&file).unwrap(), Manifest::find_near_end(&file).unwrap()] {
                assert_eq!(found.manifest, manifest());
                assert_eq!(found.range, FileRange { offset: 9, len: bytes.len() as u64 });
            }
        }
    }

    #[test]
    fn near_the_end_is_as_far_as_a_signature_goes() {
        let behind = |len: usize| [vec![0; 1 << 22], manifest().bytes(0), vec![0; len]].concat();
        for len in [0, 1, 1 << 15, 1 << 16] {
            assert_eq!(Manifest::find_near_end(&behind(len)).map(|found| found.range.offset), Some(1 << 22), "{len}");
        }
        assert!(Manifest::find(&behind(1 << 20)).is_some());
        assert!(Manifest::find_near_end(&behind(1 << 20)).is_none());
    }

    #[test]
    fn the_hash_is_the_standard_one() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(&[b"a", b"bc"]).to_string(), abc);
    }

    #[test]
    fn a_damaged_manifest_is_none() {
        let whole = manifest().bytes(0);
        assert!(Manifest::find(&whole[1..]).is_none());
        assert!(Manifest::find(&whole[..whole.len() - 1]).is_none());
        assert!(Manifest::find(MARK.as_flattened()).is_none());
    }
}
