//! The usual instructions. Most of all code is of few shapes, which are known at sight and written at once, without asking of
//! each value where it is and who wants it. Everything else, and what is odd about one of these, goes the general way.

mod access;
mod leave;

use super::again::With;
use super::{Body, Generator, SCRATCH};
use crate::asm::{Alu, Shift};
use crate::flags::Form;
use crate::live::{Later, Live};
use crate::map::RegMap;
use crate::reg::{Gpr, Mem, Rm};
use crate::unit::{Addresses, trap_exit};
use ashore_ir::{Bin, Extend, FlagOp, Op, Size, Slot, SlotKind, Un, Width};

/// An operation of two operands.
#[derive(Clone, Copy)]
struct Two {
    op: Bin,
    width: Width,
    a: Slot,
    b: With,
    to: Slot,
}

/// Who reads a constant's register.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The next instruction, which finds a copy if there is one.
    Next,
    /// Somebody else.
    Far,
}

/// Whether an instruction ends before these ops.
pub(super) fn is_over(ops: &[Op]) -> bool {
    matches!(ops, [] | [Op::At(_) | Op::Goto(_) | Op::GotoCall(_), ..])
}

/// A constant that is made part by part: `ops` are what follows its first part. Gives the whole one, and what follows it.
fn whole_number(to: Slot, mut number: u64, mut ops: &[Op]) -> (u64, &[Op]) {
    loop {
        let (kept, part, from, rest) = match *ops {
            [
                Op::At(_),
                Op::Get(old),
                Op::Const(part),
                Op::Insert { from, count: 16, a, b },
                Op::Set(new, _),
                ref rest @ ..,
            ] if old == to && new == to && b.index() == a.index() + 1 => (u64::MAX, part, from, rest),
            [
                Op::At(_),
                Op::Get(old),
                Op::Extend { size: Size::B4, kind: Extend::Zero, .. },
                Op::Const(part),
                Op::Insert { from, count: 16, a, b },
                Op::Set(new, _),
                ref rest @ ..,
            ] if old == to && new == to && b.index() == a.index() + 1 => (u64::from(u32::MAX), part, from, rest),
            _ => return (number, ops),
        };
        if !is_over(rest) {
            return (number, ops);
        }
        number = number & kept & !(0xffff << from) | (part & 0xffff) << from;
        ops = rest;
    }
}

/// A constant that instructions of this width can hold.
fn short(number: u64, width: Width) -> Option<i32> {
    match width {
        Width::W64 => i32::try_from(number as i64).ok(),
        Width::W32 => Some(number as i32),
    }
}

