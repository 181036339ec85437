//! Vector instructions that saturate, on numbers at the limits of lanes of every size: translated and evaluated.
//!
//! `ASHORE_RANDOM_CASES` says how many instructions of each row, `ASHORE_RANDOM_SEED` where to begin.
#![forbid(unsafe_code)]

mod common;

use ashore_base::{Addr, Cpu};
use ashore_engine::jit::{Jit, Settings, Thread};
use ashore_ir::{Block, Op};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use ashore_isa::aarch64::state;
use ashore_isa::lifter;
use common::oracle::{Oracle, differs};
use common::{CODE, Here, Rng, SVC, put, variable, write_code};

/// How many instructions of each row are tried, and with how many states.
const WORDS: u64 = 16;
const STATES: u64 = 24;

/// A number at a limit of lanes of a size, or one that shifts go to, or any.
fn lane(rng: &mut Rng, bits: u32) -> u64 {
    let ones = u64::MAX >> (64 - bits);
    let half = rng.below(u64::from(bits)) as u32;
    let number = match rng.below(8) {
        0 => 0,
        1 => ones >> 1,
        2 => (ones >> 1) + 1,
        3 => ones,
        // A limit of a smaller lane.
        4 => 1 << half,
        5 => ones << half,
        // As far as lanes are shifted at most, both ways.
        6 => [u64::from(bits), 64, 128, 32][rng.below(4) as usize].wrapping_neg(),
        _ => return rng.next() & ones,
    };
    let near = number.wrapping_add(rng.below(5)).wrapping_sub(2);
    (if rng.below(2) == 0 { near } else { near.wrapping_neg() }) & ones
}

/// A vector of such lanes, or of one.
fn vector(rng: &mut Rng, bits: u32) -> u128 {
    let count = 128 / bits;
    let only = Some(rng.below(count.into()) as u32).filter(|_| rng.below(2) == 0);
    (0..count).filter(|at| only.is_none_or(|only| only == *at)).fold(0, |whole, at| {
        let number = u128::from(lane(rng, bits));
        whole | number << (at * bits)
    })
}

fn saturates(word: u32) -> bool {
    let lifter = lifter(Cpu::Aarch64).expect("a lifter");
    let mut block = Block::new();
    let lifted = lifter.lift(&mut block, Addr(CODE), &word.to_le_bytes());
    lifted.is_some() && block.ops().iter().any(|op| matches!(op, Op::Saturates { .. }))
}

#[test]
fn saturating_instructions_do_the_same_translated() {
    common::start();
    let cases = variable("ASHORE_RANDOM_CASES").unwrap_or(WORDS);
    let mut rng = Rng::of(variable("ASHORE_RANDOM_SEED").unwrap_or(1));
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), Settings::default()).expect("memory for code");
    let mut thread = Thread::new(&jit).expect("a frame");
    let (decoder, mut oracle) = (Decoder::new(), Oracle::new());
    let (mut tried, mut evaluated, mut failures) = (0, 0, 0);
    let patterns = CLASSES.iter().flat_map(|(_, rows)| *rows).map(|row| &row.pattern);
    for (number, pattern) in patterns.flat_map(|pattern| (0..cases).map(move |number| (number, pattern))) {
        let mut word = pattern.value | rng.next() as u32 & !pattern.mask;
        if number % 3 == 0 {
            // Few registers, so that some are the same.
            word = pattern.value | word & !0x1c_039c & !pattern.mask;
        }
        if !saturates(word) {
            continue;
        }
        let at = CODE + tried % 1000 * 8;
        tried += 1;
        write_code(at, &[word, SVC]);
        jit.invalidate(at, 8);
        let before = jit.stats().evaluated;
        let _ = jit.translate(at, &Here);
        let is_evaluated = jit.stats().evaluated != before;
        evaluated += u64::from(is_evaluated);
        let states = if is_evaluated { 0 } else { STATES };
        for state in 0..states {
            let mut bytes = vec![0; state::SIZE];
            let bits = 8 << rng.below(4);
            for register in 0..32u8 {
                let (at, bits) = (usize::from(state::v(register).offset), if state % 2 == 0 { 64 } else { bits });
                let bits = if state % 4 == 0 { 8 << (number % 4) } else { bits };
                let whole = vector(&mut rng, bits);
                put(&mut bytes, at, whole as u64);
                put(&mut bytes, at + 8, (whole >> 64) as u64);
            }
            put(&mut bytes, state::PC.offset.into(), at);
            if let Some(what) = differs(&mut thread, &mut oracle, &bytes) {
                failures += 1;
                let text = disassemble(&decoder, at, word).unwrap_or_default();
                eprintln!("{word:08x} {text}: {what}");
                for field in [word & 31, word >> 5 & 31, word >> 16 & 31] {
                    let at = usize::from(state::v(field as u8).offset);
                    let (low, high) = (common::word(&bytes, at), common::word(&bytes, at + 8));
                    eprintln!("  v{field} was {high:016x} {low:016x}");
                }
                assert!(failures < 12, "too many");
            }
        }
    }
    eprintln!("{tried} instructions, {evaluated} of them evaluated");
    assert_eq!(failures, 0);
    assert!(tried > 0);
}
