//! The guest's memory for the evaluator.

use super::Lifter;
use ashore_ir::{Access, Fault, Memory, Size};
use ashore_sys::{AccessSize, FaultInfo};
use core::sync::atomic::{Ordering, fence};

const CLOCK_GETTIME: u64 = 228;
const CLOCK_MONOTONIC: u64 = 1;
/// The bit of a write in what the host says of a fault.
pub(super) const HOST_WRITE: u64 = 2;

/// Guest addresses are host addresses, but for the bits of them that the guest's CPU ignores. Remembers which instructions may
/// have changed.
pub(super) struct Host<'a> {
    lifter: &'a dyn Lifter,
    pub(super) invalid: Option<(u64, u64)>,
    last: FaultInfo,
}

impl<'a> Host<'a> {
    /// The memory of a CPU.
    pub(super) fn new(lifter: &'a dyn Lifter) -> Host<'a> {
        Host { lifter, invalid: None, last: FaultInfo::default() }
    }

    /// What the host told of the last fault, which was of such an access.
    pub(super) fn last_fault(&self, access: Access) -> FaultInfo {
        let error = if access == Access::Write { HOST_WRITE } else { 0 };
        FaultInfo { error, ..self.last }
    }

    fn or_fault<T>(&mut self, access: Access, done: Result<T, FaultInfo>) -> Result<T, Fault> {
        done.map_err(|info| {
            self.last = info;
            Fault { addr: info.addr, access }
        })
    }
}

/// The same size as accesses of the host know it.
pub(crate) fn size_of(size: Size) -> AccessSize {
    match size {
        Size::B1 => AccessSize::B1,
        Size::B2 => AccessSize::B2,
        Size::B4 => AccessSize::B4,
        Size::B8 => AccessSize::B8,
        Size::B16 => AccessSize::B16,
    }
}

/// How many of an address's highest bits a CPU ignores.
pub(super) fn ignored(lifter: &dyn Lifter) -> u8 {
    (0..64).rev().take_while(|bit| lifter.place(1 << bit) >> bit & 1 == 0).count() as u8
}

impl Memory for Host<'_> {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        let done = ashore_sys::load(self.lifter.place(addr), size_of(size));
        self.or_fault(Access::Read, done)
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        let done = ashore_sys::store(self.lifter.place(addr), size_of(size), value);
        self.or_fault(Access::Write, done)
    }

    fn compare_swap(&mut self, addr: u64, size: Size, [expected, new]: [u128; 2]) -> Result<u128, Fault> {
        let done = ashore_sys::exchange(self.lifter.place(addr), size_of(size), expected, new);
        self.or_fault(Access::Write, done)
    }

    fn fence(&mut self) {
        fence(Ordering::SeqCst);
    }

    fn invalidate(&mut self, addr: u64, len: u64) {
        self.invalid = Some((self.lifter.place(addr), len));
    }

    fn counter(&mut self) -> u64 {
        let hz = self.lifter.counter_hz();
        let mut now = [0u64; 2];
        let words = [CLOCK_MONOTONIC, now.as_mut_ptr() as u64, 0, 0, 0, 0];
        let _ = ashore_sys::call(CLOCK_GETTIME, words);
        let [seconds, nanoseconds] = now;
        seconds.wrapping_mul(hz).wrapping_add((u128::from(nanoseconds) * u128::from(hz) / 1_000_000_000) as u64)
    }
}
