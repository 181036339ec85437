//! Virtio devices on the bus of memory-mapped registers (Virtual I/O Device 1.2, section 4.2): the old and the new interface.
//!
//! What the kernel uses of them is little: one buffer is one descriptor, and every descriptor has its own buffer for ever.
//! Status goes up step by step, because some machines drop a step that is skipped.

mod entropy;
mod network;
mod queue;

pub(crate) use network::Card;

use crate::board::{Board, Device};
use crate::memory::DEVICES;
use crate::random;
use alloc::vec::Vec;
use spin::Once;

/// Registers.
const MAGIC: u64 = 0x000;
const VERSION: u64 = 0x004;
const KIND: u64 = 0x008;
const OFFERED: u64 = 0x010;
const OFFERED_WORD: u64 = 0x014;
const TAKEN: u64 = 0x020;
const TAKEN_WORD: u64 = 0x024;
const PAGE_SIZE: u64 = 0x028;
const QUEUE: u64 = 0x030;
const QUEUE_MOST: u64 = 0x034;
const QUEUE_LEN: u64 = 0x038;
const QUEUE_ALIGN: u64 = 0x03c;
const QUEUE_PAGE: u64 = 0x040;
const QUEUE_READY: u64 = 0x044;
const NOTIFY: u64 = 0x050;
const INTERRUPTS: u64 = 0x060;
const INTERRUPTS_DONE: u64 = 0x064;
const STATUS: u64 = 0x070;
const DESCRIPTORS: u64 = 0x080;
const AVAILABLE: u64 = 0x090;
const USED: u64 = 0x0a0;
const CONFIG: u64 = 0x100;

/// "virt".
const IS_VIRTIO: u32 = 0x7472_6976;
/// Steps of the status.
const SEEN: u32 = 1;
const DRIVEN: u32 = 2;
const WORKING: u32 = 4;
const AGREED: u32 = 8;
/// The new interface.
const NEW: u64 = 1 << 32;
/// Headers and data may share a buffer.
const ANY_LAYOUT: u64 = 1 << 27;

/// Kinds of devices.
const NETWORK: u32 = 1;
const ENTROPY: u32 = 4;

/// The devices whose interrupts are answered.
static DEVICES_THERE: Once<Vec<Device>> = Once::new();

/// A device's registers.
#[derive(Clone, Copy, Debug)]
struct Registers {
    at: u64,
    is_new: bool,
}

impl Registers {
    /// Those of a device, and of which kind it is; `None` for a slot without one.
    fn of(device: &Device) -> Option<(Registers, u32)> {
        let mut registers = Registers { at: DEVICES + device.registers.0, is_new: false };
        if registers.get(MAGIC) != IS_VIRTIO {
            return None;
        }
        registers.is_new = registers.get(VERSION) >= 2;
        let kind = registers.get(KIND);
        (kind != 0).then_some((registers, kind))
    }

    fn get(self, register: u64) -> u32 {
        // SAFETY: a register of a device that the tree names, mapped as a device.
        unsafe { ((self.at + register) as *const u32).read_volatile() }
    }

    fn set(self, register: u64, value: u32) {
        // SAFETY: as above.
        unsafe { ((self.at + register) as *mut u32).write_volatile(value) }
    }

    /// Two registers for one number.
    fn set_wide(self, register: u64, value: u64) {
        self.set(register, value as u32);
        self.set(register + 4, (value >> 32) as u32);
    }

    fn config(self, nth: u64) -> u8 {
        // SAFETY: a byte of the device's configuration.
        unsafe { ((self.at + CONFIG + nth) as *const u8).read_volatile() }
    }

    /// Begins to drive the device with those of `wanted` that it has; which, if it agrees.
    fn begin(self, wanted: u64) -> Option<u64> {
        self.set(STATUS, 0);
        self.set(STATUS, SEEN);
        self.set(STATUS, SEEN | DRIVEN);
        let offered = |word| {
            self.set(OFFERED_WORD, word);
            u64::from(self.get(OFFERED))
        };
        let wanted = wanted | if self.is_new { NEW } else { ANY_LAYOUT };
        let taken = wanted & (offered(1) << 32 | offered(0));
        for word in [0, 1] {
            self.set(TAKEN_WORD, word);
            self.set(TAKEN, (taken >> (32 * word)) as u32);
        }
        if !self.is_new {
            self.set(PAGE_SIZE, crate::memory::PAGE as u32);
            return Some(taken);
        }
        self.set(STATUS, SEEN | DRIVEN | AGREED);
        (self.get(STATUS) & AGREED != 0).then_some(taken)
    }

    /// The device may begin.
    fn go(self) {
        let agreed = if self.is_new { AGREED } else { 0 };
        self.set(STATUS, SEEN | DRIVEN | agreed | WORKING);
    }
}

/// Uses what there is: stirs randomness, finds the network card.
pub(crate) fn begin(board: &Board) -> Option<Card> {
    let mut card = None;
    let mut used = Vec::new();
    for device in &board.virtio {
        match Registers::of(device) {
            Some((registers, ENTROPY)) => {
                entropy::ask(registers);
                used.push(*device);
            }
            Some((registers, NETWORK)) if card.is_none() => {
                card = Card::new(registers);
                used.push(*device);
            }
            _ => {}
        }
    }
    if board.seeds.len() < random::SEED {
        entropy::wait();
    }
    DEVICES_THERE.call_once(|| used);
    card
}

/// Takes a device's interrupt back, if it is a device's.
pub(crate) fn answer(interrupt: u32) {
    for device in DEVICES_THERE.get().into_iter().flatten().filter(|device| device.interrupt == interrupt) {
        if let Some((registers, _)) = Registers::of(device) {
            registers.set(INTERRUPTS_DONE, registers.get(INTERRUPTS));
            entropy::answer();
        }
    }
}
