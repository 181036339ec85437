//! Which memory may be executed: what the process said of its mappings, and what the host told where it has not.

mod texts;

pub(crate) use texts::Texts;

use crate::eval::{SEGV_ACCERR, SEGV_MAPERR};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_ir::Access;
use ashore_isa::{InState, Refused};
use ashore_pivot::{Memory, Signal};
use ashore_sys::{FaultInfo, GuestMemory};
use std::cell::Cell;

const NOWHERE: AddrRange = AddrRange { start: Addr::NULL, end: Addr::NULL };

/// What a thread knows of it: the range that code was fetched from last.
pub(crate) struct Executable<'a> {
    texts: &'a Texts,
    range: Cell<AddrRange>,
    generation: Cell<u64>,
}

impl<'a> Executable<'a> {
    /// A thread that knows nothing yet.
    pub(crate) fn new(texts: &'a Texts) -> Executable<'a> {
        Executable { texts, range: Cell::new(NOWHERE), generation: Cell::new(0) }
    }

    /// Forgets what has changed meanwhile.
    #[inline]
    pub(crate) fn keep_up(&self) {
        let generation = self.texts.generation();
        if self.generation.replace(generation) != generation {
            self.range.set(NOWHERE);
        }
    }

    /// Whether code may be fetched there.
    pub(crate) fn check(&self, pc: u64) -> Result<(), Refused> {
        if !self.range.get().contains(Addr(pc)) {
            self.range.set(self.texts.find(Addr(pc))?);
        }
        Ok(())
    }

    /// The fault of a fetch that was refused.
    pub(crate) fn refusal<R: InState>(&self, pc: u64) -> FaultInfo {
        let refused = self.check(pc).err().unwrap_or(Refused::Unmapped);
        let code = match refused {
            Refused::Unmapped => SEGV_MAPERR,
            Refused::Forbidden | Refused::Misaligned => SEGV_ACCERR,
        };
        let error = R::syndrome(Access::Execute, refused);
        FaultInfo { signal: Signal::SEGV.0.into(), code, addr: pc, trap: 0, error }
    }
}

impl crate::jit::Code for Executable<'_> {
    /// Up to the end of the page: the next may not be executable.
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let end = Addr(pc).align_down(PAGE_SIZE).plus(PAGE_SIZE).0;
        let len = into.len().min(end.wrapping_sub(pc) as usize);
        let Some(part) = into.get_mut(..len) else { return 0 };
        if self.check(pc).is_err() || GuestMemory.read(Addr(pc), part).is_err() {
            return 0;
        }
        len
    }
}
