//! What holds for any instructions and any bytes.

use super::*;

/// An instruction or pair that names an address, with registers and the rest as they come, and what kind of place it is.
fn random_place(numbers: &mut Numbers) -> (Vec<u32>, RefKind, u64) {
    let bits = numbers.next() as u32;
    let register = bits % 29;
    match numbers.below(8) {
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
    }
}

#[test]
fn what_is_aimed_somewhere_is_found_there() {
    let mut numbers = Numbers(1);
    for _ in 0..4_000 {
        let (words, kind, reach) = random_place(&mut numbers);
        let start = 0x40_0000_0000 + numbers.below(1 << 40) * 4;
        // In front of it and behind it is room, so that it is tested as a part of blocks.
        let before = numbers.below(80) as usize;
        let mut bytes: Vec<u8> =
            [0xd503_201fu32; 80].iter().flat_map(|word| word.to_le_bytes()).take(before * 4).collect();
        words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.extend([0; 512]);
        let at = start + before as u64 * 4;
        let all = Instructions.find(code(&bytes, start), AddrRange { start: Addr(0), end: Addr(u64::MAX) }, &|_| None);
        let place = *all.first().unwrap();
        assert_eq!((place.at, place.kind), (Addr(at), kind));
        // The last page before the limit is left out: a distance in pages is a little shorter than it.
        let offset = numbers.below(2 * reach - 8192);
        let whole = if kind == RefKind::Address || kind == RefKind::Constant { 1 } else { 4 };
        let target = at.wrapping_add(offset).wrapping_sub(reach - 4096) / whole * whole;
        for write in Instructions.retarget(code(&bytes, start), &place, Addr(target)).unwrap() {
            let offset = (write.at.0 - start) as usize;
            bytes[offset..offset + write.bytes.len()].copy_from_slice(&write.bytes);
        }
        let found = Instructions.find(code(&bytes, start), one(target), &|_| None);
        assert_eq!(found, [CodeRef { target: Addr(target), ..place }], "{words:x?} at {at:x} to {target:x}");
    }
}

#[test]
fn a_narrow_search_finds_what_a_wide_one_does() {
    let mut numbers = Numbers(2);
    let random: Vec<u8> = (0..8_000).flat_map(|_| random_place(&mut numbers).0).flat_map(u32::to_le_bytes).collect();
    let code = code(&random, 0x1_0000);
    let all = Instructions.find(code, AddrRange { start: Addr(0), end: Addr(u64::MAX) }, &|_| None);
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
