//! What an instruction does to the general registers, and what follows of it for a value kept in one of them.

use ashore_base::Addr;

/// What an instruction does, as masks of the general registers by number; a register that is never followed, as zero, is in none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    /// The registers it may read.
    pub(crate) reads: u32,
    /// The registers it may write.
    pub(crate) writes: u32,
    /// Where control goes.
    pub(crate) flow: Flow,
}

/// Where control goes after an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// On to the next.
    On,
    /// To a function, and back.
    Call,
    /// Back to the caller.
    Return,
    /// Elsewhere, or perhaps elsewhere, or to the kernel.
    Away,
}

/// The mask of one register, given by its number in the low five bits of `field`.
#[inline]
pub(crate) fn bit(field: u32) -> u32 {
    1 << (field & 31)
}

impl Effect {
    /// The registers it may read or write.
    #[inline]
    pub(crate) fn uses(self) -> u32 {
        self.reads | self.writes
    }

    /// Whether the next instruction surely finds in `register` what this one did.
    #[inline]
    pub(crate) fn keeps(self, register: u32) -> bool {
        self.flow == Flow::On && self.writes & bit(register) == 0
    }
}

/// Two instructions of which the first makes something in a register and the second names an address with it.
pub(crate) struct Pair {
    /// Where the second is.
    pub(crate) second: Addr,
    /// The register, by number.
    pub(crate) register: u32,
    /// Registers a call may change: nothing survives in them.
    pub(crate) scratch: u32,
}

/// How else what the first of a pair makes may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OtherUse {
    /// By an instruction other than the second.
    Seen,
    /// Nobody knows: what follows was not seen.
    Unknown,
}

impl Pair {
    /// How many instructions are looked at.
    const SEEN: usize = 64;

    /// What else uses the register, going by `behind`: the instructions that follow the first.
    pub(crate) fn other_use(&self, behind: impl Iterator<Item = (Addr, Effect)>) -> Option<OtherUse> {
        let register = bit(self.register);
        let dies = register & self.scratch != 0;
        for (at, Effect { reads, writes, flow }) in behind.take(Self::SEEN) {
            if at != self.second && flow == Flow::On && reads & register != 0 {
                return Some(OtherUse::Seen);
            }
            match flow {
                Flow::On if at >= self.second && writes & register != 0 => return None,
                Flow::On => {}
                // The pair itself is a call or a jump to a function.
                _ if at == self.second && dies => return None,
                Flow::Call | Flow::Return if dies => return None,
                Flow::Call | Flow::Return | Flow::Away => return Some(OtherUse::Unknown),
            }
        }
        Some(OtherUse::Unknown)
    }
}
