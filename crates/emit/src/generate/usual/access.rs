//! Usual loads and stores.

use super::super::Generator;
use super::{is_over, short};
use crate::reg::{Gpr, Mem};
use ashore_ir::{Bin, Op, Order, Slot, SlotKind, Width};

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
                let is_right = |by: i32| by == 0 || (first != from && second != from);
                let (by, count) = change_after(rest, base_op).filter(|(by, _)| is_right(*by))?;
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
                let (by, count) = change_after(rest, base_op).filter(|(by, _)| *by == 0 || to != from)?;
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

    pub(super) fn usual_store(&mut self, to: Slot, from: Slot, ops: &[Op]) -> Option<usize> {
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

    pub(super) fn usual_store_pair(&mut self, to: Slot, [first, second]: [Slot; 2], ops: &[Op]) -> Option<usize> {
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
}
