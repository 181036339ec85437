//! Whether a block is well formed: operands exist, come earlier and have the right types; one end, at the end.

use crate::op::memory_ty;
use crate::{Bin, Block, Lane, Op, Shape, Size, Ty, Value, Width};

/// What is wrong with a block, and at which op.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckError {
    /// The op's index.
    pub at: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// Whether a block can be executed and translated.
pub fn check(block: &Block) -> Result<(), CheckError> {
    for (at, op) in block.ops().iter().enumerate() {
        let error = |what| CheckError { at, what };
        if op.is_end() != (at + 1 == block.len()) {
            return Err(error("an end that is not the last op, or a last op that is no end"));
        }
        for (value, wanted) in op.operands().into_iter().zip(wanted(op)) {
            match (value, wanted) {
                (Value::NONE, None) => {}
                (Value::NONE, Some(_)) if matches!(op, Op::Helper { .. } | Op::Crypto { .. }) => {}
                (Value::NONE, Some(_)) => return Err(error("an operand is missing")),
                (_, None) if !matches!(op, Op::Helper { .. }) => return Err(error("an operand too many")),
                (value, _) if value.index() >= at => return Err(error("an operand that comes later")),
                (value, wanted) => match block.op(value).and_then(Op::result) {
                    None => return Err(error("an operand that gives no value")),
                    Some(ty) if wanted.is_some_and(|wanted| wanted != ty) => return Err(error("an operand's type")),
                    Some(_) => {}
                },
            }
        }
        fields(op).map_err(error)?;
    }
    if block.is_ended() { Ok(()) } else { Err(CheckError { at: block.len(), what: "no end" }) }
}

/// The types of an op's operands.
fn wanted(op: &Op) -> [Option<Ty>; 3] {
    const I: Option<Ty> = Some(Ty::I64);
    const V: Option<Ty> = Some(Ty::V128);
    const F: Option<Ty> = Some(Ty::Flags);
    match *op {
        Op::At(_) | Op::Const(_) | Op::Get(_) | Op::ClearExclusive | Op::Fence(_) | Op::Counter => [None; 3],
        Op::Goto(_) | Op::GotoCall(_) | Op::Trap { .. } | Op::Helper { .. } => [None; 3],
        Op::Set(slot, _) => [Some(slot.kind.ty()), None, None],
        Op::Un { .. } | Op::Extend { .. } | Op::Bits { .. } | Op::SignedBits { .. } | Op::Unpack { .. } => {
            [I, None, None]
        }
        Op::Load { .. } | Op::VLoad { .. } | Op::LoadExclusive { .. } | Op::Invalidate { .. } => [I, None, None],
        Op::VSplat { .. } | Op::FFromBits { .. } | Op::ExitIf { .. } | Op::Jump { .. } => [I, None, None],
        Op::Bin { .. } | Op::Insert { .. } | Op::Join { .. } | Op::Compare { .. } | Op::Crc { .. } => [I, I, None],
        Op::Flags { .. } | Op::Store { .. } | Op::Rmw { .. } | Op::VPair { .. } => [I, I, None],
        Op::Select { ty, .. } => [I, Some(ty), Some(ty)],
        Op::Carry { .. } | Op::CarryFlags { .. } => [I, I, F],
        Op::Cond { .. } | Op::Pack { .. } => [F, None, None],
        Op::VStore { .. } => [I, V, None],
        Op::CompareSwap { size, .. } => [I, Some(memory_ty(size)), Some(memory_ty(size))],
        Op::StoreExclusive { size, .. } => [I, Some(memory_ty(size)), None],
        Op::VUn { .. } | Op::VShift { .. } | Op::VWiden { .. } | Op::VNarrow { .. } | Op::Reduce { .. } => {
            [V, None, None]
        }
        Op::VSplatLane { .. } | Op::VGet { .. } | Op::VKeep { .. } | Op::Scalar { .. } => [V, None, None],
        Op::FWiden { .. } | Op::FNarrow { .. } => [V, None, None],
        Op::VBin { .. } | Op::VCompare { .. } | Op::Saturate { .. } | Op::Saturates { .. } => [V, V, None],
        Op::Permute { .. } | Op::VJoin { .. } | Op::VCopyLane { .. } => [V, V, None],
        Op::VSet { .. } => [V, I, None],
        Op::VTable { .. } | Op::VSelect { .. } | Op::Crypto { .. } => [V, V, V],
        Op::VScalar { shape, .. } | Op::FToBits { shape, .. } | Op::FUn { shape, .. } => [Some(shape.ty()), None, None],
        Op::FToInt { shape, .. } => [Some(shape.ty()), None, None],
        Op::FBin { shape, .. } | Op::FFlags { shape, .. } | Op::FFlagsSignal { shape, .. } => {
            [Some(shape.ty()), Some(shape.ty()), None]
        }
        Op::FCompare { shape, .. } => [Some(shape.ty()), Some(shape.ty()), None],
        Op::FMulAdd { shape, .. } => [Some(shape.ty()); 3],
        Op::FConvert { from, .. } => [Some(from.ty()), None, None],
        Op::FFromInt { shape, .. } if shape.is_scalar() => [I, None, None],
        Op::FFromInt { .. } => [V, None, None],
    }
}

/// Whether an op's constants are within their ranges.
fn fields(op: &Op) -> Result<(), &'static str> {
    let holds = match *op {
        Op::Bits { from, count, .. } | Op::Insert { from, count, .. } => count > 0 && from as u32 + count as u32 <= 64,
        Op::SignedBits { width, from, count, .. } => count > 0 && from as u32 + count as u32 <= width.bits(),
        Op::Join { width, from, .. } => (from as u32) < width.bits(),
        Op::Bin { op: Bin::UMulHigh | Bin::SMulHigh, width, .. } => width == Width::W64,
        Op::Load { size, .. } | Op::Store { size, .. } | Op::Rmw { size, .. } | Op::Extend { size, .. } => {
            size != Size::B16
        }
        Op::VShift { lane, by, .. } => by as u32 <= lane.bits(),
        Op::VWiden { lane, .. } | Op::VNarrow { lane, .. } => lane != Lane::D,
        Op::VJoin { from, .. } => from < 16,
        Op::VSplatLane { lane, index, .. } | Op::VGet { lane, index, .. } | Op::VSet { lane, index, .. } => {
            (index as u32) < lane.count()
        }
        Op::VCopyLane { lane, to, from, .. } => (to as u32) < lane.count() && (from as u32) < lane.count(),
        Op::FWiden { lane, .. } | Op::FNarrow { lane, .. } => matches!(lane, Lane::H | Lane::S),
        Op::Scalar { shape, .. } | Op::VScalar { shape, .. } | Op::FToBits { shape, .. } => shape.is_scalar(),
        Op::FFromBits { shape, .. } | Op::FFlags { shape, .. } | Op::FFlagsSignal { shape, .. } => shape.is_scalar(),
        Op::FConvert { from, to, .. } => from.is_scalar() && to.is_scalar() && from != to,
        Op::FBin { shape, .. } | Op::FMulAdd { shape, .. } => shape != Shape::F16,
        Op::FToInt { kind, scale, .. } | Op::FFromInt { kind, scale, .. } => scale as u32 <= kind.bits(),
        _ => true,
    };
    if holds { Ok(()) } else { Err("a constant outside its range") }
}
