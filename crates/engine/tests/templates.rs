//! Which instructions have no template: those cost hundreds of others each.
#![forbid(unsafe_code)]

mod common;

use ashore_base::Cpu;
use ashore_emit::Host;
use ashore_engine::jit::{Jit, Settings};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use ashore_isa::lifter;
use common::{CODE, Here, Rng, SVC, write_code};

/// How many instructions of each row are tried.
const WORDS: u64 = 24;
/// Rows without templates: what says that code has changed leaves, so that its own is looked for again; and nobody was seen to
/// execute estimates of whole numbers.
const NONE: [&str; 3] = ["ic", "urecpe", "ursqrte"];

#[test]
fn instructions_have_templates() {
    common::start();
    // Nothing of it is executed here.
    let settings = Settings { host: Host::FULL, ..Settings::default() };
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), settings).expect("memory for code");
    let decoder = Decoder::new();
    let mut rng = Rng::of(7);
    let (mut lines, mut none) = (String::new(), Vec::new());
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
            if count != 0 && NONE.contains(&row.name) {
                none.push(row.name);
            } else if count != 0 {
                let text = disassemble(&decoder, CODE, last).unwrap_or_default();
                lines += &format!("{class} {text}: {count} of {WORDS}\n");
            }
        }
    }
    assert_eq!(none, NONE, "rows without templates");
    assert_eq!(lines, "", "instructions without a template");
}
