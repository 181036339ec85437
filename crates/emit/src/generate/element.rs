//! Elements that are loaded for vectors. An instruction may load four of them before it writes the first register, for which
//! there are too few general registers: each is loaded to all lanes of a vector register.

use super::vector::SPLAT;
use super::{Body, Done, Generator, Loc};
use crate::asm::ops;
use crate::live::Live;
use ashore_ir::{Lane, Op, Size, Value};

impl Generator<'_> {
    /// The kind of lane if the op at hand, a load of this size, is only loaded for lanes of a vector.
    pub(super) fn is_for_lanes(&self, body: Body<'_>, live: &Live, size: Size) -> Option<Lane> {
        let this = Value(self.at as u32);
        let rest = body.ops.get(self.at + 1..)?;
        if live.uses(self.at) != 1 || matches!(rest.first(), Some(Op::Set(..) | Op::At(_))) {
            return None;
        }
        let is_last = !matches!(rest.first(), Some(Op::Load { .. }));
        let lane = rest.iter().take_while(|op| !matches!(op, Op::At(_))).find_map(|op| match *op {
            Op::VSplat { lane, a } if a == this => Some(lane),
            // A single byte is better inserted from a general register.
            Op::VSet { lane, b, .. } if b == this && !(is_last && lane == Lane::B) => Some(lane),
            _ => None,
        });
        lane.filter(|lane| 1 << *lane as usize == size.bytes())
    }

    /// Loads to all lanes.
    pub(super) fn load_lanes(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        lane: Lane,
        (addr, disp): (Value, i32),
    ) -> Done {
        let mem = self.address(body, live, addr, disp)?;
        let this = Value(self.at as u32);
        // What is not loaded for more than one register may go where it is wanted.
        let reg = match body.ops.get(self.at + 1) {
            Some(&Op::VSplat { a, .. }) if a == this => self.vdest_of(body, live, self.at + 1, &[])?,
            _ => self.vtake()?,
        };
        self.may_fault();
        self.asm.v2(SPLAT[lane as usize], reg, mem);
        self.sum_used(body, live, addr);
        self.used(live, addr);
        self.address_used(mem);
        self.give(self.at, Loc::Xmm(reg));
        Ok(())
    }

    /// Whether an integer was loaded to all lanes.
    pub(super) fn is_in_lanes(&self, value: Value) -> bool {
        matches!(self.loc(value), Loc::Xmm(_) | Loc::Spilled(_))
    }

    /// The value of the op at hand is a loaded one in all lanes, which it is already.
    pub(super) fn pass_lanes(&mut self, live: &mut Live, a: Value) -> Done {
        let reg = self.xmm(a)?;
        // The register changes hands.
        self.give(a.index(), Loc::None);
        self.vdone(live, reg, &[a])
    }

    /// An integer in one lane of a vector.
    pub(super) fn put_lane(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (lane, index): (Lane, u8),
        [a, b]: [Value; 2],
    ) -> Done {
        if self.is_in_lanes(b) {
            return self.blend_lane(body, live, (lane, index), [a, b]);
        }
        let x = self.xmm(a)?;
        let y = self.gpr(body, live, b)?;
        let reg = self.vdest(body, live, &[])?;
        self.set_lane(lane, index, (reg, x, y));
        self.vdone(live, reg, &[a, b])
    }

    /// One lane of a loaded value that is in all of them, the others of another vector.
    fn blend_lane(&mut self, body: Body<'_>, live: &mut Live, (lane, index): (Lane, u8), [a, b]: [Value; 2]) -> Done {
        let y = self.xmm(b)?;
        if lane == Lane::B {
            let narrow = self.take()?;
            self.get_lane(Lane::S, 0, (y, narrow));
            self.used(live, b);
            let x = self.xmm(a)?;
            let reg = self.vdest(body, live, &[])?;
            self.set_lane(lane, index, (reg, x, narrow));
            self.put_back(narrow);
            return self.vdone(live, reg, &[a]);
        }
        let x = self.vrm(a)?;
        // Nothing is written before both are read.
        self.used(live, b);
        let reg = self.vdest(body, live, &[])?;
        let words = 1 << (lane as u8 - Lane::H as u8);
        let new = ((1u16 << words) - 1) << (index * words);
        self.asm.v3_number(ops::PBLENDW, reg, (y, x), !new as u8);
        self.vdone(live, reg, &[a])
    }
}
