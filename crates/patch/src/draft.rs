//! Bytes to come: what an original file becomes, and how to go back.
//!
//! A [`Draft`] is made in the offsets of the original file. Applying it gives the new file and the [`Change`], which speaks in
//! the offsets of the new file and is all that is needed to undo it.

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

/// What an original file becomes.
#[derive(Clone, Default, Debug)]
pub struct Draft {
    /// By offset, none reaching into the next.
    edits: BTreeMap<u64, Edit>,
    insertions: Vec<Insertion>,
}

/// The way from a new file back to its original.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Change {
    /// What was replaced, sorted, in the offsets of the new file.
    pub edits: Vec<Edit>,
    /// What was added, sorted, in the offsets of the new file.
    pub inserted: Vec<FileRange>,
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
        let edit = Edit { offset, old, new: new.to_vec(), reason: reason.into() };
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

    /// Adds `bytes` before the byte at `before`, behind what was added there earlier.
    pub fn insert(&mut self, before: u64, bytes: Vec<u8>) {
        self.insertions.push(Insertion { before, bytes });
    }

    /// The length of the file it makes of `original`.
    pub fn len_of(&self, original: &[u8]) -> u64 {
        original.len() as u64 + self.insertions.iter().map(|insertion| insertion.bytes.len() as u64).sum::<u64>()
    }

    /// Where the byte at `offset` of the original comes to lie: behind everything that is added before it.
    pub fn moved(&self, offset: u64) -> u64 {
        let before = self.insertions.iter().filter(|insertion| insertion.before <= offset);
        offset + before.map(|insertion| insertion.bytes.len() as u64).sum::<u64>()
    }

    /// The new file and the way back.
    pub fn apply(mut self, original: &[u8]) -> (Vec<u8>, Change) {
        self.insertions.sort_by_key(|insertion| insertion.before);
        let mut new = Vec::with_capacity(self.len_of(original) as usize);
        let mut inserted = Vec::new();
        let mut done = 0;
        for insertion in &self.insertions {
            let before = usize::try_from(insertion.before).unwrap_or(usize::MAX).clamp(done, original.len());
            new.extend_from_slice(original.get(done..before).unwrap_or_default());
            done = before;
            inserted.push(FileRange { offset: new.len() as u64, len: insertion.bytes.len() as u64 });
            new.extend_from_slice(&insertion.bytes);
        }
        new.extend_from_slice(original.get(done..).unwrap_or_default());
        let moved: Vec<u64> = self.edits.keys().map(|&offset| self.moved(offset)).collect();
        let mut edits: Vec<Edit> = self.edits.into_values().collect();
        for (edit, offset) in edits.iter_mut().zip(moved) {
            edit.offset = offset;
            let end = offset as usize + edit.new.len();
            if let Some(place) = new.get_mut(offset as usize..end) {
                place.copy_from_slice(&edit.new);
            }
        }
        (new, Change { edits, inserted })
    }
}

/// Why a change cannot be undone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differs {
    /// Where the file is not what the change left.
    pub offset: u64,
}

impl Change {
    /// The original that the change made `new` of.
    pub fn undo(&self, new: &[u8]) -> Result<Vec<u8>, Differs> {
        let mut old = new.to_vec();
        for edit in &self.edits {
            let differs = Differs { offset: edit.offset };
            let start = usize::try_from(edit.offset).map_err(|_| differs.clone())?;
            let end = start.checked_add(edit.new.len()).ok_or(differs.clone())?;
            let place = old.get_mut(start..end).ok_or(differs.clone())?;
            if place != edit.new || edit.old.len() != edit.new.len() {
                return Err(differs);
            }
            place.copy_from_slice(&edit.old);
        }
        for range in self.inserted.iter().rev() {
            let differs = Differs { offset: range.offset };
            let start = usize::try_from(range.offset).map_err(|_| differs.clone())?;
            let end = usize::try_from(range.end()).map_err(|_| differs.clone())?;
            if start > end || end > old.len() {
                return Err(differs);
            }
            old.drain(start..end);
        }
        Ok(old)
    }

    /// Where `new` is not `original` with this change; `None` when it is.
    pub fn mismatch(&self, original: &[u8], new: &[u8]) -> Option<u64> {
        let mut at_original = 0;
        let mut at_new = 0;
        let ends = self.inserted.iter().map(|range| (range.offset as usize, range.len as usize));
        for (start, len) in ends.chain([(new.len(), 0)]) {
            let kept = start.checked_sub(at_new)?;
            let before = original.get(at_original..at_original + kept);
            let (Some(before), Some(after)) = (before, new.get(at_new..start)) else { return Some(at_new as u64) };
            if let Some(at) = self.first_difference(before, after, at_new) {
                return Some(at);
            }
            at_original += kept;
            at_new = start + len;
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
            if before.get(done..start) != after.get(done..start) {
                return Some((base + done) as u64);
            }
            if after.get(start..stop) != Some(&edit.new) || before.get(start..stop) != Some(&edit.old) {
                return Some(edit.offset);
            }
            done = stop;
        }
        (before.get(done..) != after.get(done..)).then_some((base + done) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn two_edits_of_one_byte_are_refused() {
        let mut draft = Draft::default();
        draft.replace(b"0123", 1, b"ab", "one").unwrap();
        draft.replace(b"0123", 1, b"ab", "the same").unwrap();
        assert!(draft.replace(b"0123", 2, b"xy", "two").is_err());
        assert!(draft.replace(b"0123", 3, b"xy", "beyond").is_err());
    }
}
