//! Vectors of integers: what moves between lanes.

use super::{Body, Done, Generator, Loc, Refused, Upper};
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::Xmm;
use ashore_ir::{Extend, Half, Lane, Op, Permute, Reduce, Size, Value};

impl Generator<'_> {
    pub(super) fn wide(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::VWiden { kind, lane, half, a } => {
                let x = self.xmm(a)?;
                let reg = self.vdest(body, live, &[])?;
                let code = match (lane, kind == Extend::Zero) {
                    (Lane::B, true) => ops::PMOVZXBW,
                    (Lane::H, true) => ops::PMOVZXWD,
                    (Lane::S, true) => ops::PMOVZXDQ,
                    (Lane::B, false) => ops::PMOVSXBW,
                    (Lane::H, false) => ops::PMOVSXWD,
                    (Lane::S, false) => ops::PMOVSXDQ,
                    (Lane::D, _) => return Err(Refused),
                };
                match half {
                    Half::Low => self.asm.v2(code, reg, x),
                    Half::High => {
                        self.bytes_right(reg, x, 8);
                        self.asm.v2(code, reg, reg);
                    }
                }
                self.vdone(live, reg, &[a])
            }
            Op::VNarrow { lane, a } => {
                let x = self.xmm(a)?;
                let reg = self.vdest(body, live, &[x])?;
                let none = self.vtake()?;
                self.zero(none);
                match lane {
                    Lane::B | Lane::H => {
                        let (mask, pack) = even_of(lane);
                        self.asm.v3(ops::PAND, reg, x, mask.place());
                        self.asm.v3(pack, reg, reg, none);
                    }
                    Lane::S => self.asm.v3_number(ops::SHUFPS, reg, (x, none.into()), 0x88),
                    Lane::D => return Err(Refused),
                }
                self.vput_back(none);
                self.used(live, a);
                self.vgive(reg, Upper::Zero64);
                Ok(())
            }
            Op::Permute { op, lane, a, b } => self.permute(body, live, (op, lane), [a, b]),
            Op::VJoin { from, a, b } => {
                let (x, y) = (self.xmm(a)?, self.xmm(b)?);
                let reg = self.vdest(body, live, &[])?;
                self.asm.v3_number(ops::PALIGNR, reg, (y, x.into()), from);
                self.vdone(live, reg, &[a, b])
            }
            Op::VSelect { mask, a, b } => {
                let (m, x, y) = (self.xmm(mask)?, self.xmm(a)?, self.xmm(b)?);
                let reg = self.vdest(body, live, &[m, x, y])?;
                let kept = self.vtake()?;
                self.asm.v3(ops::PANDN, kept, m, y);
                self.asm.v3(ops::PAND, reg, m, x);
                self.asm.v3(ops::POR, reg, reg, kept);
                self.vput_back(kept);
                self.vdone(live, reg, &[mask, a, b])
            }
            Op::VTable { base, index, table, other } => self.table(body, live, base, [index, table, other]),
            Op::Reduce { op, lane, a } => self.reduce(body, live, (op, lane), a),
            _ => Err(Refused),
        }
    }

    /// Of neighbours in `x` and then in `y`, what an instruction makes of the two.
    pub(super) fn pairs(&mut self, code: VOp, lane: Lane, [reg, x, y]: [Xmm; 3]) -> Done {
        let odd = self.vtake()?;
        match lane {
            Lane::S => {
                self.asm.v3_number(ops::SHUFPS, reg, (x, y.into()), 0x88);
                self.asm.v3_number(ops::SHUFPS, odd, (x, y.into()), 0xdd);
            }
            Lane::B | Lane::H => {
                let (mask, pack) = even_of(lane);
                let shift = if lane == Lane::B { ops::PSHIFTW_NUMBER } else { ops::PSHIFTD_NUMBER };
                let other = self.vtake()?;
                self.asm.v_shift(shift, 2, (odd, x), lane.bits() as u8);
                self.asm.v_shift(shift, 2, (other, y), lane.bits() as u8);
                self.asm.v3(pack, odd, odd, other);
                self.asm.v3(ops::PAND, reg, x, mask.place());
                self.asm.v3(ops::PAND, other, y, mask.place());
                self.asm.v3(pack, reg, reg, other);
                self.vput_back(other);
            }
            Lane::D => return Err(Refused),
        }
        self.asm.v3(code, reg, reg, odd);
        self.vput_back(odd);
        Ok(())
    }

    fn permute(&mut self, body: Body<'_>, live: &mut Live, (op, lane): (Permute, Lane), [a, b]: [Value; 2]) -> Done {
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        let operands = [x, y];
        let index = lane as usize;
        let zip = match op {
            Permute::ZipLow => Some([ops::PUNPCKLBW, ops::PUNPCKLWD, ops::PUNPCKLDQ, ops::PUNPCKLQDQ][index]),
            Permute::ZipHigh => Some([ops::PUNPCKHBW, ops::PUNPCKHWD, ops::PUNPCKHDQ, ops::PUNPCKHQDQ][index]),
            Permute::Even | Permute::TransposeEven if lane == Lane::D => Some(ops::PUNPCKLQDQ),
            Permute::Odd | Permute::TransposeOdd if lane == Lane::D => Some(ops::PUNPCKHQDQ),
            _ => None,
        };
        let reg = self.vdest(body, live, if zip.is_some() { &[][..] } else { &operands })?;
        match (zip, op, lane) {
            (Some(code), _, _) => self.asm.v3(code, reg, x, y),
            (None, Permute::Even, Lane::S) => self.asm.v3_number(ops::SHUFPS, reg, (x, y.into()), 0x88),
            (None, Permute::Odd, Lane::S) => self.asm.v3_number(ops::SHUFPS, reg, (x, y.into()), 0xdd),
            (None, Permute::TransposeEven | Permute::TransposeOdd, Lane::S) => {
                let order = if op == Permute::TransposeEven { 0x88 } else { 0xdd };
                self.asm.v3_number(ops::SHUFPS, reg, (x, y.into()), order);
                self.asm.v2_number(ops::PSHUFD, reg, reg, 0xd8);
            }
            (None, Permute::Even, Lane::B | Lane::H) => {
                let (mask, pack) = even_of(lane);
                let other = self.vtake()?;
                self.asm.v3(ops::PAND, reg, x, mask.place());
                self.asm.v3(ops::PAND, other, y, mask.place());
                self.asm.v3(pack, reg, reg, other);
                self.vput_back(other);
            }
            (None, Permute::Odd, Lane::B | Lane::H) => {
                let (_, pack) = even_of(lane);
                let shift = if lane == Lane::B { ops::PSHIFTW_NUMBER } else { ops::PSHIFTD_NUMBER };
                let other = self.vtake()?;
                self.asm.v_shift(shift, 2, (reg, x), lane.bits() as u8);
                self.asm.v_shift(shift, 2, (other, y), lane.bits() as u8);
                self.asm.v3(pack, reg, reg, other);
                self.vput_back(other);
            }
            (None, Permute::TransposeEven | Permute::TransposeOdd, Lane::B | Lane::H) => {
                self.transpose(op, lane, [reg, x, y])?;
            }
            _ => return Err(Refused),
        }
        self.vdone(live, reg, &[a, b])
    }

    /// Whether the op at hand is only what is outside of a table.
    pub(super) fn is_outside_of_table(&self, body: Body<'_>, live: &Live) -> bool {
        let this = Value(self.at as u32);
        let rest = body.ops.get(self.at + 1..).unwrap_or_default();
        let user = rest.iter().take_while(|op| !matches!(op, Op::At(_))).find(|op| op.operands().contains(&this));
        live.uses(self.at) == 1 && matches!(user, Some(Op::VTable { other, .. }) if *other == this)
    }

    /// Indices from 16 up get their top bit by a saturating addition, which the host's shuffle takes for zero.
    fn table(&mut self, body: Body<'_>, live: &mut Live, base: u8, [index, table, other]: [Value; 3]) -> Done {
        let (i, t) = (self.xmm(index)?, self.xmm(table)?);
        // What is outside of the only table is zero, which the shuffle gives by itself.
        let is_only = self.loc(other) == Loc::Later;
        let o = if is_only { t } else { self.xmm(other)? };
        let place = self.vtake()?;
        if base == 0 {
            self.asm.v3(ops::PADDUSB, place, i, Vector::OutOfTable.place());
        } else {
            let reg = self.take()?;
            self.asm.number(reg, base.into());
            self.asm.v2(ops::MOVD, place, reg);
            self.asm.v2(ops::PBROADCASTB, place, place);
            self.put_back(reg);
            self.asm.v3(ops::PSUBB, place, i, place);
            self.asm.v3(ops::PADDUSB, place, place, Vector::OutOfTable.place());
        }
        if is_only {
            let reg = self.vdest(body, live, &[])?;
            self.asm.v3(ops::PSHUFB, reg, t, place);
            self.vput_back(place);
            return self.vdone(live, reg, &[index, table, other]);
        }
        let reg = match self.vtake() {
            Ok(reg) => reg,
            Err(_) => {
                // The result's own register, if nobody else wants what is in it.
                self.vdest(body, live, &[i, t, o])?
            }
        };
        self.asm.v3(ops::PSHUFB, reg, t, place);
        self.asm.v3_number(ops::PBLENDVB, reg, (reg, o.into()), place.0 << 4);
        self.vput_back(place);
        self.vdone(live, reg, &[index, table, other])
    }

    fn reduce(&mut self, body: Body<'_>, live: &mut Live, (op, lane): (Reduce, Lane), a: Value) -> Done {
        let is_long = matches!(op, Reduce::SAddLong | Reduce::UAddLong);
        let to = if is_long { lane.wider() } else { lane };
        let index = to as usize;
        let none: Option<VOp> = None;
        let code = match op {
            // The host sums bytes by itself.
            Reduce::UAddLong if lane == Lane::B => None,
            Reduce::Add | Reduce::SAddLong | Reduce::UAddLong => {
                Some([ops::PADDB, ops::PADDW, ops::PADDD, ops::PADDQ][index])
            }
            Reduce::SMax => [Some(ops::PMAXSB), Some(ops::PMAXSW), Some(ops::PMAXSD), none][index],
            Reduce::SMin => [Some(ops::PMINSB), Some(ops::PMINSW), Some(ops::PMINSD), none][index],
            Reduce::UMax => [Some(ops::PMAXUB), Some(ops::PMAXUW), Some(ops::PMAXUD), none][index],
            Reduce::UMin => [Some(ops::PMINUB), Some(ops::PMINUW), Some(ops::PMINUD), none][index],
        };
        let x = self.xmm(a)?;
        let (sum, part) = (self.vtake()?, self.vtake()?);
        match code {
            Some(code) => {
                let mut from = x;
                if is_long {
                    self.pair_sums((lane, op == Reduce::SAddLong), [sum, x])?;
                    from = sum;
                }
                let mut by = 8;
                while by << 3 >= to.bits() as u8 {
                    self.asm.v_shift(ops::PSHIFTQ_NUMBER, 3, (part, from), by);
                    self.asm.v3(code, sum, from, part);
                    from = sum;
                    by /= 2;
                }
            }
            None => {
                self.zero(part);
                self.asm.v3(ops::PSADBW, sum, x, part);
                self.bytes_right(part, sum, 8);
                self.asm.v3(ops::PADDQ, sum, sum, part);
            }
        }
        self.vput_back(sum);
        self.vput_back(part);
        self.used(live, a);
        let reg = self.dest(body, live, &[])?;
        if to == Lane::D {
            self.asm.vex(ops::MOVQ_TO, sum.0, 0, reg.into());
        } else {
            self.asm.vex(ops::MOVD_STORE, sum.0, 0, reg.into());
        }
        match (code.is_some(), to) {
            (true, Lane::B) => self.asm.load(Size::B1, Extend::Zero, reg, reg),
            (true, Lane::H) => self.asm.load(Size::B2, Extend::Zero, reg, reg),
            _ => {}
        }
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// What a register must not be for the others to stay.
    pub(super) fn vcopy(&mut self, to: Xmm, from: Xmm) {
        if to != from {
            self.asm.v2(ops::MOVAPS, to, from);
        }
    }
}

/// The mask of the even lanes and the instruction that packs them.
const fn even_of(lane: Lane) -> (Vector, VOp) {
    match lane {
        Lane::B => (Vector::EvenBytes, ops::PACKUSWB),
        Lane::H | Lane::S | Lane::D => (Vector::EvenWords, ops::PACKUSDW),
    }
}
