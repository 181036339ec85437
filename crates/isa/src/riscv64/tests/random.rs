//! What holds for any instructions and any bytes.

use super::*;
use crate::{RefKind, testing};

fn naming(numbers: &mut Numbers) -> Naming {
    let bits = numbers.next() as u32;
    let register = (bits % 8 + 10) << 7;
    let full = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let short = |word: u32| (word as u16).to_le_bytes().into();
    let (bytes, kind, reach) = match numbers.below(8) {
        0 => (full(&[0x6f | register | bits & 0xffff_f000]), RefKind::Call, 1 << 20),
        1 => (full(&[0x6f | bits & 0xffff_f000]), RefKind::Jump, 1 << 20),
        2 => (full(&[0x63 | bits & 0xffff_ff80]), RefKind::Branch, 1 << 12),
        3 => (short(0xa001 | bits & 0x1ffc), RefKind::Jump, 1 << 11),
        4 => (short(0xc001 | bits & 0x3ffc), RefKind::Branch, 1 << 8),
        5 => {
            let addi = 0x13 | register | register << 8 | bits << 20;
            (full(&[0x17 | register | bits & 0xffff_f000, addi]), RefKind::Address, 1 << 31)
        }
        6 => {
            let jalr = 0xe7 | register << 8 | bits << 20;
            (full(&[0x17 | register | bits & 0xffff_f000, jalr]), RefKind::Call, 1 << 31)
        }
        _ => {
            let addi = 0x13 | register | register << 8 | bits << 20;
            (full(&[0x37 | register | bits & 0xffff_f000, addi]), RefKind::Constant, 1 << 31)
        }
    };
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
