//! Atomic accesses and barriers.

use super::{Body, Done, Generator, Loc, Refused};
use crate::asm::{Alu, Form as One};
use crate::frame;
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::{Cc, Gpr, Mem};
use crate::unit::Addresses;
use ashore_ir::{Extend, Fence, Op, Rmw, Size, Value, Width};

impl Generator<'_> {
    pub(super) fn atomic(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        if self.unit.addresses == Addresses::Tagged && op.can_fault() {
            return Err(Refused);
        }
        match *op {
            Op::Fence(Fence::Full) => {
                self.clobber(live)?;
                self.asm.fence(frame::place(frame::TEMP));
                Ok(())
            }
            // The host keeps these orders by itself.
            Op::Fence(Fence::Loads | Fence::Stores) => Ok(()),
            Op::Rmw { op, size, addr, value, .. } if size != Size::B16 => {
                self.rmw(body, live, (op, size), [addr, value])
            }
            Op::CompareSwap { size, addr, expected, new, .. } if size != Size::B16 => {
                self.take_exactly(Gpr::RAX)?;
                let mem = Mem::at(self.gpr(body, live, addr)?, 0);
                self.must_be_aligned(live, size, mem)?;
                let new_reg = self.gpr(body, live, new)?;
                self.put_back(Gpr::RAX);
                self.clobber(live)?;
                self.take_exactly(Gpr::RAX)?;
                self.copy_to(body, live, (Gpr::RAX, expected, Width::W64))?;
                self.may_fault();
                self.asm.lock_cmpxchg(size, mem, new_reg);
                self.asm.load(size, Extend::Zero, Gpr::RAX, Gpr::RAX);
                self.all_used(live, &[addr, expected, new]);
                self.give(self.at, Loc::Gpr(Gpr::RAX));
                Ok(())
            }
            Op::LoadExclusive { size, addr, .. } if size != Size::B16 => {
                let base = self.gpr(body, live, addr)?;
                self.must_be_aligned(live, size, Mem::at(base, 0))?;
                let reg = self.take()?;
                self.may_fault();
                self.asm.load(size, Extend::Zero, reg, Mem::at(base, 0));
                let [value, place, len] = self.map.guest.watch.map(RegMap::memory);
                self.asm.store(Size::B8, value, reg);
                self.asm.store_number(Size::B8, Mem { disp: value.disp + 8, ..value }, 0);
                self.asm.store(Size::B8, place, base);
                self.asm.store_number(Size::B8, len, size.bytes() as i32);
                self.used(live, addr);
                self.give(self.at, Loc::Gpr(reg));
                Ok(())
            }
            Op::StoreExclusive { size, addr, value, .. } if size != Size::B16 => {
                self.store_exclusive(body, live, size, [addr, value])
            }
            Op::ClearExclusive => {
                self.forget_watch();
                Ok(())
            }
            _ => Err(Refused),
        }
    }

    /// Has an access that is not aligned evaluated, which says so. The host would do it, but not every host soon: an atomic
    /// access that crosses a cache line is stopped for seconds, or for ever, where the machine polices such locks.
    pub(super) fn must_be_aligned(&mut self, live: &Live, size: Size, mem: Mem) -> Done {
        let low = size.bytes() as i32 - 1;
        if low == 0 {
            return Ok(());
        }
        self.clobber(live)?;
        let misaligned = self.bail();
        if mem.index.is_none() && mem.disp & low == 0 {
            self.asm.test_number(Width::W32, mem.base, low);
        } else {
            let sum = self.take()?;
            self.asm.lea(Width::W64, sum, mem);
            self.asm.test_number(Width::W32, sum, low);
            self.put_back(sum);
        }
        self.asm.jcc(Cc::NotEqual, misaligned);
        Ok(())
    }

    /// Nothing is watched any more; leaves the host's flags.
    fn forget_watch(&mut self) {
        let [value, place, len] = self.map.guest.watch.map(RegMap::memory);
        for mem in [value, Mem { disp: value.disp + 8, ..value }, place, len] {
            self.asm.store_number(Size::B8, mem, 0);
        }
    }

    /// Stores if the watched place is this one and has its value still; a fault keeps it watched.
    fn store_exclusive(&mut self, body: Body<'_>, live: &mut Live, size: Size, [addr, value]: [Value; 2]) -> Done {
        self.take_exactly(Gpr::RAX)?;
        let base = self.gpr(body, live, addr)?;
        self.must_be_aligned(live, size, Mem::at(base, 0))?;
        let new = self.gpr(body, live, value)?;
        self.put_back(Gpr::RAX);
        self.clobber(live)?;
        self.take_exactly(Gpr::RAX)?;
        let [seen, place, len] = self.map.guest.watch.map(RegMap::memory);
        let (failed, end) = (self.asm.label(), self.asm.label());
        self.asm.alu(Alu::Cmp, Width::W64, base, place);
        self.asm.jcc(Cc::NotEqual, failed);
        self.asm.alu_number(Alu::Cmp, Width::W64, len, size.bytes() as i32);
        self.asm.jcc(Cc::NotEqual, failed);
        self.asm.load(Size::B8, Extend::Zero, Gpr::RAX, seen);
        self.may_fault();
        self.asm.lock_cmpxchg(size, Mem::at(base, 0), new);
        self.asm.setcc(Cc::NotEqual, Gpr::RAX);
        self.asm.load(Size::B1, Extend::Zero, Gpr::RAX, Gpr::RAX);
        self.asm.jmp(end);
        self.asm.bind(failed);
        self.asm.number(Gpr::RAX, 1);
        self.asm.bind(end);
        self.forget_watch();
        self.all_used(live, &[addr, value]);
        self.give(self.at, Loc::Gpr(Gpr::RAX));
        Ok(())
    }

    fn rmw(&mut self, body: Body<'_>, live: &mut Live, (op, size): (Rmw, Size), [addr, value]: [Value; 2]) -> Done {
        let mem = Mem::at(self.gpr(body, live, addr)?, 0);
        self.must_be_aligned(live, size, mem)?;
        match op {
            Rmw::Add => {
                self.clobber(live)?;
                let reg = self.take()?;
                self.copy_to(body, live, (reg, value, Width::W64))?;
                self.may_fault();
                self.asm.lock_xadd(size, mem, reg);
                self.asm.load(size, Extend::Zero, reg, reg);
                self.give(self.at, Loc::Gpr(reg));
            }
            Rmw::Swap => {
                let reg = self.take()?;
                self.copy_to(body, live, (reg, value, Width::W64))?;
                self.may_fault();
                self.asm.xchg(size, mem, reg);
                self.asm.load(size, Extend::Zero, reg, reg);
                self.give(self.at, Loc::Gpr(reg));
            }
            Rmw::And | Rmw::AndNot | Rmw::Or | Rmw::Xor => {
                self.clobber(live)?;
                self.take_exactly(Gpr::RAX)?;
                // It may stay in memory: there are no registers to spare.
                let source = self.rm(body, live, value)?;
                let new = self.take()?;
                self.may_fault();
                self.asm.load(size, Extend::Zero, Gpr::RAX, mem);
                let again = self.asm.label();
                self.asm.bind(again);
                self.asm.mov(Width::W64, new, source);
                let alu = match op {
                    Rmw::Or => Alu::Or,
                    Rmw::Xor => Alu::Xor,
                    _ => Alu::And,
                };
                if op == Rmw::AndNot {
                    self.asm.form(One::Not, Width::W64, new);
                }
                self.asm.alu(alu, Width::W64, new, Gpr::RAX);
                self.asm.lock_cmpxchg(size, mem, new);
                self.asm.jcc(Cc::NotEqual, again);
                self.put_back(new);
                self.asm.load(size, Extend::Zero, Gpr::RAX, Gpr::RAX);
                self.give(self.at, Loc::Gpr(Gpr::RAX));
            }
            Rmw::SMax | Rmw::SMin | Rmw::UMax | Rmw::UMin => return Err(Refused),
        }
        self.all_used(live, &[addr, value]);
        Ok(())
    }
}
