//! Lifted blocks, and when they are forgotten.
//!
//! Each thread has its own; what they share says when code changed. A change is told by a number that grows, which a thread
//! looks at before each block: there is no lock, which a fork could leave taken in its child.

use super::{BUS_ADRALN, SEGV_ACCERR, SEGV_MAPERR};
use crate::{Code, Settings};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_ir::{Access, Block};
use ashore_isa::lift::{self, Lifter};
use ashore_isa::{InState, Refused};
use ashore_pivot::{Memory, Signal};
use ashore_sys::{FaultInfo, GuestMemory};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many words of bits say which pages code was lifted from; pages that share a bit cost only time.
const PAGE_WORDS: usize = 1024;
/// A change of more pages than this is taken for one of code.
const PAGES_LOOKED_AT: u64 = PAGE_WORDS as u64 * 64;
/// How many blocks a thread keeps.
const KEPT: usize = 1 << 14;
/// How many instructions a block has at most.
const INSTRUCTIONS_MAX: usize = 32;
/// How many bytes an instruction has at most.
const INSTRUCTION_LEN_MAX: u64 = 16;

/// What the threads of a process share.
pub struct Shared<R: InState> {
    /// Grows when code changed.
    generation: AtomicU64,
    /// The pages that code was lifted from.
    pages: Box<[AtomicU64]>,
    pub(super) lifter: Box<dyn Lifter>,
    of: PhantomData<R>,
}

/// For a CPU that nobody lifts: there is no such thing in the table of CPUs that programs are run for.
const NO_LIFTER: &str = "every CPU whose registers are kept in a state has a lifter";

impl<R: InState> Shared<R> {
    pub(super) fn new(settings: &Settings) -> Shared<R> {
        let pages = std::iter::repeat_with(AtomicU64::default).take(PAGE_WORDS).collect();
        let lifter = ashore_isa::lifter_without(R::CPU, settings.hidden).expect(NO_LIFTER);
        Shared { generation: AtomicU64::new(0), pages, lifter, of: PhantomData }
    }

    /// The word and bit of a page.
    fn bit_of(&self, page: u64) -> Option<(&AtomicU64, u64)> {
        let number = page / PAGE_SIZE;
        Some((self.pages.get((number / 64) as usize % PAGE_WORDS)?, 1 << (number % 64)))
    }

    /// Code there may be another one.
    pub(super) fn renew(&self, range: AddrRange) {
        let (first, end) = (range.start.align_down(PAGE_SIZE).0, range.end.0);
        let is_lifted = |page| self.bit_of(page).is_some_and(|(word, bit)| word.load(Ordering::SeqCst) & bit != 0);
        let is_code = end.saturating_sub(first) / PAGE_SIZE > PAGES_LOOKED_AT
            || (first..end).step_by(PAGE_SIZE as usize).any(is_lifted);
        if is_code {
            self.generation.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl<R: InState> Code for Shared<R> {
    fn changed(&self, range: AddrRange, _: u32) {
        self.renew(range);
    }
}

/// How much is lifted at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Up to the block's own end.
    Many,
    /// One instruction.
    One,
}

/// The blocks of a thread.
pub(super) struct Blocks<R: InState> {
    shared: &'static Shared<R>,
    generation: u64,
    /// By address; each has one place, and the latest stays.
    kept: Vec<Option<(u64, Rc<Block>)>>,
    /// Memory that was seen to be executable.
    executable: AddrRange,
    of: PhantomData<R>,
}

const NOWHERE: AddrRange = AddrRange { start: Addr::NULL, end: Addr::NULL };

impl<R: InState> Blocks<R> {
    pub(super) fn new(shared: &'static Shared<R>) -> Blocks<R> {
        Blocks { shared, generation: 0, kept: vec![None; KEPT], executable: NOWHERE, of: PhantomData }
    }

    /// The block at `pc`, or the fault of fetching its first instruction.
    pub(super) fn at(&mut self, pc: u64, extent: Extent) -> Result<Rc<Block>, FaultInfo> {
        let generation = self.shared.generation.load(Ordering::SeqCst);
        if generation != self.generation {
            self.generation = generation;
            self.kept.fill(None);
            self.executable = NOWHERE;
        }
        let place = (pc >> 2) as usize % KEPT;
        if extent == Extent::Many
            && let Some(Some((at, block))) = self.kept.get(place)
            && *at == pc
        {
            return Ok(block.clone());
        }
        let block = Rc::new(self.lift(pc, extent)?);
        if extent == Extent::Many
            && let Some(kept) = self.kept.get_mut(place)
        {
            *kept = Some((pc, block.clone()));
        }
        Ok(block)
    }

    fn lift(&mut self, pc: u64, extent: Extent) -> Result<Block, FaultInfo> {
        if !R::is_aligned(pc) {
            let signal = Signal::BUS.0.into();
            return Err(FaultInfo { signal, code: BUS_ADRALN, addr: pc, ..FaultInfo::default() });
        }
        self.check(pc)?;
        // Marked before it is read: whoever changes it after that sees the mark.
        for page in [pc, pc + INSTRUCTION_LEN_MAX - 1] {
            if let Some((word, bit)) = self.shared.bit_of(page) {
                word.fetch_or(bit, Ordering::SeqCst);
            }
        }
        let count = if extent == Extent::One { 1 } else { INSTRUCTIONS_MAX };
        let page_end = Addr(pc).align_down(PAGE_SIZE).plus(PAGE_SIZE);
        let mut code = vec![0; (page_end.0 - pc).min(count as u64 * INSTRUCTION_LEN_MAX) as usize];
        if GuestMemory.read(Addr(pc), &mut code).is_err() {
            return Err(refusal::<R>(pc, Refused::Unmapped));
        }
        let mut block = Block::new();
        lift::fill(&*self.shared.lifter, &mut block, Addr(pc), &code, count);
        Ok(block)
    }

    /// Whether code may be fetched there.
    fn check(&mut self, pc: u64) -> Result<(), FaultInfo> {
        if self.executable.contains(Addr(pc)) {
            return Ok(());
        }
        match ashore_sys::mapped_at(Addr(pc)) {
            Some((range, prot)) if prot & ashore_sys::PROT_EXEC != 0 => {
                self.executable = range;
                Ok(())
            }
            Some(_) => Err(refusal::<R>(pc, Refused::Forbidden)),
            None => Err(refusal::<R>(pc, Refused::Unmapped)),
        }
    }
}

/// The fault of a fetch.
fn refusal<R: InState>(pc: u64, refused: Refused) -> FaultInfo {
    let code = match refused {
        Refused::Unmapped => SEGV_MAPERR,
        Refused::Forbidden | Refused::Misaligned => SEGV_ACCERR,
    };
    let error = R::syndrome(Access::Execute, refused);
    FaultInfo { signal: Signal::SEGV.0.into(), code, addr: pc, trap: 0, error }
}
