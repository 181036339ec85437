//! Instructions of a function, moved to where they do the same.
//!
//! What names nothing relative to itself is copied byte by byte; distances are counted anew; short branches become long ones.
//! A `call` that is moved must return to where it returned before: unwinders and Go's tracebacks look that address up. So the
//! address is pushed and the call becomes a jump, which needs it to be the last of those moved. (Where the kernel keeps a shadow
//! stack such a return would fault; a plain call from elsewhere would please that, but lose every traceback through it.)
//!
//! That nothing leads into the moved bytes is known for branches and for addresses that stand in instructions. A jump table of
//! distances, in data, is not read.

use super::emit::{far_branch, relative};
use super::names::{branch_target, named};
use super::walk;
use crate::code::{Code, Displaced, Unencodable};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, Bytes};
use iced_x86::{ConstantOffsets, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// A function, decoded from its start to its end.
pub(super) struct Function<'a> {
    code: Code<'a>,
    /// Its instructions; bytes that are none are there one by one, as invalid ones.
    pub(super) instructions: Vec<Instruction>,
}

impl<'a> Function<'a> {
    /// Decodes `code`.
    pub(super) fn new(code: Code<'a>) -> Function<'a> {
        let mut decoder = Decoder::with_ip(64, code.bytes, code.start.0, DecoderOptions::NONE);
        let mut instructions = Vec::new();
        while decoder.can_decode() {
            let mut instruction = Instruction::default();
            walk::next(&mut decoder, &mut instruction);
            instructions.push(instruction);
        }
        Function { code, instructions }
    }

    /// Refuses when an instruction of the function names an address in `taken` other than its first.
    pub(super) fn check_entries(&self, taken: AddrRange) -> Result<(), Unencodable> {
        let behind = AddrRange { start: taken.start.plus(1), end: taken.end };
        let valid = self.instructions.iter().filter(|instruction| !instruction.is_invalid());
        let leads = |instruction: &&Instruction| named(instruction).is_some_and(|(_, to)| behind.contains(to));
        match valid.clone().find(leads) {
            Some(found) => {
                let reason = "it leads into the bytes that would be taken, behind the first instruction";
                Err(Unencodable::Instruction { at: Addr(found.ip()), reason })
            }
            None => Ok(()),
        }
    }

    /// The first instructions, that cover `len` bytes, and how many bytes they take. Filler behind the function's end counts
    /// as room, when it is in the extent given.
    fn first(&self, len: u64) -> Result<(&[Instruction], u64), Unencodable> {
        let mut covered = 0;
        let mut is_over = false;
        // What lies behind an end is the function's own as long as something before leads there or farther.
        let mut furthest = self.code.start;
        for (count, instruction) in self.instructions.iter().enumerate() {
            if covered >= len {
                return Ok((self.instructions.get(..count).unwrap_or_default(), covered));
            }
            let at = Addr(instruction.ip());
            if is_over && at > furthest {
                // What follows belongs to another function, unless it is nobody's.
                let behind = self.code.from(at).unwrap_or_default();
                let taken = paddings(behind)
                    .map(|room| covered + room)
                    .find(|&end| end >= len)
                    .ok_or(Unencodable::TooShort { needed: len })?;
                return Ok((self.instructions.get(..count).unwrap_or_default(), taken));
            }
            if instruction.is_invalid() {
                return Err(Unencodable::Instruction { at, reason: "these bytes are no instruction" });
            }
            covered += instruction.len() as u64;
            is_over = ends(instruction);
            furthest = furthest.max(match instruction.flow_control() {
                // Through a table it may go anywhere in the function.
                FlowControl::IndirectBranch => self.code.range().end,
                _ => branch_target(instruction).filter(|to| self.code.range().contains(*to)).unwrap_or(furthest),
            });
        }
        if covered >= len { Ok((&self.instructions, covered)) } else { Err(Unencodable::TooShort { needed: len }) }
    }

    /// What does at `to` the same as `instructions`, some in a row of this function. Where one of them branches to the first,
    /// the moved one does to the moved first.
    pub(super) fn moved(&self, instructions: &[Instruction], to: Addr) -> Result<Vec<u8>, Unencodable> {
        let first = instructions.first().map(Instruction::ip);
        let last = instructions.last().map(Instruction::ip);
        let mut out = Vec::new();
        for instruction in instructions {
            let here = to.plus(out.len() as u64);
            let at = Addr(instruction.ip());
            let refused = |reason| Unencodable::Instruction { at, reason };
            if instruction.is_invalid() {
                return Err(refused("these bytes are no instruction"));
            }
            let offset = at.0.wrapping_sub(self.code.start.0);
            let bytes = Bytes(self.code.bytes).slice(offset, instruction.len() as u64);
            let bytes = bytes.ok_or(refused("these bytes are no instruction"))?;
            if instruction.mnemonic() == Mnemonic::Call {
                if at.0 != last.unwrap_or_default() {
                    return Err(refused("a call that is moved would return into bytes that are taken"));
                }
                let call = moved_call(instruction, bytes, here)?;
                out.extend(call.ok_or(refused("a call of this form cannot be moved"))?);
            } else if let Some(target) = branch_target(instruction) {
                let target = if Some(target.0) == first { to } else { target };
                let branch = moved_branch(instruction, bytes, here, target);
                out.extend(branch.ok_or(refused("a branch of this form cannot be moved"))?);
            } else if instruction.is_ip_rel_memory_operand() {
                out.extend(moved_operand(instruction, bytes, here)?);
            } else {
                out.extend_from_slice(bytes);
            }
        }
        Ok(out)
    }
}

/// How many bytes at the start of `code` are what assemblers and linkers fill gaps with: instructions that do nothing or trap,
/// or zeroes up to the end.
pub(super) fn padding(code: &[u8]) -> u64 {
    paddings(code).last().unwrap_or(0)
}

/// The same after each of these.
fn paddings(code: &[u8]) -> impl Iterator<Item = u64> {
    let zeroes = if code.iter().all(|&byte| byte == 0) { code.len() as u64 } else { 0 };
    let fills = |instruction: &Instruction| matches!(instruction.mnemonic(), Mnemonic::Nop | Mnemonic::Int3);
    let instructions = Decoder::new(64, code, DecoderOptions::NONE).into_iter().take_while(fills);
    let ends = instructions.scan(0, |end, instruction| {
        *end += instruction.len() as u64;
        Some(*end)
    });
    (1..=zeroes).chain(ends)
}

/// Whether control never goes on behind `instruction`.
fn ends(instruction: &Instruction) -> bool {
    matches!(
        instruction.flow_control(),
        FlowControl::Return | FlowControl::UnconditionalBranch | FlowControl::IndirectBranch | FlowControl::Exception
    )
}

/// Whether control reaches the place behind `moved`. A moved call returns to the function itself.
pub(super) fn goes_on(moved: &[Instruction]) -> bool {
    !moved.last().is_some_and(|last| ends(last) || last.mnemonic() == Mnemonic::Call)
}

/// A branch, `bytes` long, that goes to `target` from `here` with any distance.
fn moved_branch(branch: &Instruction, bytes: &[u8], here: Addr, target: Addr) -> Option<Vec<u8>> {
    if branch.op0_kind() != OpKind::NearBranch64 {
        return None;
    }
    if branch.mnemonic() == Mnemonic::Jmp {
        return Some(far_branch(here, target));
    }
    let field = fields(branch, bytes).immediate_offset();
    let opcode = bytes.get(field.checked_sub(1)?).copied()?;
    if branch.is_jcc_short_or_near() {
        let condition = opcode & 0x0f;
        if let Ok(bytes) = relative(here, &[0x0f, 0x80 | condition], target) {
            return Some(bytes);
        }
        // The opposite condition jumps over the far branch.
        let far = far_branch(here.plus(2), target);
        let mut out = alloc::vec![0x70 | (condition ^ 1), far.len() as u8];
        out.extend(far);
        return Some(out);
    }
    if !matches!(opcode, 0xe0..=0xe3) {
        return None;
    }
    // `loop` and `jrcxz` have only a short form: taken, they go over a jump that goes over the branch.
    let mut out = bytes.get(..field)?.to_vec();
    let far = far_branch(here.plus(out.len() as u64 + 3), target);
    out.extend([2, 0xeb, far.len() as u8]);
    out.extend(far);
    Some(out)
}

/// What pushes the address behind `call` as it was, and goes where it went. No register changes.
fn moved_call(call: &Instruction, bytes: &[u8], here: Addr) -> Result<Option<Vec<u8>>, Unencodable> {
    // push rax; lea rax, [behind]; xchg rax, [rsp]
    let mut out = alloc::vec![0x50];
    let at = Addr(call.ip());
    let lea = relative(here.plus(1), &[0x48, 0x8d, 0x05], Addr(call.next_ip()));
    out.extend(lea.map_err(|_| Unencodable::Instruction { at, reason: "a call cannot be moved that far" })?);
    out.extend([0x48, 0x87, 0x04, 0x24]);
    let here = here.plus(out.len() as u64);
    if call.op0_kind() == OpKind::NearBranch64 {
        out.extend(far_branch(here, Addr(call.near_branch_target())));
    } else if call.is_ip_rel_memory_operand() && bytes.starts_with(&[0xff, 0x15]) {
        // jmp [rip + distance]
        let moved = moved_operand(call, bytes, here)?;
        out.extend([0xff, 0x25]);
        out.extend(moved.iter().skip(2));
    } else {
        return Ok(None);
    }
    Ok(Some(out))
}

/// An instruction whose operand in memory is at a distance from itself.
fn moved_operand(instruction: &Instruction, bytes: &[u8], here: Addr) -> Result<Vec<u8>, Unencodable> {
    let at = Addr(instruction.ip());
    if instruction.memory_base() != Register::RIP {
        return Err(Unencodable::Instruction { at, reason: "a 32-bit address relative to itself cannot be moved" });
    }
    let target = Addr(instruction.ip_rel_memory_address());
    let distance = super::emit::distance(at, here.plus(bytes.len() as u64), target)?;
    let field = fields(instruction, bytes).displacement_offset();
    let mut out = bytes.to_vec();
    for (to, from) in out.iter_mut().skip(field).zip(distance.to_le_bytes()) {
        *to = from;
    }
    Ok(out)
}

/// Where the constants are in the bytes of `instruction`.
fn fields(instruction: &Instruction, bytes: &[u8]) -> ConstantOffsets {
    // Only a decoder that has just read the instruction knows.
    let mut decoder = Decoder::with_ip(64, bytes, instruction.ip(), DecoderOptions::NONE);
    let again = decoder.decode();
    decoder.get_constant_offsets(&again)
}

/// How many bytes whole instructions take that cover the first `len` bytes of `function`.
pub(super) fn whole(function: Code<'_>, len: u64) -> Result<u64, Unencodable> {
    Function::new(function).first(len).map(|(_, taken)| taken)
}

/// The first instructions of `function`, moved to `to`, and a branch to what follows them.
pub(super) fn displace(code: Code<'_>, len: u64, to: Addr) -> Result<Displaced, Unencodable> {
    let function = Function::new(code);
    let (instructions, taken) = function.first(len)?;
    let behind = code.start.plus(taken);
    function.check_entries(AddrRange { start: code.start, end: behind })?;
    let mut bytes = function.moved(instructions, to)?;
    if goes_on(instructions) {
        bytes.extend(far_branch(to.plus(bytes.len() as u64), behind));
    }
    Ok(Displaced { taken, bytes })
}
