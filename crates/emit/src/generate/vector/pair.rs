//! Neighbouring lanes.

use super::super::{Done, Generator, Refused};
use crate::asm::ops;
use crate::frame::Vector;
use crate::reg::Xmm;
use ashore_ir::{Lane, Permute};

/// Digits of the host's shifts of lanes.
const RIGHT: u8 = 2;
const RIGHT_SIGNED: u8 = 4;
const LEFT: u8 = 6;

impl Generator<'_> {
    /// Bytes or words of two vectors in turns: one of every two neighbours stays where it is, the other comes from beside it.
    pub(in super::super) fn transpose(&mut self, op: Permute, lane: Lane, [reg, x, y]: [Xmm; 3]) -> Done {
        let is_even = op == Permute::TransposeEven;
        let other = self.vtake()?;
        match (lane, is_even) {
            (Lane::H, true) => {
                self.asm.v_shift(ops::PSHIFTD_NUMBER, LEFT, (other, y), 16);
                self.asm.v3_number(ops::PBLENDW, reg, (x, other.into()), 0xaa);
            }
            (Lane::H, false) => {
                self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT, (other, x), 16);
                self.asm.v3_number(ops::PBLENDW, reg, (other, y.into()), 0xaa);
            }
            (Lane::B, true) => {
                self.asm.v_shift(ops::PSHIFTW_NUMBER, LEFT, (other, y), 8);
                self.asm.v3(ops::PAND, reg, x, Vector::EvenBytes.place());
                self.asm.v3(ops::POR, reg, reg, other);
            }
            (Lane::B, false) => {
                self.asm.v_shift(ops::PSHIFTW_NUMBER, RIGHT, (other, x), 8);
                self.asm.v2(ops::MOVUPS, reg, Vector::EvenBytes.place());
                self.asm.v3(ops::PANDN, reg, reg, y);
                self.asm.v3(ops::POR, reg, reg, other);
            }
            _ => return Err(Refused),
        }
        self.vput_back(other);
        Ok(())
    }

    /// Sums of neighbours in lanes twice as large: the upper ones by a shift, the lower ones by two.
    pub(in super::super) fn pair_sums(&mut self, (lane, is_signed): (Lane, bool), [reg, x]: [Xmm; 2]) -> Done {
        let low = self.vtake()?;
        let (shift, add) = match lane {
            Lane::B => (ops::PSHIFTW_NUMBER, ops::PADDW),
            Lane::H => (ops::PSHIFTD_NUMBER, ops::PADDD),
            Lane::S => (ops::PSHIFTQ_NUMBER, ops::PADDQ),
            Lane::D => return Err(Refused),
        };
        if is_signed && lane == Lane::S {
            // The host has no shift for signs of so large lanes.
            for (part, order) in [(low, 0x08), (reg, 0x0d)] {
                self.asm.v2_number(ops::PSHUFD, part, x, order);
                self.asm.v2(ops::PMOVSXDQ, part, part);
            }
        } else {
            let digit = if is_signed { RIGHT_SIGNED } else { RIGHT };
            let half = lane.bits() as u8;
            self.asm.v_shift(shift, LEFT, (low, x), half);
            self.asm.v_shift(shift, digit, (low, low), half);
            self.asm.v_shift(shift, digit, (reg, x), half);
        }
        self.asm.v3(add, reg, reg, low);
        self.vput_back(low);
        Ok(())
    }
}
