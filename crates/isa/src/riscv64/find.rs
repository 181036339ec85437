//! Which places in code name an address.
//!
//! The code is tested in blocks with arithmetic only, written so that the compiler makes vector instructions of it; the few
//! blocks in which an instruction could name a target are decoded. Instructions start at every even address: each word is
//! tested, and each that straddles two. A place counts only when an instruction starts there, counted from the start of its
//! function.

use super::pairs;
use super::words::{Instruction, Shape, UNIT, opcode};
use crate::code::{Search, Window};
use crate::{Code, CodeRef, FunctionAt, RefKind};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, Bytes};

/// The words tested at once.
const BLOCK: usize = 64;

/// The bytes they are.
const BLOCK_SIZE: u64 = BLOCK as u64 * 4;

/// Every place in `code` that names an address in `targets`.
pub(super) fn find(code: Code<'_>, targets: AddrRange, function_at: FunctionAt<'_>) -> Vec<CodeRef> {
    let mut found = Vec::new();
    if targets.is_empty() {
        return found;
    }
    let search = Search { code, targets, function_at };
    let filter = Filter::new(targets);
    let mut starts = Starts::new(code, function_at);
    let mut offset = 0;
    while offset < code.bytes.len() as u64 {
        let at = code.start.plus(offset);
        // A block that is not whole is decoded untested.
        let whole = block(code.bytes, offset);
        if whole.is_none_or(|words| filter.may_name(&words, at)) {
            decode(&search, offset, &mut starts, &mut found);
        }
        offset += BLOCK_SIZE;
    }
    found
}

/// The words of the block at `offset`, and the one behind them.
fn block(bytes: &[u8], offset: u64) -> Option<[u32; BLOCK + 1]> {
    let bytes = Bytes(bytes).slice(offset, BLOCK_SIZE + 4)?;
    let mut words = [0u32; BLOCK + 1];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = bytes.try_into().map_or(0, u32::from_le_bytes);
    }
    Some(words)
}

/// Decodes at each even address of the block at `offset`.
fn decode(search: &Search<'_>, offset: u64, starts: &mut Starts<'_>, found: &mut Vec<CodeRef>) {
    let end = (offset + BLOCK_SIZE).min(search.code.bytes.len() as u64);
    for offset in (offset..end).step_by(UNIT as usize) {
        let bytes = search.code.bytes.get(offset as usize..).unwrap_or_default();
        let Some(one) = Instruction::first(bytes, search.code.start.plus(offset)) else { return };
        let before = found.len();
        instruction(search, one, found);
        if found.len() != before && !starts.at(one.at) {
            found.truncate(before);
        }
    }
}

fn instruction(search: &Search<'_>, one: Instruction, found: &mut Vec<CodeRef>) {
    let Some(shape) = Shape::of(one) else {
        return pairs::find(search, one, found);
    };
    let target = shape.target(one);
    if search.targets.contains(target) {
        let kind = match shape {
            Shape::Call => RefKind::Call,
            Shape::Jump | Shape::ShortJump => RefKind::Jump,
            Shape::Branch | Shape::ShortBranch => RefKind::Branch,
        };
        found.push(CodeRef { at: one.at, second: None, kind, target });
    }
}

/// Tells where instructions start, asked in rising order.
pub(super) struct Starts<'a> {
    code: Code<'a>,
    function_at: FunctionAt<'a>,
    function: Option<AddrRange>,
    /// A place an instruction starts at, no later than those asked about next.
    known: Addr,
}

impl<'a> Starts<'a> {
    pub(super) fn new(code: Code<'a>, function_at: FunctionAt<'a>) -> Starts<'a> {
        Starts { code, function_at, function: None, known: code.start }
    }

    /// Whether an instruction starts at `at`.
    pub(super) fn at(&mut self, at: Addr) -> bool {
        if self.function.is_none_or(|function| !function.contains(at)) {
            self.function = (self.function_at)(at);
            if let Some(function) = self.function {
                // Outside functions the count goes on from where it was: code falls into step with itself after a few steps.
                self.known = function.start.max(self.code.start);
            }
        }
        if self.known < at {
            let before = super::words::instructions(self.code, self.known).map(Instruction::next);
            self.known = before.into_iter().find(|&next| next >= at).unwrap_or(at);
        }
        self.known == at
    }
}

