//! What instructions do, for every CPU whose instructions are lifted: an instruction is run by the evaluator over a copy of the
//! registers, and a memory that only listens tells what it reaches. What lifting does not say is the CPU's own to tell.

use crate::lift::{Lifter, Next};
use crate::meaning::{Access, Class, Formula, Instruction, Meanings, Peek, Role, Way};
use crate::{Registers, Texts};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_ir::{Block, Evaluator, Exit, Fault, Jump, Memory, Op, Order, Size, Trap};

/// What only the CPU itself knows of its instructions.
pub(crate) trait Rest: Send + Sync {
    /// What an instruction that cannot be lifted is, its text where it has one of its own, and the features that it needs.
    fn refused(&self, bytes: &[u8]) -> (Class, Option<String>, Vec<String>);

    /// The features that one needs that can be lifted.
    fn needs(&self, bytes: &[u8]) -> Vec<String>;

    /// What a breakpoint of this number is: compilers stop programs by some.
    fn breakpoint(&self, number: u16) -> Class;

    /// The register by which instructions ask where thread-local memory is.
    fn thread_pointer(&self) -> &'static str;
}

/// The meanings of a CPU's instructions.
pub(crate) struct Lifted {
    lifter: Box<dyn Lifter>,
    texts: Box<dyn Texts>,
    rest: Box<dyn Rest>,
}

impl Lifted {
    pub(crate) fn new(lifter: Box<dyn Lifter>, texts: Box<dyn Texts>, rest: Box<dyn Rest>) -> Lifted {
        Lifted { lifter, texts, rest }
    }

    /// The instruction as a block, ended.
    fn block(&self, at: Addr, bytes: &[u8]) -> Option<(Block, usize)> {
        let mut block = Block::new();
        let lifted = self.lifter.lift(&mut block, at, bytes)?;
        let len = usize::from(lifted.length);
        if lifted.next != Next::Ends {
            block.push(Op::Goto(at.0.wrapping_add(len as u64)));
        }
        Some((block, len))
    }

    /// Runs an instruction: how it was left, what it reached, the state behind it.
    fn run(&self, block: &Block, regs: &Registers, peek: Peek<'_>) -> (Exit, Vec<Reached>, Vec<u8>) {
        let model = self.lifter.model();
        let mut state = vec![0; model.layout().size];
        regs.put(&mut state);
        let mut listener = Listener { lifter: &*self.lifter, peek, reached: Vec::new() };
        let exit = Evaluator::new().run(block, &mut state, &mut listener, model);
        (exit, listener.reached, state)
    }
}

impl Meanings for Lifted {
    fn read(&self, at: Addr, bytes: &[u8]) -> Option<Instruction> {
        let (block, len) = self.block(at, bytes)?;
        let bytes = bytes.get(..len)?;
        let mut found = Instruction::unread(bytes, at);
        let text = self.texts.line(at, bytes).and_then(|line| line.text);
        let next = at.0.wrapping_add(len as u64);
        (found.class, found.target) = class(&block, next);
        found.text = text.unwrap_or_else(|| "(bad)".to_owned());
        if found.class == Class::Invalid {
            let (class, text, needs) = self.rest.refused(bytes);
            found.class = class;
            found.needs = needs;
            found.text = text.unwrap_or(found.text);
        } else {
            found.needs = self.rest.needs(bytes);
        }
        if let Some(Op::Trap { kind: Trap::Break, number, .. }) = block.ops().last() {
            found.class = self.rest.breakpoint(*number);
        }
        found.is_thread_local = found.text.contains(self.rest.thread_pointer());
        Some(found)
    }

    fn resolve(&self, found: &mut Instruction, regs: &Registers, peek: Peek<'_>) {
        let Some((block, _)) = self.block(found.at, &found.bytes) else { return };
        let (exit, mut reached, state) = self.run(&block, regs, peek);
        let formula = formula(&found.text, regs);
        if let Exit::Misaligned(fault) = exit {
            reached = vec![Reached::refused(fault, &block)];
        }
        // An exclusive store that nobody prepared reaches nothing.
        let base = formula.as_ref().and_then(|formula| formula.registers.first());
        if reached.is_empty()
            && let Some((_, base)) = base
            && let Some(size) = block.ops().iter().find_map(exclusive)
        {
            reached.push(Reached { way: Way::Store, at: *base, len: size.bytes() as u64, align: None, value: 0 });
        }
        let store = reached.iter().find(|one| one.way == Way::Store);
        let is_own =
            |value: u64| formula.as_ref().is_some_and(|formula| formula.registers.iter().all(|(_, v)| *v == value));
        found.constant = store.filter(|one| one.value == one.at && is_own(one.at)).map(|one| one.value);
        found.accesses = reached.iter().map(|one| one.access(&*self.lifter, formula.as_ref())).collect();
        if found.target.is_none() && matches!(found.class, Class::Call | Class::Jump | Class::Return) {
            found.target = Some(Addr(regs.taken(&state).pc()));
        }
    }

