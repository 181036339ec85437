//! Sums, products, logic, comparisons.

use super::{Body, Done, Generator, Loc, Refused};
use crate::asm::{Alu, Form as One, ops};
use crate::flags::{HostCond, Parity};
use crate::live::Live;
use crate::reg::{Cc, Gpr, Mem, Rm};
use ashore_ir::{Bin, IntCond, Op, Size, Un, Value, Width};

/// What two constants give, for the operations that lifted code folds; cut to the width.
fn fold(op: Bin, width: Width, a: u64, b: u64) -> Option<u64> {
    let value = match op {
        Bin::Add => a.wrapping_add(b),
        Bin::Sub => a.wrapping_sub(b),
        Bin::And => a & b,
        Bin::Or => a | b,
        Bin::Xor => a ^ b,
        Bin::AndNot => a & !b,
        Bin::OrNot => a | !b,
        Bin::Xnor => !(a ^ b),
        _ => return None,
    };
    Some(if width == Width::W64 { value } else { value & u64::from(u32::MAX) })
}

/// A half of a product.
#[derive(Clone, Copy)]
enum Half {
    Low,
    High,
}

impl Generator<'_> {
    pub(super) fn bin(&mut self, body: Body<'_>, live: &mut Live, what: (Bin, Width), [a, b]: [Value; 2]) -> Done {
        let (op, width) = what;
        if let (Loc::Number(x), Loc::Number(y)) = (self.loc(a), self.loc(b))
            && let Some(value) = fold(op, width, x, y)
        {
            self.all_used(live, &[a, b]);
            self.give(self.at, Loc::Number(value));
            return Ok(());
        }
        let is_tested = op == Bin::And && self.is_tested(body, live, b);
        if is_tested || self.is_late(body, live, &Op::Bin { op, width, a, b }) {
            self.give(self.at, Loc::Later);
            return Ok(());
        }
        match op {
            Bin::Add => self.add(body, live, width, [a, b]),
            Bin::Sub => self.two(body, live, (Alu::Sub, width), [a, b]),
            Bin::And => self.two(body, live, (Alu::And, width), [a, b]),
            Bin::Or => self.two(body, live, (Alu::Or, width), [a, b]),
            Bin::Xor => self.two(body, live, (Alu::Xor, width), [a, b]),
            Bin::AndNot => self.and_not(body, live, width, [a, b]),
            Bin::OrNot => self.inverted(body, live, (Alu::Or, width), [a, b]),
            Bin::Xnor => self.inverted(body, live, (Alu::Xor, width), [a, b]),
            Bin::Shl | Bin::Shr | Bin::Sar | Bin::Ror => self.shift(body, live, what, [a, b]),
            Bin::Mul => self.mul(body, live, width, [a, b]),
            Bin::UDiv | Bin::SDiv => self.divide(body, live, what, [a, b]),
            Bin::UMulHigh => self.mul_high(body, live, One::Mul, [a, b]),
            Bin::SMulHigh => self.mul_high(body, live, One::SignedMul, [a, b]),
        }
    }

    fn add(&mut self, body: Body<'_>, live: &mut Live, width: Width, [a, b]: [Value; 2]) -> Done {
        if self.is_flagged(body, live, self.at) {
            return self.two(body, live, (Alu::Add, width), [a, b]);
        }
        // In place, if nobody needs the host's flags.
        let goal = self.goal(body, live, self.at).and_then(|slot| self.map.int(slot));
        let in_place = matches!((self.loc(a), goal),
            (Loc::Slot(slot), Some(reg)) if self.map.int(slot) == Some(reg));
        let is_memory = matches!(self.loc(b), Loc::Slot(slot) if self.map.int(slot).is_none());
        if (in_place || is_memory) && self.loc(b) != Loc::Later && !self.flags_wanted(live) {
            return self.two(body, live, (Alu::Add, width), [a, b]);
        }
        let (a, b) = match self.loc(a) {
            Loc::Number(_) => (b, a),
            _ => (a, b),
        };
        let mem = self.sum_of(body, live, [a, b])?;
        self.sum_used(body, live, b);
        self.all_used(live, &[a, b]);
        let reg = self.dest(body, live, &[])?;
        match mem {
            Mem { index: None, disp: 0, base } if width == Width::W64 => self.asm.mov(width, reg, base),
            mem => self.asm.lea(width, reg, mem),
        }
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// An operation of two operands in the first one's register.
    fn two(&mut self, body: Body<'_>, live: &mut Live, (op, width): (Alu, Width), [a, b]: [Value; 2]) -> Done {
        let goal = self.goal(body, live, self.at).and_then(|slot| self.map.int(slot));
        let is_goal = |this: &Self, value| goal.is_some() && this.register(value) == goal;
        let swap = matches!(self.loc(a), Loc::Number(_)) || (is_goal(self, b) && !is_goal(self, a));
        let [a, b] = if swap && op != Alu::Sub { [b, a] } else { [a, b] };
        let short = self.short(b, width);
        let source = if short.is_some() { None } else { Some(self.rm(body, live, b)?) };
        let other = match source {
            Some(Rm::Reg(number)) if self.register(a) != Some(Gpr(number)) => Gpr(number),
            _ => Gpr::RSP,
        };
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (a, width), &[other])?;
        match (source, short) {
            (Some(source), _) => self.asm.alu(op, width, reg, source),
            (None, Some(number)) => self.asm.alu_number(op, width, reg, number),
            (None, None) => return Err(Refused),
        }
        self.fresh = Some(self.at);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    fn and_not(&mut self, body: Body<'_>, live: &mut Live, width: Width, [a, b]: [Value; 2]) -> Done {
        if let Loc::Number(number) = self.loc(b) {
            self.give(b.index(), Loc::Number(!number));
            return self.two(body, live, (Alu::And, width), [a, b]);
        }
        let (x, y) = (self.gpr(body, live, a)?, self.gpr(body, live, b)?);
        self.clobber(live)?;
        self.all_used(live, &[a, b]);
        let reg = self.dest(body, live, &[])?;
        self.asm.g3(ops::ANDN.wide(width), reg, y, x);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// An operation with the second operand inverted.
    fn inverted(&mut self, body: Body<'_>, live: &mut Live, (op, width): (Alu, Width), [a, b]: [Value; 2]) -> Done {
        let x = self.gpr(body, live, a)?;
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (b, width), &[x])?;
        self.asm.form(One::Not, width, reg);
        self.asm.alu(op, width, reg, x);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    fn mul(&mut self, body: Body<'_>, live: &mut Live, width: Width, [a, b]: [Value; 2]) -> Done {
        if let Some(number) = self.short(b, width) {
            let x = self.rm(body, live, a)?;
            self.clobber(live)?;
            self.all_used(live, &[a, b]);
            let reg = self.dest(body, live, &[])?;
            self.asm.imul_number(width, reg, x, number);
            self.give(self.at, Loc::Gpr(reg));
            return Ok(());
        }
        if self.flags_wanted(live) && self.take_exactly(Gpr::RDX).is_ok() {
            return self.mul_quietly(body, live, (Half::Low, width), [a, b]);
        }
        let y = self.gpr(body, live, b)?;
        self.clobber(live)?;
        let others: &[Gpr] = if a == b || self.loc(a) == self.loc(b) { &[] } else { &[y] };
        let reg = self.dest_of(body, live, (a, width), others)?;
        self.asm.imul(width, reg, y);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// A half of a product, leaving the flags: sums of many words have products between them. `rdx` is taken.
    fn mul_quietly(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (half, width): (Half, Width),
        [a, b]: [Value; 2],
    ) -> Done {
        let y = self.rm(body, live, b)?;
        self.copy_to(body, live, (Gpr::RDX, a, width))?;
        self.all_used(live, &[a, b]);
        let reg = self.dest(body, live, &[])?;
        let [high, low] = match half {
            // Where both are one register, it gets the high half.
            Half::Low => [Gpr::RDX, reg],
            Half::High => [reg, Gpr::RDX],
        };
        self.asm.g3(ops::MULX.wide(width), high, low, y);
        self.put_back(Gpr::RDX);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    fn mul_high(&mut self, body: Body<'_>, live: &mut Live, form: One, [a, b]: [Value; 2]) -> Done {
        if form == One::Mul && self.flags_wanted(live) && self.take_exactly(Gpr::RDX).is_ok() {
            return self.mul_quietly(body, live, (Half::High, Width::W64), [a, b]);
        }
        self.take_exactly(Gpr::RAX)?;
        self.take_exactly(Gpr::RDX)?;
        let y = self.rm(body, live, b)?;
        self.put_back(Gpr::RAX);
        self.clobber(live)?;
        self.take_exactly(Gpr::RAX)?;
        self.copy_to(body, live, (Gpr::RAX, a, Width::W64))?;
        self.asm.form(form, Width::W64, y);
        self.put_back(Gpr::RAX);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(Gpr::RDX));
        Ok(())
    }

    /// Zero where the divisor is, and the dividend where the quotient does not fit.
    fn divide(&mut self, body: Body<'_>, live: &mut Live, (op, width): (Bin, Width), [a, b]: [Value; 2]) -> Done {
        self.take_exactly(Gpr::RAX)?;
        self.take_exactly(Gpr::RDX)?;
        let y = self.gpr(body, live, b)?;
        self.put_back(Gpr::RAX);
        self.clobber(live)?;
        self.take_exactly(Gpr::RAX)?;
        self.copy_to(body, live, (Gpr::RAX, a, width))?;
        let (zero, end) = (self.asm.label(), self.asm.label());
        self.asm.test(width, y, y);
        self.asm.jcc(Cc::Equal, zero);
        if op == Bin::UDiv {
            self.asm.alu(Alu::Xor, Width::W32, Gpr::RDX, Gpr::RDX);
            self.asm.form(One::Div, width, y);
        } else {
            let plain = self.asm.label();
            self.asm.alu_number(Alu::Cmp, width, y, -1);
            self.asm.jcc(Cc::NotEqual, plain);
            self.asm.form(One::Neg, width, Gpr::RAX);
            self.asm.jmp(end);
            self.asm.bind(plain);
            self.asm.sign_to_rdx(width);
            self.asm.form(One::SignedDiv, width, y);
        }
        self.asm.jmp(end);
        self.asm.bind(zero);
        self.asm.alu(Alu::Xor, Width::W32, Gpr::RAX, Gpr::RAX);
        self.asm.bind(end);
        self.put_back(Gpr::RDX);
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::Gpr(Gpr::RAX));
        Ok(())
    }

    pub(super) fn un(&mut self, body: Body<'_>, live: &mut Live, (op, width): (Un, Width), a: Value) -> Done {
        match op {
            Un::Not | Un::Neg | Un::ReverseBytes => {
                let keeps = self.flags_wanted(live);
                let reg = self.dest_of(body, live, (a, width), &[])?;
                match op {
                    Un::Not => self.asm.form(One::Not, width, reg),
                    Un::ReverseBytes => self.asm.bswap(width, reg),
                    _ if keeps => {
                        self.asm.form(One::Not, width, reg);
                        self.asm.lea(width, reg, Mem::at(reg, 1));
                    }
                    _ => {
                        self.clobber(live)?;
                        self.asm.form(One::Neg, width, reg);
                    }
                }
                self.used(live, a);
                self.give(self.at, Loc::Gpr(reg));
            }
            Un::Clz | Un::Ctz | Un::Popcount => {
                let x = self.rm(body, live, a)?;
                self.clobber(live)?;
                self.used(live, a);
                let reg = self.dest(body, live, &[])?;
                match op {
                    Un::Clz => self.asm.lzcnt(width, reg, x),
                    Un::Ctz => self.asm.tzcnt(width, reg, x),
                    _ => self.asm.popcnt(width, reg, x),
                }
                self.give(self.at, Loc::Gpr(reg));
            }
            Un::ReverseBytes32 if width == Width::W64 => {
                // All eight bytes reversed, then the halves exchanged.
                let reg = self.dest_of(body, live, (a, width), &[])?;
                self.asm.bswap(width, reg);
                self.asm.rorx(width, reg, reg, 32);
                self.used(live, a);
                self.give(self.at, Loc::Gpr(reg));
            }
            Un::ReverseBits => self.reverse_bits(body, live, width, a)?,
            Un::ReverseBytes16 => {
                self.clobber(live)?;
                let reg = self.dest_of(body, live, (a, width), &[])?;
                self.swap_fields(width, reg, (8, 0x00ff_00ff_00ff_00ff))?;
                self.used(live, a);
                self.give(self.at, Loc::Gpr(reg));
            }
            Un::Cls => {
                let x = self.gpr(body, live, a)?;
                self.clobber(live)?;
                let reg = self.take()?;
                self.asm.mov(width, reg, x);
                self.asm.shift(crate::asm::Shift::Sar, width, reg, width.bits() as u8 - 1);
                self.asm.alu(Alu::Xor, width, reg, x);
                self.asm.lzcnt(width, reg, reg);
                self.asm.alu_number(Alu::Sub, Width::W32, reg, 1);
                self.used(live, a);
                self.give(self.at, Loc::Gpr(reg));
            }
            Un::ReverseBytes32 => return Err(Refused),
        }
        Ok(())
    }

    fn reverse_bits(&mut self, body: Body<'_>, live: &mut Live, width: Width, a: Value) -> Done {
        self.clobber(live)?;
        let reg = self.dest_of(body, live, (a, width), &[])?;
        self.asm.bswap(width, reg);
        for step in [(4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333), (1, 0x5555_5555_5555_5555)] {
            self.swap_fields(width, reg, step)?;
        }
        self.used(live, a);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// Exchanges neighbouring fields of `by` bits; the mask has the lower ones.
    fn swap_fields(&mut self, width: Width, reg: Gpr, (by, mask): (u8, u64)) -> Done {
        let (low, ones) = (self.take()?, self.take()?);
        let mask = if width == Width::W64 { mask } else { mask & u64::from(u32::MAX) };
        self.asm.number(ones, mask);
        self.asm.mov(width, low, reg);
        self.asm.alu(Alu::And, width, low, ones);
        self.asm.shift(crate::asm::Shift::Shr, width, reg, by);
        self.asm.alu(Alu::And, width, reg, ones);
        self.asm.shift(crate::asm::Shift::Shl, width, low, by);
        self.asm.alu(Alu::Or, width, reg, low);
        self.put_back(low);
        self.put_back(ones);
        Ok(())
    }

    /// The host's flags of a comparison with a constant zero or another value.
    fn compare_flags(&mut self, body: Body<'_>, live: &mut Live, width: Width, [a, b]: [Value; 2]) -> Done {
        match self.short(b, width) {
            Some(0) => {
                let x = self.gpr(body, live, a)?;
                self.clobber(live)?;
                self.asm.test(width, x, x);
            }
            Some(number) => {
                let x = self.rm(body, live, a)?;
                self.clobber(live)?;
                self.asm.alu_number(Alu::Cmp, width, x, number);
            }
            None => {
                let x = self.gpr(body, live, a)?;
                let y = self.rm(body, live, b)?;
                self.clobber(live)?;
                self.asm.alu(Alu::Cmp, width, x, y);
            }
        }
        Ok(())
    }

    pub(super) fn compare(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (cond, width): (IntCond, Width),
        [a, b]: [Value; 2],
    ) -> Done {
        let cc = match cond {
            IntCond::Eq => Cc::Equal,
            IntCond::Ne => Cc::NotEqual,
            IntCond::ULt => Cc::Below,
            IntCond::ULe => Cc::BelowEqual,
            IntCond::SLt => Cc::Less,
            IntCond::SLe => Cc::LessEqual,
        };
        let cond = if self.loc(a) == Loc::Later {
            self.tested(body, live, (cc, width), a)?
        } else {
            self.compare_flags(body, live, width, [a, b])?;
            cc
        };
        self.all_used(live, &[a, b]);
        let host: HostCond = cond.into();
        let this = Value(self.at as u32);
        let next_uses = matches!(body.ops.get(self.at + 1),
            Some(&Op::ExitIf { cond, .. } | &Op::Select { cond, .. }) if cond == this);
        if next_uses && live.uses(self.at) == 1 {
            self.give(self.at, Loc::HostCond(host));
            self.pending = Some(this);
            return Ok(());
        }
        let reg = self.take()?;
        self.put_truth(host, reg)?;
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    /// Whether the op at hand is a mask whose result is only compared with zero.
    fn is_tested(&self, body: Body<'_>, live: &Live, b: Value) -> bool {
        let this = Value(self.at as u32);
        let is_mask = matches!(self.loc(b), Loc::Number(mask) if mask.is_power_of_two());
        let next = [body.ops.get(self.at + 1), body.ops.get(self.at + 2)];
        let is_compared = matches!(next,
            [Some(Op::Const(0)), Some(&Op::Compare { cond: IntCond::Eq | IntCond::Ne, a, .. })] if a == this);
        is_mask && is_compared && live.uses(self.at) == 1
    }

    /// The host's flags of a mask that was left for this comparison with zero.
    fn tested(&mut self, body: Body<'_>, live: &mut Live, (cc, _): (Cc, Width), a: Value) -> Result<Cc, Refused> {
        let Some(&Op::Bin { op: Bin::And, a: tested, b: mask, .. }) = body.block.op(a) else { return Err(Refused) };
        let Loc::Number(bits) = self.loc(mask) else { return Err(Refused) };
        let reg = self.gpr(body, live, tested)?;
        self.clobber(live)?;
        self.all_used(live, &[tested, mask]);
        Ok(self.test_bit(reg, bits.trailing_zeros() as u8, cc))
    }

    /// The host's flags of a bit that is compared with zero, and the condition on them that `cc`, equal or not, becomes.
    pub(super) fn test_bit(&mut self, reg: Gpr, number: u8, cc: Cc) -> Cc {
        match number {
            0..8 => self.asm.test_byte(reg, 1 << number),
            8..31 => self.asm.test_number(Width::W32, reg, 1 << number),
            _ => {
                // The bit is the carry.
                self.asm.bit_test(Width::W64, reg, number);
                return if cc == Cc::Equal { Cc::AboveEqual } else { Cc::Below };
            }
        }
        cc
    }

    /// A condition as 0 or 1 in a register; leaves the host's flags.
    pub(super) fn put_truth(&mut self, cond: HostCond, reg: Gpr) -> Done {
        self.asm.setcc(cond.cc, reg);
        if cond.parity != Parity::Ignored {
            let other = self.take()?;
            let (cc, op) = match cond.parity {
                Parity::Or => (Cc::Parity, Alu::Or),
                _ => (Cc::NoParity, Alu::And),
            };
            self.asm.setcc(cc, other);
            // The flags are lost here: those who need them afterwards have stored them.
            self.asm.alu(op, Width::W32, reg, other);
            self.put_back(other);
        }
        self.asm.load(Size::B1, ashore_ir::Extend::Zero, reg, reg);
        Ok(())
    }

    /// A condition as 0 or 1 in a register for templates.
    pub(super) fn truth(&mut self, value: Value) -> Result<Gpr, Refused> {
        let reg = match self.loc(value) {
            Loc::HostCond(cond) => {
                let reg = self.take()?;
                self.put_truth(cond, reg)?;
                self.pending = None;
                reg
            }
            Loc::Cond(flag) => {
                let cond = self.host_cond(flag)?;
                let reg = self.take()?;
                if cond.parity != Parity::Ignored {
                    self.store_flags();
                }
                self.put_truth(cond, reg)?;
                if cond.parity != Parity::Ignored {
                    self.flags = super::Flags::STORED;
                }
                reg
            }
            _ => return Err(Refused),
        };
        Ok(reg)
    }
}
