//! The evaluator: executes a block over a CPU's state.
//!
//! It is the oracle for whatever makes machine code of blocks, and the fallback for what that does not cover. Plain rather than
//! fast: every value is 128 bits, scalars and integers in the low ones.

mod crypto;
mod float;
mod integer;
mod memory;
mod saturate;
mod vector;

use crate::{Block, Fault, Jump, Memory, Model, Op, Slot, SlotKind, Trap, Value};
use alloc::vec::Vec;

/// Why a block was left. The state's program counter says where to go on, or which instruction did it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// To another block.
    Jump(Jump),
    /// With a trap and its number.
    Trap(Trap, u16),
    /// An access failed; nothing of the instruction has happened that running it again would notice.
    Fault(Fault),
    /// An atomic or ordered access was not aligned to its size; nothing of the instruction has happened.
    Misaligned(Fault),
}

/// Executes blocks. Made once and used again: it keeps its memory.
#[derive(Clone, Default, Debug)]
pub struct Evaluator {
    values: Vec<u128>,
}

/// One execution of a block.
struct Frame<'a> {
    values: &'a mut Vec<u128>,
    state: &'a mut [u8],
    memory: &'a mut dyn Memory,
    model: &'a dyn Model,
    pc: u64,
}

/// What an op did.
enum Step {
    Value(u128),
    Done,
    Leave(u64, Exit),
}

impl Evaluator {
    /// An evaluator.
    pub const fn new() -> Evaluator {
        Evaluator { values: Vec::new() }
    }

    /// Executes a well-formed block over `state`, which has at least the bytes of the model's layout. An end that is missing
    /// is an illegal instruction at the block's last address.
    pub fn run(&mut self, block: &Block, state: &mut [u8], memory: &mut dyn Memory, model: &dyn Model) -> Exit {
        self.values.clear();
        let mut frame = Frame { values: &mut self.values, state, memory, model, pc: 0 };
        for op in block.ops() {
            let value = match frame.step(op) {
                Ok(Step::Value(value)) => value,
                Ok(Step::Done) => 0,
                Ok(Step::Leave(pc, exit)) => return frame.leave(pc, exit),
                Err(fault) => return frame.leave(frame.pc, Exit::Fault(fault)),
            };
            frame.values.push(value);
        }
        frame.leave(frame.pc, Exit::Trap(Trap::Illegal, 0))
    }
}

/// Reads a slot of a state; one outside of it is zero.
pub(crate) fn read_slot(state: &[u8], slot: Slot) -> u128 {
    let Some(rest) = state.get(slot.offset.into()..) else { return 0 };
    let value = match slot.kind {
        SlotKind::I32 => rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes).into()),
        SlotKind::I64 | SlotKind::Flags => rest.first_chunk().map(|bytes| u64::from_le_bytes(*bytes).into()),
        SlotKind::V128 => rest.first_chunk().map(|bytes| u128::from_le_bytes(*bytes)),
    };
    value.unwrap_or(0)
}

/// Writes a slot of a state; one outside of it is not kept.
pub(crate) fn write_slot(state: &mut [u8], slot: Slot, value: u128) {
    let Some(rest) = state.get_mut(slot.offset.into()..) else { return };
    match slot.kind {
        SlotKind::I32 => put(rest, (value as u32).to_le_bytes()),
        SlotKind::I64 | SlotKind::Flags => put(rest, (value as u64).to_le_bytes()),
        SlotKind::V128 => put(rest, value.to_le_bytes()),
    }
}

fn put<const N: usize>(rest: &mut [u8], bytes: [u8; N]) {
    if let Some(place) = rest.first_chunk_mut() {
        *place = bytes;
    }
}

impl Frame<'_> {
    fn leave(&mut self, pc: u64, exit: Exit) -> Exit {
        write_slot(self.state, self.model.layout().pc, pc.into());
        exit
    }

    fn value(&self, value: Value) -> u128 {
        self.values.get(value.index()).copied().unwrap_or(0)
    }

    /// The low 64 bits of a value.
    fn int(&self, value: Value) -> u64 {
        self.value(value) as u64
    }

    fn step(&mut self, op: &Op) -> Result<Step, Fault> {
        Ok(match *op {
            Op::At(pc) => {
                self.pc = pc;
                Step::Done
            }
            Op::Get(slot) => Step::Value(read_slot(self.state, slot)),
            Op::Set(slot, value) => {
                let value = self.value(value);
                write_slot(self.state, slot, value);
                Step::Done
            }
            Op::ExitIf { cond, pc } => match self.int(cond) {
                0 => Step::Done,
                _ => Step::Leave(pc, Exit::Jump(Jump::Plain)),
            },
            Op::Goto(pc) => Step::Leave(pc, Exit::Jump(Jump::Plain)),
            Op::GotoCall(pc) => Step::Leave(pc, Exit::Jump(Jump::Call)),
            Op::Jump { kind, target } => Step::Leave(self.int(target), Exit::Jump(kind)),
            Op::Trap { kind, number, next } => Step::Leave(next, Exit::Trap(kind, number)),
            Op::Helper { id, a, b, c, .. } => {
                let args = [self.value(a), self.value(b), self.value(c)];
                Step::Value(self.model.helper(id, self.state, args))
            }
            _ => {
                let found = self.integer(op).or_else(|| self.vector(op)).or_else(|| self.float(op));
                match found {
                    Some(value) => Step::Value(value),
                    None => return self.access(op),
                }
            }
        })
    }
}
