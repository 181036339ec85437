//! The small language CPU semantics are written in.
//!
//! A [`Block`] is a flat list of [`Op`]s: the meaning of one or more instructions of some CPU, in order. An op that gives a
//! value is that value's name ([`Value`] is its index). Registers are [`Slot`]s of the CPU's state; nothing else outlives a
//! block. Nothing here names a CPU: what differs between them (where the program counter is kept, what a NaN becomes) is a
//! [`Model`] the CPU's folder gives.
//!
//! [`check`] says whether a block is well formed, `Display` prints it, [`Evaluator`] executes it: the oracle for everything
//! that makes machine code of blocks, and the fallback for what it does not cover.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod block;
mod check;
mod eval;
pub mod float;
mod kinds;
mod model;
mod op;
mod print;
#[cfg(test)]
mod tests;
mod types;

pub use block::Block;
pub use check::{CheckError, check};
pub use eval::{Evaluator, Exit};
pub use kinds::{
    Bin, Carry, Crypto, FBin, FCompare, FUn, Fence, Flag, FlagOp, IntCond, Jump, Permute, Reduce, Rmw, Round, Sat,
    Trap, Un, VBin, VCompare, VShift, VUn,
};
pub use model::{Access, Fault, Layout, Memory, Model};
pub use op::{HELPER_WRAP, Op};
pub use types::{Extend, Half, IntKind, Lane, Order, Shape, Size, Slot, SlotKind, Ty, Value, Width};
