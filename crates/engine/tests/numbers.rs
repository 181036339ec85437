//! Instructions on numbers that are odd, translated and evaluated: halves, limits of integers, the least and the greatest, and
//! what is none. Random bits are hardly ever one of these.
//!
//! `ASHORE_NUMBERS_CASES` says how many words of each row, `ASHORE_NUMBERS_SEED` where to begin.
#![forbid(unsafe_code)]

mod common;

use ashore_base::Cpu;
use ashore_engine::jit::{Jit, Settings, Thread};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, Row, disassemble};
use ashore_isa::aarch64::state;
use ashore_isa::lifter;
use common::oracle::{Oracle, differs, end_of};
use common::{CODE, DATA, DATA_LEN, Here, Rng, SVC, difference, put, variable, write_code};
use std::sync::Mutex;

const CASES: u64 = 20;
/// In the control: tiny numbers are flushed.
const FLUSH: u32 = 1 << 24;
/// In the control: numbers of 16 bits are in the alternative format.
const ALTERNATIVE: u32 = 1 << 26;
/// In the status: something was not exact.
const INEXACT: u64 = 16;

/// Numbers whose neighbours are taken, too.
const SINGLES: [f32; 22] = [
    0.0,
    0.25,
    0.5,
    0.75,
    1.0,
    1.5,
    2.0,
    2.5,
    3.0,
    255.5,
    4_194_303.5,
    8_388_607.5,
    8_388_608.0,
    16_777_216.0,
    2147483648.0,
    4294967296.0,
    9223372036854775808.0,
    18446744073709551616.0,
    65504.0,
    65520.0,
    1.0 / 16384.0,
    5.96e-8,
];
const DOUBLES: [f64; 20] = [
    0.0,
    0.25,
    0.5,
    1.0,
    1.5,
    2.5,
    3.0,
    2147483647.5,
    2147483648.0,
    4294967295.5,
    4294967296.0,
    2251799813685247.5,
    4503599627370495.5,
    4503599627370496.0,
    9223372036854775808.0,
    18446744073709551616.0,
    65504.0,
    65520.0,
    1.0 / 16384.0,
    3.4e38,
];
const OTHER_SINGLES: [f32; 7] =
    [f32::INFINITY, f32::NAN, f32::MAX, f32::MIN_POSITIVE, 1e-40, f32::from_bits(0x7f80_0001), 1e30];
const OTHER_DOUBLES: [f64; 7] =
    [f64::INFINITY, f64::NAN, f64::MAX, f64::MIN_POSITIVE, 1e-310, f64::from_bits(0x7ff0_0000_0000_0001), 1e300];
const INTEGERS: [u64; 8] = [0, 1, 1 << 24, 1 << 31, 1 << 32, 1 << 53, 1 << 63, 0xffff_ffff];

/// A number of 32 bits; one in eight is very odd.
fn single(rng: &mut Rng) -> u32 {
    let bits = match rng.below(16) {
        0 => rng.pick(&OTHER_SINGLES).to_bits(),
        1 => rng.pick(&INTEGERS) as u32,
        2 => half(rng) << 16 | half(rng),
        _ => rng.pick(&SINGLES).to_bits().wrapping_add(rng.below(3) as u32).wrapping_sub(1) & (u32::MAX >> 1),
    };
    bits | (rng.below(4) as u32 / 3) << 31
}

fn double(rng: &mut Rng) -> u64 {
    let bits = match rng.below(16) {
        0 => rng.pick(&OTHER_DOUBLES).to_bits(),
        1 => rng.pick(&INTEGERS).wrapping_sub(rng.below(3)),
        2 => rng.next(),
        _ => rng.pick(&DOUBLES).to_bits().wrapping_add(rng.below(3)).wrapping_sub(1) & (u64::MAX >> 1),
    };
    bits | (rng.below(4) / 3) << 63
}

/// A number of 16 bits, often a tiny one.
fn half(rng: &mut Rng) -> u32 {
    let bits = match rng.below(4) {
        0 => rng.pick(&[0, 1, 0x3ff, 0x400, 0x3800, 0x3c00, 0x7bff, 0x7c00, 0x7c01, 0x7e00]),
        _ => rng.next() as u32 & 0x7bff,
    };
    bits | (rng.below(2) as u32) << 15
}

