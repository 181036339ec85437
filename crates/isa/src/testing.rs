//! What the tests of every CPU share: listings in, lines out, and what holds for any instructions and any bytes.

use crate::{Code, CodeRef, Coder, RefKind, Unencodable, Write};
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange};

/// Every address but the last.
pub(crate) const EVERYTHING: AddrRange = AddrRange { start: Addr(0), end: Addr(u64::MAX) };

/// The bytes of a listing: the first word of each line is an instruction.
pub(crate) fn bytes(listing: &str) -> Vec<u8> {
    let words = listing.lines().filter_map(|line| line.split_whitespace().next());
    let each = words.flat_map(|word| {
        let bytes = u32::from_str_radix(word, 16).unwrap().to_le_bytes();
        bytes.into_iter().take(word.len() / 2)
    });
    each.collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that `found` is the listing.
#[track_caller]
pub(crate) fn same(found: &[u8], listing: &str) {
    assert_eq!(hex(found), hex(&bytes(listing)));
}

pub(crate) fn code(bytes: &[u8], start: u64) -> Code<'_> {
    Code { bytes, start: Addr(start) }
}

pub(crate) fn one(target: u64) -> AddrRange {
    AddrRange { start: Addr(target), end: Addr(target + 1) }
}

/// The places in `code`, which is one function, that name `target`, as text.
pub(crate) fn find(coder: &dyn Coder, code: Code<'_>, target: u64) -> String {
    let whole = code.range();
    let function_at = move |at| whole.contains(at).then_some(whole);
    lines(&coder.find(code, one(target), &function_at))
}

pub(crate) fn lines(places: &[CodeRef]) -> String {
    let line = |place: &CodeRef| {
        let second = place.second.map_or(String::new(), |second| format!(" and {second}"));
        format!("{}{second}: {:?}\n", place.at, place.kind)
    };
    places.iter().map(line).collect()
}

/// Does `writes` to `bytes`, which run at `start`.
pub(crate) fn apply(bytes: &mut [u8], start: u64, writes: &[Write]) {
    for write in writes {
        let offset = (write.at.0 - start) as usize;
        bytes[offset..offset + write.bytes.len()].copy_from_slice(&write.bytes);
    }
}

/// What making the first place in `listing` that names `from` name `to` makes of it.
pub(crate) fn changed(coder: &dyn Coder, listing: &str, from: u64, to: u64) -> Result<Vec<u8>, Unencodable> {
    const START: u64 = 0x1_0000;
    let mut bytes = bytes(listing);
    let places = coder.find(code(&bytes, START), one(from), &|_| None);
    let writes = coder.retarget(code(&bytes, START), places.first().unwrap(), Addr(to))?;
    apply(&mut bytes, START, &writes);
    Ok(bytes)
}

/// Numbers that look random and are the same each time.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ self.0 >> 29
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }
}

/// An instruction or pair that names an address, with registers and the rest as they come.
#[derive(Debug)]
pub(crate) struct Naming {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: RefKind,
    /// How far it reaches: from itself, or from address zero when it is a constant.
    pub(crate) reach: u64,
}

/// Aims what `naming` makes at places it reaches; each must then be found there.
pub(crate) fn what_is_aimed_somewhere_is_found_there(coder: &dyn Coder, naming: fn(&mut Numbers) -> Naming) {
    let unit = coder.unit();
    let mut numbers = Numbers(1);
    for _ in 0..4_000 {
        let named = naming(&mut numbers);
        let start = 0x40_0000_0000 + numbers.below(1 << 40) * unit;
        // In front of it and behind it is room, so that it is tested as a part of blocks.
        let before = numbers.below(400) / unit * unit;
        let mut bytes = coder.nothing(before).unwrap();
        bytes.extend(&named.bytes);
        bytes.extend([0; 600]);
        let at = start + before;
        let place = *coder.find(code(&bytes, start), EVERYTHING, &|_| None).first().unwrap();
        assert_eq!((place.at, place.kind), (Addr(at), named.kind));
        // Pairs count in pages, from a page or rounded to one: the last before the limit is left out.
        let reach = named.reach - if place.second.is_some() { 4096 } else { 0 };
        let origin = if named.kind == RefKind::Constant { 0 } else { at };
        let multiple = if matches!(named.kind, RefKind::Address | RefKind::Constant) { 1 } else { unit };
        let target = origin.wrapping_add(numbers.below(2 * reach) / multiple * multiple).wrapping_sub(reach);
        let writes = coder.retarget(code(&bytes, start), &place, Addr(target)).unwrap();
        apply(&mut bytes, start, &writes);
        let found = coder.find(code(&bytes, start), one(target), &|_| None);
        assert_eq!(found, [CodeRef { target: Addr(target), ..place }], "{named:x?} at {at:x} to {target:x}");
    }
}

/// Searches for few targets, and for all of which those are some.
pub(crate) fn a_narrow_search_finds_what_a_wide_one_does(coder: &dyn Coder, naming: fn(&mut Numbers) -> Naming) {
    let mut numbers = Numbers(2);
    let random: Vec<u8> = (0..8_000).flat_map(|_| naming(&mut numbers).bytes).collect();
    let code = code(&random, 0x1_0000);
    let all = coder.find(code, EVERYTHING, &|_| None);
    for _ in 0..150 {
        let width = 1 << numbers.below(28);
        let targets = AddrRange::new(Addr(numbers.below(1 << 28)), 1 + numbers.below(width)).unwrap();
        let expected: Vec<CodeRef> = all.iter().copied().filter(|place| targets.contains(place.target)).collect();
        assert_eq!(coder.find(code, targets, &|_| None), expected, "{targets:?}");
    }
}

/// Asks everything about bytes that mean nothing.
pub(crate) fn random_bytes_are_no_trouble(coder: &dyn Coder) {
    let mut numbers = Numbers(3);
    for _ in 0..2_000 {
        let random: Vec<u8> = (0..numbers.below(300)).map(|_| numbers.next() as u8).collect();
        let code = code(&random, numbers.next());
        for place in coder.find(code, EVERYTHING, &|_| None) {
            let _ = coder.retarget(code, &place, Addr(numbers.next()));
        }
        let _ = coder.displace(code, numbers.below(64), Addr(numbers.next()));
        let _ = coder.redirect_kernel_call(code, code.start, Addr(numbers.next()), Addr(numbers.next()));
        let _ = coder.count(Addr(numbers.next()), Addr(numbers.next()));
        let _ = coder.far_branch(Addr(numbers.next()), Addr(numbers.next()));
        let _ = (coder.whole(code, numbers.next()), coder.kernel_calls(code, &|_| None));
    }
}
