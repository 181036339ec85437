//! GICv2 (ARM IHI 0048): eight CPUs at most.

use super::{get, set, set_byte};
use crate::board::Piece;
use core::sync::atomic::{AtomicU32, Ordering};

/// Registers of the distributor.
const DISTRIBUTOR_CONTROL: u64 = 0x000;
const ENABLE: u64 = 0x100;
const PRIORITY: u64 = 0x400;
const TARGET: u64 = 0x800;
const SEND: u64 = 0xf00;
/// Registers of the CPU interface.
const INTERFACE_CONTROL: u64 = 0x00;
const LEAST_PRIORITY: u64 = 0x04;
const WHICH: u64 = 0x0c;
const DONE: u64 = 0x10;

/// The one priority in use.
const SOME: u8 = 0xa0;

/// How the distributor names each CPU.
static NAMES: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

pub(super) fn begin(distributor: Piece) {
    set(distributor.0 + DISTRIBUTOR_CONTROL, 1);
}

pub(super) fn begin_cpu(distributor: Piece, interface: Piece, timer: u32) {
    let own = get(distributor.0 + TARGET) & 0xff;
    if let Some(name) = NAMES.get(crate::cpu::Cpu::own().index) {
        name.store(own, Ordering::Relaxed);
    }
    for interrupt in [super::KICK, timer] {
        enable(distributor, interrupt);
    }
    set(interface.0 + LEAST_PRIORITY, 0xff);
    set(interface.0 + INTERFACE_CONTROL, 1);
}

fn enable(distributor: Piece, interrupt: u32) {
    set_byte(distributor.0 + PRIORITY + u64::from(interrupt), SOME);
    set(distributor.0 + ENABLE + u64::from(interrupt / 32 * 4), 1 << (interrupt % 32));
}

pub(super) fn allow(distributor: Piece, interrupt: u32) {
    set_byte(distributor.0 + TARGET + u64::from(interrupt), 1);
    enable(distributor, interrupt);
}

pub(super) fn kick(distributor: Piece, cpu: usize, interrupt: u32) {
    let name = NAMES.get(cpu).map_or(0, |name| name.load(Ordering::Relaxed));
    set(distributor.0 + SEND, name << 16 | interrupt);
}

pub(super) fn which(interface: Piece) -> u32 {
    get(interface.0 + WHICH)
}

pub(super) fn done(interface: Piece, which: u32) {
    set(interface.0 + DONE, which);
}
