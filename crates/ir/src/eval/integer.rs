//! Integers and flags.

use super::Frame;
use super::memory::extend;
use crate::{Bin, Carry, Flag, FlagOp, IntCond, Op, Un, Width};

const NEGATIVE: u64 = 1 << 31;
const ZERO: u64 = 1 << 30;
const CARRY: u64 = 1 << 29;
const OVERFLOW: u64 = 1 << 28;

/// The low half, of a 32-bit operation.
fn narrow(width: Width, value: u64) -> u64 {
    match width {
        Width::W32 => value & u64::from(u32::MAX),
        Width::W64 => value,
    }
}

/// As a signed number of the width.
fn signed(width: Width, value: u64) -> i64 {
    match width {
        Width::W32 => i64::from(value as i32),
        Width::W64 => value as i64,
    }
}

impl Frame<'_> {
    pub(super) fn integer(&mut self, op: &Op) -> Option<u128> {
        let value = match *op {
            Op::Const(number) => number,
            Op::Un { op, width, a } => unary(op, width, self.int(a)),
            Op::Bin { op, width, a, b } => binary(op, width, self.int(a), self.int(b)),
            Op::Extend { size, kind, a } => extend(kind, size, self.int(a)),
            Op::Bits { from, count, a } => self.int(a) >> from & ones(count),
            Op::SignedBits { width, from, count, a } => {
                let bits = (self.int(a) >> from) << (64 - u32::from(count));
                narrow(width, (bits as i64 >> (64 - u32::from(count))) as u64)
            }
            Op::Insert { from, count, a, b } => {
                let mask = ones(count) << from;
                (self.int(a) & !mask) | (self.int(b) << from & mask)
            }
            Op::Join { width, from, a, b } => {
                let (a, b) = (narrow(width, self.int(a)), narrow(width, self.int(b)));
                let joined = u128::from(a) << width.bits() | u128::from(b);
                narrow(width, (joined >> from) as u64)
            }
            Op::Compare { cond, width, a, b } => u64::from(compare(cond, width, self.int(a), self.int(b))),
            Op::Select { cond, a, b, .. } => return Some(self.value(if self.int(cond) != 0 { a } else { b })),
            Op::Crc { size, polynomial, a, b } => {
                let mut sum = self.int(a) as u32;
                for byte in self.int(b).to_le_bytes().into_iter().take(size.bytes()) {
                    sum ^= u32::from(byte);
                    for _ in 0..8 {
                        sum = sum >> 1 ^ if sum & 1 != 0 { polynomial } else { 0 };
                    }
                }
                sum.into()
            }
            Op::Flags { op, width, a, b } => {
                let (a, b) = (self.int(a), self.int(b));
                match op {
                    FlagOp::Add => add_with_carry(width, a, b, 0).1,
                    FlagOp::Sub => add_with_carry(width, a, !b, 1).1,
                    FlagOp::And => sign_and_zero(width, narrow(width, a & b)),
                }
            }
            Op::Carry { op, width, a, b, flags } => self.carry(op, width, [a, b, flags]).0,
            Op::CarryFlags { op, width, a, b, flags } => self.carry(op, width, [a, b, flags]).1,
            Op::Cond { cond, flags } => u64::from(holds(cond, self.int(flags))),
            Op::Pack { flags } => self.int(flags),
            Op::Unpack { a } => self.int(a) & (NEGATIVE | ZERO | CARRY | OVERFLOW),
            _ => return None,
        };
        Some(value.into())
    }

    fn carry(&self, op: Carry, width: Width, [a, b, flags]: [crate::Value; 3]) -> (u64, u64) {
        let carry = u64::from(self.int(flags) & CARRY != 0);
        let b = self.int(b);
        add_with_carry(width, self.int(a), if op == Carry::Sbc { !b } else { b }, carry)
    }
}

fn ones(count: u8) -> u64 {
    u64::MAX >> (64 - u32::from(count.clamp(1, 64)))
}

fn sign_and_zero(width: Width, result: u64) -> u64 {
    (if signed(width, result) < 0 { NEGATIVE } else { 0 }) | if result == 0 { ZERO } else { 0 }
}

