//! GICv3 (ARM IHI 0069): the CPU's part is in system registers.

use super::{get, set, set_byte};
use crate::board::Piece;
use crate::registers::{barrier, read, write};

/// Registers of the distributor.
const DISTRIBUTOR_CONTROL: u64 = 0x0000;
const GROUP: u64 = 0x0080;
const ENABLE: u64 = 0x0100;
const PRIORITY: u64 = 0x0400;
const ROUTE: u64 = 0x6000;
/// Registers of a redistributor, and its second page of 64 KiB.
const TYPE: u64 = 0x0008;
const WAKER: u64 = 0x0014;
const SECOND: u64 = 0x1_0000;

/// The one priority in use.
const SOME: u8 = 0xa0;
/// Affinity routing, and interrupts of group 1.
const ROUTED: u32 = 1 << 4 | 1 << 1 | 1;
/// Bits of TYPE: there are two more pages; it is the last one.
const IS_LARGE: u32 = 1 << 1;
const IS_LAST: u32 = 1 << 4;
const SLEEP: u32 = 1 << 1;
const IS_ASLEEP: u32 = 1 << 2;

/// An affinity (`MPIDR_EL1`) in the four packed bytes of TYPE.
fn packed(affinity: u64) -> u32 {
    (affinity & 0xff_ffff | affinity >> 8 & 0xff00_0000) as u32
}

pub(super) fn begin(distributor: Piece) {
    set(distributor.0 + DISTRIBUTOR_CONTROL, ROUTED);
}

pub(super) fn begin_cpu(redistributors: Piece, timer: u32) {
    let own = packed(crate::cpu::Cpu::own().affinity);
    let mut at = redistributors.0;
    while at < redistributors.1 && get(at + TYPE + 4) != own {
        let kind = get(at + TYPE);
        if kind & IS_LAST != 0 {
            break;
        }
        at += if kind & IS_LARGE != 0 { 4 * SECOND } else { 2 * SECOND };
    }
    set(at + WAKER, get(at + WAKER) & !SLEEP);
    while get(at + WAKER) & IS_ASLEEP != 0 {
        core::hint::spin_loop();
    }
    set(at + SECOND + GROUP, u32::MAX);
    for interrupt in [super::KICK, timer] {
        set_byte(at + SECOND + PRIORITY + u64::from(interrupt), SOME);
        set(at + SECOND + ENABLE, 1 << (interrupt % 32));
    }
    write!("s3_0_c12_c12_5", read!("s3_0_c12_c12_5") | 1); // ICC_SRE_EL1: by system registers
    barrier!("isb");
    write!("s3_0_c4_c6_0", 0xff); // ICC_PMR_EL1: every priority
    write!("s3_0_c12_c12_7", 1); // ICC_IGRPEN1_EL1: group 1
    barrier!("isb");
}

pub(super) fn allow(distributor: Piece, interrupt: u32) {
    let (word, bit) = (u64::from(interrupt / 32 * 4), 1 << (interrupt % 32));
    set(distributor.0 + GROUP + word, get(distributor.0 + GROUP + word) | bit);
    set_byte(distributor.0 + PRIORITY + u64::from(interrupt), SOME);
    let first = crate::cpu::Cpu::own().affinity;
    set(distributor.0 + ROUTE + 8 * u64::from(interrupt), first as u32 & 0xff_ffff);
    set(distributor.0 + ROUTE + 8 * u64::from(interrupt) + 4, (first >> 32) as u32);
    set(distributor.0 + ENABLE + word, bit);
}

pub(super) fn kick(affinity: u64, interrupt: u32) {
    let level = |nth: u32| affinity >> (8 * nth) & 0xff;
    let high = (affinity >> 32 & 0xff) << 48 | level(2) << 32 | level(1) << 16;
    // The list names sixteen CPUs; which sixteen is in bits 47 to 44.
    let list = (level(0) >> 4) << 44 | 1 << (level(0) & 0xf);
    write!("s3_0_c12_c11_5", high | list | u64::from(interrupt) << 24); // ICC_SGI1R_EL1
    barrier!("isb");
}

pub(super) fn which() -> u32 {
    let which = read!("s3_0_c12_c12_0"); // ICC_IAR1_EL1
    barrier!("dsb sy");
    which as u32
}

pub(super) fn done(which: u32) {
    write!("s3_0_c12_c12_1", u64::from(which)); // ICC_EOIR1_EL1
}
