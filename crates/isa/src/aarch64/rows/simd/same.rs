//! Three registers of the same form.

use super::form::{Form, numbers, set_numbers, shape};
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{FBin, FCompare, FUn, Lane, Op, Permute, Round, Sat, Shape, VBin, VCompare, Value};

/// One of two by the bit that mostly says unsigned.
fn by_sign<T>(w: u32, signed: T, unsigned: T) -> T {
    if bit(w, 29) { unsigned } else { signed }
}

fn operands(l: &mut Lift, w: u32) -> [Value; 2] {
    [l.v(reg(w, 5)), l.v(reg(w, 16))]
}

pub(super) fn logic(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::with_lane(w, Lane::B);
    let [a, b] = operands(l, w);
    let result = match (bit(w, 29), bits(w, 23, 22)) {
        (false, 0) => form.bin(l, VBin::And, [a, b]),
        (false, 1) => form.bin(l, VBin::AndNot, [a, b]),
        // A move.
        (false, 2) if reg(w, 5) == reg(w, 16) => a,
        (false, 2) => form.bin(l, VBin::Or, [a, b]),
        (false, _) => form.bin(l, VBin::OrNot, [a, b]),
        (true, 0) => form.bin(l, VBin::Xor, [a, b]),
        (true, 1) => {
            let mask = l.v(reg(w, 0));
            l.op(Op::VSelect { mask, a, b })
        }
        (true, 2) => {
            let old = l.v(reg(w, 0));
            l.op(Op::VSelect { mask: b, a, b: old })
        }
        (true, _) => {
            let old = l.v(reg(w, 0));
            l.op(Op::VSelect { mask: b, a: old, b: a })
        }
    };
    form.finish(l, w, result)
}

/// Lane by lane.
pub(super) fn plain(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    let opcode = bits(w, 15, 11);
    let op = match opcode {
        0 => by_sign(w, VBin::SHalfAdd, VBin::UHalfAdd),
        2 => by_sign(w, VBin::SRoundHalfAdd, VBin::URoundHalfAdd),
        4 => by_sign(w, VBin::SHalfSub, VBin::UHalfSub),
        8 => by_sign(w, VBin::SShift, VBin::UShift),
        10 => by_sign(w, VBin::SRoundShift, VBin::URoundShift),
        12 => by_sign(w, VBin::SMax, VBin::UMax),
        13 => by_sign(w, VBin::SMin, VBin::UMin),
        14 | 15 => by_sign(w, VBin::SAbsDiff, VBin::UAbsDiff),
        16 => by_sign(w, VBin::Add, VBin::Sub),
        18 => VBin::Mul,
        _ => by_sign(w, VBin::Mul, VBin::PolyMul),
    };
    let has_long = matches!(opcode, 8 | 10 | 16);
    let only_bytes = op == VBin::PolyMul;
    if (form.lane == Lane::D && !has_long)
        || (form.scalar && form.lane != Lane::D)
        || (only_bytes && form.lane != Lane::B)
    {
        return None;
    }
    let operands = operands(l, w);
    let mut result = form.bin(l, op, operands);
    if matches!(opcode, 15 | 18) {
        let old = l.v(reg(w, 0));
        let op = if opcode == 18 { by_sign(w, VBin::Add, VBin::Sub) } else { VBin::Add };
        result = form.bin(l, op, [old, result]);
    }
    form.finish(l, w, result)
}

pub(super) fn compare(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    if form.scalar && form.lane != Lane::D {
        return None;
    }
    let op = match bits(w, 15, 11) {
        6 => by_sign(w, VCompare::SGt, VCompare::UGt),
        7 => by_sign(w, VCompare::SGe, VCompare::UGe),
        _ => by_sign(w, VCompare::Test, VCompare::Eq),
    };
    let operands = operands(l, w);
    let result = form.compare(l, op, operands);
    form.finish(l, w, result)
}

pub(super) fn saturating(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    let op = match bits(w, 15, 11) {
        1 => by_sign(w, Sat::SAdd, Sat::UAdd),
        5 => by_sign(w, Sat::SSub, Sat::USub),
        9 => by_sign(w, Sat::SShift, Sat::UShift),
        11 => by_sign(w, Sat::SRoundShift, Sat::URoundShift),
        _ => by_sign(w, Sat::SDoubleMulHigh, Sat::SRoundDoubleMulHigh),
    };
    if bits(w, 15, 11) == 22 && !matches!(form.lane, Lane::H | Lane::S) {
        return None;
    }
    let operands = operands(l, w);
    let result = form.saturate(l, op, operands);
    form.finish(l, w, result)
}