    fn after(&self, found: &Instruction, regs: &Registers) -> Registers {
        let nothing: Peek<'_> = &|_, _| false;
        match self.block(found.at, &found.bytes) {
            Some((block, _)) => regs.taken(&self.run(&block, regs, nothing).2),
            None => *regs,
        }
    }
}

/// What a block of one instruction is, and where it leads when that does not hang on a register.
fn class(block: &Block, next: u64) -> (Class, Option<Addr>) {
    let mut branch = None;
    for op in block.ops() {
        match *op {
            Op::ExitIf { pc, .. } => branch = Some(Addr(pc)),
            Op::Goto(pc) if pc != next && branch.is_none() => return (Class::Jump, Some(Addr(pc))),
            Op::GotoCall(pc) => return (Class::Call, Some(Addr(pc))),
            Op::Jump { kind: Jump::Call, .. } => return (Class::Call, None),
            Op::Jump { kind: Jump::Return, .. } => return (Class::Return, None),
            Op::Jump { kind: Jump::Plain, .. } => return (Class::Jump, None),
            Op::Trap { kind: Trap::Call, .. } => return (Class::SystemCall, None),
            Op::Trap { kind: Trap::Break, .. } => return (Class::Breakpoint, None),
            Op::Trap { kind: Trap::Illegal, .. } => return (Class::Invalid, None),
            _ => {}
        }
    }
    (if branch.is_some() { Class::Branch } else { Class::Plain }, branch)
}

fn exclusive(op: &Op) -> Option<Size> {
    if let Op::StoreExclusive { size, .. } = op { Some(*size) } else { None }
}

/// The size of an access that must be aligned.
fn aligned(op: &Op) -> Option<Size> {
    match *op {
        Op::CompareSwap { size, .. }
        | Op::Rmw { size, .. }
        | Op::LoadExclusive { size, .. }
        | Op::StoreExclusive { size, .. } => Some(size),
        Op::Load { size, order, .. } | Op::Store { size, order, .. } if order != Order::Plain => Some(size),
        _ => None,
    }
}

/// How the address is made, as the text has it between brackets; the whole operand where there are none but registers.
fn formula(text: &str, regs: &Registers) -> Option<Formula> {
    let start = text.find('[')?;
    let end = text.get(start..)?.find(']')?.checked_add(start)?;
    let text = text.get(start..=end)?;
    let mut registers: Vec<(&'static str, u64)> = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        if let Some(found) = regs.whole(word).filter(|found| !registers.contains(found)) {
            registers.push(found);
        }
    }
    Some(Formula { text: text.to_owned(), registers })
}

/// A piece of memory that an instruction reached.
struct Reached {
    way: Way,
    at: u64,
    len: u64,
    align: Option<u64>,
    /// What was stored: the low bytes of it.
    value: u64,
}

impl Reached {
    /// What was refused because it is not aligned.
    fn refused(fault: Fault, block: &Block) -> Reached {
        let size = block.ops().iter().find_map(aligned).map(|size| size.bytes() as u64);
        let way = if fault.access == ashore_ir::Access::Read { Way::Load } else { Way::Store };
        Reached { way, at: fault.addr, len: size.unwrap_or(1), align: size, value: 0 }
    }

    fn access(&self, lifter: &dyn Lifter, formula: Option<&Formula>) -> Access {
        let plain = || Formula { text: format!("[{:#x}]", self.at), registers: Vec::new() };
        Access {
            way: self.way,
            role: Role::Operand,
            at: Addr(lifter.place(self.at)),
            len: self.len,
            formula: formula.cloned().unwrap_or_else(plain),
            align: self.align,
        }
    }
}

/// Memory that is read, never written, and tells what was wanted of it.
struct Listener<'a> {
    lifter: &'a dyn Lifter,
    peek: Peek<'a>,
    reached: Vec<Reached>,
}

impl Listener<'_> {
    fn note(&mut self, way: Way, at: u64, size: Size, value: u128) {
        let len = size.bytes() as u64;
        // Instructions that reach several words one behind the other reach one piece.
        match self.reached.last_mut() {
            Some(last) if last.way == way && last.at.wrapping_add(last.len) == at => last.len += len,
            Some(last) if last.way == Way::Load && way == Way::Store && last.at == at => last.way = Way::Both,
            _ => self.reached.push(Reached { way, at, len, align: None, value: value as u64 }),
        }
    }

    fn value(&self, at: u64, size: Size) -> u128 {
        let mut bytes = [0; 16];
        let Some(part) = bytes.get_mut(..size.bytes()) else { return 0 };
        if (self.peek)(Addr(self.lifter.place(at)), part) { u128::from_le_bytes(bytes) } else { 0 }
    }
}

