//! Accesses to memory, exclusives and barriers.

use super::{Exit, Frame, Step, read_slot, write_slot};
use crate::{Access, Extend, Fault, Op, Order, Size, Value};

/// The low bytes of a value, extended.
pub(super) fn extend(kind: Extend, size: Size, value: u64) -> u64 {
    if size >= Size::B8 {
        return value;
    }
    let unused = 64 - size.bytes() as u32 * 8;
    let signed = ((value << unused) as i64 >> unused) as u64;
    match kind {
        Extend::Zero => value & size.mask() as u64,
        Extend::Sign64 => signed,
        Extend::Sign32 => signed & u64::from(u32::MAX),
    }
}

impl Frame<'_> {
    fn addr(&self, addr: Value, disp: i32) -> u64 {
        self.int(addr).wrapping_add(i64::from(disp) as u64)
    }

    pub(super) fn access(&mut self, op: &Op) -> Result<Step, Fault> {
        if let Some((size, addr, access)) = self.aligned(op)
            && addr & (size.bytes() as u64 - 1) != 0
        {
            return Ok(Step::Leave(self.pc, Exit::Misaligned(Fault { addr, access })));
        }
        Ok(match *op {
            Op::Load { size, kind, addr, disp, .. } => {
                let value = self.memory.load(self.addr(addr, disp), size)?;
                Step::Value(extend(kind, size, value as u64).into())
            }
            Op::Store { size, order: Order::Release | Order::AcquireRelease, addr, disp, value } => {
                let value = self.value(value) & size.mask();
                self.memory.store(self.addr(addr, disp), size, value)?;
                // An acquire may not pass it, and memory may let a load pass a plain store.
                self.memory.fence();
                Step::Done
            }
            Op::Store { size, addr, disp, value, .. } | Op::VStore { size, addr, disp, value } => {
                let value = self.value(value) & size.mask();
                self.memory.store(self.addr(addr, disp), size, value)?;
                Step::Done
            }
            Op::VLoad { size, addr, disp } => Step::Value(self.memory.load(self.addr(addr, disp), size)?),
            Op::CompareSwap { size, addr, expected, new, .. } => {
                let values = [expected, new].map(|value| self.value(value) & size.mask());
                Step::Value(self.memory.compare_swap(self.int(addr), size, values)?)
            }
            Op::Rmw { op, size, addr, value, .. } => {
                Step::Value(self.memory.rmw(op, self.int(addr), size, self.value(value))?)
            }
            Op::LoadExclusive { size, addr, .. } => {
                let addr = self.int(addr);
                let value = self.memory.load(addr, size)?;
                self.watch(addr, size.bytes() as u64, value);
                Step::Value(value)
            }
            Op::StoreExclusive { size, addr, value, .. } => {
                Step::Value(self.store_exclusive(size, addr, value)?.into())
            }
            Op::ClearExclusive => {
                self.watch(0, 0, 0);
                Step::Done
            }
            Op::Fence(_) => {
                self.memory.fence();
                Step::Done
            }
            Op::Invalidate { log2, addr } => {
                let len = 1 << log2;
                let addr = self.int(addr) & !(len - 1);
                self.memory.invalidate(addr, len);
                Step::Done
            }
            Op::Counter => Step::Value(self.memory.counter().into()),
            _ => Step::Done,
        })
    }

    /// The access of an op that must be aligned: one that is atomic or ordered.
    fn aligned(&self, op: &Op) -> Option<(Size, u64, Access)> {
        match *op {
            Op::CompareSwap { size, addr, .. } | Op::Rmw { size, addr, .. } | Op::StoreExclusive { size, addr, .. } => {
                Some((size, self.int(addr), Access::Write))
            }
            Op::LoadExclusive { size, addr, .. } => Some((size, self.int(addr), Access::Read)),
            Op::Load { size, order, addr, disp, .. } if order != Order::Plain => {
                Some((size, self.addr(addr, disp), Access::Read))
            }
            Op::Store { size, order, addr, disp, .. } if order != Order::Plain => {
                Some((size, self.addr(addr, disp), Access::Write))
            }
            _ => None,
        }
    }

    fn watch(&mut self, addr: u64, size: u64, value: u128) {
        let layout = *self.model.layout();
        write_slot(self.state, layout.watch_addr, addr.into());
        write_slot(self.state, layout.watch_size, size.into());
        write_slot(self.state, layout.watch_value, value);
    }

    /// 0 if it stored. What is watched is forgotten either way, but not by a fault.
    fn store_exclusive(&mut self, size: Size, addr: Value, value: Value) -> Result<u64, Fault> {
        let layout = *self.model.layout();
        let addr = self.int(addr);
        let watched = read_slot(self.state, layout.watch_addr) as u64 == addr
            && read_slot(self.state, layout.watch_size) as usize == size.bytes();
        let mut failed = 1;
        if watched {
            let old = read_slot(self.state, layout.watch_value) & size.mask();
            let new = self.value(value) & size.mask();
            failed = u64::from(self.memory.compare_swap(addr, size, [old, new])? != old);
        }
        self.watch(0, 0, 0);
        Ok(failed)
    }
}
