//! The system instructions.

use super::lift as s;
use crate::aarch64::rows::pattern::{Row, row};

/// The rows.
pub(in crate::aarch64::rows) static ROWS: &[Row] = &[
    row("hint", "11010101000000110010 iiiiiii 11111", s::hint, "#{ihex}"),
    row("clrex", "11010101000000110011 iiii 01011111", s::clear_exclusive, "{clrex}"),
    row("dsb", "11010101000000110011 iiii 10011111", s::barrier, "{barrier}"),
    row("dmb", "11010101000000110011 iiii 10111111", s::barrier, "{barrier}"),
    row("isb", "11010101000000110011 iiii 11011111", s::synchronise, "{isb}"),
    row("dc", "11010101 00001 011 0111 0100 001 ttttt", s::zero_block, "zva, {xt}"),
    row("dc", "11010101 00001 011 0111 1010 001 ttttt", s::clean, "cvac, {xt}"),
    row("dc", "11010101 00001 011 0111 1011 001 ttttt", s::clean, "cvau, {xt}"),
    row("dc", "11010101 00001 011 0111 1110 001 ttttt", s::clean, "civac, {xt}"),
    row("ic", "11010101 00001 011 0111 0101 001 ttttt", s::invalidate, "ivau, {xt}"),
    row("mrs", "11010101 0011o ppp nnnn mmmm qqq ttttt", s::read, "{xt}, {sysreg}"),
    row("msr", "11010101 0001o ppp nnnn mmmm qqq ttttt", s::write, "{sysreg}, {xt}"),
];
