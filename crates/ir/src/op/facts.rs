//! What can be said of an op by itself: its type, its operands, what it may do.

use super::Op;
use crate::{FUn, Size, SlotKind, Ty, Value};

impl Op {
    /// The type of what it gives, if it gives something. `Select` and `Helper` say themselves; memory's depends on the size.
    #[inline]
    pub const fn result(&self) -> Option<Ty> {
        Some(match *self {
            Op::At(_) | Op::Set(..) | Op::Store { .. } | Op::VStore { .. } | Op::ClearExclusive | Op::Fence(_) => {
                return None;
            }
            Op::Invalidate { .. } | Op::ExitIf { .. } | Op::Goto(_) | Op::GotoCall(_) => return None,
            Op::Jump { .. } | Op::Trap { .. } => return None,
            Op::Const(_) | Op::Un { .. } | Op::Bin { .. } | Op::Extend { .. } | Op::Bits { .. } => Ty::I64,
            Op::SignedBits { .. } | Op::Insert { .. } | Op::Join { .. } | Op::Compare { .. } | Op::Crc { .. } => {
                Ty::I64
            }
            Op::Carry { .. } | Op::Cond { .. } | Op::Pack { .. } | Op::Load { .. } | Op::Rmw { .. } => Ty::I64,
            Op::StoreExclusive { .. } | Op::Counter | Op::Reduce { .. } | Op::VGet { .. } | Op::FToBits { .. } => {
                Ty::I64
            }
            Op::Get(slot) => slot.kind.ty(),
            Op::Select { ty, .. } | Op::Helper { ty, .. } => ty,
            Op::Flags { .. } | Op::CarryFlags { .. } | Op::Unpack { .. } => Ty::Flags,
            Op::FFlags { .. } | Op::FFlagsSignal { .. } => Ty::Flags,
            Op::CompareSwap { size, .. } | Op::LoadExclusive { size, .. } => memory_ty(size),
            Op::VLoad { .. } | Op::VUn { .. } | Op::VBin { .. } | Op::VCompare { .. } | Op::VShift { .. } => Ty::V128,
            Op::Saturate { .. } | Op::Saturates { .. } | Op::VWiden { .. } | Op::VNarrow { .. } => Ty::V128,
            Op::Permute { .. } | Op::VJoin { .. } | Op::VTable { .. } | Op::VSelect { .. } | Op::VSplat { .. } => {
                Ty::V128
            }
            Op::VSplatLane { .. } | Op::VPair { .. } | Op::VSet { .. } | Op::VCopyLane { .. } | Op::VKeep { .. } => {
                Ty::V128
            }
            Op::Crypto { .. } | Op::VScalar { .. } | Op::FWiden { .. } | Op::FNarrow { .. } => Ty::V128,
            Op::Scalar { shape, .. } | Op::FFromBits { shape, .. } | Op::FUn { shape, .. } => shape.ty(),
            Op::FBin { shape, .. } | Op::FMulAdd { shape, .. } | Op::FCompare { shape, .. } => shape.ty(),
            Op::FConvert { to, .. } => to.ty(),
            Op::FFromInt { shape, .. } => shape.ty(),
            Op::FToInt { shape, .. } if shape.is_scalar() => Ty::I64,
            Op::FToInt { .. } => Ty::V128,
        })
    }

