//! Evaluating an instruction: one that no template is for, or that the host's floating-point unit stopped at.
//!
//! Code that leaves for an instruction without a template does so again and again, in loops. What such an instruction means and
//! where the code goes on is remembered by the exit's number.

use super::Code;
use super::memory::Host;
use super::shared::Way;
use super::thread::{Exit, Step, Thread};
use ashore_base::Addr;
use ashore_emit::ExitKind;
use ashore_ir::{Access, Block, Fault, Op, Trap};
use ashore_isa::lift::Next;

/// How many exits are remembered.
const KNOWN: usize = 256;

/// An exit that was left by, and the instruction that is to be evaluated there.
#[derive(Debug)]
struct Left {
    number: u64,
    way: Way,
    block: Block,
}

/// Exits that were left by, each in the place that its number says. Numbers are those of one turn.
#[derive(Default, Debug)]
pub(super) struct Known(Vec<Option<Box<Left>>>);

impl Known {
    fn place(number: u64) -> usize {
        (number ^ number >> 9) as usize % KNOWN
    }

    /// What is remembered of an exit, which is forgotten.
    fn take(&mut self, number: u64) -> Option<Box<Left>> {
        let place = self.0.get_mut(Known::place(number))?;
        if place.as_ref()?.number == number { place.take() } else { None }
    }

    fn put(&mut self, left: Box<Left>) {
        if self.0.is_empty() {
            self.0.resize_with(KNOWN, || None);
        }
        if let Some(place) = self.0.get_mut(Known::place(left.number)) {
            *place = Some(left);
        }
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

impl Thread {
    /// The code left at an exit to have its instruction evaluated.
    pub(super) fn left_for(&mut self, number: u64, way: Way, code: &dyn Code) -> Step {
        let mut block = Block::new();
        if !self.lift_one(&mut block, way.exit.pc, code) {
            return Step::Stop(self.nothing_at(way.exit.pc));
        }
        let left = Box::new(Left { number, way, block });
        let step = self.evaluate_left(&left);
        self.known.put(left);
        step
    }

    /// The code left at an exit: what comes next, if it did so lately for the same.
    #[inline]
    pub(super) fn left_again(&mut self, number: u64) -> Option<Step> {
        let left = self.known.take(number)?;
        let step = self.evaluate_left(&left);
        self.known.put(left);
        Some(step)
    }

    fn evaluate_left(&mut self, left: &Left) -> Step {
        let Way { base, exit } = left.way;
        match self.evaluate_block(&left.block) {
            Some(exit) => Step::Stop(exit),
            None if core::mem::take(&mut self.has_changed_code) => Step::Look,
            // The instruction began a mode that no code is for.
            None if self.is_evaluated => Step::Look,
            None => match exit.kind {
                ExitKind::Eval { next } if next != 0 && self.pc() == next => Step::Enter(base + exit.resume),
                _ => Step::Look,
            },
        }
    }

    /// Evaluates one instruction. Gives an exit if it is not just done.
    pub(super) fn evaluate(&mut self, pc: u64, code: &dyn Code) -> Option<Exit> {
        let mut block = core::mem::take(&mut self.block);
        let exit = match self.lift_one(&mut block, pc, code) {
            true => self.evaluate_block(&block),
            false => Some(self.nothing_at(pc)),
        };
        self.block = block;
        exit
    }

    /// Nothing can be executed at an address.
    fn nothing_at(&mut self, pc: u64) -> Exit {
        self.set_pc(pc);
        Exit::Refused(Fault { addr: pc, access: Access::Execute })
    }

    /// The instruction at an address, alone, as a block; gives whether there is one.
    fn lift_one(&self, block: &mut Block, pc: u64, code: &dyn Code) -> bool {
        let mut bytes = [0; 16];
        let len = code.fetch(pc, &mut bytes);
        block.clear();
        let lifted = self.jit.lifter.lift(block, Addr(pc), bytes.get(..len).unwrap_or_default());
        let Some(lifted) = lifted else { return false };
        if lifted.next != Next::Ends {
            block.push(Op::Goto(pc.wrapping_add(u64::from(lifted.length))));
        }
        true
    }

    fn evaluate_block(&mut self, block: &Block) -> Option<Exit> {
        self.jit.evaluates();
        self.flags_outside();
        self.control_outside();
        let lifter = self.jit.lifter.as_ref();
        let model = lifter.model();
        let mut memory = Host::new(lifter);
        let state = self.frame.bytes_mut().get_mut(..model.layout().size).unwrap_or_default();
        let exit = match self.evaluator.run(block, state, &mut memory, model) {
            ashore_ir::Exit::Jump(_) => None,
            ashore_ir::Exit::Fault(fault) => Some(Exit::Fault(memory.last_fault(fault.access))),
            ashore_ir::Exit::Misaligned(fault) => Some(Exit::Unaligned(fault)),
            ashore_ir::Exit::Trap(Trap::Call, number) => Some(Exit::Call(number)),
            ashore_ir::Exit::Trap(Trap::Break, number) => Some(Exit::Break(number)),
            ashore_ir::Exit::Trap(Trap::Illegal, _) => Some(Exit::Illegal),
            ashore_ir::Exit::Trap(Trap::Misaligned, _) => Some(Exit::Misaligned),
        };
        let invalid = memory.invalid;
        self.flags_inside();
        self.control_inside();
        if let Some((addr, len)) = invalid {
            self.jit.invalidate(addr, len);
            self.has_changed_code = true;
        }
        exit
    }
}
