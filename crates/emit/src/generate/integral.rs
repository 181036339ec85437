//! Numbers from integers, and integers from numbers.
//!
//! With a scale, integers are in units of a power of two: the multiplication by it is exact, because it is made where the
//! number can be neither too large nor too small.

use super::float::{SILENT, is_double, round_number};
use super::numbers::{TO_ZERO, all};
use super::{Body, Done, Generator, Loc, Refused, Upper};
use crate::asm::{Alu, Label, Shift, ops};
use crate::frame::Vector;
use crate::live::Live;
use crate::reg::{Cc, Gpr, Rm, Xmm};
use ashore_ir::{Extend, IntKind, Op, Round, Shape, Size, SlotKind, Value, Width};

/// The host's number of a comparison: greater or equal, and any NaN is invalid.
const NOT_LESS: u8 = 0x0d;
/// Digits of shifts of lanes.
const RIGHT: u8 = 2;
const LEFT: u8 = 6;
/// The upper half of a vector in both.
const HIGH_TWICE: u8 = 0xee;
/// The words of 16 bits above each 32.
const HIGH_WORDS: u8 = 0xcc;

/// How integers are made of numbers.
#[derive(Clone, Copy)]
struct ToInt {
    shape: Shape,
    kind: IntKind,
    round: Round,
    scale: u8,
}

impl ToInt {
    /// Whether what is converted is another number than the operand.
    fn is_changed(self) -> bool {
        self.round != Round::Zero || self.scale != 0
    }
}

