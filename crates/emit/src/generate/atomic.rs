//! Atomic accesses and barriers.

use super::{Body, Done, Generator, Loc, Refused, SCRATCH};
use crate::asm::{Alu, Form as One, Label};
use crate::frame;
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::{Cc, Gpr, Mem, Rm};
use crate::unit::Addresses;
use ashore_ir::{Extend, Fence, Op, Rmw, Size, Value, Width};

impl Generator<'_> {
    pub(super) fn atomic(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
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
            Op::CompareSwap { size: Size::B16, addr, expected, new, .. } => {
                self.swap_pair(body, live, addr, [expected, new])
            }
            Op::LoadExclusive { size: Size::B16, addr, .. } => self.load_pair_exclusive(body, live, addr),
            Op::StoreExclusive { size: Size::B16, addr, value, .. } => {
                self.store_pair_exclusive(body, live, [addr, value])
            }
            Op::CompareSwap { size, addr, expected, new, .. } => {
                self.compare_swap(body, live, size, [addr, expected, new])
            }
            Op::LoadExclusive { size, addr, .. } => {
                let (base, mem) = self.exclusive_place(body, live, size, addr)?;
                let reg = self.take()?;
                self.may_fault();
                self.asm.load(size, Extend::Zero, reg, mem);
                let [value, ..] = self.watch();
                self.asm.store(Size::B8, value, reg);
                self.asm.store_number(Size::B8, Mem { disp: value.disp + 8, ..value }, 0);
                self.watch_place(size, base);
                self.used(live, addr);
                self.address_used(mem);
                self.give(self.at, Loc::Gpr(reg));
                Ok(())
            }
            Op::StoreExclusive { size, addr, value, .. } => self.store_exclusive(body, live, size, [addr, value]),
            Op::ClearExclusive => {
                self.forget_watch();
                Ok(())
            }
            _ => Err(Refused),
        }
    }

    /// The place of an access that is atomic.
    pub(super) fn atomic_place(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        size: Size,
        addr: Value,
    ) -> Result<Mem, Refused> {
        let mem = self.place_only(body, live, addr)?;
        self.must_be_aligned(live, size, mem)?;
        Ok(mem)
    }

    /// The same without a look at the address. It has a register of its own if that is not the guest's.
    fn place_only(&mut self, body: Body<'_>, live: &mut Live, addr: Value) -> Result<Mem, Refused> {
        if self.unit.addresses == Addresses::Whole {
            return Ok(Mem::at(self.gpr(body, live, addr)?, 0));
        }
        let place = match self.loc(addr) {
            Loc::Gpr(reg) if live.uses(addr.index()) == 1 && SCRATCH & 1 << reg.0 != 0 => {
                // The register changes hands.
                self.give(addr.index(), Loc::None);
                reg
            }
            _ => {
                let reg = self.take()?;
                self.copy_to(body, live, (reg, addr, Width::W64))?;
                reg
            }
        };
        self.untag(live, place)?;
        self.used(live, addr);
        Ok(Mem::at(place, 0))
    }

    /// That place is not needed any more.
    pub(super) fn atomic_used(&mut self, live: &mut Live, addr: Value, mem: Mem) {
        match self.unit.addresses {
            Addresses::Whole => self.used(live, addr),
            Addresses::Tagged => self.address_used(mem),
        }
    }

    /// The address of an exclusive access as the guest knows it, and the place.
    pub(super) fn exclusive_place(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        size: Size,
        addr: Value,
    ) -> Result<(Gpr, Mem), Refused> {
        let base = self.gpr(body, live, addr)?;
        let mem = self.address(body, live, addr, 0)?;
        self.must_be_aligned(live, size, mem)?;
        Ok((base, mem))
    }

    fn compare_swap(&mut self, body: Body<'_>, live: &mut Live, size: Size, [addr, expected, new]: [Value; 3]) -> Done {
        let mem = self.atomic_place(body, live, size, addr)?;
        self.gpr(body, live, new)?;
        self.clobber(live)?;
        self.bring_to_rax(body, live, expected, [addr, new])?;
        let mem = match self.unit.addresses {
            Addresses::Whole => Mem::at(self.gpr(body, live, addr)?, 0),
            Addresses::Tagged => mem,
        };
        let reg = self.gpr(body, live, new)?;
        self.may_fault();
        self.asm.lock_cmpxchg(size, mem, reg);
        self.asm.load(size, Extend::Zero, Gpr::RAX, Gpr::RAX);
        self.all_used(live, &[expected, new]);
        self.atomic_used(live, addr, mem);
        self.give(self.at, Loc::Gpr(Gpr::RAX));
        Ok(())
    }

    /// Takes `rax` for a value that is used here for the last time, or for a copy of it; one of the others, which are in registers,
    /// leaves it for that.
    fn bring_to_rax(&mut self, body: Body<'_>, live: &mut Live, value: Value, others: [Value; 2]) -> Done {
        if self.free & 1 != 0 {
            self.take_exactly(Gpr::RAX)?;
            return self.copy_to(body, live, (Gpr::RAX, value, Width::W64));
        }
        let own = match self.loc(value) {
            Loc::Gpr(reg) if live.uses(value.index()) == 1 && SCRATCH & 1 << reg.0 != 0 => Some(reg),
            _ => None,
        };
        let is_in_rax = |value: &Value| self.loc(*value) == Loc::Gpr(Gpr::RAX);
        if own != Some(Gpr::RAX) && !others.iter().any(is_in_rax) {
            return Err(Refused);
        }
        let other = match own {
            Some(reg) => {
                // The register changes hands.
                self.give(value.index(), Loc::None);
                if reg != Gpr::RAX {
                    self.asm.xchg_regs(Gpr::RAX, reg);
                }
                reg
            }
            None => {
                let reg = self.take()?;
                self.asm.mov(Width::W64, reg, Gpr::RAX);
                self.copy_to(body, live, (Gpr::RAX, value, Width::W64))?;
                reg
            }
        };
        for moved in others {
            if self.loc(moved) == Loc::Gpr(Gpr::RAX) {
                self.give(moved.index(), Loc::Gpr(other));
            }
        }
        Ok(())
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

    /// Where the watched place's value, address and size are.
    pub(super) fn watch(&self) -> [Mem; 3] {
        self.map.guest.watch.map(RegMap::memory)
    }

    /// The place of this size at an address is watched.
    pub(super) fn watch_place(&mut self, size: Size, base: Gpr) {
        let [_, place, len] = self.watch();
        self.asm.store(Size::B8, place, base);
        self.asm.store_number(Size::B8, len, size.bytes() as i32);
    }

    /// A jump for an address where no place of this size is watched.
    pub(super) fn jump_unless_watched(&mut self, size: Size, base: Gpr, to: Label) {
        let [_, place, len] = self.watch();
        self.asm.alu(Alu::Cmp, Width::W64, base, place);
        self.asm.jcc(Cc::NotEqual, to);
        self.asm.alu_number(Alu::Cmp, Width::W64, len, size.bytes() as i32);
        self.asm.jcc(Cc::NotEqual, to);
    }

    /// What an exclusive store gives, by the host's flags of the exchange; or where that was not tried, at `failed`.
    pub(super) fn told_exclusive(&mut self, failed: Label) {
        let end = self.asm.label();
        self.asm.setcc(Cc::NotEqual, Gpr::RAX);
        self.asm.load(Size::B1, Extend::Zero, Gpr::RAX, Gpr::RAX);
        self.asm.jmp(end);
        self.asm.bind(failed);
        self.asm.number(Gpr::RAX, 1);
        self.asm.bind(end);
        self.forget_watch();
    }

    /// Nothing is watched any more; leaves the host's flags.
    fn forget_watch(&mut self) {
        let [value, place, len] = self.watch();
        for mem in [value, Mem { disp: value.disp + 8, ..value }, place, len] {
            self.asm.store_number(Size::B8, mem, 0);
        }
    }

    /// Stores if the watched place is this one and has its value still; a fault keeps it watched.
    fn store_exclusive(&mut self, body: Body<'_>, live: &mut Live, size: Size, [addr, value]: [Value; 2]) -> Done {
        let base = self.gpr(body, live, addr)?;
        self.must_be_aligned(live, size, Mem::at(base, 0))?;
        self.clobber(live)?;
        let failed = self.asm.label();
        self.jump_unless_watched(size, base, failed);
        let mem = self.place_only(body, live, addr)?;
        let new = self.gpr(body, live, value)?;
        self.take_exactly(Gpr::RAX)?;
        let [seen, ..] = self.watch();
        self.asm.load(Size::B8, Extend::Zero, Gpr::RAX, seen);
        self.may_fault();
        self.asm.lock_cmpxchg(size, mem, new);
        self.told_exclusive(failed);
        self.used(live, value);
        self.atomic_used(live, addr, mem);
        self.give(self.at, Loc::Gpr(Gpr::RAX));
        Ok(())
    }

    fn rmw(&mut self, body: Body<'_>, live: &mut Live, (op, size): (Rmw, Size), [addr, value]: [Value; 2]) -> Done {
        let mem = self.atomic_place(body, live, size, addr)?;
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
            _ => self.rmw_by_swap(body, live, (op, size), (mem, value))?,
        }
        self.used(live, value);
        self.atomic_used(live, addr, mem);
        Ok(())
    }

    /// An operation the host has no atomic form of: made and swapped in until nobody has come between.
    fn rmw_by_swap(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, size): (Rmw, Size),
        (mem, value): (Mem, Value),
    ) -> Done {
        self.clobber(live)?;
        self.take_exactly(Gpr::RAX)?;
        // It may stay in memory: there are no registers to spare.
        let source = match self.loc(value) {
            Loc::Number(number) => Operand::Number(number),
            _ => Operand::Place(self.rm(body, live, value)?),
        };
        let new = self.take()?;
        self.may_fault();
        self.asm.load(size, Extend::Zero, Gpr::RAX, mem);
        let again = self.asm.label();
        self.asm.bind(again);
        match source {
            Operand::Number(number) => self.asm.number(new, number),
            Operand::Place(source) => self.asm.mov(Width::W64, new, source),
        }
        match kept(op) {
            Some(cc) => {
                self.asm.compare(size, Gpr::RAX, new);
                self.asm.cmov(cc, Width::W64, new, Gpr::RAX);
            }
            None => {
                let alu = match op {
                    Rmw::Or => Alu::Or,
                    Rmw::Xor => Alu::Xor,
                    _ => Alu::And,
                };
                if op == Rmw::AndNot {
                    self.asm.form(One::Not, Width::W64, new);
                }
                self.asm.alu(alu, Width::W64, new, Gpr::RAX);
            }
        }
        self.asm.lock_cmpxchg(size, mem, new);
        self.asm.jcc(Cc::NotEqual, again);
        self.put_back(new);
        self.asm.load(size, Extend::Zero, Gpr::RAX, Gpr::RAX);
        self.give(self.at, Loc::Gpr(Gpr::RAX));
        Ok(())
    }
}

/// The other operand of an operation on memory.
#[derive(Clone, Copy)]
enum Operand {
    Number(u64),
    Place(Rm),
}

/// Whether memory keeps its value, for one that is the larger or the smaller of two: what a comparison of it with the other one
/// says then.
const fn kept(op: Rmw) -> Option<Cc> {
    match op {
        Rmw::SMax => Some(Cc::GreaterEqual),
        Rmw::SMin => Some(Cc::LessEqual),
        Rmw::UMax => Some(Cc::AboveEqual),
        Rmw::UMin => Some(Cc::BelowEqual),
        _ => None,
    }
}
