//! What depends on all other bytes of a file and is therefore written last: signatures.
//!
//! The old bytes travel in the manifest. A signature is nearly all hashes of pages, which follow from the original: these are
//! not kept but made again.

use crate::manifest::{Hash, hex, number, unhex};
use ashore_base::Bytes;
use ashore_image::FileRange;

/// The pages whose hashes a signature lists.
pub const PAGE: u64 = 4096;
/// Longer runs of zeroes are no filler.
pub const ZEROS_MAX: u64 = 1 << 24;

/// A sealed stretch of a new file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    /// Where it is in the new file.
    pub range: FileRange,
    /// What was there in the original.
    pub old: Old,
}

/// Bytes of an original, in few words.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Old(pub Vec<Piece>);

/// A run of bytes of an original.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// So many zeroes.
    Zeros(u64),
    /// The hashes of the pages of this stretch of the original, one behind the other.
    Pages(FileRange),
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Zeros(len) => *len,
            Piece::Pages(range) => range.len.div_ceil(PAGE).saturating_mul(32),
        }
    }
}

impl Old {
    /// These pieces, empty ones left out: they could not be told apart from none.
    pub fn new(pieces: Vec<Piece>) -> Old {
        Old(pieces.into_iter().filter(|piece| piece.len() > 0).collect())
    }

    /// How many bytes they are.
    pub fn len(&self) -> Option<u64> {
        self.0.iter().try_fold(0u64, |sum, piece| sum.checked_add(piece.len()))
    }

    /// The bytes, given the rest of the original.
    pub fn bytes(&self, original: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Bytes(some) => bytes.extend_from_slice(some),
                Piece::Zeros(len) => bytes.resize(bytes.len() + *len as usize, 0),
                Piece::Pages(range) => {
                    bytes.extend_from_slice(&hashes(Bytes(original).slice(range.offset, range.len)?))
                }
            }
        }
        Some(bytes)
    }

    /// The line of the manifest.
    pub(crate) fn text(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => hex(bytes),
            Piece::Zeros(len) => format!("zero:{len:#x}"),
            Piece::Pages(range) => format!("pages:{:#x}:{:#x}", range.offset, range.len),
        };
        self.0.iter().map(piece).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn parse(text: &str) -> Option<Old> {
        let piece = |word: &str| {
            if let Some(len) = word.strip_prefix("zero:") {
                return Some(Piece::Zeros(number(len).filter(|&len| len <= ZEROS_MAX)?));
            }
            if let Some(range) = word.strip_prefix("pages:") {
                let (offset, len) = range.split_once(':')?;
                return Some(Piece::Pages(FileRange { offset: number(offset)?, len: number(len)? }));
            }
            Some(Piece::Bytes(unhex(word)?))
        };
        text.split(' ').filter(|word| !word.is_empty()).map(piece).collect::<Option<_>>().map(Old)
    }
}

/// The hashes of the pages of `bytes`, the last of which may be shorter.
pub fn hashes(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(PAGE as usize).flat_map(|page| Hash::of(&[page]).0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_bytes_come_back_from_their_line() {
        let original = vec![3; 9000];
        let pages = FileRange { offset: 0, len: 9000 };
        let old = Old(vec![Piece::Bytes(vec![1, 2]), Piece::Pages(pages), Piece::Zeros(5)]);
        assert_eq!(Old::parse(&old.text()), Some(old.clone()));
        let bytes = old.bytes(&original).unwrap();
        assert_eq!(bytes.len() as u64, old.len().unwrap());
        assert_eq!(bytes.len(), 2 + 3 * 32 + 5);
        assert_eq!(&bytes[2..34], &Hash::of(&[&original[..4096]]).0);
        assert_eq!(Old::parse("pages:0x0"), None);
    }
}
