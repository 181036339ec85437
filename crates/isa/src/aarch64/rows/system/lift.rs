//! What system instructions do.

use super::registers::{Kind, kind};
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bits, reg};
use crate::aarch64::state;
use ashore_ir::{Bin, Fence, IntCond, Op, Size, Width};

/// The bytes `dc zva` makes zero, and how many a vector has.
const ZERO_BLOCK: (u64, i32) = (64, 16);
/// The bytes `ic ivau` is about, as a power of two; the cache type register says so.
const INSTRUCTION_LINE_LOG2: u8 = 12;

pub(super) fn hint(_: &mut Lift, _: u32) -> Option<()> {
    Some(())
}

pub(super) fn clear_exclusive(l: &mut Lift, _: u32) -> Option<()> {
    l.op(Op::ClearExclusive);
    Some(())
}

pub(super) fn barrier(l: &mut Lift, w: u32) -> Option<()> {
    l.op(Op::Fence(match bits(w, 9, 8) {
        1 => Fence::Loads,
        2 => Fence::Stores,
        _ => Fence::Full,
    }));
    Some(())
}

/// What comes after may be new code.
pub(super) fn synchronise(l: &mut Lift, _: u32) -> Option<()> {
    l.goto(l.after());
    Some(())
}

pub(super) fn zero_block(l: &mut Lift, w: u32) -> Option<()> {
    let (size, step) = ZERO_BLOCK;
    let addr = l.x(reg(w, 0));
    let addr = l.bin_number(Bin::And, Width::W64, addr, !(size - 1));
    let zero = l.number(0);
    let value = l.op(Op::VPair { a: zero, b: zero });
    for at in 0..4 {
        l.op(Op::VStore { size: Size::B16, addr, disp: at * step, value });
    }
    Some(())
}

/// Memory is coherent here: cleaning is nothing.
pub(super) fn clean(_: &mut Lift, _: u32) -> Option<()> {
    Some(())
}

pub(super) fn invalidate(l: &mut Lift, w: u32) -> Option<()> {
    let addr = l.x(reg(w, 0));
    l.op(Op::Invalidate { log2: INSTRUCTION_LINE_LOG2, addr });
    Some(())
}

pub(super) fn read(l: &mut Lift, w: u32) -> Option<()> {
    let value = match kind(bits(w, 19, 5) as u16, l.features)? {
        Kind::Constant(number) => l.number(number),
        Kind::Flags => {
            let flags = l.flags();
            l.op(Op::Pack { flags })
        }
        Kind::Control => l.get(state::FPCR),
        Kind::Thread => l.get(state::TLS),
        Kind::Counter => l.op(Op::Counter),
        Kind::Status => {
            let status = l.get(state::FPSR);
            let qc = l.get(state::QC);
            let (low, high) = (vget(l, qc, 0), vget(l, qc, 1));
            let any = l.bin(Bin::Or, Width::W64, low, high);
            let zero = l.number(0);
            let set = l.compare(IntCond::Ne, Width::W64, any, zero);
            l.op(Op::Insert { from: state::QC_BIT, count: 1, a: status, b: set })
        }
    };
    l.set_x(reg(w, 0), value);
    Some(())
}

fn vget(l: &mut Lift, a: ashore_ir::Value, index: u8) -> ashore_ir::Value {
    l.op(Op::VGet { lane: ashore_ir::Lane::D, index, a })
}

/// The bits of FPCR that are kept: no trapping, no half-precision arithmetic.
const CONTROL_BITS: u64 = 0x07c0_0000;
/// The bits of FPSR that are kept beside the saturation flag.
const STATUS_BITS: u64 = 0x0000_009f;

pub(super) fn write(l: &mut Lift, w: u32) -> Option<()> {
    let value = l.x(reg(w, 0));
    match kind(bits(w, 19, 5) as u16, l.features)? {
        Kind::Constant(_) | Kind::Counter => return None,
        Kind::Flags => {
            let flags = l.op(Op::Unpack { a: value });
            l.set_flags(flags);
        }
        Kind::Control => {
            let value = l.bin_number(Bin::And, Width::W64, value, CONTROL_BITS);
            l.set(state::FPCR, value);
        }
        Kind::Thread => l.set(state::TLS, value),
        Kind::Status => {
            let status = l.bin_number(Bin::And, Width::W64, value, STATUS_BITS);
            l.set(state::FPSR, status);
            let saturated = l.op(Op::Bits { from: state::QC_BIT, count: 1, a: value });
            let zero = l.number(0);
            let saturated = l.op(Op::VPair { a: saturated, b: zero });
            l.set(state::QC, saturated);
        }
    }
    Some(())
}
