//! Elements of two to four registers in turns.
//!
//! Memory is accessed by whole vectors, and the elements are put into order between registers: a load and an insertion for
//! each element would be up to 128 ops.

use super::vectors::after;
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::bit;
use ashore_ir::{Lane, Op, Permute, Size, Value};

/// What is in turns.
#[derive(Clone, Copy)]
pub(super) struct Turns {
    /// The elements.
    pub(super) lane: Lane,
    /// How many registers: two, three or four.
    pub(super) registers: u32,
}

fn permute(l: &mut Lift, op: Permute, lane: Lane, [a, b]: [Value; 2]) -> Value {
    l.op(Op::Permute { op, lane, a, b })
}

/// The bytes of all registers, of bit 30's size.
fn bytes(w: u32, turns: Turns) -> u32 {
    turns.registers * if bit(w, 30) { 16 } else { 8 }
}

/// Where the vectors in memory are, and how large: the last may be half of one.
fn places(bytes: u32) -> impl Iterator<Item = (Size, i32)> {
    let size = move |at| if bytes - at < 16 { Size::B8 } else { Size::B16 };
    (0..bytes).step_by(16).map(move |at| (size(at), at as i32))
}

pub(super) fn load(l: &mut Lift, w: u32, turns: Turns, addr: Value) {
    let mut memory = [addr; 4];
    for ((size, disp), vector) in places(bytes(w, turns)).zip(&mut memory) {
        *vector = l.op(Op::VLoad { size, addr, disp });
    }
    let vectors = match turns.registers {
        2 => two_from_memory(l, w, turns.lane, memory),
        4 => four_from_memory(l, w, turns.lane, memory),
        _ => {
            let lane = turns.lane;
            let count = if bit(w, 30) { 3 } else { 2 };
            by_table(l, memory, count, |byte, register| {
                (((byte >> lane as u32) * 3 + register) << lane as u32) + (byte & lane_mask(lane))
            })
        }
    };
    for (at, vector) in vectors.into_iter().enumerate().take(turns.registers as usize) {
        let vector = if bit(w, 30) { vector } else { l.op(Op::VKeep { lane: Lane::D, a: vector }) };
        l.set_v(after(w, at as u32), vector);
    }
}

fn two_from_memory(l: &mut Lift, w: u32, lane: Lane, [a, b, ..]: [Value; 4]) -> [Value; 4] {
    let both = if bit(w, 30) { [a, b] } else { [a, a] };
    let [even, odd] = [Permute::Even, Permute::Odd].map(|op| permute(l, op, lane, both));
    [even, odd, even, even]
}

fn four_from_memory(l: &mut Lift, w: u32, lane: Lane, [a, b, c, d]: [Value; 4]) -> [Value; 4] {
    if !bit(w, 30) {
        // Two registers at a time are the halves of one vector.
        let [even, odd] = [Permute::Even, Permute::Odd].map(|op| permute(l, op, lane, [a, b]));
        let [low, high] = [Permute::Even, Permute::Odd].map(|op| permute(l, op, lane, [even, odd]));
        let [second, fourth] = [low, high].map(|a| l.op(Op::VSplatLane { lane: Lane::D, index: 1, a }));
        return [low, second, high, fourth];
    }
    let [even, odd] =
        [Permute::Even, Permute::Odd].map(|op| [permute(l, op, lane, [a, b]), permute(l, op, lane, [c, d])]);
    let [first, third] = [Permute::Even, Permute::Odd].map(|op| permute(l, op, lane, even));
    let [second, fourth] = [Permute::Even, Permute::Odd].map(|op| permute(l, op, lane, odd));
    [first, second, third, fourth]
}

/// The elements of memory's vectors, of both halves or of the low one.
fn to_memory(l: &mut Lift, w: u32, lane: Lane, [a, b, c, d]: [Value; 4]) -> [Value; 4] {
    let zip = |l: &mut Lift, both| [Permute::ZipLow, Permute::ZipHigh].map(|op| permute(l, op, lane, both));
    let [[low, high], [other_low, other_high]] = [[a, c], [b, d]].map(|both| zip(l, both));
    let [first, second] = zip(l, [low, other_low]);
    if !bit(w, 30) {
        return [first, second, first, second];
    }
    let [third, fourth] = zip(l, [high, other_high]);
    [first, second, third, fourth]
}

pub(super) fn store(l: &mut Lift, w: u32, turns: Turns, addr: Value) {
    let lane = turns.lane;
    let mut vectors = [addr; 4];
    for (at, vector) in vectors.iter_mut().enumerate().take(turns.registers as usize) {
        *vector = l.v(after(w, at as u32));
    }
    let [a, b, ..] = vectors;
    let memory = match turns.registers {
        2 => {
            let [low, high] = [Permute::ZipLow, Permute::ZipHigh].map(|op| permute(l, op, lane, [a, b]));
            [low, high, low, high]
        }
        4 => to_memory(l, w, lane, vectors),
        _ => by_table(l, vectors, 3, |byte, vector| {
            let (element, at) = ((16 * vector + byte) >> lane as u32, byte & lane_mask(lane));
            16 * (element % 3) + ((element / 3) << lane as u32) + at
        }),
    };
    for ((size, disp), value) in places(bytes(w, turns)).zip(memory) {
        l.op(Op::VStore { size, addr, disp, value });
    }
}

/// The bits of a byte's number that are within its lane.
fn lane_mask(lane: Lane) -> u32 {
    (1 << lane as u32) - 1
}

/// Three vectors whose bytes are those of some others that `from` says by the byte's number and the vector's.
fn by_table(l: &mut Lift, sources: [Value; 4], count: usize, from: impl Fn(u32, u32) -> u32) -> [Value; 4] {
    let zero = l.number(0);
    let mut results = [l.op(Op::VPair { a: zero, b: zero }); 4];
    for (vector, result) in results.iter_mut().enumerate().take(3) {
        let half =
            |first: u32| (first..first + 8).rev().fold(0, |all, byte| all << 8 | u64::from(from(byte, vector as u32)));
        let (low, high) = (l.number(half(0)), l.number(half(8)));
        let index = l.op(Op::VPair { a: low, b: high });
        for (at, table) in sources.into_iter().enumerate().take(count) {
            *result = l.op(Op::VTable { base: at as u8 * 16, index, table, other: *result });
        }
    }
    results
}
