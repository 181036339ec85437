//! Which address an instruction names, and in which of its bytes.

use crate::code::{Code, CodeRef, RefKind, Unencodable, Write};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// How long an instruction can be.
pub(super) const INSTRUCTION_MAX: usize = 15;

/// The instruction at the start of `bytes`, which lie at `at`.
pub(super) fn decode(bytes: &[u8], at: Addr) -> Option<Instruction> {
    let instruction = Decoder::with_ip(64, bytes, at.0, DecoderOptions::NONE).decode();
    (!instruction.is_invalid()).then_some(instruction)
}

/// The address `instruction` names. A slot read or written names no address of code, and is not reported.
pub(super) fn named(instruction: &Instruction) -> Option<(RefKind, Addr)> {
    if let Some(target) = branch_target(instruction) {
        let kind = match instruction.flow_control() {
            FlowControl::Call => RefKind::Call,
            FlowControl::UnconditionalBranch => RefKind::Jump,
            _ => RefKind::Branch,
        };
        return Some((kind, target));
    }
    match instruction.mnemonic() {
        Mnemonic::Lea => computed(instruction),
        Mnemonic::Mov | Mnemonic::Push | Mnemonic::Cmp => Some((RefKind::Constant, constant(instruction)?)),
        _ => None,
    }
}

/// Where a direct near branch goes.
pub(super) fn branch_target(instruction: &Instruction) -> Option<Addr> {
    let direct = instruction.op_count() > 0
        && matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64);
    direct.then(|| Addr(instruction.near_branch_target()))
}

fn computed(lea: &Instruction) -> Option<(RefKind, Addr)> {
    if lea.is_ip_rel_memory_operand() {
        return Some((RefKind::Address, Addr(lea.ip_rel_memory_address())));
    }
    let absolute = lea.memory_base() == Register::None && lea.memory_index() == Register::None;
    absolute.then(|| (RefKind::Constant, Addr(lea.memory_displacement64())))
}

fn constant(instruction: &Instruction) -> Option<Addr> {
    let last = instruction.op_count().checked_sub(1)?;
    let wide = matches!(
        instruction.try_op_kind(last).ok()?,
        OpKind::Immediate32 | OpKind::Immediate64 | OpKind::Immediate32to64
    );
    if !wide {
        return None;
    }
    instruction.try_immediate(last).ok().map(Addr)
}

/// What to write so that the instruction of `place` names `target`: only the field changes.
pub(super) fn retarget(code: Code<'_>, place: &CodeRef, target: Addr) -> Result<Vec<Write>, Unencodable> {
    let refused = |reason| Unencodable::Instruction { at: place.at, reason };
    let bytes = code.from(place.at).ok_or(refused("it lies outside the code given"))?;
    let bytes = bytes.get(..INSTRUCTION_MAX).unwrap_or(bytes);
    let mut decoder = Decoder::with_ip(64, bytes, place.at.0, DecoderOptions::NONE);
    let instruction = decoder.decode();
    let found = if instruction.is_invalid() { None } else { named(&instruction) };
    let (kind, _) = found.ok_or(refused("it names no address"))?;
    if kind != place.kind {
        return Err(refused("it names an address in another way than was found"));
    }
    let fields = decoder.get_constant_offsets(&instruction);
    // A branch's distance counts as an immediate; `lea` has no other field than its displacement.
    let (offset, len) = if fields.has_immediate() {
        (fields.immediate_offset(), fields.immediate_size())
    } else {
        (fields.displacement_offset(), fields.displacement_size())
    };
    let relative = kind != RefKind::Constant;
    let value = if relative { target.0.wrapping_sub(instruction.next_ip()) } else { target.0 };
    let field = Bytes(&value.to_le_bytes()).slice(0, len as u64).map(<[u8]>::to_vec).unwrap_or_default();
    let mut changed = bytes.to_vec();
    for (to, from) in changed.iter_mut().skip(offset).zip(&field) {
        *to = *from;
    }
    // Whether the field holds the value is best answered by reading it back: it knows of each form's sign.
    let after = decode(&changed, place.at).and_then(|after| named(&after));
    if after != Some((kind, target)) {
        let shift = (len as u32 * 8).saturating_sub(u32::from(relative)).min(63);
        return Err(Unencodable::OutOfRange { at: place.at, target, reach: 1 << shift });
    }
    Ok(vec![Write { at: place.at.plus(offset as u64), bytes: field }])
}
