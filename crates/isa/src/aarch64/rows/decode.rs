//! From words to rows, and blocks from words.

use super::lift::Lift;
use super::{CLASSES, Row};
use alloc::vec::Vec;
use ashore_ir::{Block, Op, Trap};

/// Bits 31 to 21: what most classes are told apart by.
const FIRST: u32 = 11;
/// Bits 15 to 10: what vector instructions are told apart by.
const SECOND: u32 = 6;
/// How many rows are simply tried in turn.
const FEW: usize = 4;

/// Finds the row of a word. Made once; finding allocates nothing.
pub struct Decoder {
    /// For bits 31 to 21: where the node's candidates are, or with the top bit set where its second level begins.
    first: Vec<u32>,
    /// For bits 15 to 10 of nodes with many candidates.
    second: Vec<u32>,
    /// Lists of rows, each ended by nothing; the more specific first.
    candidates: Vec<Option<&'static Row>>,
}

/// What follows an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The instruction after it.
    Follows,
    /// The instruction after it, unless it left the block.
    MayLeave,
    /// Nothing: the block is ended.
    Ends,
}

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

impl Decoder {
    /// Builds the index.
    pub fn new() -> Decoder {
        let mut rows: Vec<&'static Row> = CLASSES.iter().flat_map(|(_, rows)| rows.iter()).collect();
        rows.sort_by_key(|row| core::cmp::Reverse(row.pattern.mask.count_ones()));
        let mut lists: Vec<Vec<&'static Row>> = Vec::new();
        lists.resize(1 << FIRST, Vec::new());
        for row in rows {
            each_key(row, 32 - FIRST, FIRST, |key| {
                if let Some(list) = lists.get_mut(key) {
                    list.push(row);
                }
            });
        }
        let mut decoder = Decoder { first: Vec::new(), second: Vec::new(), candidates: Vec::new() };
        // Neighbours mostly share their candidates.
        let mut before: Option<(&Vec<&'static Row>, u32)> = None;
        for list in &lists {
            let node = match before {
                Some((same, node))
                    if same.len() == list.len() && same.iter().zip(list).all(|(a, b)| core::ptr::eq(*a, *b)) =>
                {
                    node
                }
                _ => decoder.add_node(list),
            };
            before = Some((list, node));
            decoder.first.push(node);
        }
        decoder
    }

    fn add_list(&mut self, rows: impl Iterator<Item = &'static Row>) -> u32 {
        let at = self.candidates.len() as u32;
        self.candidates.extend(rows.map(Some));
        self.candidates.push(None);
        at
    }

    fn add_node(&mut self, rows: &[&'static Row]) -> u32 {
        if rows.len() <= FEW {
            return self.add_list(rows.iter().copied());
        }
        let node = NODE | self.second.len() as u32;
        for key in 0..1 << SECOND {
            let fits = |row: &&&'static Row| (row.pattern.value >> 10 ^ key) & (row.pattern.mask >> 10) & 63 == 0;
            let list = self.add_list(rows.iter().filter(fits).copied());
            self.second.push(list);
        }
        node
    }

    /// The row of a word.
    pub fn find(&self, word: u32) -> Option<&'static Row> {
        let node = *self.first.get((word >> (32 - FIRST)) as usize)?;
        let list = match node & NODE {
            0 => node,
            _ => *self.second.get(((node & !NODE) + (word >> 10 & 63)) as usize)?,
        };
        let candidates = self.candidates.get(list as usize..)?;
        candidates.iter().map_while(|row| *row).find(|row| row.pattern.matches(word))
    }

    /// Appends an instruction at `pc` to a block. What is not allocated ends it with a trap.
    pub fn lift(&self, block: &mut Block, pc: u64, word: u32) -> Next {
        block.push(Op::At(pc));
        let start = block.len();
        let mut lift = Lift::new(block, pc);
        let done = self.find(word).and_then(|row| (row.lift)(&mut lift, word));
        let next = lift.next;
        if done.is_none() {
            block.truncate(start);
            block.push(Op::Trap { kind: Trap::Illegal, number: 0, next: pc });
            return Next::Ends;
        }
        next
    }
}
