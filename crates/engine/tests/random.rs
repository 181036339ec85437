//! Random instructions, translated and evaluated: registers, memory and ends must be the same.
//!
//! `ASHORE_RANDOM_CASES` says how many sequences, `ASHORE_RANDOM_SEED` where to begin, `ASHORE_RANDOM_CLASS` which class of rows.
#![forbid(unsafe_code)]

use ashore_base::{Addr, Cpu};
use ashore_emit::HostPart;
use ashore_engine::jit::{Code, Exit, Jit, Settings, Stats, Thread};
use ashore_ir::{Access, Block, Evaluator, Fault, Memory, Op, Size, Trap};
use ashore_isa::aarch64::Regs;
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use ashore_isa::aarch64::state::{self, Rules};
use ashore_isa::lift::Next;
use ashore_isa::{InState, lifter};
use ashore_pivot::Memory as _;
use ashore_sys::{GuestMemory, Mapping};

/// A system call.
const SVC: u32 = 0xd400_0001;
/// Where data is, and how much.
const DATA_LEN: usize = 4096;
const CODE_LEN: u64 = 8 << 20;
/// A sequence of more instructions, a loop, is not run.
const STEPS_MAX: usize = 10_000;
const CASES: u64 = 1000;
/// In the control: tiny numbers are flushed.
const FLUSH: u32 = 1 << 24;

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 16) % n
    }
}

/// Where code is: branches lead out of it, and nothing is executed there.
#[derive(Clone, Copy)]
struct Here(u64);

impl Code for Here {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let left = (self.0 + CODE_LEN).checked_sub(pc).filter(|_| pc >= self.0).unwrap_or(0);
        let len = into.len().min(left as usize);
        if GuestMemory.read(Addr(pc), &mut into[..len]).is_ok() { len } else { 0 }
    }
}

/// Memory for the oracle.
struct Plain;

impl Memory for Plain {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        let mut bytes = [0; 16];
        GuestMemory
            .read(Addr(Regs::place(addr)), &mut bytes[..size.bytes()])
            .map_err(|_| Fault { addr, access: Access::Read })?;
        Ok(u128::from_le_bytes(bytes))
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        let bytes = value.to_le_bytes();
        GuestMemory
            .write(Addr(Regs::place(addr)), &bytes[..size.bytes()])
            .map_err(|_| Fault { addr, access: Access::Write })
    }

    fn compare_swap(&mut self, addr: u64, size: Size, [expected, new]: [u128; 2]) -> Result<u128, Fault> {
        let old = self.load(addr, size)?;
        if old == expected {
            self.store(addr, size, new)?;
        }
        Ok(old)
    }

    fn fence(&mut self) {}

    fn invalidate(&mut self, _: u64, _: u64) {}

    fn counter(&mut self) -> u64 {
        0
    }
}

fn map(len: u64) -> u64 {
    ashore_sys::map(&Mapping { at: Addr(0), len, prot: 3, flags: 0x22, fd: -1, offset: 0 }).expect("memory").0
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

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

/// What ends a sequence, for comparing.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Call,
    Fault,
    Misaligned,
    Trap,
    Never,
}

fn evaluate(bytes: &mut [u8], lifter: &dyn ashore_isa::lift::Lifter, code: Here) -> End {
    let mut evaluator = Evaluator::new();
    let mut block = Block::new();
    let pc_at = usize::from(state::PC.offset);
    for _ in 0..STEPS_MAX {
        let pc = u64::from_le_bytes(bytes[pc_at..pc_at + 8].try_into().expect("eight"));
        let mut word = [0; 4];
        if code.fetch(pc, &mut word) != word.len() {
            return End::Fault;
        }
        block.clear();
        if lifter.lift(&mut block, Addr(pc), &word).expect("a word").next != Next::Ends {
            block.push(Op::Goto(pc + 4));
        }
        match evaluator.run(&block, bytes, &mut Plain, &Rules) {
            ashore_ir::Exit::Jump(_) => {}
            ashore_ir::Exit::Trap(Trap::Call, _) => return End::Call,
            ashore_ir::Exit::Trap(..) => return End::Trap,
            ashore_ir::Exit::Fault(_) => return End::Fault,
            ashore_ir::Exit::Misaligned(_) => return End::Misaligned,
        }
    }
    End::Never
}

