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

use crate::Exit;
use ashore_isa::x86_64::Regs;
use ashore_pivot::SigSet;
use ashore_sys::{Block, ExitKind, SignalInfo};

/// A guest thread on the host's CPU.
pub struct Cpu {
    block: &'static mut Block,
}

impl Cpu {
    /// Makes the calling host thread one that runs the guest. Signals must be blocked.
    pub fn adopt() -> Cpu {
        Cpu { block: ashore_sys::adopt() }
    }

    /// Runs the guest until it stops.
    #[inline]
    pub fn run(&mut self) -> Exit {
        match ashore_sys::run(self.block) {
            ExitKind::Call => Exit::Call,
            ExitKind::Interrupted => Exit::Interrupted,
            ExitKind::Fault => Exit::Fault(self.block.fault()),
        }
    }

    /// Has the guest's call for the time answered on the way out.
    pub fn answer_clocks(&mut self, call: &ashore_sys::ClockCall) {
        ashore_sys::answer_clocks(self.block, call);
    }

    /// The guest's registers.
    #[inline]
    pub fn regs(&mut self) -> &mut Regs {
        &mut self.block.regs
    }

    /// Whether a signal for the guest waits.
    #[inline]
    pub fn has_signal(&self) -> bool {
        self.block.has_pending()
    }

    /// Takes a waiting signal that `blocked` does not hold back.
    pub fn take_signal(&mut self, blocked: SigSet) -> Option<SignalInfo> {
        self.block.take_signal(blocked)
    }

    /// Whether somebody wants the thread to stop.
    pub fn is_kicked(&self) -> bool {
        self.block.is_kicked()
    }

    /// The same, once.
    pub fn take_kick(&mut self) -> bool {
        self.block.take_kick()
    }

    /// The signals that wait.
    pub fn waiting(&self) -> SigSet {
        self.block.pending_set()
    }

    /// Lets the guest run on though signals wait; [`Cpu::release`] ends that.
    pub fn hold(&self) {
        self.block.hold();
    }

    /// Has the guest stop again, and calls that wait end, for a signal that `blocked` does not hold back.
    pub fn release(&self, blocked: SigSet) {
        self.block.recheck(blocked);
    }

    /// The floating-point and vector state, in the CPU's save format.
    pub fn save_fp(&self) -> Vec<u8> {
        ashore_sys::save_fp(self.block)
    }

    /// Sets the floating-point and vector state, whole or its legacy part.
    pub fn load_fp(&mut self, image: &[u8]) {
        ashore_sys::load_fp(self.block, image);
    }
}
