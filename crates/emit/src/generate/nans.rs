//! Operands at which the host stops and the guest does not, in code that was seen to have them: what is no number, what is too large
//! for an integer, roots of less than zero. They are looked for before.

use super::float::shaped;
use super::numbers::{power, sized};
use super::{Done, Generator, Refused};
use crate::asm::ops;
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::{Cc, Xmm};
use crate::unit::Nans;
use ashore_ir::{IntKind, Shape, Width};

/// The host's numbers of quiet comparisons: one of both is no number; not less, or no number; less.
const UNORDERED: u8 = 0x03;
const NOT_LESS: u8 = 0x15;
const LESS: u8 = 0x11;

impl Generator<'_> {
    /// Bails out where one of two operands is no number, in code that was seen to have such.
    pub(super) fn look_for_nans(&mut self, live: &Live, shape: Shape, [x, y]: [Xmm; 2]) -> Done {
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

    /// Bails out for numbers that have no root.
    pub(super) fn look_for_negative(&mut self, live: &Live, shape: Shape, x: Xmm) -> Done {
        if self.unit.nans == Nans::Rare {
            return Ok(());
        }
        self.clobber(live)?;
        let none = self.vtake()?;
        self.zero(none);
        self.bail_where(shape, LESS, [x, none])?;
        self.vput_back(none);
        Ok(())
    }

    /// Bails out where a quiet comparison holds. The host's flags are lost.
    fn bail_where(&mut self, shape: Shape, which: u8, [x, y]: [Xmm; 2]) -> Done {
        let bail = self.bail();
        self.may_fault();
        let (holds, bits) = (self.vtake()?, self.take()?);
        let code = shaped(shape, [ops::CMPSS, ops::CMPSD, ops::CMPPS, ops::CMPPD]).ok_or(Refused)?;
        self.asm.v3_number(code, holds, (x, y.into()), which);
        match shape.is_scalar() {
            // What is above a number is that of the first operand.
            true => self.asm.vex(ops::MOVD_STORE, holds.0, 0, bits.into()),
            false => self.asm.vex(ops::PMOVMSKB, bits.0, 0, holds.into()),
        }
        self.asm.test(Width::W32, bits, bits);
        self.asm.jcc(Cc::NotEqual, bail);
        self.vput_back(holds);
        self.put_back(bits);
        Ok(())
    }
}
