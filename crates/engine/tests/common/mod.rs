//! What the tests of translated code share: memory at fixed addresses, random numbers, what a program does by the evaluator.
#![allow(dead_code, reason = "no test uses all of it")]

pub mod oracle;
pub mod program;

use ashore_base::{Addr, AddrRange};
use ashore_engine::jit::Code;
use ashore_isa::aarch64::rows::Pattern;
use ashore_isa::aarch64::state;
use ashore_pivot::Memory as _;
use ashore_sys::{GuestMemory, Mapping};
use std::sync::OnceLock;

/// A system call.
pub const SVC: u32 = 0xd400_0001;
/// Where code is, and how many bytes there are for it.
pub const CODE: u64 = 0x5000_0000;
pub const CODE_LEN: u64 = 8 << 20;
/// Where data is, and how much.
pub const DATA: u64 = 0x5200_0000;
pub const DATA_LEN: usize = 4096;
/// Everything: what is neither is kept free, so that accesses fault there.
pub const ALL: AddrRange = AddrRange { start: Addr(0x4f00_0000), end: Addr(0x5300_0000) };

/// Random numbers that follow from a number.
pub struct Rng(pub u64);

impl Rng {
    /// Those of a case.
    pub fn of(seed: u64) -> Rng {
        let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..4 {
            rng.next();
        }
        rng
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 16) % n
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Where instructions come from: branches lead out of it, and nothing is executed there.
#[derive(Clone, Copy)]
pub struct Here;

impl Code for Here {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let left = (CODE + CODE_LEN).checked_sub(pc).filter(|_| pc >= CODE).unwrap_or(0);
        let len = into.len().min(left as usize);
        if GuestMemory.read(Addr(pc), &mut into[..len]).is_ok() { len } else { 0 }
    }
}

/// A setting of the environment.
pub fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Maps the memory, once, and makes this thread one that runs translated code.
pub fn start() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let map = |at: u64, len: u64, prot: u32, how: u32| {
            let mapping = Mapping { at: Addr(at), len, prot, flags: 0x22 | how, fd: -1, offset: 0 };
            assert_eq!(ashore_sys::map(&mapping), Ok(Addr(at)), "memory for programs");
        };
        // Nothing else may be there; then over that.
        map(ALL.start.0, ALL.len(), 0, 0x10_0000);
        map(CODE, CODE_LEN, 3, 0x10);
        map(DATA, DATA_LEN as u64, 3, 0x10);
    });
    ashore_sys::adopt();
    ashore_sys::install_all().expect("handlers");
}

/// Writes instructions.
pub fn write_code(at: u64, words: &[u32]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    GuestMemory.write(Addr(at), &bytes).expect("code");
}

/// Sets the data.
pub fn fill(data: &[u8]) {
    GuestMemory.write(Addr(DATA), data).expect("data");
}

/// The data.
pub fn data() -> Vec<u8> {
    let mut data = vec![0; DATA_LEN];
    GuestMemory.read(Addr(DATA), &mut data).expect("data");
    data
}

/// A word with the field of a letter set.
pub fn with_field(pattern: &Pattern, word: u32, (letter, number): (u8, u32)) -> u32 {
    let letters = pattern.text.bytes().filter(|byte| *byte != b' ').rev().zip(0..32);
    let places = letters.filter(|(byte, _)| *byte == letter).map(|(_, bit)| bit);
    places.zip(0..).fold(word, |word, (bit, nth)| word & !(1 << bit) | (number >> nth & 1) << bit)
}

/// Eight bytes of a state.
pub fn word(state: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(state[at..at + 8].try_into().expect("eight"))
}

/// Sets them.
pub fn put(state: &mut [u8], at: usize, value: u64) {
    state[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// A state's saturation flag: that it is not zero is all that counts.
pub fn settle(state: &mut [u8]) {
    let qc = usize::from(state::QC.offset);
    let is_set = state[qc..qc + 16].iter().any(|byte| *byte != 0);
    state[qc..qc + 16].fill(u8::from(is_set));
}

/// The words that differ.
pub fn difference(found: &[u8], wanted: &[u8]) -> String {
    let mut lines = String::new();
    for (index, (a, b)) in found.chunks(8).zip(wanted.chunks(8)).enumerate() {
        if a != b {
            let word = |part: &[u8]| part.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
            let at = index * 8;
            let name = match at {
                0..248 => format!("x{}", at / 8),
                248 => "sp".into(),
                256 => "pc".into(),
                264 => "flags".into(),
                288..800 => format!("v{}[{}]", (at - 288) / 16, at / 8 % 2),
                800 => "status and control".into(),
                _ => format!("@{at}"),
            };
            lines += &format!("  {name}: translated {:#x}, evaluated {:#x}\n", word(a), word(b));
        }
    }
    lines
}
