//! The guest's memory for the evaluator.

use ashore_base::Addr;
use ashore_ir::{Access, Fault, Memory, Size};
use ashore_pivot::Memory as _;
use ashore_sys::GuestMemory;
use core::sync::atomic::{Ordering, fence};

const CLOCK_GETTIME: u64 = 228;
const CLOCK_MONOTONIC: u64 = 1;

/// Guest addresses are host addresses. Remembers which instructions may have changed.
#[derive(Debug)]
pub(super) struct Host {
    hz: u64,
    pub(super) invalid: Option<(u64, u64)>,
}

impl Host {
    /// The memory, and a counter of this many counts in a second.
    pub(super) fn new(hz: u64) -> Host {
        Host { hz, invalid: None }
    }
}

fn fault(addr: u64, access: Access) -> Fault {
    Fault { addr, access }
}

impl Memory for Host {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        let mut bytes = [0; 16];
        let part = bytes.get_mut(..size.bytes()).unwrap_or_default();
        GuestMemory.read(Addr(addr), part).map_err(|_| fault(addr, Access::Read))?;
        Ok(u128::from_le_bytes(bytes))
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        let bytes = value.to_le_bytes();
        let part = bytes.get(..size.bytes()).unwrap_or_default();
        GuestMemory.write(Addr(addr), part).map_err(|_| fault(addr, Access::Write))
    }

    fn compare_swap(&mut self, addr: u64, size: Size, [expected, new]: [u128; 2]) -> Result<u128, Fault> {
        let result = match size {
            Size::B1 => GuestMemory.exchange(Addr(addr), 0, [expected as u64, new as u64]),
            Size::B2 => GuestMemory.exchange(Addr(addr), 1, [expected as u64, new as u64]),
            Size::B4 => GuestMemory.exchange(Addr(addr), 2, [expected as u64, new as u64]),
            Size::B8 => GuestMemory.exchange(Addr(addr), 3, [expected as u64, new as u64]),
            Size::B16 => {
                return GuestMemory.exchange_wide(Addr(addr), [expected, new]).map_err(|_| fault(addr, Access::Write));
            }
        };
        result.map(u128::from).map_err(|_| fault(addr, Access::Write))
    }

    fn fence(&mut self) {
        fence(Ordering::SeqCst);
    }

    fn invalidate(&mut self, addr: u64, len: u64) {
        self.invalid = Some((addr, len));
    }

    fn counter(&mut self) -> u64 {
        let mut now = [0u64; 2];
        let words = [CLOCK_MONOTONIC, now.as_mut_ptr() as u64, 0, 0, 0, 0];
        let _ = ashore_sys::call(CLOCK_GETTIME, words);
        let [seconds, nanoseconds] = now;
        seconds
            .wrapping_mul(self.hz)
            .wrapping_add((u128::from(nanoseconds) * u128::from(self.hz) / 1_000_000_000) as u64)
    }
}
