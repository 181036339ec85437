use super::{Control, Exceptions, Format, Unit};
use crate::{FBin, IntKind, Round};

const CONTROL: Control = Control {
    round: Round::Even,
    flush: false,
    flush_half: false,
    default_nan: false,
    nan_sign: false,
    alternative_half: false,
};

/// The host computes the same: values that cover every class, to the nearest.
#[test]
fn the_host_agrees_where_it_rounds_to_the_nearest() {
    let values =
        [0.0, -0.0, 1.0, -1.5, 3.25e-310, 4.9e-324, 1.7e308, -2.2250738585072014e-308, 0.1, 1e16, f64::INFINITY];
    let unit = || Unit::new(CONTROL, Round::Guest);
    for a in values {
        for b in values {
            for (op, host) in [(FBin::Add, a + b), (FBin::Sub, a - b), (FBin::Mul, a * b), (FBin::Div, a / b)] {
                let ours = f64::from_bits(unit().binary(op, Format::DOUBLE, a.to_bits(), b.to_bits()));
                let same = ours.to_bits() == host.to_bits() || (ours.is_nan() && host.is_nan());
                assert!(same, "{op:?} {a:e} {b:e}: {ours:e} and not {host:e}");
            }
            let single = unit().convert(Format::DOUBLE, Format::SINGLE, a.to_bits()) as u32;
            assert_eq!(single, (a as f32).to_bits(), "{a:e}");
        }
        let integer = unit().to_integer(Format::DOUBLE, IntKind::I64, 0, 1e3f64.to_bits());
        assert_eq!(integer, 1000);
    }
}

#[test]
fn what_has_no_exact_result_is_told() {
    let raised = |op, a: f64, b: f64| {
        let mut unit = Unit::new(CONTROL, Round::Guest);
        unit.binary(op, Format::DOUBLE, a.to_bits(), b.to_bits());
        unit.raised()
    };
    assert_eq!(raised(FBin::Add, 1.0, 2.0), Exceptions::default());
    assert_eq!(raised(FBin::Add, 1.0, 1e-30), Exceptions::INEXACT);
    assert_eq!(raised(FBin::Div, 1.0, 0.0), Exceptions::DIVIDE_BY_ZERO);
    assert_eq!(raised(FBin::Div, 0.0, 0.0), Exceptions::INVALID);
    assert!(raised(FBin::Mul, 1e200, 1e200).has(Exceptions::OVERFLOW));
    assert!(raised(FBin::Mul, 1e-200, 1e-200).has(Exceptions::UNDERFLOW));
}
