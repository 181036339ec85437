//! What holds for any instructions and any bytes.

use super::*;

/// An instruction or pair that names an address, with registers and the rest as they come, and what kind of place it is.
fn random_place(numbers: &mut Numbers) -> (Vec<u8>, RefKind, u64) {
    let bits = numbers.next() as u32;
    let register = (bits % 8 + 10) << 7;
    let full = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let short = |word: u32| (word as u16).to_le_bytes().into();
    match numbers.below(8) {
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
    }
}

const EVERYTHING: AddrRange = AddrRange { start: Addr(0), end: Addr(u64::MAX) };

#[test]
fn what_is_aimed_somewhere_is_found_there() {
    let mut numbers = Numbers(1);
    for _ in 0..4_000 {
        let (place_bytes, kind, reach) = random_place(&mut numbers);
        let start = 0x40_0000_0000 + numbers.below(1 << 40) * 2;
        // In front of it and behind it is room, so that it is tested as a part of blocks.
        let before = numbers.below(400) / 2 * 2;
        let mut bytes: Vec<u8> = [1u8, 0].into_iter().cycle().take(before as usize).collect();
        bytes.extend(&place_bytes);
        bytes.extend([0; 600]);
        let at = start + before;
        let place = *Instructions.find(code(&bytes, start), EVERYTHING, &|_| None).first().unwrap();
        assert_eq!((place.at, place.kind), (Addr(at), kind));
        // A pair's upper half is rounded: the last page before the limit is left out.
        let margin = if place.second.is_some() { 4096 } else { 0 };
        let origin = if kind == RefKind::Constant { 0 } else { at };
        let even = if kind == RefKind::Address || kind == RefKind::Constant { 1 } else { 2 };
        let offset = numbers.below(2 * (reach - margin)) / even * even;
        let target = origin.wrapping_add(offset).wrapping_sub(reach - margin);
        for write in Instructions.retarget(code(&bytes, start), &place, Addr(target)).unwrap() {
            let offset = (write.at.0 - start) as usize;
            bytes[offset..offset + write.bytes.len()].copy_from_slice(&write.bytes);
        }
        let found = Instructions.find(code(&bytes, start), one(target), &|_| None);
        assert_eq!(found, [CodeRef { target: Addr(target), ..place }], "{place_bytes:x?} at {at:x} to {target:x}");
    }
}

#[test]
fn a_narrow_search_finds_what_a_wide_one_does() {
    let mut numbers = Numbers(2);
    let random: Vec<u8> = (0..8_000).flat_map(|_| random_place(&mut numbers).0).collect();
    let code = code(&random, 0x1_0000);
    let all = Instructions.find(code, EVERYTHING, &|_| None);
    for _ in 0..150 {
        let width = 1 << numbers.below(28);
        let targets = AddrRange::new(Addr(numbers.below(1 << 28)), 1 + numbers.below(width)).unwrap();
        let expected: Vec<CodeRef> = all.iter().copied().filter(|place| targets.contains(place.target)).collect();
        assert_eq!(Instructions.find(code, targets, &|_| None), expected, "{targets:?}");
    }
}

#[test]
fn random_bytes_are_no_trouble() {
    let mut numbers = Numbers(3);
    for _ in 0..2_000 {
        let random: Vec<u8> = (0..numbers.below(300)).map(|_| numbers.next() as u8).collect();
        let code = code(&random, numbers.next());
        for place in Instructions.find(code, AddrRange { start: Addr(0), end: Addr(u64::MAX) }, &|_| None) {
            let _ = Instructions.retarget(code, &place, Addr(numbers.next()));
        }
        let _ = Instructions.displace(code, numbers.below(64), Addr(numbers.next()));
        let _ = Instructions.redirect_kernel_call(code, code.start, Addr(numbers.next()), Addr(numbers.next()));
        let _ = Instructions.count(Addr(numbers.next()), Addr(numbers.next()));
        let _ = Instructions.far_branch(Addr(numbers.next()), Addr(numbers.next()));
        let _ = (Instructions.whole(code, numbers.next()), Instructions.kernel_calls(code, &|_| None));
    }
}
