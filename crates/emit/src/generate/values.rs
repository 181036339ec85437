//! Values: which template an op has; reading and writing guest registers; what is computed late.

use super::{Body, Done, Generator, Loc, Refused, SCRATCH, Upper};
use crate::asm::{Shift, ops};
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::{Gpr, Mem};
use ashore_ir::{Bin, Op, Size, Slot, SlotKind, Ty, Value, Width};

impl Generator<'_> {
    /// Writes one op.
    pub(super) fn op(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::At(_) => Ok(()),
            Op::Const(number) => {
                self.give(self.at, Loc::Number(number));
                Ok(())
            }
            Op::Get(slot) => self.get(slot),
            Op::Set(slot, value) => self.set(body, live, slot, value),
            Op::Bin { op, width, a, b } => self.bin(body, live, (op, width), [a, b]),
            Op::Un { op, width, a } => self.un(body, live, (op, width), a),
            Op::Extend { size, kind, a } => self.extend(body, live, (size, kind), a),
            Op::Bits { from, count, a } => self.bits(body, live, (from, count), a),
            Op::SignedBits { width, from, count, a } => self.signed_bits(body, live, (width, from, count), a),
            Op::Insert { from, count, a, b } => self.insert(body, live, (from, count), [a, b]),
            Op::Join { width, from, a, b } => self.join(body, live, (width, from), [a, b]),
            Op::Compare { cond, width, a, b } => self.compare(body, live, (cond, width), [a, b]),
            Op::Select { ty: Ty::I64, cond, a, b } => self.select(body, live, cond, [a, b]),
            Op::Select { ty: Ty::Flags, cond, a, b } => self.select_flags(body, live, cond, [a, b]),
            Op::Select { ty, cond, a, b } => self.select_vector(body, live, (ty, cond), [a, b]),
            Op::Crc { size, polynomial, a, b } => self.crc(body, live, (size, polynomial), [a, b]),
            Op::Flags { op, width, a, b } => self.flags_of(body, live, (op, width), [a, b]),
            Op::Carry { op, width, a, b, flags } => self.carry(body, live, (op, width), [a, b, flags]),
            Op::CarryFlags { op, width, a, b, flags } => self.carry_flags(body, live, (op, width), [a, b, flags]),
            Op::Cond { cond, flags } => self.cond(live, cond, flags),
            Op::Pack { flags } => self.pack(live, flags),
            Op::Unpack { a } => self.unpack(body, live, a),
            Op::Load { .. } | Op::Store { .. } | Op::VLoad { .. } | Op::VStore { .. } => self.access(body, live, op),
            Op::CompareSwap { .. } | Op::Rmw { .. } | Op::LoadExclusive { .. } | Op::StoreExclusive { .. } => {
                self.atomic(body, live, op)
            }
            Op::ClearExclusive | Op::Fence(_) => self.atomic(body, live, op),
            Op::Invalidate { .. } | Op::Counter | Op::Helper { .. } => Err(Refused),
            Op::ExitIf { .. } | Op::Goto(_) | Op::GotoCall(_) | Op::Jump { .. } | Op::Trap { .. } => {
                self.end(body, live, op)
            }
            Op::VUn { .. } | Op::VBin { .. } | Op::VCompare { .. } | Op::VShift { .. } => self.vector(body, live, op),
            Op::Saturate { .. } | Op::Saturates { .. } => self.saturating(body, live, op),
            Op::VWiden { .. } | Op::VNarrow { .. } => self.wide(body, live, op),
            Op::Permute { .. } | Op::VJoin { .. } | Op::VTable { .. } | Op::VSelect { .. } | Op::Reduce { .. } => {
                self.wide(body, live, op)
            }
            Op::VSplat { .. } if self.is_shift_number(body) => {
                self.give(self.at, Loc::Later);
                Ok(())
            }
            Op::VSplat { .. } | Op::VSplatLane { .. } | Op::VPair { .. } | Op::VGet { .. } | Op::VSet { .. } => {
                self.vector(body, live, op)
            }
            Op::VCopyLane { .. } | Op::VKeep { .. } | Op::Crypto { .. } => self.vector(body, live, op),
            Op::Scalar { .. } | Op::VScalar { .. } | Op::FToBits { .. } | Op::FFromBits { .. } => {
                self.convert(body, live, op)
            }
            Op::FConvert { .. } | Op::FWiden { .. } | Op::FNarrow { .. } => self.convert(body, live, op),
            Op::FToInt { .. } | Op::FFromInt { .. } => self.integral(body, live, op),
            Op::FUn { .. } | Op::FBin { .. } | Op::FMulAdd { .. } | Op::FFlagsSignal { .. } => {
                self.float(body, live, op)
            }
            Op::FFlags { .. } | Op::FCompare { .. } => self.float(body, live, op),
        }
    }

    fn get(&mut self, slot: Slot) -> Done {
        if slot == self.map.guest.flags {
            self.give(self.at, Loc::GuestFlags);
            return Ok(());
        }
        // Registers that only the engine knows how to read.
        if slot.kind == SlotKind::Flags || slot.kind == SlotKind::I32 {
            return Err(Refused);
        }
        self.give(self.at, Loc::Slot(slot));
        Ok(())
    }

    fn set(&mut self, body: Body<'_>, live: &mut Live, slot: Slot, value: Value) -> Done {
        match slot.kind {
            SlotKind::Flags if slot == self.map.guest.flags => return self.set_flags(live, value),
            SlotKind::Flags | SlotKind::I32 => return Err(Refused),
            SlotKind::I64 | SlotKind::V128 => {}
        }
        self.keep_old(live, slot, value)?;
        self.compared_changes(slot);
        if slot.kind == SlotKind::V128 {
            return self.set_vector(live, slot, value);
        }
        match (self.map.int(slot), self.loc(value)) {
            (Some(reg), _) => self.copy_to(body, live, (reg, value, Width::W64))?,
            (None, _) if self.short(value, Width::W64).is_some() => {
                let number = self.short(value, Width::W64).unwrap_or(0);
                self.asm.store_number(Size::B8, RegMap::memory(slot), number);
                self.copied(slot, None);
            }
            (None, _) => {
                let reg = self.gpr(body, live, value)?;
                self.asm.store(Size::B8, RegMap::memory(slot), reg);
                self.copied(slot, Some(reg));
            }
        }
        self.used(live, value);
        Ok(())
    }

    fn set_vector(&mut self, live: &mut Live, slot: Slot, value: Value) -> Done {
        let source = self.xmm(value)?;
        match self.map.vector(slot) {
            Some(reg) if reg == source => {}
            Some(reg) => {
                self.asm.v2(ops::MOVAPS, reg, source);
                self.upper[usize::from(reg.0)] = self.upper[usize::from(source.0)];
            }
            None => self.asm.v2(ops::MOVUPS_STORE, source, RegMap::memory(slot)),
        }
        self.used(live, value);
        Ok(())
    }

    /// Brings values that are still in a guest register to other ones before it is written.
    fn keep_old(&mut self, live: &Live, slot: Slot, except: Value) -> Done {
        let int = self.map.int(slot);
        let vector = self.map.vector(slot);
        for index in self.start..self.at {
            if index == except.index() || live.uses(index) == 0 {
                continue;
            }
            match self.loc_at(index) {
                Loc::Slot(other) if other == slot && slot.kind == SlotKind::V128 => {
                    let reg = self.vtake()?;
                    match vector {
                        Some(source) => self.asm.v2(ops::MOVAPS, reg, source),
                        None => self.asm.v2(ops::MOVUPS, reg, RegMap::memory(slot)),
                    }
                    self.upper[usize::from(reg.0)] = Upper::Unknown;
                    self.give(index, Loc::Xmm(reg));
                }
                Loc::Slot(other) if other == slot => {
                    let reg = self.take()?;
                    match int {
                        Some(source) => self.asm.mov(Width::W64, reg, source),
                        None => self.load_slot(reg, slot)?,
                    }
                    self.give(index, Loc::Gpr(reg));
                }
                Loc::Gpr(reg) if Some(reg) == int => return Err(Refused),
                Loc::Xmm(reg) if Some(reg) == vector => return Err(Refused),
                // It may hang on the register.
                Loc::Later => return Err(Refused),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the op at hand is computed by the access or addition that uses it.
    pub(super) fn is_late(&self, body: Body<'_>, live: &Live, op: &Op) -> bool {
        if live.uses(self.at) != 1 {
            return false;
        }
        let this = Value(self.at as u32);
        match *op {
            Op::Bin { op: Bin::Add, width: Width::W64, .. } => {
                let rest = body.ops.get(self.at + 1..).unwrap_or_default();
                for op in rest {
                    match *op {
                        Op::Get(_) | Op::Const(_) | Op::Scalar { .. } => {}
                        Op::Load { addr, .. } | Op::VLoad { addr, .. } => return addr == this,
                        Op::Store { addr, .. } | Op::VStore { addr, .. } => return addr == this,
                        _ => return false,
                    }
                }
                false
            }
            Op::Bin { op: Bin::Shl, width: Width::W64, b, .. } => {
                let is_short = matches!(self.loc(b), Loc::Number(0..=3));
                let next = body.ops.get(self.at + 1);
                is_short
                    && matches!(next, Some(&Op::Bin { op: Bin::Add, width: Width::W64, a, b }) if b == this && a != this)
            }
            _ => false,
        }
    }

    /// A late shift as an index; nothing for what is something else.
    fn scaled(&mut self, body: Body<'_>, live: &mut Live, value: Value) -> Result<Option<(Gpr, u8)>, Refused> {
        if self.loc(value) != Loc::Later {
            return Ok(None);
        }
        match body.block.op(value) {
            Some(&Op::Bin { op: Bin::Shl, a, b, .. }) => {
                let Loc::Number(by) = self.loc(b) else { return Err(Refused) };
                Ok(Some((self.gpr(body, live, a)?, by as u8)))
            }
            _ => Err(Refused),
        }
    }

    /// A late sum as a place in memory.
    pub(super) fn sum(&mut self, body: Body<'_>, live: &mut Live, value: Value) -> Result<Mem, Refused> {
        let Some(&Op::Bin { op: Bin::Add, a, b, .. }) = body.block.op(value) else { return Err(Refused) };
        self.sum_of(body, live, [a, b])
    }

    /// The sum of two values as a place in memory.
    pub(super) fn sum_of(&mut self, body: Body<'_>, live: &mut Live, [a, b]: [Value; 2]) -> Result<Mem, Refused> {
        if let Some(number) = self.short(b, Width::W64) {
            return Ok(Mem::at(self.gpr(body, live, a)?, number));
        }
        let base = self.gpr(body, live, a)?;
        let index = match self.scaled(body, live, b)? {
            Some(index) => index,
            None => (self.gpr(body, live, b)?, 0),
        };
        Ok(Mem { base, index: Some(index), disp: 0 })
    }

    /// What a late sum or shift holds on to is not needed any more.
    pub(super) fn sum_used(&mut self, body: Body<'_>, live: &mut Live, value: Value) {
        if self.loc(value) != Loc::Later {
            return;
        }
        if let Some(&Op::Bin { a, b, .. }) = body.block.op(value) {
            self.sum_used(body, live, a);
            self.sum_used(body, live, b);
            self.all_used(live, &[a, b]);
        }
    }

    /// Computes a late value after all.
    pub(super) fn compute(&mut self, body: Body<'_>, live: &mut Live, value: Value) -> Result<Gpr, Refused> {
        let reg = match body.block.op(value) {
            Some(&Op::Bin { op: Bin::Shl, a, b, .. }) => {
                let Loc::Number(by) = self.loc(b) else { return Err(Refused) };
                let reg = self.take()?;
                self.copy_to(body, live, (reg, a, Width::W64))?;
                self.clobber(live)?;
                self.asm.shift(Shift::Shl, Width::W64, reg, by as u8);
                reg
            }
            Some(Op::Bin { op: Bin::Add, .. }) => {
                let mem = self.sum(body, live, value)?;
                let reg = self.take()?;
                self.asm.lea(Width::W64, reg, mem);
                reg
            }
            _ => return Err(Refused),
        };
        self.sum_used(body, live, value);
        debug_assert!(SCRATCH & 1 << reg.0 != 0);
        Ok(reg)
    }
}
