//! Entropy of the host's: asked for at the start, stirred in when it comes.

use super::Registers;
use super::queue::{Queue, Writer};
use crate::{clock, random};
use ashore_kernel_core::Lock;

/// Bytes to ask for.
const SEED: usize = 64;
/// How long a machine without any other seed waits, in nanoseconds.
const PATIENCE: u64 = 1_000_000_000;

static ASKED: Lock<Option<Queue>> = Lock::new(None);

/// Asks the device.
pub(super) fn ask(registers: Registers) {
    let Some(mut queue) = registers.begin(0).and_then(|_| Queue::new(registers, 0, SEED, Writer::Device)) else {
        return;
    };
    registers.go();
    queue.give(0, SEED);
    queue.notify();
    *ASKED.lock() = Some(queue);
}

/// Takes what came.
pub(super) fn answer() -> bool {
    let mut asked = ASKED.lock();
    let Some(queue) = asked.as_mut() else { return true };
    let Some((nth, len)) = queue.take() else { return false };
    random::stir(queue.buffer(nth, len));
    true
}

/// Waits for it: a machine without any other seed needs it before its first program.
pub(super) fn wait() {
    let end = clock::ticks() + clock::ticks_of(PATIENCE);
    while !answer() && clock::ticks() < end {
        core::hint::spin_loop();
    }
}
