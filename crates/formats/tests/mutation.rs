//! No damage makes a reader panic: every length a small file can be cut to, and random changes.
//!
//! The random changes are the same in every run. Long searches are the work of the fuzz targets.

mod samples;

use ashore_base::Addr;
use ashore_formats::{detect, functions, hints, read};
use ashore_image::FunctionIndex;

/// Random changes per sample.
const ROUNDS: usize = 25_000;
/// Values that have broken parsers before.
const EDGES: [u64; 8] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, i64::MAX as u64, u64::MAX];

/// Asks everything that can be asked of a file.
fn ask(bytes: &[u8]) {
    let Ok(parsed) = read(bytes).map_err(|report| report.to_string()) else { return };
    for part in &parsed.parts {
        let found = detect(&parsed, part);
        let known = functions(&parsed, part);
        for addr in [0, 0x40_0200, 1 << 32, u64::MAX].map(Addr).into_iter().chain(part.image.entry.addr()) {
            assert!(known.containing(addr).is_none_or(|code| code.contains(addr)));
            let _ = (known.name(addr), part.image.offset_of(addr), part.image.segment_at(addr));
        }
        for segment in &part.image.segments {
            assert!(segment.file.len == 0 || segment.file.of(bytes).is_some(), "a segment without its bytes");
        }
        let _ = (found.clues.len(), hints(&parsed, part), parsed.imports(part));
    }
}

/// A generator of numbers that need not be good, only the same each time (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

#[test]
fn every_length() {
    for (_, file) in samples::all() {
        for len in 0..file.0.len() {
            ask(&file.0[..len]);
        }
    }
}

#[test]
fn random_changes() {
    let mut numbers = Numbers(0x6173_686f_7265_2121);
    for (_, file) in samples::all() {
        for _ in 0..ROUNDS {
            let mut bytes = file.0.clone();
            for _ in 0..=numbers.below(4) {
                change(&mut bytes, &mut numbers);
            }
            ask(&bytes);
        }
    }
}

/// One change: a bit, a byte, or a word set to an edge. Half of them hit the first part, where headers are.
fn change(bytes: &mut [u8], numbers: &mut Numbers) {
    let reach = if numbers.below(2) == 0 { bytes.len().min(0x300) } else { bytes.len() };
    let at = numbers.below(reach);
    match numbers.below(3) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes[at] = numbers.next() as u8,
        _ => {
            let edge = EDGES[numbers.below(EDGES.len())].to_le_bytes();
            let len = [2, 4, 8][numbers.below(3)].min(bytes.len() - at);
            bytes[at..at + len].copy_from_slice(&edge[..len]);
        }
    }
}
