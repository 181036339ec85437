//! The PL011: what is printed, and a ring of what was typed.

use crate::inbox;
use crate::memory::DEVICES;
use ashore_kernel_core::Lock;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

/// Registers (ARM DDI 0183, chapter 3).
const DATA: u64 = 0x00;
const FLAGS: u64 = 0x18;
const LINE: u64 = 0x2c;
const CONTROL: u64 = 0x30;
const MASK: u64 = 0x38;
const CLEAR: u64 = 0x44;
/// The input is empty; the output is full.
const NO_INPUT: u32 = 1 << 4;
const NO_ROOM: u32 = 1 << 5;
/// Eight bits and queues; on, both ways.
const EIGHT_BITS: u32 = 3 << 5 | 1 << 4;
const ON: u32 = 1 | 1 << 8 | 1 << 9;
/// Interrupts for input, and for input that waits.
const INPUT: u32 = 1 << 4 | 1 << 6;

/// Bytes that may wait to be asked for; more stay with the device, which makes its sender wait.
const RING: usize = 4096;

/// Where the console's registers are; 0 while there is none.
static AT: AtomicU64 = AtomicU64::new(0);
static TYPED: Lock<Ring> = Lock::new(Ring { bytes: [0; RING], first: 0, count: 0, is_held: false });
static PRINTING: Lock<()> = Lock::new(());

struct Ring {
    bytes: [u8; RING],
    first: usize,
    count: usize,
    /// The device has more.
    is_held: bool,
}

fn register(offset: u64) -> Option<*mut u32> {
    let at = AT.load(Ordering::Relaxed);
    (at != 0).then_some((at + offset) as *mut u32)
}

fn get(offset: u64) -> u32 {
    // SAFETY: a register of the console, which is mapped as a device.
    register(offset).map_or(NO_INPUT, |at| unsafe { at.read_volatile() })
}

fn set(offset: u64, value: u32) {
    if let Some(at) = register(offset) {
        // SAFETY: as above.
        unsafe { at.write_volatile(value) }
    }
}

/// Uses the console at a physical address, which is mapped.
pub(crate) fn begin(physical: u64) {
    AT.store(DEVICES + physical, Ordering::Relaxed);
    set(MASK, 0);
    set(CONTROL, 0);
    set(LINE, EIGHT_BITS);
    set(CONTROL, ON);
    set(CLEAR, 0x7ff);
    set(MASK, INPUT);
}

fn put(byte: u8) {
    while get(FLAGS) & NO_ROOM != 0 {
        core::hint::spin_loop();
    }
    set(DATA, u32::from(byte));
}

/// Prints bytes.
pub(crate) fn print(bytes: &[u8]) {
    let _printing = PRINTING.lock();
    bytes.iter().for_each(|byte| put(*byte));
}

/// Takes what came in from the device; called at its interrupt.
pub(crate) fn receive() {
    fill(&mut TYPED.lock());
}

/// Fills the ring from the device. Where there is no room the device may ask no more; whoever makes room comes back.
fn fill(ring: &mut Ring) {
    // First: a byte that comes after the last look at the queue asks for another interrupt, which must stay.
    set(CLEAR, INPUT);
    while get(FLAGS) & NO_INPUT == 0 {
        if ring.count == RING {
            ring.is_held = true;
            set(MASK, 0);
            return;
        }
        let byte = get(DATA) as u8;
        if inbox::is_used() {
            continue;
        }
        let at = (ring.first + ring.count) % RING;
        ring.bytes[at] = byte;
        ring.count += 1;
    }
}

/// Moves what was typed to `into`.
pub(crate) fn typed(into: &mut [u8]) -> usize {
    let mut ring = TYPED.lock();
    if ring.count == 0 {
        return inbox::take(into);
    }
    let count = ring.count.min(into.len());
    for byte in into.iter_mut().take(count) {
        *byte = ring.bytes[ring.first];
        ring.first = (ring.first + 1) % RING;
    }
    ring.count -= count;
    if ring.is_held && count > 0 {
        ring.is_held = false;
        set(MASK, INPUT);
        fill(&mut ring);
    }
    count
}

/// The console for a report: it waits for nobody, because whoever prints may be what is broken.
pub(crate) struct Urgent;

impl Urgent {
    /// Prints bytes.
    pub(crate) fn put(bytes: &[u8]) {
        bytes.iter().for_each(|byte| put(*byte));
    }
}

impl fmt::Write for Urgent {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        Urgent::put(text.as_bytes());
        Ok(())
    }
}
