//! Leaving a part: to another one, to other code, to the engine.

use super::calls::Back;
use super::{Body, Done, Flags, Generator, Loc, Refused, StubTo};
use crate::asm::{Asm, Label, ops};
use crate::flags::{self, Form, HostCond, Parity};
use crate::gates;
use crate::live::{Later, Live};
use crate::map::RegMap;
use crate::reg::{Cc, Gpr};
use crate::unit::{COUNTER_LEN, Exit, ExitKind, MarkKind, trap_exit};
use ashore_ir::{Extend, Jump, Op, Size, Value, Width};

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
                self.go(body, pc);
                Ok(())
            }
            Op::Jump { kind, target } => self.jump(body, live, (kind, target)),
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

    /// Whether a jump to an address is counted: one that closes a loop, out of a block.
    pub(super) fn is_counted(&self, pc: u64) -> bool {
        self.place.counter.is_some() && pc <= self.pc
    }

    /// Counts a jump to an address; leaves instead when it was made often. The host's flags are lost.
    pub(super) fn count(&mut self, pc: u64) {
        let Some(first) = self.place.counter else { return };
        let before = self.exits.iter().filter(|exit| exit.kind == ExitKind::Hot).count();
        let counter = first + before as u32 * COUNTER_LEN;
        self.asm.count_down(counter as i32 - self.place.base as i32);
        let number = self.exit(Exit { kind: ExitKind::Hot, pc, site: 0, resume: counter });
        let label = self.asm.label();
        self.asm.jcc(Cc::Equal, label);
        self.stub(label, Form::Stored, StubTo::Exit(number), pc);
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
    pub(super) fn link(&mut self, number: usize, pc: u64) {
        self.link_by(Asm::jmp, number, pc);
    }

    /// A jump or call that can be linked, to the stub that leaves.
    pub(super) fn link_by(&mut self, write: fn(&mut Asm, Label), number: usize, pc: u64) {
        let label = self.asm.label();
        self.keep_in_line(1);
        let site = self.asm.here() + 1;
        write(self.asm, label);
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
        let is_counted = self.is_counted(pc);
        match self.part_at(pc) {
            Some(index) if !needs && !is_counted && self.map_of(index) == self.map_number => {
                let label = self.parts[index];
                self.jump_if(host, |this, cc| this.asm.jcc(cc, label));
            }
            None if !needs && !is_counted && self.is_same => {
                let number = self.exit(Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 });
                self.link_if(host, number, pc);
            }
            part => {
                let label = self.asm.label();
                let exit = Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 };
                let to = match part {
                    Some(index) => StubTo::Part(index),
                    None if is_counted => StubTo::Counted(self.exit(exit)),
                    None => StubTo::Jump(self.exit(exit)),
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
    fn jump(&mut self, body: Body<'_>, live: &mut Live, (kind, target): (Jump, Value)) -> Done {
        if live.flags(self.at) {
            self.store_flags();
        }
        self.copy_to(body, live, (Gpr::RAX, target, Width::W64))?;
        self.jump_on(kind, self.return_of(body))
    }

    /// To the address in `rax`, and if that is a call to come back; the flags are stored or not needed.
    pub(super) fn jump_on(&mut self, kind: Jump, back: Option<Back>) -> Done {
        self.flags = Flags::STORED;
        self.go_outside();
        match (kind, back) {
            (Jump::Return, _) => self.return_there(),
            (Jump::Call, Some(back)) => return self.call_there(back),
            _ => {
                let there = gates::look(self.map.guest.align_log2, self.asm).ok_or(Refused)?;
                self.asm.jcc_to(Cc::NotEqual, self.distance_to(self.place.gates.miss));
                self.asm.jmp_rm(there);
            }
        }
        Ok(())
    }

    /// How far a gate is from the unit's first byte.
    pub(super) fn distance_to(&self, gate: u32) -> i32 {
        gate as i32 - self.place.base as i32
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
    pub(super) fn trap(&mut self, exit: u64, next: u64) {
        self.go_outside();
        self.asm.number(Gpr::RAX, next);
        self.asm.store(Size::B8, RegMap::memory(self.map.guest.pc), Gpr::RAX);
        self.asm.number(Gpr::RAX, exit);
        self.asm.jmp_to(self.distance_to(self.place.gates.leave));
    }

    fn leave_with(&mut self, number: usize) {
        self.asm.short_number(Gpr::RAX, self.place.first_exit + number as u32);
        self.asm.jmp_to(self.distance_to(self.place.gates.leave));
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
                StubTo::Called(back) => {
                    self.asm.call_to(self.distance_to(self.place.gates.miss));
                    self.asm.jmp(back);
                }
                StubTo::Part(index) => {
                    self.count(stub.pc);
                    self.go_to_map_of(index);
                    let label = self.parts[index];
                    self.asm.jmp(label);
                }
                StubTo::Jump(number) => {
                    self.go_outside();
                    self.link(number, stub.pc);
                }
                StubTo::Counted(number) => {
                    self.count(stub.pc);
                    self.go_outside();
                    self.link(number, stub.pc);
                }
                StubTo::Inside(number) => {
                    self.go_outside();
                    self.leave_with(number);
                }
                StubTo::Exit(number) => match self.exits.get_mut(number).filter(|exit| exit.kind == ExitKind::Goto) {
                    Some(exit) => {
                        exit.resume = place;
                        self.asm.call_to(self.distance_to(self.place.gates.called));
                    }
                    None => self.leave_with(number),
                },
            }
        }
    }
}