impl Memory for Listener<'_> {
    fn load(&mut self, at: u64, size: Size) -> Result<u128, Fault> {
        self.note(Way::Load, at, size, 0);
        Ok(self.value(at, size))
    }

    fn store(&mut self, at: u64, size: Size, value: u128) -> Result<(), Fault> {
        self.note(Way::Store, at, size, value);
        Ok(())
    }

    fn compare_swap(&mut self, at: u64, size: Size, [old, _]: [u128; 2]) -> Result<u128, Fault> {
        self.note(Way::Store, at, size, 0);
        // Whatever is there: who compares is told that it is what it wanted.
        Ok(old)
    }

    fn fence(&mut self) {}

    fn invalidate(&mut self, _: u64, _: u64) {}

    fn counter(&mut self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aarch64::{Regs, meanings};

    const AT: Addr = Addr(0x40_1000);

    /// One line: the text, the class, what is reached, with x1 = 0x7000, x2 = 3, x3 a pointer with a tag, x30 = 0x40_2000.
    fn line(word: u32) -> String {
        let mut regs = Regs { pc: AT.0, sp: 0x7000, ..Regs::default() };
        (regs.x[1], regs.x[2], regs.x[3], regs.x[30]) = (0x7000, 3, 0x5500_0000_0000_7000, 0x40_2000);
        regs.x[4] = 0xfa;
        let means = meanings();
        let mut found = means.read(AT, &word.to_le_bytes()).unwrap();
        means.resolve(&mut found, &regs.into(), &|_, into| {
            into.fill(0x11);
            true
        });
        let mut line = format!("{} {:?}", found.text, found.class);
        for access in &found.accesses {
            line.push_str(&format!("; {:?} {} {access}", access.way, access.len));
            if let Some(rest) = access.misaligned_by() {
                line.push_str(&format!(" off by {rest}"));
            }
        }
        for (what, value) in [("to", found.target.map(|to| to.0)), ("stores", found.constant)] {
            if let Some(value) = value {
                line.push_str(&format!("; {what} {value:#x}"));
            }
        }
        if !found.needs.is_empty() {
            line.push_str(&format!("; needs {}", found.needs.join(" ")));
        }
        line
    }

    #[test]
    fn operands_are_resolved() {
        let cases: &[(u32, &str)] = &[
            (0xf940_0420, "ldr x0, [x1, #8] Plain; Load 8 [x1, #8] with x1 = 0x7000 -> 0x7008"),
            (
                0xb822_7820,
                "str w0, [x1, x2, lsl #2] Plain; Store 4 [x1, x2, lsl #2] with x1 = 0x7000, x2 = 0x3 -> 0x700c",
            ),
            (0xa9bf_7bfd, "stp x29, x30, [sp, #-16]! Plain; Store 16 [sp, #-16] with sp = 0x7000 -> 0x6ff0"),
            (0xf940_0060, "ldr x0, [x3] Plain; Load 8 [x3] with x3 = 0x5500000000007000 -> 0x7000"),
            (0xf900_0084, "str x4, [x4] Plain; Store 8 [x4] with x4 = 0xfa -> 0xfa; stores 0xfa"),
            (0xc85f_fc40, "ldaxr x0, [x2] Plain; Load 8 [x2] with x2 = 0x3 -> 0x3 off by 3"),
            (0xf820_0020, "ldadd x0, x0, [x1] Plain; Both 8 [x1] with x1 = 0x7000 -> 0x7000; needs atomics"),
            (0xd63f_0020, "blr x1 Call; to 0x7000"),
            (0xd61f_0020, "br x1 Jump; to 0x7000"),
            (0xd65f_03c0, "ret Return; to 0x402000"),
            (0x9400_0002, "bl 0x401008 Call; to 0x401008"),
            (0x3400_0040, "cbz w0, 0x401008 Branch; to 0x401008"),
            (0xd400_0001, "svc #0x0 SystemCall"),
            (0xd420_0000, "brk #0x0 Breakpoint"),
            (0xd420_0020, "brk #0x1 Undefined"),
            (0x0000_0007, "udf #7 Undefined"),
            (0xd503_42df, "msr daifset (0xd50342df) Privileged"),
            (0x04a1_0000, ".inst 0x04a10000 Plain; needs SVE"),
            (0x0607_0607, "(bad) Invalid"),
        ];
        for (word, expected) in cases {
            assert_eq!(line(*word), *expected, "{word:#010x}");
        }
    }

    #[test]
    fn who_asks_where_thread_local_memory_is_is_seen() {
        assert!(meanings().read(AT, &0xd53b_d040u32.to_le_bytes()).unwrap().is_thread_local);
    }

    #[test]
    fn registers_go_on_behind_an_instruction() {
        let (means, regs) = (meanings(), Registers::from(Regs { pc: AT.0, ..Regs::default() }));
        let found = means.read(AT, &0x9000_0010u32.to_le_bytes()).unwrap();
        let after = means.after(&found, &regs);
        assert_eq!((after.get("x16"), after.pc()), (Some(0x40_1000), 0x40_1004));
    }
}
