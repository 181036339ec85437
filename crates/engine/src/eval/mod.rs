//! The evaluating engine: a guest of any CPU whose instructions are lifted, run block by block by the evaluator of what
//! they mean.
//!
//! Slow and plain: the measure of every faster engine, and what runs when there is none. Signals are seen between blocks;
//! a fault stops inside of one, with the registers as they were before its instruction.

mod code;
mod memory;

pub use code::Shared;

use crate::{Engine, Exit, Runs, Settings};
use ashore_ir::{Evaluator, Fault, Model, Slot, Trap};
use ashore_isa::{InState, Refused};
use ashore_pivot::Signal;
use ashore_sys::{Block, FaultInfo};
use code::{Blocks, Extent};
use memory::View;

/// Linux's `si_code` of an illegal instruction, of a breakpoint and of an access that is not aligned.
pub(crate) const ILL_ILLOPC: i32 = 1;
pub(crate) const TRAP_BRKPT: i32 = 1;
pub(crate) const BUS_ADRALN: i32 = 1;
/// Linux's `si_code` of a fault of memory that is mapped, and of memory that is not.
pub(crate) const SEGV_MAPERR: i32 = 1;
pub(crate) const SEGV_ACCERR: i32 = 2;

/// A guest thread on the evaluator.
pub struct Cpu<R: InState> {
    block: &'static mut Block,
    regs: R,
    model: &'static dyn Model,
    /// All of the CPU's state while blocks run; of the registers, what they were at the last stop.
    state: Vec<u8>,
    evaluator: Evaluator,
    blocks: Blocks<R>,
    view: View<R>,
}

impl<R: InState> Engine for Cpu<R> {
    type Regs = R;
    type Shared = Shared<R>;
    const RUNS: Runs = Runs::Translated;

    fn share(settings: &Settings) -> Shared<R> {
        Shared::new(settings)
    }

    fn hwcap(shared: &Shared<R>) -> [u64; 2] {
        shared.lifter.capabilities()
    }

    fn description(shared: &Shared<R>) -> Vec<(&'static str, String)> {
        shared.lifter.description()
    }

    fn adopt(shared: &'static Shared<R>) -> Cpu<R> {
        let model = shared.lifter.model();
        Cpu {
            block: ashore_sys::adopt(),
            regs: R::default(),
            state: vec![0; model.layout().size],
            model,
            evaluator: Evaluator::new(),
            blocks: Blocks::new(shared),
            view: View::new(shared),
        }
    }

    fn run(&mut self) -> Exit {
        self.regs.put(&mut self.state);
        let exit = loop {
            if self.block.has_pending() {
                break Exit::Interrupted;
            }
            if let Some(exit) = self.run_block(Extent::Many) {
                break exit;
            }
        };
        self.regs = R::take(&self.state);
        exit
    }

    fn step(&mut self) -> Exit {
        self.regs.put(&mut self.state);
        let exit = if self.block.has_pending() {
            Exit::Interrupted
        } else {
            self.run_block(Extent::One).unwrap_or(Exit::Stepped)
        };
        self.regs = R::take(&self.state);
        exit
    }

    fn regs(&mut self) -> &mut R {
        &mut self.regs
    }

    fn signals(&self) -> &Block {
        self.block
    }

    fn signals_mut(&mut self) -> &mut Block {
        self.block
    }

    fn save_fp(&self) -> Vec<u8> {
        R::save_fp(&self.state)
    }

    fn load_fp(&mut self, image: &[u8]) {
        R::load_fp(&mut self.state, image);
    }
}

impl<R: InState> Cpu<R> {
    /// Runs the block that the program counter points at; nothing when the guest goes on after it.
    fn run_block(&mut self, extent: Extent) -> Option<Exit> {
        let pc = read_word(&self.state, self.model.layout().pc);
        let block = match self.blocks.at(pc, extent) {
            Ok(block) => block,
            Err(fault) => return Some(Exit::Fault(fault)),
        };
        let left = self.evaluator.run(&block, &mut self.state, &mut self.view, self.model);
        let at = read_word(&self.state, self.model.layout().pc);
        let raised = |signal: Signal, code| {
            Some(Exit::Fault(FaultInfo { signal: signal.0.into(), code, addr: at, ..FaultInfo::default() }))
        };
        match left {
            ashore_ir::Exit::Jump(_) => None,
            ashore_ir::Exit::Trap(Trap::Call, _) => Some(Exit::Call),
            ashore_ir::Exit::Trap(Trap::Illegal, _) => raised(Signal::ILL, ILL_ILLOPC),
            ashore_ir::Exit::Trap(Trap::Break, _) => raised(Signal::TRAP, TRAP_BRKPT),
            ashore_ir::Exit::Trap(Trap::Misaligned, _) => raised(Signal::BUS, BUS_ADRALN),
            ashore_ir::Exit::Fault(fault) => Some(Exit::Fault(self.told(fault))),
            ashore_ir::Exit::Misaligned(fault) => Some(Exit::Fault(misaligned::<R>(fault))),
        }
    }

    /// What the guest is told of an access that failed.
    fn told(&self, Fault { addr, access }: Fault) -> FaultInfo {
        let info = self.view.last_fault();
        let refused = if info.code == SEGV_ACCERR { Refused::Forbidden } else { Refused::Unmapped };
        FaultInfo { addr, trap: 0, error: R::syndrome(access, refused), ..info }
    }
}

/// What the guest is told of an access that was not aligned.
pub(crate) fn misaligned<R: InState>(Fault { addr, access }: Fault) -> FaultInfo {
    let error = R::syndrome(access, Refused::Misaligned);
    FaultInfo { signal: Signal::BUS.0.into(), code: BUS_ADRALN, addr, trap: 0, error }
}

/// A word of a state.
fn read_word(state: &[u8], slot: Slot) -> u64 {
    let bytes = state.get(usize::from(slot.offset)..).and_then(|rest| rest.first_chunk::<8>());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
