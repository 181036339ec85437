//! What a program does by the evaluator, on the memory that translated code works on.

use super::{ALL, CODE, CODE_LEN, DATA, DATA_LEN, Here, difference, fill, settle, word};
use ashore_base::{Addr, Cpu};
use ashore_engine::jit::{Code as _, Thread};
use ashore_ir::{Access, Block, Evaluator, Exit, Fault, Memory, Op, Size, Trap};
use ashore_isa::aarch64::Regs;
use ashore_isa::aarch64::state::{self, Rules};
use ashore_isa::lift::{Lifter, Next};
use ashore_isa::{InState, lifter};
use ashore_pivot::Memory as _;
use ashore_sys::GuestMemory;
use std::collections::HashMap;

/// What ends a run, for comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A call.
    Call,
    /// An access faulted.
    Fault,
    /// Nothing can be executed there.
    Refused,
    /// An access was not aligned.
    Misaligned,
    /// Another trap.
    Trap,
}

/// The memory of programs. An access to what is somebody else's is not made, and remembered.
#[derive(Default)]
pub struct Window {
    /// Whether there was one.
    pub is_wild: bool,
    /// Changes with every byte of data, and back.
    pub sum: u64,
}

/// The sum of data that begins at an address.
fn sum_at(start: u64, data: &[u8]) -> u64 {
    (start / 8..).zip(data.as_chunks::<8>().0).fold(0, |sum, (at, bytes)| {
        let word = (u64::from_le_bytes(*bytes) ^ at << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ at;
        sum ^ (word ^ word >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    })
}

/// The sum of all data.
pub fn sum(data: &[u8]) -> u64 {
    sum_at(DATA, data)
}

impl Window {
    /// Whether an access may be made.
    fn may(&mut self, addr: u64, size: Size) -> bool {
        let start = Regs::place(addr);
        let last = start.wrapping_add(size.bytes() as u64 - 1);
        if ALL.contains(Addr(start)) && ALL.contains(Addr(last)) {
            return true;
        }
        let is_there = |at: u64| GuestMemory.read(Addr(at), &mut [0]).is_ok();
        self.is_wild |= is_there(start) || is_there(last);
        false
    }
}

impl Memory for Window {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        let mut bytes = [0; 16];
        let is_done =
            self.may(addr, size) && GuestMemory.read(Addr(Regs::place(addr)), &mut bytes[..size.bytes()]).is_ok();
        if is_done { Ok(u128::from_le_bytes(bytes)) } else { Err(Fault { addr, access: Access::Read }) }
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        let place = Regs::place(addr);
        // A program that changes itself without saying so does no certain thing.
        self.is_wild |= (CODE - 16..CODE + CODE_LEN).contains(&place);
        let bytes = value.to_le_bytes();
        let fault = Fault { addr, access: Access::Write };
        // The words that it is in.
        let start = place & !7;
        let len = (place.wrapping_add(size.bytes() as u64 + 7) & !7).wrapping_sub(start) as usize;
        let (mut old, mut new) = ([0; 24], [0; 24]);
        if self.is_wild || !self.may(addr, size) || GuestMemory.read(Addr(start), &mut old[..len]).is_err() {
            return Err(fault);
        }
        GuestMemory.write(Addr(place), &bytes[..size.bytes()]).map_err(|_| fault)?;
        GuestMemory.read(Addr(start), &mut new[..len]).map_err(|_| fault)?;
        self.sum ^= sum_at(start, &old[..len]) ^ sum_at(start, &new[..len]);
        Ok(())
    }

    fn compare_swap(&mut self, addr: u64, size: Size, [expected, new]: [u128; 2]) -> Result<u128, Fault> {
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

/// The evaluator, and what it has lifted of the code as it is.
pub struct Oracle {
    lifter: Box<dyn Lifter>,
    evaluator: Evaluator,
    lifted: HashMap<u64, Block>,
    /// What the program works on.
    pub memory: Window,
}

impl Oracle {
    pub fn new() -> Oracle {
        let lifter = lifter(Cpu::Aarch64).expect("a lifter");
        Oracle { lifter, evaluator: Evaluator::new(), lifted: HashMap::new(), memory: Window::default() }
    }

    /// The code is another one, and so is the data.
    pub fn begin(&mut self, data: &[u8]) {
        assert_eq!(data.len(), DATA_LEN);
        self.lifted.clear();
        self.memory = Window { is_wild: false, sum: sum(data) };
    }

    /// Evaluates one instruction.
    pub fn step(&mut self, state: &mut [u8]) -> Option<End> {
        let pc = word(state, state::PC.offset.into());
        if !self.lifted.contains_key(&pc) {
            let mut bytes = [0; 4];
            let len = Here.fetch(pc, &mut bytes);
            let mut block = Block::new();
            let Some(lifted) = self.lifter.lift(&mut block, Addr(pc), &bytes[..len]) else {
                return Some(End::Refused);
            };
            if lifted.next != Next::Ends {
                block.push(Op::Goto(pc.wrapping_add(4)));
            }
            self.lifted.insert(pc, block);
        }
        match self.evaluator.run(&self.lifted[&pc], state, &mut self.memory, &Rules) {
            Exit::Jump(_) => None,
            Exit::Trap(Trap::Call, _) => Some(End::Call),
            Exit::Trap(..) => Some(End::Trap),
            Exit::Fault(_) => Some(End::Fault),
            Exit::Misaligned(_) => Some(End::Misaligned),
        }
    }

    /// Evaluates until something ends that; nothing if it takes too long.
    pub fn run(&mut self, state: &mut [u8], steps: usize) -> Option<End> {
        (0..steps).find_map(|_| self.step(state))
    }
}

/// The same of what translated code does.
pub fn end_of(exit: ashore_engine::jit::Exit) -> Option<End> {
    use ashore_engine::jit::Exit;
    Some(match exit {
        Exit::Call(_) => End::Call,
        Exit::Fault(_) => End::Fault,
        Exit::Refused(_) => End::Refused,
        Exit::Unaligned(_) => End::Misaligned,
        Exit::Break(_) | Exit::Illegal | Exit::Misaligned => End::Trap,
        Exit::Interrupted => return None,
    })
}

/// Runs the instruction of a state both ways, over zeros. Gives what differs, if anything does.
pub fn differs(thread: &mut Thread, oracle: &mut Oracle, before: &[u8]) -> Option<String> {
    const STEPS: usize = 10;
    let memory = [0; DATA_LEN];
    let mut bytes = before.to_vec();
    thread.state_mut().copy_from_slice(&bytes);
    fill(&memory);
    oracle.begin(&memory);
    let wanted = oracle.run(&mut bytes, STEPS);
    let end = end_of(thread.run(&Here));
    let mut found = thread.state().to_vec();
    settle(&mut found);
    settle(&mut bytes);
    (end != wanted || found != bytes).then(|| format!("{end:?} {wanted:?}\n{}", difference(&found, &bytes)))
}
