//! The loads and stores.
//!
//! Of the fields: `z` is the size, `o` what is done (load, store, sign), `i` the distance.

use super::{lift as m, vectors as v};
use crate::aarch64::rows::pattern::{Row, row};

/// The rows.
pub(in crate::aarch64::rows) static ROWS: &[Row] = &[
    row("ldr", "00011000 iiiiiiiiiiiiiiiiiii ttttt", m::literal, "{wt}, {label}"),
    row("ldr", "01011000 iiiiiiiiiiiiiiiiiii ttttt", m::literal, "{xt}, {label}"),
    row("ldrsw", "10011000 iiiiiiiiiiiiiiiiiii ttttt", m::literal, "{xt}, {label}"),
    row("prfm", "11011000 iiiiiiiiiiiiiiiiiii ttttt", m::nothing, "{prfop}, {label}"),
    row("ldr", "zz011100 iiiiiiiiiiiiiiiiiii ttttt", v::literal, "{pt}, {label}"),
    row("stnp", "z0101000 00iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}{pairi}]"),
    row("ldnp", "z0101000 01iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}{pairi}]"),
    row("stp", "z0101000 10iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}], #{pairraw}"),
    row("ldp", "z0101000 11iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}], #{pairraw}"),
    row("stp", "z0101001 00iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}{pairi}]"),
    row("ldp", "z0101001 01iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}{pairi}]"),
    row("stp", "z0101001 10iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}, #{pairraw}]!"),
    row("ldp", "z0101001 11iiiiiiiuuuuu nnnnn ttttt", m::pair, "{pairt}, {pairu}, [{xsn}, #{pairraw}]!"),
    row("ldpsw", "01101000 11iiiiiiiuuuuu nnnnn ttttt", m::pair_signed, "{xt}, {xu}, [{xsn}], #{pairraw}"),
    row("ldpsw", "01101001 01iiiiiiiuuuuu nnnnn ttttt", m::pair_signed, "{xt}, {xu}, [{xsn}{pairi}]"),
    row("ldpsw", "01101001 11iiiiiiiuuuuu nnnnn ttttt", m::pair_signed, "{xt}, {xu}, [{xsn}, #{pairraw}]!"),
    row("stnp", "zz101100 00iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}{vpairi}]"),
    row("ldnp", "zz101100 01iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}{vpairi}]"),
    row("stp", "zz101100 10iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}], #{vpairraw}"),
    row("ldp", "zz101100 11iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}], #{vpairraw}"),
    row("stp", "zz101101 00iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}{vpairi}]"),
    row("ldp", "zz101101 01iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}{vpairi}]"),
    row("stp", "zz101101 10iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}, #{vpairraw}]!"),
    row("ldp", "zz101101 11iiiiiiiuuuuu nnnnn ttttt", v::pair, "{vpairt}, {vpairu}, [{xsn}, #{vpairraw}]!"),
    // One register: unsigned distance, unscaled, after, before, unprivileged, register.
    row("ldr", "zz111001 ooiiiiiiiiiiii nnnnn ttttt", m::one, "{one}, [{xsn}{onei}]"),
    row("ldur", "zz111000 oo0iiiiiiiii00 nnnnn ttttt", m::one, "{one}, [{xsn}{unscaled}]"),
    row("ldr", "zz111000 oo0iiiiiiiii01 nnnnn ttttt", m::one, "{one}, [{xsn}], #{unscaledraw}"),
    row("ldtr", "zz111000 oo0iiiiiiiii10 nnnnn ttttt", m::one, "{one}, [{xsn}{unscaled}]"),
    row("ldr", "zz111000 oo0iiiiiiiii11 nnnnn ttttt", m::one, "{one}, [{xsn}, #{unscaledraw}]!"),
    row("ldr", "zz111000 oo1mmmmmxxxs10 nnnnn ttttt", m::one, "{one}, [{xsn}, {index}]"),
    row("ldr", "zz111101 ooiiiiiiiiiiii nnnnn ttttt", v::one, "{vone}, [{xsn}{vonei}]"),
    row("ldur", "zz111100 oo0iiiiiiiii00 nnnnn ttttt", v::one, "{vone}, [{xsn}{unscaled}]"),
    row("ldr", "zz111100 oo0iiiiiiiii01 nnnnn ttttt", v::one, "{vone}, [{xsn}], #{unscaledraw}"),
    row("ldr", "zz111100 oo0iiiiiiiii11 nnnnn ttttt", v::one, "{vone}, [{xsn}, #{unscaledraw}]!"),
    row("ldr", "zz111100 oo1mmmmmxxxs10 nnnnn ttttt", v::one, "{vone}, [{xsn}, {index}]"),
    // Several registers with elements in turns, one element, one element to all lanes.
    row("st4", "0Q001100 00000000 oooozz nnnnn ttttt", v::multiple, "{multiple}, [{xsn}]"),
    row("st4", "0Q001100 100mmmmm oooozz nnnnn ttttt", v::multiple, "{multiple}, [{xsn}], {multiplem}"),
    row("ld4", "0Q001100 01000000 oooozz nnnnn ttttt", v::multiple, "{multiple}, [{xsn}]"),
    row("ld4", "0Q001100 110mmmmm oooozz nnnnn ttttt", v::multiple, "{multiple}, [{xsn}], {multiplem}"),
    row("st1", "0Q001101 00r00000 ooeszz nnnnn ttttt", v::single, "{single}, [{xsn}]"),
    row("st1", "0Q001101 10rmmmmm ooeszz nnnnn ttttt", v::single, "{single}, [{xsn}], {singlem}"),
    row("ld1", "0Q001101 01r00000 ooeszz nnnnn ttttt", v::single, "{single}, [{xsn}]"),
    row("ld1", "0Q001101 11rmmmmm ooeszz nnnnn ttttt", v::single, "{single}, [{xsn}], {singlem}"),
];
