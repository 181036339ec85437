//! Random programs with faults and signals in their midst: wherever translated code stops, registers and memory must be those
//! that the evaluator has at some point of the same run, and at no earlier one than at the last stop.
//!
//! A program is a few loops of random instructions, conditions and calls. Where it faults, both go on behind the instruction,
//! with some registers changed, as a program's handler would. A timer stops translated code at any place; now and then a
//! handler's code runs then, under another control, or the code is made again.
//!
//! `ASHORE_SIGNALS_CASES` says how many programs, `ASHORE_SIGNALS_SEED` where to begin.
#![forbid(unsafe_code)]

mod common;

use ashore_base::Cpu;
use ashore_engine::jit::{Jit, Settings, Thread};
use ashore_isa::aarch64::rows::CLASSES;
use ashore_isa::aarch64::state;
use ashore_isa::lifter;
use ashore_pivot::{SigSet, Signal};
use ashore_sys::Disposition;
use common::oracle::{End, Oracle, end_of, sum};
use common::program::{POINTERS, Program};
use common::{CODE, Here, Rng, SVC, difference, fill, put, settle, variable, word, write_code};
use std::time::{Duration, Instant};

const CASES: u64 = 400;
/// How often translated code runs a program, but for the first time.
const ROUNDS: usize = 12;
/// A program of more instructions is not run.
const STEPS_MAX: usize = 20_000;
/// One that faults more often is not, either.
const FAULTS_MAX: usize = 60;
/// Where the handler's code is.
const HANDLER: u64 = CODE + 0x10_0000;
/// How often a block is entered before it is part of a region, by case.
const HOT: [u32; 4] = [2, 8, 0, 40];

/// What the program's handler of faults does: it goes on behind the instruction, with the pointers as they were.
fn handle(state: &mut [u8], start: &[u8], end: End) -> bool {
    let pc = word(state, state::PC.offset.into());
    for register in POINTERS {
        let at = usize::from(state::x(register).offset);
        put(state, at, word(start, at));
    }
    let seen = word(state, state::x(15).offset.into());
    put(state, state::x(15).offset.into(), seen.wrapping_add(0x1111));
    put(state, state::PC.offset.into(), pc + 4);
    matches!(end, End::Fault | End::Misaligned | End::Trap)
}

/// A state and the sum of its data as one number; without flags, which may be anything where nobody reads them.
fn mark(state: &[u8], sum: u64) -> u64 {
    let words = state.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).enumerate();
    words.filter(|(at, _)| at * 8 != usize::from(state::FLAGS.offset)).fold(sum, |mark, (at, word)| {
        let word = if (102..104).contains(&at) { 0 } else { word };
        (mark ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    })
}

/// How a program runs by the evaluator: a mark before each instruction, and at the end everything.
struct Reference {
    marks: Vec<u64>,
    faults: usize,
    state: Vec<u8>,
    data: Vec<u8>,
}

fn reference(oracle: &mut Oracle, program: &Program) -> Option<Reference> {
    fill(&program.data);
    oracle.begin(&program.data);
    let (mut state, mut marks, mut faults) = (program.state.clone(), Vec::new(), 0);
    while marks.len() < STEPS_MAX && !oracle.memory.is_wild {
        marks.push(mark(&state, oracle.memory.sum));
        match oracle.step(&mut state) {
            None => {}
            Some(End::Call) => {
                marks.push(mark(&state, oracle.memory.sum));
                settle(&mut state);
                let is_whole = !oracle.memory.is_wild;
                return is_whole.then(|| Reference { marks, faults, state, data: common::data() });
            }
            Some(end) => {
                // A part of what it stores may be there already.
                marks.push(mark(&state, oracle.memory.sum));
                faults += 1;
                if faults > FAULTS_MAX || !handle(&mut state, &program.state, end) {
                    return None;
                }
            }
        }
    }
    None
}

/// A timer that sends one signal to this thread.
struct Timer(u64);

impl Timer {
    fn new() -> Timer {
        const CREATE: u64 = 222;
        const TO_THREAD: u64 = 4;
        const MONOTONIC: u64 = 1;
        let mut event = [0u64; 8];
        event[1] = u64::from(Signal::USR1.0) | TO_THREAD << 32;
        event[2] = ashore_sys::current_tid() as u64;
        let mut id = [0u32; 2];
        let words = [MONOTONIC, &raw const event as u64, &raw mut id as u64, 0, 0, 0];
        ashore_sys::call(CREATE, words).expect("a timer");
        Timer(std::hint::black_box(id)[0].into())
    }

