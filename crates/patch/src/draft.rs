//! Bytes to come: what an original file becomes, and how to go back.
//!
//! A [`Draft`] is made in the offsets of the original file. Applying it gives the new file and the [`Change`], which speaks in
//! the offsets of the new file and is all that is needed to undo it.

use crate::manifest::one_line;
use crate::seal::{Old, Seal, ZEROS_MAX};
use ashore_base::Bytes;
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::PATCH_OVERLAP};
use std::collections::BTreeMap;

/// Bytes that are replaced by as many others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// Where, in the file the edit belongs to.
    pub offset: u64,
    /// What is there before.
    pub old: Vec<u8>,
    /// What is there after.
    pub new: Vec<u8>,
    /// Why, for the manifest and for people.
    pub reason: String,
}

impl Edit {
    fn range(&self) -> FileRange {
        FileRange { offset: self.offset, len: self.old.len() as u64 }
    }
}

/// Bytes that are added.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Insertion {
    /// Before which byte of the original they come.
    before: u64,
    bytes: Vec<u8>,
}

/// Bytes of the original that become others, of another number, once everything else is written.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Sealing {
    range: FileRange,
    old: Old,
    len: u64,
}

/// What an original file becomes.
#[derive(Clone, Default, Debug)]
pub struct Draft {
    /// By offset, none reaching into the next.
    edits: BTreeMap<u64, Edit>,
    insertions: Vec<Insertion>,
    /// Where the manifest goes, and its length.
    reserved: Option<(u64, u64)>,
    sealings: Vec<Sealing>,
}

/// A stretch of the new file that is not the original's.
#[derive(Clone, Copy)]
struct Splice<'d> {
    /// Before which byte of the original it comes.
    before: u64,
    /// How many bytes of the original it takes the place of.
    taken: u64,
    /// How many bytes it has.
    len: u64,
    what: What<'d>,
}

#[derive(Clone, Copy)]
enum What<'d> {
    Inserted(&'d [u8]),
    Manifest,
    Sealed(&'d Old),
}

/// The way from a new file back to its original.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Change {
    /// What was replaced, sorted, in the offsets of the new file.
    pub edits: Vec<Edit>,
    /// What was added, sorted, in the offsets of the new file.
    pub inserted: Vec<FileRange>,
    /// What depends on all other bytes, sorted, in the offsets of the new file.
    pub seals: Vec<Seal>,
}

