//! One lane in another one, or in every one: which is kept for the next instruction that multiplies by it.

use super::vector::SPLAT;
use super::{Body, Done, Generator, VSCRATCH};
use crate::asm::ops;
use crate::live::Live;
use crate::reg::Xmm;
use ashore_ir::{Lane, Value};

/// An element of a guest's vector register in every lane of a register for templates.
#[derive(Clone, Copy)]
pub(super) struct Splat {
    of: Xmm,
    lane: Lane,
    index: u8,
    reg: Xmm,
}

impl Splat {
    fn is(&self, of: Xmm, lane: Lane, index: u8) -> bool {
        self.of == of && self.lane == lane && self.index == index
    }
}

impl Generator<'_> {
    pub(super) fn splat_lane(&mut self, body: Body<'_>, live: &mut Live, (lane, index): (Lane, u8), a: Value) -> Done {
        let x = self.xmm(a)?;
        let written = self.asm.take_vectors_written();
        self.splat = self.splat.filter(|splat| written & (1 << splat.of.0 | 1 << splat.reg.0) == 0);
        if let Some(reg) = self.splat.filter(|splat| splat.is(x, lane, index)).map(|splat| splat.reg)
            && self.vfree & 1 << reg.0 != 0
        {
            self.vfree &= !(1 << reg.0);
            self.vheld |= 1 << reg.0;
            return self.vdone(live, reg, &[a]);
        }
        let reg = self.vdest(body, live, &[])?;
        match lane {
            Lane::S => self.asm.v2_number(ops::PSHUFD, reg, x, index * 0x55),
            Lane::D => self.asm.v2_number(ops::PSHUFD, reg, x, if index == 0 { 0x44 } else { 0xee }),
            Lane::B | Lane::H => {
                let by = index << lane as u8;
                self.bytes_right(reg, x, by);
                self.asm.v2(SPLAT[lane as usize], reg, if by == 0 { x } else { reg });
            }
        }
        if reg != x && VSCRATCH & 1 << reg.0 != 0 && VSCRATCH & 1 << x.0 == 0 {
            let _ = self.asm.take_vectors_written();
            self.splat = Some(Splat { of: x, lane, index, reg });
        }
        self.vdone(live, reg, &[a])
    }

    /// A lane of one vector in another one.
    pub(super) fn copy_lane(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (lane, to, from): (Lane, u8, u8),
        [a, b]: [Value; 2],
    ) -> Done {
        let (x, y) = (self.xmm(a)?, self.xmm(b)?);
        let reg = self.vdest(body, live, &[])?;
        match lane {
            Lane::S => self.asm.v3_number(ops::INSERTPS, reg, (x, y.into()), from << 6 | to << 4),
            Lane::D => match (to & 1, from & 1) {
                (0, 0) => self.asm.v3_number(ops::PBLENDW, reg, (x, y.into()), 0x0f),
                (0, _) => self.asm.v3(ops::PUNPCKHQDQ, reg, y, x),
                (_, 0) => self.asm.v3(ops::PUNPCKLQDQ, reg, x, y),
                _ => self.asm.v3_number(ops::PBLENDW, reg, (x, y.into()), 0xf0),
            },
            _ => {
                let narrow = self.take()?;
                self.get_lane(lane, from, (y, narrow));
                self.set_lane(lane, to, (reg, x, narrow));
                self.put_back(narrow);
            }
        }
        self.vdone(live, reg, &[a, b])
    }
}