/// Neighbours.
pub(super) fn pairs(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    let op = match bits(w, 15, 11) {
        20 => by_sign(w, VBin::SMaxPairs, VBin::UMaxPairs),
        21 => by_sign(w, VBin::SMinPairs, VBin::UMinPairs),
        _ => VBin::AddPairs,
    };
    if form.lane == Lane::D && op != VBin::AddPairs {
        return None;
    }
    let operands = operands(l, w);
    let operands = form.joined(l, operands);
    let result = form.bin(l, op, operands);
    form.finish(l, w, result)
}

/// The operation of a row of numbers, by bits 15 to 11, 29 and 23.
fn float_op(w: u32) -> FBin {
    match (bits(w, 15, 11), bit(w, 29), bit(w, 23)) {
        (24, _, false) => FBin::MaxNumber,
        (24, _, true) => FBin::MinNumber,
        (26, _, false) => FBin::Add,
        (26, false, true) => FBin::Sub,
        (26, true, true) => FBin::AbsDiff,
        (27, false, _) => FBin::MulExtended,
        (27, true, _) => FBin::Mul,
        (30, _, false) => FBin::Max,
        (30, _, true) => FBin::Min,
        (_, true, _) => FBin::Div,
        (_, _, false) => FBin::ReciprocalStep,
        (_, _, true) => FBin::RootStep,
    }
}

pub(super) fn float(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let [a, b] = operands(l, w).map(|vector| numbers(l, shape, vector));
    let result = l.op(Op::FBin { op: float_op(w), shape, round: Round::Guest, a, b });
    set_numbers(l, w, shape, result)
}

pub(super) fn float_pairs(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let form = Form::with_lane(w, if bit(w, 22) { Lane::D } else { Lane::S });
    let operands = operands(l, w);
    let [a, b] = form.joined(l, operands);
    let lane = form.lane;
    let (even, odd) =
        (l.op(Op::Permute { op: Permute::Even, lane, a, b }), l.op(Op::Permute { op: Permute::Odd, lane, a, b }));
    let result = l.op(Op::FBin { op: float_op(w), shape, round: Round::Guest, a: even, b: odd });
    set_numbers(l, w, shape, result)
}

pub(super) fn float_compare(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let op = match (bits(w, 15, 11), bit(w, 29), bit(w, 23)) {
        (28, false, _) => FCompare::Eq,
        (28, true, false) => FCompare::Ge,
        (28, true, true) => FCompare::Gt,
        (_, _, false) => FCompare::AbsGe,
        (_, _, true) => FCompare::AbsGt,
    };
    let [a, b] = operands(l, w).map(|vector| numbers(l, shape, vector));
    let result = l.op(Op::FCompare { op, shape, a, b });
    set_numbers(l, w, shape, result)
}

/// The register at bit 0 plus, or with bit 23 minus, a product.
pub(super) fn float_accumulate(l: &mut Lift, w: u32) -> Option<()> {
    let shape = shape(w)?;
    let operands = operands(l, w).map(|vector| numbers(l, shape, vector));
    multiply_add(l, w, shape, operands, bit(w, 23))
}

/// The register at bit 0 plus a product, or minus it.
pub(super) fn multiply_add(l: &mut Lift, w: u32, shape: Shape, [a, b]: [Value; 2], subtracts: bool) -> Option<()> {
    let a = if subtracts { l.op(Op::FUn { op: FUn::Neg, shape, round: Round::Guest, a }) } else { a };
    let c = l.v(reg(w, 0));
    let c = numbers(l, shape, c);
    let result = l.op(Op::FMulAdd { shape, round: Round::Guest, a, b, c });
    set_numbers(l, w, shape, result)
}

/// Sums of four products of bytes.
pub(super) fn dot(l: &mut Lift, w: u32) -> Option<()> {
    let form = Form::of(w)?;
    if form.lane != Lane::S {
        return None;
    }
    let operands = operands(l, w);
    accumulate_dot(l, w, form, operands)
}

pub(super) fn accumulate_dot(l: &mut Lift, w: u32, form: Form, operands: [Value; 2]) -> Option<()> {
    let products = form.bin(l, by_sign(w, VBin::SDot, VBin::UDot), operands);
    let old = l.v(reg(w, 0));
    let sum = form.bin(l, VBin::Add, [old, products]);
    form.finish(l, w, sum)
}
