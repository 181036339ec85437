//! Sums, differences, products, quotients, and what is chosen by flags.

use crate::aarch64::rows::lift::{Lift, width};
use crate::aarch64::rows::pattern::{bit, bits, reg, signed};
use ashore_ir::{Bin, Carry, Extend, FlagOp, Op, Size, Ty, Un, Value, Width};

/// The bits of pages `adrp` counts in.
const PAGE_BITS: u32 = 12;

pub(super) fn adr(l: &mut Lift, w: u32) -> Option<()> {
    let distance = signed(w, 23, 5) << 2 | i64::from(bits(w, 30, 29));
    let address = match bit(w, 31) {
        true => (l.pc >> PAGE_BITS << PAGE_BITS).wrapping_add((distance << PAGE_BITS) as u64),
        false => l.at(distance),
    };
    let address = l.number(address);
    l.set_x(reg(w, 0), address);
    Some(())
}

/// The sum or difference of bit 30, its flags if bit 29 says so.
fn add(l: &mut Lift, w: u32, a: Value, b: Value) -> Value {
    let width = width(bit(w, 31));
    let (op, flags) = if bit(w, 30) { (Bin::Sub, FlagOp::Sub) } else { (Bin::Add, FlagOp::Add) };
    if bit(w, 29) && reg(w, 0) == 31 {
        // A comparison: nobody gets the result.
        let flags = l.flags_of(flags, width, a, b);
        l.set_flags(flags);
        return a;
    }
    let result = l.bin(op, width, a, b);
    if bit(w, 29) {
        let flags = l.flags_of(flags, width, a, b);
        l.set_flags(flags);
    }
    result
}

pub(super) fn add_immediate(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.x_sp(reg(w, 5));
    let b = l.number(u64::from(bits(w, 21, 10)) << if bit(w, 22) { 12 } else { 0 });
    let result = add(l, w, a, b);
    if bit(w, 29) {
        l.set_x(reg(w, 0), result)
    } else {
        l.set_x_sp(reg(w, 0), result)
    }
    Some(())
}

/// The register at bit 16, shifted by the constant at bit 10 in the way bits 23 and 22 say.
pub(super) fn shifted(l: &mut Lift, w: u32) -> Option<Value> {
    let value = l.x(reg(w, 16));
    let by = bits(w, 15, 10);
    if by >= 32 && !bit(w, 31) {
        return None;
    }
    if by == 0 {
        return Some(value);
    }
    let op = match bits(w, 23, 22) {
        0 => Bin::Shl,
        1 => Bin::Shr,
        2 => Bin::Sar,
        _ => Bin::Ror,
    };
    Some(l.bin_number(op, width(bit(w, 31)), value, by.into()))
}

pub(super) fn add_shifted(l: &mut Lift, w: u32) -> Option<()> {
    if bits(w, 23, 22) == 3 {
        return None;
    }
    let a = l.x(reg(w, 5));
    let b = shifted(l, w)?;
    let result = add(l, w, a, b);
    l.set_x(reg(w, 0), result);
    Some(())
}

/// A register extended in the way of three bits and shifted left.
pub(in crate::aarch64::rows) fn extended(l: &mut Lift, register: u8, option: u32, by: u32) -> Value {
    let value = l.x(register);
    let kind = if option & 4 == 0 { Extend::Zero } else { Extend::Sign64 };
    let value = match option & 3 {
        3 => value,
        size => l.extend(Size::of_log2(size), kind, value),
    };
    if by == 0 { value } else { l.bin_number(Bin::Shl, Width::W64, value, by.into()) }
}

pub(super) fn add_extended(l: &mut Lift, w: u32) -> Option<()> {
    let by = bits(w, 12, 10);
    if by > 4 {
        return None;
    }
    let a = l.x_sp(reg(w, 5));
    let b = extended(l, reg(w, 16), bits(w, 15, 13), by);
    let result = add(l, w, a, b);
    if bit(w, 29) {
        l.set_x(reg(w, 0), result)
    } else {
        l.set_x_sp(reg(w, 0), result)
    }
    Some(())
}

pub(super) fn add_carry(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b, flags) = (l.x(reg(w, 5)), l.x(reg(w, 16)), l.flags());
    let op = if bit(w, 30) { Carry::Sbc } else { Carry::Adc };
    let width = width(bit(w, 31));
    let result = l.op(Op::Carry { op, width, a, b, flags });
    if bit(w, 29) {
        let flags = l.op(Op::CarryFlags { op, width, a, b, flags });
        l.set_flags(flags);
    }
    l.set_x(reg(w, 0), result);
    Some(())
}

