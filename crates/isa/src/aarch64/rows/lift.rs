//! What lifting functions are made of.

use super::Features;
use crate::aarch64::state;
use crate::lift::Next;
use ashore_ir::{Bin, Block, Extend, Flag, FlagOp, IntCond, Jump, Op, Size, Slot, Trap, Ty, Un, Value, Width};

/// An instruction being lifted.
pub(super) struct Lift<'a> {
    block: &'a mut Block,
    pub(super) pc: u64,
    pub(super) next: Next,
    /// What the CPU tells of itself.
    pub(super) features: Features,
}

/// The width a bit of an instruction says: set for 64 bits.
pub(super) const fn width(is_64: bool) -> Width {
    if is_64 { Width::W64 } else { Width::W32 }
}

impl<'a> Lift<'a> {
    pub(super) fn new(block: &'a mut Block, pc: u64, features: Features) -> Lift<'a> {
        Lift { block, pc, next: Next::Follows, features }
    }

    #[inline]
    pub(super) fn op(&mut self, op: Op) -> Value {
        self.block.push(op)
    }

    #[inline]
    pub(super) fn number(&mut self, number: u64) -> Value {
        self.op(Op::Const(number))
    }

    #[inline]
    pub(super) fn get(&mut self, slot: Slot) -> Value {
        self.op(Op::Get(slot))
    }

    #[inline]
    pub(super) fn set(&mut self, slot: Slot, value: Value) {
        self.op(Op::Set(slot, value));
    }

    /// A general register, or zero.
    #[inline]
    pub(super) fn x(&mut self, number: u8) -> Value {
        if number == 31 { self.number(0) } else { self.get(state::x(number)) }
    }

    /// A general register, or the stack pointer.
    #[inline]
    pub(super) fn x_sp(&mut self, number: u8) -> Value {
        if number == 31 { self.get(state::SP) } else { self.get(state::x(number)) }
    }

    /// Writes a general register, or nothing.
    #[inline]
    pub(super) fn set_x(&mut self, number: u8, value: Value) {
        if number != 31 {
            self.set(state::x(number), value);
        }
    }

    /// Writes a general register, or the stack pointer.
    #[inline]
    pub(super) fn set_x_sp(&mut self, number: u8, value: Value) {
        self.set(if number == 31 { state::SP } else { state::x(number) }, value);
    }

    pub(super) fn v(&mut self, number: u8) -> Value {
        self.get(state::v(number))
    }

    pub(super) fn set_v(&mut self, number: u8, value: Value) {
        self.set(state::v(number), value);
    }

    pub(super) fn flags(&mut self) -> Value {
        self.get(state::FLAGS)
    }

    pub(super) fn set_flags(&mut self, flags: Value) {
        self.set(state::FLAGS, flags);
    }

    pub(super) fn un(&mut self, op: Un, width: Width, a: Value) -> Value {
        self.op(Op::Un { op, width, a })
    }

    #[inline]
    pub(super) fn bin(&mut self, op: Bin, width: Width, a: Value, b: Value) -> Value {
        self.op(Op::Bin { op, width, a, b })
    }

    pub(super) fn bin_number(&mut self, op: Bin, width: Width, a: Value, number: u64) -> Value {
        let b = self.number(number);
        self.bin(op, width, a, b)
    }

    pub(super) fn extend(&mut self, size: Size, kind: Extend, a: Value) -> Value {
        self.op(Op::Extend { size, kind, a })
    }

    /// Cuts a value of the width from one of 64 bits.
    pub(super) fn cut(&mut self, width: Width, a: Value) -> Value {
        if width == Width::W64 { a } else { self.extend(Size::B4, Extend::Zero, a) }
    }

    pub(super) fn compare(&mut self, cond: IntCond, width: Width, a: Value, b: Value) -> Value {
        self.op(Op::Compare { cond, width, a, b })
    }

    pub(super) fn flags_of(&mut self, op: FlagOp, width: Width, a: Value, b: Value) -> Value {
        self.op(Op::Flags { op, width, a, b })
    }

    pub(super) fn select(&mut self, ty: Ty, cond: Value, a: Value, b: Value) -> Value {
        self.op(Op::Select { ty, cond, a, b })
    }

    /// Whether a condition code holds; nothing for those that always do.
    pub(super) fn cond(&mut self, code: u32) -> Option<Value> {
        let cond = condition(code)?;
        let flags = self.flags();
        Some(self.op(Op::Cond { cond, flags }))
    }

    /// Leaves to a constant address.
    #[inline]
    pub(super) fn goto(&mut self, pc: u64) {
        self.op(Op::Goto(pc));
        self.next = Next::Ends;
    }

    /// Leaves to a constant address if `cond` is not zero.
    #[inline]
    pub(super) fn goto_if(&mut self, cond: Value, pc: u64) {
        self.op(Op::ExitIf { cond, pc });
        self.next = Next::MayLeave;
    }

    #[inline]
    pub(super) fn jump(&mut self, kind: Jump, target: Value) {
        self.op(Op::Jump { kind, target });
        self.next = Next::Ends;
    }

    pub(super) fn trap(&mut self, kind: Trap, number: u32, next: u64) {
        self.op(Op::Trap { kind, number: number as u16, next });
        self.next = Next::Ends;
    }

    /// The address after this instruction.
    pub(super) fn after(&self) -> u64 {
        self.pc.wrapping_add(4)
    }

    /// An address by its distance from this instruction.
    pub(super) fn at(&self, distance: i64) -> u64 {
        self.pc.wrapping_add(distance as u64)
    }
}

/// The condition of a condition code; nothing for those that always hold.
pub(super) const fn condition(code: u32) -> Option<Flag> {
    Some(match code {
        0 => Flag::Eq,
        1 => Flag::Ne,
        2 => Flag::Carry,
        3 => Flag::NoCarry,
        4 => Flag::Negative,
        5 => Flag::Positive,
        6 => Flag::Overflow,
        7 => Flag::NoOverflow,
        8 => Flag::UGt,
        9 => Flag::ULe,
        10 => Flag::SGe,
        11 => Flag::SLt,
        12 => Flag::SGt,
        13 => Flag::SLe,
        _ => return None,
    })
}
