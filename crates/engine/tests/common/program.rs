//! Random programs: loops of random instructions, conditions and calls, with what faults in their midst.
//!
//! x16 and x17 count rounds, x18 points to where accesses fault, x19 is a small index, x20 to x28 point to data. Other
//! instructions write x0 to x15.

use super::{CODE, DATA, DATA_LEN, Rng, SVC, put, with_field};
use ashore_ir::{Block, Op};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use ashore_isa::aarch64::state;
use std::sync::OnceLock;

/// `subs x17, x17, #1`, and a branch while that is more than zero.
const COUNT: u32 = 0xf100_0631;
const WHILE: u32 = 0x5400_000c;
const RET: u32 = 0xd65f_03c0;
/// The pointers of a program.
pub const POINTERS: std::ops::Range<u8> = 20..29;

/// What may stand among a program's instructions besides rows: conditions over the next ones, and what faults.
const FAULTING: [u32; 9] = [
    0x0000_0000, // udf #0
    0xd420_0020, // brk #1
    0xf940_0240, // ldr x0, [x18]
    0xf900_0240, // str x0, [x18]
    0xa940_0640, // ldp x0, x1, [x18]
    0xc85f_7e40, // ldxr x0, [x18]
    0xc8df_fe40, // ldar x0, [x18]
    0xf820_0241, // ldadd x0, x1, [x18]
    0x3dc0_0240, // ldr q0, [x18]
];
/// Flags, status and control, from and to x0.
const SYSTEM: [u32; 8] = [
    0xd53b_4200, // mrs nzcv
    0xd51b_4200, // msr nzcv
    0xd53b_4420, // mrs fpsr
    0xd51b_4420, // msr fpsr
    0xd53b_4400, // mrs fpcr
    0xd503_3f5f, // clrex
    0xd503_3bbf, // dmb ish
    0xd50b_7434, // dc zva, x20
];

/// A program, and what it starts with.
pub struct Program {
    pub words: Vec<u32>,
    pub state: Vec<u8>,
    pub data: Vec<u8>,
}

/// An instruction of a row: it writes x0 to x15, and accesses memory by the pointers. Most are allocated ones.
fn of_row(rng: &mut Rng) -> u32 {
    static DECODER: OnceLock<Decoder> = OnceLock::new();
    let decoder = DECODER.get_or_init(Decoder::new);
    loop {
        let (word, mut block) = (random_row(rng), Block::new());
        decoder.lift(&mut block, CODE, word);
        let is_illegal = matches!(block.ops().last(), Some(Op::Trap { .. }));
        if !is_illegal || rng.below(64) == 0 {
            return word;
        }
    }
}

fn random_row(rng: &mut Rng) -> u32 {
    let class = rng.pick(&["integer", "integer", "integer", "memory", "memory", "float", "simd", "atomic", "crypto"]);
    let rows = CLASSES.iter().find(|(name, _)| *name == class).map_or(&[][..], |(_, rows)| rows);
    let pattern = &rows[rng.below(rows.len() as u64) as usize].pattern;
    let is_memory = matches!(class, "memory" | "atomic");
    let mut word = pattern.value | rng.next() as u32 & !pattern.mask;
    for letter in *b"dtusnm" {
        if pattern.text.bytes().filter(|byte| *byte == letter).count() == 5 {
            let number = match letter {
                b'n' if is_memory => rng.below(9) as u32 + 20,
                b'm' if is_memory => rng.pick(&[19, 31]),
                b'n' | b'm' => continue,
                _ => rng.below(16) as u32,
            };
            word = with_field(pattern, word, (letter, number));
        }
    }
    // Near, mostly: what is far is nowhere.
    let width = pattern.text.bytes().filter(|byte| *byte == b'i').count();
    if is_memory && width > 6 && rng.below(16) != 0 {
        let near = rng.below(16).wrapping_sub(if width == 12 { 0 } else { 8 });
        word = with_field(pattern, word, (b'i', near as u32));
    }
    word
}

/// A branch over so many instructions, on some condition.
fn skip(rng: &mut Rng, count: u32) -> u32 {
    let (distance, register) = ((count + 1) << 5, rng.below(16) as u32);
    match rng.below(3) {
        0 => 0x5400_0000 | distance | rng.below(14) as u32,
        1 => rng.pick(&[0x3400_0000, 0x3500_0000, 0xb400_0000, 0xb500_0000]) | distance | register,
        _ => rng.pick(&[0x3600_0000, 0x3700_0000]) | (rng.below(32) as u32) << 19 | distance | register,
    }
}

