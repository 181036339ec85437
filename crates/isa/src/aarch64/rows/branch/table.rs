//! The branches.

use super::lift as b;
use crate::aarch64::rows::pattern::{Row, row};

/// The rows.
pub(in crate::aarch64::rows) static ROWS: &[Row] = &[
    row("b", "000101 iiiiiiiiiiiiiiiiiiiiiiiiii", b::jump, "{label}"),
    row("bl", "100101 iiiiiiiiiiiiiiiiiiiiiiiiii", b::call, "{label}"),
    row("b.", "01010100 iiiiiiiiiiiiiiiiiii0cccc", b::jump_if, "{label}"),
    row("cbz", "f0110100 iiiiiiiiiiiiiiiiiiittttt", b::compare, "{rt}, {label}"),
    row("cbnz", "f0110101 iiiiiiiiiiiiiiiiiiittttt", b::compare, "{rt}, {label}"),
    row("tbz", "h0110110 bbbbbiiiiiiiiiiiiiittttt", b::test, "{rtest}, #{testbit}, {label}"),
    row("tbnz", "h0110111 bbbbbiiiiiiiiiiiiiittttt", b::test, "{rtest}, #{testbit}, {label}"),
    row("br", "1101011000011111 000000 nnnnn 00000", b::jump_to, "{xn}"),
    row("blr", "1101011000111111 000000 nnnnn 00000", b::call_to, "{xn}"),
    row("ret", "1101011001011111 000000 nnnnn 00000", b::jump_to, "{ret}"),
    row("svc", "11010100000 iiiiiiiiiiiiiiii 00001", b::system_call, "#{ihex}"),
    row("brk", "11010100001 iiiiiiiiiiiiiiii 00000", b::breakpoint, "#{ihex}"),
];