    /// Its operands, in order, the missing ones `Value::NONE`.
    #[inline]
    pub const fn operands(&self) -> [Value; 3] {
        const NONE: Value = Value::NONE;
        match *self {
            Op::At(_) | Op::Const(_) | Op::Get(_) | Op::ClearExclusive | Op::Fence(_) | Op::Counter => [NONE; 3],
            Op::Goto(_) | Op::GotoCall(_) | Op::Trap { .. } => [NONE; 3],
            Op::Set(_, a)
            | Op::Un { a, .. }
            | Op::Extend { a, .. }
            | Op::Bits { a, .. }
            | Op::SignedBits { a, .. }
            | Op::Cond { flags: a, .. }
            | Op::Pack { flags: a }
            | Op::Unpack { a }
            | Op::Load { addr: a, .. }
            | Op::VLoad { addr: a, .. }
            | Op::LoadExclusive { addr: a, .. }
            | Op::Invalidate { addr: a, .. }
            | Op::VUn { a, .. }
            | Op::VShift { a, .. }
            | Op::VWiden { a, .. }
            | Op::VNarrow { a, .. }
            | Op::Reduce { a, .. }
            | Op::VSplat { a, .. }
            | Op::VSplatLane { a, .. }
            | Op::VGet { a, .. }
            | Op::VKeep { a, .. }
            | Op::Scalar { a, .. }
            | Op::VScalar { a, .. }
            | Op::FToBits { a, .. }
            | Op::FFromBits { a, .. }
            | Op::FUn { a, .. }
            | Op::FConvert { a, .. }
            | Op::FWiden { a, .. }
            | Op::FNarrow { a, .. }
            | Op::FToInt { a, .. }
            | Op::FFromInt { a, .. }
            | Op::ExitIf { cond: a, .. }
            | Op::Jump { target: a, .. } => [a, NONE, NONE],
            Op::Bin { a, b, .. }
            | Op::Insert { a, b, .. }
            | Op::Join { a, b, .. }
            | Op::Compare { a, b, .. }
            | Op::Crc { a, b, .. }
            | Op::Flags { a, b, .. }
            | Op::Store { addr: a, value: b, .. }
            | Op::VStore { addr: a, value: b, .. }
            | Op::Rmw { addr: a, value: b, .. }
            | Op::StoreExclusive { addr: a, value: b, .. }
            | Op::VBin { a, b, .. }
            | Op::VCompare { a, b, .. }
            | Op::Saturate { a, b, .. }
            | Op::Saturates { a, b, .. }
            | Op::Permute { a, b, .. }
            | Op::VJoin { a, b, .. }
            | Op::VPair { a, b }
            | Op::VSet { a, b, .. }
            | Op::VCopyLane { a, b, .. }
            | Op::FBin { a, b, .. }
            | Op::FFlags { a, b, .. }
            | Op::FFlagsSignal { a, b, .. }
            | Op::FCompare { a, b, .. } => [a, b, NONE],
            Op::Select { cond, a, b, .. } => [cond, a, b],
            Op::Carry { a, b, flags, .. } | Op::CarryFlags { a, b, flags, .. } => [a, b, flags],
            Op::CompareSwap { addr, expected, new, .. } => [addr, expected, new],
            Op::VTable { index, table, other, .. } => [index, table, other],
            Op::VSelect { mask, a, b } => [mask, a, b],
            Op::Crypto { a, b, c, .. } | Op::FMulAdd { a, b, c, .. } | Op::Helper { a, b, c, .. } => [a, b, c],
        }
    }

    /// Whether it can stop with a fault of memory.
    pub const fn can_fault(&self) -> bool {
        matches!(
            self,
            Op::Load { .. }
                | Op::Store { .. }
                | Op::VLoad { .. }
                | Op::VStore { .. }
                | Op::CompareSwap { .. }
                | Op::Rmw { .. }
                | Op::LoadExclusive { .. }
                | Op::StoreExclusive { .. }
                | Op::Helper { .. }
        )
    }

    /// Whether it leaves, may leave, or reads or writes flags.
    #[inline]
    pub const fn is_turn(&self) -> bool {
        match self {
            Op::Get(slot) | Op::Set(slot, _) => matches!(slot.kind, SlotKind::Flags),
            Op::ExitIf { .. } => true,
            other => other.is_end(),
        }
    }

    /// Whether it ends a block.
    #[inline]
    pub const fn is_end(&self) -> bool {
        matches!(self, Op::Goto(_) | Op::GotoCall(_) | Op::Jump { .. } | Op::Trap { .. })
    }

    /// Whether it may be left out if nobody uses its value. Floating-point operations raise flags and stay.
    pub const fn is_pure(&self) -> bool {
        if self.result().is_none() || self.can_fault() {
            return false;
        }
        match self {
            Op::FUn { op, .. } => matches!(op, FUn::Neg | FUn::Abs),
            Op::FBin { .. } | Op::FMulAdd { .. } | Op::FFlags { .. } | Op::FFlagsSignal { .. } => false,
            Op::FCompare { .. } | Op::FConvert { .. } | Op::FWiden { .. } | Op::FNarrow { .. } => false,
            Op::FToInt { .. } | Op::FFromInt { .. } => false,
            _ => true,
        }
    }
}

/// The type a value of this size has in memory operations.
pub(crate) const fn memory_ty(size: Size) -> Ty {
    match size {
        Size::B16 => Ty::V128,
        Size::B1 | Size::B2 | Size::B4 | Size::B8 => Ty::I64,
    }
}
