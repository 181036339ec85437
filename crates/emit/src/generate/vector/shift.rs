//! Shifts of lanes, by the same number or by numbers in lanes.

use super::super::{Body, Done, Generator, Refused};
use super::{ADD, SUB};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::Xmm;
use ashore_ir::{Lane, VBin, VShift, Value};

/// Digits of the host's shifts of lanes.
const RIGHT: u8 = 2;
const RIGHT_SIGNED: u8 = 4;
const LEFT: u8 = 6;

/// The upper half of every 64-bit lane in both of its halves.
const UPPER_TWICE: u8 = 0xf5;

/// The shift of all lanes by a constant, and its digit.
const fn shift_code(op: VShift, lane: Lane) -> Option<(VOp, u8)> {
    let code = match lane {
        Lane::B => return None,
        Lane::H => ops::PSHIFTW_NUMBER,
        Lane::S => ops::PSHIFTD_NUMBER,
        Lane::D => ops::PSHIFTQ_NUMBER,
    };
    match (op, lane) {
        (VShift::Shl, _) => Some((code, LEFT)),
        (VShift::Shr, _) => Some((code, RIGHT)),
        (VShift::Sar, Lane::H | Lane::S) => Some((code, RIGHT_SIGNED)),
        _ => None,
    }
}

/// How lanes are shifted by lanes.
#[derive(Clone, Copy)]
struct Kind {
    is_signed: bool,
    rounds: bool,
}

