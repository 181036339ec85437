//! Vector instructions on integers at the ends of what lanes hold, and on small ones: translated as evaluated.
//!
//! `ASHORE_RANDOM_CASES` says how many instructions of each row, `ASHORE_RANDOM_SEED` with which random numbers.
#![forbid(unsafe_code)]

mod common;

use ashore_base::Cpu;
use ashore_engine::jit::{Jit, Settings, Thread};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use ashore_isa::aarch64::state;
use ashore_isa::lifter;
use common::oracle::{Oracle, differs};
use common::{CODE, Rng, SVC, difference, put, variable, write_code};

/// How many instructions of each row are tried, and on how many states.
const CASES: u64 = 20;
const STATES: usize = 8;

/// A lane's value: one at an end, one about as small as the lane has bits, or any.
fn lane(rng: &mut Rng, bits: u32) -> u64 {
    let (least, all) = (1u64 << (bits - 1), u64::MAX >> (64 - bits));
    let near = rng.below(3).wrapping_sub(1);
    let small = rng.below(2 * u64::from(bits) + 4);
    all & match rng.below(8) {
        0 => near,
        1 => least.wrapping_add(near),
        2 => u64::from(bits).wrapping_add(near),
        3 => u64::from(bits).wrapping_add(near).wrapping_neg(),
        4 => small,
        5 => small.wrapping_neg(),
        6 => 1 << rng.below(bits.into()),
        _ => rng.next(),
    }
}

/// Eight bytes of lanes of a size.
fn lanes(rng: &mut Rng, bits: u32) -> u64 {
    (0..64 / bits).fold(0, |word, at| word | lane(rng, bits) << (at * bits))
}

fn state_of(rng: &mut Rng, pc: u64) -> Vec<u8> {
    let mut bytes = vec![0; state::SIZE];
    for number in 0..32u8 {
        let bits = rng.pick(&[8, 16, 32, 64]);
        let at = usize::from(state::v(number).offset);
        put(&mut bytes, at, lanes(rng, bits));
        put(&mut bytes, at + 8, lanes(rng, bits));
    }
    put(&mut bytes, state::PC.offset.into(), pc);
    bytes
}

#[test]
fn lanes_at_their_ends_are_computed_as_evaluated() {
    common::start();
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), Settings::default()).expect("memory for code");
    let mut thread = Thread::new(&jit).expect("a frame");
    let (mut oracle, decoder) = (Oracle::new(), Decoder::new());
    let mut rng = Rng::of(variable("ASHORE_RANDOM_SEED").unwrap_or(1));
    let mut failures = 0;
    let rows = CLASSES.iter().filter(|(class, _)| *class == "simd").flat_map(|(_, rows)| *rows);
    // Those of numbers have lanes of their own at their ends.
    for row in rows.filter(|row| !row.name.starts_with('f')) {
        for number in 0..variable("ASHORE_RANDOM_CASES").unwrap_or(CASES) {
            let random = rng.next() as u32;
            // Few registers, so that operands are the same now and then.
            let random = if rng.below(4) == 0 { random & !0x1e_03de } else { random };
            let word = row.pattern.value | random & !row.pattern.mask;
            let at = CODE + number % 100_000 * 8;
            write_code(at, &[word, SVC]);
            jit.invalidate(at, 8);
            for _ in 0..STATES {
                let before = state_of(&mut rng, at);
                if let Some(what) = differs(&mut thread, &mut oracle, &before) {
                    failures += 1;
                    let text = disassemble(&decoder, at, word).unwrap_or_default();
                    eprintln!("{word:08x} {text}: {what}\nof\n{}", difference(&before, thread.state()));
                    assert!(failures < 12, "too many");
                }
            }
        }
    }
    assert_eq!(failures, 0);
}
