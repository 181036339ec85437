//! The names of a directory.
//!
//! A name is found by a number made of its bytes: comparing numbers costs a fraction of comparing names. Names with the same
//! number stand behind each other, which only somebody who wants it so will see.

use crate::files::Node;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map;
use alloc::sync::Arc;

/// What a name stands for.
pub(super) struct Entry {
    name: Box<[u8]>,
    pub(super) number: u64,
    pub(super) node: Arc<dyn Node>,
    /// What is mounted on it, the last first.
    pub(super) mounted: Option<Arc<dyn Node>>,
    /// Another name with the same number.
    next: Option<Box<Entry>>,
}

/// All names.
#[derive(Default)]
pub(super) struct Names {
    by_hash: BTreeMap<u64, Entry>,
    /// The names by the order they came in, for those who list them in pieces.
    by_number: BTreeMap<u64, Box<[u8]>>,
    next: u64,
}

/// A number that spreads names.
#[inline]
fn hash(name: &[u8]) -> u64 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = name.as_chunks::<8>();
    let step = |sum: u64, word: u64| (sum ^ word).wrapping_mul(SPREAD).rotate_left(29);
    let sum = words.iter().fold(name.len() as u64, |sum, word| step(sum, u64::from_le_bytes(*word)));
    step(sum, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<&Entry> {
        let mut entry = self.by_hash.get(&hash(name))?;
        while *entry.name != *name {
            entry = entry.next.as_deref()?;
        }
        Some(entry)
    }

    pub(super) fn get_mut(&mut self, name: &[u8]) -> Option<&mut Entry> {
        let mut entry = self.by_hash.get_mut(&hash(name))?;
        while *entry.name != *name {
            entry = entry.next.as_deref_mut()?;
        }
        Some(entry)
    }

    /// The names from a number on, with their numbers.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = (u64, &[u8])> {
        self.by_number.range(number..).map(|(number, name)| (*number, &**name))
    }

    /// Enters a name that is not there; its number is `first` at least.
    pub(super) fn put(&mut self, name: &[u8], node: Arc<dyn Node>, first: u64) {
        let number = self.next.max(first);
        self.next = number + 1;
        self.by_number.insert(number, name.into());
        let entry = Entry { name: name.into(), number, node, mounted: None, next: None };
        match self.by_hash.entry(hash(name)) {
            btree_map::Entry::Vacant(place) => drop(place.insert(entry)),
            btree_map::Entry::Occupied(mut place) => {
                let other = core::mem::replace(place.get_mut(), entry);
                place.get_mut().next = Some(Box::new(other));
            }
        }
    }

    /// Takes a name out.
    pub(super) fn take(&mut self, name: &[u8]) -> Option<Arc<dyn Node>> {
        let btree_map::Entry::Occupied(mut place) = self.by_hash.entry(hash(name)) else { return None };
        let entry = if *place.get().name == *name {
            match place.get_mut().next.take() {
                Some(next) => place.insert(*next),
                None => place.remove(),
            }
        } else {
            take_behind(place.get_mut(), name)?
        };
        self.by_number.remove(&entry.number);
        Some(entry.node)
    }
}

/// Takes a name out that stands somewhere behind another.
fn take_behind(mut at: &mut Entry, name: &[u8]) -> Option<Entry> {
    while at.next.as_deref().is_some_and(|next| *next.name != *name) {
        at = at.next.as_deref_mut()?;
    }
    let mut found = at.next.take()?;
    at.next = found.next.take();
    Some(*found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::node::New;
    use crate::files::tmpfs::{Tmpfs, plain::Plain};
    use crate::testing::{machine, physical};
    use alloc::format;
    use alloc::vec::Vec;

    fn file() -> Arc<dyn Node> {
        Plain::make_node(&Tmpfs::new(physical(machine(16))), &New::directory(0), 0)
    }

    #[test]
    fn names_come_go_and_keep_their_order() {
        let file = file();
        let mut names = Names::default();
        for nth in 0..500 {
            names.put(format!("name{nth}").as_bytes(), file.clone(), 2);
        }
        for nth in (0..500).step_by(3) {
            assert!(names.take(format!("name{nth}").as_bytes()).is_some());
            assert!(names.take(format!("name{nth}").as_bytes()).is_none());
        }
        let there: Vec<u64> = (0..500).filter(|nth| nth % 3 != 0).collect();
        assert_eq!(names.len(), there.len());
        assert_eq!(names.since(0).map(|(number, _)| number - 2).collect::<Vec<_>>(), there);
        for nth in there {
            let name = format!("name{nth}");
            assert_eq!(names.get(name.as_bytes()).map(|entry| entry.number), Some(nth + 2));
        }
    }

    #[test]
    fn names_with_one_number_are_told_apart() {
        let entry = |name: &[u8], number, next| Entry { name: name.into(), number, node: file(), mounted: None, next };
        let mut first = entry(b"a", 2, Some(Box::new(entry(b"b", 3, Some(Box::new(entry(b"c", 4, None)))))));
        assert_eq!(take_behind(&mut first, b"b").map(|entry| entry.number), Some(3));
        assert!(take_behind(&mut first, b"b").is_none());
        assert_eq!(take_behind(&mut first, b"c").map(|entry| entry.number), Some(4));
        assert!(first.next.is_none());
    }
}