impl Draft {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.insertions.is_empty()
    }

    /// The replacements so far, in the offsets of the original.
    pub fn edits(&self) -> impl Iterator<Item = &Edit> {
        self.edits.values()
    }

    /// Replaces the bytes of `original` at `offset` by `new`. Bytes that are there already are left out.
    pub fn replace(
        &mut self,
        original: &[u8],
        offset: u64,
        new: &[u8],
        reason: impl Into<String>,
    ) -> Result<(), Report> {
        let outside = || PATCH_OVERLAP.at(Place::offset(offset), "the bytes to change are beyond the end of the file");
        let old = Bytes(original).slice(offset, new.len() as u64).ok_or_else(outside)?.to_vec();
        if old == new {
            return Ok(());
        }
        // Names in a damaged file may have ends of lines in them; the manifest may not.
        let edit = Edit { offset, old, new: new.to_vec(), reason: one_line(&reason.into()) };
        let last_before_end = self.edits.range(..edit.range().end()).next_back();
        if let Some((_, other)) = last_before_end.filter(|(_, other)| other.range().end() > offset) {
            if (other.offset, &other.new) == (edit.offset, &edit.new) {
                return Ok(());
            }
            let reason = format!("\"{}\" and \"{}\" both change it", other.reason, edit.reason);
            return Err(PATCH_OVERLAP.at(Place::offset(offset.max(other.offset)), reason));
        }
        self.edits.insert(offset, edit);
        Ok(())
    }

    /// Takes the replacements that begin in `range` out again.
    pub fn take(&mut self, range: FileRange) -> Vec<Edit> {
        let offsets: Vec<u64> = self.edits.range(range.offset..range.end()).map(|(&offset, _)| offset).collect();
        offsets.iter().filter_map(|offset| self.edits.remove(offset)).collect()
    }

    /// Adds `bytes` before the byte at `before`, behind what was added there earlier.
    pub fn insert(&mut self, before: u64, bytes: Vec<u8>) {
        self.insertions.push(Insertion { before, bytes });
    }

    /// Keeps `len` bytes free before the byte at `before`, behind everything else that is added there.
    pub fn reserve(&mut self, before: u64, len: u64) {
        self.reserved = Some((before, len));
    }

    /// Makes `range` of the original, which is `old`, `len` bytes that are written last.
    pub fn seal(&mut self, range: FileRange, old: Old, len: u64) {
        self.sealings.push(Sealing { range, old, len });
    }

    /// Takes over what another draft of the same file changes.
    pub fn absorb(&mut self, other: Draft) -> Result<(), Report> {
        for (offset, edit) in other.edits {
            if let Some(first) = self.edits.insert(offset, edit) {
                return Err(PATCH_OVERLAP.at(Place::offset(offset), format!("\"{}\" changes it too", first.reason)));
            }
        }
        self.insertions.extend(other.insertions);
        Ok(())
    }

    /// Everything that is not the original's, in the order of the file.
    fn splices(&self) -> Vec<Splice<'_>> {
        let inserted = self.insertions.iter().map(|Insertion { before, bytes }| Splice {
            before: *before,
            taken: 0,
            len: bytes.len() as u64,
            what: What::Inserted(bytes),
        });
        let reserved = self.reserved.map(|(before, len)| Splice { before, taken: 0, len, what: What::Manifest });
        let sealed = self.sealings.iter().map(|Sealing { range, old, len }| Splice {
            before: range.offset,
            taken: range.len,
            len: *len,
            what: What::Sealed(old),
        });
        let mut splices: Vec<Splice<'_>> = inserted.chain(reserved).chain(sealed).collect();
        splices.sort_by_key(|splice| splice.before);
        splices
    }

    /// Where the byte at `offset` of the original comes to lie: behind everything that is added before it.
    pub fn moved(&self, offset: u64) -> u64 {
        moved(&self.splices(), offset)
    }

    /// Where the manifest goes in the new file.
    pub fn reserved(&self) -> FileRange {
        let mut shift = 0u64;
        for splice in self.splices() {
            if let What::Manifest = splice.what {
                return FileRange { offset: splice.before.wrapping_add(shift), len: splice.len };
            }
            shift = shift.wrapping_add(splice.len).wrapping_sub(splice.taken);
        }
        FileRange::default()
    }

    /// The way back, the manifest left out.
    pub fn change(&self) -> Change {
        let splices = self.splices();
        let mut change = Change::default();
        let mut shift = 0u64;
        for splice in &splices {
            let range = FileRange { offset: splice.before.wrapping_add(shift), len: splice.len };
            match splice.what {
                What::Inserted(_) => change.inserted.push(range),
                What::Manifest => {}
                What::Sealed(old) => change.seals.push(Seal { range, old: old.clone() }),
            }
            shift = shift.wrapping_add(splice.len).wrapping_sub(splice.taken);
        }
        let edits = self.edits.values().map(|edit| Edit { offset: moved(&splices, edit.offset), ..edit.clone() });
        change.edits = edits.collect();
        change
    }

    /// The new file, with zeroes for the manifest and for what is sealed, and the way back.
    pub fn apply(self, original: &[u8]) -> (Vec<u8>, Change) {
        let splices = self.splices();
        let change = self.change();
        let more: u64 = splices.iter().map(|splice| splice.len).sum();
        let mut new = Vec::with_capacity(original.len() + more as usize);
        let mut done = 0;
        for splice in &splices {
            let before = usize::try_from(splice.before).unwrap_or(usize::MAX).clamp(done, original.len());
            new.extend_from_slice(original.get(done..before).unwrap_or_default());
            done = before + splice.taken as usize;
            match splice.what {
                What::Inserted(bytes) => new.extend_from_slice(bytes),
                What::Manifest | What::Sealed(_) => new.resize(new.len() + splice.len as usize, 0),
            }
        }
        new.extend_from_slice(original.get(done..).unwrap_or_default());
        for edit in &change.edits {
            let start = edit.offset as usize;
            if let Some(place) = new.get_mut(start..start + edit.new.len()) {
                place.copy_from_slice(&edit.new);
            }
        }
        (new, change)
    }
}