pub(super) fn compare_if(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.x(reg(w, 5));
    let b = if bit(w, 11) { l.number(reg(w, 16).into()) } else { l.x(reg(w, 16)) };
    let op = if bit(w, 30) { FlagOp::Sub } else { FlagOp::Add };
    let mut flags = l.flags_of(op, width(bit(w, 31)), a, b);
    if let Some(cond) = l.cond(bits(w, 15, 12)) {
        let other = l.number(u64::from(bits(w, 3, 0)) << 28);
        let other = l.op(Op::Unpack { a: other });
        flags = l.select(Ty::Flags, cond, flags, other);
    }
    l.set_flags(flags);
    Some(())
}

pub(super) fn select(l: &mut Lift, w: u32) -> Option<()> {
    let width = width(bit(w, 31));
    let (n, m) = (reg(w, 5), reg(w, 16));
    let Some(cond) = l.cond(bits(w, 15, 12)) else {
        let a = l.x(n);
        let a = l.cut(width, a);
        l.set_x(reg(w, 0), a);
        return Some(());
    };
    let a = l.x(n);
    let b = l.x(m);
    let b = match (bit(w, 30), bit(w, 10)) {
        (false, false) => b,
        (false, true) => l.bin_number(Bin::Add, width, b, 1),
        (true, false) => l.un(Un::Not, width, b),
        (true, true) => l.un(Un::Neg, width, b),
    };
    let result = l.select(Ty::I64, cond, a, b);
    let result = l.cut(width, result);
    l.set_x(reg(w, 0), result);
    Some(())
}

pub(super) fn multiply_add(l: &mut Lift, w: u32) -> Option<()> {
    let width = width(bit(w, 31));
    let (a, b) = (l.x(reg(w, 5)), l.x(reg(w, 16)));
    let product = l.bin(Bin::Mul, width, a, b);
    accumulate(l, w, width, product);
    Some(())
}

/// The register at bit 10 plus, or with bit 15 minus, a product.
fn accumulate(l: &mut Lift, w: u32, width: Width, product: Value) {
    let result = match (reg(w, 10), bit(w, 15)) {
        (31, false) => product,
        (31, true) => l.un(Un::Neg, width, product),
        (number, subtracts) => {
            let sum = l.x(number);
            l.bin(if subtracts { Bin::Sub } else { Bin::Add }, width, sum, product)
        }
    };
    l.set_x(reg(w, 0), result);
}

pub(super) fn multiply_long(l: &mut Lift, w: u32) -> Option<()> {
    let kind = if bit(w, 23) { Extend::Zero } else { Extend::Sign64 };
    let (a, b) = (l.x(reg(w, 5)), l.x(reg(w, 16)));
    let (a, b) = (l.extend(Size::B4, kind, a), l.extend(Size::B4, kind, b));
    let product = l.bin(Bin::Mul, Width::W64, a, b);
    accumulate(l, w, Width::W64, product);
    Some(())
}

pub(super) fn multiply_high(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b) = (l.x(reg(w, 5)), l.x(reg(w, 16)));
    let op = if bit(w, 23) { Bin::UMulHigh } else { Bin::SMulHigh };
    let result = l.bin(op, Width::W64, a, b);
    l.set_x(reg(w, 0), result);
    Some(())
}

pub(super) fn two_sources(l: &mut Lift, w: u32) -> Option<()> {
    let op = match bits(w, 13, 10) {
        2 => Bin::UDiv,
        3 => Bin::SDiv,
        8 => Bin::Shl,
        9 => Bin::Shr,
        10 => Bin::Sar,
        _ => Bin::Ror,
    };
    let (a, b) = (l.x(reg(w, 5)), l.x(reg(w, 16)));
    let result = l.bin(op, width(bit(w, 31)), a, b);
    l.set_x(reg(w, 0), result);
    Some(())
}

/// The polynomial of CRC-32 and that of CRC-32C, bits reversed.
const POLYNOMIALS: [u32; 2] = [0xedb8_8320, 0x82f6_3b78];

pub(super) fn crc(l: &mut Lift, w: u32) -> Option<()> {
    let [plain, castagnoli] = POLYNOMIALS;
    let (a, b) = (l.x(reg(w, 5)), l.x(reg(w, 16)));
    let polynomial = if bit(w, 12) { castagnoli } else { plain };
    let result = l.op(Op::Crc { size: Size::of_log2(bits(w, 11, 10)), polynomial, a, b });
    l.set_x(reg(w, 0), result);
    Some(())
}
