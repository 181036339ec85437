//! Vectors of integers.

use super::{Frame, crypto, saturate};
use crate::{Extend, Half, Lane, Op, Permute, Reduce, VBin, VCompare, VShift, VUn};

/// A lane, zero-extended.
pub(super) fn lane(lane: Lane, vector: u128, index: u32) -> u64 {
    (vector >> (index * lane.bits())) as u64 & mask(lane)
}

/// A lane, sign-extended.
pub(super) fn signed_lane(size: Lane, vector: u128, index: u32) -> i64 {
    sign(size, lane(size, vector, index))
}

/// A lane's value as a signed number.
pub(super) fn sign(lane: Lane, value: u64) -> i64 {
    let unused = 64 - lane.bits();
    (value << unused) as i64 >> unused
}

/// The bits of a lane.
pub(super) fn mask(lane: Lane) -> u64 {
    u64::MAX >> (64 - lane.bits())
}

/// A vector whose lanes are the low bits of what `of` gives for their indices.
pub(super) fn build(lane: Lane, of: impl Fn(u32) -> u64) -> u128 {
    let put = |vector, index| vector | u128::from(of(index) & mask(lane)) << (index * lane.bits());
    (0..lane.count()).fold(0, put)
}

/// The lane of the low or the high half.
fn of_half(half: Half, lane: Lane, index: u32) -> u32 {
    match half {
        Half::Low => index,
        Half::High => index + lane.count() / 2,
    }
}

/// Bytes of two vectors joined, from one on.
fn join(from: u8, a: u128, b: u128) -> u128 {
    match from {
        0 => a,
        from => a >> (u32::from(from) * 8) | b << (128 - u32::from(from) * 8),
    }
}

impl Frame<'_> {
    pub(super) fn vector(&mut self, op: &Op) -> Option<u128> {
        let v = |value| self.value(value);
        Some(match *op {
            Op::VUn { op, lane, a } => unary(op, lane, v(a)),
            Op::VBin { op, lane, a, b } => binary(op, lane, v(a), v(b)),
            Op::VCompare { op, lane, a, b } => compare(op, lane, v(a), v(b)),
            Op::VShift { op, lane, by, a } => shift(op, lane, by.into(), v(a)),
            Op::Saturate { op, lane, a, b } => saturate::saturate(op, lane, v(a), v(b)).0,
            Op::Saturates { op, lane, a, b } => saturate::saturate(op, lane, v(a), v(b)).1,
            Op::VWiden { kind, lane: from, half, a } => build(from.wider(), |index| {
                let index = of_half(half, from, index);
                match kind {
                    Extend::Zero => lane(from, v(a), index),
                    Extend::Sign32 | Extend::Sign64 => signed_lane(from, v(a), index) as u64,
                }
            }),
            Op::VNarrow { lane: to, a } => build(to, |index| match index < to.count() / 2 {
                true => lane(to.wider(), v(a), index),
                false => 0,
            }),
            Op::Permute { op, lane, a, b } => permute(op, lane, v(a), v(b)),
            Op::VJoin { from, a, b } => join(from, v(a), v(b)),
            Op::VTable { base, index, table, other } => {
                build(Lane::B, |at| match lane(Lane::B, v(index), at).wrapping_sub(base.into()) {
                    place @ 0..16 => lane(Lane::B, v(table), place as u32),
                    _ => lane(Lane::B, v(other), at),
                })
            }
            Op::VSelect { mask, a, b } => (v(a) & v(mask)) | (v(b) & !v(mask)),
            Op::Reduce { op, lane, a } => reduce(op, lane, v(a)).into(),
            Op::VSplat { lane, a } => build(lane, |_| v(a) as u64),
            Op::VSplatLane { lane: size, index, a } => build(size, |_| lane(size, v(a), index.into())),
            Op::VPair { a, b } => u128::from(v(a) as u64) | v(b) << 64,
            Op::VGet { lane: size, index, a } => lane(size, v(a), index.into()).into(),
            Op::VSet { lane, index, a, b } => set(lane, index, v(a), v(b) as u64),
            Op::VCopyLane { lane: size, to, from, a, b } => set(size, to, v(a), lane(size, v(b), from.into())),
            Op::VKeep { lane: size, a } => lane(size, v(a), 0).into(),
            Op::Crypto { op, a, b, c } => crypto::step(op, v(a), v(b), v(c)),
            _ => return None,
        })
    }
}

fn set(size: Lane, index: u8, vector: u128, value: u64) -> u128 {
    build(size, |at| if at == index.into() { value } else { lane(size, vector, at) })
}

