//! Programs from bytes: any input is one, most of them loops over memory that is there.
//!
//! The first 16 bytes choose the registers, the data and how it is translated; then six bytes are an instruction: its kind, its
//! row, its operands. Rows and operands are mixed with the first bytes, so that a change there is another program, and one
//! behind them is another instruction.
//!
//! Some registers are kept for what programs need: x17 counts the rounds of loops, x19 is a small index, x20 to x28 point to
//! data, x29 to code. Other instructions write x0 to x16 and x18 only, but for the few that anything may be.

use super::machine::{CODE, CODE_LEN, DATA, DATA_LEN};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, Pattern, disassemble};
use ashore_isa::aarch64::state;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// The bytes before the instructions, and those of an instruction.
const HEAD: usize = 16;
const RECORD: usize = 6;
/// The most instructions.
const MOST: usize = 1500;
const _: () = assert!(MOST * 2 < CODE_LEN / 4);

/// A system call, which ends every program.
const SVC: u32 = 0xd400_0001;
/// `subs x17, x17, #1`, and a branch back while that is more than zero.
const COUNT: u32 = 0xf100_0631;
const WHILE: u32 = 0x5400_000c;

/// What programs do to the registers that rows of instructions are not picked for: the word, and whether its register is an
/// operand to be read.
const SYSTEM: [u32; 16] = [
    0xd53b_4200, // mrs nzcv
    0xd51b_4200, // msr nzcv
    0xd53b_4420, // mrs fpsr
    0xd51b_4420, // msr fpsr
    0xd53b_4400, // mrs fpcr
    0xd51b_4400, // msr fpcr
    0xd53b_d040, // mrs tpidr_el0
    0xd51b_d040, // msr tpidr_el0
    0xd53b_0020, // mrs ctr_el0
    0xd503_3f5f, // clrex
    0xd503_3bbf, // dmb ish
    0xd503_3fdf, // isb
    0xd503_201f, // nop
    0xd50b_7434, // dc zva, x20
    0xd50b_7b34, // dc cvau, x20
    0xd50b_753d, // ic ivau, x29
];

/// A program, and what it starts with.
pub(super) struct Program {
    pub(super) words: Vec<u32>,
    pub(super) state: Vec<u8>,
    pub(super) data: Vec<u8>,
    head: [u8; HEAD],
}

/// Random numbers that follow from a number.
struct Mix(u64);

impl Mix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

impl Program {
    /// The program of an input.
    pub(super) fn of(bytes: &[u8]) -> Program {
        let mut head = [0; HEAD];
        head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let seed = head.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        let records = bytes.get(HEAD..).unwrap_or_default().as_chunks::<RECORD>().0;
        let mut words = Vec::new();
        let count = records.len().min(MOST);
        for (index, record) in records.iter().take(count).enumerate() {
            instruction(&mut words, (*record, seed, index as u64), count as u64);
        }
        words.push(SVC);
        let mut mix = Mix(seed ^ 0x5eed);
        let data = (0..DATA_LEN / 8).flat_map(|_| number(&mut mix).to_le_bytes()).collect();
        let state = registers(&mut mix, head, words.len() as u64);
        Program { words, state, data, head }
    }

    /// A byte that says how the program is treated.
    pub(super) fn choice(&self, which: usize) -> u8 {
        self.head.get(8 + which).copied().unwrap_or(0)
    }

    /// The program as text.
    pub(super) fn listing(&self) -> String {
        static DECODER: OnceLock<Decoder> = OnceLock::new();
        let decoder = DECODER.get_or_init(Decoder::new);
        let mut text = String::new();
        for (at, word) in (CODE..).step_by(4).zip(&self.words) {
            let line = disassemble(decoder, at, *word).unwrap_or_default();
            let _ = writeln!(text, "  {at:#x} {word:08x} {line}");
        }
        text
    }
}

/// A number as programs meet them.
fn number(mix: &mut Mix) -> u64 {
    const EDGES: [u64; 12] = [
        0,
        1,
        u64::MAX,
        1 << 63,
        (1 << 63) - 1,
        0xffff_ffff,
        0x8000_0000,
        0x3ff0_0000_0000_0000,
        0x7ff0_0000_0000_0000,
        0xfff8_0000_0000_0005,
        0x7ff0_0000_0000_0001,
        0x7f80_0001_3f80_0000,
    ];
    match mix.below(4) {
        0 => EDGES.get(mix.below(EDGES.len() as u64) as usize).copied().unwrap_or(0),
        1 => (mix.below(1000) as f64 / 8.0).to_bits(),
        2 => mix.next() >> mix.below(64),
        _ => mix.next(),
    }
}

