//! Atomic accesses of 16 bytes.
//!
//! The host's exchange wants its operands in four general registers, of which one holds a guest register. What that and the one
//! for the address hold is kept in the frame meanwhile, where a fault finds it by its mark.

use super::{Body, Done, Generator, Loc, Refused, Upper};
use crate::asm::ops;
use crate::frame;
use crate::live::Live;
use crate::reg::{Gpr, Mem, Xmm};
use crate::unit::MarkKind;
use ashore_ir::{Extend, Lane, Size, Value, Width};

/// The registers that the host's exchange compares and stores.
const OPERANDS: [Gpr; 3] = [Gpr::RAX, Gpr::RCX, Gpr::RDX];

impl Generator<'_> {
    pub(super) fn load_pair_exclusive(&mut self, body: Body<'_>, live: &mut Live, addr: Value) -> Done {
        let (base, mem) = self.exclusive_place(body, live, Size::B16, addr)?;
        let reg = self.vtake()?;
        self.may_fault();
        self.asm.v2(ops::MOVUPS, reg, mem);
        let [value, ..] = self.watch();
        self.asm.v2(ops::MOVUPS_STORE, reg, value);
        self.watch_place(Size::B16, base);
        self.used(live, addr);
        self.address_used(mem);
        self.vgive(reg, Upper::Unknown);
        Ok(())
    }

    pub(super) fn store_pair_exclusive(&mut self, body: Body<'_>, live: &mut Live, [addr, value]: [Value; 2]) -> Done {
        let (base, mem) = self.exclusive_place(body, live, Size::B16, addr)?;
        let new = self.xmm(value)?;
        self.clobber(live)?;
        let seen = self.vtake()?;
        let failed = self.asm.label();
        self.jump_unless_watched(Size::B16, base, failed);
        let [watched, ..] = self.watch();
        self.asm.v2(ops::MOVUPS, seen, watched);
        self.all_used(live, &[addr, value]);
        self.address_used(mem);
        self.exchange_pair(mem.base, [seen, new])?;
        self.vput_back(seen);
        self.told_exclusive(failed);
        OPERANDS.into_iter().for_each(|reg| self.put_back(reg));
        self.take_exactly(Gpr::RAX)?;
        self.give(self.at, Loc::Gpr(Gpr::RAX));
        Ok(())
    }

    pub(super) fn swap_pair(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        addr: Value,
        [expected, new]: [Value; 2],
    ) -> Done {
        let mem = self.atomic_place(body, live, Size::B16, addr)?;
        let (x, y) = (self.xmm(expected)?, self.xmm(new)?);
        self.clobber(live)?;
        self.all_used(live, &[expected, new]);
        self.atomic_used(live, addr, mem);
        self.exchange_pair(mem.base, [x, y])?;
        OPERANDS.into_iter().for_each(|reg| self.put_back(reg));
        let reg = self.vtake()?;
        self.asm.v2(ops::MOVQ_FROM, reg, Gpr::RAX);
        self.set_lane(Lane::D, 1, (reg, reg, Gpr::RDX));
        self.vgive(reg, Upper::Unknown);
        Ok(())
    }

    /// Stores the second vector if memory equals the first one; gives the old value in `rax` and `rdx`, and the host's flags.
    /// Every register for templates is taken.
    fn exchange_pair(&mut self, base: Gpr, [expected, new]: [Xmm; 2]) -> Done {
        for reg in OPERANDS {
            self.take_exactly(reg)?;
        }
        // No vector may have been spilled to where registers go.
        if usize::from(self.spilled) >> (frame::SPILL_COUNT - 1) != 0 {
            return Err(Refused);
        }
        let [low, place] = frame::BORROWERS;
        let rooms = [frame::place(frame::BORROWED), frame::place(frame::BORROWED + 8)];
        for (reg, room) in frame::BORROWERS.into_iter().zip(rooms) {
            self.asm.store(Size::B8, room, reg);
        }
        if base != place {
            self.asm.mov(Width::W64, place, base);
        }
        self.get_lane(Lane::D, 0, (expected, Gpr::RAX));
        self.get_lane(Lane::D, 1, (expected, Gpr::RDX));
        self.get_lane(Lane::D, 0, (new, low));
        self.get_lane(Lane::D, 1, (new, Gpr::RCX));
        self.mark(MarkKind::Borrowed);
        self.asm.lock_cmpxchg16b(Mem::at(place, 0));
        for (reg, room) in frame::BORROWERS.into_iter().zip(rooms) {
            self.asm.load(Size::B8, Extend::Zero, reg, room);
        }
        self.mark(MarkKind::Inside);
        Ok(())
    }
}
