//! From words to rows, and blocks from words.

use super::lift::Lift;
use super::{CLASSES, Features, Row};
use crate::aarch64::rows::system::COUNTER_HZ;
use crate::aarch64::state::{self, Rules};
use crate::lift::{Habit, Hidden, Lifted, Lifter, Next, illegal};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_ir::{Block, Model, Op, Slot};

/// Bits 31 to 21: what most classes are told apart by.
const FIRST: u32 = 11;
/// Bits 15 to 10: what vector instructions are told apart by.
const SECOND: u32 = 6;
/// How many rows are simply tried in turn.
const FEW: usize = 4;

/// Finds the row of a word. Made once; finding allocates nothing.
pub struct Decoder {
    /// The rows, the more specific first.
    rows: Vec<&'static Row>,
    /// For bits 31 to 21: where the candidates' list begins, or with the top bit set where a second level does.
    first: Vec<u32>,
    /// For bits 15 to 10 of those with many candidates: where their list begins.
    second: Vec<u32>,
    /// Lists of candidates, each ended by one that every word agrees with and that is no row.
    lists: Vec<Candidate>,
    /// The rows of the same lists.
    numbers: Vec<u16>,
    /// The features that are not hidden.
    pub(super) features: Features,
}

/// What lifting needs of a row, beside that of others that are tried with it.
#[derive(Clone, Copy)]
struct Candidate {
    mask: u32,
    value: u32,
    /// Its own, unless its feature is hidden.
    lift: fn(&mut Lift<'_>, u32) -> Option<()>,
}

impl Candidate {
    fn of(row: Option<&Row>, features: Features) -> Candidate {
        let lift = row.filter(|row| row.feature.is_none_or(|feature| features.has(feature))).map(|row| row.lift);
        let (mask, value) = row.map_or((0, 0), |row| (row.pattern.mask, row.pattern.value));
        Candidate { mask, value, lift: lift.unwrap_or(|_, _| None) }
    }
}

/// What ends a list.
const END: u16 = u16::MAX;

const NODE: u32 = 1 << 31;

/// Gives each value that agrees with a row's fixed bits in `count` bits from `low` up.
fn each_key(row: &Row, low: u32, count: u32, mut of: impl FnMut(usize)) {
    let all = (1 << count) - 1;
    let free = !(row.pattern.mask >> low) & all;
    let fixed = row.pattern.value >> low & all;
    // The subsets of the free bits, counted down.
    let mut subset = free;
    loop {
        of((fixed | subset) as usize);
        if subset == 0 {
            return;
        }
        subset = (subset - 1) & free;
    }
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::new()
    }
}

/// Sorts rows (by their places) into lists by the values that `keys` gives for each: where each list begins, and the lists.
fn sort(count: usize, rows: &[u16], keys: impl Fn(u16, &mut dyn FnMut(usize))) -> (Vec<u32>, Vec<u16>) {
    let mut ends = alloc::vec![0u32; count];
    for &row in rows {
        keys(row, &mut |key| {
            if let Some(length) = ends.get_mut(key) {
                *length += 1;
            }
        });
    }
    let mut total = 0;
    let mut starts = Vec::with_capacity(count);
    for end in &mut ends {
        starts.push(total);
        total += *end + 1;
        *end = total - *end - 1;
    }
    let mut lists = alloc::vec![END; total as usize];
    for &row in rows {
        keys(row, &mut |key| {
            if let Some(end) = ends.get_mut(key)
                && let Some(place) = lists.get_mut(*end as usize)
            {
                *place = row;
                *end += 1;
            }
        });
    }
    (starts, lists)
}

impl Decoder {
    /// Builds the index.
    pub fn new() -> Decoder {
        Decoder::without(Hidden::default())
    }

