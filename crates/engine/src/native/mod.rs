//! The native engine: the guest's instructions run as they are, only its calls are caught.
//!
//! [`sites`] finds the call instructions and decides how each is caught, [`rewrite`] carries that out with stubs in
//! an [`area`].
//! What no stub catches, the kernel's net under the thread does.

mod again;
mod area;
mod rewrite;
mod sites;

pub use rewrite::{Patch, Rewriter};
pub use sites::{Caught, Site, find_sites};

use crate::{Code, Counter, Engine, Exit, Runs};
use ashore_base::{Addr, AddrRange};
use ashore_isa::x86_64::{FLAG_TRAP, Regs};
use ashore_pivot::{Memory, Signal};
use ashore_sys::{Block, ExitKind, FaultInfo, GuestMemory};

/// The trap of a single step.
const TRAP_DEBUG: u64 = 1;
/// Linux's `si_code` of a single step.
const CODE_TRACE: i32 = 2;
/// Linux's `si_code` of a fault that the kernel tells nothing of.
const SI_KERNEL: i32 = 0x80;
/// The length of the instruction that reads the counter and the CPU it was read on.
const COUNTER_AND_CPU_LEN: u64 = 3;

/// A guest thread on the host's CPU.
pub struct Cpu {
    block: &'static mut Block,
}

/// What threads on the host's CPU share: the CPU keeps no copy of code.
#[derive(Debug, Default)]
pub struct NoCopy;

impl Code for NoCopy {
    fn changed(&self, _: AddrRange, _: u32) {}
}

impl Engine for Cpu {
    type Regs = Regs;
    type Shared = NoCopy;
    const RUNS: Runs = Runs::Natively;

    fn share(_: &crate::Settings) -> NoCopy {
        NoCopy
    }

    fn hwcap(_: &NoCopy) -> [u64; 2] {
        ashore_sys::hwcap()
    }

    fn adopt(_: &'static NoCopy) -> Cpu {
        Cpu { block: ashore_sys::adopt() }
    }

    #[inline]
    fn run(&mut self) -> Exit {
        match ashore_sys::run(self.block) {
            ExitKind::Call => Exit::Call,
            ExitKind::Interrupted => Exit::Interrupted,
            ExitKind::Fault => Exit::Fault(self.block.fault()),
        }
    }

    fn step(&mut self) -> Exit {
        let is_own = self.block.regs.rflags & FLAG_TRAP != 0;
        self.block.regs.rflags |= FLAG_TRAP;
        let exit = self.run();
        let regs = &mut self.block.regs;
        if !is_own {
            regs.rflags &= !FLAG_TRAP;
            if matches!(exit, Exit::Call) {
                // A call instruction keeps the flags there.
                regs.r11 &= !FLAG_TRAP;
            }
        }
        match exit {
            Exit::Fault(fault) if is_step(&fault) => Exit::Stepped,
            exit => exit,
        }
    }

    #[inline]
    fn regs(&mut self) -> &mut Regs {
        &mut self.block.regs
    }

    #[inline]
    fn signals(&self) -> &Block {
        self.block
    }

    #[inline]
    fn signals_mut(&mut self) -> &mut Block {
        self.block
    }

    fn save_fp(&self) -> Vec<u8> {
        ashore_sys::save_fp(self.block)
    }

    fn load_fp(&mut self, image: &[u8]) {
        ashore_sys::load_fp(self.block, image);
    }

    fn answer_clocks(&mut self, call: &ashore_sys::ClockCall) {
        ashore_sys::answer_clocks(self.block, call);
    }

    fn answer_counter(&mut self, fault: &FaultInfo, read: &mut dyn FnMut(Counter) -> u64) -> bool {
        let regs = &mut self.block.regs;
        let mut code = [0; 3];
        let is_read = fault.signal == u32::from(Signal::SEGV.0) && fault.code == SI_KERNEL;
        if !is_read || GuestMemory.read(Addr(regs.rip), &mut code).is_err() {
            return false;
        }
        let Some(len) = ashore_sys::tsc_len(code) else { return false };
        let count = read(Counter::Time);
        (regs.rax, regs.rdx) = (count & 0xffff_ffff, count >> 32);
        if len == COUNTER_AND_CPU_LEN {
            regs.rcx = read(Counter::Cpu);
        }
        regs.rip += len;
        true
    }
}

fn is_step(fault: &FaultInfo) -> bool {
    fault.signal == u32::from(Signal::TRAP.0) && fault.trap == TRAP_DEBUG && fault.code == CODE_TRACE
}