impl Generator<'_> {
    /// Writes the instruction of the ops from `first` on, if it is a usual one; gives the op behind it.
    pub(super) fn usual(&mut self, body: Body<'_>, live: &Live, first: usize) -> Option<usize> {
        (self.free, self.pending, self.fresh, self.at) = (SCRATCH, None, None, first);
        let count = match *body.ops.get(first..)? {
            [Op::Get(a), ref rest @ ..] if a.kind == SlotKind::I64 => 1 + self.usual_of(live, a, rest)?,
            [Op::Const(number), Op::Set(to, _), ref rest @ ..] if to.kind == SlotKind::I64 && is_over(rest) => {
                let (number, rest) = whole_number(to, number, rest);
                let count = body.ops.len() - first - rest.len();
                let is_next = matches!(*rest, [Op::At(_), Op::Get(slot), ..] if slot == to);
                let reader = if is_next { Reader::Next } else { Reader::Far };
                self.usual_number(to, number, reader, live.from(first + count));
                count
            }
            // The constants of logical operations come first.
            [
                Op::Const(number),
                Op::Get(a),
                Op::Bin { op: op @ (Bin::And | Bin::Or | Bin::Xor), width, a: x, b: y },
                Op::Set(to, _),
                ref rest @ ..,
            ] if [x.index(), y.index()] == [first + 1, first]
                && self.map.int(a).is_some()
                && self.map.int(to).is_some()
                && is_over(rest) =>
            {
                let b = With::Number(short(number, width)?);
                self.usual_two(Two { op, width, a, b, to }, live.from(first + 4))?;
                4
            }
            [Op::Goto(pc) | Op::GotoCall(pc), ..] => {
                if live.from(first) == Later::Read {
                    self.store_flags();
                }
                self.go(body, pc);
                1
            }
            [Op::Get(slot), Op::Cond { cond, .. }, Op::ExitIf { pc, .. }, ..] if slot == self.map.guest.flags => {
                let host = self.host_cond(cond).ok()?;
                self.leave_if(host, pc, live.at_exit(first + 2));
                3
            }
            [Op::Trap { kind, number, next }, ..] => {
                self.store_flags();
                self.trap(trap_exit(kind, number), next);
                1
            }
            [] | [Op::At(_), ..] => 0,
            _ => return None,
        };
        Some(first + count)
    }

    /// The same, where the first op reads a general register; gives the number of the ops behind it.
    fn usual_of(&mut self, live: &Live, a: Slot, ops: &[Op]) -> Option<usize> {
        match *ops {
            [Op::Load { .. } | Op::VLoad { .. }, ..] => self.usual_load(a, ops),
            [Op::Get(b), Op::Bin { .. }, ..] | [Op::Get(b), Op::Const(_), Op::Bin { op: Bin::Shl, .. }, ..]
                if b.kind == SlotKind::I64 =>
            {
                match self.usual_index(a, b, ops) {
                    Some(count) => Some(count),
                    None => self.usual_operation(live, a, ops),
                }
            }
            [Op::Get(_), Op::Store { .. } | Op::VStore { .. }, ..]
            | [Op::Get(_), Op::Get(_), Op::Store { .. } | Op::VStore { .. }, ..]
            | [Op::Const(_), Op::Store { .. }, ..]
            | [Op::Const(_), Op::Const(_), Op::Store { .. }, ..] => self.usual_stores(a, ops),
            [Op::Jump { .. }, ..]
            | [Op::Const(_), Op::Set(..), Op::Jump { .. }, ..]
            | [Op::Const(0), Op::Compare { .. }, Op::ExitIf { .. }, ..]
            | [Op::Const(_), Op::Bin { .. }, Op::Const(0), Op::Compare { .. }, Op::ExitIf { .. }, ..] => {
                self.usual_leave(live, a, ops)
            }
            [Op::Const(number), Op::Insert { from, count, a: x, b: y }, Op::Set(to, _), ref rest @ ..]
                if to == a
                    && [x.index(), y.index()] == [self.at, self.at + 1]
                    && u32::from(from) + u32::from(count) <= 64
                    && count < 64
                    && is_over(rest) =>
            {
                self.usual_insert(to, (from, (number & ((1 << count) - 1)) << from), (count, live.from(self.at + 4)))
            }
            [Op::Set(to, _), ref rest @ ..] if to.kind == SlotKind::I64 && is_over(rest) => {
                if a != to {
                    match self.map.int(to) {
                        Some(home) => self.bring(home, a, Width::W64),
                        None => {
                            let reg = self.source(a)?;
                            self.put(to, reg);
                        }
                    }
                    self.compared_changes(to);
                }
                Some(1)
            }
            // Leading zeros of reversed bits, which nobody else sees: one instruction.
            [
                Op::Un { op: Un::ReverseBits, width, .. },
                Op::Set(reversed, _),
                Op::At(_),
                Op::Get(b),
                Op::Un { op: Un::Clz, width: same, .. },
                Op::Set(to, _),
                ref rest @ ..,
            ] if b == reversed && to == reversed && width == same && is_over(rest) => {
                let later = live.from(self.at + 7);
                let from = self.operand(a);
                let reg = self.room_for(to)?;
                self.at += 5;
                self.disturb(later);
                self.asm.tzcnt(width, reg, from);
                self.put(to, reg);
                Some(6)
            }
            [Op::Extend { size, kind, .. }, Op::Set(to, _), ref rest @ ..] if is_over(rest) => {
                let from = self.operand(a);
                let reg = self.room_for(to)?;
                self.asm.load(size, kind, reg, from);
                self.put(to, reg);
                Some(2)
            }
            [_, Op::Flags { op: FlagOp::Sub, width, .. }, Op::Set(..), ref rest @ ..] if is_over(rest) => {
                let b = self.with(ops, width)?;
                if live.from(self.at + 4) == Later::Read {
                    self.usual_comparison(width, a, b)?;
                }
                Some(3)
            }
            [_, Op::Bin { .. }, ..] => self.usual_operation(live, a, ops),
            _ => None,
        }
    }

    /// An operation of a register and what the first op is.
    fn usual_operation(&mut self, live: &Live, a: Slot, ops: &[Op]) -> Option<usize> {
        match *ops {
            [_, Op::Bin { op, width, a: x, b: y }, Op::Set(to, _), ref rest @ ..] if is_over(rest) => {
                let b = self.with(ops, width)?;
                // The operands in their order.
                if [x.index(), y.index()] != [self.at, self.at + 1] {
                    return None;
                }
                self.usual_two(Two { op, width, a, b, to }, live.from(self.at + 4))?;
                Some(3)
            }
            _ => None,
        }
    }

    /// Some bits of a register, from the first one up, become those of a constant, which are in their place.
    fn usual_insert(&mut self, to: Slot, (from, number): (u8, u64), (count, later): (u8, Later)) -> Option<usize> {
        let keep = !(((1u64 << count) - 1) << from);
        let home = self.map.int(to)?;
        self.at += 2;
        self.disturb(later);
        let part = self.take().ok()?;
        self.asm.number(part, number);
        match i32::try_from(keep as i64) {
            Ok(short) => self.asm.alu_number(Alu::And, Width::W64, home, short),
            Err(_) => {
                // All were free: there is another one.
                let mask = self.take().unwrap_or(Gpr::RAX);
                self.asm.number(mask, keep);
                self.asm.alu(Alu::And, Width::W64, home, mask);
            }
        }
        self.asm.alu(Alu::Or, Width::W64, home, part);
        self.put(to, home);
        Some(3)
    }

    /// The second operand of an operation: the first of these ops.
    fn with(&self, ops: &[Op], width: Width) -> Option<With> {
        match *ops.first()? {
            Op::Const(number) => short(number, width).map(With::Number),
            Op::Get(slot) if slot.kind == SlotKind::I64 => Some(With::Register(slot)),
            _ => None,
        }
    }

    /// A register with the value of a guest register; only to be read.
    fn source(&mut self, slot: Slot) -> Option<Gpr> {
        if let Some(home) = self.map.int(slot) {
            return Some(home);
        }
        if let Some(copy) = self.copy_of(slot) {
            self.free &= !(1 << copy.0);
            return Some(copy);
        }
        let reg = self.take().ok()?;
        self.load_slot(reg, slot).ok()?;
        Some(reg)
    }

    /// The same for the base of an access.
    fn base_of(&mut self, slot: Slot) -> Option<Gpr> {
        if self.unit.addresses == Addresses::Whole { self.source(slot) } else { None }
    }

    /// A guest register as an operand that may be memory.
    fn operand(&mut self, slot: Slot) -> Rm {
        match self.map.int(slot).or_else(|| self.copy_of(slot)) {
            Some(reg) => reg.into(),
            None => RegMap::memory(slot).into(),
        }
    }

    /// Copies a guest register; leaves the flags.
    fn bring(&mut self, reg: Gpr, slot: Slot, width: Width) {
        match self.operand(slot) {
            Rm::Reg(number) if number == reg.0 => {}
            from => self.asm.mov(width, reg, from),
        }
    }

    /// A register that a guest register's new value is computed in.
    fn room_for(&mut self, slot: Slot) -> Option<Gpr> {
        match self.map.int(slot) {
            Some(home) => Some(home),
            None if slot.kind == SlotKind::I64 => self.take().ok(),
            None => None,
        }
    }

    /// A guest register gets the value in a register: one of [`Generator::room_for`], or any if it lives in memory.
    fn put(&mut self, slot: Slot, reg: Gpr) {
        self.compared_changes(slot);
        if self.map.int(slot).is_none() {
            self.asm.store(Size::B8, RegMap::memory(slot), reg);
            self.copied(slot, Some(reg));
        }
    }

    /// Whether the flags are on the host and read there later.
    fn are_wanted(&self, later: Later) -> bool {
        later == Later::Read && self.flags.form != Form::Stored
    }

    fn usual_number(&mut self, to: Slot, number: u64, reader: Reader, later: Later) {
        self.compared_changes(to);
        match self.map.int(to) {
            // Shorter, but the host's flags are lost.
            Some(home) if number == 0 && !self.are_wanted(later) => {
                self.disturb(Later::Lost);
                self.asm.alu(Alu::Xor, Width::W32, home, home);
            }
            Some(home) => self.asm.number(home, number),
            None => match short(number, Width::W64) {
                Some(short) if reader == Reader::Far => {
                    self.asm.store_number(Size::B8, RegMap::memory(to), short);
                    self.copied(to, None);
                }
                _ => {
                    // All are free: there is one.
                    let reg = self.take().unwrap_or(Gpr::RAX);
                    self.asm.number(reg, number);
                    self.put(to, reg);
                }
            },
        }
    }

    fn usual_two(&mut self, two: Two, later: Later) -> Option<()> {
        let Two { op, a, b, to, .. } = two;
        self.at += 2;
        match (op, b) {
            (Bin::Add, With::Number(number)) => self.usual_sum(two, number, later),
            (Bin::Sub, With::Number(number)) => self.usual_sum(two, number.checked_neg()?, later),
            (Bin::And | Bin::Or | Bin::Xor, With::Number(number)) => {
                let reg = self.room_for(to)?;
                self.disturb(later);
                self.bring(reg, a, two.width);
                self.asm.alu_number(alu(op)?, two.width, reg, number);
                self.put(to, reg);
                Some(())
            }
            (Bin::Shl | Bin::Shr | Bin::Sar, With::Number(number)) if number != 0 => {
                let reg = self.room_for(to)?;
                self.disturb(later);
                self.bring(reg, a, two.width);
                let op = match op {
                    Bin::Shl => Shift::Shl,
                    Bin::Shr => Shift::Shr,
                    _ => Shift::Sar,
                };
                self.asm.shift(op, two.width, reg, number as u8 & (two.width.bits() as u8 - 1));
                self.put(to, reg);
                Some(())
            }
            (_, With::Register(b)) => self.usual_registers(two, b, later),
            _ => None,
        }
    }

    /// A register and a constant.
    fn usual_sum(&mut self, two: Two, number: i32, later: Later) -> Option<()> {
        let Two { width, a, to, .. } = two;
        let is_quiet = !self.are_wanted(later);
        match self.map.int(to) {
            Some(home) if a == to && is_quiet => {
                self.disturb(later);
                self.asm.alu_number(Alu::Add, width, home, number);
            }
            None if a == to && is_quiet && width == Width::W64 && self.copy_of(a).is_none() => {
                self.disturb(later);
                self.asm.alu_number(Alu::Add, width, RegMap::memory(to), number);
                self.compared_changes(to);
                self.copied(to, None);
                return Some(());
            }
            _ => {
                let base = self.source(a)?;
                let reg = self.room_for(to)?;
                match number {
                    0 => self.asm.mov(width, reg, base),
                    number => self.asm.lea(width, reg, Mem::at(base, number)),
                }
                self.put(to, reg);
                return Some(());
            }
        }
        self.compared_changes(to);
        Some(())
    }

    /// Two registers.
    fn usual_registers(&mut self, two: Two, b: Slot, later: Later) -> Option<()> {
        let Two { op, width, a, to, .. } = two;
        let code = alu(op)?;
        if op == Bin::Add && (self.are_wanted(later) || (a != to && b != to)) {
            let (x, y) = (self.source(a)?, self.source(b)?);
            let reg = self.room_for(to)?;
            self.asm.lea(width, reg, Mem { base: x, index: Some((y, 0)), disp: 0 });
            self.put(to, reg);
            return Some(());
        }
        if op == Bin::Sub && self.are_wanted(later) && !self.can_wait() {
            // `a + !b + 1` leaves the flags, which storing would cost more than this.
            let x = self.source(a)?;
            let y = self.take().ok()?;
            self.bring(y, b, width);
            self.asm.form(crate::asm::Form::Not, width, y);
            self.put_back(y);
            let reg = self.room_for(to)?;
            self.asm.lea(width, reg, Mem { base: x, index: Some((y, 0)), disp: 1 });
            self.put(to, reg);
            return Some(());
        }
        let (a, b) = match b == to && a != to {
            true if op == Bin::Sub => return None,
            true => (b, a),
            false => (a, b),
        };
        let other = self.operand(b);
        if let Rm::Reg(number) = other {
            self.free &= !(1 << number & SCRATCH);
        }
        let reg = self.room_for(to)?;
        self.disturb(later);
        self.bring(reg, a, width);
        self.asm.alu(code, width, reg, other);
        self.put(to, reg);
        Some(())
    }

    fn usual_comparison(&mut self, width: Width, a: Slot, b: With) -> Option<()> {
        self.at += 2;
        let source = self.comparison_of(width, a, b);
        match b {
            With::Number(number) => {
                let x = self.operand(a);
                self.disturb(Later::Lost);
                match (number, x) {
                    // The same flags.
                    (0, Rm::Reg(x)) => self.asm.test(width, Gpr(x), Gpr(x)),
                    _ => self.asm.alu_number(Alu::Cmp, width, x, number),
                }
            }
            With::Register(b) => {
                let (x, y) = (self.source(a)?, self.operand(b));
                self.disturb(Later::Lost);
                self.asm.alu(Alu::Cmp, width, x, y);
            }
        }
        self.flags = super::Flags { form: Form::Sub, stored: false };
        (self.compared, self.source, self.again) = (source, source, None);
        Some(())
    }
}

/// The operations that have one instruction for it.
fn alu(op: Bin) -> Option<Alu> {
    Some(match op {
        Bin::Add => Alu::Add,
        Bin::Sub => Alu::Sub,
        Bin::And => Alu::And,
        Bin::Or => Alu::Or,
        Bin::Xor => Alu::Xor,
        _ => return None,
    })
}
