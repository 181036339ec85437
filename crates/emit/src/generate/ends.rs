//! Leaving a part: to another one, to other code, to the engine.

use super::{Body, Done, Flags, Generator, Loc, Refused, StubTo};
use crate::asm::{Alu, ops};
use crate::flags::{self, Form, HostCond, Parity};
use crate::gates::{jump_entry, jump_mask};
use crate::live::{Later, Live};
use crate::map::RegMap;
use crate::reg::{Cc, Gpr};
use crate::unit::{Exit, ExitKind, MarkKind, trap_exit};
use ashore_ir::{Extend, Op, Size, Value, Width};

/// The bytes within which a store is atomic.
const LINE: u32 = 64;

impl Generator<'_> {
    pub(super) fn end(&mut self, body: Body<'_>, live: &mut Live, op: &Op) -> Done {
        match *op {
            Op::ExitIf { cond, pc } => self.exit_if(body, live, cond, pc),
            Op::Goto(pc) | Op::GotoCall(pc) => {
                if live.flags(self.at) {
                    self.store_flags();
                }
                self.goto(pc);
                Ok(())
            }
            Op::Jump { target, .. } => self.jump(body, live, target),
            Op::Trap { kind, number, next } => {
                self.store_flags();
                self.trap(trap_exit(kind, number), next);
                Ok(())
            }
            _ => Err(Refused),
        }
    }

    /// Where a jump to an address goes: to a part, if it is one's.
    fn part_at(&self, pc: u64) -> Option<usize> {
        self.unit.parts.binary_search_by_key(&pc, |part| part.pc).ok()
    }

    /// Goes on at a constant address; the flags are stored or not needed.
    pub(super) fn goto(&mut self, pc: u64) {
        match self.part_at(pc) {
            Some(index) => {
                self.go_to_map_of(index);
                // The next part begins here.
                if index != self.current + 1 {
                    let label = self.parts[index];
                    self.asm.jmp(label);
                }
            }
            None => {
                self.go_outside();
                let number = self.exit(Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 });
                self.link(number, pc);
            }
        }
    }

    /// A jump that can be linked, to the stub that leaves.
    fn link(&mut self, number: usize, pc: u64) {
        let label = self.asm.label();
        self.keep_in_line(1);
        let site = self.asm.here() + 1;
        self.asm.jmp(label);
        if let Some(exit) = self.exits.get_mut(number) {
            exit.site = site;
        }
        self.stub(label, Form::Stored, StubTo::Exit(number), pc);
    }

    /// Puts instructions that do nothing before a jump, so that its distance can be replaced by one store.
    fn keep_in_line(&mut self, opcode: u32) {
        while (self.place.base + self.asm.here() + opcode) % LINE > LINE - 4 {
            self.asm.byte(0x90);
        }
    }

    fn exit_if(&mut self, body: Body<'_>, live: &mut Live, cond: Value, pc: u64) -> Done {
        let host = match self.loc(cond) {
            Loc::Number(0) => {
                self.used(live, cond);
                return Ok(());
            }
            Loc::Cond(flag) => self.host_cond(flag)?,
            Loc::HostCond(host) => host,
            _ => {
                let reg = self.gpr(body, live, cond)?;
                self.clobber(live)?;
                self.asm.test(Width::W64, reg, reg);
                Cc::NotEqual.into()
            }
        };
        self.used(live, cond);
        self.leave_if(host, pc, live.at_exit(self.at));
        Ok(())
    }

    /// Leaves to a constant address if a condition holds; `later` is what becomes of the flags there.
    pub(super) fn leave_if(&mut self, host: HostCond, pc: u64, later: Later) {
        let needs = self.flags.form != Form::Stored && !self.flags.stored && later == Later::Read;
        match self.part_at(pc) {
            Some(index) if !needs && self.map_of(index) == self.map_number => {
                let label = self.parts[index];
                self.jump_if(host, |this, cc| this.asm.jcc(cc, label));
            }
            None if !needs && self.is_same => {
                let number = self.exit(Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 });
                self.link_if(host, number, pc);
            }
            part => {
                let label = self.asm.label();
                let to = match part {
                    Some(index) => StubTo::Part(index),
                    None => StubTo::Jump(self.exit(Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 })),
                };
                let flags = if needs { self.flags.form } else { Form::Stored };
                self.stub(label, flags, to, pc);
                self.jump_if(host, |this, cc| this.asm.jcc(cc, label));
            }
        }
    }

    fn jump_if(&mut self, host: HostCond, jump: impl Fn(&mut Self, Cc)) {
        match host.parity {
            Parity::Ignored => jump(self, host.cc),
            Parity::Or => {
                jump(self, Cc::Parity);
                jump(self, host.cc);
            }
            Parity::AndNot => {
                let over = self.asm.label();
                self.asm.jcc(Cc::Parity, over);
                jump(self, host.cc);
                self.asm.bind(over);
            }
        }
    }

    /// A conditional jump that can be linked.
    fn link_if(&mut self, host: HostCond, number: usize, pc: u64) {
        let label = self.asm.label();
        match host.parity {
            Parity::Ignored => self.link_cc(host.cc, number, label),
            Parity::AndNot => {
                let over = self.asm.label();
                self.asm.jcc(Cc::Parity, over);
                self.link_cc(host.cc, number, label);
                self.asm.bind(over);
            }
            Parity::Or => {
                // Two jumps: to a jump of their own.
                let there = self.asm.label();
                self.asm.jcc(Cc::Parity, there);
                self.asm.jcc(host.cc, there);
                self.stub(there, Form::Stored, StubTo::Jump(number), pc);
                return;
            }
        }
        self.stub(label, Form::Stored, StubTo::Exit(number), pc);
    }

    fn link_cc(&mut self, cc: Cc, number: usize, label: crate::asm::Label) {
        self.keep_in_line(2);
        let site = self.asm.here() + 2;
        self.asm.jcc(cc, label);
        if let Some(exit) = self.exits.get_mut(number) {
            exit.site = site;
        }
    }

    /// To an address computed at run time: by the jump cache, else by the engine.
    fn jump(&mut self, body: Body<'_>, live: &mut Live, target: Value) -> Done {
        if live.flags(self.at) {
            self.store_flags();
        }
        self.copy_to(body, live, (Gpr::RAX, target, Width::W64))?;
        self.flags = Flags::STORED;
        self.go_outside();
        // The entry of an address: its lowest bits that differ between instructions.
        let align = self.map.guest.align_log2;
        self.asm.mov(Width::W32, Gpr::RCX, Gpr::RAX);
        self.asm.alu_number(Alu::And, Width::W32, Gpr::RCX, jump_mask(align));
        let at = jump_entry(self.asm, align, Gpr::RCX).ok_or(Refused)?;
        self.asm.alu(Alu::Cmp, Width::W64, Gpr::RAX, at(0));
        self.asm.jcc_to(Cc::NotEqual, self.place.gates.miss as i32 - self.place.base as i32);
        self.asm.jmp_rm(at(8));
        Ok(())
    }

    /// Leaves to the engine; it may resume behind.
    pub(super) fn leave(&mut self, kind: ExitKind) {
        self.go_outside();
        let number = self.exit(Exit { kind, pc: self.pc, site: 0, resume: 0 });
        self.leave_with(number);
        let resume = self.asm.here();
        self.copies = Default::default();
        self.asm.forget();
        if let Some(exit) = self.exits.last_mut() {
            exit.resume = resume;
        }
        // What follows begins with the guest's state in place.
        if let ExitKind::Eval { next } = kind
            && next != 0
        {
            let old = core::mem::replace(&mut self.pc, next);
            self.flags = Flags::STORED;
            self.upper = [super::Upper::Unknown; 16];
            self.go_inside();
            self.pc = old;
        }
    }

    /// Leaves with a trap: whoever answers it finds everything in the state.
    fn trap(&mut self, exit: u64, next: u64) {
        self.go_outside();
        self.asm.number(Gpr::RAX, next);
        self.asm.store(Size::B8, RegMap::memory(self.map.guest.pc), Gpr::RAX);
        self.asm.number(Gpr::RAX, exit);
        self.asm.jmp_to(self.place.gates.leave as i32 - self.place.base as i32);
    }

    fn leave_with(&mut self, number: usize) {
        self.asm.number(Gpr::RAX, u64::from(self.place.first_exit) + number as u64);
        self.asm.jmp_to(self.place.gates.leave as i32 - self.place.base as i32);
    }

    /// From the map of the outside to that of the unit.
    pub(super) fn go_inside(&mut self) {
        if !self.is_same {
            self.change_map(self.unit.outside, self.map);
        }
    }

    /// From the map of the unit to that of the outside. Leaves the host's flags.
    pub(super) fn go_outside(&mut self) {
        if !self.is_same {
            self.change_map(self.map, self.unit.outside);
        }
    }

    /// From the map of the part at hand to that of another part.
    fn go_to_map_of(&mut self, part: usize) {
        let number = self.map_of(part);
        if number != self.map_number {
            let to = self.unit.maps.get(usize::from(number)).unwrap_or(self.unit.outside);
            self.change_map(self.map, to);
        }
    }

    fn change_map(&mut self, from: &RegMap, to: &RegMap) {
        self.mark(MarkKind::Between);
        for (reg, slot) in from.ints() {
            if to.int(slot) != Some(reg) {
                self.asm.store(Size::B8, RegMap::memory(slot), reg);
            }
        }
        for (reg, slot) in from.vectors() {
            if to.vector(slot) != Some(reg) {
                self.asm.v2(ops::MOVUPS_STORE, reg, RegMap::memory(slot));
            }
        }
        for (reg, slot) in to.ints() {
            if from.int(slot) != Some(reg) {
                self.asm.load(Size::B8, Extend::Zero, reg, RegMap::memory(slot));
            }
        }
        for (reg, slot) in to.vectors() {
            if from.vector(slot) != Some(reg) {
                self.asm.v2(ops::MOVUPS, reg, RegMap::memory(slot));
            }
        }
    }

    /// Writes what is behind all parts.
    pub(crate) fn finish(&mut self) {
        let mut next = 0;
        while let Some(&stub) = self.stubs.get(next) {
            next += 1;
            self.use_map(stub.map);
            self.asm.bind(stub.label);
            let place = self.asm.here();
            self.pc = stub.pc;
            self.flags = Flags { form: stub.flags, stored: stub.flags == Form::Stored };
            self.mark(MarkKind::Between);
            flags::store(self.asm, stub.flags, self.map.guest.flags);
            self.flags = Flags::STORED;
            match stub.to {
                StubTo::Part(index) => {
                    self.go_to_map_of(index);
                    let label = self.parts[index];
                    self.asm.jmp(label);
                }
                StubTo::Jump(number) => {
                    self.go_outside();
                    self.link(number, stub.pc);
                }
                StubTo::Inside(number) => {
                    self.go_outside();
                    self.leave_with(number);
                }
                StubTo::Exit(number) => {
                    if let Some(exit) = self.exits.get_mut(number).filter(|exit| exit.kind == ExitKind::Goto) {
                        exit.resume = place;
                    }
                    self.leave_with(number);
                }
            }
        }
    }
}
