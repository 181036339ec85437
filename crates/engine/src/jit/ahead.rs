//! Memory that is made before it is written, many pages at once: one that is found missing costs the host several times what
//! making it does.

use core::ops::Range;

/// So many bytes at least.
const PIECE: usize = 64 << 10;
/// And for code such a part of what there is.
const SHARE: u32 = 16;

/// Makes the memory of the room for so many more elements of a list, if that is much.
pub(super) fn make<T>(list: &mut Vec<T>, count: usize) {
    if let Some(room) = list.spare_capacity_mut().get_mut(..count).filter(|room| size_of_val(*room) >= PIECE) {
        ashore_sys::populate(room);
    }
}

/// How much of something that grows has been made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead(usize);

impl Ahead {
    /// Makes a piece behind a list's end, if it has come to the end of the last one.
    pub(super) fn of<T>(&mut self, list: &mut Vec<T>) {
        if list.len() >= self.0 {
            list.reserve(1);
            let count = (PIECE / size_of::<T>() + 1).min(list.capacity() - list.len());
            make(list, count);
            self.0 = list.len() + count;
        }
    }

    /// What is to be made before places are written that were not before, of a range that begins at zero and has this length.
    pub(super) fn piece(&mut self, places: Range<u32>, most: u32) -> Option<Range<u32>> {
        let start = places.start.max(self.0 as u32);
        (places.end > start).then(|| {
            let end = (places.end + places.end / SHARE).next_multiple_of(PIECE as u32).min(most).max(places.end);
            self.0 = end as usize;
            start..end
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_each_other_from_where_writing_begins() {
        let mut ahead = Ahead::default();
        let (piece, most) = (PIECE as u32, 100 << 20);
        assert_eq!(ahead.piece(10..20, most), Some(10..piece));
        assert_eq!(ahead.piece(20..piece, most), None);
        assert_eq!(ahead.piece(piece - 1..piece + 1, most), Some(piece..2 * piece));
        assert_eq!(ahead.piece(most / 2..most / 2 + 1, most).map(|made| made.start), Some(most / 2));
        assert_eq!(ahead.piece(most - 1..most, most), Some(most - 1..most));
    }

    #[test]
    fn lists_keep_what_is_in_them() {
        let (mut list, mut ahead) = (Vec::new(), Ahead::default());
        for n in 0..200_000u64 {
            ahead.of(&mut list);
            list.push(n);
        }
        assert!((0..).zip(&list).all(|(n, word)| n == *word));
    }
}
