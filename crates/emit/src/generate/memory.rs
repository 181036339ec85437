//! Loads and stores.

use super::{Body, Done, Generator, Refused, Upper};
use crate::asm::ops;
use crate::frame;
use crate::live::Live;
use crate::reg::{Gpr, Mem, Xmm};
use crate::unit::MarkKind;
use ashore_ir::{Extend, Op, Order, Size};

impl Generator<'_> {
    /// The next host instruction may fault: says where the flags are, if that has changed since the instruction began.
    pub(super) fn may_fault(&mut self) {
        let flags = self.form_to_read();
        match self.marks.last() {
            Some(mark) if mark.flags == flags => {}
            _ => self.mark(MarkKind::Inside),
        }
    }

    pub(super) fn access(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::Load { size, kind: Extend::Zero, order: Order::Plain, addr, disp }
                if let Some(lane) = self.is_for_lanes(body, live, size) =>
            {
                self.load_lanes(body, live, lane, (addr, disp))?;
            }
            Op::Load { size, kind, order, addr, disp } => {
                let mem = self.address(body, live, addr, disp)?;
                if order != Order::Plain {
                    self.must_be_aligned(live, size, mem)?;
                }
                self.may_fault();
                self.sum_used(body, live, addr);
                self.used(live, addr);
                self.address_used(mem);
                let reg = self.dest(body, live, &[])?;
                self.asm.load(size, kind, reg, mem);
                self.give(self.at, super::Loc::Gpr(reg));
            }
            Op::Store { size, order, addr, disp, value } => {
                let mem = self.address(body, live, addr, disp)?;
                if order != Order::Plain {
                    self.must_be_aligned(live, size, mem)?;
                }
                let is_plain = matches!(order, Order::Plain | Order::Acquire | Order::AcquirePc);
                match self.short(value, ashore_ir::Width::W64) {
                    Some(number) if is_plain => {
                        self.may_fault();
                        self.asm.store_number(size, mem, number);
                    }
                    _ if is_plain => {
                        let reg = self.gpr(body, live, value)?;
                        self.may_fault();
                        self.asm.store(size, mem, reg);
                    }
                    // A release must not pass a later acquire: a barrier behind it. An exchange would be one, too, but is
                    // slow, and stopped by some machines, where the place crosses a cache line.
                    _ => {
                        let reg = self.gpr(body, live, value)?;
                        self.clobber(live)?;
                        self.may_fault();
                        self.asm.store(size, mem, reg);
                        self.asm.fence(frame::place(frame::TEMP));
                    }
                }
                self.sum_used(body, live, addr);
                self.all_used(live, &[addr, value]);
                self.address_used(mem);
            }
            Op::VLoad { size, addr, disp } => {
                let mem = self.address(body, live, addr, disp)?;
                let reg = self.vdest(body, live, &[])?;
                self.may_fault();
                let upper = self.load_vector(size, reg, mem)?;
                self.sum_used(body, live, addr);
                self.used(live, addr);
                self.address_used(mem);
                self.vgive(reg, upper);
            }
            Op::VStore { size, addr, disp, value } => {
                let mem = self.address(body, live, addr, disp)?;
                let reg = self.xmm(value)?;
                self.may_fault();
                self.store_vector(size, reg, mem);
                self.sum_used(body, live, addr);
                self.all_used(live, &[addr, value]);
                self.address_used(mem);
            }
            _ => return Err(Refused),
        }
        Ok(())
    }

    pub(super) fn store_vector(&mut self, size: Size, reg: Xmm, mem: Mem) {
        match size {
            Size::B16 => self.asm.v2(ops::MOVUPS_STORE, reg, mem),
            Size::B8 => self.asm.v2(ops::MOVSD_STORE, reg, mem),
            Size::B4 => self.asm.v2(ops::MOVSS_STORE, reg, mem),
            Size::B2 => self.asm.v2_number(ops::PEXTRW, reg, mem, 0),
            Size::B1 => self.asm.v2_number(ops::PEXTRB, reg, mem, 0),
        }
    }

    pub(super) fn load_vector(&mut self, size: Size, reg: Xmm, mem: Mem) -> Result<Upper, Refused> {
        Ok(match size {
            Size::B16 => {
                self.asm.v2(ops::MOVUPS, reg, mem);
                Upper::Unknown
            }
            Size::B8 => {
                self.asm.v2(ops::MOVSD, reg, mem);
                Upper::Zero64
            }
            Size::B4 => {
                self.asm.v2(ops::MOVSS, reg, mem);
                Upper::Zero32
            }
            Size::B1 | Size::B2 => {
                let narrow: Gpr = self.take()?;
                self.asm.load(size, Extend::Zero, narrow, mem);
                self.asm.v2(ops::MOVD, reg, narrow);
                self.put_back(narrow);
                Upper::Zero32
            }
        })
    }
}