impl Generator<'_> {
    pub(super) fn vshift(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, lane, by): (VShift, Lane, u8),
        a: Value,
    ) -> Done {
        let x = self.xmm(a)?;
        let others = if shift_code(op, lane).is_some() { &[][..] } else { &[x] };
        let reg = self.vdest(body, live, others)?;
        match op {
            VShift::RoundShr => self.round_shift((VShift::Shr, lane, by), [reg, x])?,
            VShift::RoundSar => self.round_shift((VShift::Sar, lane, by), [reg, x])?,
            VShift::Shl | VShift::Shr | VShift::Sar => self.shift_all((op, lane, by), [reg, x])?,
        }
        self.vdone(live, reg, &[a])
    }

    /// A shift of all lanes by the same number, which does not round; `reg` is not `x` where the host has no such shift.
    fn shift_all(&mut self, (op, lane, by): (VShift, Lane, u8), [reg, x]: [Xmm; 2]) -> Done {
        match (shift_code(op, lane), op, lane) {
            (Some((code, digit)), ..) => self.asm.v_shift(code, digit, (reg, x), by),
            (None, VShift::Shl | VShift::Shr, Lane::B) => {
                // Words, then what came from the neighbour is cut off.
                let (mask, none) = (self.vtake()?, self.vtake()?);
                self.ones(mask);
                self.zero(none);
                let (digit, keep) = if op == VShift::Shl { (LEFT, 8) } else { (RIGHT, 8 + by) };
                self.asm.v_shift(ops::PSHIFTW_NUMBER, RIGHT, (mask, mask), keep);
                if op == VShift::Shl {
                    self.asm.v_shift(ops::PSHIFTW_NUMBER, LEFT, (mask, mask), by);
                }
                self.asm.v3(ops::PSHUFB, mask, mask, none);
                self.asm.v_shift(ops::PSHIFTW_NUMBER, digit, (reg, x), by);
                self.asm.v3(ops::PAND, reg, reg, mask);
                self.vput_back(mask);
                self.vput_back(none);
            }
            (None, VShift::Sar, Lane::B) => {
                // Every byte as the upper one of a word.
                let high = self.vtake()?;
                self.asm.v3(ops::PUNPCKLBW, reg, x, x);
                self.asm.v3(ops::PUNPCKHBW, high, x, x);
                self.asm.v_shift(ops::PSHIFTW_NUMBER, RIGHT_SIGNED, (reg, reg), 8 + by);
                self.asm.v_shift(ops::PSHIFTW_NUMBER, RIGHT_SIGNED, (high, high), 8 + by);
                self.asm.v3(ops::PACKSSWB, reg, reg, high);
                self.vput_back(high);
            }
            (None, VShift::Sar, Lane::D) => {
                // The upper halves as numbers of their own.
                let high = self.vtake()?;
                if by < 32 {
                    self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT_SIGNED, (high, x), by);
                    self.asm.v_shift(ops::PSHIFTQ_NUMBER, RIGHT, (reg, x), by);
                } else {
                    self.asm.v2_number(ops::PSHUFD, reg, x, UPPER_TWICE);
                    self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT_SIGNED, (high, reg), 31);
                    self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT_SIGNED, (reg, reg), by - 32);
                }
                self.asm.v3_number(ops::PBLENDW, reg, (reg, high.into()), 0xcc);
                self.vput_back(high);
            }
            _ => return Err(Refused),
        }
        Ok(())
    }

    /// A shift to the right by the same number whose halves go up: by one less, then half of that, rounded, which is the
    /// number less its half rounded down. Nothing overflows.
    fn round_shift(&mut self, (op, lane, by): (VShift, Lane, u8), [reg, x]: [Xmm; 2]) -> Done {
        let less = by.checked_sub(1).ok_or(Refused)?;
        let from = if less == 0 { x } else { reg };
        if less != 0 {
            self.shift_all((op, lane, less), [reg, x])?;
        }
        let half = self.vtake()?;
        match (lane, op) {
            (Lane::B, VShift::Sar) => {
                // The host has averages of bytes, without signs.
                let signs = Vector::Sign8.place();
                self.asm.v3(ops::PXOR, reg, from, signs);
                self.asm.v3(ops::PAVGB, reg, reg, signs);
                self.asm.v3(ops::PXOR, reg, reg, signs);
            }
            (Lane::B, _) => {
                self.zero(half);
                self.asm.v3(ops::PAVGB, reg, from, half);
            }
            _ => {
                self.shift_all((op, lane, 1), [half, from])?;
                self.asm.v3(SUB[lane as usize].ok_or(Refused)?, reg, from, half);
            }
        }
        self.vput_back(half);
        Ok(())
    }

    /// Shifts by the lanes of `b`, of which only the lowest bytes count: to the left, or by less than zero to the right.
    pub(super) fn shift_lanes(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, lane): (VBin, Lane),
        [a, b]: [Value; 2],
    ) -> Done {
        let kind = Kind {
            is_signed: matches!(op, VBin::SShift | VBin::SRoundShift),
            rounds: matches!(op, VBin::SRoundShift | VBin::URoundShift),
        };
        let [by, first] = self.own(live, b)?;
        let x = self.xmm(a)?;
        // The numbers of `b` are read before anything is written.
        let reg = self.vdest(body, live, &[x])?;
        match lane {
            Lane::B => self.shift_bytes(kind, [reg, x, by, first])?,
            Lane::H => self.shift_words(kind, [reg, x, by, first])?,
            Lane::S | Lane::D => self.shift_large(kind, lane, [reg, x, by, first])?,
        }
        self.vput_back(by);
        self.vdone(live, reg, &[a])
    }

    /// Ones in lanes that are less than zero.
    fn signs(&mut self, lane: Lane, [reg, x]: [Xmm; 2]) {
        self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT_SIGNED, (reg, x), 31);
        if lane == Lane::D {
            self.asm.v2_number(ops::PSHUFD, reg, reg, UPPER_TWICE);
        }
    }

    /// Both ways, and the right one of them; the host shifts as far as it is told to, without or with signs. To the right by
    /// one less than told where the last place is to be rounded: see `round_shift`.
    fn shift_large(&mut self, kind: Kind, lane: Lane, [reg, x, by, first]: [Xmm; 4]) -> Done {
        let (left, right, number) = match lane {
            Lane::D => (ops::PSLLVQ, ops::PSRLVQ, ops::PSHIFTQ_NUMBER),
            _ if kind.is_signed => (ops::PSLLVD, ops::PSRAVD, ops::PSHIFTD_NUMBER),
            _ => (ops::PSLLVD, ops::PSRLVD, ops::PSHIFTD_NUMBER),
        };
        let subtract = SUB[lane as usize].ok_or(Refused)?;
        let is_right = self.vtake()?;
        let top = lane.bits() as u8 - 8;
        self.asm.v_shift(number, LEFT, (by, first), top);
        self.signs(lane, [is_right, by]);
        self.asm.v3(ops::PXOR, by, by, is_right);
        if !kind.rounds {
            self.asm.v3(subtract, by, by, is_right);
        }
        self.asm.v_shift(number, RIGHT, (by, by), top);
        let complements = kind.is_signed && lane == Lane::D;
        if complements {
            // The host has no such shift with signs: the complement of what is less than zero and goes to the right.
            let other = self.vtake()?;
            self.signs(lane, [other, x]);
            self.asm.v3(ops::PAND, other, other, is_right);
            self.asm.v3(ops::PXOR, reg, x, other);
            self.asm.v3(left, other, reg, by);
            self.asm.v3(right, by, reg, by);
            self.asm.v3_number(ops::PBLENDVB, reg, (other, by.into()), is_right.0 << 4);
            self.vput_back(other);
        } else {
            self.asm.v3(right, reg, x, by);
            self.asm.v3(left, by, x, by);
            self.asm.v3_number(ops::PBLENDVB, reg, (by, reg.into()), is_right.0 << 4);
        }
        if kind.rounds {
            let digit = if kind.is_signed && !complements { RIGHT_SIGNED } else { RIGHT };
            self.asm.v_shift(number, digit, (by, reg), 1);
            self.asm.v3(ops::PAND, by, by, is_right);
            self.asm.v3(subtract, reg, reg, by);
        }
        if complements {
            self.signs(lane, [by, x]);
            self.asm.v3(ops::PAND, by, by, is_right);
            self.asm.v3(ops::PXOR, reg, reg, by);
            if kind.rounds {
                // The half that went up went down with the sign: two's complement.
                self.asm.v3(subtract, reg, reg, by);
            }
        }
        self.vput_back(is_right);
        Ok(())
    }

    /// Words by up to 16 to the right and any number to the left: in the lower half of twice as large a lane, shifted by 16
    /// more to the left, of which the upper half is the result. The host makes zero of what is shifted too far; so are the
    /// numbers below zero that are left.
    fn shift_words(&mut self, kind: Kind, [reg, x, by, first]: [Xmm; 4]) -> Done {
        let widen = if kind.is_signed { ops::PMOVSXWD } else { ops::PMOVZXWD };
        let part = self.vtake()?;
        self.asm.v_shift(ops::PSHIFTW_NUMBER, LEFT, (by, first), 8);
        self.asm.v_shift(ops::PSHIFTW_NUMBER, RIGHT_SIGNED, (by, by), 8);
        self.asm.v3(ops::PXOR, by, by, Vector::Sign16.place());
        // By more than 16 to the right only the sign is left, if it does.
        let subtract = if kind.is_signed && !kind.rounds { ops::PSUBUSW } else { ops::PSUBW };
        self.asm.v3(subtract, by, by, Vector::Shift16.place());
        self.asm.v2(ops::PMOVSXWD, reg, by);
        self.asm.v2(widen, part, x);
        self.asm.v3(ops::PSLLVD, reg, part, reg);
        self.bytes_right(by, by, 8);
        self.asm.v2(ops::PMOVSXWD, by, by);
        self.bytes_right(part, x, 8);
        self.asm.v2(widen, part, part);
        self.asm.v3(ops::PSLLVD, by, part, by);
        for result in [reg, by] {
            if kind.rounds {
                self.asm.v3(ADD[Lane::S as usize].ok_or(Refused)?, result, result, Vector::Half16.place());
            }
            self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT, (result, result), 16);
        }
        self.asm.v3(ops::PACKUSDW, reg, reg, by);
        self.vput_back(part);
        Ok(())
    }

    /// Bytes the same way, where the shift is a product with a power of two. Its exponent is from 0 to 15, and behind the end
    /// of a table with its lower and its upper byte there are zeros.
    fn shift_bytes(&mut self, kind: Kind, [reg, x, by, first]: [Xmm; 4]) -> Done {
        let widen = if kind.is_signed { ops::PMOVSXBW } else { ops::PMOVZXBW };
        let part = self.vtake()?;
        self.asm.v3(ops::PXOR, by, first, Vector::Sign8.place());
        let subtract = if kind.is_signed && !kind.rounds { ops::PSUBUSB } else { ops::PSUBB };
        self.asm.v3(subtract, by, by, Vector::Shift8.place());
        self.asm.v3(ops::PADDUSB, by, by, Vector::OutOfTable.place());
        self.asm.v2_number(ops::PSHUFD, part, Vector::Powers.place(), 0x4e);
        self.asm.v3(ops::PSHUFB, part, part, by);
        self.asm.v2(ops::MOVUPS, reg, Vector::Powers.place());
        self.asm.v3(ops::PSHUFB, reg, reg, by);
        self.asm.v3(ops::PUNPCKLBW, by, reg, part);
        self.asm.v3(ops::PUNPCKHBW, part, reg, part);
        self.asm.v2(widen, reg, x);
        self.asm.v3(ops::PMULLW, by, reg, by);
        self.bytes_right(reg, x, 8);
        self.asm.v2(widen, reg, reg);
        self.asm.v3(ops::PMULLW, part, reg, part);
        for result in [by, part] {
            if kind.rounds {
                self.asm.v3(ops::PADDW, result, result, Vector::Half8.place());
            }
            self.asm.v_shift(ops::PSHIFTW_NUMBER, RIGHT, (result, result), 8);
        }
        self.asm.v3(ops::PACKUSWB, reg, by, part);
        self.vput_back(part);
        Ok(())
    }
}
