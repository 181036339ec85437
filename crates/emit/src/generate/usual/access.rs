//! Usual loads and stores.

use super::super::Generator;
use super::{is_over, short};
use crate::reg::{Gpr, Mem};
use crate::unit::Addresses;
use ashore_ir::{Bin, Op, Order, Slot, SlotKind, Value, Width};

/// What an access adds to its base afterwards, and how many ops that takes; nothing if these ops do something else. `base` is
/// the base and the op that read it.
fn change_after(ops: &[Op], base: (Slot, usize)) -> Option<(i32, usize)> {
    match *ops {
        [Op::Const(number), Op::Bin { op: Bin::Add, width: Width::W64, a, .. }, Op::Set(slot, _), ref rest @ ..]
            if (slot, a.index()) == base && is_over(rest) =>
        {
            short(number, Width::W64).map(|by| (by, 3))
        }
        _ => is_over(ops).then_some((0, 0)),
    }
}

impl Generator<'_> {
    /// The base of an access, which is in `reg`, changes.
    fn change_base(&mut self, slot: Slot, reg: Gpr, by: i32) {
        if by != 0 {
            self.asm.lea(Width::W64, reg, Mem::at(reg, by));
            self.put(slot, reg);
        }
    }

    pub(super) fn usual_load(&mut self, from: Slot, ops: &[Op]) -> Option<usize> {
        let base_op = (from, self.at);
        match *ops {
            [
                Op::Load { size, kind, order: Order::Plain, disp, .. },
                Op::Set(first, _),
                Op::Load { order: Order::Plain, disp: next, .. },
                Op::Set(second, _),
                ref rest @ ..,
            ] => {
                let is_right = |count: usize| count == 0 || (first != from && second != from);
                let (by, count) = change_after(rest, base_op).filter(|(_, count)| is_right(*count))?;
                let base = self.base_of(from)?;
                let (x, y) = (self.room_for(first)?, self.room_for(second)?);
                self.may_fault();
                self.asm.load(size, kind, x, Mem::at(base, disp));
                self.put(first, x);
                self.asm.load(size, kind, y, Mem::at(base, next));
                self.put(second, y);
                self.change_base(from, base, by);
                Some(4 + count)
            }
            [Op::Load { size, kind, order: Order::Plain, disp, .. }, Op::Set(to, _), ref rest @ ..] => {
                let (by, count) = change_after(rest, base_op).filter(|(_, count)| *count == 0 || to != from)?;
                let base = self.base_of(from)?;
                let reg = self.room_for(to)?;
                self.may_fault();
                self.asm.load(size, kind, reg, Mem::at(base, disp));
                self.put(to, reg);
                self.change_base(from, base, by);
                Some(2 + count)
            }
            [
                Op::VLoad { .. },
                Op::Set(first, _),
                Op::VLoad { size, disp: next, .. },
                Op::Set(second, _),
                ref rest @ ..,
            ] => {
                let Some(&Op::VLoad { disp, .. }) = ops.first() else { return None };
                let regs = [self.map.vector(first)?, self.map.vector(second)?];
                let (by, count) = change_after(rest, base_op)?;
                let base = self.base_of(from)?;
                self.may_fault();
                for (reg, disp) in regs.into_iter().zip([disp, next]) {
                    let upper = self.load_vector(size, reg, Mem::at(base, disp)).ok()?;
                    self.upper[usize::from(reg.0 & 15)] = upper;
                }
                self.change_base(from, base, by);
                Some(4 + count)
            }
            [Op::VLoad { size, disp, .. }, Op::Set(to, _), ref rest @ ..] => {
                let reg = self.map.vector(to)?;
                let (by, count) = change_after(rest, base_op)?;
                let base = self.base_of(from)?;
                self.may_fault();
                let upper = self.load_vector(size, reg, Mem::at(base, disp)).ok()?;
                self.upper[usize::from(reg.0 & 15)] = upper;
                self.change_base(from, base, by);
                Some(2 + count)
            }
            _ => None,
        }
    }

    /// Stores of guest registers and constants.
    pub(super) fn usual_stores(&mut self, to: Slot, ops: &[Op]) -> Option<usize> {
        match *ops {
            [Op::Get(from), Op::Store { .. } | Op::VStore { .. }, ..] => self.usual_store(to, from, ops),
            [Op::Get(first), Op::Get(second), Op::Store { .. }, Op::Store { .. }, ..] => {
                self.usual_store_pair(to, [first, second], ops)
            }
            [Op::Get(first), Op::Get(second), Op::VStore { .. }, Op::VStore { .. }, ..] => {
                self.usual_vector_pair(to, [first, second], ops)
            }
            [Op::Const(number), Op::Store { size, order: Order::Plain, disp, .. }, ref rest @ ..] if is_over(rest) => {
                let number = short(number, Width::W64)?;
                let base = self.base_of(to)?;
                self.may_fault();
                self.asm.store_number(size, Mem::at(base, disp), number);
                Some(2)
            }
            [Op::Const(first), Op::Const(second), Op::Store { .. }, Op::Store { .. }, ..] => {
                self.usual_number_pair(to, [first, second], ops)
            }
            _ => None,
        }
    }

    fn usual_store(&mut self, to: Slot, from: Slot, ops: &[Op]) -> Option<usize> {
        let (by, count) = change_after(ops.get(2..)?, (to, self.at))?;
        match *ops.get(1)? {
            Op::Store { size, order: Order::Plain, disp, .. } if from.kind == SlotKind::I64 => {
                let (base, value) = (self.base_of(to)?, self.source(from)?);
                self.may_fault();
                self.asm.store(size, Mem::at(base, disp), value);
                self.change_base(to, base, by);
            }
            Op::VStore { size, disp, .. } => {
                let reg = self.map.vector(from)?;
                let base = self.base_of(to)?;
                self.may_fault();
                self.store_vector(size, reg, Mem::at(base, disp));
                self.change_base(to, base, by);
            }
            _ => return None,
        }
        Some(2 + count)
    }

    fn usual_store_pair(&mut self, to: Slot, [first, second]: [Slot; 2], ops: &[Op]) -> Option<usize> {
        let (by, count) = change_after(ops.get(4..)?, (to, self.at))?;
        let [Op::Store { size, order: Order::Plain, disp, .. }, Op::Store { order: Order::Plain, disp: next, .. }] =
            *ops.get(2..4)?
        else {
            return None;
        };
        if first.kind != SlotKind::I64 || second.kind != SlotKind::I64 {
            return None;
        }
        let (base, x, y) = (self.base_of(to)?, self.source(first)?, self.source(second)?);
        self.may_fault();
        self.asm.store(size, Mem::at(base, disp), x);
        self.asm.store(size, Mem::at(base, next), y);
        self.change_base(to, base, by);
        Some(4 + count)
    }

    /// The second register of a sum of two, and the op behind it; shifted, it is an index.
    fn index_of(&self, b: Slot, ops: &[Op]) -> Option<((Gpr, u8), usize)> {
        let home = self.map.int(b)?;
        let is = |value: Value, at: usize| value.index() == self.at + at;
        match *ops {
            [_, Op::Bin { op: Bin::Add, width: Width::W64, a, b }, ..] if is(a, 0) && is(b, 1) => Some(((home, 0), 2)),
            [
                _,
                Op::Const(by @ 0..=3),
                Op::Bin { op: Bin::Shl, width: Width::W64, a: x, .. },
                Op::Bin { op: Bin::Add, width: Width::W64, a, b },
                ..,
            ] if is(x, 1) && is(a, 0) && is(b, 3) => Some(((home, by as u8), 4)),
            _ => None,
        }
    }

    /// An access by the sum of two registers, all of which live in registers.
    pub(super) fn usual_index(&mut self, a: Slot, b: Slot, ops: &[Op]) -> Option<usize> {
        if self.unit.addresses != Addresses::Whole {
            return None;
        }
        let base = self.map.int(a)?;
        let (index, count) = self.index_of(b, ops)?;
        let sum = self.at + count;
        let mem = |disp: i32| Mem { base, index: Some(index), disp };
        match *ops.get(count..)? {
            [Op::Load { size, kind, order: Order::Plain, addr, disp }, Op::Set(to, _), ref rest @ ..]
                if addr.index() == sum && is_over(rest) =>
            {
                let reg = self.map.int(to)?;
                self.may_fault();
                self.asm.load(size, kind, reg, mem(disp));
                self.put(to, reg);
                Some(count + 2)
            }
            [Op::Get(from), Op::Store { size, order: Order::Plain, addr, disp, .. }, ref rest @ ..]
                if addr.index() == sum && is_over(rest) =>
            {
                let value = self.map.int(from)?;
                self.may_fault();
                self.asm.store(size, mem(disp), value);
                Some(count + 2)
            }
            _ => None,
        }
    }

    fn usual_vector_pair(&mut self, to: Slot, [first, second]: [Slot; 2], ops: &[Op]) -> Option<usize> {
        let (_, count) = change_after(ops.get(4..)?, (to, self.at)).filter(|(by, _)| *by == 0)?;
        let [Op::VStore { size, disp, .. }, Op::VStore { disp: next, .. }] = *ops.get(2..4)? else { return None };
        let regs = [self.map.vector(first)?, self.map.vector(second)?];
        let base = self.base_of(to)?;
        self.may_fault();
        self.store_vector(size, regs[0], Mem::at(base, disp));
        self.store_vector(size, regs[1], Mem::at(base, next));
        Some(4 + count)
    }

    fn usual_number_pair(&mut self, to: Slot, [first, second]: [u64; 2], ops: &[Op]) -> Option<usize> {
        let (_, count) = change_after(ops.get(4..)?, (to, self.at)).filter(|(by, _)| *by == 0)?;
        let [Op::Store { size, order: Order::Plain, disp, .. }, Op::Store { order: Order::Plain, disp: next, .. }] =
            *ops.get(2..4)?
        else {
            return None;
        };
        let (x, y) = (short(first, Width::W64)?, short(second, Width::W64)?);
        let base = self.base_of(to)?;
        self.may_fault();
        self.asm.store_number(size, Mem::at(base, disp), x);
        self.asm.store_number(size, Mem::at(base, next), y);
        Some(4 + count)
    }
}
