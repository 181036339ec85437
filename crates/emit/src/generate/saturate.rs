//! Vectors of integers whose results are kept in a range.

mod narrow;
mod shifts;

use super::vector::{ADD, EQUAL, GREATER, SUB};
use super::{Body, Done, Generator, Refused};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::{Rm, Xmm};
use ashore_ir::{Lane, Op, Sat, VBin, Value};

/// The top bit of each lane.
const SIGN: [Vector; 4] = [Vector::Sign8, Vector::Sign16, Vector::Sign32, Vector::Sign64];

/// The shifts of lanes by a number; there is none for bytes.
const SHIFT: [Option<VOp>; 4] = [None, Some(ops::PSHIFTW_NUMBER), Some(ops::PSHIFTD_NUMBER), Some(ops::PSHIFTQ_NUMBER)];

/// What an op computes.
#[derive(Clone, Copy)]
struct Task {
    op: Sat,
    lane: Lane,
    /// Not the result, but where it is not exact.
    is_hits: bool,
}

impl Generator<'_> {
    pub(super) fn saturating(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        let (task, operands) = match *op {
            Op::Saturate { op, lane, a, b } => (Task { op, lane, is_hits: false }, [a, b]),
            Op::Saturates { op, lane, a, b } => (Task { op, lane, is_hits: true }, [a, b]),
            _ => return Err(Refused),
        };
        match task.op {
            Sat::NarrowSigned | Sat::NarrowUnsigned | Sat::NarrowSignedUnsigned => {
                self.saturating_narrow(body, live, task, operands)
            }
            Sat::SShift | Sat::UShift | Sat::SRoundShift | Sat::URoundShift | Sat::SShiftUnsigned => {
                self.saturating_shift(body, live, task, operands)
            }
            _ => self.saturating_lanes(body, live, task, operands),
        }
    }

    /// The operations that are lane by lane.
    fn saturating_lanes(&mut self, body: Body<'_>, live: &mut Live, task: Task, [a, b]: [Value; 2]) -> Done {
        let x = self.xmm(a)?;
        let is_wide = matches!(task.op, Sat::SDoubleMulLow | Sat::SDoubleMulUpper);
        let y = if is_wide { self.xmm(b)?.into() } else { self.vrm(b)? };
        let direct = direct(task.op, task.lane);
        if let Some((_, code)) = direct.filter(|_| !task.is_hits) {
            let reg = self.vdest(body, live, &[])?;
            self.asm.v3(code, reg, x, y);
            return self.vdone(live, reg, &[a, b]);
        }
        let second = if let Rm::Reg(number) = y { Xmm(number) } else { x };
        let reg = self.vdest(body, live, &[x, second])?;
        match (direct, task.op) {
            (Some((plain, code)), _) => {
                let exact = self.vtake()?;
                self.asm.v3(code, reg, x, y);
                self.asm.v3(plain, exact, x, y);
                self.asm.v3(ops::PXOR, reg, reg, exact);
                self.vput_back(exact);
            }
            (None, Sat::SAdd | Sat::SSub) => self.signed_sum(task, [reg, x], y)?,
            (None, Sat::UAdd | Sat::USub) => self.unsigned_sum(task, [reg, x], y)?,
            (None, Sat::SAddUnsigned) => self.signed_and_unsigned(task, [reg, x], y)?,
            (None, Sat::UAddSigned) => self.unsigned_and_signed(task, [reg, x], y)?,
            (None, _) => self.all_but_least(task, [reg, x, second], y)?,
        }
        self.vdone(live, reg, &[a, b])
    }

    /// A sum is out of range where its sign is neither operand's; a difference, where the operands' signs differ and its sign
    /// is not the first one's. The limit is the one of the other sign.
    fn signed_sum(&mut self, task: Task, [reg, x]: [Xmm; 2], y: Rm) -> Done {
        let index = task.lane as usize;
        let (hits, other) = (self.vtake()?, self.vtake()?);
        if task.op == Sat::SAdd {
            self.asm.v3(ADD[index].ok_or(Refused)?, reg, x, y);
            self.asm.v3(ops::PXOR, other, reg, y);
        } else {
            self.asm.v3(SUB[index].ok_or(Refused)?, reg, x, y);
            self.asm.v3(ops::PXOR, other, x, y);
        }
        self.asm.v3(ops::PXOR, hits, reg, x);
        self.asm.v3(ops::PAND, hits, hits, other);
        if task.is_hits {
            self.asm.v_shift(SHIFT[index].ok_or(Refused)?, 2, (reg, hits), task.lane.bits() as u8 - 1);
        } else {
            self.zero(other);
            self.asm.v3(GREATER[index].ok_or(Refused)?, other, other, reg);
            self.asm.v3(ops::PXOR, other, other, SIGN[index].place());
            let blend = if task.lane == Lane::D { ops::BLENDVPD } else { ops::BLENDVPS };
            self.asm.v3_number(blend, reg, (reg, other.into()), hits.0 << 4);
        }
        self.vput_back(hits);
        self.vput_back(other);
        Ok(())
    }

    /// A sum that wraps is less than each operand, a difference that wraps greater than the first one. With all top bits
    /// changed, numbers compare as signed ones do.
    fn unsigned_sum(&mut self, task: Task, [reg, x]: [Xmm; 2], y: Rm) -> Done {
        let index = task.lane as usize;
        let (greater, sign) = (GREATER[index].ok_or(Refused)?, SIGN[index].place());
        let is_add = task.op == Sat::UAdd;
        let (hits, other) = (self.vtake()?, self.vtake()?);
        self.asm.v3(if is_add { ADD } else { SUB }[index].ok_or(Refused)?, reg, x, y);
        self.asm.v3(ops::PXOR, hits, x, sign);
        self.asm.v3(ops::PXOR, other, reg, sign);
        let (first, second) = if is_add { (hits, other) } else { (other, hits) };
        match (task.is_hits, is_add) {
            (true, _) => self.asm.v3(greater, reg, first, second),
            (false, true) => {
                self.asm.v3(greater, hits, first, second);
                self.asm.v3(ops::POR, reg, reg, hits);
            }
            (false, false) => {
                self.asm.v3(greater, hits, first, second);
                self.asm.v3(ops::PANDN, reg, hits, reg);
            }
        }
        self.vput_back(hits);
        self.vput_back(other);
        Ok(())
    }

    /// A signed number and an unsigned one can only be too great, and are less than the signed one by itself then.
    fn signed_and_unsigned(&mut self, task: Task, [reg, x]: [Xmm; 2], y: Rm) -> Done {
        let index = task.lane as usize;
        let greater = GREATER[index].ok_or(Refused)?;
        self.asm.v3(ADD[index].ok_or(Refused)?, reg, x, y);
        if task.is_hits {
            self.asm.v3(greater, reg, x, reg);
            return Ok(());
        }
        let hits = self.vtake()?;
        self.asm.v3(greater, hits, x, reg);
        self.asm.v3(ops::POR, reg, reg, hits);
        self.asm.v3(ops::PAND, hits, hits, SIGN[index].place());
        self.asm.v3(ops::PXOR, reg, reg, hits);
        self.vput_back(hits);
        Ok(())
    }

    /// An unsigned number and a signed one wrap where the sum is less than the first although the second is not negative, or
    /// is not less although it is: what the comparison gives is the limit, too.
    fn unsigned_and_signed(&mut self, task: Task, [reg, x]: [Xmm; 2], y: Rm) -> Done {
        let index = task.lane as usize;
        let (greater, sign) = (GREATER[index].ok_or(Refused)?, SIGN[index].place());
        let (less, hits) = (self.vtake()?, self.vtake()?);
        self.asm.v3(ADD[index].ok_or(Refused)?, reg, x, y);
        self.asm.v3(ops::PXOR, less, x, sign);
        self.asm.v3(ops::PXOR, hits, reg, sign);
        self.asm.v3(greater, less, less, hits);
        self.zero(hits);
        self.asm.v3(greater, hits, hits, y);
        if task.is_hits {
            self.asm.v3(ops::PXOR, reg, hits, less);
        } else {
            self.asm.v3(ops::PXOR, hits, hits, less);
            self.asm.v3_number(ops::PBLENDVB, reg, (reg, less.into()), hits.0 << 4);
        }
        self.vput_back(less);
        self.vput_back(hits);
        Ok(())
    }

    /// The operations of which only one result is out of range, and wraps to the least number, which no other one is: the
    /// greatest one plus one.
    fn all_but_least(&mut self, task: Task, [reg, x, second]: [Xmm; 3], y: Rm) -> Done {
        let mut lane = task.lane;
        match task.op {
            Sat::Abs => self.wrapping_abs(lane, [reg, x])?,
            Sat::Neg => {
                self.zero(reg);
                self.asm.v3(SUB[lane as usize].ok_or(Refused)?, reg, reg, x);
            }
            Sat::SDoubleMulHigh | Sat::SRoundDoubleMulHigh => self.double_high(task, [reg, x], y)?,
            Sat::SDoubleMulLow | Sat::SDoubleMulUpper if matches!(lane, Lane::H | Lane::S) => {
                let product = if task.op == Sat::SDoubleMulLow { VBin::SMulLow } else { VBin::SMulHigh };
                self.wide_product(product, lane, [reg, x, second])?;
                lane = lane.wider();
                self.asm.v3(ADD[lane as usize].ok_or(Refused)?, reg, reg, reg);
            }
            _ => return Err(Refused),
        }
        let index = lane as usize;
        let (equal, least) = (EQUAL[index].ok_or(Refused)?, SIGN[index].place());
        if task.is_hits {
            self.asm.v3(equal, reg, reg, least);
            return Ok(());
        }
        let hits = self.vtake()?;
        self.asm.v3(equal, hits, reg, least);
        self.asm.v3(ops::PXOR, reg, reg, hits);
        self.vput_back(hits);
        Ok(())
    }

    /// Absolute values; the least number stays.
    fn wrapping_abs(&mut self, lane: Lane, [reg, x]: [Xmm; 2]) -> Done {
        match lane {
            Lane::B => self.asm.v2(ops::PABSB, reg, x),
            Lane::H => self.asm.v2(ops::PABSW, reg, x),
            Lane::S => self.asm.v2(ops::PABSD, reg, x),
            Lane::D => {
                let negative = self.vtake()?;
                self.zero(negative);
                self.asm.v3(ops::PCMPGTQ, negative, negative, x);
                self.asm.v3(ops::PXOR, reg, x, negative);
                self.asm.v3(ops::PSUBQ, reg, reg, negative);
                self.vput_back(negative);
            }
        }
        Ok(())
    }

    /// The upper halves of twice the products, rounded or not: twice the square of the least number wraps.
    fn double_high(&mut self, task: Task, [reg, x]: [Xmm; 2], y: Rm) -> Done {
        let rounds = task.op == Sat::SRoundDoubleMulHigh;
        match task.lane {
            Lane::H if rounds => self.asm.v3(ops::PMULHRSW, reg, x, y),
            Lane::H => {
                let low = self.vtake()?;
                self.asm.v3(ops::PMULLW, low, x, y);
                self.asm.v_shift(ops::PSHIFTW_NUMBER, 2, (low, low), 15);
                self.asm.v3(ops::PMULHW, reg, x, y);
                self.asm.v3(ops::PADDW, reg, reg, reg);
                self.asm.v3(ops::POR, reg, reg, low);
                self.vput_back(low);
            }
            Lane::S => {
                let (odd, other) = (self.vtake()?, self.vtake()?);
                self.asm.v2_number(ops::PSHUFD, odd, x, 0xf5);
                self.asm.v2_number(ops::PSHUFD, other, y, 0xf5);
                self.asm.v3(ops::PMULDQ, odd, odd, other);
                self.asm.v3(ops::PMULDQ, reg, x, y);
                for product in [odd, reg] {
                    self.asm.v3(ops::PADDQ, product, product, product);
                }
                if rounds {
                    self.ones(other);
                    self.asm.v_shift(ops::PSHIFTQ_NUMBER, 2, (other, other), 63);
                    self.asm.v_shift(ops::PSHIFTQ_NUMBER, 6, (other, other), 31);
                    for product in [odd, reg] {
                        self.asm.v3(ops::PADDQ, product, product, other);
                    }
                }
                self.asm.v_shift(ops::PSHIFTQ_NUMBER, 2, (reg, reg), 32);
                self.asm.v3_number(ops::PBLENDW, reg, (reg, odd.into()), 0xcc);
                self.vput_back(odd);
                self.vput_back(other);
            }
            Lane::B | Lane::D => return Err(Refused),
        }
        Ok(())
    }
}

/// The exact and the saturating instruction, where the host has them.
const fn direct(op: Sat, lane: Lane) -> Option<(VOp, VOp)> {
    Some(match (op, lane) {
        (Sat::SAdd, Lane::B) => (ops::PADDB, ops::PADDSB),
        (Sat::SAdd, Lane::H) => (ops::PADDW, ops::PADDSW),
        (Sat::UAdd, Lane::B) => (ops::PADDB, ops::PADDUSB),
        (Sat::UAdd, Lane::H) => (ops::PADDW, ops::PADDUSW),
        (Sat::SSub, Lane::B) => (ops::PSUBB, ops::PSUBSB),
        (Sat::SSub, Lane::H) => (ops::PSUBW, ops::PSUBSW),
        (Sat::USub, Lane::B) => (ops::PSUBB, ops::PSUBUSB),
        (Sat::USub, Lane::H) => (ops::PSUBW, ops::PSUBUSW),
        _ => return None,
    })
}