fn unary(op: VUn, size: Lane, a: u128) -> u128 {
    let unused = 64 - size.bits();
    let pairs = |of: &dyn Fn(u32) -> u64| build(size.wider(), |at| of(2 * at).wrapping_add(of(2 * at + 1)));
    let each = |of: &dyn Fn(u64) -> u64| build(size, |at| of(lane(size, a, at)));
    let reverse = |bits: u32| build(size, |at| lane(size, a, at ^ (bits / size.bits() - 1)));
    match op {
        VUn::Neg => each(&|lane| lane.wrapping_neg()),
        VUn::Abs => each(&|lane| sign(size, lane).unsigned_abs()),
        VUn::Not => !a,
        VUn::Clz => each(&|lane| u64::from(lane.leading_zeros() - unused)),
        VUn::Cls => each(&|lane| {
            let lane = sign(size, lane);
            u64::from(((lane ^ (lane >> 63)) as u64).leading_zeros() - unused - 1)
        }),
        VUn::Popcount => each(&|lane| lane.count_ones().into()),
        VUn::ReverseBits => each(&|lane| lane.reverse_bits() >> unused),
        VUn::Reverse16 => reverse(16),
        VUn::Reverse32 => reverse(32),
        VUn::Reverse64 => reverse(64),
        VUn::SAddPairs => pairs(&|at| signed_lane(size, a, at) as u64),
        VUn::UAddPairs => pairs(&|at| lane(size, a, at)),
        VUn::ReciprocalEstimate => each(&crate::float::fixed_reciprocal),
        VUn::RootEstimate => each(&crate::float::fixed_root),
    }
}

fn binary(op: VBin, size: Lane, a: u128, b: u128) -> u128 {
    let signed =
        |of: &dyn Fn(i64, i64) -> i64| build(size, |at| of(signed_lane(size, a, at), signed_lane(size, b, at)) as u64);
    let each = |of: &dyn Fn(u64, u64) -> u64| build(size, |at| of(lane(size, a, at), lane(size, b, at)));
    let wide = |of: &dyn Fn(i128, i128) -> i128| signed(&|a, b| of(a.into(), b.into()) as i64);
    let unsigned_wide = |of: &dyn Fn(i128, i128) -> i128| each(&|a, b| of(a.into(), b.into()) as u64);
    let saturate = |op| saturate::shift_lanes(op, size, a, b);
    match op {
        VBin::Add => each(&u64::wrapping_add),
        VBin::Sub => each(&u64::wrapping_sub),
        VBin::Mul => each(&u64::wrapping_mul),
        VBin::And => a & b,
        VBin::Or => a | b,
        VBin::Xor => a ^ b,
        VBin::AndNot => a & !b,
        VBin::OrNot => a | !b,
        VBin::SMin => signed(&i64::min),
        VBin::SMax => signed(&i64::max),
        VBin::UMin => each(&u64::min),
        VBin::UMax => each(&u64::max),
        VBin::SAbsDiff => wide(&|a, b| (a - b).abs()),
        VBin::UAbsDiff => each(&u64::abs_diff),
        VBin::SHalfAdd => wide(&|a, b| (a + b) >> 1),
        VBin::UHalfAdd => unsigned_wide(&|a, b| (a + b) >> 1),
        VBin::SRoundHalfAdd => wide(&|a, b| (a + b + 1) >> 1),
        VBin::URoundHalfAdd => unsigned_wide(&|a, b| (a + b + 1) >> 1),
        VBin::SHalfSub => wide(&|a, b| (a - b) >> 1),
        VBin::UHalfSub => unsigned_wide(&|a, b| (a - b) >> 1),
        VBin::PolyMul => each(&|a, b| poly_mul(a, b) as u64),
        VBin::SShift | VBin::UShift | VBin::SRoundShift | VBin::URoundShift => saturate(op),
        VBin::SMulLow | VBin::SMulHigh | VBin::UMulLow | VBin::UMulHigh | VBin::PolyMulLow | VBin::PolyMulHigh => {
            mul_wide(op, size, a, b)
        }
        VBin::AddPairs => pairs(size, a, b, &u64::wrapping_add),
        VBin::SMaxPairs => pairs(size, a, b, &|a, b| if sign(size, a) > sign(size, b) { a } else { b }),
        VBin::SMinPairs => pairs(size, a, b, &|a, b| if sign(size, a) < sign(size, b) { a } else { b }),
        VBin::UMaxPairs => pairs(size, a, b, &u64::max),
        VBin::UMinPairs => pairs(size, a, b, &u64::min),
        VBin::SDot | VBin::UDot | VBin::USDot => dot(op, a, b),
    }
}

fn pairs(size: Lane, a: u128, b: u128, of: &dyn Fn(u64, u64) -> u64) -> u128 {
    let half = size.count() / 2;
    build(size, |at| {
        let (vector, at) = if at < half { (a, at) } else { (b, at - half) };
        of(lane(size, vector, 2 * at), lane(size, vector, 2 * at + 1))
    })
}

