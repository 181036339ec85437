//! Usual jumps to where a register says, and branches on one.

use super::super::Generator;
use super::super::calls::Back;
use super::Reader;
use crate::gates::has_entries;
use crate::live::{Later, Live};
use crate::reg::{Cc, Gpr};
use ashore_ir::{Bin, IntCond, Jump, Op, Slot, SlotKind, Width};

impl Generator<'_> {
    /// Leaves by a register, the last thing that these ops do; gives their number.
    pub(super) fn usual_leave(&mut self, live: &Live, a: Slot, ops: &[Op]) -> Option<usize> {
        match *ops {
            [Op::Jump { kind, .. }, ..] if has_entries(self.map.guest.align_log2) => {
                self.usual_jump(a, live.from(self.at + 1), (kind, None))?;
                Some(1)
            }
            [Op::Const(number), Op::Set(to, _), Op::Jump { kind, target }, ..]
                if to.kind == SlotKind::I64
                    && to != a
                    && target.index() == self.at
                    && has_entries(self.map.guest.align_log2) =>
            {
                let later = live.from(self.at + 3);
                self.usual_number(to, number, Reader::Far, Later::Read);
                self.usual_jump(a, later, (kind, Some(Back { pc: number, slot: to })))?;
                Some(3)
            }
            [Op::Const(0), Op::Compare { cond, width, .. }, Op::ExitIf { pc, .. }, ..] => {
                let cc = equal(cond)?;
                let reg = self.source(a)?;
                let later = live.from(self.at + 3);
                self.at += 2;
                self.disturb(later);
                self.asm.test(width, reg, reg);
                self.leave_if(cc.into(), pc, Later::Lost);
                Some(3)
            }
            [
                Op::Const(mask),
                Op::Bin { op: Bin::And, .. },
                Op::Const(0),
                Op::Compare { cond, .. },
                Op::ExitIf { pc, .. },
                ..,
            ] if mask.is_power_of_two() => {
                let cc = equal(cond)?;
                let reg = self.source(a)?;
                let later = live.from(self.at + 5);
                self.at += 4;
                self.disturb(later);
                let cc = self.test_bit(reg, mask.trailing_zeros() as u8, cc);
                self.leave_if(cc.into(), pc, Later::Lost);
                Some(5)
            }
            _ => None,
        }
    }

    /// To the address in a register; `later` is what becomes of the flags there.
    fn usual_jump(&mut self, to: Slot, later: Later, (kind, back): (Jump, Option<Back>)) -> Option<()> {
        if later == Later::Read {
            self.store_flags();
        }
        match self.map.int(to) {
            Some(home) => self.asm.mov(Width::W64, Gpr::RAX, home),
            None => self.load_slot(Gpr::RAX, to).ok()?,
        }
        self.jump_on(kind, back).ok()
    }
}

/// The condition of a comparison for equality.
fn equal(cond: IntCond) -> Option<Cc> {
    match cond {
        IntCond::Eq => Some(Cc::Equal),
        IntCond::Ne => Some(Cc::NotEqual),
        _ => None,
    }
}
