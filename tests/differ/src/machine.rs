//! A machine small enough to run a static program on the evaluator: pages, a thread, the calls a C library makes at start.

use ashore_base::Addr;
use ashore_ir::{Access, Block, Evaluator, Exit, Fault, Memory, Op, Size, Slot, Trap};
use ashore_isa::aarch64::rows::Decoder;
use ashore_isa::aarch64::state::{self, Rules};
use ashore_isa::lift::fill;
use std::collections::HashMap;

const PAGE: u64 = 4096;
const STACK: (u64, u64) = (0x7f_0000_0000, 1 << 20);
const HEAP: u64 = 0x60_0000_0000;
/// How many instructions a block has at most.
const BLOCK: usize = 64;

/// Pages by number.
#[derive(Default)]
pub(crate) struct Pages {
    pages: HashMap<u64, Box<[u8; PAGE as usize]>>,
    changed: bool,
    time: u64,
    /// Every so many accesses one fails; none if zero.
    pub(crate) fails_every: u64,
    accesses: u64,
}

impl Pages {
    pub(crate) fn map(&mut self, addr: u64, len: u64) {
        for page in addr / PAGE..(addr + len).div_ceil(PAGE) {
            self.pages.entry(page).or_insert_with(|| Box::new([0; PAGE as usize]));
        }
    }

    /// The bytes of an access, if they are in one page.
    fn within(&mut self, addr: u64, len: usize) -> Option<&mut [u8]> {
        let at = (addr % PAGE) as usize;
        self.pages.get_mut(&(addr / PAGE))?.get_mut(at..at + len)
    }

    fn byte(&mut self, addr: u64, access: Access) -> Result<&mut u8, Fault> {
        let page = self.pages.get_mut(&(addr / PAGE)).ok_or(Fault { addr, access })?;
        Ok(&mut page[(addr % PAGE) as usize])
    }

    /// Refuses an access that is to fail.
    fn admit(&mut self, addr: u64, access: Access) -> Result<(), Fault> {
        self.accesses += 1;
        let fails = self.fails_every != 0 && self.accesses.is_multiple_of(self.fails_every);
        if fails { Err(Fault { addr, access }) } else { Ok(()) }
    }

    pub(crate) fn write(&mut self, addr: u64, bytes: &[u8]) -> Result<(), Fault> {
        for (at, &byte) in (addr..).zip(bytes) {
            *self.byte(at, Access::Write)? = byte;
        }
        Ok(())
    }

    pub(crate) fn read(&mut self, addr: u64, len: u64) -> Result<Vec<u8>, Fault> {
        (addr..addr + len).map(|at| self.byte(at, Access::Read).copied()).collect()
    }
}

impl Memory for Pages {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        self.admit(addr, Access::Read)?;
        let mut bytes = [0; 16];
        if let Some(place) = self.within(addr, size.bytes()) {
            bytes[..place.len()].copy_from_slice(place);
            return Ok(u128::from_le_bytes(bytes));
        }
        let mut value = 0;
        for at in (0..size.bytes() as u64).rev() {
            value = value << 8 | u128::from(*self.byte(addr.wrapping_add(at), Access::Read)?);
        }
        Ok(value)
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        self.admit(addr, Access::Write)?;
        if let Some(place) = self.within(addr, size.bytes()) {
            place.copy_from_slice(&value.to_le_bytes()[..size.bytes()]);
            return Ok(());
        }
        self.byte(addr.wrapping_add(size.bytes() as u64 - 1), Access::Write)?;
        self.write(addr, &value.to_le_bytes()[..size.bytes()])
    }

    fn compare_swap(&mut self, addr: u64, size: Size, values: [u128; 2]) -> Result<u128, Fault> {
        let old = self.load(addr, size)?;
        let new = if old == values[0] { values[1] } else { old };
        self.store(addr, size, new)?;
        Ok(old)
    }

    fn fence(&mut self) {}

    fn invalidate(&mut self, _: u64, _: u64) {
        self.changed = true;
    }

    fn counter(&mut self) -> u64 {
        self.time += 1;
        self.time
    }
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With this status.
    Status(u64),
    /// With this exit, at this address.
    Stopped(Exit, u64),
}

/// A program being run.
pub(crate) struct Machine {
    pub(crate) memory: Pages,
    pub(crate) state: Vec<u8>,
    pub(crate) output: Vec<u8>,
    decoder: Decoder,
    evaluator: Evaluator,
    blocks: HashMap<u64, Block>,
    heap: u64,
}

