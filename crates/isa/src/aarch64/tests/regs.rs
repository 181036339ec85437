//! The registers by name.

use crate::aarch64::{Regs, Vectors};

#[test]
fn names_and_values_go_both_ways() {
    let mut regs = Regs { sp: 31, pc: 32, pstate: 33, tls: 34, ..Regs::default() };
    for (at, x) in regs.x.iter_mut().enumerate() {
        *x = at as u64;
    }
    let named = regs.named();
    assert!(named.iter().enumerate().all(|(at, (_, value))| *value == at as u64));
    assert_eq!((named[0].0, named[30].0, named[31].0, named[34].0), ("x0", "x30", "sp", "tls"));
    let again = Regs::from_names(|name| named.iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| *value));
    assert_eq!(regs, again);
}

#[test]
fn vectors_go_to_bytes_and_back() {
    let v = core::array::from_fn(|n| (n as u128) << 100 | 7);
    let vectors = Vectors { v, fpsr: 0x0800_001f, fpcr: 0x0300_0000, padding: [0; 2] };
    let bytes = vectors.to_bytes();
    assert_eq!((bytes[16], bytes[515], bytes[519]), (7, 8, 3));
    assert_eq!(Vectors::from_bytes(&bytes), vectors);
    assert_eq!(Vectors::from_bytes(&bytes[..40]).v[1], v[1]);
}
