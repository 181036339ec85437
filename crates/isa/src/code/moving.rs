//! Instructions on their way to another place.

use super::{Block, Register, Unencodable, effect::bit};
use ashore_base::{Addr, AddrRange};

/// The first instructions of a function, being written for where they will run.
pub(crate) struct Moving<C> {
    /// Where the function is.
    from: Addr,
    /// Where its first instructions go.
    to: Addr,
    /// A register that may be changed.
    free: Option<Register>,
    /// What was written.
    pub(crate) block: Block<C>,
}

impl<C> Moving<C> {
    /// Nothing yet; may change the first of `registers` that is not in the mask `used`.
    pub(crate) fn new(from: Addr, to: Addr, registers: &[Register], used: u32) -> Moving<C> {
        let free = registers.iter().copied().find(|register| used & bit(register.0) == 0);
        Moving { from, to, free, block: Block::new(to) }
    }

    /// The same, with nothing written yet, `len` bytes behind what is written here.
    pub(crate) fn behind(&self, len: u64) -> Moving<C> {
        Moving { block: Block::new(self.block.here().plus(len)), ..*self }
    }

    /// Where a branch to `target` goes: a loop back to the first instruction stays in the moved code.
    pub(crate) fn followed(&self, target: Addr) -> Addr {
        if target == self.from { self.to } else { target }
    }

    /// The register that may be changed, for the instruction at `at`.
    pub(crate) fn free(&self, at: Addr) -> Result<Register, Unencodable> {
        let reason = "it reaches too far when moved, and no register is free to go through";
        self.free.ok_or(Unencodable::Instruction { at, reason })
    }
}

/// Refuses when a branch leads into the bytes to be taken behind the first. Each of `branches` is where it is and leads.
pub(crate) fn check_entries(
    taken: AddrRange,
    mut branches: impl Iterator<Item = (Addr, Addr)>,
) -> Result<(), Unencodable> {
    let behind_first = AddrRange { start: taken.start.plus(1), end: taken.end };
    match branches.find(|&(_, target)| behind_first.contains(target)) {
        Some((at, _)) => Err(Unencodable::Instruction { at, reason: "it branches into the bytes to be taken" }),
        None => Ok(()),
    }
}