/// The sum and its flags.
fn add_with_carry(width: Width, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let (a, b) = (narrow(width, a), narrow(width, b));
    let unsigned = u128::from(a) + u128::from(b) + u128::from(carry);
    let exact = i128::from(signed(width, a)) + i128::from(signed(width, b)) + i128::from(carry);
    let result = narrow(width, unsigned as u64);
    let carry = if unsigned >> width.bits() != 0 { CARRY } else { 0 };
    let overflow = if i128::from(signed(width, result)) != exact { OVERFLOW } else { 0 };
    (result, sign_and_zero(width, result) | carry | overflow)
}

fn unary(op: Un, width: Width, a: u64) -> u64 {
    let a = narrow(width, a);
    let unused = 64 - width.bits();
    let result = match op {
        Un::Not => !a,
        Un::Neg => a.wrapping_neg(),
        Un::Clz => u64::from(a.leading_zeros() - unused),
        Un::Cls => {
            let a = signed(width, a);
            u64::from(((a ^ (a >> 63)) as u64).leading_zeros() - unused - 1)
        }
        Un::Ctz => u64::from(a.trailing_zeros().min(width.bits())),
        Un::Popcount => a.count_ones().into(),
        Un::ReverseBits => a.reverse_bits() >> unused,
        Un::ReverseBytes => a.swap_bytes() >> unused,
        Un::ReverseBytes16 => (a & 0x00ff_00ff_00ff_00ff) << 8 | (a >> 8 & 0x00ff_00ff_00ff_00ff),
        Un::ReverseBytes32 => a.swap_bytes().rotate_left(32),
    };
    narrow(width, result)
}

fn binary(op: Bin, width: Width, a: u64, b: u64) -> u64 {
    let (a, b) = (narrow(width, a), narrow(width, b));
    let by = (b & u64::from(width.bits() - 1)) as u32;
    let result = match op {
        Bin::Add => a.wrapping_add(b),
        Bin::Sub => a.wrapping_sub(b),
        Bin::Mul => a.wrapping_mul(b),
        Bin::And => a & b,
        Bin::Or => a | b,
        Bin::Xor => a ^ b,
        Bin::AndNot => a & !b,
        Bin::OrNot => a | !b,
        Bin::Xnor => !(a ^ b),
        Bin::Shl => a << by,
        Bin::Shr => a >> by,
        Bin::Sar => (signed(width, a) >> by) as u64,
        Bin::Ror => match width {
            Width::W32 => (a as u32).rotate_right(by).into(),
            Width::W64 => a.rotate_right(by),
        },
        Bin::UDiv => a.checked_div(b).unwrap_or(0),
        Bin::SDiv if b == 0 => 0,
        Bin::SDiv => signed(width, a).wrapping_div(signed(width, b)) as u64,
        Bin::UMulHigh => ((u128::from(a) * u128::from(b)) >> 64) as u64,
        Bin::SMulHigh => ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64,
    };
    narrow(width, result)
}

fn compare(cond: IntCond, width: Width, a: u64, b: u64) -> bool {
    let (a, b) = (narrow(width, a), narrow(width, b));
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::ULt => a < b,
        IntCond::ULe => a <= b,
        IntCond::SLt => signed(width, a) < signed(width, b),
        IntCond::SLe => signed(width, a) <= signed(width, b),
    }
}

fn holds(cond: Flag, flags: u64) -> bool {
    let is = |flag: u64| flags & flag != 0;
    match cond {
        Flag::Eq => is(ZERO),
        Flag::Carry => is(CARRY),
        Flag::Negative => is(NEGATIVE),
        Flag::Overflow => is(OVERFLOW),
        Flag::UGt => is(CARRY) && !is(ZERO),
        Flag::SGe => is(NEGATIVE) == is(OVERFLOW),
        Flag::SGt => !is(ZERO) && is(NEGATIVE) == is(OVERFLOW),
        Flag::Ne | Flag::NoCarry | Flag::Positive | Flag::NoOverflow | Flag::ULe | Flag::SLt | Flag::SLe => {
            !holds(cond.not(), flags)
        }
    }
}