    /// Once, so long from now; never if that is zero.
    fn set(&self, after: Duration) {
        const SET: u64 = 223;
        let time = [0u64, 0, after.as_secs(), u64::from(after.subsec_nanos())];
        ashore_sys::call(SET, [self.0, 0, &raw const time as u64, 0, 0, 0]).expect("a time");
    }
}

/// What was seen on the way.
#[derive(Default, Debug)]
struct Seen {
    programs: u64,
    instructions: usize,
    faults: usize,
    /// Stops before the first instruction of a stay, and behind it.
    early: u64,
    midst: u64,
    handlers: u64,
}

struct Test {
    thread: Thread,
    oracle: Oracle,
    timer: Timer,
    block: &'static mut ashore_sys::Block,
    seen: Seen,
}

/// What the handler's code is: arithmetic under a control of its own, and every low register changed.
fn handler_code(rng: &mut Rng) -> Vec<u32> {
    // `mov x0, #control << 16; msr fpcr, x0`
    let mut words = vec![0xd2a0_0000 | (rng.below(8) as u32) << 11, 0xd51b_4400];
    for _ in 0..6 {
        let class = rng.pick(&["integer", "float", "simd"]);
        let rows = CLASSES.iter().find(|(name, _)| *name == class).map_or(&[][..], |(_, rows)| rows);
        let pattern = &rows[rng.below(rows.len() as u64) as usize].pattern;
        words.push(pattern.value | rng.next() as u32 & !pattern.mask);
    }
    words.push(SVC);
    words
}

impl Test {
    /// The handler of a signal runs, with what it likes, and everything is put back.
    fn handler(&mut self) {
        let saved = self.thread.state().to_vec();
        self.seen.handlers += 1;
        put(self.thread.state_mut(), state::PC.offset.into(), HANDLER);
        for _ in 0..10 {
            match end_of(self.thread.run(&Here)) {
                None => self.take(),
                Some(End::Fault | End::Misaligned | End::Trap) => {
                    let pc = word(self.thread.state(), state::PC.offset.into());
                    put(self.thread.state_mut(), state::PC.offset.into(), pc + 4);
                }
                Some(_) => break,
            }
        }
        self.thread.state_mut().copy_from_slice(&saved);
    }

    fn take(&mut self) {
        while self.block.take_signal(SigSet::EMPTY).is_some() {}
    }

    /// Runs a program once, stopped by signals; gives how long it took.
    fn round(&mut self, program: &Program, wanted: &Reference, (rng, about): (&mut Rng, Duration)) -> Duration {
        fill(&program.data);
        self.thread.state_mut().copy_from_slice(&program.state);
        let (mut at, start) = (0, Instant::now());
        // How often it came no further. A timer may be through before the program is entered, on a slow machine always.
        let mut stuck = 0u64;
        // One more is behind the last instruction that faulted.
        for _ in 0..1000 {
            let longest = (about.as_nanos() as u64 + 1000) * (1 + stuck * stuck);
            let after = if about.is_zero() { 0 } else { 1 + rng.below(longest) };
            self.timer.set(Duration::from_nanos(after));
            let end = end_of(self.thread.run(&Here));
            self.timer.set(Duration::ZERO);
            let found = self.thread.state().to_vec();
            match end {
                None => {
                    self.take();
                    let found = mark(&found, sum(&common::data()));
                    let Some(more) = wanted.marks[at..].iter().position(|mark| *mark == found) else {
                        panic!("stopped where nothing is, {}", self.told(program, at));
                    };
                    *(if more == 0 { &mut self.seen.early } else { &mut self.seen.midst }) += 1;
                    stuck = if more == 0 { stuck + 1 } else { 0 };
                    at += more;
                    match rng.below(8) {
                        0 => self.handler(),
                        1 => self.thread.jit().invalidate(CODE, 64),
                        2 => self.flags(program, wanted),
                        _ => {}
                    }
                }
                Some(End::Call) => {
                    let (mut found, data) = (found, common::data());
                    settle(&mut found);
                    let is_same = found == wanted.state && data == wanted.data;
                    assert!(
                        is_same,
                        "another end, memory same: {}, {}{}",
                        data == wanted.data,
                        difference(&found, &wanted.state),
                        self.told(program, at)
                    );
                    return start.elapsed();
                }
                Some(end) => {
                    let now = mark(&found, sum(&common::data()));
                    let Some(more) = wanted.marks[at..].iter().position(|mark| *mark == now) else {
                        panic!("{end:?} where nothing is, {}", self.told(program, at));
                    };
                    at += more + 1;
                    let mut state = found;
                    assert!(handle(&mut state, &program.state, end), "{end:?}, {}", self.told(program, at));
                    self.thread.state_mut().copy_from_slice(&state);
                }
            }
        }
        panic!("it does not end, {}", self.told(program, at));
    }

