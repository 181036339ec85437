//! Whether the peer knows the same instructions: each word is executed, and the program writes which were illegal.
//!
//! The peer is told to be a CPU of the first version of the architecture, because the newest one it knows has much that
//! the rows leave out on purpose. What the rows have beyond that CPU is in [`LATER`], and asked of the newest.

use crate::program;
use crate::random::Random;
use ashore_ir::{Block, Op, Trap};
use ashore_isa::aarch64::rows::{Decoder, Row};
use std::process::Command;

/// A CPU that has no more than the rows.
const FIRST: &str = "cortex-a72";
/// One that has all of them.
const ALL: &str = "max";
/// The beginnings of the names of instructions the first does not have.
const LATER: &[&str] = &[
    "sdot", "udot", "sha512", "rax1", "eor3", "bcax", "xar", "fjcvtzs", "cas", "swp", "ldadd", "ldclr", "ldeor",
    "ldset", "ldsm", "ldum", "ldap", "stlur", "stllr", "ldlar",
];

/// The signal of an illegal instruction.
const ILLEGAL: u8 = 4;
/// The register that counts the results.
const RESULTS: u32 = 28;

/// What kind of instruction a random word is.
pub(crate) enum Kind {
    /// Vectors and floating point.
    Numbers,
    /// Loads and stores. All of their addresses are wrong, which is another fault.
    Memory,
}

impl Kind {
    /// A word that leaves alone what the program needs.
    fn word(&self, random: &mut Random) -> u32 {
        let word = random.next() as u32;
        let word = match self {
            Kind::Numbers => word | 0x0e00_0000,
            Kind::Memory => word & !(1 << 25) | 1 << 27,
        };
        let literal = matches!(self, Kind::Memory) && word & 0x3b00_0000 == 0x1800_0000;
        let registers = [word & 31, word >> 5 & 31, word >> 10 & 31, word >> 16 & 31];
        let mine = |register: &u32| matches!(self, Kind::Memory) && *register == 31 || *register == RESULTS;
        if literal || registers.iter().take(2).any(mine) || registers.contains(&RESULTS) { 0 } else { word }
    }
}

fn address(words: &mut Vec<u32>, register: u32, address: u64) {
    words.push(0xd280_0000 | (address as u32 & 0xffff) << 5 | register);
    words.push(0xf2a0_0000 | ((address >> 16) as u32) << 5 | register);
}

/// The program: the handler of faults, which says so and goes on behind them; its registration; the words.
fn build(cases: &[u32]) -> Vec<u8> {
    const ACTION: u64 = 32;
    /// How many words there are beside the handler and the cases, at most.
    const FIXED: usize = 48;
    let start = program::BASE + program::HEADERS as u64;
    let handler = [
        // The address of the result, at the saved x28: 4 for an illegal instruction, 11 for a wrong address.
        0xf940_cc43,
        0x3900_0060,
        // The saved program counter.
        0xf940_dc43,
        0x9100_1063,
        0xf900_dc43,
        0xd65f_03c0,
    ];
    let length = handler.len() + 1 + FIXED + cases.len() * 2;
    let data = (start + length as u64 * 4).next_multiple_of(16);
    let mut words = vec![0x1400_0000 | (handler.len() as u32 + 1)];
    words.extend(handler);
    for signal in [4, 11, 7] {
        // rt_sigaction
        words.push(0xd280_0000 | signal << 5);
        address(&mut words, 1, data);
        words.extend([0xd280_0002, 0xd280_0103, 0xd280_10c8, 0xd400_0001]);
    }
    (0..9).for_each(|register| words.push(0xd280_0000 | register));
    address(&mut words, RESULTS, data + ACTION);
    for &case in cases {
        words.extend([case, 0x9100_0400 | RESULTS << 5 | RESULTS]);
    }
    words.push(0xd280_0020);
    address(&mut words, 1, data + ACTION);
    address(&mut words, 2, cases.len() as u64);
    words.extend([0xd280_0808, 0xd400_0001, 0xd280_0000, 0xd280_0ba8, 0xd400_0001]);
    let size = (data + ACTION - program::BASE) as usize + cases.len();
    let mut file = program::headers(size);
    file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    file.resize((data - program::BASE) as usize, 0);
    // The handler with its information, not kept from interrupting itself.
    for word in [start + 4, 0x4000_0004, 0, 0] {
        file.extend(word.to_le_bytes());
    }
    let size = (file.len() as u64).to_le_bytes();
    file[64 + 32..64 + 40].copy_from_slice(&size);
    file
}

fn row(decoder: &Decoder, word: u32) -> Option<&'static Row> {
    let mut block = Block::new();
    decoder.lift(&mut block, 0, word);
    let illegal = |op: &Op| matches!(op, Op::Trap { kind: Trap::Illegal, .. });
    decoder.find(word).filter(|_| !block.ops().iter().any(illegal))
}

/// Which signal each word gets of the peer as a CPU.
fn signals(cpu: &str, seed: u64, cases: &[u32]) -> Result<Vec<u8>, String> {
    let path = crate::scratch(cpu, seed);
    crate::write_program(&path, &build(cases))?;
    let peer =
        Command::new(crate::peers::QEMU).args(["-cpu", cpu]).arg(&path).output().map_err(|why| why.to_string())?;
    let _ = std::fs::remove_file(&path);
    if peer.stdout.len() == cases.len() {
        return Ok(peer.stdout);
    }
    Err(format!("{} of {} results as {cpu}, {:?}", peer.stdout.len(), cases.len(), peer.status))
}

/// Executes random words; says which only one of both knows.
pub(crate) fn agrees(kind: &Kind, seed: u64, count: usize) -> Result<(), String> {
    let (decoder, mut random) = (Decoder::new(), Random::new(seed));
    let cases: Vec<u32> = (0..count).map(|_| kind.word(&mut random)).collect();
    let rows: Vec<Option<&Row>> = cases.iter().map(|&word| row(&decoder, word)).collect();
    let is_later = |row: &Option<&Row>| row.is_some_and(|row| LATER.iter().any(|name| row.name.starts_with(name)));
    // Only the later ones: as its newest CPU this peer stops itself at some words of later extensions.
    let later: Vec<u32> = cases.iter().zip(&rows).filter(|(_, row)| is_later(row)).map(|(&word, _)| word).collect();
    let mut later_signals = signals(ALL, seed, &later)?.into_iter();
    let (mut wrong, mut known) = (String::new(), 0);
    for ((word, row), first) in cases.iter().zip(&rows).zip(signals(FIRST, seed, &cases)?) {
        known += usize::from(row.is_some());
        let theirs = if is_later(row) { later_signals.next().unwrap_or(ILLEGAL) } else { first };
        if row.is_some() != (theirs != ILLEGAL) {
            let name = row.map_or("nothing", |row| row.name);
            wrong += &format!("{word:08x} is {name} here, and signal {theirs} there\n");
        }
    }
    if known < count / 20 {
        return Err(format!("only {known} of {count} are instructions"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
