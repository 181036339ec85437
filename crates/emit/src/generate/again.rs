//! Flags that are not stored because the comparison that they came of can be made again.
//!
//! Storing and loading the host's flags takes longer than most of what stands between a comparison and the branch on it. While
//! they are nowhere nothing may fault, and signals wait: no instruction is marked as a place where the state is complete.

use super::{Body, Generator, Loc};
use crate::asm::Alu;
use crate::flags::Form;
use crate::map::RegMap;
use crate::reg::Rm;
use ashore_ir::{Bin, FlagOp, Op, Slot, SlotKind, Ty, Value, Width};

/// A comparison of guest registers as they are, and a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Comparison {
    /// The op that gives its flags.
    pub(super) op: usize,
    width: Width,
    a: Slot,
    b: With,
}

/// What is compared with, or the second operand of something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum With {
    Number(i32),
    Register(Slot),
}

impl Comparison {
    fn reads(&self, slot: Slot) -> bool {
        self.a == slot || self.b == With::Register(slot)
    }
}

impl Generator<'_> {
    /// The comparison at hand, if it can be made again as long as its registers keep their values.
    pub(super) fn comparison(
        &self,
        body: Body<'_>,
        (op, width): (FlagOp, Width),
        [a, b]: [Value; 2],
    ) -> Option<Comparison> {
        let done = body.ops.get(self.start..self.at).unwrap_or_default();
        let register = |value: Value| match (self.loc(value), body.block.op(value)) {
            (Loc::Slot(_) | Loc::Gpr(_), Some(&Op::Get(slot))) if slot.kind == SlotKind::I64 => {
                let is_old = done.iter().any(|op| matches!(*op, Op::Set(other, _) if other == slot));
                (!is_old).then_some(slot)
            }
            _ => None,
        };
        let a = register(a)?;
        let b = match self.short(b, width) {
            Some(number) => With::Number(number),
            None => With::Register(register(b)?),
        };
        if op == FlagOp::Sub { self.comparison_of(width, a, b) } else { None }
    }

    /// The same by registers.
    pub(super) fn comparison_of(&self, width: Width, a: Slot, b: With) -> Option<Comparison> {
        let is_right = matches!(b, With::Number(_)) || self.map.int(a).is_some();
        is_right.then_some(Comparison { op: self.at, width, a, b })
    }

    /// A guest register changes.
    pub(super) fn compared_changes(&mut self, slot: Slot) {
        for comparison in [&mut self.compared, &mut self.source] {
            if comparison.is_some_and(|comparison| comparison.reads(slot)) {
                *comparison = None;
            }
        }
    }

    /// Whether the flags need not be stored now: between here and the next who reads them there is nothing that could fault,
    /// leave or change what was compared, and that one only looks at a condition.
    pub(super) fn can_wait(&self) -> bool {
        let Some(source) = self.source.filter(|_| self.flags.form == Form::Sub) else { return false };
        let Some(part) = self.unit.parts.get(self.current) else { return false };
        let rest = part.block.ops().get(self.at..).unwrap_or_default();
        let is_flags = |op: &Op| matches!(*op, Op::Get(slot) if slot == self.map.guest.flags);
        let Some(reader) = rest.iter().position(is_flags) else { return false };
        let (before, reading) = rest.split_at(reader);
        // What reads them reads them to its end.
        let reading = reading.iter().take_while(|op| !matches!(op, Op::At(_)));
        let mut looks = reading.clone().skip(1);
        matches!(looks.next(), Some(Op::Cond { .. }))
            && before.iter().all(|op| is_harmless(op, &source))
            && reading.clone().all(|op| is_look(op) || is_harmless(op, &source))
    }

    /// The flags on the host, if they are nowhere.
    pub(super) fn compare_again(&mut self) {
        let Some(Comparison { width, a, b, .. }) = self.again.take() else { return };
        let memory = |slot: Slot| Rm::from(RegMap::memory(slot));
        let place = |this: &Self, slot: Slot| this.map.int(slot).map_or(memory(slot), Rm::from);
        match b {
            With::Number(number) => {
                let a = place(self, a);
                self.asm.alu_number(Alu::Cmp, width, a, number);
            }
            With::Register(b) => {
                let b = place(self, b);
                // Who has no register of its own is not compared with another.
                if let Some(a) = self.map.int(a) {
                    self.asm.alu(Alu::Cmp, width, a, b);
                }
            }
        }
        self.flags = super::Flags { form: Form::Sub, stored: false };
        self.fresh = None;
    }
}

/// Whether an op neither faults nor leaves, reads no flags, and leaves what was compared alone.
fn is_harmless(op: &Op, source: &Comparison) -> bool {
    match *op {
        Op::At(_) | Op::Const(_) | Op::Extend { .. } | Op::Bits { .. } | Op::SignedBits { .. } => true,
        Op::Get(slot) => slot.kind == SlotKind::I64,
        Op::Set(slot, _) => slot.kind == SlotKind::I64 && !source.reads(slot),
        Op::Bin { op, .. } => !matches!(op, Bin::UDiv | Bin::SDiv | Bin::UMulHigh | Bin::SMulHigh),
        Op::Un { .. } | Op::Insert { .. } | Op::Join { .. } | Op::Compare { .. } => true,
        Op::Select { ty, .. } => ty == Ty::I64,
        _ => false,
    }
}

/// Whether an op of the instruction that reads the flags only looks at a condition, or is where that leads.
fn is_look(op: &Op) -> bool {
    match op {
        Op::Get(_) | Op::Cond { .. } | Op::ExitIf { .. } | Op::Goto(_) => true,
        Op::Set(slot, _) => slot.kind == SlotKind::I64,
        _ => false,
    }
}
