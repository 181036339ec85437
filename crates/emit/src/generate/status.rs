//! Flags, conditions, and what is chosen by them.

use super::{Body, Done, Flags, Generator, Loc, Refused};
use crate::asm::Alu;
use crate::flags::{self, Form, HostCond, Parity};
use crate::frame;
use crate::live::{Later, Live};
use crate::map::RegMap;
use crate::reg::{Cc, Gpr};
use ashore_ir::{Carry, Flag, FlagOp, Op, Size, Value, Width};

impl Generator<'_> {
    /// Whether the guest's flags are only in the host's and are needed later.
    pub(super) fn flags_wanted(&self, live: &Live) -> bool {
        self.pending.is_some() || (self.flags.form != Form::Stored && !self.flags.stored && live.flags(self.at))
    }

    /// The next instruction changes the host's flags.
    pub(super) fn clobber(&mut self, live: &Live) -> Done {
        if self.pending.is_some() {
            return Err(Refused);
        }
        self.disturb(live.behind(self.at));
        Ok(())
    }

    /// The same where no value is in the host's flags, knowing what becomes of the guest's.
    pub(super) fn disturb(&mut self, later: Later) {
        self.fresh = None;
        if self.flags.form != Form::Stored && !self.flags.stored && later == Later::Read {
            if self.can_wait() {
                self.again = self.source;
            } else {
                self.store_flags();
            }
        }
        // What nobody reads any more may be anything.
        self.flags = Flags::STORED;
    }

    /// Puts the guest's flags into memory if they are not there. The host's are not valid afterwards only if the form says
    /// so: storing keeps them, but for forms whose carry is inverted on the way.
    pub(super) fn store_flags(&mut self) {
        self.compare_again();
        if self.flags.stored || self.flags.form == Form::Stored {
            return;
        }
        self.with_rax(|this| flags::store(this.asm, this.flags.form, this.map.guest.flags));
        self.flags = match self.flags.form {
            Form::Sub => Flags { form: Form::Sub, stored: true },
            Form::Add => Flags { form: Form::Sub, stored: true },
            Form::Float => Flags { form: Form::Float, stored: true },
            Form::Stored => Flags::STORED,
        };
    }

    /// Does something that needs `rax`.
    pub(super) fn with_rax(&mut self, what: impl FnOnce(&mut Self)) {
        let is_busy = self.free & 1 == 0;
        let room = frame::place(frame::TEMP);
        if is_busy {
            self.asm.store(Size::B8, room, Gpr::RAX);
        }
        what(self);
        if is_busy {
            self.asm.mov(Width::W64, Gpr::RAX, room);
        }
    }

    /// The guest's flags in the host's, in some form.
    fn flags_on_host(&mut self) -> Done {
        if self.pending.is_some() {
            return Err(Refused);
        }
        self.compare_again();
        if self.flags.form == Form::Stored {
            self.with_rax(|this| flags::load(this.asm, this.map.guest.flags));
            self.flags = Flags { form: Form::Sub, stored: true };
            self.fresh = None;
        }
        Ok(())
    }

    /// A condition on the guest's flags as one on the host's, from now on.
    pub(super) fn host_cond(&mut self, flag: Flag) -> Result<HostCond, Refused> {
        self.flags_on_host()?;
        if let Some(cond) = self.flags.form.cond(flag) {
            return Ok(cond);
        }
        self.invert_carry();
        self.flags.form.cond(flag).ok_or(Refused)
    }

    fn invert_carry(&mut self) {
        self.asm.cmc();
        self.flags.form = if self.flags.form == Form::Add { Form::Sub } else { Form::Add };
    }

    pub(super) fn cond(&mut self, live: &mut Live, cond: Flag, flags: Value) -> Done {
        match self.loc(flags) {
            Loc::GuestFlags => self.give(self.at, Loc::Cond(cond)),
            Loc::HostFlags(form) => match form.cond(cond) {
                Some(host) => {
                    self.give(self.at, Loc::HostCond(host));
                    self.pending = Some(Value(self.at as u32));
                }
                None => return Err(Refused),
            },
            _ => return Err(Refused),
        }
        self.used(live, flags);
        Ok(())
    }

    pub(super) fn flags_of(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, width): (FlagOp, Width),
        [a, b]: [Value; 2],
    ) -> Done {
        let this = Value(self.at as u32);
        let rest = body.ops.get(self.at + 1..).unwrap_or_default();
        let rest = rest.iter().take_while(|op| !matches!(op, Op::At(_)));
        let user = rest.clone().find(|op| op.operands().contains(&this));
        match user {
            // Written where the choice is known.
            Some(Op::Select { .. }) if live.uses(self.at) == 1 => {
                self.give(self.at, Loc::Later);
                return Ok(());
            }
            _ => {}
        }
        let form = if op == FlagOp::Sub { Form::Sub } else { Form::Add };
        let source = self.comparison(body, (op, width), [a, b]);
        let is_done = self.at > 0 && self.fresh == Some(self.at - 1) && self.is_flagged(body, live, self.at - 1);
        if !is_done {
            self.make_flags(body, live, (op, width), [a, b])?;
        }
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::HostFlags(form));
        self.pending = Some(this);
        self.compared = source;
        Ok(())
    }

    /// The host's flags of two values.
    fn make_flags(&mut self, body: Body<'_>, live: &mut Live, what: (FlagOp, Width), [a, b]: [Value; 2]) -> Done {
        let (op, width) = what;
        match op {
            FlagOp::Sub => match self.short(b, width) {
                Some(number) => {
                    let x = self.rm(body, live, a)?;
                    self.clobber(live)?;
                    self.asm.alu_number(Alu::Cmp, width, x, number);
                }
                None => {
                    let (x, y) = (self.gpr(body, live, a)?, self.rm(body, live, b)?);
                    self.clobber(live)?;
                    self.asm.alu(Alu::Cmp, width, x, y);
                }
            },
            FlagOp::And => match self.short(b, width) {
                Some(number) => {
                    let x = self.rm(body, live, a)?;
                    self.clobber(live)?;
                    self.asm.test_number(width, x, number);
                }
                None => {
                    let (x, y) = (self.gpr(body, live, a)?, self.gpr(body, live, b)?);
                    self.clobber(live)?;
                    self.asm.test(width, x, y);
                }
            },
            FlagOp::Add => {
                let reg = self.take()?;
                self.copy_to(body, live, (reg, a, width))?;
                match self.short(b, width) {
                    Some(number) => {
                        self.clobber(live)?;
                        self.asm.alu_number(Alu::Add, width, reg, number);
                    }
                    None => {
                        let y = self.rm(body, live, b)?;
                        self.clobber(live)?;
                        self.asm.alu(Alu::Add, width, reg, y);
                    }
                }
                self.put_back(reg);
            }
        }
        Ok(())
    }

    pub(super) fn set_flags(&mut self, live: &mut Live, value: Value) -> Done {
        for index in self.start..self.at {
            let is_old = matches!(self.loc_at(index), Loc::Cond(_) | Loc::GuestFlags);
            if is_old && index != value.index() && live.uses(index) != 0 {
                return Err(Refused);
            }
        }
        self.source = self.compared.filter(|compared| compared.op == value.index());
        if self.loc(value) != Loc::GuestFlags {
            self.again = None;
        }
        match self.loc(value) {
            Loc::HostFlags(form) => self.flags = Flags { form, stored: false },
            Loc::GuestFlags => {}
            Loc::Number(packed) => {
                // Constant flags, unpacked.
                let stored = flags::to_stored(packed) as i32;
                self.asm.store_number(Size::B2, RegMap::memory(self.map.guest.flags), stored);
                self.flags = Flags::STORED;
            }
            _ => return Err(Refused),
        }
        self.pending = None;
        self.used(live, value);
        Ok(())
    }

    /// `a` if a condition holds, else `b`.
    pub(super) fn select(&mut self, body: Body<'_>, live: &mut Live, cond: Value, [a, b]: [Value; 2]) -> Done {
        // Operands first: they leave the host's flags.
        let bring = |this: &mut Self, live: &mut Live, value| match this.loc(value) {
            Loc::Number(_) | Loc::Slot(_) | Loc::Gpr(_) => Ok(()),
            _ => this.gpr(body, live, value).map(drop),
        };
        bring(self, live, a)?;
        bring(self, live, b)?;
        let host = match self.loc(cond) {
            Loc::Cond(flag) => self.host_cond(flag)?,
            Loc::HostCond(host) => host,
            _ => {
                let reg = self.gpr(body, live, cond)?;
                self.clobber(live)?;
                self.asm.test(Width::W64, reg, reg);
                Cc::NotEqual.into()
            }
        };
        let reg = match (self.loc(a), self.loc(b), host.parity) {
            (Loc::Number(1), Loc::Number(0), Parity::Ignored) => {
                let reg = self.take()?;
                self.put_truth(host, reg)?;
                reg
            }
            (Loc::Number(0), Loc::Number(1), Parity::Ignored) => {
                let reg = self.take()?;
                self.put_truth(host.not(), reg)?;
                reg
            }
            _ => {
                let x = self.rm(body, live, a)?;
                let other = self.register(a).unwrap_or(Gpr::RSP);
                if self.goal(body, live, self.at).and_then(|slot| self.map.int(slot)) == Some(other)
                    && self.register(b) != Some(other)
                {
                    // The result's register is the first operand's: the other one moves.
                    let y = self.rm(body, live, b)?;
                    self.conditional_move(host.not(), other, y);
                    other
                } else {
                    let reg = self.dest_of(body, live, (b, Width::W64), &[other])?;
                    self.conditional_move(host, reg, x);
                    reg
                }
            }
        };
        self.all_used(live, &[a, b, cond]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    fn conditional_move(&mut self, cond: HostCond, reg: Gpr, from: crate::reg::Rm) {
        match cond.parity {
            Parity::Ignored => self.asm.cmov(cond.cc, Width::W64, reg, from),
            Parity::Or => {
                self.asm.cmov(cond.cc, Width::W64, reg, from);
                self.asm.cmov(Cc::Parity, Width::W64, reg, from);
            }
            Parity::AndNot => {
                let over = self.asm.label();
                self.asm.jcc(Cc::Parity, over);
                self.asm.jcc(cond.cc.not(), over);
                self.asm.mov(Width::W64, reg, from);
                self.asm.bind(over);
            }
        }
    }

    /// Flags of two values if a condition holds, else constant ones.
    pub(super) fn select_flags(&mut self, body: Body<'_>, live: &mut Live, cond: Value, [a, b]: [Value; 2]) -> Done {
        let (Loc::Later, Loc::Cond(flag), Loc::Number(packed)) = (self.loc(a), self.loc(cond), self.loc(b)) else {
            return Err(Refused);
        };
        if let Some(Op::FFlags { .. } | Op::FFlagsSignal { .. }) = body.block.op(a) {
            return self.compare_if(body, live, (flag, packed), [a, cond, b]);
        }
        let Some(&Op::Flags { op, width, a: x, b: y }) = body.block.op(a) else { return Err(Refused) };
        if op == FlagOp::And || live.flags(self.at) {
            return Err(Refused);
        }
        for value in [x, y] {
            if self.short(value, width).is_none() || value == x {
                self.gpr(body, live, value)?;
            }
        }
        let host = self.host_cond(flag)?;
        let (other, end) = (self.asm.label(), self.asm.label());
        match host.not() {
            HostCond { cc, parity: Parity::Ignored } => self.asm.jcc(cc, other),
            HostCond { cc, parity: Parity::Or } => {
                self.asm.jcc(Cc::Parity, other);
                self.asm.jcc(cc, other);
            }
            HostCond { cc, parity: Parity::AndNot } => {
                let then = self.asm.label();
                self.asm.jcc(Cc::Parity, then);
                self.asm.jcc(cc, other);
                self.asm.bind(then);
            }
        }
        // From here on the old flags are gone on both ways.
        self.flags = Flags::STORED;
        self.fresh = None;
        self.make_flags(body, live, (op, width), [x, y])?;
        if op == FlagOp::Add {
            self.asm.cmc();
        }
        self.asm.jmp(end);
        self.asm.bind(other);
        self.with_rax(|this| {
            this.asm.number(Gpr::RAX, flags::to_stored(packed));
            this.asm.add_al(0x7f);
            this.asm.sahf();
        });
        self.asm.bind(end);
        self.all_used(live, &[x, y, a, b, cond]);
        self.give(self.at, Loc::HostFlags(Form::Sub));
        self.pending = Some(Value(self.at as u32));
        Ok(())
    }

    /// The flags in bits 31 to 28, from their stored form.
    pub(super) fn pack(&mut self, live: &mut Live, flags: Value) -> Done {
        if self.loc(flags) != Loc::GuestFlags {
            return Err(Refused);
        }
        let _ = live;
        Err(Refused)
    }

    /// Constant flags stay a constant.
    pub(super) fn unpack(&mut self, _body: Body<'_>, live: &mut Live, a: Value) -> Done {
        match self.loc(a) {
            Loc::Number(number) => {
                self.used(live, a);
                self.give(self.at, Loc::Number(number));
                Ok(())
            }
            _ => Err(Refused),
        }
    }

    /// Brings the carry into the host's: as borrow for a subtraction, as it is for an addition.
    fn carry_on_host(&mut self, op: Carry) -> Done {
        self.flags_on_host()?;
        match (op, self.flags.form) {
            (_, Form::Float) => {
                self.store_flags();
                self.flags = Flags::STORED;
                self.flags_on_host()?;
                self.carry_on_host(op)?;
            }
            (Carry::Adc, Form::Sub) | (Carry::Sbc, Form::Add) => self.invert_carry(),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn carry(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, width): (Carry, Width),
        [a, b, flags]: [Value; 3],
    ) -> Done {
        if self.loc(flags) != Loc::GuestFlags {
            return Err(Refused);
        }
        let follows = matches!(body.ops.get(self.at + 1),
            Some(&Op::CarryFlags { op: o, width: w, a: x, b: y, flags: f })
                if (o, w, x, y, f) == (op, width, a, b, flags))
            && !live.dead(self.at + 1);
        let y = self.gpr(body, live, b)?;
        if let Loc::Later | Loc::Cond(_) | Loc::HostCond(_) = self.loc(a) {
            return Err(Refused);
        }
        if live.flags(self.at) && !follows && !self.flags.stored {
            self.store_flags();
        }
        self.carry_on_host(op)?;
        let reg = self.take()?;
        self.copy_to(body, live, (reg, a, width))?;
        self.asm.alu(if op == Carry::Adc { Alu::Adc } else { Alu::Sbb }, width, reg, y);
        self.flags = Flags::STORED;
        self.fresh = Some(self.at);
        self.all_used(live, &[a, b, flags]);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }

    pub(super) fn carry_flags(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (op, width): (Carry, Width),
        [a, b, flags]: [Value; 3],
    ) -> Done {
        let form = if op == Carry::Adc { Form::Add } else { Form::Sub };
        let is_done = self.at > 0 && self.fresh == Some(self.at - 1);
        if !is_done {
            if self.loc(flags) != Loc::GuestFlags || live.flags(self.at) {
                return Err(Refused);
            }
            let y = self.gpr(body, live, b)?;
            self.carry_on_host(op)?;
            let reg = self.take()?;
            self.copy_to(body, live, (reg, a, width))?;
            self.asm.alu(if op == Carry::Adc { Alu::Adc } else { Alu::Sbb }, width, reg, y);
            self.put_back(reg);
        }
        self.flags = Flags::STORED;
        self.all_used(live, &[a, b, flags]);
        self.give(self.at, Loc::HostFlags(form));
        self.pending = Some(Value(self.at as u32));
        Ok(())
    }
}
