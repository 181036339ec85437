//! The translating engine on programs that an input describes: in this process, at fixed addresses.
//!
//! The evaluator runs each first. What that shows to stay inside of its memory and to end runs as translated code then, several
//! times, and must do the same: registers, memory, why it ended. Its translations are kept and put back as well.

mod keep;
mod machine;
mod oracle;
mod program;

pub(crate) use keep::{cache, sample};
pub(crate) use program::samples;

use ashore_emit::HostPart;
use ashore_engine::jit::{Exit, Jit, Settings, Thread};
use keep::Memory;
use machine::{Borrowed, DATA_LEN, Here, Machine};
use oracle::{End, Ran};
use program::Program;
use std::fmt::Write as _;
use std::sync::Arc;

/// How often a block is entered before a region is made of it, one for each kind of program; zero for never.
const HOT: [u32; 4] = [2, 1, 0, 40];

/// Runs the program that the input describes.
pub(crate) fn region(bytes: &[u8]) -> String {
    let machine = Machine::get();
    let program = Program::of(bytes);
    machine.load(&program);
    let reference = oracle::run(&program);
    let (jit, mut answer) = match &reference {
        Ran::Wild => (translate_only(&program), "wild".to_owned()),
        Ran::Endless => (translate_only(&program), "endless".to_owned()),
        Ran::To { end, state, data } => {
            let jit = new_jit(settings(&program));
            let kept = Memory::default();
            jit.open_cache(&[machine.text()], Box::new(kept.clone()));
            let mut thread = Thread::new(&jit).expect("a frame");
            for round in ["first", "second", "third"] {
                run(&mut thread, &program, (*end, state, data), round);
            }
            assert!(jit.verify(&Here).is_ok(), "{:?}\n{}", jit.verify(&Here), program.listing());
            jit.invalidate(machine::CODE, 4096);
            run(&mut thread, &program, (*end, state, data), "after an invalidation");
            jit.close_cache();
            put_back(&program, &kept, (*end, state, data));
            (jit, format!("{end:?}"))
        }
    };
    let stats = jit.stats();
    for number in [stats.blocks, stats.regions, stats.region_instructions, stats.evaluated, stats.flushes] {
        let _ = write!(answer, " {}", number.checked_ilog2().map_or(0, |log| log + 1));
    }
    answer
}

fn new_jit(settings: Settings) -> Arc<Jit> {
    Jit::new(Box::new(Borrowed), settings).expect("memory for code")
}

/// How a program is translated: it says so itself.
fn settings(program: &Program) -> Settings {
    let usual = Settings::default();
    let lacking = [HostPart::Fma, HostPart::Aes, HostPart::Pclmul, HostPart::Sha];
    let host = match program.choice(4) & 3 {
        0 => lacking.into_iter().fold(usual.host, ashore_emit::Host::without),
        _ => usual.host,
    };
    let hot = HOT[usize::from(program.choice(0) & 3)];
    // Little memory for code: it is thrown away in the midst of longer programs. What is kept may be as little as it is.
    Settings { hot, code_len: u64::from(program.choice(2) & 1) << 20, host, worth: 0, ..usual }
}

/// What cannot be run is translated, from several places on.
fn translate_only(program: &Program) -> Arc<Jit> {
    let jit = new_jit(settings(program));
    for index in (0..program.words.len() as u64).step_by(1 + program.words.len() / 16) {
        let _ = jit.translate(machine::CODE + index * 4, &Here);
        let _ = jit.form(machine::CODE + index * 4, &Here);
    }
    jit
}

/// What translated code did, against what was to happen.
fn run(thread: &mut Thread, program: &Program, (end, state, data): (End, &[u8], &[u8]), when: &str) {
    let machine = Machine::get();
    machine.fill(&program.data);
    thread.state_mut().copy_from_slice(&program.state);
    let exit = thread.run(&Here);
    let found = match exit {
        Exit::Call(_) => End::Call,
        Exit::Fault(_) => End::Fault,
        Exit::Refused(_) => End::Refused,
        Exit::Unaligned(_) => End::Unaligned,
        Exit::Misaligned => End::Misaligned,
        Exit::Illegal => End::Illegal,
        Exit::Break(_) => End::Break,
        Exit::Interrupted => panic!("interrupted by nobody"),
    };
    let told = || format!("{when}, {:?}\n{}", thread.jit().stats(), program.listing());
    assert_eq!(found, end, "it ended otherwise, {}", told());
    let (found, wanted) = (oracle::comparable(thread.state(), end), oracle::comparable(state, end));
    assert!(found == wanted, "other registers, {}{}", told(), oracle::difference(&found, &wanted));
    let memory = machine.data();
    let at = (0..DATA_LEN).find(|at| memory.get(*at) != data.get(*at));
    assert!(at.is_none(), "other memory at {at:x?}, {}", told());
}

/// What was kept is code that does the same.
fn put_back(program: &Program, kept: &Memory, reference: (End, &[u8], &[u8])) {
    let Some(file) = kept.file() else { return };
    let jit = new_jit(settings(program));
    let loaded = jit.open_cache(&[Machine::get().text()], Box::new(kept.clone()));
    assert!(jit.verify(&Here).is_ok(), "{:?} put back\n{}", jit.verify(&Here), program.listing());
    assert!(loaded.is_some(), "{} bytes that were kept are refused, {}", file.len(), program.listing());
    let mut thread = Thread::new(&jit).expect("a frame");
    run(&mut thread, program, reference, "put back");
}
