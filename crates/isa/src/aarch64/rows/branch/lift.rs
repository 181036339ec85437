//! What branches do.

use crate::aarch64::rows::lift::{Lift, width};
use crate::aarch64::rows::pattern::{bit, bits, reg, signed};
use crate::lift::Next;
use ashore_ir::{Bin, IntCond, Jump, Op, Trap, Width};

/// The link register.
const LINK: u8 = 30;

pub(super) fn jump(l: &mut Lift, w: u32) -> Option<()> {
    l.goto(l.at(signed(w, 25, 0) * 4));
    Some(())
}

pub(super) fn call(l: &mut Lift, w: u32) -> Option<()> {
    let after = l.number(l.after());
    l.set_x(LINK, after);
    l.op(Op::GotoCall(l.at(signed(w, 25, 0) * 4)));
    l.next = Next::Ends;
    Some(())
}

pub(super) fn jump_if(l: &mut Lift, w: u32) -> Option<()> {
    let target = l.at(signed(w, 23, 5) * 4);
    match l.cond(bits(w, 3, 0)) {
        Some(cond) => l.goto_if(cond, target),
        None => l.goto(target),
    }
    Some(())
}

pub(super) fn compare(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.x(reg(w, 0));
    let zero = l.number(0);
    let cond = if bit(w, 24) { IntCond::Ne } else { IntCond::Eq };
    let cond = l.compare(cond, width(bit(w, 31)), a, zero);
    l.goto_if(cond, l.at(signed(w, 23, 5) * 4));
    Some(())
}

pub(super) fn test(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.x(reg(w, 0));
    let number = bits(w, 31, 31) << 5 | bits(w, 23, 19);
    let tested = l.bin_number(Bin::And, Width::W64, a, 1 << number);
    let zero = l.number(0);
    let cond = if bit(w, 24) { IntCond::Ne } else { IntCond::Eq };
    let cond = l.compare(cond, Width::W64, tested, zero);
    l.goto_if(cond, l.at(signed(w, 18, 5) * 4));
    Some(())
}

pub(super) fn jump_to(l: &mut Lift, w: u32) -> Option<()> {
    let target = l.x(reg(w, 5));
    l.jump(if bit(w, 22) { Jump::Return } else { Jump::Plain }, target);
    Some(())
}

pub(super) fn call_to(l: &mut Lift, w: u32) -> Option<()> {
    let target = l.x(reg(w, 5));
    let after = l.number(l.after());
    l.set_x(LINK, after);
    l.jump(Jump::Call, target);
    Some(())
}

pub(super) fn system_call(l: &mut Lift, w: u32) -> Option<()> {
    l.trap(Trap::Call, bits(w, 20, 5), l.after());
    Some(())
}

pub(super) fn breakpoint(l: &mut Lift, w: u32) -> Option<()> {
    l.trap(Trap::Break, bits(w, 20, 5), l.pc);
    Some(())
}
