//! Shifts that saturate.
//!
//! What is shifted out at the left is lost where shifting back does not give the operand. To the right nothing saturates: lanes
//! that go there are shifted to the left by zero first.
//!
//! The host does not shift bytes, nor words by numbers of their own: each of these is moved to the top of a larger lane, with
//! zeros below, where it saturates when that lane does.

use super::{SHIFT, Task};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::generate::vector::{ADD, EQUAL, GREATER};
use crate::generate::{Body, Done, Generator, Loc, Refused};
use crate::live::Live;
use crate::reg::{Rm, Xmm};
use ashore_ir::{Lane, Op, Sat, Value};

/// How far lanes are shifted.
#[derive(Clone, Copy)]
enum Count {
    /// All to the left by this number.
    Number(u8),
    /// By the signed byte at this bit of each lane.
    Lanes(Rm, u8),
}

/// A shift of lanes that the host has.
#[derive(Clone, Copy)]
struct Work {
    task: Task,
    /// What is shifted, each below the top of one of the task's.
    lane: Lane,
}

const fn is_signed(op: Sat) -> bool {
    matches!(op, Sat::SShift | Sat::SRoundShift)
}

const fn is_shift(op: Sat) -> bool {
    matches!(op, Sat::SShift | Sat::SRoundShift | Sat::UShift | Sat::URoundShift | Sat::SShiftUnsigned)
}

