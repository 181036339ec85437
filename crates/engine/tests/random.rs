//! Random instructions, translated and evaluated: registers, memory and ends must be the same.
//!
//! `ASHORE_RANDOM_CASES` says how many sequences, `ASHORE_RANDOM_SEED` where to begin, `ASHORE_RANDOM_CLASS` which class of rows.
#![forbid(unsafe_code)]

mod common;

use ashore_base::Cpu;
use ashore_emit::HostPart;
use ashore_engine::jit::{Jit, Settings, Stats, Thread};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use ashore_isa::aarch64::state;
use ashore_isa::lifter;
use common::oracle::{End, Oracle, end_of};
use common::{CODE, DATA, DATA_LEN, Here, Rng, SVC, difference, fill, put, settle, variable, write_code};
use std::ops::Range;
use std::sync::Mutex;

/// A sequence of more instructions, a loop, is not run.
const STEPS_MAX: usize = 10_000;
const CASES: u64 = 1000;
/// One test at a time: handlers know one memory for code only.
static ALONE: Mutex<()> = Mutex::new(());
/// In the control: tiny numbers are flushed.
const FLUSH: u32 = 1 << 24;

fn random_state(rng: &mut Rng, data: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..state::SIZE).map(|_| rng.next() as u8).collect();
    let numbers = [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 0xffff_ffff, 0x8000_0000, 31, 64];
    let mut put = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    for number in 0..31u8 {
        let value = match rng.below(4) {
            0 => numbers[rng.below(numbers.len() as u64) as usize],
            // Aligned for everything, or for nothing.
            1 => data + 1024 + rng.below(128) * 16 + [0, 0, 0, 1, 4, 8, 12, 15][rng.below(8) as usize],
            2 => rng.next() >> rng.below(64),
            // With a tag, which is ignored.
            3 if rng.below(4) == 0 => (data + 1024 + rng.below(64) * 16) | (rng.next() << 56),
            _ => data + 2048,
        };
        put(state::x(number).offset.into(), value);
    }
    put(state::SP.offset.into(), data + 2048);
    put(state::FLAGS.offset.into(), rng.below(16) << 28);
    let floats = [
        0,
        1.0f64.to_bits(),
        (-0.0f64).to_bits(),
        f64::INFINITY.to_bits(),
        f64::NAN.to_bits() | 5,
        0x7ff0_0000_0000_0001,
    ];
    for number in 0..32u8 {
        let at = usize::from(state::v(number).offset);
        match rng.below(4) {
            0 => {
                put(at, floats[rng.below(floats.len() as u64) as usize]);
                put(at + 8, floats[rng.below(floats.len() as u64) as usize]);
            }
            1 => {
                put(at, (rng.below(1000) as f64 / 8.0).to_bits());
                put(at + 8, ((rng.below(1000) as f32 / 8.0).to_bits() as u64) << 32 | 0x3f80_0000);
            }
            2 => {
                put(at, rng.below(1 << 20).wrapping_neg());
                put(at + 8, rng.below(1 << 20));
            }
            _ => {}
        }
    }
    // Status and control are zero: rounding to the nearest.
    put(state::FPSR.offset.into(), 0);
    for word in 0..6 {
        put(usize::from(state::QC.offset) + word * 8, 0);
    }
    bytes
}

/// Makes numbers of what is not-a-number in any register, of both sizes.
fn remove_nans(bytes: &mut [u8]) {
    let (integers, rest) = bytes.split_at_mut(usize::from(state::SP.offset));
    let vectors = &mut rest[usize::from(state::v(0).offset - state::SP.offset)..][..512];
    for part in integers.chunks_exact_mut(4).chain(vectors.chunks_exact_mut(4)) {
        let bits = u32::from_le_bytes(part.try_into().expect("four"));
        // The exponent of a large number's upper half, too.
        if bits & 0x7f80_0000 == 0x7f80_0000 {
            part.copy_from_slice(&(bits & !0x0080_0000).to_le_bytes());
        }
    }
}

/// How numbers are rounded.
#[derive(Clone, Copy)]
enum Mode {
    /// Control is zero.
    Nearest,
    /// In every way, and tiny numbers flushed or not.
    Any,
}

impl Mode {
    fn control(self, rng: &mut Rng) -> u32 {
        match self {
            Mode::Nearest => 0,
            Mode::Any => (rng.below(8) as u32) << 22,
        }
    }
}

fn random_code(rng: &mut Rng, class: Option<&str>) -> Vec<u32> {
    let classes: Vec<_> = CLASSES
        .iter()
        .filter(|(name, _)| class.map_or(!matches!(*name, "branch" | "system"), |class| class == *name))
        .collect();
    let mut words: Vec<u32> = (0..=rng.below(6))
        .map(|_| {
            let (_, rows) = classes[rng.below(classes.len() as u64) as usize];
            let pattern = &rows[rng.below(rows.len() as u64) as usize].pattern;
            let random = rng.next() as u32;
            // Few registers, so that instructions meet.
            let random = if rng.below(2) == 0 { random & !0x18_0318 } else { random };
            pattern.value | random & !pattern.mask
        })
        .collect();
    words.push(SVC);
    words
}