    /// Flags that somebody reads later are right: the evaluator goes on from here, and ends the same way.
    fn flags(&mut self, program: &Program, wanted: &Reference) {
        let (mut state, data) = (self.thread.state().to_vec(), common::data());
        self.oracle.memory.sum = 0;
        for _ in 0..2 * STEPS_MAX {
            match self.oracle.step(&mut state) {
                None => {}
                Some(End::Call) => break,
                Some(end) => assert!(handle(&mut state, &program.state, end)),
            }
        }
        settle(&mut state);
        assert!(
            state == wanted.state && common::data() == wanted.data,
            "evaluated from a stop on it ends otherwise: {}{}",
            difference(&state, &wanted.state),
            program.listing()
        );
        fill(&data);
    }

    /// For a person: the program, and the point of the evaluator's run that is nearest to where it stopped.
    fn told(&mut self, program: &Program, from: usize) -> String {
        let (found, data) = (self.thread.state().to_vec(), common::data());
        let pc = usize::from(state::PC.offset);
        fill(&program.data);
        self.oracle.begin(&program.data);
        let mut state = program.state.clone();
        let mut best: Option<(usize, usize, Vec<u8>, bool)> = None;
        for step in 0..STEPS_MAX {
            if step >= from && word(&state, pc) == word(&found, pc) {
                let words = state.chunks(8).zip(found.chunks(8)).filter(|(a, b)| a != b).count();
                let is_same = sum(&data) == self.oracle.memory.sum;
                let distance = words + usize::from(!is_same) * 4;
                if best.as_ref().is_none_or(|best| distance < best.0) {
                    best = Some((distance, step, state.clone(), is_same));
                }
            }
            match self.oracle.step(&mut state) {
                None => {}
                Some(End::Call) => break,
                Some(end) => drop(handle(&mut state, &program.state, end)),
            }
        }
        let nearest = best.map_or("no instruction of there is evaluated".into(), |(_, step, state, is_same)| {
            format!("nearest is step {step}, memory same: {is_same}\n{}", difference(&found, &state))
        });
        let stats = self.thread.jit().stats();
        format!("at {:#x} after step {from}, {stats:?}\n{nearest}\n{}", word(&found, pc), program.listing())
    }
}

#[test]
fn where_translated_code_stops_everything_is_as_evaluated() {
    common::start();
    let block = ashore_sys::adopt();
    ashore_sys::set_disposition(Signal::USR1, Disposition::Handle).expect("a handler");
    ashore_sys::set_signal_mask(SigSet::EMPTY);
    let cases = variable("ASHORE_SIGNALS_CASES").unwrap_or(CASES);
    let seed = variable("ASHORE_SIGNALS_SEED").unwrap_or(1);
    let jit_of = |case: u64| {
        let code_len = if case.is_multiple_of(3) { 0 } else { 1 << 20 };
        let settings = Settings { hot: HOT[(case % 4) as usize], code_len, ..Settings::default() };
        Jit::new(lifter(Cpu::Aarch64).expect("a lifter"), settings).expect("memory for code")
    };
    let thread = Thread::new(&jit_of(0)).expect("a frame");
    let mut test = Test { thread, oracle: Oracle::new(), timer: Timer::new(), block, seen: Seen::default() };
    for case in seed..seed + cases {
        // There is one memory for code at a time.
        if case.is_multiple_of(50) || case == seed {
            test.thread = Thread::new(&jit_of(case / 50)).expect("a frame");
        }
        let mut rng = Rng::of(case);
        let program = Program::of(&mut rng);
        write_code(CODE, &program.words);
        write_code(HANDLER, &handler_code(&mut rng));
        test.thread.jit().invalidate(CODE, 4096);
        test.thread.jit().invalidate(HANDLER, 4096);
        let Some(wanted) = reference(&mut test.oracle, &program) else { continue };
        test.seen.programs += 1;
        test.seen.instructions += wanted.marks.len();
        test.seen.faults += wanted.faults;
        if std::env::var_os("ASHORE_SIGNALS_TRACE").is_some() {
            eprintln!("seed {case}, {} instructions\n{}", wanted.marks.len(), program.listing());
        }
        let mut about = test.round(&program, &wanted, (&mut rng, Duration::ZERO));
        for _ in 0..ROUNDS {
            about = test.round(&program, &wanted, (&mut rng, about));
        }
    }
    eprintln!("{:?} {:?}", test.seen, test.thread.jit().stats());
    // On a machine that does nothing else there are some in every program.
    assert!(test.seen.programs > cases / 4 && test.seen.midst > cases / 4, "{:?}", test.seen);
}
