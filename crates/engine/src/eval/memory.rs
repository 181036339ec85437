//! The guest's memory as blocks see it: guest addresses are host addresses.

use super::Shared;
use crate::jit::size_of;
use ashore_base::{Addr, AddrRange};
use ashore_ir::{Access, Fault, Memory, Size};
use ashore_isa::InState;
use ashore_pivot::Sys;
use ashore_sys::FaultInfo;
use std::sync::atomic::{Ordering, fence};

const CLOCK_MONOTONIC: u64 = 1;
const NANOS: u64 = 1_000_000_000;
/// How long the counter takes for one step: it counts 62.5 million in a second.
const NANOS_OF_COUNT: u64 = 16;

/// Memory, for one thread.
pub(super) struct View<R: InState> {
    shared: &'static Shared<R>,
    last: FaultInfo,
}

impl<R: InState> View<R> {
    pub(super) fn new(shared: &'static Shared<R>) -> View<R> {
        View { shared, last: FaultInfo::default() }
    }

    /// What the host told of the last fault.
    pub(super) fn last_fault(&self) -> FaultInfo {
        self.last
    }

    fn or_fault<T>(&mut self, access: Access, done: Result<T, FaultInfo>) -> Result<T, Fault> {
        done.map_err(|info| {
            self.last = info;
            Fault { addr: info.addr, access }
        })
    }
}

impl<R: InState> Memory for View<R> {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        let done = ashore_sys::load(R::place(addr), size_of(size));
        self.or_fault(Access::Read, done)
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        let done = ashore_sys::store(R::place(addr), size_of(size), value);
        self.or_fault(Access::Write, done)
    }

    fn compare_swap(&mut self, addr: u64, size: Size, [old, new]: [u128; 2]) -> Result<u128, Fault> {
        let done = ashore_sys::exchange(R::place(addr), size_of(size), old, new);
        self.or_fault(Access::Write, done)
    }

    fn fence(&mut self) {
        fence(Ordering::SeqCst);
    }

    fn invalidate(&mut self, addr: u64, len: u64) {
        let start = Addr(R::place(addr));
        self.shared.renew(AddrRange { start, end: start.plus(len) });
    }

    fn counter(&mut self) -> u64 {
        let mut time = [0u64; 2];
        let words = [CLOCK_MONOTONIC, time.as_mut_ptr() as u64, 0, 0, 0, 0];
        let _ = ashore_sys::call(u64::from(Sys::CLOCK_GETTIME.0), words);
        (time[0] * NANOS + time[1]) / NANOS_OF_COUNT
    }
}
