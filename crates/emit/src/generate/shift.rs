//! Shifts, fields, extensions.

use super::{Body, Done, Generator, Loc, SCRATCH};
use crate::asm::{Alu, Shift, VOp, ops};
use crate::live::Live;
use crate::reg::Gpr;
use ashore_ir::{Bin, Extend, Size, Value, Width};

impl Generator<'_> {
    pub(super) fn shift(&mut self, body: Body<'_>, live: &mut Live, what: (Bin, Width), [a, b]: [Value; 2]) -> Done {
        let (op, width) = what;
        if let Loc::Number(by) = self.loc(b) {
            return self.shift_by(body, live, what, (a, b, by as u8 & (width.bits() as u8 - 1)));
        }
        if op == Bin::Ror {
            return self.rotate(body, live, width, [a, b]);
        }
        let (x, by) = (self.rm(body, live, a)?, self.gpr(body, live, b)?);
        let code: VOp = match op {
            Bin::Shl => ops::SHLX,
            Bin::Shr => ops::SHRX,
            _ => ops::SARX,
        };
        self.all_used(live, &[a, b]);
        let reg = self.dest(body, live, &[])?;
        self.asm.g3(code.wide(width), reg, by, x);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    fn shift_by(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, width): (Bin, Width),
        (a, b, by): (Value, Value, u8),
    ) -> Done {
        let code = match op {
            Bin::Shl => Shift::Shl,
            Bin::Shr => Shift::Shr,
            Bin::Sar => Shift::Sar,
            _ => {
                let x = self.gpr(body, live, a)?;
                self.all_used(live, &[a, b]);
                let reg = self.dest(body, live, &[])?;
                self.asm.rorx(width, reg, x, by);
                self.give(self.at, Loc::Gpr(reg));
                return Ok(());
            }
        };
        if self.flags_wanted(live) {
            // The forms with a register leave the flags.
            let x = self.rm(body, live, a)?;
            let number = self.take()?;
            self.asm.number(number, by.into());
            let code = match op {
                Bin::Shl => ops::SHLX,
                Bin::Shr => ops::SHRX,
                _ => ops::SARX,
            };
            self.all_used(live, &[a, b]);
            self.put_back(number);
            let reg = self.dest(body, live, &[])?;
            self.asm.g3(code.wide(width), reg, number, x);
            self.give(self.at, Loc::Gpr(reg));
            return Ok(());
        }
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (a, width), &[])?;
        self.asm.shift(code, width, reg, by);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// A rotation by a register, which the host has for `cl` only.
    fn rotate(&mut self, body: Body<'_>, live: &mut Live, width: Width, [a, b]: [Value; 2]) -> Done {
        if self.register(b) != Some(Gpr::RCX) {
            self.take_exactly(Gpr::RCX)?;
            self.copy_to(body, live, (Gpr::RCX, b, Width::W32))?;
        }
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (a, width), &[Gpr::RCX])?;
        self.asm.shift_cl(Shift::Ror, width, reg);
        if self.register(b) != Some(Gpr::RCX) {
            self.put_back(Gpr::RCX);
        }
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    pub(super) fn extend(&mut self, body: Body<'_>, live: &mut Live, (size, kind): (Size, Extend), a: Value) -> Done {
        if let Loc::Number(number) = self.loc(a)
            && kind == Extend::Zero
        {
            self.used(live, a);
            self.give(self.at, Loc::Number(number & size.mask() as u64));
            return Ok(());
        }
        let x = self.rm(body, live, a)?;
        self.used(live, a);
        let reg = self.dest(body, live, &[])?;
        self.asm.load(size, kind, reg, x);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// Bits as a field at the bottom.
    pub(super) fn bits(&mut self, body: Body<'_>, live: &mut Live, (from, count): (u8, u8), a: Value) -> Done {
        let upper = from + count;
        let size = match (from, count) {
            (0, 8) => Some(Size::B1),
            (0, 16) => Some(Size::B2),
            (0, 32) => Some(Size::B4),
            _ => None,
        };
        if let Some(size) = size {
            return self.extend(body, live, (size, Extend::Zero), a);
        }
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (a, Width::W64), &[])?;
        if count < 32 && upper <= 32 {
            if from != 0 {
                self.asm.shift(Shift::Shr, Width::W32, reg, from);
            }
            if upper < 32 {
                self.asm.alu_number(Alu::And, Width::W32, reg, ((1u64 << count) - 1) as i32);
            }
        } else if count < 32 {
            self.asm.shift(Shift::Shr, Width::W64, reg, from);
            if upper < 64 {
                self.asm.alu_number(Alu::And, Width::W32, reg, ((1u64 << count) - 1) as i32);
            }
        } else {
            if upper < 64 {
                self.asm.shift(Shift::Shl, Width::W64, reg, 64 - upper);
            }
            if count < 64 {
                self.asm.shift(Shift::Shr, Width::W64, reg, 64 - count);
            }
        }
        self.used(live, a);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    pub(super) fn signed_bits(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (width, from, count): (Width, u8, u8),
        a: Value,
    ) -> Done {
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (a, width), &[])?;
        let bits = width.bits() as u8;
        if from + count < bits {
            self.asm.shift(Shift::Shl, width, reg, bits - from - count);
        }
        self.asm.shift(Shift::Sar, width, reg, bits - count);
        self.used(live, a);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// A field of one value in another.
    pub(super) fn insert(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (from, count): (u8, u8),
        [a, b]: [Value; 2],
    ) -> Done {
        let field = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
        if let (Loc::Number(x), Loc::Number(y)) = (self.loc(a), self.loc(b)) {
            self.all_used(live, &[a, b]);
            self.give(self.at, Loc::Number(x & !(field << from) | (y & field) << from));
            return Ok(());
        }
        self.clobber(live)?;
        let part = match self.loc(b) {
            // The register changes hands.
            Loc::Gpr(reg) if a != b && live.uses(b.index()) == 1 && SCRATCH & 1 << reg.0 != 0 => {
                self.give(b.index(), Loc::None);
                reg
            }
            _ => self.take()?,
        };
        match self.loc(b) {
            Loc::Number(number) => self.asm.number(part, (number & field) << from),
            loc => {
                if loc != Loc::None {
                    self.copy_to(body, live, (part, b, Width::W64))?;
                }
                if count < 64 {
                    self.asm.shift(Shift::Shl, Width::W64, part, 64 - count);
                    self.asm.shift(Shift::Shr, Width::W64, part, 64 - count - from);
                }
            }
        }
        let other = self.register(b).unwrap_or(Gpr::RSP);
        let reg = self.dest_of(body, live, (a, Width::W64), &[other])?;
        let keep = !(field << from);
        match i32::try_from(keep as i64) {
            Ok(short) => self.asm.alu_number(Alu::And, Width::W64, reg, short),
            Err(_) if keep == u64::from(u32::MAX) => self.asm.mov(Width::W32, reg, reg),
            Err(_) => {
                let mask = self.take()?;
                self.asm.number(mask, keep);
                self.asm.alu(Alu::And, Width::W64, reg, mask);
                self.put_back(mask);
            }
        }
        self.asm.alu(Alu::Or, Width::W64, reg, part);
        self.put_back(part);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    pub(super) fn join(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (width, from): (Width, u8),
        [a, b]: [Value; 2],
    ) -> Done {
        let high = self.gpr(body, live, a)?;
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (b, width), &[high])?;
        self.asm.shrd(width, reg, high, from);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }
}