/// The arithmetic a block is tested with. It may say yes for a block that names no target; never no for one that does.
struct Filter {
    /// The first target, and the last.
    first: u64,
    last: u64,
    /// Upper halves of constants that are targets, of `lui` and of `c.lui`.
    upper: Window,
    short_upper: Window,
}

/// The window of upper halves for distances from `first` to `last`, each rounded as the signed lower half wants it.
fn uppers(first: i64, last: i64, bits: u32) -> Window {
    Window::of_distances(first.saturating_add(0x800) >> 12, (last.saturating_add(0x800) >> 12) + 1, bits)
}

impl Filter {
    fn new(targets: AddrRange) -> Filter {
        let (first, last) = (targets.start.0, targets.end.0.wrapping_sub(1));
        // As signed numbers addresses are in order within each half of the address space.
        let (signed_first, signed_last) = match (first as i64, last as i64) {
            (first, last) if first <= last => (first, last),
            _ => (i64::MIN, i64::MAX),
        };
        Filter {
            first,
            last,
            upper: uppers(signed_first, signed_last, 20),
            short_upper: uppers(signed_first, signed_last, 6),
        }
    }

    /// Whether an instruction that starts in one of the words may name a target.
    #[inline]
    fn may_name(&self, words: &[u32; BLOCK + 1], at: Addr) -> bool {
        // Distances from anywhere in the block: one window for all keeps the position out of the arithmetic.
        let from = (self.first.wrapping_sub(at.0) as i64).saturating_sub(BLOCK_SIZE as i64);
        let to = match (self.first.wrapping_sub(at.0) as i64).saturating_add_unsigned(self.last - self.first) {
            to if to < from => i64::MAX,
            to => to,
        };
        // Near its targets a block is decoded at once: conditional branches and short jumps reach 4 KiB.
        if from < 0x1000 && to >= -0x1000 {
            return true;
        }
        let calls = Window::of_distances(from >> 12, (to >> 12) + 1, 9);
        let pairs = uppers(from, to, 20);
        self.far(words, calls, pairs) || self.short_upper.count != 0 && self.short(words)
    }

    /// Whether one of the words may be a `jal`, `auipc` or `lui` of interest.
    #[inline(always)]
    fn far(&self, words: &[u32; BLOCK + 1], calls: Window, pairs: Window) -> bool {
        let mut hit = 0;
        for (&word, &next) in words.iter().zip(words.iter().skip(1)) {
            for word in [word, word >> 16 | next << 16] {
                let code = word & 0x7f;
                // The distance of jal in pages: its sign and the eight bits that follow.
                let page = (word >> 12 & 0xff) | (!word >> 31 << 8);
                hit |= calls.holds(page | (code ^ opcode::JAL) << 9);
                let upper = (word >> 12) ^ 0x8_0000;
                hit |= pairs.holds(upper | (code ^ opcode::AUIPC) << 20);
                hit |= self.upper.holds(upper | (code ^ opcode::LUI) << 20);
            }
        }
        (hit as i32) < 0
    }

    /// Whether one of the words may be a `c.lui` of interest.
    #[inline(never)]
    fn short(&self, words: &[u32; BLOCK + 1]) -> bool {
        let mut hit = 0;
        for &word in words {
            for word in [word, word >> 16] {
                let bits = ((word >> 2 & 0x1f) | (word >> 7 & 0x20)) ^ 0x20;
                hit |= self.short_upper.holds(bits | ((word & 0xe003) ^ 0x6001) << 6);
            }
        }
        (hit as i32) < 0
    }
}