    /// The same for a CPU that lacks features: their instructions are not allocated.
    pub fn without(hidden: Hidden) -> Decoder {
        let features = Features::without(hidden);
        let all = CLASSES.iter().flat_map(|(_, rows)| rows.iter());
        let mut rows: Vec<&'static Row> = all.collect();
        rows.sort_by_key(|row| core::cmp::Reverse(row.pattern.mask.count_ones()));
        let all: Vec<u16> = (0..rows.len() as u16).collect();
        let key = |low, count| {
            let rows = &rows;
            move |row: u16, of: &mut dyn FnMut(usize)| {
                if let Some(row) = rows.get(usize::from(row)) {
                    each_key(row, low, count, of);
                }
            }
        };
        let (mut first, mut lists) = sort(1 << FIRST, &all, key(32 - FIRST, FIRST));
        let mut second = Vec::new();
        // Neighbours mostly share their candidates.
        let mut before: (&[u16], u32) = (&[], 0);
        let small = lists.clone();
        for start in &mut first {
            let rest = small.get(*start as usize..).unwrap_or_default();
            let list = rest.split(|&row| row == END).next().unwrap_or_default();
            if list.len() <= FEW {
                continue;
            }
            if before.0 != list {
                let (starts, more) = sort(1 << SECOND, list, key(10, SECOND));
                before = (list, NODE | second.len() as u32);
                second.extend(starts.iter().map(|start| start + lists.len() as u32));
                lists.extend(more);
            }
            *start = before.1;
        }
        let candidate = |row: &u16| Candidate::of(rows.get(usize::from(*row)).copied(), features);
        let (lists, numbers) = (lists.iter().map(candidate).collect(), lists);
        Decoder { rows, first, second, lists, numbers, features }
    }

    /// Where the list of a word's candidates begins.
    #[inline]
    fn list(&self, word: u32) -> Option<usize> {
        let node = *self.first.get((word >> (32 - FIRST)) as usize)?;
        let list = match node & NODE {
            0 => node,
            _ => *self.second.get(((node & !NODE) + (word >> 10 & 63)) as usize)?,
        };
        Some(list as usize)
    }

    /// The row of a word.
    #[inline]
    pub fn find(&self, word: u32) -> Option<&'static Row> {
        let list = self.list(word)?;
        let place = self.lists.get(list..)?.iter().position(|candidate| word & candidate.mask == candidate.value)?;
        self.rows.get(usize::from(*self.numbers.get(list + place)?)).copied()
    }

    /// Appends an instruction at `pc` to a block. What is not allocated ends it with a trap.
    #[inline(always)]
    pub fn lift(&self, block: &mut Block, pc: u64, word: u32) -> Next {
        block.push(Op::At(pc));
        let candidates = self.list(word).and_then(|list| self.lists.get(list..)).unwrap_or_default();
        let found = candidates.iter().find(|candidate| word & candidate.mask == candidate.value);
        let start = block.len();
        let mut lift = Lift::new(block, pc, self.features);
        match found.and_then(|found| (found.lift)(&mut lift, word)) {
            Some(()) => lift.next,
            None => refused(block, start, pc),
        }
    }
}

/// Ends a block with a trap in the place of what was appended from an op on.
#[cold]
fn refused(block: &mut Block, start: usize, pc: u64) -> Next {
    block.truncate(start);
    illegal(block, pc);
    Next::Ends
}

impl Lifter for Decoder {
    fn model(&self) -> &'static dyn Model {
        &Rules
    }

    fn capabilities(&self) -> [u64; 2] {
        self.features.capabilities()
    }

    fn description(&self) -> Vec<(&'static str, String)> {
        let names: Vec<&str> = self.features.names().collect();
        // Nobody's CPU: implementer, variant, part and revision are those of the main identification register.
        let zero = String::from("0x0");
        Vec::from([
            ("BogoMIPS", format!("{}.00", COUNTER_HZ * 2 / 1_000_000)),
            ("Features", names.join(" ")),
            ("CPU implementer", String::from("0x00")),
            ("CPU architecture", String::from("8")),
            ("CPU variant", zero),
            ("CPU part", String::from("0x000")),
            ("CPU revision", String::from("0")),
        ])
    }

    fn counter_hz(&self) -> u64 {
        COUNTER_HZ
    }

    fn favourites(&self, habit: Habit) -> &'static [Slot] {
        crate::aarch64::habit::favourites_of(habit)
    }

    fn flags(&self) -> Slot {
        state::FLAGS
    }

    fn align_log2(&self) -> u8 {
        2
    }

    fn place(&self, addr: u64) -> u64 {
        crate::aarch64::kept::place(addr)
    }

    fn quiet(&self, code: &[u8]) -> Option<u8> {
        crate::aarch64::quiet::is_quiet(u32::from_le_bytes(*code.first_chunk()?)).then_some(4)
    }

    #[inline(always)]
    fn lift(&self, block: &mut Block, pc: Addr, code: &[u8]) -> Option<Lifted> {
        let word = u32::from_le_bytes(*code.first_chunk()?);
        Some(Lifted { length: 4, next: Decoder::lift(self, block, pc.0, word) })
    }
}
