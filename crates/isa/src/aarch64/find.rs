//! Which places in code name an address.
//!
//! The code is tested in blocks of words with arithmetic only, written so that the compiler makes vector instructions of it; the
//! few blocks in which a word could name a target are decoded word by word.

use super::pairs;
use super::words::{PAGE, SIZE, Shape, instructions, named};
use crate::code::{Search, Window};
use crate::{Code, CodeRef, FunctionAt, RefKind};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};

/// The words tested at once. A page holds a multiple of them.
const BLOCK: usize = 64;

/// Every place in `code` that names an address in `targets`.
pub(super) fn find(code: Code<'_>, targets: AddrRange, function_at: FunctionAt<'_>) -> Vec<CodeRef> {
    let search = Search { code, targets, function_at };
    if targets.is_empty() {
        Vec::new()
    } else if targets.end.0 <= 1 << 32 {
        // The upper halves are zero, and no constant begins with one that is.
        run::<2>(&search)
    } else {
        run::<4>(&search)
    }
}

fn run<const HALVES: usize>(search: &Search<'_>) -> Vec<CodeRef> {
    let mut found = Vec::new();
    let Code { bytes, start } = search.code;
    let filter = Filter::<HALVES>::new(search.targets);
    let block_size = BLOCK as u64 * SIZE;
    // Blocks begin at multiples of their size, so that each is in one page.
    let aligned = start.align_up(SIZE);
    let first_block = start.align_up(block_size).0.wrapping_sub(start.0);
    let head = bytes.get(aligned.0.wrapping_sub(start.0) as usize..).unwrap_or_default();
    let (head, blocks) = match bytes.get(first_block as usize..) {
        Some(blocks) => (head.get(..head.len() - blocks.len()).unwrap_or_default(), blocks),
        None => (head, [].as_slice()),
    };
    decode(search, head, aligned, &mut found);
    let mut at = start.plus(first_block);
    let mut chunks = blocks.chunks_exact(BLOCK * SIZE as usize);
    for chunk in &mut chunks {
        let mut words = [0u32; BLOCK];
        for (word, bytes) in words.iter_mut().zip(chunk.chunks_exact(SIZE as usize)) {
            *word = bytes.try_into().map_or(0, u32::from_le_bytes);
        }
        if filter.may_name(&words, at) {
            decode(search, chunk, at, &mut found);
        }
        at = at.plus(block_size);
    }
    decode(search, chunks.remainder(), at, &mut found);
    found
}

/// Decodes each word of `bytes`, which run at `start`.
fn decode(search: &Search<'_>, bytes: &[u8], start: Addr, found: &mut Vec<CodeRef>) {
    for (at, word) in instructions(Code { bytes, start }) {
        instruction(search, word, at, found);
    }
}

fn instruction(search: &Search<'_>, word: u32, at: Addr, found: &mut Vec<CodeRef>) {
    let kind = match Shape::of(word) {
        Some(Shape::Call) => RefKind::Call,
        Some(Shape::Jump) => RefKind::Jump,
        Some(Shape::Condition | Shape::Compare | Shape::Test) => RefKind::Branch,
        Some(Shape::Adr) => RefKind::Address,
        Some(Shape::Adrp) => return pairs::pages(search, word, at, found),
        Some(Shape::Literal) => return,
        None => return pairs::constant(search, word, at, found),
    };
    if let Some(target) = named(word, at).filter(|&target| search.targets.contains(target)) {
        found.push(CodeRef { at, second: None, kind, target });
    }
}

/// The arithmetic a block is tested with. It may say yes for a block that names no target; never no for one that does.
struct Filter<const HALVES: usize> {
    /// The number of the word that holds the first target, and how many words hold targets.
    words: (u64, u64),
    /// The number of the page of the first target, and how many pages hold targets.
    pages: (u64, u64),
    /// Per half of an address, the `movz` fields (shift and bits) that targets have there.
    halves: [Window; HALVES],
}

/// How far `to` is from `from`, both numbers of things of which the address space holds 2 to the power of `bits`.
fn apart(from: u64, to: u64, bits: u32) -> i64 {
    (to.wrapping_sub(from) << (64 - bits)) as i64 >> (64 - bits)
}

impl<const HALVES: usize> Filter<HALVES> {
    fn new(targets: AddrRange) -> Self {
        let (first, last) = (targets.start.0, targets.end.0.wrapping_sub(1));
        let numbers = |size: u64| (first / size, last / size - first / size + 1);
        let mut halves = [Window { least: 0, count: 1 << 16 }; HALVES];
        for (half, shift) in halves.iter_mut().zip([0u32, 16, 32, 48]) {
            let above = |address: u64| address.checked_shr(shift + 16).unwrap_or(0);
            if above(first) == above(last) {
                *half = Window {
                    least: (first >> shift & 0xffff) as u32,
                    count: ((last >> shift) - (first >> shift)) as u32 + 1,
                };
            }
            half.least |= shift << 12;
        }
        Filter { words: numbers(SIZE), pages: numbers(PAGE), halves }
    }

    /// Whether one of the words, which run at `at` and are in one page, may name a target.
    #[inline]
    fn may_name(&self, words: &[u32; BLOCK], at: Addr) -> bool {
        // Distances from any of the words: one window for all keeps the position out of the arithmetic.
        let first = apart(at.0 / SIZE, self.words.0, 62);
        let (from, to) = (first - (BLOCK as i64 - 1), first.saturating_add_unsigned(self.words.1));
        let page = apart(at.0 / PAGE, self.pages.0, 52);
        let pages = Window::of_distances(page >> 2, (page.saturating_add_unsigned(self.pages.1) + 3) >> 2, 19);
        let near = Window::of_distances(from, to, 19);
        self.far(words, Window::of_distances(from, to, 26), pages)
            || near.count != 0 && Self::near(words, near, Window::of_distances(from, to, 14))
    }

    /// Whether one of the words may be a call, a jump, an `adrp` or a `movz` of interest.
    #[inline(always)]
    fn far(&self, words: &[u32; BLOCK], branches: Window, pages: Window) -> bool {
        let mut hit = 0;
        for &word in words {
            let upper = word >> 5;
            // bl and b: the link bit is the highest. adrp: its two lowest bits, elsewhere in the word, are left out.
            hit |= branches.holds(word ^ 0x1600_0000);
            hit |= pages.holds((upper & 0x04ff_ffff) ^ 0x0484_0000);
            // movz of both widths.
            let half = (upper & 0x03ff_ffff) ^ 0x0294_0000;
            for window in self.halves {
                hit |= window.holds(half);
            }
        }
        (hit as i32) < 0
    }

    /// Whether one of the words may be a conditional branch or an `adr` of interest.
    #[inline(always)]
    fn near(words: &[u32; BLOCK], near: Window, tests: Window) -> bool {
        let mut hit = 0;
        for &word in words {
            let upper = word >> 5;
            hit |= near.holds((upper & 0x03f7_ffff) ^ 0x01a4_0000);
            hit |= near.holds(upper ^ 0x02a4_0000);
            hit |= near.holds((upper & 0x04ff_ffff) ^ 0x0084_0000);
            hit |= tests.holds((upper & 0x03f0_3fff) ^ 0x01b0_2000);
        }
        (hit as i32) < 0
    }
}
