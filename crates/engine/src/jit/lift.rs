//! Instructions of a guest as the language that is translated.

use super::Lifter;
use super::shared::PAGE_LOG2;
use ashore_base::Addr;
use ashore_emit::Part;
use ashore_ir::{Block, Op};
use std::ops::RangeInclusive;
/// The pages a part's instructions are on: they follow each other.
pub(super) fn pages(part: &Part) -> RangeInclusive<u64> {
    let last = part.block.ops().iter().rev().find_map(|op| match op {
        Op::At(pc) => Some(*pc),
        _ => None,
    });
    part.pc >> PAGE_LOG2..=last.unwrap_or(part.pc) >> PAGE_LOG2
}

/// Lifts instructions until one ends the block, `stop` is reached or there is no more code; gives how many.
pub(super) fn lift(lifter: &dyn Lifter, block: &mut Block, start: u64, code: &[u8], stop: Option<u64>) -> usize {
    block.clear();
    lifter.lift_all(block, Addr(start), code, stop.map(Addr))
}
