//! Where libraries lie: at the same places from run to run, so that what was translated of them can be used again.
//!
//! Nothing depends on it: a place that is taken is another one, and what lies there is not kept. The places differ from user to
//! user, by what whoever keeps translations gives as a seed.

use crate::mapping::{
    MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_NORESERVE, MAP_PRIVATE, MAP_STACK, PROT_EXEC, PROT_WRITE,
};
use crate::process::lock;
use ashore_base::{Addr, AddrRange};
use ashore_guest::MapRequest;
use std::sync::Mutex;

/// All of them are in a window of so many bytes, somewhere in a part of the address space that the host uses last.
const WINDOW_LOG2: u32 = 36;
const WINDOWS_LOG2: u32 = 8;
const START: u64 = 0x6000_0000_0000;
/// A place is a multiple of the largest page of any guest's CPU.
const PLACE_LOG2: u32 = 16;
/// What is longer is no library.
const LEN_MAX: u64 = 1 << 28;
/// A program that maps more than so many has had its libraries.
const COUNT_MAX: usize = 256;

/// The places, and what was put there.
pub(crate) struct Shelf {
    seed: u64,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    lens: Vec<u64>,
    ranges: Vec<AddrRange>,
}

impl Shelf {
    pub(crate) fn new(seed: u64) -> Shelf {
        Shelf { seed, taken: Mutex::default() }
    }

    /// The place for what has so many bytes: the same for the same one of its length.
    pub(crate) fn place(&self, len: u64) -> Option<Addr> {
        let mut taken = lock(&self.taken);
        if len == 0 || len > LEN_MAX || taken.lens.len() >= COUNT_MAX {
            return None;
        }
        let number = taken.lens.iter().filter(|other| **other == len).count() as u64;
        taken.lens.push(len);
        let window = mixed(self.seed) >> (64 - WINDOWS_LOG2) << WINDOW_LOG2;
        let place = mixed(self.seed ^ mixed(len ^ number << 48)) >> (64 - WINDOW_LOG2) >> PLACE_LOG2 << PLACE_LOG2;
        Some(Addr(START + window + place))
    }

    /// The place for what a program maps, if it may be a library.
    pub(crate) fn wanted(&self, request: &MapRequest) -> Option<Addr> {
        let MapRequest { at, len, prot, flags, fd, offset, .. } = *request;
        let is_free = at == Addr::NULL && flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) == 0 && flags & MAP_PRIVATE != 0;
        // What a library's parts are going to be mapped over, or its first part with room for all.
        let is_room = flags & MAP_ANONYMOUS != 0 && prot.0 == 0 && flags & (MAP_NORESERVE | MAP_STACK) == 0;
        let is_first = flags & MAP_ANONYMOUS == 0 && fd >= 0 && offset == 0 && prot.0 & PROT_WRITE == 0;
        if is_free && (is_room || is_first) { self.place(len) } else { None }
    }

    /// Something lies where it was to lie.
    pub(crate) fn took(&self, range: AddrRange) {
        lock(&self.taken).ranges.push(range);
    }

    /// Whether what is mapped now is code of a library, at its place.
    pub(crate) fn has(&self, range: AddrRange, request: &MapRequest) -> bool {
        let is_code = request.prot.0 & (PROT_EXEC | PROT_WRITE) == PROT_EXEC;
        let is_file = request.flags & (MAP_PRIVATE | MAP_ANONYMOUS) == MAP_PRIVATE;
        let holds = |taken: &AddrRange| taken.start <= range.start && range.end <= taken.end;
        is_code && is_file && lock(&self.taken).ranges.iter().any(holds)
    }
}

/// A number in which every bit of another has a say.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9), (27, 0x94d0_49bb_1331_11eb)] {
        mixed = (mixed ^ mixed >> shift).wrapping_mul(factor);
    }
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_at_the_same_place() {
        let places = |seed| {
            let shelf = Shelf::new(seed);
            [0x2_0000, 0x5000, 0x2_0000, 0x2_0000].map(|len| shelf.place(len).unwrap().0)
        };
        let [first, other, second, third] = places(5);
        assert_eq!(places(5), [first, other, second, third]);
        assert!(first != second && second != third && first != other);
        let end = START + (1 << (WINDOW_LOG2 + WINDOWS_LOG2));
        assert!(places(5).iter().all(|at| at % (1 << PLACE_LOG2) == 0 && (START..end).contains(at)));
        assert!(places(6).iter().zip(places(5)).all(|(one, other)| *one != other));
    }

    #[test]
    fn there_is_an_end() {
        let shelf = Shelf::new(0);
        assert_eq!((0..1000).filter_map(|_| shelf.place(4096)).count(), COUNT_MAX);
        assert_eq!(Shelf::new(0).place(LEN_MAX + 1), None);
    }
}
