//! Loads and stores of general registers.

use super::address::Address;
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg, signed};
use ashore_ir::{Extend, Op, Order, Size};

pub(super) fn nothing(_: &mut Lift, _: u32) -> Option<()> {
    Some(())
}

pub(super) fn literal(l: &mut Lift, w: u32) -> Option<()> {
    let (size, kind) = match bits(w, 31, 30) {
        0 => (Size::B4, Extend::Zero),
        1 => (Size::B8, Extend::Zero),
        _ => (Size::B4, Extend::Sign64),
    };
    let addr = l.number(l.at(signed(w, 23, 5) * 4));
    let value = l.op(Op::Load { size, kind, order: Order::Plain, addr, disp: 0 });
    l.set_x(reg(w, 0), value);
    Some(())
}

pub(super) fn pair(l: &mut Lift, w: u32) -> Option<()> {
    let log2 = 2 + bits(w, 31, 31);
    both(l, w, Size::of_log2(log2), Extend::Zero)
}

pub(super) fn pair_signed(l: &mut Lift, w: u32) -> Option<()> {
    both(l, w, Size::B4, Extend::Sign64)
}

fn both(l: &mut Lift, w: u32, size: Size, kind: Extend) -> Option<()> {
    let address = Address::of_pair(l, w, size as u32);
    let (addr, disp, order) = (address.base, address.disp, Order::Plain);
    let (t, u) = (reg(w, 0), reg(w, 10));
    let next = disp + size.bytes() as i32;
    if bit(w, 22) {
        // A register that is loaded has no known value if the other access faults (DDI 0487, the section on synchronous data
        // aborts), unless it is the base.
        let first = l.op(Op::Load { size, kind, order, addr, disp });
        let is_base = t == reg(w, 5);
        if !is_base {
            l.set_x(t, first);
        }
        let second = l.op(Op::Load { size, kind, order, addr, disp: next });
        if is_base {
            l.set_x(t, first);
        }
        l.set_x(u, second);
    } else {
        let (first, second) = (l.x(t), l.x(u));
        l.op(Op::Store { size, order, addr, disp, value: first });
        l.op(Op::Store { size, order, addr, disp: next, value: second });
    }
    address.finish(l);
    Some(())
}

pub(super) fn one(l: &mut Lift, w: u32) -> Option<()> {
    let log2 = bits(w, 31, 30);
    let size = Size::of_log2(log2);
    let kind = match (bits(w, 23, 22), log2) {
        (0, _) => None,
        (1, _) => Some(Extend::Zero),
        // A prefetch; with a change of the base it is not allocated.
        (2, 3) if bit(w, 24) || bits(w, 11, 10) == 0 => return Some(()),
        (2, 3) if bit(w, 21) && bit(w, 14) => return Some(()),
        (2, 0..=2) => Some(Extend::Sign64),
        (3, 0..=1) => Some(Extend::Sign32),
        _ => return None,
    };
    let address = Address::of_one(l, w, log2)?;
    let (addr, disp, order) = (address.base, address.disp, Order::Plain);
    match kind {
        Some(kind) => {
            let value = l.op(Op::Load { size, kind, order, addr, disp });
            l.set_x(reg(w, 0), value);
        }
        None => {
            let value = l.x(reg(w, 0));
            l.op(Op::Store { size, order, addr, disp, value });
        }
    }
    address.finish(l);
    Some(())
}
