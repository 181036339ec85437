//! Lifting: a CPU's code as blocks of the language its meaning is written in.
//!
//! An engine knows a CPU by these alone: a [`Lifter`] that appends instructions, and the rules the blocks leave open.

use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_ir::{Block, Model, Op, Slot, Trap};

/// What follows an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The instruction after it.
    Follows,
    /// The instruction after it, unless it left the block.
    MayLeave,
    /// Nothing: the block is ended.
    Ends,
}

/// An instruction that was lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lifted {
    /// Its bytes.
    pub length: u8,
    /// What follows it.
    pub next: Next,
}

/// A part of a CPU that programs can do without.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
}

/// Parts that are hidden from programs: a bit for each, in the order of the CPU's list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hidden(pub u64);

/// Which registers a program's code prefers, as its compiler does: the number of a CPU's list of favourites.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Habit(pub u8);

/// A CPU whose instructions can be lifted.
pub trait Lifter: Send + Sync {
    /// The rules that blocks leave open, and where the state keeps what.
    fn model(&self) -> &'static dyn Model;

    /// What the kernel would tell programs of this CPU: the words of `AT_HWCAP` and `AT_HWCAP2`.
    fn capabilities(&self) -> [u64; 2];

    /// What the kernel's `/proc/cpuinfo` would say of one CPU: names and values.
    fn description(&self) -> Vec<(&'static str, String)>;

    /// How often the counter that `Op::Counter` reads counts in a second: programs are told this.
    fn counter_hz(&self) -> u64;

    /// The registers worth a host register everywhere in programs of a habit: general ones and vectors.
    fn favourites(&self, habit: Habit) -> &'static [Slot];

    /// Where the condition flags are.
    fn flags(&self) -> Slot;

    /// Instructions begin at multiples of two to the power of this.
    fn align_log2(&self) -> u8;

    /// The place in memory that an address names: some CPUs ignore bits of it.
    fn place(&self, addr: u64) -> u64 {
        addr
    }

    /// The length of the instruction that `code` begins with, if it is known at sight to leave the flags alone and to go on
    /// behind itself.
    fn quiet(&self, _code: &[u8]) -> Option<u8> {
        None
    }

    /// Appends the instruction at `pc`, whose bytes `code` begins with. One that is not allocated ends the block with a trap;
    /// nothing is appended if its bytes are not all there.
    fn lift(&self, block: &mut Block, pc: Addr, code: &[u8]) -> Option<Lifted>;

    /// Appends instructions from `pc` on until one ends the block, the next one is at `stop`, or there is no more code; gives how
    /// many. The block is ended, with a jump to what comes next if need be. It is here so that a CPU's own lifting becomes part
    /// of the loop.
    fn lift_all(&self, block: &mut Block, pc: Addr, code: &[u8], stop: Option<Addr>) -> usize {
        let (mut pc, mut rest, mut count) = (pc.0, code, 0);
        while let Some(lifted) = self.lift(block, Addr(pc), rest) {
            count += 1;
            pc = pc.wrapping_add(u64::from(lifted.length));
            rest = rest.get(usize::from(lifted.length)..).unwrap_or_default();
            if lifted.next == Next::Ends {
                return count;
            }
            if stop == Some(Addr(pc)) {
                break;
            }
        }
        block.push(Op::Goto(pc));
        count
    }
}

/// Fills a block with the instructions from `pc` on, at most `limit`, as long as there are bytes of them; gives how many bytes
/// they have. The block is ended, with a jump to what comes next if need be; it is empty if there was no instruction.
pub fn fill(lifter: &dyn Lifter, block: &mut Block, pc: Addr, code: &[u8], limit: usize) -> usize {
    block.clear();
    let mut done = 0;
    for _ in 0..limit {
        let at = Addr(pc.0.wrapping_add(done as u64));
        let Some(lifted) = lifter.lift(block, at, code.get(done..).unwrap_or_default()) else { break };
        done += usize::from(lifted.length);
        if lifted.next == Next::Ends {
            return done;
        }
    }
    if done != 0 {
        block.push(Op::Goto(pc.0.wrapping_add(done as u64)));
    }
    done
}

/// Ends a block with what an instruction that is not allocated does.
pub(crate) fn illegal(block: &mut Block, pc: u64) {
    block.push(Op::Trap { kind: Trap::Illegal, number: 0, next: pc });
}
