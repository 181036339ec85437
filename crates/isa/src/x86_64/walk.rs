//! From a byte to the instruction that holds it: decoded from the start of its function, and where no function is known, by
//! agreement of all ways to decode the bytes before.

use super::names::{INSTRUCTION_MAX, decode};
use crate::code::{Code, FunctionAt};
use ashore_base::{Addr, AddrRange, Bytes};
use iced_x86::{Decoder, DecoderOptions, Instruction};

/// How far back code is decoded where no function is known: what does not agree from nearby may from further off, at twice the cost.
const BACK: [u64; 2] = [96, 192];
/// The greater of the two.
const BACK_MAX: usize = 192;

/// Decodes code for questions that come in the order of their addresses: no function is decoded twice.
pub(super) struct Walk<'a> {
    code: Code<'a>,
    function_at: FunctionAt<'a>,
    current: Option<Function<'a>>,
}

/// A function, decoded as far as was asked for.
struct Function<'a> {
    extent: AddrRange,
    decoder: Decoder<'a>,
    last: Instruction,
}

impl<'a> Walk<'a> {
    /// Over `code`.
    pub(super) fn new(code: Code<'a>, function_at: FunctionAt<'a>) -> Walk<'a> {
        Walk { code, function_at, current: None }
    }

    /// The instruction one of whose bytes is at `at`, which must not be less than in the question before.
    pub(super) fn holding(&mut self, at: Addr) -> Option<Instruction> {
        if !self.current.as_ref().is_some_and(|function| function.extent.contains(at)) {
            self.current = (self.function_at)(at).and_then(|extent| Function::new(self.code, extent));
        }
        match &mut self.current {
            Some(function) => function.holding(at),
            None => BACK.iter().find_map(|back| agreed(self.code, at, *back)),
        }
    }
}

impl<'a> Function<'a> {
    fn new(code: Code<'a>, extent: AddrRange) -> Option<Function<'a>> {
        let end = extent.end.min(code.range().end);
        let bytes = code.within(AddrRange { start: extent.start, end })?.bytes;
        let decoder = Decoder::with_ip(64, bytes, extent.start.0, DecoderOptions::NONE);
        Some(Function { extent, decoder, last: Instruction::default() })
    }

    fn holding(&mut self, at: Addr) -> Option<Instruction> {
        while self.last.next_ip() <= at.0 {
            if !self.decoder.can_decode() {
                return None;
            }
            next(&mut self.decoder, &mut self.last);
        }
        (!self.last.is_invalid() && self.last.ip() <= at.0).then_some(self.last)
    }
}

/// Decodes one more instruction. Behind bytes that are none, data between instructions, the next byte may be code again.
pub(super) fn next(decoder: &mut Decoder<'_>, instruction: &mut Instruction) {
    let from = decoder.position();
    decoder.decode_out(instruction);
    if instruction.is_invalid() && decoder.set_position(from + 1).is_ok() {
        decoder.set_ip(instruction.ip().wrapping_add(1));
        instruction.set_len(1);
    }
}

/// The instruction that nearly every decoding from the bytes before, up to `back` of them, sees at `at`.
///
/// Every byte before is decoded once; a start then leads where the byte behind its instruction leads. Decodings that began wrong
/// meet the right one within a few instructions, so of those from further off most agree.
fn agreed(code: Code<'_>, at: Addr, back: u64) -> Option<Instruction> {
    let offset = at.0.checked_sub(code.start.0)?;
    let back = offset.min(back);
    let base = at.minus(back);
    let len = (back + INSTRUCTION_MAX as u64).min((code.bytes.len() as u64).checked_sub(offset - back)?);
    let bytes = Bytes(code.bytes).slice(offset - back, len)?;
    // Where decoding ends up that starts at each byte, from the last byte down: an instruction's start, or nothing.
    let mut ends: [Option<u64>; BACK_MAX + 1] = [None; BACK_MAX + 1];
    for from in (0..=back).rev() {
        let found = decode(bytes.get(from as usize..)?, base.plus(from));
        let next = from + found.map_or(1, |found| found.len() as u64);
        let end = if next > back { found.map(|_| from) } else { ends.get(next as usize).copied()? };
        *ends.get_mut(from as usize)? = end;
    }
    let start = if back == offset { ends.first().copied()? } else { most(ends.get(..back as usize / 2)?) }?;
    decode(bytes.get(start as usize..)?, base.plus(start))
}

/// What three quarters of `ends` agree on.
fn most(ends: &[Option<u64>]) -> Option<u64> {
    let share = |end: u64| ends.iter().filter(|other| **other == Some(end)).count();
    ends.iter().flatten().copied().find(|end| share(*end) * 4 >= ends.len() * 3)
}
