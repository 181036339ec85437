//! Vectors of integers: lane by lane.

mod half;
mod pair;
mod product;
mod shift;
mod unary;

use super::{Body, Done, Generator, Loc, Refused, Upper, VSCRATCH};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::host::HostPart;
use crate::live::Live;
use crate::reg::{Gpr, Rm, Xmm};
use ashore_ir::{Lane, Op, Ty, VBin, VCompare, Value, Width};

/// One instruction for each size of lane; nothing where the host has none.
pub(super) type Lanes = [Option<VOp>; 4];

const fn lanes(b: VOp, h: VOp, s: VOp) -> Lanes {
    [Some(b), Some(h), Some(s), None]
}

pub(super) const ADD: Lanes = [Some(ops::PADDB), Some(ops::PADDW), Some(ops::PADDD), Some(ops::PADDQ)];
pub(super) const SUB: Lanes = [Some(ops::PSUBB), Some(ops::PSUBW), Some(ops::PSUBD), Some(ops::PSUBQ)];
pub(super) const EQUAL: Lanes = [Some(ops::PCMPEQB), Some(ops::PCMPEQW), Some(ops::PCMPEQD), Some(ops::PCMPEQQ)];
pub(super) const GREATER: Lanes = [Some(ops::PCMPGTB), Some(ops::PCMPGTW), Some(ops::PCMPGTD), Some(ops::PCMPGTQ)];
pub(super) const SMIN: Lanes = lanes(ops::PMINSB, ops::PMINSW, ops::PMINSD);
pub(super) const SMAX: Lanes = lanes(ops::PMAXSB, ops::PMAXSW, ops::PMAXSD);
pub(super) const UMIN: Lanes = lanes(ops::PMINUB, ops::PMINUW, ops::PMINUD);
pub(super) const UMAX: Lanes = lanes(ops::PMAXUB, ops::PMAXUW, ops::PMAXUD);
pub(super) const SPLAT: [VOp; 4] = [ops::PBROADCASTB, ops::PBROADCASTW, ops::PBROADCASTD, ops::PBROADCASTQ];

