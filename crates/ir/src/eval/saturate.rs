//! Lane operations that saturate, and shifts by lanes.

use super::vector::{build, lane, mask, sign, signed_lane};
use crate::{Lane, Sat, VBin};

/// The range results are kept in.
#[derive(Clone, Copy)]
enum Range {
    Signed,
    Unsigned,
}

impl Range {
    fn clamp(self, size: Lane, exact: i128) -> i128 {
        let ones = i128::from(mask(size));
        match self {
            Range::Signed => exact.clamp(-(ones >> 1) - 1, ones >> 1),
            Range::Unsigned => exact.clamp(0, ones),
        }
    }
}

/// The result, and ones in the lanes where it is not the exact one.
pub(super) fn saturate(op: Sat, size: Lane, a: u128, b: u128) -> (u128, u128) {
    let signed = |vector, at| i128::from(signed_lane(size, vector, at));
    let unsigned = |vector, at| i128::from(lane(size, vector, at));
    let exact = |at: u32| match op {
        Sat::SAdd => signed(a, at) + signed(b, at),
        Sat::UAdd => unsigned(a, at) + unsigned(b, at),
        Sat::SSub => signed(a, at) - signed(b, at),
        Sat::USub => unsigned(a, at) - unsigned(b, at),
        Sat::SAddUnsigned => signed(a, at) + unsigned(b, at),
        Sat::UAddSigned => unsigned(a, at) + signed(b, at),
        Sat::SDoubleMulHigh => (2 * signed(a, at) * signed(b, at)) >> size.bits(),
        Sat::SRoundDoubleMulHigh => (2 * signed(a, at) * signed(b, at) + (1 << (size.bits() - 1))) >> size.bits(),
        Sat::SShift | Sat::SShiftUnsigned => shifted(signed(a, at), signed_lane(size, b, at), false),
        Sat::UShift => shifted(unsigned(a, at), signed_lane(size, b, at), false),
        Sat::SRoundShift => shifted(signed(a, at), signed_lane(size, b, at), true),
        Sat::URoundShift => shifted(unsigned(a, at), signed_lane(size, b, at), true),
        Sat::Abs => signed(a, at).abs(),
        Sat::Neg => -signed(a, at),
        Sat::SDoubleMulLow | Sat::SDoubleMulUpper => {
            let at = if op == Sat::SDoubleMulLow { at } else { at + size.count() / 2 };
            2 * signed(a, at) * signed(b, at)
        }
        Sat::NarrowSigned | Sat::NarrowSignedUnsigned if at < size.count() / 2 => {
            sign(size.wider(), lane(size.wider(), a, at)).into()
        }
        Sat::NarrowUnsigned if at < size.count() / 2 => lane(size.wider(), a, at).into(),
        Sat::NarrowSigned | Sat::NarrowSignedUnsigned | Sat::NarrowUnsigned => 0,
    };
    let range = match op {
        Sat::SAdd | Sat::SSub | Sat::SAddUnsigned | Sat::SDoubleMulHigh | Sat::SRoundDoubleMulHigh => Range::Signed,
        Sat::SDoubleMulLow | Sat::SDoubleMulUpper | Sat::SShift | Sat::SRoundShift => Range::Signed,
        Sat::Abs | Sat::Neg | Sat::NarrowSigned => Range::Signed,
        Sat::UAdd | Sat::USub | Sat::UAddSigned | Sat::UShift | Sat::URoundShift => Range::Unsigned,
        Sat::SShiftUnsigned | Sat::NarrowUnsigned | Sat::NarrowSignedUnsigned => Range::Unsigned,
    };
    let to = if matches!(op, Sat::SDoubleMulLow | Sat::SDoubleMulUpper) { size.wider() } else { size };
    let result = build(to, |at| range.clamp(to, exact(at)) as u64);
    let hits = build(to, |at| if range.clamp(to, exact(at)) != exact(at) { u64::MAX } else { 0 });
    (result, hits)
}

/// A number of at most 65 bits shifted by the signed number in the low byte of `by`.
fn shifted(value: i128, by: i64, rounds: bool) -> i128 {
    match i32::from(by as i8) {
        by @ 0.. => value.saturating_mul(1 << by.min(126)),
        by if by <= -100 && rounds => 0,
        by if by <= -100 => value >> 100,
        by => {
            let by = by.unsigned_abs();
            let half = if rounds { 1 << (by - 1) } else { 0 };
            (value + half) >> by
        }
    }
}

/// The shifts by lanes that wrap.
pub(super) fn shift_lanes(op: VBin, size: Lane, a: u128, b: u128) -> u128 {
    build(size, |at| {
        let by = signed_lane(size, b, at);
        let rounds = matches!(op, VBin::SRoundShift | VBin::URoundShift);
        let value = match op {
            VBin::SShift | VBin::SRoundShift => i128::from(signed_lane(size, a, at)),
            _ => i128::from(lane(size, a, at)),
        };
        if by as i8 >= 64 { 0 } else { shifted(value, by, rounds) as u64 }
    })
}
