//! Operands at which the host stops and the guest does not, in code that was seen to have them: what is no number, what is too large
//! for an integer, roots of less than zero. They are looked for before.

use super::float::{is_double, shaped};
use super::numbers::{power, sized};
use super::{Done, Generator, Refused};
use crate::asm::{Alu, VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::{Cc, Gpr, Xmm};
use crate::unit::{Nans, Tiny};
use ashore_ir::{FBin, IntKind, Shape, Width};

/// The host's numbers of quiet comparisons: one of both is no number; none is; not less, or no number; less.
const UNORDERED: u8 = 0x03;
const ORDERED: u8 = 0x07;
const NOT_LESS: u8 = 0x15;
const LESS: u8 = 0x11;

/// Added to the number of a comparison that takes what is no number for invalid: quiet.
const QUIET: u8 = 0x10;

impl Generator<'_> {
    /// Whether there is code for operands that are no numbers: not where tiny ones are told of, which those would hide.
    pub(super) fn takes_nans(&self) -> bool {
        self.unit.nans == Nans::Usual && self.unit.tiny == Tiny::Mostly
    }

    /// A comparison to which what is no number is invalid, in code that was seen to have such: one that is not, and where that
    /// is raised. Gives the comparison's number, and the register of [`Generator::raise_where`].
    pub(super) fn comparison_of_any(
        &mut self,
        live: &Live,
        (shape, number): (Shape, u8),
        operands: [Xmm; 2],
    ) -> Result<(u8, Option<Gpr>), Refused> {
        if !self.takes_nans() {
            self.look_for_nans(live, shape, operands)?;
            return Ok((number, None));
        }
        self.clobber(live)?;
        self.may_fault();
        let bits = self.where_holds(shape, UNORDERED, operands)?;
        Ok((number | QUIET, Some(bits)))
    }

    /// Raises invalid. The host's flags are lost.
    pub(super) fn raise_invalid(&mut self) {
        let status = RegMap::memory(self.map.guest.status);
        self.asm.alu_number(Alu::Or, Width::W32, status, self.map.guest.invalid as i32);
    }

    /// Raises invalid if a register is not zero. The host's flags are lost.
    pub(super) fn raise_where(&mut self, bits: Option<Gpr>) {
        let Some(bits) = bits else { return };
        let over = self.asm.label();
        self.asm.test(Width::W32, bits, bits);
        self.asm.jcc(Cc::Equal, over);
        self.raise_invalid();
        self.asm.bind(over);
        self.put_back(bits);
    }

    /// The greater or the less of numbers, or what is no number, in code that was seen to have such and if there are registers
    /// for it; gives whether it is done.
    pub(super) fn extreme_of_any(
        &mut self,
        live: &Live,
        (op, shape, code): (FBin, Shape, VOp),
        (reg, [x, y]): (Xmm, [Xmm; 2]),
    ) -> Result<bool, Refused> {
        if !self.takes_nans() || self.vfree.count_ones() < 3 {
            self.look_for_nans(live, shape, [x, y])?;
            return Ok(false);
        }
        self.may_fault();
        let compare = comparing(shape)?;
        let (none, first, second) = (self.vtake()?, self.vtake()?, self.vtake()?);
        self.asm.v3_number(compare, none, (x, y.into()), UNORDERED);
        // Zeros in the place of both, where one is no number.
        self.asm.v3(ops::PANDN, first, none, x);
        self.asm.v3(ops::PANDN, second, none, y);
        self.asm.v3(code, reg, first, second);
        self.asm.v3(code, first, second, first);
        let is_max = matches!(op, FBin::Max | FBin::MaxNumber);
        self.asm.v3(if is_max { ops::ANDPS } else { ops::ORPS }, reg, reg, first);
        // There, the first that is none; or the number, if there is one.
        let (which, of, others) = match op {
            FBin::Max | FBin::Min => (UNORDERED, x, [y, x]),
            _ => (ORDERED, y, [x, y]),
        };
        self.asm.v3_number(compare, first, (of, of.into()), which);
        self.asm.v3_number(ops::PBLENDVB, second, (others[0], others[1].into()), first.0 << 4);
        self.asm.v3_number(ops::PBLENDVB, reg, (reg, second.into()), none.0 << 4);
        for reg in [none, first, second] {
            self.vput_back(reg);
        }
        Ok(true)
    }

    /// Bails out where one of two operands is no number, in code that was seen to have such.
    fn look_for_nans(&mut self, live: &Live, shape: Shape, [x, y]: [Xmm; 2]) -> Done {
        if self.unit.nans == Nans::Rare {
            return Ok(());
        }
        self.clobber(live)?;
        self.bail_where(shape, UNORDERED, [x, y])
    }

    /// Bails out for numbers that an integer cannot hold.
    pub(super) fn look_for_large(&mut self, live: &Live, (shape, kind, scale): (Shape, IntKind, u8), x: Xmm) -> Done {
        if self.unit.nans == Nans::Rare {
            return Ok(());
        }
        let bits = match kind {
            IntKind::I32 => 31,
            IntKind::U32 => 32,
            IntKind::I64 | IntKind::U64 => 63,
        };
        self.clobber(live)?;
        let size = self.vtake()?;
        let limit = self.all_of(shape, power(shape, bits - i32::from(scale)))?;
        self.asm.v3(ops::ANDPS, size, x, sized(shape, (Vector::Rest32, Vector::Rest64)).place());
        self.bail_where(shape, NOT_LESS, [size, limit])?;
        self.vput_back(size);
        self.vput_back(limit);
        Ok(())
    }

    /// Roots, or what is no number for what is less than zero, which is invalid, in code that was seen to have such; gives
    /// whether it is done.
    pub(super) fn root_of_any(&mut self, live: &Live, shape: Shape, (reg, x): (Xmm, Xmm)) -> Result<bool, Refused> {
        if !self.takes_nans() {
            return Ok(false);
        }
        self.clobber(live)?;
        self.may_fault();
        let (none, other) = (self.vtake()?, self.vtake()?);
        self.zero(none);
        self.asm.v3_number(comparing(shape)?, none, (x, none.into()), LESS);
        let bits = self.any_bits(shape, none)?;
        self.asm.v3(ops::PANDN, other, none, x);
        self.root(shape, (reg, other))?;
        self.vput_back(other);
        let other = self.all_of(shape, if is_double(shape) { 0x7ff8 << 48 } else { 0x7fc0 << 16 })?;
        self.asm.v3_number(ops::PBLENDVB, reg, (reg, other.into()), none.0 << 4);
        self.raise_where(Some(bits));
        self.vput_back(none);
        self.vput_back(other);
        Ok(true)
    }

    /// Bails out where a quiet comparison holds. The host's flags are lost.
    fn bail_where(&mut self, shape: Shape, which: u8, [x, y]: [Xmm; 2]) -> Done {
        let bail = self.bail();
        self.may_fault();
        let bits = self.where_holds(shape, which, [x, y])?;
        self.asm.test(Width::W32, bits, bits);
        self.asm.jcc(Cc::NotEqual, bail);
        self.put_back(bits);
        Ok(())
    }

    /// A general register that is not zero where a comparison holds.
    fn where_holds(&mut self, shape: Shape, which: u8, [x, y]: [Xmm; 2]) -> Result<Gpr, Refused> {
        let holds = self.vtake()?;
        self.asm.v3_number(comparing(shape)?, holds, (x, y.into()), which);
        let bits = self.any_bits(shape, holds)?;
        self.vput_back(holds);
        Ok(bits)
    }

    /// A general register that is not zero if a comparison's result is not.
    fn any_bits(&mut self, shape: Shape, holds: Xmm) -> Result<Gpr, Refused> {
        let bits = self.take()?;
        match shape.is_scalar() {
            // What is above a number is that of the first operand.
            true => self.asm.vex(ops::MOVD_STORE, holds.0, 0, bits.into()),
            false => self.asm.vex(ops::PMOVMSKB, bits.0, 0, holds.into()),
        }
        Ok(bits)
    }
}

/// The host's comparison of numbers.
fn comparing(shape: Shape) -> Result<VOp, Refused> {
    shaped(shape, [ops::CMPSS, ops::CMPSD, ops::CMPPS, ops::CMPPD]).ok_or(Refused)
}
