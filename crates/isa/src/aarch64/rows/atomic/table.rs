//! The atomic instructions. Of the fields: `z` is the size, `a` and `l` order, `o` is the operation.

use super::lift as a;
use crate::aarch64::rows::feature::Feature;
use crate::aarch64::rows::pattern::{Row, row};

/// The rows.
pub(in crate::aarch64::rows) static ROWS: &[Row] = &[
    row("stxr", "zz001000 000sssssl yyyyy nnnnn ttttt", a::store_exclusive, "{ws}, {zt}, [{xsn}]"),
    row("ldxr", "zz001000 010yyyyyl yyyyy nnnnn ttttt", a::load_exclusive, "{zt}, [{xsn}]"),
    row("stxp", "1z001000 001sssssluuuuu nnnnn ttttt", a::store_exclusive_pair, "{ws}, {pairt}, {pairu}, [{xsn}]"),
    row("ldxp", "1z001000 011yyyyyluuuuu nnnnn ttttt", a::load_exclusive_pair, "{pairt}, {pairu}, [{xsn}]"),
    row("stllr", "zz001000 100yyyyy0yyyyy nnnnn ttttt", a::store_release, "{zt}, [{xsn}]"),
    row("stlr", "zz001000 100yyyyy1yyyyy nnnnn ttttt", a::store_release, "{zt}, [{xsn}]"),
    row("ldlar", "zz001000 110yyyyy0yyyyy nnnnn ttttt", a::load_acquire, "{zt}, [{xsn}]"),
    row("ldar", "zz001000 110yyyyy1yyyyy nnnnn ttttt", a::load_acquire, "{zt}, [{xsn}]"),
    row("cas", "zz001000 1a1sssssl11111 nnnnn ttttt", a::compare_swap, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("casp", "0z001000 0a1sssssl11111 nnnnn ttttt", a::compare_swap_pair, "{casp}, [{xsn}]").of(Feature::Atomics),
    row("ldadd", "zz111000 al1sssss000000 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldclr", "zz111000 al1sssss000100 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldeor", "zz111000 al1sssss001000 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldset", "zz111000 al1sssss001100 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldsmax", "zz111000 al1sssss010000 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldsmin", "zz111000 al1sssss010100 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldumax", "zz111000 al1sssss011000 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldumin", "zz111000 al1sssss011100 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("swp", "zz111000 al1sssss100000 nnnnn ttttt", a::read_modify, "{zs}, {zt}, [{xsn}]").of(Feature::Atomics),
    row("ldapr", "zz111000 10111111110000 nnnnn ttttt", a::load_consistent, "{zt}, [{xsn}]").of(Feature::Acquires),
    row("stlur", "zz011001 000iiiiiiiii00 nnnnn ttttt", a::unscaled, "{zt}, [{xsn}{unscaled}]")
        .of(Feature::UnscaledAcquires),
    row("ldapur", "zz011001 010iiiiiiiii00 nnnnn ttttt", a::unscaled, "{zt}, [{xsn}{unscaled}]")
        .of(Feature::UnscaledAcquires),
    row("ldapurs", "zz011001 100iiiiiiiii00 nnnnn ttttt", a::unscaled, "{xt}, [{xsn}{unscaled}]")
        .of(Feature::UnscaledAcquires),
    row("ldapurs", "0z011001 110iiiiiiiii00 nnnnn ttttt", a::unscaled, "{wt}, [{xsn}{unscaled}]")
        .of(Feature::UnscaledAcquires),
];