fn number(file: &[u8], at: usize, bytes: usize) -> u64 {
    file[at..at + bytes].iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

impl Machine {
    /// Maps a static program's file and gives it a stack with its name and arguments.
    pub(crate) fn load(file: &[u8], words: &[&str]) -> Machine {
        let mut memory = Pages::default();
        let (table, size, count) =
            (number(file, 32, 8) as usize, number(file, 54, 2) as usize, number(file, 56, 2) as usize);
        let mut headers_at = 0;
        for header in (0..count).map(|at| table + at * size) {
            let [offset, addr, in_file, in_memory] = [8, 16, 32, 40].map(|at| number(file, header + at, 8));
            if number(file, header, 4) != 1 {
                continue;
            }
            memory.map(addr, in_memory);
            memory.write(addr, &file[offset as usize..(offset + in_file) as usize]).expect("mapped");
            if (offset..offset + in_file).contains(&(table as u64)) {
                headers_at = addr + table as u64 - offset;
            }
        }
        memory.map(STACK.0, STACK.1);
        let mut machine = Machine {
            memory,
            state: vec![0; state::SIZE],
            output: Vec::new(),
            decoder: Decoder::new(),
            evaluator: Evaluator::new(),
            blocks: HashMap::new(),
            heap: HEAP,
        };
        let top = STACK.0 + STACK.1 - 4096;
        machine.memory.write(top + 256, &[0x5a; 16]).expect("mapped");
        let mut places = vec![words.len() as u64];
        let mut end = top + 512;
        for word in words {
            machine.memory.write(end, word.as_bytes()).expect("mapped");
            places.push(end);
            end += word.len() as u64 + 1;
        }
        let auxiliary =
            [3, headers_at, 4, size as u64, 5, count as u64, 6, PAGE, 9, number(file, 24, 8), 25, top + 256, 0, 0];
        let words: Vec<u8> =
            places.iter().chain(&[0, 0]).chain(&auxiliary).flat_map(|word: &u64| word.to_le_bytes()).collect();
        let stack = top - 1024;
        machine.memory.write(stack, &words).expect("mapped");
        machine.set(state::SP, stack);
        machine.set(state::PC, number(file, 24, 8));
        machine
    }

    pub(crate) fn get(&self, slot: Slot) -> u64 {
        number(&self.state, slot.offset.into(), 8)
    }

    pub(crate) fn set(&mut self, slot: Slot, value: u64) {
        let at = usize::from(slot.offset);
        self.state[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    /// Fills a block from an address on.
    fn lift(&mut self, start: u64) -> Block {
        let mut block = Block::new();
        let there = (0..BLOCK as u64).map_while(|at| self.memory.read(start + at * 4, 4).ok());
        let code: Vec<u8> = there.flatten().collect();
        if fill(&self.decoder, &mut block, Addr(start), &code, BLOCK) == 0 {
            block.push(Op::Trap { kind: Trap::Illegal, number: 0, next: start });
        }
        if let Err(error) = ashore_ir::check(&block) {
            panic!("op {}: {}\n{block}", error.at, error.what);
        }
        block
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) -> End {
        loop {
            let pc = self.get(state::PC);
            if !self.blocks.contains_key(&pc) {
                let block = self.lift(pc);
                self.blocks.insert(pc, block);
            }
            let exit = self.evaluator.run(&self.blocks[&pc], &mut self.state, &mut self.memory, &Rules);
            if std::mem::take(&mut self.memory.changed) {
                self.blocks.clear();
            }
            match exit {
                Exit::Jump(_) => {}
                Exit::Trap(Trap::Call, _) => {
                    if let Some(status) = self.call() {
                        return End::Status(status);
                    }
                }
                // Whoever ran into it runs it again.
                Exit::Fault(_) if self.memory.fails_every != 0 => {}
                exit => return End::Stopped(exit, self.get(state::PC)),
            }
        }
    }

    /// Answers a call of Linux; gives the status if it ends the program.
    fn call(&mut self) -> Option<u64> {
        let [a, b, c] = [0, 1, 2].map(|register| self.get(state::x(register)));
        let answer = match self.get(state::x(8)) {
            93 | 94 => return Some(a),
            64 => {
                let bytes = self.memory.read(b, c).unwrap_or_default();
                self.output.extend(bytes);
                c
            }
            66 => {
                let mut total = 0;
                for vector in (0..c).map(|at| b + at * 16) {
                    let words = self.memory.read(vector, 16).unwrap_or_else(|_| vec![0; 16]);
                    let (base, len) = (number(&words, 0, 8), number(&words, 8, 8));
                    let bytes = self.memory.read(base, len).unwrap_or_default();
                    self.output.extend(bytes);
                    total += len;
                }
                total
            }
            222 => {
                let at = self.heap;
                self.heap += b.div_ceil(PAGE) * PAGE;
                self.memory.map(at, b);
                at
            }
            29 => 25u64.wrapping_neg(),
            96 => 1,
            135 | 215 | 226 => 0,
            _ => 38u64.wrapping_neg(),
        };
        self.set(state::x(0), answer);
        None
    }
}