fn translated(thread: &mut Thread, code: Here) -> End {
    match thread.run(&code) {
        Exit::Call(_) => End::Call,
        Exit::Fault(_) | Exit::Refused(_) => End::Fault,
        Exit::Unaligned(_) => End::Misaligned,
        _ => End::Trap,
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

fn show(bytes: &[u8], other: &[u8]) -> String {
    let mut lines = String::new();
    for (index, (a, b)) in bytes.chunks(8).zip(other.chunks(8)).enumerate() {
        if a != b {
            let word = |part: &[u8]| part.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
            let at = index * 8;
            let name = match at {
                0..248 => format!("x{}", at / 8),
                288..800 => format!("v{}[{}]", (at - 288) / 16, at / 8 % 2),
                _ => format!("@{at}"),
            };
            lines += &format!("  {name}: translated {:#x}, evaluated {:#x}\n", word(a), word(b));
        }
    }
    lines
}

#[test]
fn translated_and_evaluated_instructions_do_the_same() {
    ashore_sys::adopt();
    ashore_sys::install_all().expect("handlers");
    let cases = variable("ASHORE_RANDOM_CASES").and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let settings = Settings::default();
    run(settings, cases);
    // So little memory for code that it is thrown away again and again.
    let stats = run(Settings { code_len: 0, ..settings }, cases);
    assert!(stats.flushes > 0, "{stats:?}");
    // A host that lacks what not all templates need.
    let host =
        settings.host.without(HostPart::Fma).without(HostPart::Aes).without(HostPart::Pclmul).without(HostPart::Sha);
    run(Settings { host, ..settings }, cases / 4);
    run(Settings { steps: true, ..settings }, cases / 4);
    // Where branches lead to is mostly no code.
    run_class("branch", settings, (cases, Mode::Nearest));
    // Numbers, rounded and flushed in every way.
    run_class("float", settings, (cases, Mode::Any));
    run_class("simd", settings, (cases / 4, Mode::Any));
}

/// Runs as many cases one way; there is one memory for code in a process, the last one that was made.
fn run(settings: Settings, cases: u64) -> Stats {
    let class = variable("ASHORE_RANDOM_CLASS").unwrap_or_default();
    run_class(&class, settings, (cases, Mode::Nearest))
}

/// The same for a class of rows, or for those that mostly follow each other.
fn run_class(class: &str, settings: Settings, (cases, mode): (u64, Mode)) -> Stats {
    let (code, data) = (map(CODE_LEN), map(DATA_LEN as u64));
    let jit = Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), settings).expect("memory for code");
    let reference = lifter(Cpu::Aarch64).expect("a lifter");
    let mut thread = Thread::new(&jit).expect("a frame");
    let seed: u64 = variable("ASHORE_RANDOM_SEED").and_then(|text| text.parse().ok()).unwrap_or(1);
    let class = Some(class).filter(|class| !class.is_empty());
    let decoder = Decoder::new();
    let mut failures = 0;
    // Branches to registers lead far away: few of their cases go on there, and none in other memory.
    for case in 0..cases {
        let mut rng = Rng((seed + case).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..4 {
            rng.next();
        }
        let words = random_code(&mut rng, class);
        if variable("ASHORE_RANDOM_TRACE").is_some() {
            eprintln!("seed {} {words:08x?}", seed + case);
        }
        let at = code + case % 100_000 * 64;
        for (index, word) in words.iter().enumerate() {
            GuestMemory.write(Addr(at + index as u64 * 4), &word.to_le_bytes()).expect("code");
        }
        jit.invalidate(at, 64);
        let memory: Vec<u8> = (0..DATA_LEN).map(|_| rng.next() as u8).collect();
        let mut bytes = random_state(&mut rng, data);
        let control = mode.control(&mut rng);
        if control & FLUSH != 0 && rng.below(2) == 0 {
            remove_nans(&mut bytes);
        }
        bytes[usize::from(state::FPCR.offset)..][..4].copy_from_slice(&control.to_le_bytes());
        bytes[256..264].copy_from_slice(&at.to_le_bytes());
        thread.state_mut().copy_from_slice(&bytes);
        GuestMemory.write(Addr(data), &memory).expect("data");
        let oracle_end = evaluate(&mut bytes, reference.as_ref(), Here(code));
        let mut oracle = vec![0; DATA_LEN];
        GuestMemory.read(Addr(data), &mut oracle).expect("data");
        if oracle_end == End::Never {
            continue;
        }
        GuestMemory.write(Addr(data), &memory).expect("data");
        let end = translated(&mut thread, Here(code));
        let mut after = vec![0; DATA_LEN];
        GuestMemory.read(Addr(data), &mut after).expect("data");
        let mut found = thread.state().to_vec();
        // Not zero is all that counts.
        for state in [&mut found, &mut bytes] {
            let is_set = state[816..832].iter().any(|byte| *byte != 0);
            state[816..832].fill(u8::from(is_set));
        }
        // Flags that nobody reads may be anything at a fault.
        if matches!(end, End::Fault | End::Misaligned) {
            found[264..272].copy_from_slice(&bytes[264..272]);
        }
        if end != oracle_end || found != bytes || after != oracle {
            failures += 1;
            let text: Vec<String> =
                words.iter().map(|word| disassemble(&decoder, at, *word).unwrap_or_default()).collect();
            eprintln!(
                "seed {} {class:?}, control {control:#x}: {words:08x?}\n  {}\n  ends {end:?} {oracle_end:?}, memory same: {}\n{}",
                seed + case,
                text.join("; "),
                after == oracle,
                show(&found, &bytes)
            );
            assert!(failures < 12, "too many");
        }
    }
    eprintln!("{:?}", jit.stats());
    assert_eq!(failures, 0);
    jit.stats()
}
