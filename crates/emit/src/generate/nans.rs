//! Operands that are no numbers, in code that was seen to have them: looked for before the host stops at them.

use super::float::is_double;
use super::{Done, Generator};
use crate::asm::ops;
use crate::live::Live;
use crate::reg::{Cc, Xmm};
use crate::unit::Nans;
use ashore_ir::{Shape, Width};

/// The host's number of a comparison: one of both is no number; quiet.
const UNORDERED: u8 = 3;

impl Generator<'_> {
    /// Bails out where one of two operands is no number, in code that was seen to have such.
    pub(super) fn look_for_nans(&mut self, live: &mut Live, shape: Shape, [x, y]: [Xmm; 2]) -> Done {
        if self.unit.nans == Nans::Rare {
            return Ok(());
        }
        self.clobber(live)?;
        let bail = self.bail();
        self.may_fault();
        if shape.is_scalar() {
            self.asm.v2(if is_double(shape) { ops::UCOMISD } else { ops::UCOMISS }, x, y);
            self.asm.jcc(Cc::Parity, bail);
            return Ok(());
        }
        let (nans, bits) = (self.vtake()?, self.take()?);
        let code = if is_double(shape) { ops::CMPPD } else { ops::CMPPS };
        self.asm.v3_number(code, nans, (x, y.into()), UNORDERED);
        self.asm.vex(ops::PMOVMSKB, bits.0, 0, nans.into());
        self.asm.test(Width::W32, bits, bits);
        self.asm.jcc(Cc::NotEqual, bail);
        self.vput_back(nans);
        self.put_back(bits);
        Ok(())
    }
}
