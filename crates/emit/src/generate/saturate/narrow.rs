//! Lanes half as large, saturating.

use super::Task;
use crate::asm::{VOp, ops};
use crate::frame::Vector;
use crate::generate::{Body, Done, Generator, Refused, Upper};
use crate::live::Live;
use crate::reg::Xmm;
use ashore_ir::{Lane, Sat, Value};

/// How bytes and words are made of lanes twice as large.
struct Narrow {
    /// The shift of the large lanes.
    shift: VOp,
    /// The largest number of a small lane in each large one.
    largest: Vector,
    /// The unsigned minimum of large lanes.
    min: VOp,
    /// Packs, to signed and to unsigned numbers; both take signed ones.
    signed: VOp,
    unsigned: VOp,
}

const BYTES: Narrow = Narrow {
    shift: ops::PSHIFTW_NUMBER,
    largest: Vector::EvenBytes,
    min: ops::PMINUW,
    signed: ops::PACKSSWB,
    unsigned: ops::PACKUSWB,
};

const WORDS: Narrow = Narrow {
    shift: ops::PSHIFTD_NUMBER,
    largest: Vector::EvenWords,
    min: ops::PMINUD,
    signed: ops::PACKSSDW,
    unsigned: ops::PACKUSDW,
};

impl Generator<'_> {
    pub(super) fn saturating_narrow(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        task: Task,
        [a, b]: [Value; 2],
    ) -> Done {
        let x = self.xmm(a)?;
        let reg = self.vdest(body, live, &[x])?;
        match (task.lane, task.is_hits) {
            (Lane::B, false) => self.pack_saturating(task.op, &BYTES, [reg, x])?,
            (Lane::H, false) => self.pack_saturating(task.op, &WORDS, [reg, x])?,
            (Lane::B, true) => self.pack_hits(task, &BYTES, [reg, x])?,
            (Lane::H, true) => self.pack_hits(task, &WORDS, [reg, x])?,
            (Lane::S, false) => self.narrow_doubles(task.op, [reg, x])?,
            (Lane::S, true) => self.narrow_doubles_hits(task.op, [reg, x])?,
            (Lane::D, _) => return Err(Refused),
        }
        self.all_used(live, &[a, b]);
        self.vgive(reg, Upper::Zero64);
        Ok(())
    }

    /// The host packs what is signed: unsigned numbers get their limit before.
    fn pack_saturating(&mut self, op: Sat, narrow: &Narrow, [reg, x]: [Xmm; 2]) -> Done {
        let pack = if op == Sat::NarrowSigned { narrow.signed } else { narrow.unsigned };
        let none = self.vtake()?;
        self.zero(none);
        if op == Sat::NarrowUnsigned {
            self.asm.v3(narrow.min, reg, x, narrow.largest.place());
            self.asm.v3(pack, reg, reg, none);
        } else {
            self.asm.v3(pack, reg, x, none);
        }
        self.vput_back(none);
        Ok(())
    }

    /// What differs from the extended lower half is not zero, and stays so when it is packed with a limit.
    fn pack_hits(&mut self, task: Task, narrow: &Narrow, [reg, x]: [Xmm; 2]) -> Done {
        let bits = task.lane.bits() as u8;
        if task.op == Sat::NarrowSigned {
            self.asm.v_shift(narrow.shift, 6, (reg, x), bits);
            self.asm.v_shift(narrow.shift, 4, (reg, reg), bits);
            self.asm.v3(ops::PXOR, reg, reg, x);
        } else {
            self.asm.v_shift(narrow.shift, 2, (reg, x), bits);
        }
        let none = self.vtake()?;
        self.zero(none);
        self.asm.v3(narrow.signed, reg, reg, none);
        self.vput_back(none);
        Ok(())
    }

    /// The upper and the lower halves of both 64-bit lanes, behind them zeros.
    fn halves(&mut self, [low, high, x]: [Xmm; 3]) {
        self.zero(low);
        self.asm.v3_number(ops::SHUFPS, high, (x, low.into()), 0xdd);
        self.asm.v3_number(ops::SHUFPS, low, (x, low.into()), 0x88);
    }

    /// Lower halves, or a limit where the upper half is not what extends it.
    fn narrow_doubles(&mut self, op: Sat, [reg, x]: [Xmm; 2]) -> Done {
        let (limit, fits) = (self.vtake()?, self.vtake()?);
        self.halves([reg, limit, x]);
        if op == Sat::NarrowSigned {
            self.asm.v_shift(ops::PSHIFTD_NUMBER, 4, (fits, reg), 31);
            self.asm.v3(ops::PCMPEQD, fits, fits, limit);
            self.asm.v_shift(ops::PSHIFTD_NUMBER, 4, (limit, limit), 31);
            self.asm.v3(ops::PXOR, limit, limit, Vector::Rest32.place());
        } else {
            self.zero(fits);
            self.asm.v3(ops::PCMPEQD, fits, fits, limit);
            if op == Sat::NarrowUnsigned {
                self.ones(limit);
            } else {
                // Ones for what is positive: it is not zero where that counts.
                self.asm.v3(ops::PCMPGTD, limit, limit, fits);
            }
        }
        self.asm.v3_number(ops::PBLENDVB, reg, (limit, reg.into()), fits.0 << 4);
        self.vput_back(limit);
        self.vput_back(fits);
        Ok(())
    }

    /// The upper halves less what they should be.
    fn narrow_doubles_hits(&mut self, op: Sat, [reg, x]: [Xmm; 2]) -> Done {
        if op != Sat::NarrowSigned {
            self.zero(reg);
            self.asm.v3_number(ops::SHUFPS, reg, (x, reg.into()), 0xdd);
            return Ok(());
        }
        let high = self.vtake()?;
        self.halves([reg, high, x]);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, 4, (reg, reg), 31);
        self.asm.v3(ops::PXOR, reg, reg, high);
        self.vput_back(high);
        Ok(())
    }
}