#[test]
fn translated_and_evaluated_instructions_do_the_same() {
    let _guard = ALONE.lock();
    common::start();
    let cases = variable("ASHORE_RANDOM_CASES").unwrap_or(CASES);
    let settings = Settings::default();
    run(settings, cases);
    // So little memory for code that it is thrown away again and again.
    let stats = run(Settings { code_len: 0, ..settings }, cases);
    assert!(stats.flushes > 0, "{stats:?}");
    // A host that lacks what not all templates need.
    let host = settings
        .host
        .without(HostPart::Fma)
        .without(HostPart::Aes)
        .without(HostPart::Pclmul)
        .without(HostPart::Sha)
        .without(HostPart::F16c);
    run(Settings { host, ..settings }, cases / 4);
    run(Settings { steps: true, ..settings }, cases / 4);
    // Where branches lead to is mostly no code.
    run_class("branch", settings, (cases, Mode::Nearest));
    // Numbers, rounded and flushed in every way.
    run_class("float", settings, (cases, Mode::Any));
    run_class("simd", settings, (cases / 4, Mode::Any));
}

/// Seeds of cases that once differed, or do where a template is wrong that few others show: the class, the first seed, and how
/// many.
const KEPT: [(&str, u64, u64); 9] = [
    ("branch", 31_337, 100),
    ("branch", 1_032_038, 1),
    ("branch", 5_006_518, 1),
    ("", 2_002_759, 1),
    ("memory", 4225, 1),
    ("memory", 35_359, 1),
    // An exchange of 16 bytes faults, which has borrowed registers.
    ("atomic", 800, 1),
    ("float", 11_065_802, 1),
    ("simd", 12_119_813, 1),
];

#[test]
fn cases_that_differed_do_the_same() {
    let _guard = ALONE.lock();
    common::start();
    for (class, seed, count) in KEPT {
        run_seeds(class, Settings::default(), (seed..seed + count, Mode::Nearest));
    }
}

/// The jump cache's entry for the last address of all once held it, beside nothing.
#[test]
fn a_jump_to_the_last_address_is_no_jump_to_what_was_forgotten() {
    const BRANCH_BACK: u32 = 0x17ff_ffff;
    const BR_X4: u32 = 0xd61f_0080;
    let _guard = ALONE.lock();
    common::start();
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), Settings::default()).expect("memory for code");
    let mut thread = Thread::new(&jit).expect("a frame");
    // Before the code there is nothing, in the same entry as the last address.
    write_code(CODE, &[BRANCH_BACK, BR_X4]);
    jit.invalidate(CODE, 8);
    for at in [CODE, CODE + 4] {
        put(thread.state_mut(), state::PC.offset.into(), at);
        put(thread.state_mut(), state::x(4).offset.into(), u64::MAX);
        assert_eq!(end_of(thread.run(&Here)), Some(End::Refused));
    }
}

/// Runs as many cases one way; there is one memory for code in a process, the last one that was made.
fn run(settings: Settings, cases: u64) -> Stats {
    let class = std::env::var("ASHORE_RANDOM_CLASS").unwrap_or_default();
    run_class(&class, settings, (cases, Mode::Nearest))
}

/// The same for a class of rows, or for those that mostly follow each other.
fn run_class(class: &str, settings: Settings, (cases, mode): (u64, Mode)) -> Stats {
    let seed = variable("ASHORE_RANDOM_SEED").unwrap_or(1);
    run_seeds(class, settings, (seed..seed + cases, mode))
}

fn run_seeds(class: &str, settings: Settings, (seeds, mode): (Range<u64>, Mode)) -> Stats {
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), settings).expect("memory for code");
    let mut oracle = Oracle::new();
    let mut thread = Thread::new(&jit).expect("a frame");
    let class = Some(class).filter(|class| !class.is_empty());
    let decoder = Decoder::new();
    let mut failures = 0;
    for seed in seeds.clone() {
        let mut rng = Rng::of(seed);
        let words = random_code(&mut rng, class);
        if std::env::var_os("ASHORE_RANDOM_TRACE").is_some() {
            eprintln!("seed {seed} {words:08x?}");
        }
        let at = CODE + (seed - seeds.start) % 100_000 * 64;
        write_code(at, &words);
        jit.invalidate(at, 64);
        let memory: Vec<u8> = (0..DATA_LEN).map(|_| rng.next() as u8).collect();
        let mut bytes = random_state(&mut rng, DATA);
        let control = mode.control(&mut rng);
        if control & FLUSH != 0 && rng.below(2) == 0 {
            remove_nans(&mut bytes);
        }
        bytes[usize::from(state::FPCR.offset)..][..4].copy_from_slice(&control.to_le_bytes());
        bytes[256..264].copy_from_slice(&at.to_le_bytes());
        thread.state_mut().copy_from_slice(&bytes);
        fill(&memory);
        oracle.begin(&memory);
        let oracle_end = oracle.run(&mut bytes, STEPS_MAX);
        let wanted = common::data();
        // One that takes too long is a loop; and one that reaches what is not its own does what nobody knows.
        if oracle_end.is_none() || oracle.memory.is_wild {
            continue;
        }
        fill(&memory);
        let end = end_of(thread.run(&Here));
        let after = common::data();
        let mut found = thread.state().to_vec();
        settle(&mut found);
        settle(&mut bytes);
        // Flags that nobody reads may be anything at a fault.
        if matches!(end, Some(End::Fault | End::Refused | End::Misaligned)) {
            found[264..272].copy_from_slice(&bytes[264..272]);
        }
        if end != oracle_end || found != bytes || after != wanted {
            failures += 1;
            let text: Vec<String> =
                words.iter().map(|word| disassemble(&decoder, at, *word).unwrap_or_default()).collect();
            eprintln!(
                "seed {seed} {class:?}, control {control:#x}: {words:08x?}\n  {}\n  ends {end:?} {oracle_end:?}, memory same: {}\n{}",
                text.join("; "),
                after == wanted,
                difference(&found, &bytes)
            );
            assert!(failures < 12, "too many");
        }
    }
    eprintln!("{:?}", jit.stats());
    assert_eq!(failures, 0);
    jit.stats()
}
