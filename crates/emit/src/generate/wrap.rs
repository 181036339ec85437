//! A number as an integer of 32 bits, modulo two to the power of 32: what JavaScript does with its numbers all the time.

use super::usual::is_over;
use super::{Body, Done, Flags, Generator, Refused};
use crate::asm::{Alu, ops};
use crate::frame::{self, Vector};
use crate::map::RegMap;
use crate::reg::{Cc, Gpr, Mem, Xmm};
use crate::unit::Nans;
use ashore_ir::{Bin, Extend, HELPER_WRAP, Op, Shape, Size, Slot, SlotKind, Width};

/// The host's number for rounding towards zero, without raising inexact.
const TO_ZERO: u8 = 3 | super::float::SILENT;

/// What is raised, as [`HELPER_WRAP`] gives it.
const INVALID: i32 = 1;
const INEXACT: i32 = 16;

/// The stored flags of a number that was no such integer, and of one that was: carry is clear, zero says it.
const CHANGED: u64 = 0x0100;
const SAME: u64 = 0x4100;

/// What such an instruction reads and writes.
struct Wrap {
    from: Slot,
    status: Slot,
    to: Option<Slot>,
    /// Its ops.
    count: usize,
}

/// The instruction of these ops, if it is such a one.
fn wrap(ops: &[Op], flags: Slot) -> Option<Wrap> {
    let [
        Op::Get(from),
        Op::Scalar { shape: Shape::F64, .. },
        Op::FToBits { shape: Shape::F64, .. },
        Op::Get(_),
        Op::Helper { id: HELPER_WRAP, .. },
        Op::Bits { from: 0, count: 32, .. },
        Op::Bits { from: 32, count: 1, .. },
        Op::Const(40),
        Op::Bin { op: Bin::Shr, .. },
        Op::Get(status),
        Op::Bin { op: Bin::Or, .. },
        Op::Set(same, _),
        Op::Const(30),
        Op::Bin { op: Bin::Shl, .. },
        Op::Unpack { .. },
        Op::Set(set, _),
        rest @ ..,
    ] = ops
    else {
        return None;
    };
    let (to, behind) = match *rest {
        [Op::Set(to, _), ref behind @ ..] if to.kind == SlotKind::I64 => (Some(to), behind),
        _ => (None, rest),
    };
    let is_right = *set == flags && same == status && status.kind == SlotKind::I32 && from.kind == SlotKind::V128;
    let count = ops.len() - behind.len();
    (is_right && is_over(behind)).then_some(Wrap { from: *from, status: *status, to, count })
}

impl Generator<'_> {
    /// Writes the instruction that begins at an op, if it makes such an integer.
    pub(super) fn wrapped(&mut self, body: Body<'_>, at: &mut usize) -> Done {
        let first = *at + usize::from(matches!(body.ops.get(*at), Some(Op::At(_))));
        let ops = body.ops.get(first..).unwrap_or_default();
        let wrap = wrap(ops, self.map.guest.flags).ok_or(Refused)?;
        self.release();
        self.vheld = 0;
        let x = match self.map.vector(wrap.from) {
            Some(home) => home,
            None => {
                let reg = self.vtake()?;
                self.asm.v2(ops::MOVSD, reg, RegMap::memory(wrap.from));
                reg
            }
        };
        let home = wrap.to.and_then(|slot| self.map.int(slot));
        let reg = home.map_or_else(|| self.take(), Ok)?;
        self.wrap(&wrap, x, reg)?;
        if let Some(slot) = wrap.to {
            self.asm.load(Size::B4, Extend::Zero, reg, reg);
            self.compared_changes(slot);
            if home.is_none() {
                self.asm.store(Size::B8, RegMap::memory(slot), reg);
                self.copied(slot, Some(reg));
            }
        }
        *at = first + wrap.count;
        Ok(())
    }

    /// Bails out for numbers that are too large for 64 bits, and for what is none.
    fn bail_if_large(&mut self, x: Xmm, (size, word): (Xmm, Gpr)) {
        /// Two to the power of 63.
        const LIMIT: u64 = 0x43e0_0000_0000_0000;
        // The flags are written by this instruction.
        self.flags = Flags::STORED;
        (self.compared, self.source, self.again) = (None, None, None);
        let (bail, limit) = (self.bail(), Vector::Rest64.place());
        self.asm.v3(ops::ANDPS, size, x, limit);
        self.asm.number(word, LIMIT);
        self.asm.store(Size::B8, frame::place(frame::TEMP), word);
        self.may_fault();
        self.asm.v2(ops::UCOMISD, size, frame::place(frame::TEMP));
        self.asm.jcc(Cc::AboveEqual, bail);
        self.asm.jcc(Cc::Parity, bail);
    }

    /// The integer to `reg`, whose upper half is anything; the flags and what is raised.
    fn wrap(&mut self, wrap: &Wrap, x: Xmm, reg: Gpr) -> Done {
        let (whole, word) = (self.vtake()?, self.take()?);
        if self.unit.nans == Nans::Usual {
            self.bail_if_large(x, (whole, word));
        }
        // One that is too large for 64 bits, or none at all, stops here; so may one that is flushed.
        self.may_fault();
        self.stop_at_tiny(Shape::F64, x)?;
        self.asm.v3_number(ops::ROUNDSD, whole, (x, x.into()), TO_ZERO);
        self.asm.vex(ops::CVTTSD2SI64, reg.0, 0, whole.into());
        self.flags = Flags::STORED;
        (self.compared, self.source, self.again) = (None, None, None);
        let status: Mem = RegMap::memory(wrap.status);
        let (fits, is_whole, changed, done) = (self.asm.label(), self.asm.label(), self.asm.label(), self.asm.label());
        self.asm.load(Size::B4, Extend::Sign64, word, reg);
        self.asm.alu(Alu::Cmp, Width::W64, word, reg);
        self.asm.jcc(Cc::Equal, fits);
        self.asm.alu_number(Alu::Or, Width::W32, status, INVALID);
        self.asm.jmp(changed);
        self.asm.bind(fits);
        self.asm.v2(ops::UCOMISD, whole, x);
        self.asm.jcc(Cc::Equal, is_whole);
        self.asm.alu_number(Alu::Or, Width::W32, status, INEXACT);
        self.asm.jmp(changed);
        self.asm.bind(is_whole);
        // Of both zeros one is none.
        self.asm.vex(ops::MOVQ_TO, x.0, 0, word.into());
        self.asm.form(crate::asm::Form::Neg, Width::W64, word);
        self.asm.number(word, SAME);
        self.asm.jcc(Cc::NoOverflow, done);
        self.asm.bind(changed);
        self.asm.number(word, CHANGED);
        self.asm.bind(done);
        self.asm.store(Size::B2, RegMap::memory(self.map.guest.flags), word);
        self.put_back(word);
        Ok(())
    }
}