fn registers(mix: &mut Mix, head: [u8; HEAD], words: u64) -> Vec<u8> {
    let mut state = vec![0; state::SIZE];
    let mut put = |offset: u16, value: u64| {
        let to = state.get_mut(usize::from(offset)..).unwrap_or_default();
        to.iter_mut().zip(value.to_le_bytes()).for_each(|(to, byte)| *to = byte);
    };
    let middle = DATA + DATA_LEN as u64 / 2;
    for register in 0..31 {
        let near = middle + mix.below(64) * 16;
        let value = match register {
            17 => 1 + mix.below(40),
            19 => mix.below(64),
            // With a tag now and then, or not aligned, or where nothing is.
            20..=28 => match mix.below(16) {
                0 => near | mix.next() << 56,
                1 => near + mix.below(16),
                2 if head[9] & 7 == 0 => DATA - 8 + mix.below(DATA_LEN as u64 + 16),
                _ => near,
            },
            29 | 30 => CODE + mix.below(words) * 4,
            _ => number(mix),
        };
        put(state::x(register).offset, value);
    }
    put(state::SP.offset, middle);
    put(state::PC.offset, CODE);
    put(state::FLAGS.offset, mix.below(16) << 28);
    for register in 0..32 {
        let offset = state::v(register).offset;
        put(offset, number(mix));
        put(offset + 8, number(mix));
    }
    // Rounding and flushing, not the default NaN, which no code is made for.
    let control = if head[10] & 7 == 0 { u64::from(head[11]) << 22 & 0x1c0_0000 } else { 0 };
    put(state::FPSR.offset, control << 32);
    state
}

/// Appends what a record says.
fn instruction(words: &mut Vec<u32>, (record, seed, index): ([u8; RECORD], u64, u64), count: u64) {
    let [kind, a, b, c, d, e] = record;
    let mut mix = Mix(seed ^ u64::from_le_bytes([a, b, c, d, e, 0, 0, index as u8]));
    let bits = mix.next() as u32;
    // Targets are places in the words so far, or a little behind them.
    let here = words.len() as u64;
    let target = match mix.below(4) {
        0 => here + 1 + mix.below(8),
        1 => mix.below(count + 1),
        _ => here.saturating_sub(mix.below(24)),
    };
    let branch = |shift: u32, width: u32, from: u64| {
        let distance = target.wrapping_sub(from) as u32;
        (distance & ((1 << width) - 1)) << shift
    };
    match kind % 16 {
        0 => words.extend([COUNT, WHILE | branch(5, 19, here + 1)]),
        1 => words.push(0x5400_0000 | branch(5, 19, here) | bits & 15),
        2 => words.push(match bits >> 30 {
            0 => 0x3400_0000 | branch(5, 19, here) | bits & 0x8100_000f,
            1 => 0x3600_0000 | branch(5, 14, here) | bits & 0x81f8_000f,
            2 => 0x1000_0000 | branch(5, 19, here) | 29,
            // Loads of constants.
            _ => 0x5800_0000 | branch(5, 19, here) | bits & 15,
        }),
        3 => words.push(match bits >> 29 {
            0 | 1 => 0x1400_0000 | branch(0, 26, here),
            2 | 3 => 0x9400_0000 | branch(0, 26, here),
            4 => 0xd65f_03c0,
            5 => 0xd61f_03a0,
            6 => 0xd63f_03a0,
            _ => SVC,
        }),
        4 => {
            let word = SYSTEM.get((bits & 15) as usize).copied().unwrap_or(SVC);
            let has_operand = word & 31 == 0;
            words.push(if has_operand { word | bits >> 8 & 15 } else { word });
        }
        15 if d.is_multiple_of(4) => words.push(u32::from_le_bytes([a, b, c, d]) ^ bits),
        kind => words.push(of_row(kind, &mut mix)),
    }
}

/// An instruction of a random row of a class that suits the kind.
fn of_row(kind: u8, mix: &mut Mix) -> u32 {
    let wanted = match kind {
        5..=8 => "integer",
        9 | 10 => "memory",
        11 => "atomic",
        12 => "float",
        13 | 14 => "simd",
        _ => "crypto",
    };
    let rows = CLASSES.iter().find(|(name, _)| *name == wanted).map_or(&[][..], |(_, rows)| rows);
    let Some(row) = rows.get(mix.below(rows.len() as u64) as usize) else { return SVC };
    let pattern = &row.pattern;
    let mut word = pattern.value | mix.next() as u32 & !pattern.mask;
    if mix.below(32) == 0 {
        return word;
    }
    let is_memory = matches!(wanted, "memory" | "atomic");
    for letter in *b"dtusnm" {
        let width = pattern.text.bytes().filter(|byte| *byte == letter).count();
        let number = match letter {
            _ if width != 5 => continue,
            b'n' if is_memory => 20 + mix.below(9),
            b'm' if is_memory => [19, 31][mix.below(2) as usize],
            b'n' | b'm' => continue,
            _ => mix.below(17),
        };
        word = with_field(pattern, word, (letter, number as u32));
    }
    word
}

/// A word with a field of a letter set.
fn with_field(pattern: &Pattern, word: u32, (letter, mut number): (u8, u32)) -> u32 {
    let bits = pattern.text.bytes().filter(|byte| *byte != b' ').rev();
    bits.zip(0..32).filter(|(byte, _)| *byte == letter).fold(word, |word, (_, bit)| {
        let word = word & !(1 << bit) | (number & 1) << bit;
        number >>= 1;
        word
    })
}

/// Programs to begin with.
pub(crate) fn samples() -> Vec<Vec<u8>> {
    let lengths = [3, 8, 8, 20, 20, 20, 50, 50, 100, 100, 300, 800];
    let made = lengths.iter().zip(1..).map(|(count, seed)| {
        let mut mix = Mix(seed);
        (0..HEAD + count * RECORD).map(|_| mix.next() as u8).collect()
    });
    made.collect()
}