impl Generator<'_> {
    pub(super) fn integral(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::FToInt { shape: Shape::F16, .. } | Op::FFromInt { shape: Shape::F16, .. } => Err(Refused),
            Op::FToInt { shape, kind, round, scale, a } => {
                let to = ToInt { shape, kind, round, scale };
                match shape.is_scalar() {
                    true => self.int_of_number(live, to, a),
                    false => self.ints_of_numbers(body, live, to, a),
                }
            }
            Op::FFromInt { shape, kind, round: Round::Guest, scale, a } => match shape {
                Shape::F32 | Shape::F64 => self.number_of_int(body, live, (shape, kind, scale), a),
                _ => self.numbers_of_ints(body, live, (shape, kind, scale), a),
            },
            _ => Err(Refused),
        }
    }

    fn int_of_number(&mut self, live: &mut Live, to: ToInt, a: Value) -> Done {
        let (shape, kind) = (to.shape, to.kind);
        let x = self.xmm(a)?;
        let code = match (shape, kind) {
            (Shape::F32, IntKind::I32) => ops::CVTTSS2SI,
            (Shape::F64, IntKind::I32) => ops::CVTTSD2SI,
            (Shape::F32, _) => ops::CVTTSS2SI64,
            _ => ops::CVTTSD2SI64,
        };
        self.look_for_large(live, (shape, kind, to.scale), x)?;
        let bail = if kind.is_signed() { None } else { Some(self.stop_negative(live, shape, x)?) };
        self.may_fault();
        let from = self.prepared(to, x)?;
        if kind == IntKind::U32
            && let Some(bail) = bail
        {
            self.limit(shape, from, bail)?;
        }
        let reg = self.take()?;
        self.asm.vex(code, reg.0, 0, from.into());
        self.tell_inexact(to, (from, x))?;
        self.used(live, a);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// Bails out for numbers with a sign, which an unsigned integer may not hold, before anything is raised for them.
    fn stop_negative(&mut self, live: &Live, shape: Shape, x: Xmm) -> Result<Label, Refused> {
        self.clobber(live)?;
        let bail = self.bail();
        let reg = self.take()?;
        if shape.is_scalar() {
            self.asm.vex(all(shape, ops::MOVD_STORE, ops::MOVQ_TO), x.0, 0, reg.into());
            let width = if is_double(shape) { Width::W64 } else { Width::W32 };
            self.asm.test(width, reg, reg);
            self.asm.jcc(Cc::Sign, bail);
        } else {
            self.asm.vex(all(shape, ops::MOVMSKPS, ops::MOVMSKPD), reg.0, 0, x.into());
            self.asm.test(Width::W32, reg, reg);
            self.asm.jcc(Cc::NotEqual, bail);
        }
        self.put_back(reg);
        Ok(bail)
    }

    /// Bails out for numbers that an unsigned integer of 32 bits may not hold: above the greatest integer, or number below
    /// two to the power of 32. Too large a one of 64 bits stops by itself.
    fn limit(&mut self, shape: Shape, x: Xmm, bail: Label) -> Done {
        let limit = self.all_of(shape, if is_double(shape) { 0x41ef_ffff_ffe0_0000 } else { 0x4f7f_ffff })?;
        self.asm.v2(all(shape, ops::UCOMISS, ops::UCOMISD), x, limit);
        self.asm.jcc(Cc::Above, bail);
        self.vput_back(limit);
        Ok(())
    }

    /// A number to convert towards zero. Rounding is silent yet: one that is out of range then is invalid, and nothing else.
    fn prepared(&mut self, to: ToInt, x: Xmm) -> Result<Xmm, Refused> {
        self.stop_at_tiny(to.shape, x)?;
        if !to.is_changed() {
            return Ok(x);
        }
        let from = self.vtake()?;
        match to.round {
            Round::Zero => {
                self.stop_large(to.shape, (from, x))?;
                self.times_power(to.shape, (from, x), to.scale.into())?;
            }
            Round::Away => self.round_away(to.shape, (from, x))?,
            round => self.round_to(to.shape, (from, x), round_number(round).ok_or(Refused)? | SILENT)?,
        }
        Ok(from)
    }

    /// Numbers that are too large without their scale stop: times it, they might be infinite, which would be raised.
    fn stop_large(&mut self, shape: Shape, (unused, x): (Xmm, Xmm)) -> Done {
        self.round_to(shape, (unused, x), TO_ZERO | SILENT)?;
        if let Shape::F32x2 | Shape::F32x4 = shape {
            self.asm.v2(ops::CVTTPS2DQ, unused, unused);
            return Ok(());
        }
        let word = self.take()?;
        let code = all(shape, ops::CVTTSS2SI64, ops::CVTTSD2SI64);
        self.asm.vex(code, word.0, 0, unused.into());
        if shape == Shape::F64x2 {
            self.asm.v2_number(ops::PSHUFD, unused, unused, HIGH_TWICE);
            self.asm.vex(code, word.0, 0, unused.into());
        }
        self.put_back(word);
        Ok(())
    }

    /// Rounds once more, for what that raises, where it was silent.
    fn tell_inexact(&mut self, to: ToInt, (from, x): (Xmm, Xmm)) -> Done {
        if to.round != Round::Zero {
            self.round_to(to.shape, (from, x), TO_ZERO)?;
        }
        if to.is_changed() {
            self.vput_back(from);
        }
        Ok(())
    }

    fn ints_of_numbers(&mut self, body: Body<'_>, live: &mut Live, to: ToInt, a: Value) -> Done {
        let shape = to.shape;
        let x = self.numbers(live, shape, a)?;
        self.look_for_large(live, (shape, to.kind, to.scale), x)?;
        if !to.kind.is_signed() {
            self.stop_negative(live, shape, x)?;
        }
        self.may_fault();
        let from = self.prepared(to, x)?;
        let reg = match (shape, to.kind.is_signed()) {
            (Shape::F64x2, _) => {
                let words = self.words_of_two(from)?;
                self.tell_inexact(to, (from, x))?;
                let reg = self.vdest(body, live, &[])?;
                self.asm.v2(ops::MOVQ_FROM, reg, words.0);
                self.asm.v3_number(ops::PINSRQ, reg, (reg, words.1.into()), 1);
                self.put_back(words.0);
                self.put_back(words.1);
                reg
            }
            (_, is_signed) => {
                let reg = self.vdest_apart(body, live)?;
                if is_signed {
                    self.asm.v2(ops::CVTTPS2DQ, reg, from);
                } else {
                    self.unsigned_of(reg, from)?;
                }
                self.tell_inexact(to, (from, x))?;
                reg
            }
        };
        self.done_with(a, x);
        self.used(live, a);
        self.vgive(reg, if shape == Shape::F32x2 { Upper::Zero64 } else { Upper::Unknown });
        Ok(())
    }

    /// Two integers of 64 bits from two numbers.
    fn words_of_two(&mut self, from: Xmm) -> Result<(Gpr, Gpr), Refused> {
        let (low, high, half) = (self.take()?, self.take()?, self.vtake()?);
        self.asm.v2_number(ops::PSHUFD, half, from, HIGH_TWICE);
        self.asm.vex(ops::CVTTSD2SI64, low.0, 0, from.into());
        self.asm.vex(ops::CVTTSD2SI64, high.0, 0, half.into());
        self.vput_back(half);
        Ok((low, high))
    }

    /// Unsigned integers of 32 bits from numbers without a sign: the highest bit is taken off and put back. That is exact up
    /// to the first number that is too large, which stands for greater ones.
    fn unsigned_of(&mut self, reg: Xmm, from: Xmm) -> Done {
        let (top, limit) = (self.vtake()?, Vector::TwoTo31.place());
        self.asm.v3_number(ops::CMPPS, top, (from, limit.into()), NOT_LESS);
        self.asm.v3(ops::ANDPS, top, top, limit);
        self.asm.v3(ops::MINPS, reg, from, Vector::TwoTo32.place());
        self.asm.v3(ops::SUBPS, reg, reg, top);
        self.asm.v2(ops::CVTTPS2DQ, reg, reg);
        // The highest bit of that number's exponent.
        self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT, (top, top), 30);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, LEFT, (top, top), 31);
        self.asm.v3(ops::POR, reg, reg, top);
        self.vput_back(top);
        Ok(())
    }

    fn numbers_of_ints(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (shape, kind, scale): (Shape, IntKind, u8),
        a: Value,
    ) -> Done {
        let x = self.numbers(live, shape, a)?;
        let reg = self.vdest_apart(body, live)?;
        self.may_fault();
        match (shape, kind.is_signed()) {
            (Shape::F64x2, true) => self.numbers_of_two(reg, x)?,
            (Shape::F64x2, false) => self.numbers_of_unsigned_two(reg, x)?,
            (_, true) => self.asm.v2(ops::CVTDQ2PS, reg, x),
            (_, false) => self.numbers_of_unsigned(reg, x)?,
        }
        if scale != 0 {
            self.times_power(shape, (reg, reg), -i32::from(scale))?;
        }
        self.done_with(a, x);
        self.used(live, a);
        self.vgive(reg, if shape == Shape::F32x2 { Upper::Zero64 } else { Upper::Unknown });
        Ok(())
    }

    /// Numbers from unsigned integers of 32 bits: both halves of each are exact, and added with one rounding.
    fn numbers_of_unsigned(&mut self, reg: Xmm, x: Xmm) -> Done {
        let high = self.vtake()?;
        self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT, (high, x), 16);
        self.asm.v2(ops::CVTDQ2PS, high, high);
        self.asm.v3(ops::MULPS, high, high, Vector::TwoTo16.place());
        self.asm.v3(ops::PAND, reg, x, Vector::EvenWords.place());
        self.asm.v2(ops::CVTDQ2PS, reg, reg);
        self.asm.v3(ops::ADDPS, reg, reg, high);
        self.vput_back(high);
        Ok(())
    }

    /// Two numbers from two integers of 64 bits, one after the other.
    fn numbers_of_two(&mut self, reg: Xmm, x: Xmm) -> Done {
        let (high, word) = (self.vtake()?, self.take()?);
        let code = ops::CVTSI2SD.wide(Width::W64);
        self.zero(high);
        self.asm.vex(ops::PEXTRQ, x.0, 0, word.into());
        self.asm.byte(1);
        self.asm.v3(code, high, high, Rm::from(word));
        self.asm.vex(ops::MOVQ_TO, x.0, 0, word.into());
        self.asm.v3(code, reg, high, Rm::from(word));
        self.asm.v3(ops::PUNPCKLQDQ, reg, reg, high);
        self.vput_back(high);
        self.put_back(word);
        Ok(())
    }

    /// The same for unsigned ones: each half becomes a number by the exponent that is put above it, exactly, and they are
    /// added with one rounding, which also takes both exponents off. Zero less zero is negative where the guest rounds down.
    fn numbers_of_unsigned_two(&mut self, reg: Xmm, x: Xmm) -> Done {
        let low = self.vtake()?;
        self.asm.v3_number(ops::PBLENDW, low, (x, Vector::TwoTo52.place().into()), HIGH_WORDS);
        self.asm.v_shift(ops::PSHIFTQ_NUMBER, RIGHT, (reg, x), 32);
        self.asm.v3(ops::POR, reg, reg, Vector::TwoTo84.place());
        self.asm.v3(ops::SUBPD, reg, reg, Vector::TwoTo84And52.place());
        self.asm.v3(ops::ADDPD, reg, reg, low);
        self.asm.v3(ops::ANDPS, reg, reg, Vector::Rest64.place());
        self.vput_back(low);
        Ok(())
    }

    /// An integer that is too large for a signed one: twice its half, whose lowest bit stands for the lost one, too.
    fn number_of_large(&mut self, shape: Shape, reg: Xmm, x: Gpr) -> Done {
        let (half, lowest) = (self.take()?, self.take()?);
        self.asm.mov(Width::W64, half, x);
        self.asm.shift(Shift::Shr, Width::W64, half, 1);
        self.asm.mov(Width::W32, lowest, x);
        self.asm.alu_number(Alu::And, Width::W32, lowest, 1);
        self.asm.alu(Alu::Or, Width::W64, half, lowest);
        self.asm.v3(all(shape, ops::CVTSI2SS, ops::CVTSI2SD).wide(Width::W64), reg, reg, Rm::from(half));
        self.asm.v3(all(shape, ops::ADDSS, ops::ADDSD), reg, reg, reg);
        self.put_back(half);
        self.put_back(lowest);
        Ok(())
    }

    fn number_of_int(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (shape, kind, scale): (Shape, IntKind, u8),
        a: Value,
    ) -> Done {
        let mut x = self.gpr(body, live, a)?;
        let mut extended = None;
        match kind {
            IntKind::U32 => {
                let reg = self.take()?;
                self.asm.load(Size::B4, Extend::Zero, reg, x);
                x = reg;
                extended = Some(reg);
            }
            IntKind::U64 => self.clobber(live)?,
            IntKind::I32 | IntKind::I64 => {}
        }
        // Where the integer is a vector's, that stays as it is until nothing can stop any more.
        let done = body.ops.get(self.start..self.at).unwrap_or_default();
        let is_vectors = done.iter().any(|op| matches!(op, Op::Get(slot) if slot.kind == SlotKind::V128));
        let reg = if is_vectors { self.vtake()? } else { self.vdest(body, live, &[])? };
        let width = if kind == IntKind::I32 { Width::W32 } else { Width::W64 };
        let code = all(shape, ops::CVTSI2SS, ops::CVTSI2SD).wide(width);
        self.zero(reg);
        self.may_fault();
        let (signed, end) = (self.asm.label(), self.asm.label());
        if kind == IntKind::U64 {
            self.asm.test(Width::W64, x, x);
            self.asm.jcc(Cc::NoSign, signed);
            self.number_of_large(shape, reg, x)?;
            self.asm.jmp(end);
            self.asm.bind(signed);
        }
        self.asm.v3(code, reg, reg, Rm::from(x));
        self.asm.bind(end);
        if let Some(reg) = extended {
            self.put_back(reg);
        }
        if scale != 0 {
            self.times_power(shape, (reg, reg), -i32::from(scale))?;
        }
        self.used(live, a);
        self.vgive(reg, if is_double(shape) { Upper::Zero64 } else { Upper::Zero32 });
        Ok(())
    }
}