/// The product of polynomials over bits.
fn poly_mul(a: u64, b: u64) -> u128 {
    (0..64).filter(|bit| b >> bit & 1 != 0).fold(0, |sum, bit| sum ^ u128::from(a) << bit)
}

fn mul_wide(op: VBin, size: Lane, a: u128, b: u128) -> u128 {
    let half = if matches!(op, VBin::SMulHigh | VBin::UMulHigh | VBin::PolyMulHigh) { Half::High } else { Half::Low };
    let signed = matches!(op, VBin::SMulLow | VBin::SMulHigh);
    let poly = matches!(op, VBin::PolyMulLow | VBin::PolyMulHigh);
    if size == Lane::D {
        let at = of_half(half, size, 0);
        return match (poly, signed) {
            (true, _) => poly_mul(lane(size, a, at), lane(size, b, at)),
            (_, true) => (i128::from(signed_lane(size, a, at)) * i128::from(signed_lane(size, b, at))) as u128,
            _ => u128::from(lane(size, a, at)) * u128::from(lane(size, b, at)),
        };
    }
    build(size.wider(), |at| {
        let at = of_half(half, size, at);
        match (poly, signed) {
            (true, _) => poly_mul(lane(size, a, at), lane(size, b, at)) as u64,
            (_, true) => signed_lane(size, a, at).wrapping_mul(signed_lane(size, b, at)) as u64,
            _ => lane(size, a, at).wrapping_mul(lane(size, b, at)),
        }
    })
}

fn dot(op: VBin, a: u128, b: u128) -> u128 {
    let byte = |signed: bool, vector, at| match signed {
        true => signed_lane(Lane::B, vector, at),
        false => lane(Lane::B, vector, at) as i64,
    };
    let product = |at| byte(op == VBin::SDot, a, at) * byte(op != VBin::UDot, b, at);
    build(Lane::S, |at| (4 * at..4 * at + 4).map(product).sum::<i64>() as u64)
}

fn compare(op: VCompare, size: Lane, a: u128, b: u128) -> u128 {
    let holds = |at| {
        let (a, b) = (lane(size, a, at), lane(size, b, at));
        match op {
            VCompare::Eq => a == b,
            VCompare::SGt => sign(size, a) > sign(size, b),
            VCompare::SGe => sign(size, a) >= sign(size, b),
            VCompare::UGt => a > b,
            VCompare::UGe => a >= b,
            VCompare::Test => a & b != 0,
        }
    };
    build(size, |at| if holds(at) { u64::MAX } else { 0 })
}

fn shift(op: VShift, size: Lane, by: u32, a: u128) -> u128 {
    let half = if by == 0 { 0 } else { 1 << (by - 1) };
    build(size, |at| {
        let (unsigned, signed) = (i128::from(lane(size, a, at)), i128::from(signed_lane(size, a, at)));
        (match op {
            VShift::Shl => unsigned << by,
            VShift::Shr => unsigned >> by,
            VShift::Sar => signed >> by,
            VShift::RoundShr => (unsigned + half) >> by,
            VShift::RoundSar => (signed + half) >> by,
        }) as u64
    })
}

fn permute(op: Permute, size: Lane, a: u128, b: u128) -> u128 {
    let half = size.count() / 2;
    let turns = |at: u32, from: u32| lane(size, if at & 1 == 0 { a } else { b }, from);
    let packed = |at: u32, odd: u32| {
        let (vector, at) = if at < half { (a, at) } else { (b, at - half) };
        lane(size, vector, 2 * at + odd)
    };
    build(size, |at| match op {
        Permute::ZipLow => turns(at, at / 2),
        Permute::ZipHigh => turns(at, half + at / 2),
        Permute::Even => packed(at, 0),
        Permute::Odd => packed(at, 1),
        Permute::TransposeEven => turns(at, at & !1),
        Permute::TransposeOdd => turns(at, at | 1),
    })
}

fn reduce(op: Reduce, size: Lane, a: u128) -> u64 {
    let unsigned = || (0..size.count()).map(|at| lane(size, a, at));
    let signed = || (0..size.count()).map(|at| signed_lane(size, a, at));
    match op {
        Reduce::Add => unsigned().fold(0, u64::wrapping_add) & mask(size),
        Reduce::SAddLong => signed().fold(0, i64::wrapping_add) as u64 & mask(size.wider()),
        Reduce::UAddLong => unsigned().fold(0, u64::wrapping_add),
        Reduce::SMax => signed().fold(i64::MIN, i64::max) as u64 & mask(size),
        Reduce::SMin => signed().fold(i64::MAX, i64::min) as u64 & mask(size),
        Reduce::UMax => unsigned().fold(0, u64::max),
        Reduce::UMin => unsigned().fold(u64::MAX, u64::min),
    }
}