fn moved(splices: &[Splice<'_>], offset: u64) -> u64 {
    let is_before = |splice: &&Splice<'_>| splice.before < offset || splice.before == offset && splice.taken == 0;
    splices.iter().filter(is_before).fold(offset, |at, splice| at.wrapping_add(splice.len).wrapping_sub(splice.taken))
}

/// Why a change cannot be undone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differs {
    /// Where the file is not what the change left.
    pub offset: u64,
}

/// A stretch of the new file and what of the original was in its place.
struct Gap<'c> {
    range: FileRange,
    old: Option<&'c Old>,
}

impl Change {
    /// What is not the original's, in the order of the file.
    fn gaps(&self) -> Vec<Gap<'_>> {
        let inserted = self.inserted.iter().map(|&range| Gap { range, old: None });
        let sealed = self.seals.iter().map(|seal| Gap { range: seal.range, old: Some(&seal.old) });
        let mut gaps: Vec<Gap<'_>> = inserted.chain(sealed).collect();
        gaps.sort_by_key(|gap| gap.range.offset);
        gaps
    }

    /// The original that the change made `new` of.
    pub fn undo(&self, new: &[u8]) -> Result<Vec<u8>, Differs> {
        let mut new = new.to_vec();
        for edit in &self.edits {
            let differs = Differs { offset: edit.offset };
            let start = usize::try_from(edit.offset).map_err(|_| differs.clone())?;
            let end = start.checked_add(edit.new.len()).ok_or(differs.clone())?;
            let place = new.get_mut(start..end).ok_or(differs.clone())?;
            if place != edit.new || edit.old.len() != edit.new.len() {
                return Err(differs);
            }
            place.copy_from_slice(&edit.old);
        }
        let mut original = Vec::with_capacity(new.len());
        let mut unsealed = Vec::new();
        let mut done = 0;
        for gap in self.gaps() {
            let differs = Differs { offset: gap.range.offset };
            let start = usize::try_from(gap.range.offset).map_err(|_| differs.clone())?;
            let end = usize::try_from(gap.range.end()).map_err(|_| differs.clone())?;
            original.extend_from_slice(new.get(done..start).ok_or(differs.clone())?);
            if let Some(old) = gap.old {
                let most = new.len() as u64 + ZEROS_MAX;
                let fits = |len: &u64| len.saturating_add(original.len() as u64) <= most;
                let len = old.len().filter(fits).ok_or(differs.clone())?;
                unsealed.push((original.len(), old));
                original.resize(original.len() + len as usize, 0);
            }
            done = Some(end).filter(|&end| start <= end && end <= new.len()).ok_or(differs)?;
        }
        original.extend_from_slice(new.get(done..).unwrap_or_default());
        for (start, old) in unsealed {
            let bytes = old.bytes(&original).ok_or(Differs { offset: start as u64 })?;
            if let Some(place) = original.get_mut(start..start + bytes.len()) {
                place.copy_from_slice(&bytes);
            }
        }
        Ok(original)
    }

    /// Where `new` is not `original` with this change; `None` when it is. What is sealed is for the format to look at.
    pub fn mismatch(&self, original: &[u8], new: &[u8]) -> Option<u64> {
        let mut at_original = 0;
        let mut at_new = 0;
        let end = Gap { range: FileRange { offset: new.len() as u64, len: 0 }, old: None };
        for gap in self.gaps().iter().chain([&end]) {
            let start = gap.range.offset as usize;
            let Some(kept) = start.checked_sub(at_new) else { return Some(at_new as u64) };
            let before = original.get(at_original..at_original + kept);
            let (Some(before), Some(after)) = (before, new.get(at_new..start)) else { return Some(at_new as u64) };
            if let Some(at) = self.first_difference(before, after, at_new) {
                return Some(at);
            }
            at_original += kept;
            if let Some(old) = gap.old {
                let Some(bytes) = old.bytes(original) else { return Some(gap.range.offset) };
                if original.get(at_original..at_original + bytes.len()) != Some(&bytes) {
                    return Some(gap.range.offset);
                }
                at_original += bytes.len();
            }
            at_new = gap.range.end() as usize;
        }
        (at_original != original.len()).then_some(new.len() as u64)
    }

    /// The first byte of `after`, which lies at `base` in the new file, that is neither that of `before` nor an edit's.
    fn first_difference(&self, before: &[u8], after: &[u8], base: usize) -> Option<u64> {
        let end = base + after.len();
        let mut done = 0;
        let inside = self.edits.iter().filter(|edit| (base as u64..end as u64).contains(&edit.offset));
        for edit in inside {
            let start = edit.offset as usize - base;
            let stop = start + edit.new.len();
            if !is_same(before.get(done..start), after.get(done..start)) {
                return Some((base + done) as u64);
            }
            if after.get(start..stop) != Some(&edit.new) || before.get(start..stop) != Some(&edit.old) {
                return Some(edit.offset);
            }
            done = stop;
        }
        (!is_same(before.get(done..), after.get(done..))).then_some((base + done) as u64)
    }
}

