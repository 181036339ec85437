//! Words as instructions of AArch64: each has a row and a text and lifts, or is not allocated and traps.

use ashore_base::{Addr, AddrRange};
use ashore_ir::{Block, Op, Trap, check};
use ashore_isa::aarch64::Instructions;
use ashore_isa::aarch64::rows::{Decoder, Row, disassemble};
use ashore_isa::lift::{Hidden, Lifter};
use ashore_isa::{Code, Coder};
use std::fmt::Write as _;
use std::sync::OnceLock;

/// How many words of an input are looked at.
const WORDS: usize = 256;
/// Where they are.
const BASE: u64 = 0x40_0000;

/// The whole CPU, and one of which everything that can be hidden is.
fn decoders() -> &'static [Decoder; 2] {
    static DECODERS: OnceLock<[Decoder; 2]> = OnceLock::new();
    DECODERS.get_or_init(|| [Decoder::new(), Decoder::without(Hidden(u64::MAX))])
}

/// Decodes the input.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let mut answer = String::new();
    let words = bytes.as_chunks::<4>().0.iter().take(WORDS).map(|word| u32::from_le_bytes(*word));
    let mut block = Block::new();
    for (pc, word) in (BASE..).step_by(4).zip(words) {
        let [whole, bare] = decoders();
        let row = one(whole, &mut block, pc, word);
        let allocated = !block.ops().iter().any(is_illegal);
        let _ = match row.filter(|_| allocated) {
            Some(row) => write!(answer, "{}{} ", row.name, block.len()),
            None => write!(answer, "- "),
        };
        one(bare, &mut block, pc, word);
        assert!(allocated || block.ops().iter().any(is_illegal), "{word:#010x}: allocated where less is");
    }
    tools(bytes.get(..WORDS * 4).unwrap_or(bytes), &mut answer);
    answer
}

/// One word: everything that is said of it agrees.
fn one(decoder: &Decoder, block: &mut Block, pc: u64, word: u32) -> Option<&'static Row> {
    block.clear();
    let lifted = Lifter::lift(decoder, block, Addr(pc), &word.to_le_bytes());
    assert!(lifted.is_some_and(|lifted| lifted.length == 4), "{word:#010x} has no four bytes");
    if !block.is_ended() {
        block.push(Op::Goto(pc + 4));
    }
    assert_eq!(check(block), Ok(()), "{word:#010x}\n{block}");
    let row = decoder.find(word);
    let text = disassemble(decoder, pc, word);
    assert!(text.as_ref().is_none_or(|text| !text.is_empty() && !text.contains(['?', '<'])), "{text:?}");
    if let Some(row) = row {
        assert_eq!(encode(row, word), word, "{}: its fields do not make it up", row.name);
    }
    let is_allocated = !block.ops().iter().any(is_illegal);
    assert!(text.is_some() || !is_allocated, "{word:#010x} lifts and has no text");
    row
}

/// The word of a row's fixed bits and of what its fields have in a word.
fn encode(row: &Row, word: u32) -> u32 {
    let mut made = row.pattern.value;
    let letters: Vec<u8> = row.pattern.text.bytes().filter(|byte| *byte != b' ').collect();
    for letter in letters.iter().copied().filter(u8::is_ascii_alphabetic) {
        let mut field = row.pattern.field(letter, word);
        for (bit, _) in letters.iter().rev().enumerate().filter(|(_, other)| **other == letter) {
            made = made & !(1 << bit) | (field & 1) << bit;
            field >>= 1;
        }
    }
    made
}

fn is_illegal(op: &Op) -> bool {
    matches!(op, Op::Trap { kind: Trap::Illegal, .. })
}

/// What tools ask of the same words.
fn tools(bytes: &[u8], answer: &mut String) {
    let base = Addr(BASE);
    let code = Code { start: base, bytes };
    let function_at = |_: Addr| None;
    let all = AddrRange { start: base, end: base.plus(bytes.len() as u64) };
    let found = Instructions.find(code, all, &function_at);
    for place in found.iter().take(16) {
        let _ = Instructions.retarget(code, place, base.plus(64));
        let _ = Instructions.retarget(code, place, Addr(u64::MAX));
    }
    for len in [4, 16, bytes.len() as u64] {
        let whole = Instructions.whole(code, len).is_ok();
        let moved = [base.plus(0x1000), Addr(0), Addr(!3)].map(|to| Instructions.displace(code, len, to).is_ok());
        let _ = write!(answer, "{}", u8::from(whole) + moved.iter().map(|done| u8::from(*done)).sum::<u8>());
    }
    let _ = Instructions.kernel_calls(code, &function_at);
}