impl Generator<'_> {
    /// Whether the op at hand is a vector of a constant that is only how far to shift to the left.
    pub(in crate::generate) fn is_shift_number(&self, body: Body<'_>) -> bool {
        let this = Value(self.at as u32);
        let Some(Op::VSplat { lane, .. }) = body.ops.get(self.at) else { return false };
        let rest = body.ops.get(self.at + 1..).unwrap_or_default();
        let mut users =
            rest.iter().take_while(|op| !matches!(op, Op::At(_))).filter(|op| op.operands().contains(&this));
        Self::splat_number(body, this).is_some_and(|number| number < u64::from(lane.bits()))
            && users.all(|user| match *user {
                Op::Saturate { op, lane: same, a, .. } | Op::Saturates { op, lane: same, a, .. } => {
                    is_shift(op) && same == *lane && a != this
                }
                _ => false,
            })
    }

    /// The constant in every lane of a vector.
    fn splat_number(body: Body<'_>, value: Value) -> Option<u64> {
        match body.block.op(value) {
            Some(&Op::VSplat { a, .. }) => body.block.constant(a),
            _ => None,
        }
    }

    pub(super) fn saturating_shift(&mut self, body: Body<'_>, live: &mut Live, task: Task, [a, b]: [Value; 2]) -> Done {
        let count = match self.loc(b) {
            Loc::Later => Count::Number(Self::splat_number(body, b).ok_or(Refused)? as u8),
            _ if task.op == Sat::SShiftUnsigned => return Err(Refused),
            _ => Count::Lanes(self.vrm(b)?, 0),
        };
        let lane = match (task.lane, count) {
            (Lane::B, Count::Number(_)) => Lane::H,
            (Lane::B | Lane::H, Count::Lanes(..)) => Lane::S,
            (lane, _) => lane,
        };
        let work = Work { task, lane };
        let reg = if lane == task.lane {
            let x = self.xmm(a)?;
            let reg = self.vdest(body, live, &[x])?;
            let spare = self.vtake()?;
            self.shift_left_or_right(work, count, [reg, x, spare])?;
            self.vput_back(spare);
            reg
        } else {
            let x = self.vrm(a)?;
            self.shift_pieces(body, live, work, count, x)?
        };
        self.vdone(live, reg, &[a, b])
    }

    /// Each part of the larger lanes by itself, joined.
    fn shift_pieces(
        &mut self,
        body: Body<'_>,
        live: &Live,
        Work { task, lane }: Work,
        count: Count,
        x: Rm,
    ) -> Result<Xmm, Refused> {
        let shift = SHIFT[lane as usize].ok_or(Refused)?;
        let (bits, up) = (task.lane.bits() as u8, (lane.bits() - task.lane.bits()) as u8);
        let register = |rm: Rm| if let Rm::Reg(number) = rm { Some(Xmm(number)) } else { None };
        let y = if let Count::Lanes(y, _) = count { register(y) } else { None };
        let (piece, result) = (self.vtake()?, self.vtake()?);
        let others = [register(x).unwrap_or(piece), y.unwrap_or(piece)];
        let all = self.vdest(body, live, &others)?;
        // By lanes, the piece is not wanted any more where a spare register is.
        let spare = if matches!(count, Count::Lanes(..)) { piece } else { self.vtake()? };
        for at in (0..lane.bits() as u8).step_by(bits.into()) {
            self.copy_vector(piece, x);
            if at != 0 {
                self.asm.v_shift(shift, 2, (piece, piece), at);
            }
            self.asm.v_shift(shift, 6, (piece, piece), up);
            let count = match count {
                Count::Lanes(y, _) => Count::Lanes(y, at),
                number => number,
            };
            self.shift_left_or_right(Work { task, lane }, count, [result, piece, spare])?;
            if at == 0 {
                self.asm.v_shift(shift, 2, (all, result), up);
            } else {
                self.asm.v_shift(shift, 2, (result, result), up);
                self.asm.v_shift(shift, 6, (result, result), at);
                self.asm.v3(ops::POR, all, all, result);
            }
        }
        for reg in [piece, result, spare] {
            self.vput_back(reg);
        }
        Ok(all)
    }

    fn copy_vector(&mut self, reg: Xmm, from: Rm) {
        self.asm.v2(if matches!(from, Rm::Reg(_)) { ops::MOVAPS } else { ops::MOVUPS }, reg, from);
    }

    fn shift_left_or_right(&mut self, work: Work, count: Count, regs: [Xmm; 3]) -> Done {
        match count {
            Count::Number(number) => self.shift_by_number(work, number, regs),
            Count::Lanes(y, at) => self.shift_by_lanes(work, (y, at), regs),
        }
    }

    /// What lanes become that do not fit: the limit of the operand's sign. A spare register may be the operand's if the limit
    /// does not depend on it but for its sign.
    fn shift_limit(&mut self, Work { task, lane }: Work, [spare, x]: [Xmm; 2]) -> Done {
        let index = lane as usize;
        match (task.op, lane) {
            (Sat::SShift | Sat::SRoundShift, Lane::D) => {
                self.zero(spare);
                self.asm.v3(ops::PCMPGTQ, spare, spare, x);
                self.asm.v3(ops::PXOR, spare, spare, Vector::Rest64.place());
            }
            (Sat::SShift | Sat::SRoundShift, _) => {
                let rest = if lane == Lane::H { Vector::Rest16 } else { Vector::Rest32 };
                self.asm.v_shift(SHIFT[index].ok_or(Refused)?, 4, (spare, x), lane.bits() as u8 - 1);
                self.asm.v3(ops::PXOR, spare, spare, rest.place());
            }
            (Sat::SShiftUnsigned, _) => {
                // Greater than minus one.
                self.ones(spare);
                self.asm.v3(GREATER[index].ok_or(Refused)?, spare, x, spare);
            }
            _ => self.ones(spare),
        }
        Ok(())
    }

    /// To the left by a constant. Negative numbers as unsigned ones must not fit even where they are not shifted: one bit
    /// less comes back of them then.
    fn shift_by_number(&mut self, work: Work, by: u8, [reg, x, spare]: [Xmm; 3]) -> Done {
        let Work { task, lane } = work;
        let shift = SHIFT[lane as usize].ok_or(Refused)?;
        let fits = self.vtake()?;
        let is_unsigned = task.op == Sat::SShiftUnsigned;
        let far = if is_unsigned { by.max(1) } else { by };
        self.asm.v_shift(shift, 6, (reg, x), far);
        match (is_signed(task.op), lane) {
            (true, Lane::D) => {
                self.zero(spare);
                self.asm.v3(ops::PCMPGTQ, spare, spare, reg);
                self.asm.v3(ops::PXOR, fits, reg, spare);
                self.asm.v_shift(shift, 2, (fits, fits), far);
                self.asm.v3(ops::PXOR, fits, fits, spare);
            }
            (true, _) => self.asm.v_shift(shift, 4, (fits, reg), far),
            (false, _) => self.asm.v_shift(shift, 2, (fits, reg), far),
        }
        if task.is_hits {
            self.asm.v3(ops::PXOR, reg, fits, x);
        } else {
            self.asm.v3(EQUAL[lane as usize].ok_or(Refused)?, fits, fits, x);
            let shifted = if far == by { reg } else { x };
            self.shift_limit(work, [spare, x])?;
            self.asm.v3_number(ops::PBLENDVB, reg, (spare, shifted.into()), fits.0 << 4);
        }
        self.vput_back(fits);
        Ok(())
    }

    /// To the left by what is positive, saturating, then to the right by what is negative.
    fn shift_by_lanes(&mut self, work: Work, (y, at): (Rm, u8), [reg, x, spare]: [Xmm; 3]) -> Done {
        let Work { task, lane } = work;
        let (by, other) = (self.vtake()?, self.vtake()?);
        // The signed byte as 32 bits.
        match y {
            Rm::Reg(y) => self.asm.v_shift(ops::PSHIFTD_NUMBER, 6, (by, Xmm(y)), 24 - at),
            Rm::Mem(_) => {
                self.copy_vector(by, y);
                self.asm.v_shift(ops::PSHIFTD_NUMBER, 6, (by, by), 24 - at);
            }
        }
        self.asm.v_shift(ops::PSHIFTD_NUMBER, 4, (by, by), 24);
        self.zero(reg);
        self.asm.v3(ops::PMAXSD, other, by, reg);
        self.low_words(lane, other, reg);
        self.asm.v3(variable(lane, (ops::PSLLVD, ops::PSLLVQ)), reg, x, other);
        if is_signed(task.op) && lane == Lane::D {
            self.zero(spare);
            self.asm.v3(ops::PCMPGTQ, spare, spare, reg);
            self.asm.v3(ops::PXOR, reg, reg, spare);
            self.asm.v3(ops::PSRLVQ, other, reg, other);
            self.asm.v3(ops::PXOR, reg, reg, spare);
            self.asm.v3(ops::PXOR, other, other, spare);
        } else {
            let back = if is_signed(task.op) { ops::PSRAVD } else { variable(lane, (ops::PSRLVD, ops::PSRLVQ)) };
            self.asm.v3(back, other, reg, other);
        }
        if task.is_hits {
            self.asm.v3(ops::PXOR, reg, other, x);
        } else {
            self.asm.v3(EQUAL[lane as usize].ok_or(Refused)?, other, other, x);
            self.shift_limit(work, [spare, x])?;
            self.asm.v3_number(ops::PBLENDVB, reg, (spare, reg.into()), other.0 << 4);
            self.shift_right_by(work, [reg, by, other, spare])?;
        }
        self.vput_back(by);
        self.vput_back(other);
        Ok(())
    }

    /// Of 64-bit lanes the lower halves; `none` is zero.
    fn low_words(&mut self, lane: Lane, reg: Xmm, none: Xmm) {
        if lane == Lane::D {
            self.asm.v3_number(ops::PBLENDW, reg, (none, reg.into()), 0x33);
        }
    }

    /// To the right by the 32-bit numbers below zero. Rounding adds the last bit that is shifted out: signed numbers are
    /// shifted no further than there is such a bit. Where nothing is shifted, the bit is looked for beyond the lane.
    fn shift_right_by(&mut self, Work { task, lane }: Work, [reg, by, bit, spare]: [Xmm; 4]) -> Done {
        let rounds = matches!(task.op, Sat::SRoundShift | Sat::URoundShift);
        let (large, small) = (lane.bits() as u8, task.lane.bits() as u8);
        let shift = SHIFT[lane as usize].ok_or(Refused)?;
        let add = ADD[lane as usize].ok_or(Refused)?;
        let right = variable(lane, (ops::PSRLVD, ops::PSRLVQ));
        if task.op == Sat::SRoundShift {
            self.ones(bit);
            self.asm.v_shift(ops::PSHIFTD_NUMBER, 6, (bit, bit), small.trailing_zeros() as u8);
            self.asm.v3(ops::PMAXSD, by, by, bit);
        }
        self.zero(spare);
        self.asm.v3(ops::PMINSD, by, by, spare);
        self.asm.v3(ops::PSUBD, by, spare, by);
        self.low_words(lane, by, spare);
        if rounds {
            self.ones(bit);
            self.asm.v3(add, bit, bit, by);
            self.asm.v3(right, bit, reg, bit);
            self.asm.v_shift(shift, 6, (bit, bit), small - 1);
            self.asm.v_shift(shift, 2, (bit, bit), large - 1);
            if large != small {
                self.asm.v_shift(shift, 6, (bit, bit), large - small);
            }
        }
        match (is_signed(task.op), lane) {
            (true, Lane::D) => {
                self.asm.v3(ops::PCMPGTQ, spare, spare, reg);
                self.asm.v3(ops::PXOR, reg, reg, spare);
                self.asm.v3(right, reg, reg, by);
                self.asm.v3(ops::PXOR, reg, reg, spare);
            }
            (true, _) => self.asm.v3(ops::PSRAVD, reg, reg, by),
            (false, _) => self.asm.v3(right, reg, reg, by),
        }
        if rounds {
            self.asm.v3(add, reg, reg, bit);
        }
        Ok(())
    }
}

/// The one of these for lanes of 32 or 64 bits.
const fn variable(lane: Lane, (words, doubles): (VOp, VOp)) -> VOp {
    if matches!(lane, Lane::D) { doubles } else { words }
}