/// Registers with such numbers: in most states all of the same size, so that pairs of them meet.
fn odd_state(rng: &mut Rng, control: u32) -> Vec<u8> {
    let mut bytes = vec![0; state::SIZE];
    for number in 0..31u8 {
        let value = rng.pick(&INTEGERS).wrapping_sub(rng.below(3)) ^ (rng.below(2).wrapping_neg() & rng.next());
        put(&mut bytes, state::x(number).offset.into(), value);
    }
    put(&mut bytes, state::SP.offset.into(), DATA + 2048);
    put(&mut bytes, state::FLAGS.offset.into(), rng.below(16) << 28);
    let size = rng.below(3);
    for number in 0..32u8 {
        let at = usize::from(state::v(number).offset);
        for at in [at, at + 8] {
            let value = match size {
                0 => u64::from(single(rng)) << 32 | u64::from(single(rng)),
                1 => double(rng),
                _ => (0..4).fold(0, |value, _| value << 16 | u64::from(half(rng))),
            };
            put(&mut bytes, at, value);
        }
    }
    put(&mut bytes, state::FPSR.offset.into(), rng.below(2) * INEXACT);
    bytes[usize::from(state::FPCR.offset)..][..4].copy_from_slice(&control.to_le_bytes());
    bytes
}

/// Whether a row's instructions compute with numbers.
fn is_of_numbers(row: &Row) -> bool {
    row.name.starts_with('f') || row.name.contains("cvtf")
}

/// `frecpe` and `frsqrte`, of four and of two numbers.
const ESTIMATES: [u32; 5] = [0x4ea1_d801, 0x6ea1_d802, 0x4ee1_d803, 0x6ee1_d804, SVC];
/// One test at a time: handlers know one memory for code only.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn estimates_are_the_same_for_every_fraction() {
    let _guard = ALONE.lock();
    common::start();
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), Settings::default()).expect("memory for code");
    let (mut oracle, mut thread) = (Oracle::new(), Thread::new(&jit).expect("a frame"));
    let memory = vec![0; DATA_LEN];
    write_code(CODE, &ESTIMATES);
    jit.invalidate(CODE, 4 * ESTIMATES.len() as u64);
    // More bits than count, under even and odd exponents.
    for bits in 0..1 << 10 {
        let mut bytes = vec![0; state::SIZE];
        let (single, double) = (0x3f00_0000 | bits << 14, 0x3fe0_0000_0000_0000 | bits << 43);
        put(&mut bytes, state::v(0).offset.into(), double);
        put(&mut bytes, usize::from(state::v(0).offset) + 8, single << 32 | single);
        put(&mut bytes, state::PC.offset.into(), CODE);
        thread.state_mut().copy_from_slice(&bytes);
        oracle.begin(&memory);
        assert_eq!(end_of(thread.run(&Here)), oracle.run(&mut bytes, 10));
        assert!(thread.state() == bytes, "{bits:#x}\n{}", difference(thread.state(), &bytes));
    }
}

#[test]
fn odd_numbers_translated_and_evaluated_are_the_same() {
    let _guard = ALONE.lock();
    common::start();
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), Settings::default()).expect("memory for code");
    let (mut oracle, mut thread) = (Oracle::new(), Thread::new(&jit).expect("a frame"));
    let decoder = Decoder::new();
    let cases = variable("ASHORE_NUMBERS_CASES").unwrap_or(CASES);
    let mut rng = Rng::of(variable("ASHORE_NUMBERS_SEED").unwrap_or(1));
    let mut failures = 0;
    // Flushing changes the code: it comes last.
    let controls = (0..4).map(|round| round << 22).chain((0..4).map(|round| FLUSH | round << 22)).chain([ALTERNATIVE]);
    for (turn, control) in (0u64..).zip(controls) {
        let rows = CLASSES.iter().filter(|(class, _)| matches!(*class, "float" | "simd")).flat_map(|(_, rows)| *rows);
        for (nth, row) in (0u64..).zip(rows.filter(|row| is_of_numbers(row))) {
            for case in 0..cases {
                let word = row.pattern.value | rng.next() as u32 & !row.pattern.mask;
                let at = CODE + (turn * 1_000 + nth) % 2_000 * 2_048 + case % 128 * 16;
                write_code(at, &[word, SVC]);
                jit.invalidate(at, 8);
                let mut bytes = odd_state(&mut rng, control);
                put(&mut bytes, state::PC.offset.into(), at);
                if let Some(what) = differs(&mut thread, &mut oracle, &bytes) {
                    failures += 1;
                    let text = disassemble(&decoder, at, word).unwrap_or_default();
                    eprintln!("control {control:#x}, {word:08x} {text}: {what}");
                    for number in [word & 31, word >> 5 & 31, word >> 10 & 31, word >> 16 & 31] {
                        let at = usize::from(state::v(number as u8).offset);
                        eprintln!(
                            "  v{number}: {:016x} {:016x}",
                            common::word(&bytes, at + 8),
                            common::word(&bytes, at)
                        );
                    }
                }
                assert!(failures < 12, "too many");
            }
        }
    }
    eprintln!("{:?}", jit.stats());
    assert_eq!(failures, 0);
}
