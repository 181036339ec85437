mod text;
mod vectors;

use crate::allocated::{self, Kind};
use crate::batch;
use crate::generate::{Generator, MIXED};
use crate::machine::{End, Machine};
use crate::program;
use crate::random::Random;
use ashore_base::Addr;
use ashore_ir::Block;
use ashore_isa::aarch64::rows::Decoder;
use ashore_isa::lift::fill;
use std::path::Path;
use std::process::Command;

/// Some thousand instructions of each class that has rows.
fn agrees(class: &str, length: usize) {
    for seed in 0..3 {
        if let Err(why) = batch(class, (seed, 300), length, &crate::peers::all(None)) {
            panic!("{why}");
        }
    }
}

#[test]
fn integer_instructions_agree_with_qemu() {
    agrees("integer", 6);
}

#[test]
fn branches_agree_with_qemu() {
    agrees("branch", 4);
}

#[test]
fn system_instructions_agree_with_qemu() {
    agrees("system", 4);
}

#[test]
fn loads_and_stores_agree_with_qemu() {
    agrees("memory", 4);
}

#[test]
fn atomic_instructions_agree_with_qemu() {
    agrees("atomic", 4);
}

#[test]
fn scalar_floating_point_agrees_with_qemu() {
    agrees("float", 3);
}

#[test]
fn vectors_agree_with_qemu() {
    agrees("simd", 3);
}

#[test]
fn ciphers_and_hashes_agree_with_qemu() {
    agrees("crypto", 4);
}

#[test]
fn instructions_of_all_classes_in_turns_agree_with_qemu() {
    agrees(MIXED, 12);
}

/// What a fault leaves behind: running the instruction again gives what it would have given without it.
#[test]
fn instructions_that_fault_can_be_run_again() {
    for class in ["memory", "atomic"] {
        let mut generator = Generator::new(class, 7).expect("a class");
        let memory = generator.memory(program::BEFORE + program::FROM);
        let cases: Vec<_> = (0..300).map(|_| generator.case(4)).collect();
        let file = program::build(&cases, &memory);
        let output = |fails_every| {
            let mut machine = Machine::load(&file, &["case"]);
            machine.memory.fails_every = fails_every;
            assert_eq!(machine.run(), End::Status(0));
            machine.output
        };
        let without = output(0);
        // Instructions of 64 accesses must come through: the numbers are greater.
        for fails_every in [67, 71, 97] {
            assert!(output(fails_every) == without, "{class}, every {fails_every}");
        }
    }
}

/// Every word lifts to a block that is well formed.
#[test]
fn every_word_lifts_to_a_block_the_checker_accepts() {
    let (decoder, mut random, mut block) = (Decoder::new(), Random::new(1), Block::new());
    for _ in 0..400_000 {
        let word = random.next() as u32;
        fill(&decoder, &mut block, Addr(0x1000), &word.to_le_bytes(), 1);
        if let Err(error) = ashore_ir::check(&block) {
            panic!("{word:08x}: op {}: {}\n{block}", error.at, error.what);
        }
    }
}

/// Each of both executes the same words, and traps at the same.
#[test]
fn what_is_allocated_agrees_with_qemu() {
    for kind in [Kind::Numbers, Kind::Memory] {
        if let Err(why) = allocated::agrees(&kind, 0, 20_000) {
            panic!("{why}");
        }
    }
}

/// A program that no compiler of this machine's CPU made, with its C library.
#[test]
fn a_static_program_runs_on_the_evaluator() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests");
    let folder = std::env::temp_dir().join(format!("ashore-differ-hello-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (source, program) = (folder.join("hello.c"), folder.join("hello"));
    let text =
        "#include <stdio.h>\nint main(int c, char **v) { printf(\"%d %s %.3f\\n\", c, v[0], c / 3.0); return 7; }\n";
    std::fs::write(&source, text).expect("written");
    let built = Command::new(guests.join("venv/bin/python"))
        .args(["-m", "ziglang", "cc", "-target", "aarch64-linux-musl", "-static", "-O2", "-o"])
        .args([&program, &source])
        .env("ZIG_GLOBAL_CACHE_DIR", guests.join("zigcache"))
        .env("ZIG_LOCAL_CACHE_DIR", guests.join("zigcache"))
        .status();
    assert!(built.expect("cargo xtask guests installs the compiler").success());
    let mut machine = Machine::load(&std::fs::read(&program).expect("built"), &["hello"]);
    let end = machine.run();
    assert_eq!(end, End::Status(7), "{}", String::from_utf8_lossy(&machine.output));
    assert_eq!(String::from_utf8_lossy(&machine.output), "1 hello 0.333\n");
    let _ = std::fs::remove_dir_all(&folder);
}
