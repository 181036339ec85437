//! What atomic instructions do.

use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg, signed};
use ashore_ir::{Bin, Extend, Lane, Op, Order, Rmw, Size, Value, Width};

const fn order(acquires: bool, releases: bool) -> Order {
    match (acquires, releases) {
        (false, false) => Order::Plain,
        (true, false) => Order::Acquire,
        (false, true) => Order::Release,
        (true, true) => Order::AcquireRelease,
    }
}

fn size(w: u32) -> Size {
    Size::of_log2(bits(w, 31, 30))
}

/// Two registers as one value of twice the size, the first in the low half.
fn joined(l: &mut Lift, is_64: bool, low: u8, high: u8) -> Value {
    let (a, b) = (l.x(low), l.x(high));
    match is_64 {
        true => l.op(Op::VPair { a, b }),
        false => l.op(Op::Insert { from: 32, count: 32, a, b }),
    }
}

/// One value of twice the size as two registers.
fn split(l: &mut Lift, is_64: bool, value: Value, [low, high]: [u8; 2]) {
    let (first, second) = match is_64 {
        true => {
            (l.op(Op::VGet { lane: Lane::D, index: 0, a: value }), l.op(Op::VGet { lane: Lane::D, index: 1, a: value }))
        }
        false => (l.extend(Size::B4, Extend::Zero, value), l.bin_number(Bin::Shr, Width::W64, value, 32)),
    };
    l.set_x(low, first);
    l.set_x(high, second);
}

pub(super) fn load_exclusive(l: &mut Lift, w: u32) -> Option<()> {
    let addr = l.x_sp(reg(w, 5));
    let value = l.op(Op::LoadExclusive { size: size(w), order: order(bit(w, 15), false), addr });
    l.set_x(reg(w, 0), value);
    Some(())
}

pub(super) fn store_exclusive(l: &mut Lift, w: u32) -> Option<()> {
    let addr = l.x_sp(reg(w, 5));
    let value = l.x(reg(w, 0));
    let failed = l.op(Op::StoreExclusive { size: size(w), order: order(false, bit(w, 15)), addr, value });
    l.set_x(reg(w, 16), failed);
    Some(())
}

fn pair_size(is_64: bool) -> Size {
    if is_64 { Size::B16 } else { Size::B8 }
}

pub(super) fn load_exclusive_pair(l: &mut Lift, w: u32) -> Option<()> {
    let is_64 = bit(w, 30);
    let addr = l.x_sp(reg(w, 5));
    let value = l.op(Op::LoadExclusive { size: pair_size(is_64), order: order(bit(w, 15), false), addr });
    split(l, is_64, value, [reg(w, 0), reg(w, 10)]);
    Some(())
}

pub(super) fn store_exclusive_pair(l: &mut Lift, w: u32) -> Option<()> {
    let is_64 = bit(w, 30);
    let addr = l.x_sp(reg(w, 5));
    let value = joined(l, is_64, reg(w, 0), reg(w, 10));
    let failed = l.op(Op::StoreExclusive { size: pair_size(is_64), order: order(false, bit(w, 15)), addr, value });
    l.set_x(reg(w, 16), failed);
    Some(())
}

pub(super) fn store_release(l: &mut Lift, w: u32) -> Option<()> {
    let addr = l.x_sp(reg(w, 5));
    let value = l.x(reg(w, 0));
    l.op(Op::Store { size: size(w), order: Order::Release, addr, disp: 0, value });
    Some(())
}

fn load(l: &mut Lift, w: u32, order: Order) -> Option<()> {
    let addr = l.x_sp(reg(w, 5));
    let value = l.op(Op::Load { size: size(w), kind: Extend::Zero, order, addr, disp: 0 });
    l.set_x(reg(w, 0), value);
    Some(())
}

pub(super) fn load_acquire(l: &mut Lift, w: u32) -> Option<()> {
    load(l, w, Order::Acquire)
}

pub(super) fn load_consistent(l: &mut Lift, w: u32) -> Option<()> {
    load(l, w, Order::AcquirePc)
}

pub(super) fn unscaled(l: &mut Lift, w: u32) -> Option<()> {
    let kind = match bits(w, 23, 22) {
        0 | 1 => Extend::Zero,
        2 if bits(w, 31, 30) < 3 => Extend::Sign64,
        3 => Extend::Sign32,
        _ => return None,
    };
    let addr = l.x_sp(reg(w, 5));
    let disp = signed(w, 20, 12) as i32;
    if bits(w, 23, 22) == 0 {
        let value = l.x(reg(w, 0));
        l.op(Op::Store { size: size(w), order: Order::Release, addr, disp, value });
    } else {
        let value = l.op(Op::Load { size: size(w), kind, order: Order::AcquirePc, addr, disp });
        l.set_x(reg(w, 0), value);
    }
    Some(())
}

pub(super) fn compare_swap(l: &mut Lift, w: u32) -> Option<()> {
    let addr = l.x_sp(reg(w, 5));
    let (expected, new) = (l.x(reg(w, 16)), l.x(reg(w, 0)));
    let old = l.op(Op::CompareSwap { size: size(w), order: order(bit(w, 22), bit(w, 15)), addr, expected, new });
    l.set_x(reg(w, 16), old);
    Some(())
}

pub(super) fn compare_swap_pair(l: &mut Lift, w: u32) -> Option<()> {
    let (s, t, is_64) = (reg(w, 16), reg(w, 0), bit(w, 30));
    if s & 1 != 0 || t & 1 != 0 {
        return None;
    }
    let addr = l.x_sp(reg(w, 5));
    let expected = joined(l, is_64, s, s + 1);
    let new = joined(l, is_64, t, t + 1);
    let order = order(bit(w, 22), bit(w, 15));
    let old = l.op(Op::CompareSwap { size: pair_size(is_64), order, addr, expected, new });
    split(l, is_64, old, [s, s + 1]);
    Some(())
}

pub(super) fn read_modify(l: &mut Lift, w: u32) -> Option<()> {
    let op = match bits(w, 15, 12) {
        0 => Rmw::Add,
        1 => Rmw::AndNot,
        2 => Rmw::Xor,
        3 => Rmw::Or,
        4 => Rmw::SMax,
        5 => Rmw::SMin,
        6 => Rmw::UMax,
        7 => Rmw::UMin,
        _ => Rmw::Swap,
    };
    let addr = l.x_sp(reg(w, 5));
    let value = l.x(reg(w, 16));
    let order = order(bit(w, 23), bit(w, 22));
    let old = l.op(Op::Rmw { op, size: size(w), order, addr, value });
    l.set_x(reg(w, 0), old);
    Some(())
}