/// Whether two stretches are the same. All of a patched file is compared and most of it is as it was, so this is the
/// compiler's vectors over words, several times as fast as a C library's comparison byte by byte.
pub(crate) fn is_same(a: Option<&[u8]>, b: Option<&[u8]>) -> bool {
    const BLOCK: usize = 512;
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let ((words_a, rest_a), (words_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let differ = |(a, b): (&[[u8; 8]], &[[u8; 8]])| {
        a.iter().zip(b).fold(0, |differ, (a, b)| differ | (u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b))) != 0
    };
    a.len() == b.len() && rest_a == rest_b && !words_a.chunks(BLOCK).zip(words_b.chunks(BLOCK)).any(differ)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Piece;

    fn change() -> (Vec<u8>, Vec<u8>, Change) {
        let original = b"0123456789".to_vec();
        let mut draft = Draft::default();
        draft.replace(&original, 8, b"xy", "end").unwrap();
        draft.replace(&original, 1, b"ab", "start").unwrap();
        draft.insert(4, b"<new>".to_vec());
        draft.insert(10, b"<tail>".to_vec());
        let (new, change) = draft.apply(&original);
        (original, new, change)
    }

    #[test]
    fn a_change_is_applied_and_undone() {
        let (original, new, change) = change();
        assert_eq!(new, b"0ab3<new>4567xy<tail>");
        assert_eq!(change.undo(&new).unwrap(), original);
        assert_eq!(change.mismatch(&original, &new), None);
    }

    #[test]
    fn every_byte_that_is_not_in_the_plan_is_found() {
        let (original, new, change) = change();
        for at in 0..new.len() {
            let mut damaged = new.clone();
            damaged[at] ^= 1;
            let is_added = change.inserted.iter().any(|range| range.contains(at as u64));
            assert_eq!(change.mismatch(&original, &damaged).is_some(), !is_added, "{at}");
        }
    }

    #[test]
    fn what_is_sealed_is_restored_and_looked_at_by_nobody_else() {
        let original = [vec![7; 5000], b"<sign>".to_vec(), b"0000after".to_vec()].concat();
        let mut draft = Draft::default();
        draft.replace(&original, 5012, b"AFT", "behind").unwrap();
        draft.insert(5000, b"inserted".to_vec());
        draft.reserve(5000, 3);
        let old = Old(vec![Piece::Bytes(b"<sign>".to_vec()), Piece::Zeros(0), Piece::Bytes(b"0000".to_vec())]);
        draft.seal(FileRange { offset: 5000, len: 10 }, old, 20);
        assert_eq!(draft.reserved(), FileRange { offset: 5008, len: 3 });
        assert_eq!((draft.moved(4999), draft.moved(5000), draft.moved(5010)), (4999, 5011, 5031));
        let (mut new, mut change) = draft.apply(&original);
        assert_eq!(&new[5031..], b"afAFT");
        change.inserted.push(FileRange { offset: 5008, len: 3 });
        new[5011..5031].fill(9);
        assert_eq!(change.undo(&new).unwrap(), original);
        assert_eq!(change.mismatch(&original, &new), None);
        new[5031] = 0;
        assert_eq!(change.mismatch(&original, &new), Some(5031));
    }

    #[test]
    fn two_edits_of_one_byte_are_refused() {
        let mut draft = Draft::default();
        draft.replace(b"0123", 1, b"ab", "one").unwrap();
        draft.replace(b"0123", 1, b"ab", "the same").unwrap();
        assert!(draft.replace(b"0123", 2, b"xy", "two").is_err());
        assert!(draft.replace(b"0123", 3, b"xy", "beyond").is_err());
    }
}
