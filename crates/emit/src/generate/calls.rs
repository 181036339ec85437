//! Calls and returns: what the host foresees of them.
//!
//! A call leaves two words on the thread's stack of returns: the guest's address of what is behind it, and below it the host's,
//! by a call of the host's. Where the guest returns to the address that the last call left, the host does the same, and has
//! known before. Where it does not (it has switched stacks, or unwound), nothing on that stack is believed any more.
//!
//! Whatever there is stays right: behind a call stands a jump to the code of that guest address, wherever that is now.

use super::{Body, Done, Generator, Refused, StubTo};
use crate::asm::{Alu, Asm};
use crate::flags::Form;
use crate::gates;
use crate::reg::{Cc, Gpr, Mem};
use crate::unit::{Exit, ExitKind, MarkKind};
use ashore_ir::{Op, Slot, Width};

/// Where a call returns, and the guest register that was told.
#[derive(Clone, Copy)]
pub(super) struct Back {
    pub(super) pc: u64,
    pub(super) slot: Slot,
}

impl Generator<'_> {
    /// Where the op at hand, which calls, returns: the constant that was put into a register right before.
    pub(super) fn return_of(&self, body: Body<'_>) -> Option<Back> {
        let Some(&Op::Set(slot, value)) = body.ops.get(self.at.checked_sub(1)?) else { return None };
        match body.block.op(value) {
            Some(&Op::Const(pc)) => Some(Back { pc, slot }),
            _ => None,
        }
    }

    /// Ends with the op at hand, which goes to a constant address; the flags are stored or not needed.
    pub(super) fn go(&mut self, body: Body<'_>, pc: u64) {
        match (body.ops.get(self.at), self.return_of(body)) {
            (Some(Op::GotoCall(_)), Some(back)) => {
                self.go_outside();
                self.leave_back(back);
                let number = self.exit(Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 });
                self.link_by(Asm::call, number, pc);
                self.come_back(back);
            }
            (Some(Op::GotoCall(_)), None) => self.goto(pc),
            _ => {
                if self.is_counted(pc) {
                    self.count(pc);
                }
                self.goto(pc);
            }
        }
    }

    /// Calls the address in `rax`. Registers are where the outside has them.
    pub(super) fn call_there(&mut self, back: Back) -> Done {
        self.leave_back(back);
        let there = gates::look(self.map.guest.align_log2, self.asm).ok_or(Refused)?;
        let (missed, behind) = (self.asm.label(), self.asm.label());
        self.asm.jcc(Cc::NotEqual, missed);
        self.stub(missed, Form::Stored, StubTo::Called(behind), self.pc);
        self.asm.call_rm(there);
        self.asm.bind(behind);
        self.come_back(back);
        Ok(())
    }

    /// Returns to the address in `rax`. Registers are where the outside has them.
    pub(super) fn return_there(&mut self) {
        self.asm.alu(Alu::Cmp, Width::W64, Gpr::RAX, Mem::at(Gpr::RSP, 8));
        self.asm.jcc_to(Cc::NotEqual, self.distance_to(self.place.gates.lost));
        self.asm.ret();
    }

    /// Leaves the guest's address of what is behind a call, and `rax` as it is. Registers are where the outside has them.
    fn leave_back(&mut self, back: Back) {
        match (self.unit.outside.int(back.slot), i32::try_from(back.pc)) {
            (Some(reg), _) => self.asm.push(reg),
            (None, Ok(short)) => self.asm.push_number(short),
            (None, Err(_)) => {
                self.asm.number(Gpr::RCX, back.pc);
                self.asm.push(Gpr::RCX);
            }
        }
    }

    /// What is behind a call: on to the code of its guest address.
    fn come_back(&mut self, back: Back) {
        self.copies = Default::default();
        self.asm.forget();
        let old = core::mem::replace(&mut self.pc, back.pc);
        self.mark(MarkKind::Between);
        self.asm.pop(Gpr::RCX);
        let number = self.exit(Exit { kind: ExitKind::Goto, pc: back.pc, site: 0, resume: 0 });
        self.link(number, back.pc);
        self.pc = old;
    }
}
