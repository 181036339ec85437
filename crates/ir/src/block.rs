//! Blocks and building them.

use crate::{Bin, Op, Slot, Value, Width};
use alloc::vec::Vec;

/// The ops of one or more instructions, in order. Made to be cleared and filled again: it keeps its memory.
#[derive(Clone, Default, Debug)]
pub struct Block {
    ops: Vec<Op>,
    /// The places of those that [`Op::is_turn`] is true of.
    turns: Vec<u32>,
}

impl Block {
    /// An empty block.
    pub const fn new() -> Block {
        Block { ops: Vec::new(), turns: Vec::new() }
    }

    /// Forgets the ops, keeps the memory.
    pub fn clear(&mut self) {
        self.ops.clear();
        self.turns.clear();
    }

    /// The ops.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The places of the ops where control or the flags take a turn, in order: what is asked of a block as a whole is asked of
    /// these, which are few.
    pub fn turns(&self) -> &[u32] {
        &self.turns
    }

    /// How many ops there are.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Whether the last op ends it.
    pub fn is_ended(&self) -> bool {
        self.ops.last().is_some_and(Op::is_end)
    }

    /// Forgets the ops from `len` on: what a half-lifted instruction left.
    pub fn truncate(&mut self, len: usize) {
        self.ops.truncate(len);
        while self.turns.last().is_some_and(|turn| *turn as usize >= len) {
            self.turns.pop();
        }
    }

    /// The op that gives a value.
    #[inline]
    pub fn op(&self, value: Value) -> Option<&Op> {
        self.ops.get(value.index())
    }

    /// The number a value is, if it is a constant.
    pub fn constant(&self, value: Value) -> Option<u64> {
        match self.op(value) {
            Some(&Op::Const(number)) => Some(number),
            _ => None,
        }
    }

    /// Appends an op and names its value.
    #[inline]
    pub fn push(&mut self, op: Op) -> Value {
        let value = Value(self.ops.len() as u32);
        if op.is_turn() {
            self.turns.push(value.0);
        }
        self.ops.push(op);
        value
    }

    /// A constant.
    #[inline]
    pub fn number(&mut self, number: u64) -> Value {
        self.push(Op::Const(number))
    }

    /// Reads a register.
    #[inline]
    pub fn get(&mut self, slot: Slot) -> Value {
        self.push(Op::Get(slot))
    }

    /// Writes a register.
    #[inline]
    pub fn set(&mut self, slot: Slot, value: Value) {
        self.push(Op::Set(slot, value));
    }

    /// A 64-bit operation.
    #[inline]
    pub fn bin(&mut self, op: Bin, a: Value, b: Value) -> Value {
        self.push(Op::Bin { op, width: Width::W64, a, b })
    }

    /// A 64-bit operation with a constant.
    pub fn bin_number(&mut self, op: Bin, a: Value, number: u64) -> Value {
        let b = self.number(number);
        self.bin(op, a, b)
    }

    /// How often each value is used, into a table that is reused: one entry for each op.
    pub fn count_uses(&self, uses: &mut Vec<u32>) {
        uses.clear();
        uses.resize(self.ops.len(), 0);
        for op in &self.ops {
            for value in op.operands() {
                if let Some(count) = uses.get_mut(value.index()) {
                    *count += 1;
                }
            }
        }
    }
}
