//! What an instruction does to the general registers, as far as following a value through straight code needs it.
//!
//! Both answers err to the safe side: an instruction not known here may read and write every register its fields could name.

use crate::code::{Effect, Flow, bit};

/// x0 to x30: 31 is the stack pointer or zero and never followed.
const REGISTERS: u32 = 0x7fff_ffff;

/// What `word` does.
pub(super) fn effect(word: u32) -> Effect {
    let (d, n, m, a) = (bit(word), bit(word >> 5), bit(word >> 16), bit(word >> 10));
    let (reads, writes, flow) = match word >> 25 & 15 {
        0b1000 | 0b1001 => immediate(word, d, n, m),
        0b0101 | 0b1101 => (n | m | a, d, Flow::On),
        0b1010 | 0b1011 => branch(word),
        0b0100 | 0b0110 | 0b1100 | 0b1110 => memory(word),
        0b0111 | 0b1111 => vector(word, d, n),
        // Scalable vectors: some count in general registers.
        0b0010 => (d | n | m, d, Flow::On),
        _ => (REGISTERS, REGISTERS, Flow::Away),
    };
    Effect { reads: reads & REGISTERS, writes: writes & REGISTERS, flow }
}

/// Arithmetic with a constant.
fn immediate(word: u32, d: u32, n: u32, m: u32) -> (u32, u32, Flow) {
    let reads = match word >> 23 & 7 {
        // adr, adrp
        0 | 1 => 0,
        // movn, movz; movk keeps what it does not write
        5 if word >> 29 & 3 == 3 => d,
        5 => 0,
        // bfm keeps what it does not write
        6 => n | d,
        // extr
        7 => n | m,
        _ => n,
    };
    (reads, d, Flow::On)
}

/// Branches, exceptions and what is about the system.
fn branch(word: u32) -> (u32, u32, Flow) {
    let (t, n) = (bit(word), bit(word >> 5));
    match word {
        w if w & 0xfc00_0000 == 0x9400_0000 => (0, 0, Flow::Call),
        w if w & 0x7e00_0000 == 0x3400_0000 || w & 0x7e00_0000 == 0x3600_0000 => (t, 0, Flow::Away),
        // b, b.cond
        w if w & 0xfc00_0000 == 0x1400_0000 || w & 0xff00_0000 == 0x5400_0000 => (0, 0, Flow::Away),
        // br, with and without authentication
        w if w & 0xfe7f_0000 == 0xd61f_0000 => (n | t, 0, Flow::Away),
        // hints, barriers, msr of a field of the state
        w if w & 0xffff_f000 == 0xd503_2000 || w & 0xffff_f000 == 0xd503_3000 => (0, 0, Flow::On),
        // mrs and sysl write, msr and sys read
        w if w & 0xffe0_0000 == 0xd520_0000 => (0, t, Flow::On),
        w if w & 0xffc0_0000 == 0xd500_0000 => (t, 0, Flow::On),
        // blr and ret, the same
        w if w & 0xfe60_0000 == 0xd620_0000 => (n | t, 0, Flow::Call),
        w if w & 0xfe60_0000 == 0xd640_0000 => (n, 0, Flow::Return),
        _ => (REGISTERS, 0, Flow::Away),
    }
}

/// Loads and stores.
fn memory(word: u32) -> (u32, u32, Flow) {
    let (t, n, t2, s) = (bit(word), bit(word >> 5), bit(word >> 10), bit(word >> 16));
    let (is_vector, loads) = (word >> 26 & 1 == 1, word >> 22 & 1 == 1);
    let general = |registers: u32| if is_vector { 0 } else { registers };
    match word >> 28 & 3 {
        // Vectors: the base, changed when bit 23 is set.
        0 if is_vector => (n | s, if word >> 23 & 1 == 1 { n } else { 0 }, Flow::On),
        // Exclusive and ordered accesses, compare and swap: the status register is written too.
        0 => {
            let status = s | bit((word >> 16) + 1);
            (t | t2 | n | status, status | if loads { t | t2 } else { 0 }, Flow::On)
        }
        // A literal; prefetching one writes nothing.
        1 if word >> 24 & 1 == 0 => (0, if word >> 30 == 3 { 0 } else { general(t) }, Flow::On),
        // Tags and copies of memory.
        1 => (t | n | s, t | n | s, Flow::On),
        // Pairs.
        2 => {
            let base = if word >> 23 & 1 == 1 { n } else { 0 };
            let (reads, writes) = if loads { (n, general(t | t2)) } else { (n | general(t | t2), 0) };
            (reads, writes | base, Flow::On)
        }
        _ => single(word, general(t)),
    }
}

/// A load or store of one register, named `t` when it is a general one.
fn single(word: u32, t: u32) -> (u32, u32, Flow) {
    let (n, m) = (bit(word >> 5), bit(word >> 16));
    let is_prefetch = word & 0xc4c0_0000 == 0xc080_0000;
    let stores = word >> 22 & 3 == 0;
    let (reads, writes) = match (stores, is_prefetch) {
        (_, true) => (n, 0),
        (true, _) => (n | t, 0),
        _ => (n, t),
    };
    if word >> 24 & 1 == 1 {
        return (reads, writes, Flow::On);
    }
    match (word >> 21 & 1, word >> 10 & 3) {
        // Changed before or after.
        (0, 1 | 3) => (reads, writes | n, Flow::On),
        (0, _) => (reads, writes, Flow::On),
        // An offset in a register.
        (_, 2) => (reads | m, writes, Flow::On),
        // Atomic operations return what was there; authenticated loads may change their base.
        (_, 0) => (n | m | t, t, Flow::On),
        _ => (n | m | t, t | n, Flow::On),
    }
}

/// Vectors and floating point: only conversions and moves touch general registers.
fn vector(word: u32, d: u32, n: u32) -> (u32, u32, Flow) {
    // Between floating point and integers, of fixed point too: all count as both.
    let converts = word & 0x5f00_0000 == 0x1e00_0000 && (word >> 21 & 1 == 0 || word & 0xfc00 == 0);
    // dup, ins, umov and smov.
    let moves = word & 0x9fe0_8400 == 0x0e00_0400;
    if converts || moves { (n, d, Flow::On) } else { (0, 0, Flow::On) }
}