/// What stands in a loop, instruction by instruction.
fn body(rng: &mut Rng, words: &mut Vec<u32>, len: u64) {
    let end = words.len() + len as usize;
    while words.len() < end {
        match rng.below(32) {
            0..3 => {
                let count = 1 + rng.below(4) as u32;
                words.push(skip(rng, count));
                (0..count).for_each(|_| words.push(of_row(rng)));
            }
            3 => {
                // In some rounds only: while a bit of the counter is not set.
                words.push(0x3700_0000 | (rng.below(6) as u32) << 19 | 2 << 5 | 17);
                words.push(rng.pick(&FAULTING));
            }
            4 => {
                let word = rng.pick(&SYSTEM);
                words.push(if word & 31 == 0 { word | rng.below(16) as u32 } else { word });
            }
            // Two calls; where to is known in the end.
            5 => words.push(0x9400_0000),
            _ => words.push(of_row(rng)),
        }
    }
}

impl Program {
    pub fn of(rng: &mut Rng) -> Program {
        let mut words = Vec::new();
        let outer = words.len();
        for _ in 0..=rng.below(2) {
            let len = 2 + rng.below(18);
            let inner = words.len();
            body(rng, &mut words, len);
            // Back to itself.
            words.push(COUNT);
            words.push(WHILE | (inner.wrapping_sub(words.len()) as u32 & 0x7_ffff) << 5);
            // The counter ends inner loops; it begins again a few times: `add x17, x17, #rounds; sub x16, x16, #1`.
            words.extend([0x9100_0231 | (4 + rng.below(60) as u32) << 10, 0xd100_0610]);
        }
        let back = (outer.wrapping_sub(words.len()) as u32 & 0x7_ffff) << 5;
        words.push(0xb500_0010 | back);
        words.push(SVC);
        let leaf = words.len();
        let len = 1 + rng.below(6);
        (0..len).for_each(|_| words.push(of_row(rng)));
        words.push(RET);
        for (at, word) in words.iter_mut().enumerate().filter(|(_, word)| **word == 0x9400_0000) {
            *word |= (leaf - at) as u32;
        }
        let data = (0..DATA_LEN).map(|_| rng.next() as u8).collect();
        Program { words, state: registers(rng), data }
    }

    pub fn listing(&self) -> String {
        let decoder = Decoder::new();
        let lines = (CODE..).step_by(4).zip(&self.words).map(|(at, word)| {
            format!("  {at:#x} {word:08x} {}\n", disassemble(&decoder, at, *word).unwrap_or_default())
        });
        lines.collect()
    }
}

fn number(rng: &mut Rng) -> u64 {
    match rng.below(4) {
        0 => rng.pick(&[0, 1, u64::MAX, 1 << 63, 0x3ff0_0000_0000_0000, 0x7ff8_0000_0000_0005, 0x7ff0_0000_0000_0001]),
        1 => (rng.below(1000) as f64 / 8.0).to_bits(),
        2 => rng.next() >> rng.below(64),
        _ => rng.next(),
    }
}

fn registers(rng: &mut Rng) -> Vec<u8> {
    let mut state = vec![0; state::SIZE];
    let middle = DATA + DATA_LEN as u64 / 2;
    for register in 0..31u8 {
        let value = match register {
            16 => 1 + rng.below(6),
            17 => 8 + rng.below(60),
            // Nowhere, or not aligned for what is atomic.
            18 => rng.pick(&[DATA - 16, DATA - 4, DATA + DATA_LEN as u64 - 4, DATA + 13, middle + 15, 0, 1 << 60]),
            19 => rng.below(64),
            _ if POINTERS.contains(&register) => {
                middle + rng.below(32) * 16 + rng.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 8, 3])
            }
            _ => number(rng),
        };
        put(&mut state, state::x(register).offset.into(), value);
    }
    put(&mut state, state::SP.offset.into(), middle);
    put(&mut state, state::PC.offset.into(), CODE);
    put(&mut state, state::FLAGS.offset.into(), rng.below(16) << 28);
    for register in 0..32 {
        let at = usize::from(state::v(register).offset);
        put(&mut state, at, number(rng));
        put(&mut state, at + 8, number(rng));
    }
    // Rounding, and flushing, now and then.
    let control = if rng.below(4) == 0 { rng.below(8) << 22 } else { 0 };
    put(&mut state, state::FPSR.offset.into(), control << 32);
    state
}
