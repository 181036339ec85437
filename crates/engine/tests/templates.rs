//! Which instructions have no template: those cost hundreds of others each.
#![forbid(unsafe_code)]

mod common;

use ashore_base::Cpu;
use ashore_engine::jit::{Jit, Settings};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use ashore_isa::lifter;
use common::{CODE, Here, Rng, SVC, write_code};

/// How many instructions of each row are tried.
const WORDS: u64 = 200;

#[test]
fn instructions_have_templates() {
    common::start();
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), Settings::default()).expect("memory for code");
    let decoder = Decoder::new();
    let mut rng = Rng::of(7);
    for (class, rows) in CLASSES {
        for row in *rows {
            let pattern = &row.pattern;
            let (mut count, mut last) = (0, 0);
            for number in 0..WORDS {
                let word = pattern.value | rng.next() as u32 & !pattern.mask;
                let at = CODE + number * 8;
                write_code(at, &[word, SVC]);
                jit.invalidate(at, 8);
                let before = jit.stats().evaluated;
                let _ = jit.translate(at, &Here);
                if jit.stats().evaluated != before {
                    (count, last) = (count + 1, word);
                }
            }
            if count != 0 {
                let text = disassemble(&decoder, CODE, last).unwrap_or_default();
                println!("{class:8} {count:4} {text}");
            }
        }
    }
}
