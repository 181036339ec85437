//! What a program does, by the evaluator: on memory of its own, so that nothing happens that was not meant to.

use super::machine::{ALL, CODE, DATA, DATA_LEN, Here, lifter};
use super::program::Program;
use ashore_base::Addr;
use ashore_engine::jit::Code as _;
use ashore_ir::{Access, Block, Evaluator, Exit, Fault, Memory, Op, Size, Trap};
use ashore_isa::InState;
use ashore_isa::aarch64::{Regs, state};
use ashore_isa::lift::Next;
use std::fmt::Write as _;

/// The most instructions of a run.
const STEPS: usize = 2000;

/// Why a program stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// A call.
    Call,
    /// An access to memory that is not there.
    Fault,
    /// No instruction can be read.
    Refused,
    /// An access was not aligned.
    Unaligned,
    /// The program counter is not.
    Misaligned,
    /// No such instruction.
    Illegal,
    /// A breakpoint.
    Break,
}

/// How a run went.
pub(super) enum Ran {
    /// It accessed memory that is not the program's, or asked for what differs from time to time.
    Wild,
    /// It does not end soon.
    Endless,
    /// It ended so.
    To { end: End, state: Vec<u8>, data: Vec<u8> },
}

/// The program's memory.
struct Window {
    data: Vec<u8>,
    is_wild: bool,
}

impl Window {
    /// The place of an access in the data; an access outside of all that is known is never made.
    fn place(&mut self, addr: u64, size: Size, access: Access) -> Result<&mut [u8], Fault> {
        let place = Regs::place(addr);
        let (end, fault) = (place.wrapping_add(size.bytes() as u64), Fault { addr, access });
        if place < ALL.start.0 || end > ALL.end.0 || end < place {
            self.is_wild = true;
            return Err(fault);
        }
        let at = place.checked_sub(DATA).map(|at| at as usize);
        let bytes = at.and_then(|at| self.data.get_mut(at..at.checked_add(size.bytes())?));
        bytes.ok_or(fault)
    }

    /// Whether some of an access is where the code is.
    fn is_code(addr: u64) -> bool {
        let place = Regs::place(addr);
        (CODE - 16..CODE + super::machine::CODE_LEN as u64).contains(&place)
    }
}

impl Memory for Window {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        if Window::is_code(addr) {
            let (mut bytes, place) = ([0; 16], Regs::place(addr));
            let part = bytes.get_mut(..size.bytes()).unwrap_or_default();
            if Here.fetch(place, part) == size.bytes() {
                return Ok(u128::from_le_bytes(bytes));
            }
            return Err(Fault { addr, access: Access::Read });
        }
        let bytes = self.place(addr, size, Access::Read)?;
        Ok(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u128::from(byte)))
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        // A program that changes itself without saying so does no certain thing.
        self.is_wild |= Window::is_code(addr);
        let bytes = self.place(addr, size, Access::Write)?;
        bytes.iter_mut().zip(value.to_le_bytes()).for_each(|(byte, source)| *byte = source);
        Ok(())
    }

    fn compare_swap(&mut self, addr: u64, size: Size, [expected, new]: [u128; 2]) -> Result<u128, Fault> {
        self.is_wild |= Window::is_code(addr);
        let old = self.load(addr, size)?;
        if old == expected {
            self.store(addr, size, new)?;
        }
        Ok(old)
    }

    fn fence(&mut self) {}

    fn invalidate(&mut self, _: u64, _: u64) {}

    fn counter(&mut self) -> u64 {
        self.is_wild = true;
        0
    }
}

/// Runs a program.
pub(super) fn run(program: &Program) -> Ran {
    let (lifter, mut block, mut evaluator) = (lifter(), Block::new(), Evaluator::new());
    let mut memory = Window { data: program.data.clone(), is_wild: false };
    let mut state = program.state.clone();
    for _ in 0..STEPS {
        let pc = word(&state, state::PC.offset);
        let mut bytes = [0; 4];
        let len = Here.fetch(pc, &mut bytes);
        block.clear();
        let lifted = lifter.lift(&mut block, Addr(pc), bytes.get(..len).unwrap_or_default());
        let end = match lifted {
            None => End::Refused,
            Some(lifted) => {
                if lifted.next != Next::Ends {
                    block.push(Op::Goto(pc.wrapping_add(4)));
                }
                match evaluator.run(&block, &mut state, &mut memory, lifter.model()) {
                    Exit::Jump(_) if memory.is_wild => return Ran::Wild,
                    Exit::Jump(_) => continue,
                    Exit::Fault(_) => End::Fault,
                    Exit::Misaligned(_) => End::Unaligned,
                    Exit::Trap(Trap::Call, _) => End::Call,
                    Exit::Trap(Trap::Break, _) => End::Break,
                    Exit::Trap(Trap::Illegal, _) => End::Illegal,
                    Exit::Trap(Trap::Misaligned, _) => End::Misaligned,
                }
            }
        };
        return if memory.is_wild { Ran::Wild } else { Ran::To { end, state, data: memory.data } };
    }
    Ran::Endless
}

/// Eight bytes of a state.
fn word(state: &[u8], offset: u16) -> u64 {
    let bytes = state.get(usize::from(offset)..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// A state without what may differ.
pub(super) fn comparable(state: &[u8], end: End) -> Vec<u8> {
    let mut state = state.to_vec();
    // That it is not zero is all that counts.
    let qc = usize::from(state::QC.offset);
    if let Some(bytes) = state.get_mut(qc..qc + 16) {
        let is_set = bytes.iter().any(|byte| *byte != 0);
        bytes.fill(u8::from(is_set));
    }
    // Flags that nobody reads may be anything at a fault.
    let flags = usize::from(state::FLAGS.offset);
    if matches!(end, End::Fault | End::Unaligned)
        && let Some(bytes) = state.get_mut(flags..flags + 8)
    {
        bytes.fill(0);
    }
    state
}

/// The words that differ.
pub(super) fn difference(found: &[u8], wanted: &[u8]) -> String {
    let mut lines = String::new();
    for (offset, (a, b)) in found.as_chunks::<8>().0.iter().zip(wanted.as_chunks::<8>().0).enumerate() {
        if a != b {
            let (a, b, at) = (u64::from_le_bytes(*a), u64::from_le_bytes(*b), offset * 8);
            let name = match at {
                0..248 => format!("x{}", at / 8),
                288..800 => format!("v{}[{}]", (at - 288) / 16, at / 8 % 2),
                _ => format!("@{at}"),
            };
            let _ = writeln!(lines, "  {name}: translated {a:#x}, evaluated {b:#x}");
        }
    }
    debug_assert_eq!(found.len(), wanted.len());
    let _ = DATA_LEN;
    lines
}
