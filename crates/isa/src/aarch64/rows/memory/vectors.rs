//! Loads and stores of vector registers.

use super::address::Address;
use super::turns::{self, Turns};
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg, signed};
use ashore_ir::{Bin, Extend, Lane, Op, Order, Size, Value, Width};

pub(super) fn literal(l: &mut Lift, w: u32) -> Option<()> {
    let size = match bits(w, 31, 30) {
        log2 @ 0..=2 => Size::of_log2(2 + log2),
        _ => return None,
    };
    let addr = l.number(l.at(signed(w, 23, 5) * 4));
    let value = l.op(Op::VLoad { size, addr, disp: 0 });
    l.set_v(reg(w, 0), value);
    Some(())
}

pub(super) fn pair(l: &mut Lift, w: u32) -> Option<()> {
    let log2 = match bits(w, 31, 30) {
        log2 @ 0..=2 => 2 + log2,
        _ => return None,
    };
    let size = Size::of_log2(log2);
    let address = Address::of_pair(l, w, log2);
    let (addr, disp) = (address.base, address.disp);
    let (t, u) = (reg(w, 0), reg(w, 10));
    let next = disp + size.bytes() as i32;
    if bit(w, 22) {
        // The first has no known value if the second access faults.
        let first = l.op(Op::VLoad { size, addr, disp });
        l.set_v(t, first);
        let second = l.op(Op::VLoad { size, addr, disp: next });
        l.set_v(u, second);
    } else {
        let (first, second) = (l.v(t), l.v(u));
        l.op(Op::VStore { size, addr, disp, value: first });
        l.op(Op::VStore { size, addr, disp: next, value: second });
    }
    address.finish(l);
    Some(())
}

pub(super) fn one(l: &mut Lift, w: u32) -> Option<()> {
    let log2 = match (bit(w, 23), bits(w, 31, 30)) {
        (false, log2) => log2,
        (true, 0) => 4,
        (true, _) => return None,
    };
    let size = Size::of_log2(log2);
    let address = Address::of_one(l, w, log2)?;
    let (addr, disp) = (address.base, address.disp);
    if bit(w, 22) {
        let value = l.op(Op::VLoad { size, addr, disp });
        l.set_v(reg(w, 0), value);
    } else {
        let value = l.v(reg(w, 0));
        l.op(Op::VStore { size, addr, disp, value });
    }
    address.finish(l);
    Some(())
}

/// Adds to the base register what was accessed, or a register.
fn advance(l: &mut Lift, w: u32, base: Value, bytes: u64) {
    if bit(w, 23) {
        let sum = match reg(w, 16) {
            31 => l.bin_number(Bin::Add, Width::W64, base, bytes),
            number => {
                let by = l.x(number);
                l.bin(Bin::Add, Width::W64, base, by)
            }
        };
        l.set_x_sp(reg(w, 5), sum);
    }
}

/// The register `by` after the first, counted around.
pub(super) fn after(w: u32, by: u32) -> u8 {
    ((bits(w, 4, 0) + by) & 31) as u8
}

/// Several whole registers: as many as bits 15 to 12 say, with elements in turns or one after the other.
pub(super) fn multiple(l: &mut Lift, w: u32) -> Option<()> {
    let (registers, in_turns) = match bits(w, 15, 12) {
        0 => (4, true),
        2 => (4, false),
        4 => (3, true),
        6 => (3, false),
        7 => (1, false),
        8 => (2, true),
        10 => (2, false),
        _ => return None,
    };
    let lane = Lane::of_log2(bits(w, 11, 10));
    let whole = bit(w, 30);
    if lane == Lane::D && !whole && in_turns {
        return None;
    }
    let size = if whole { Size::B16 } else { Size::B8 };
    let base = l.x_sp(reg(w, 5));
    let bytes = size.bytes() as u32;
    if !in_turns {
        straight(l, w, size, [base, base], registers);
    } else if bit(w, 22) {
        turns::load(l, w, Turns { lane, registers }, base);
    } else {
        turns::store(l, w, Turns { lane, registers }, base);
    }
    advance(l, w, base, u64::from(bytes * registers));
    Some(())
}

fn straight(l: &mut Lift, w: u32, size: Size, [addr, _]: [Value; 2], registers: u32) {
    let mut loaded = [addr; 4];
    for (at, slot) in loaded.iter_mut().enumerate().take(registers as usize) {
        let disp = (at * size.bytes()) as i32;
        if bit(w, 22) {
            *slot = l.op(Op::VLoad { size, addr, disp });
        } else {
            let value = l.v(after(w, at as u32));
            l.op(Op::VStore { size, addr, disp, value });
        }
    }
    if bit(w, 22) {
        for (at, value) in loaded.into_iter().enumerate().take(registers as usize) {
            l.set_v(after(w, at as u32), value);
        }
    }
}

/// One element of one to four registers, or one element to all lanes of each.
pub(super) fn single(l: &mut Lift, w: u32) -> Option<()> {
    let registers = 1 + (bits(w, 13, 13) << 1 | bits(w, 21, 21));
    let (q, s, size) = (bits(w, 30, 30), bits(w, 12, 12), bits(w, 11, 10));
    let (lane, index) = match (bits(w, 15, 14), size) {
        (0, _) => (Lane::B, q << 3 | s << 2 | size),
        (1, 0 | 2) => (Lane::H, q << 2 | s << 1 | size >> 1),
        (2, 0) => (Lane::S, q << 1 | s),
        (2, 1) if s == 0 => (Lane::D, q),
        (3, size) if s == 0 && bit(w, 22) => (Lane::of_log2(size), 0),
        _ => return None,
    };
    let replicates = bits(w, 15, 14) == 3;
    let base = l.x_sp(reg(w, 5));
    let bytes = lane as u32;
    let access = Size::of_log2(bytes);
    let mut loaded = [base; 4];
    for (at, slot) in loaded.iter_mut().enumerate().take(registers as usize) {
        let disp = (at << bytes) as i32;
        if bit(w, 22) {
            *slot = l.op(Op::Load { size: access, kind: Extend::Zero, order: Order::Plain, addr: base, disp });
        } else {
            let vector = l.v(after(w, at as u32));
            let value = l.op(Op::VGet { lane, index: index as u8, a: vector });
            l.op(Op::Store { size: access, order: Order::Plain, addr: base, disp, value });
        }
    }
    if bit(w, 22) {
        for (at, value) in loaded.into_iter().enumerate().take(registers as usize) {
            let number = after(w, at as u32);
            let vector = if replicates {
                let all = l.op(Op::VSplat { lane, a: value });
                if q == 1 { all } else { l.op(Op::VKeep { lane: Lane::D, a: all }) }
            } else {
                let old = l.v(number);
                l.op(Op::VSet { lane, index: index as u8, a: old, b: value })
            };
            l.set_v(number, vector);
        }
    }
    advance(l, w, base, u64::from(registers << bytes));
    Some(())
}
