//! What holds for any instructions and any bytes.

use super::*;
use crate::{RefKind, testing};
use alloc::vec::Vec;

fn naming(numbers: &mut Numbers) -> Naming {
    let bits = numbers.next() as u32;
    let register = bits % 29;
    let (words, kind, reach) = match numbers.below(8) {
        0 => (Vec::from([0x9400_0000 | bits & 0x3ff_ffff]), RefKind::Call, 1 << 27),
        1 => (Vec::from([0x1400_0000 | bits & 0x3ff_ffff]), RefKind::Jump, 1 << 27),
        2 => (Vec::from([0x5400_0000 | bits & 0xff_ffff]), RefKind::Branch, 1 << 20),
        3 => (Vec::from([0x3400_0000 | bits & 0x81ff_ffff]), RefKind::Branch, 1 << 20),
        4 => (Vec::from([0x3600_0000 | bits & 0x81ff_ffff]), RefKind::Branch, 1 << 15),
        5 => (Vec::from([0x1000_0000 | bits & 0x60ff_ffff]), RefKind::Address, 1 << 20),
        6 => {
            let add = 0x9100_0000 | bits & 0x3f_fc00 | register << 5 | register;
            (Vec::from([0x9000_0000 | bits & 0x60ff_ffe0 | register, add]), RefKind::Address, 1 << 32)
        }
        _ => {
            let halves = [0xd280_0000, 0xf2a0_0000, 0xf2c0_0000, 0xf2e0_0000];
            (halves.iter().map(|half| half | bits & 0x1f_ffe0 | register).collect(), RefKind::Constant, 1 << 62)
        }
    };
    let bytes = words.into_iter().flat_map(u32::to_le_bytes).collect();
    Naming { bytes, kind, reach }
}

#[test]
fn what_is_aimed_somewhere_is_found_there() {
    testing::what_is_aimed_somewhere_is_found_there(&Instructions, naming);
}

#[test]
fn a_narrow_search_finds_what_a_wide_one_does() {
    testing::a_narrow_search_finds_what_a_wide_one_does(&Instructions, naming);
}

#[test]
fn random_bytes_are_no_trouble() {
    testing::random_bytes_are_no_trouble(&Instructions);
}
