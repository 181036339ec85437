//! Flags of numbers that are compared.

use super::{Body, Done, Flags, Generator, Loc, Refused};
use crate::asm::{Label, VOp, ops};
use crate::flags::{self, Form, HostCond, Parity};
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::{Cc, Rm, Xmm};
use ashore_ir::{Flag, Op, Shape, Size, Ty, Value};

/// A comparison: its instruction, and what it compares.
fn comparison(op: &Op) -> Option<(VOp, Shape, [Value; 2])> {
    Some(match *op {
        Op::FFlags { shape: shape @ Shape::F32, a, b } => (ops::UCOMISS, shape, [a, b]),
        Op::FFlags { shape: shape @ Shape::F64, a, b } => (ops::UCOMISD, shape, [a, b]),
        Op::FFlagsSignal { shape: shape @ Shape::F32, a, b } => (ops::COMISS, shape, [a, b]),
        Op::FFlagsSignal { shape: shape @ Shape::F64, a, b } => (ops::COMISD, shape, [a, b]),
        _ => return None,
    })
}

impl Generator<'_> {
    /// The condition under which the flags of the op at this place count, if nobody else wants them.
    fn only_if(&self, body: Body<'_>, live: &Live, at: usize) -> Option<Value> {
        if live.uses(at) != 1 || live.dead(at) {
            return None;
        }
        let rest = body.ops.get(at + 1..).unwrap_or_default();
        let rest = rest.iter().take_while(|op| !matches!(op, Op::At(_)));
        rest.enumerate().find_map(|(behind, op)| match *op {
            Op::Select { ty: Ty::Flags, cond, a, .. } if a.index() == at && !live.dead(at + 1 + behind) => Some(cond),
            _ => None,
        })
    }

    /// Whether the choice at hand is only compared, and that only counts under the same condition.
    pub(super) fn is_compared_if(&self, body: Body<'_>, live: &Live, cond: Value) -> bool {
        let this = Value(self.at as u32);
        let rest = body.ops.get(self.at + 1..).unwrap_or_default();
        let mut rest = rest.iter().take_while(|op| !matches!(op, Op::At(_))).enumerate();
        let user = rest.find(|(_, op)| op.operands().contains(&this));
        live.uses(self.at) == 1
            && user.is_some_and(|(behind, op)| {
                comparison(op).is_some() && self.only_if(body, live, self.at + 1 + behind) == Some(cond)
            })
    }

    /// A choice that only counts where it is the first of both: it is where that one is.
    pub(super) fn select_late(&mut self, live: &mut Live, cond: Value, [a, b]: [Value; 2]) -> Done {
        let loc = self.loc(a);
        match (loc, live.uses(a.index())) {
            (Loc::Slot(_), _) => {}
            // The register changes hands.
            (Loc::Xmm(_), 1) => self.give(a.index(), Loc::None),
            _ => return Err(Refused),
        }
        self.all_used(live, &[a, b, cond]);
        self.give(self.at, loc);
        Ok(())
    }

    pub(super) fn float_flags(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        if self.only_if(body, live, self.at).is_some() {
            // Written where the condition is looked at.
            self.give(self.at, Loc::Later);
            return Ok(());
        }
        let (code, shape, [a, b]) = comparison(op).ok_or(Refused)?;
        let (x, y) = (self.xmm(a)?, self.second(b)?);
        // Flags that nobody reads later are dropped; who compares under a condition reads them once more if this stops.
        let are_read = live.flags(self.at);
        if !are_read {
            self.may_fault();
        }
        self.clobber(live)?;
        if are_read {
            self.may_fault();
        }
        self.tell_tiny(shape, (x, y))?;
        self.compare_numbers(code, (x, y));
        self.all_used(live, &[a, b]);
        self.give(self.at, Loc::HostFlags(Form::Float));
        self.pending = Some(Value(self.at as u32));
        Ok(())
    }

    /// Compares if a condition holds on the flags as they were; else they become constant ones. Both are stored.
    pub(super) fn compare_if(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (flag, packed): (Flag, u64),
        [compared, cond, constant]: [Value; 3],
    ) -> Done {
        let op = body.block.op(compared).ok_or(Refused)?;
        let (code, shape, [a, b]) = comparison(op).ok_or(Refused)?;
        if live.flags(self.at) {
            return Err(Refused);
        }
        let (x, y) = (self.xmm(a)?, self.second(b)?);
        let slot = self.map.guest.flags;
        let host = self.host_cond(flag)?;
        let (other, end) = (self.asm.label(), self.asm.label());
        self.jump_unless(host, other);
        // The flags are still what they were where this stops.
        self.may_fault();
        self.tell_tiny(shape, (x, y))?;
        self.asm.v2(code, x, y);
        self.with_rax(|this| flags::store(this.asm, Form::Float, slot));
        self.asm.jmp(end);
        self.asm.bind(other);
        self.asm.store_number(Size::B2, RegMap::memory(slot), flags::to_stored(packed) as i32);
        self.asm.bind(end);
        self.flags = Flags::STORED;
        self.fresh = None;
        self.all_used(live, &[a, b, compared, cond, constant]);
        self.give(self.at, Loc::GuestFlags);
        Ok(())
    }

    /// Compares. Where there may be what is no number, quietly: only the guest takes a quiet one for invalid.
    fn compare_numbers(&mut self, code: VOp, (x, y): (Xmm, Rm)) {
        let quiet = match code {
            ops::COMISS => ops::UCOMISS,
            ops::COMISD => ops::UCOMISD,
            _ => return self.asm.v2(code, x, y),
        };
        if !self.takes_nans() {
            return self.asm.v2(code, x, y);
        }
        let over = self.asm.label();
        self.asm.v2(quiet, x, y);
        self.asm.jcc(Cc::NoParity, over);
        self.raise_invalid();
        self.asm.v2(quiet, x, y);
        self.asm.bind(over);
    }

    pub(super) fn jump_unless(&mut self, host: HostCond, over: Label) {
        match host.not() {
            HostCond { cc, parity: Parity::Ignored } => self.asm.jcc(cc, over),
            HostCond { cc, parity: Parity::Or } => {
                self.asm.jcc(Cc::Parity, over);
                self.asm.jcc(cc, over);
            }
            HostCond { cc, parity: Parity::AndNot } => {
                let then = self.asm.label();
                self.asm.jcc(Cc::Parity, then);
                self.asm.jcc(cc, over);
                self.asm.bind(then);
            }
        }
    }
}