impl Generator<'_> {
    pub(super) fn vector(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::VUn { op, lane, a } => self.vun(body, live, (op, lane), a),
            Op::VBin { op, lane, a, b } => self.vbin(body, live, (op, lane), [a, b]),
            Op::VCompare { op, lane, a, b } => self.vcompare(body, live, (op, lane), [a, b]),
            Op::VShift { op, lane, by, a } => self.vshift(body, live, (op, lane, by), a),
            Op::VSplat { a, .. } if self.is_in_lanes(a) => self.pass_lanes(live, a),
            Op::VSplat { lane, a } => self.splat(body, live, lane, a),
            Op::VSplatLane { lane, index, a } => self.splat_lane(body, live, (lane, index), a),
            Op::VPair { a, b } if self.loc(a) == Loc::Number(0) && self.loc(b) == Loc::Number(0) => {
                self.all_used(live, &[a, b]);
                if self.is_outside_of_table(body, live) {
                    self.give(self.at, Loc::Later);
                    return Ok(());
                }
                let reg = self.vdest(body, live, &[])?;
                self.zero(reg);
                self.vdone(live, reg, &[])
            }
            Op::VPair { a, b } => {
                let reg = self.vdest(body, live, &[])?;
                let x = self.gpr(body, live, a)?;
                self.asm.v2(ops::MOVQ_FROM, reg, x);
                let y = self.gpr(body, live, b)?;
                self.asm.v3_number(ops::PINSRQ, reg, (reg, y.into()), 1);
                self.vdone(live, reg, &[a, b])
            }
            Op::VGet { lane, index, a } => {
                let x = self.xmm(a)?;
                let reg = self.dest(body, live, &[])?;
                self.get_lane(lane, index, (x, reg));
                self.used(live, a);
                self.give(self.at, Loc::Gpr(reg));
                Ok(())
            }
            Op::VSet { lane, index, a, b } => self.put_lane(body, live, (lane, index), [a, b]),
            Op::VCopyLane { lane, to, from, a, b } => self.copy_lane(body, live, (lane, to, from), [a, b]),
            Op::VKeep { lane, a } => {
                let x = self.xmm(a)?;
                let reg = self.vdest(body, live, &[])?;
                let upper = match lane {
                    Lane::D => {
                        self.asm.v2(ops::MOVQ, reg, x);
                        Upper::Zero64
                    }
                    Lane::S => {
                        self.asm.v3_number(ops::INSERTPS, reg, (x, x.into()), 0x0e);
                        Upper::Zero32
                    }
                    Lane::B | Lane::H => {
                        let narrow = self.take()?;
                        self.get_lane(lane, 0, (x, narrow));
                        self.asm.v2(ops::MOVD, reg, narrow);
                        self.put_back(narrow);
                        Upper::Zero32
                    }
                };
                self.used(live, a);
                self.vgive(reg, upper);
                Ok(())
            }
            Op::Crypto { op, a, b, c } => self.crypto(body, live, op, [a, b, c]),
            _ => Err(Refused),
        }
    }

    /// The value of the op at hand is in `reg`, and it has used its operands.
    pub(super) fn vdone(&mut self, live: &mut Live, reg: Xmm, operands: &[Value]) -> Done {
        self.all_used(live, operands);
        self.vgive(reg, Upper::Unknown);
        Ok(())
    }

    /// A register for templates to write to, and where a vector is for the first instruction that reads it, behind which it
    /// may be gone. The op at hand has used the vector.
    fn own(&mut self, live: &mut Live, value: Value) -> Result<[Xmm; 2], Refused> {
        let from = self.vrm(value)?;
        if let Rm::Reg(number) = from
            && VSCRATCH & 1 << number != 0
            && live.uses(value.index()) == 1
        {
            // The register changes hands.
            let _ = live.use_up(value);
            self.give(value.index(), Loc::None);
            return Ok([Xmm(number); 2]);
        }
        let reg = self.vtake()?;
        let first = match from {
            Rm::Reg(number) => Xmm(number),
            Rm::Mem(_) => {
                self.asm.v2(ops::MOVUPS, reg, from);
                reg
            }
        };
        self.used(live, value);
        Ok([reg, first])
    }

    pub(super) fn get_lane(&mut self, lane: Lane, index: u8, (x, reg): (Xmm, Gpr)) {
        // These have the vector as their register operand.
        match (lane, index) {
            (Lane::D, 0) => self.asm.vex(ops::MOVQ_TO, x.0, 0, reg.into()),
            (Lane::S, 0) => self.asm.vex(ops::MOVD_STORE, x.0, 0, reg.into()),
            (lane, index) => {
                let code = match lane {
                    Lane::B => ops::PEXTRB,
                    Lane::H => ops::PEXTRW,
                    Lane::S => ops::PEXTRD,
                    Lane::D => ops::PEXTRQ,
                };
                self.asm.vex(code, x.0, 0, reg.into());
                self.asm.byte(index);
            }
        }
    }

    pub(super) fn set_lane(&mut self, lane: Lane, index: u8, (reg, x, y): (Xmm, Xmm, Gpr)) {
        let code = match lane {
            Lane::B => ops::PINSRB,
            Lane::H => ops::PINSRW,
            Lane::S => ops::PINSRD,
            Lane::D => ops::PINSRQ,
        };
        self.asm.v3_number(code, reg, (x, y.into()), index);
    }

    /// All bytes moved down; nothing for zero.
    pub(super) fn bytes_right(&mut self, reg: Xmm, x: Xmm, by: u8) {
        if by != 0 {
            self.asm.v_shift(ops::PSHIFTQ_NUMBER, 3, (reg, x), by);
        }
    }

    /// All ones.
    pub(super) fn ones(&mut self, reg: Xmm) {
        self.asm.v3(ops::PCMPEQD, reg, reg, reg);
    }

    pub(super) fn zero(&mut self, reg: Xmm) {
        self.asm.v3(ops::PXOR, reg, reg, reg);
    }

    fn splat(&mut self, body: Body<'_>, live: &mut Live, lane: Lane, a: Value) -> Done {
        let reg = self.vdest(body, live, &[])?;
        match self.loc(a) {
            Loc::Number(0) => self.zero(reg),
            Loc::Number(number) if number & lane_mask(lane) == lane_mask(lane) => self.ones(reg),
            _ => {
                let x = self.gpr(body, live, a)?;
                let from = if lane == Lane::D { ops::MOVQ_FROM } else { ops::MOVD };
                self.asm.v2(from, reg, x);
                self.asm.v2(SPLAT[lane as usize], reg, reg);
            }
        }
        self.vdone(live, reg, &[a])
    }

    fn vbin(&mut self, body: Body<'_>, live: &mut Live, (op, lane): (VBin, Lane), [a, b]: [Value; 2]) -> Done {
        let index = lane as usize;
        let plain = match op {
            VBin::Add => ADD[index],
            VBin::Sub => SUB[index],
            VBin::Mul => [None, Some(ops::PMULLW), Some(ops::PMULLD), None][index],
            VBin::And => Some(ops::PAND),
            VBin::Or => Some(ops::POR),
            VBin::Xor => Some(ops::PXOR),
            VBin::SMin => SMIN[index],
            VBin::SMax => SMAX[index],
            VBin::UMin => UMIN[index],
            VBin::UMax => UMAX[index],
            VBin::URoundHalfAdd => [Some(ops::PAVGB), Some(ops::PAVGW), None, None][index],
            VBin::AddPairs => [None, Some(ops::PHADDW), Some(ops::PHADDD), None][index],
            _ => None,
        };
        if let Some(code) = plain {
            let (x, y) = (self.xmm(a)?, self.vrm(b)?);
            let reg = self.vdest(body, live, &[])?;
            self.asm.v3(code, reg, x, y);
            return self.vdone(live, reg, &[a, b]);
        }
        match op {
            VBin::SShift | VBin::UShift | VBin::SRoundShift | VBin::URoundShift => {
                return self.shift_lanes(body, live, (op, lane), [a, b]);
            }
            VBin::SHalfAdd | VBin::UHalfAdd | VBin::SRoundHalfAdd | VBin::URoundHalfAdd => {
                return self.half(body, live, (op, lane), [a, b]);
            }
            VBin::SHalfSub | VBin::UHalfSub => return self.half(body, live, (op, lane), [a, b]),
            VBin::PolyMul | VBin::PolyMulLow | VBin::PolyMulHigh if lane == Lane::B => {
                return self.polynomial(body, live, op, [a, b]);
            }
            _ => {}
        }
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        let reg = self.vdest(body, live, &[x, y])?;
        match op {
            VBin::AndNot => self.asm.v3(ops::PANDN, reg, y, x),
            VBin::OrNot => {
                self.ones(reg);
                self.asm.v3(ops::PXOR, reg, reg, y);
                self.asm.v3(ops::POR, reg, reg, x);
            }
            VBin::UAbsDiff | VBin::SAbsDiff if lane == Lane::D => self.large_difference(op, [reg, x, y])?,
            VBin::UAbsDiff | VBin::SAbsDiff => {
                let (max, min) = if op == VBin::UAbsDiff { (UMAX, UMIN) } else { (SMAX, SMIN) };
                let less = self.vtake()?;
                self.asm.v3(max[index].ok_or(Refused)?, reg, x, y);
                self.asm.v3(min[index].ok_or(Refused)?, less, x, y);
                self.asm.v3(SUB[index].ok_or(Refused)?, reg, reg, less);
                self.vput_back(less);
            }
            VBin::AddPairs if lane == Lane::D => {
                let high = self.vtake()?;
                self.asm.v3(ops::PUNPCKLQDQ, reg, x, y);
                self.asm.v3(ops::PUNPCKHQDQ, high, x, y);
                self.asm.v3(ops::PADDQ, reg, reg, high);
                self.vput_back(high);
            }
            VBin::PolyMulLow | VBin::PolyMulHigh if lane == Lane::D && self.unit.host.has(HostPart::Pclmul) => {
                let which = if op == VBin::PolyMulLow { 0 } else { 0x11 };
                self.asm.v3_number(ops::PCLMULQDQ, reg, (x, y.into()), which);
            }
            VBin::SMulLow | VBin::SMulHigh | VBin::UMulLow | VBin::UMulHigh => {
                self.wide_product(op, lane, [reg, x, y])?;
            }
            VBin::Mul if lane == Lane::B => self.byte_product([reg, x, y])?,
            VBin::AddPairs | VBin::SMinPairs | VBin::SMaxPairs | VBin::UMinPairs | VBin::UMaxPairs => {
                let codes = match op {
                    VBin::AddPairs => ADD,
                    VBin::SMinPairs => SMIN,
                    VBin::SMaxPairs => SMAX,
                    VBin::UMinPairs => UMIN,
                    _ => UMAX,
                };
                self.pairs(codes[index].ok_or(Refused)?, lane, [reg, x, y])?;
            }
            VBin::SDot | VBin::UDot | VBin::USDot => self.dot(op, [reg, x, y])?,
            _ => return Err(Refused),
        }
        self.vdone(live, reg, &[a, b])
    }

    fn vcompare(&mut self, body: Body<'_>, live: &mut Live, (op, lane): (VCompare, Lane), [a, b]: [Value; 2]) -> Done {
        let index = lane as usize;
        let (equal, greater) = (EQUAL[index].ok_or(Refused)?, GREATER[index].ok_or(Refused)?);
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        let reg = self.vdest(body, live, &[x, y])?;
        let mut inverts = false;
        match op {
            VCompare::Eq => self.asm.v3(equal, reg, x, y),
            VCompare::SGt => self.asm.v3(greater, reg, x, y),
            VCompare::SGe => {
                self.asm.v3(greater, reg, y, x);
                inverts = true;
            }
            VCompare::UGe if lane != Lane::D => {
                self.asm.v3(UMAX[index].ok_or(Refused)?, reg, x, y);
                self.asm.v3(equal, reg, reg, x);
            }
            VCompare::UGt if lane != Lane::D => {
                self.asm.v3(UMIN[index].ok_or(Refused)?, reg, x, y);
                self.asm.v3(equal, reg, reg, x);
                inverts = true;
            }
            VCompare::UGe | VCompare::UGt => {
                let other = self.vtake()?;
                let (first, second) = if op == VCompare::UGt { (x, y) } else { (y, x) };
                self.asm.v3(ops::PXOR, reg, first, Vector::Sign64.place());
                self.asm.v3(ops::PXOR, other, second, Vector::Sign64.place());
                self.asm.v3(greater, reg, reg, other);
                self.vput_back(other);
                inverts = op == VCompare::UGe;
            }
            VCompare::Test => {
                let none = self.vtake()?;
                self.asm.v3(ops::PAND, reg, x, y);
                self.zero(none);
                self.asm.v3(equal, reg, reg, none);
                self.vput_back(none);
                inverts = true;
            }
        }
        if inverts {
            let all = self.vtake()?;
            self.ones(all);
            self.asm.v3(ops::PXOR, reg, reg, all);
            self.vput_back(all);
        }
        self.vdone(live, reg, &[a, b])
    }

    /// `a` if a condition holds, else `b`: vectors and numbers.
    pub(super) fn select_vector(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (ty, cond): (Ty, Value),
        [a, b]: [Value; 2],
    ) -> Done {
        if ty == Ty::F16 {
            return Err(Refused);
        }
        if self.is_compared_if(body, live, cond) {
            return self.select_late(live, cond, [a, b]);
        }
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        let host = match self.loc(cond) {
            Loc::Cond(flag) => self.host_cond(flag)?,
            Loc::HostCond(host) => host,
            _ => {
                let reg = self.gpr(body, live, cond)?;
                self.clobber(live)?;
                self.asm.test(Width::W64, reg, reg);
                crate::reg::Cc::NotEqual.into()
            }
        };
        let reg = self.vdest(body, live, &[x])?;
        self.vcopy(reg, y);
        let over = self.asm.label();
        self.jump_unless(host, over);
        self.asm.v2(ops::MOVAPS, reg, x);
        self.asm.bind(over);
        self.vdone(live, reg, &[a, b, cond])
    }
}

const fn lane_mask(lane: Lane) -> u64 {
    u64::MAX >> (64 - lane.bits())
}
