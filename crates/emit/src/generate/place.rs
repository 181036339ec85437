//! Registers for values.

use super::{Body, Done, Generator, Loc, Refused, Upper};
use crate::asm::{Shift, ops};
use crate::frame;
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::{Gpr, Mem, Rm, Xmm};
use crate::unit::Addresses;
use ashore_ir::{Bin, Extend, FlagOp, Op, Size, Slot, SlotKind, Value, Width};

impl Generator<'_> {
    #[inline]
    pub(super) fn loc(&self, value: Value) -> Loc {
        self.loc_at(value.index())
    }

    #[inline]
    pub(super) fn loc_at(&self, index: usize) -> Loc {
        self.locs.get(index.wrapping_sub(self.start)).copied().unwrap_or(Loc::None)
    }

    pub(super) fn give(&mut self, value: usize, loc: Loc) {
        if let Some(place) = self.locs.get_mut(value.wrapping_sub(self.start)) {
            *place = loc;
        }
    }

    /// A general register for a template. `rax` comes last: storing flags needs it.
    pub(super) fn take(&mut self) -> Result<Gpr, Refused> {
        self.forget_written();
        let [_, second, third] = self.copies;
        let reg = match self.free {
            // Those that hold no copy first.
            free if free & 6 == 6 && second.is_some() && third.is_none() => Gpr::RDX,
            free if free & 2 != 0 => Gpr::RCX,
            free if free & 4 != 0 => Gpr::RDX,
            free if free & 1 != 0 => Gpr::RAX,
            _ => return Err(Refused),
        };
        self.free &= !(1 << reg.0);
        Ok(reg)
    }

    /// Forgets the copies in registers that something was written to.
    fn forget_written(&mut self) {
        let written = self.asm.take_written();
        if written != 0 {
            for (number, copy) in self.copies.iter_mut().enumerate() {
                if written >> number & 1 != 0 {
                    *copy = None;
                }
            }
        }
    }

    /// A register that holds a copy of a guest register.
    pub(super) fn copy_of(&mut self, slot: Slot) -> Option<Gpr> {
        self.forget_written();
        let [_, second, third] = self.copies;
        match Some(slot) {
            slot if second == slot => Some(Gpr::RCX),
            slot if third == slot => Some(Gpr::RDX),
            _ => None,
        }
    }

    /// A guest register that lives in memory is read or written, and a register may hold its value now.
    pub(super) fn copied(&mut self, slot: Slot, to: Option<Gpr>) {
        self.forget_written();
        for (number, copy) in self.copies.iter_mut().enumerate() {
            if to.is_some_and(|reg| usize::from(reg.0) == number && reg != Gpr::RAX) {
                *copy = Some(slot);
            } else if *copy == Some(slot) {
                *copy = None;
            }
        }
    }

    /// This register for a template.
    pub(super) fn take_exactly(&mut self, reg: Gpr) -> Done {
        if self.free & 1 << reg.0 == 0 {
            return Err(Refused);
        }
        self.free &= !(1 << reg.0);
        Ok(())
    }

    pub(super) fn put_back(&mut self, reg: Gpr) {
        self.free |= 1 << reg.0 & super::SCRATCH;
    }

    pub(super) fn vtake(&mut self) -> Result<Xmm, Refused> {
        let number = self.vfree.trailing_zeros();
        let reg = if number < 16 { Xmm(number as u8) } else { self.spill()? };
        self.vfree &= !(1 << reg.0);
        self.vheld |= 1 << reg.0;
        Ok(reg)
    }

    pub(super) fn vput_back(&mut self, reg: Xmm) {
        self.vfree |= 1 << reg.0 & super::VSCRATCH;
        self.vheld &= !(1 << reg.0);
    }

    /// Where a spilled vector is.
    fn room(number: u8) -> Mem {
        frame::place(frame::SPILLS + usize::from(number) * 16)
    }

    /// Takes a register from the value that is needed last, which goes to the frame.
    fn spill(&mut self) -> Result<Xmm, Refused> {
        let room = self.spilled.trailing_ones() as u8;
        let part = self.unit.parts.get(self.current).ok_or(Refused)?;
        let rest = part.block.ops().get(self.at..).unwrap_or_default();
        let is_ours = |reg: Xmm| 1 << reg.0 & super::VSCRATCH & !self.vheld != 0;
        let values = (self.start..self.at).filter_map(|index| match self.loc_at(index) {
            Loc::Xmm(reg) if is_ours(reg) => Some((index, reg)),
            _ => None,
        });
        let user = |index: usize| rest.iter().position(|op| op.operands().contains(&Value(index as u32)));
        let last = values.max_by_key(|(index, _)| user(*index).unwrap_or(usize::MAX));
        let (index, reg) = last.filter(|_| usize::from(room) < frame::SPILL_COUNT).ok_or(Refused)?;
        self.asm.v2(ops::MOVUPS_STORE, reg, Self::room(room));
        self.spilled |= 1 << room;
        self.give(index, Loc::Spilled(room));
        Ok(reg)
    }

    /// The op at hand has used a value.
    pub(super) fn used(&mut self, live: &mut Live, value: Value) {
        if live.use_up(value) {
            match self.loc(value) {
                Loc::Gpr(reg) => self.put_back(reg),
                Loc::Xmm(reg) => self.vput_back(reg),
                Loc::Spilled(room) => self.spilled &= !(1 << room),
                _ => {}
            }
            self.give(value.index(), Loc::None);
            if self.pending == Some(value) {
                self.pending = None;
            }
        }
    }

    pub(super) fn all_used(&mut self, live: &mut Live, values: &[Value]) {
        for &value in values {
            self.used(live, value);
        }
    }

    /// The general register a value is in; it is brought into one.
    pub(super) fn gpr(&mut self, body: Body<'_>, live: &mut Live, value: Value) -> Result<Gpr, Refused> {
        let reg = match self.loc(value) {
            Loc::Gpr(reg) => return Ok(reg),
            Loc::Slot(slot) => match self.map.int(slot) {
                Some(reg) => return Ok(reg),
                None => match self.copy_of(slot).filter(|reg| self.free >> reg.0 & 1 != 0) {
                    Some(reg) => {
                        self.free &= !(1 << reg.0);
                        reg
                    }
                    None => {
                        let reg = self.take()?;
                        self.load_slot(reg, slot)?;
                        reg
                    }
                },
            },
            Loc::Number(number) => {
                let reg = self.take()?;
                self.asm.number(reg, number);
                reg
            }
            Loc::Later => self.compute(body, live, value)?,
            Loc::Cond(_) | Loc::HostCond(_) => self.truth(value)?,
            Loc::None | Loc::Xmm(_) | Loc::Spilled(_) | Loc::GuestFlags | Loc::HostFlags(_) => return Err(Refused),
        };
        self.give(value.index(), Loc::Gpr(reg));
        Ok(reg)
    }

    pub(super) fn load_slot(&mut self, reg: Gpr, slot: Slot) -> Done {
        let size = match slot.kind {
            SlotKind::I32 => Size::B4,
            SlotKind::I64 => Size::B8,
            SlotKind::V128 | SlotKind::Flags => return Err(Refused),
        };
        match self.copy_of(slot) {
            Some(copy) if copy == reg => return Ok(()),
            Some(copy) => self.asm.mov(Width::W64, reg, copy),
            None => {
                self.asm.load(size, Extend::Zero, reg, RegMap::memory(slot));
                if size == Size::B8 {
                    self.copied(slot, Some(reg));
                }
            }
        }
        Ok(())
    }

    /// A value as an operand that may be memory.
    pub(super) fn rm(&mut self, body: Body<'_>, live: &mut Live, value: Value) -> Result<Rm, Refused> {
        match self.loc(value) {
            // A copy, unless registers are few.
            Loc::Slot(slot)
                if slot.kind == SlotKind::I64
                    && self.map.int(slot).is_none()
                    && (self.free != super::SCRATCH || self.copy_of(slot).is_none()) =>
            {
                Ok(RegMap::memory(slot).into())
            }
            _ => Ok(self.gpr(body, live, value)?.into()),
        }
    }

    /// A value as a constant that instructions of this width can hold.
    pub(super) fn short(&self, value: Value, width: Width) -> Option<i32> {
        match (self.loc(value), width) {
            (Loc::Number(number), Width::W64) => i32::try_from(number as i64).ok(),
            (Loc::Number(number), Width::W32) => Some(number as i32),
            _ => None,
        }
    }

    /// The guest register the value of op `at` goes to, if it may be written already at this op: nothing between here and
    /// there can stop the instruction or wants the register's old value.
    pub(super) fn goal(&self, body: Body<'_>, live: &Live, at: usize) -> Option<Slot> {
        let target = live.target(at)?;
        let Some(&Op::Set(slot, _)) = body.ops.get(target) else { return None };
        let first = if self.is_flagged(body, live, at) { at + 2 } else { at + 1 };
        let is_old = |value: Value| matches!(self.loc(value), Loc::Slot(other) if other == slot);
        for op in body.ops.get(first..target)? {
            let reads = matches!(*op, Op::Get(other) | Op::Set(other, _) if other == slot);
            if op.can_fault() || is_float(op) || reads || op.operands().into_iter().any(is_old) {
                return None;
            }
        }
        // Later ops of the instruction may want the old value, too.
        let rest = body.ops.get(target + 1..)?;
        let rest = rest.iter().take_while(|op| !matches!(op, Op::At(_)));
        for op in rest {
            if op.operands().into_iter().any(is_old) {
                return None;
            }
        }
        Some(slot)
    }

    /// Whether the op after this one makes flags of the same operands: one instruction does both.
    pub(super) fn is_flagged(&self, body: Body<'_>, live: &Live, at: usize) -> bool {
        let [Some(&Op::Bin { op, width, a, b }), Some(&Op::Flags { op: flags, width: same, a: x, b: y })] =
            [body.ops.get(at), body.ops.get(at + 1)]
        else {
            return false;
        };
        let fits = matches!((op, flags), (Bin::Add, FlagOp::Add) | (Bin::Sub, FlagOp::Sub) | (Bin::And, FlagOp::And));
        fits && width == same && [a, b] == [x, y] && !live.dead(at + 1)
    }

    /// The general register a value is in now.
    pub(super) fn register(&self, value: Value) -> Option<Gpr> {
        match self.loc(value) {
            Loc::Gpr(reg) => Some(reg),
            Loc::Slot(slot) => self.map.int(slot),
            _ => None,
        }
    }

    /// A register for the value of the op at hand: that of its guest register, or one for templates. It is none of `others`.
    pub(super) fn dest(&mut self, body: Body<'_>, live: &Live, others: &[Gpr]) -> Result<Gpr, Refused> {
        if let Some(slot) = self.goal(body, live, self.at)
            && let Some(reg) = self.map.int(slot)
            && !others.contains(&reg)
        {
            return Ok(reg);
        }
        self.take()
    }

    /// A register for the value of the op at hand that holds `a` already. It is none of `others`.
    pub(super) fn dest_of(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (a, width): (Value, Width),
        others: &[Gpr],
    ) -> Result<Gpr, Refused> {
        let goal = self.goal(body, live, self.at).and_then(|slot| self.map.int(slot));
        if let Some(reg) = goal.filter(|reg| !others.contains(reg)) {
            self.copy_to(body, live, (reg, a, width))?;
            return Ok(reg);
        }
        if let Loc::Gpr(reg) = self.loc(a)
            && live.uses(a.index()) == 1
            && self.free & 1 << reg.0 == 0
            && super::SCRATCH & 1 << reg.0 != 0
            && !others.contains(&reg)
        {
            // The register changes hands.
            self.give(a.index(), Loc::None);
            return Ok(reg);
        }
        let reg = self.take()?;
        self.copy_to(body, live, (reg, a, width))?;
        Ok(reg)
    }

    /// Copies a value to a register; leaves the flags.
    pub(super) fn copy_to(&mut self, body: Body<'_>, live: &mut Live, (reg, a, width): (Gpr, Value, Width)) -> Done {
        match self.loc(a) {
            Loc::Number(number) => self.asm.number(reg, number),
            Loc::Slot(slot) if self.map.int(slot).is_none() => self.load_slot(reg, slot)?,
            _ => {
                let source = self.gpr(body, live, a)?;
                if source != reg {
                    self.asm.mov(width, reg, source);
                }
            }
        }
        Ok(())
    }

    /// The vector register a value is in; it is brought into one.
    pub(super) fn xmm(&mut self, value: Value) -> Result<Xmm, Refused> {
        match self.loc(value) {
            Loc::Xmm(reg) => {
                self.vheld |= 1 << reg.0;
                Ok(reg)
            }
            Loc::Spilled(room) => {
                let reg = self.vtake()?;
                self.asm.v2(ops::MOVUPS, reg, Self::room(room));
                self.spilled &= !(1 << room);
                self.upper[usize::from(reg.0)] = Upper::Unknown;
                self.give(value.index(), Loc::Xmm(reg));
                Ok(reg)
            }
            Loc::Slot(slot) => match self.map.vector(slot) {
                Some(reg) => Ok(reg),
                None if slot.kind == SlotKind::V128 => {
                    let reg = self.vtake()?;
                    self.asm.v2(ops::MOVUPS, reg, RegMap::memory(slot));
                    self.upper[usize::from(reg.0)] = Upper::Unknown;
                    self.give(value.index(), Loc::Xmm(reg));
                    Ok(reg)
                }
                None => Err(Refused),
            },
            _ => Err(Refused),
        }
    }

    /// A vector as an operand that may be memory.
    pub(super) fn vrm(&mut self, value: Value) -> Result<Rm, Refused> {
        match self.loc(value) {
            Loc::Slot(slot) if slot.kind == SlotKind::V128 && self.map.vector(slot).is_none() => {
                Ok(RegMap::memory(slot).into())
            }
            Loc::Spilled(room) => Ok(Self::room(room).into()),
            _ => Ok(self.xmm(value)?.into()),
        }
    }

    /// A vector register for the value of the op at hand. It is none of `others`.
    pub(super) fn vdest(&mut self, body: Body<'_>, live: &Live, others: &[Xmm]) -> Result<Xmm, Refused> {
        self.vdest_of(body, live, self.at, others)
    }

    /// The same for the value of op `at`, between which and the op at hand nothing can stop the instruction.
    pub(super) fn vdest_of(&mut self, body: Body<'_>, live: &Live, at: usize, others: &[Xmm]) -> Result<Xmm, Refused> {
        let is_direct = live.uses(at) == 1;
        if is_direct
            && let Some(slot) = self.goal(body, live, at)
            && let Some(reg) = self.map.vector(slot)
            && !others.contains(&reg)
        {
            return Ok(reg);
        }
        self.vtake()
    }

    /// The value of the op at hand is in this vector register.
    pub(super) fn vgive(&mut self, reg: Xmm, upper: Upper) {
        self.upper[usize::from(reg.0 & 15)] = upper;
        self.give(self.at, Loc::Xmm(reg));
    }

    /// An operand of memory as the address and distance of an access.
    pub(super) fn address(&mut self, body: Body<'_>, live: &mut Live, addr: Value, disp: i32) -> Result<Mem, Refused> {
        let whole = self.whole_address(body, live, addr, disp)?;
        if self.unit.addresses == Addresses::Whole {
            return Ok(whole);
        }
        let sum = self.take()?;
        self.asm.lea(Width::W64, sum, whole);
        self.untag(live, sum)?;
        Ok(Mem::at(sum, 0))
    }

    /// The highest bit of an address that counts in the place of those above it.
    pub(super) fn untag(&mut self, live: &Live, reg: Gpr) -> Done {
        let by = self.map.guest.ignored;
        if self.flags_wanted(live) {
            let count = self.take()?;
            self.asm.number(count, by.into());
            self.asm.g3(ops::SHLX.wide(Width::W64), reg, count, reg);
            self.asm.g3(ops::SARX.wide(Width::W64), reg, count, reg);
            self.put_back(count);
        } else {
            self.clobber(live)?;
            self.asm.shift(Shift::Shl, Width::W64, reg, by);
            self.asm.shift(Shift::Sar, Width::W64, reg, by);
        }
        Ok(())
    }

    /// The access to an address that [`Self::address`] gave has read it, or is about to as its last operand.
    pub(super) fn address_used(&mut self, mem: Mem) {
        if self.unit.addresses == Addresses::Tagged {
            self.put_back(mem.base);
        }
    }

    fn whole_address(&mut self, body: Body<'_>, live: &mut Live, addr: Value, disp: i32) -> Result<Mem, Refused> {
        if self.loc(addr) == Loc::Later {
            let mem = self.sum(body, live, addr)?;
            return match mem.disp.checked_add(disp) {
                Some(disp) => Ok(Mem { disp, ..mem }),
                None => Err(Refused),
            };
        }
        Ok(Mem::at(self.gpr(body, live, addr)?, disp))
    }
}

/// Whether an op may stop the instruction because of the numbers it computes with.
pub(super) fn is_float(op: &Op) -> bool {
    let is_plain = matches!(op, Op::FUn { .. } | Op::FBin { .. } | Op::FMulAdd { .. } | Op::FCompare { .. });
    let is_flags = matches!(op, Op::FFlags { .. } | Op::FFlagsSignal { .. });
    let is_conversion = matches!(op, Op::FConvert { .. } | Op::FWiden { .. } | Op::FNarrow { .. });
    is_plain || is_flags || is_conversion || matches!(op, Op::FToInt { .. } | Op::FFromInt { .. })
}
