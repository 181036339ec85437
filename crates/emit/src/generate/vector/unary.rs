//! Vectors of integers: one operand.

use super::super::{Body, Done, Generator, Refused};
use super::{ADD, EQUAL, GREATER, SUB};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::Xmm;
use ashore_ir::{Lane, VUn, Value};

impl Generator<'_> {
    pub(super) fn vun(&mut self, body: Body<'_>, live: &mut Live, (op, lane): (VUn, Lane), a: Value) -> Done {
        let x = self.xmm(a)?;
        let reg = self.vdest(body, live, &[x])?;
        match (op, lane) {
            (VUn::Neg, lane) => {
                self.zero(reg);
                self.asm.v3(SUB[lane as usize].ok_or(Refused)?, reg, reg, x);
            }
            (VUn::Abs, Lane::B) => self.asm.v2(ops::PABSB, reg, x),
            (VUn::Abs, Lane::H) => self.asm.v2(ops::PABSW, reg, x),
            (VUn::Abs, Lane::S) => self.asm.v2(ops::PABSD, reg, x),
            (VUn::Abs, Lane::D) => {
                let signs = self.vtake()?;
                self.zero(signs);
                self.asm.v3(ops::PCMPGTQ, signs, signs, x);
                self.asm.v3(ops::PXOR, reg, x, signs);
                self.asm.v3(ops::PSUBQ, reg, reg, signs);
                self.vput_back(signs);
            }
            (VUn::Not, _) => {
                self.ones(reg);
                self.asm.v3(ops::PXOR, reg, reg, x);
            }
            (VUn::Clz, _) => self.leading_zeros(lane, [reg, x])?,
            (VUn::Cls, _) => {
                // The zeros behind the sign, whose bits become zeros, too.
                let same = self.vtake()?;
                self.zero(reg);
                self.asm.v3(GREATER[lane as usize].ok_or(Refused)?, reg, reg, x);
                self.asm.v3(ops::PXOR, same, x, reg);
                self.leading_zeros(lane, [reg, same])?;
                self.ones(same);
                self.asm.v3(ADD[lane as usize].ok_or(Refused)?, reg, reg, same);
                self.vput_back(same);
            }
            (VUn::Popcount, _) => self.nibbles([Vector::Popcount, Vector::Popcount], ops::PADDB, [reg, x])?,
            (VUn::ReverseBits, Lane::B) => {
                self.nibbles([Vector::ReverseHigh, Vector::ReverseLow], ops::POR, [reg, x])?;
            }
            (VUn::Reverse16, Lane::B) => self.asm.v3(ops::PSHUFB, reg, x, Vector::Reverse16.place()),
            (VUn::Reverse32, Lane::B) => self.asm.v3(ops::PSHUFB, reg, x, Vector::Reverse32.place()),
            (VUn::Reverse64, Lane::B) => self.asm.v3(ops::PSHUFB, reg, x, Vector::Reverse64.place()),
            (VUn::Reverse32, Lane::H) => self.shuffle_words(reg, x, 0xb1),
            (VUn::Reverse64, Lane::H) => self.shuffle_words(reg, x, 0x1b),
            (VUn::Reverse64, Lane::S) => self.asm.v2_number(ops::PSHUFD, reg, x, 0xb1),
            (VUn::UAddPairs, _) => self.pair_sums((lane, false), [reg, x])?,
            (VUn::SAddPairs, _) => self.pair_sums((lane, true), [reg, x])?,
            _ => return Err(Refused),
        }
        self.vdone(live, reg, &[a])
    }

    fn shuffle_words(&mut self, reg: Xmm, x: Xmm, order: u8) {
        self.asm.v2_number(ops::PSHUFLW, reg, x, order);
        self.asm.v2_number(ops::PSHUFHW, reg, reg, order);
    }

    /// What an instruction makes of two table entries for every byte: of its lower four bits, and of its upper four.
    fn nibbles(&mut self, [low, high]: [Vector; 2], code: VOp, [reg, x]: [Xmm; 2]) -> Done {
        let (upper, table) = (self.vtake()?, self.vtake()?);
        let nibble = Vector::Nibble.place();
        self.asm.v3(ops::PAND, reg, x, nibble);
        self.asm.v_shift(ops::PSHIFTW_NUMBER, 2, (upper, x), 4);
        self.asm.v3(ops::PAND, upper, upper, nibble);
        self.asm.v2(ops::MOVUPS, table, low.place());
        self.asm.v3(ops::PSHUFB, reg, table, reg);
        if high != low {
            self.asm.v2(ops::MOVUPS, table, high.place());
        }
        self.asm.v3(ops::PSHUFB, upper, table, upper);
        self.asm.v3(code, reg, reg, upper);
        self.vput_back(upper);
        self.vput_back(table);
        Ok(())
    }

    /// Leading zeros of bytes: the least of two table entries. Then those of lanes twice as large: the upper half's, and the
    /// lower half's where the upper one is zero.
    fn leading_zeros(&mut self, lane: Lane, [reg, x]: [Xmm; 2]) -> Done {
        self.nibbles([Vector::ZerosLow, Vector::ZerosHigh], ops::PMINUB, [reg, x])?;
        let steps = [(Lane::B, ops::PSHIFTW_NUMBER), (Lane::H, ops::PSHIFTD_NUMBER)];
        for (half, shift) in steps {
            if half >= lane {
                break;
            }
            let low = self.vtake()?;
            self.zero(low);
            self.asm.v3(EQUAL[half as usize].ok_or(Refused)?, low, low, x);
            self.asm.v_shift(shift, 2, (low, low), half.bits() as u8);
            self.asm.v3(ops::PAND, low, low, reg);
            self.asm.v_shift(shift, 2, (reg, reg), half.bits() as u8);
            self.asm.v3(ADD[half.wider() as usize].ok_or(Refused)?, reg, reg, low);
            self.vput_back(low);
        }
        if lane == Lane::D { Err(Refused) } else { Ok(()) }
    }
}
