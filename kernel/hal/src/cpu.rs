//! What every CPU has of its own.

use crate::registers::{read, write};
use alloc::boxed::Box;
use ashore_isa::aarch64::Regs;
use core::mem::offset_of;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// Bytes of the stack a CPU reports on when the kernel itself faulted.
const LAST_STACK: usize = 0x4000;

/// One CPU's area; `TPIDR_EL1` holds its address.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Cpu {
    /// The kernel's registers when it faulted: written by the vectors.
    pub(crate) broken: Regs,
    /// The end of the stack to report that on.
    pub(crate) last_stack: u64,
    /// Which CPU this is, from 0.
    pub(crate) index: usize,
    /// How it is called by firmware and interrupt controllers (`MPIDR_EL1` without its flags).
    pub(crate) affinity: u64,
    /// The end of its kernel stack.
    pub(crate) stack: u64,
    /// How often it came into the kernel.
    count: AtomicU64,
    /// The same while it is inside, 0 while it runs a program or idles.
    inside: AtomicU64,
    /// The translation table it last entered.
    pub(crate) root: AtomicU64,
    /// The registers of the thread it runs or ran last.
    pub(crate) runs: AtomicPtr<Regs>,
    /// When it wants its alarm, in ticks of the counter.
    pub(crate) alarm: AtomicU64,
}

// The vectors know it.
const _: () = assert!(offset_of!(Cpu, broken) == 0);

impl Cpu {
    /// An area. It lives as long as the machine.
    pub(crate) fn new(index: usize, affinity: u64, stack: u64) -> &'static Cpu {
        let last_stack = alloc::vec![0u128; LAST_STACK / size_of::<u128>()].leak().as_ptr_range().end as u64;
        Box::leak(Box::new(Cpu {
            broken: Regs::default(),
            last_stack,
            index,
            affinity,
            stack,
            count: AtomicU64::new(0),
            inside: AtomicU64::new(0),
            root: AtomicU64::new(0),
            runs: AtomicPtr::new(core::ptr::null_mut()),
            alarm: AtomicU64::new(u64::MAX),
        }))
    }

    /// Makes this the area of the CPU that calls.
    pub(crate) fn take(&'static self) {
        write!("tpidr_el1", core::ptr::from_ref(self) as u64);
    }

    /// The area of the CPU that calls; `None` before it has one.
    pub(crate) fn get() -> Option<&'static Cpu> {
        let at = read!("tpidr_el1") as *const Cpu;
        // SAFETY: the register is zero or what `take` put there, which lives for ever.
        unsafe { at.as_ref() }
    }

    /// The area of the CPU that calls, which has one.
    pub(crate) fn own() -> &'static Cpu {
        let at = read!("tpidr_el1") as *const Cpu;
        // SAFETY: every CPU takes its area before it does anything else in Rust that could call this.
        unsafe { &*at }
    }

    /// It leaves the kernel.
    #[inline(always)]
    pub(crate) fn go_out(&self) {
        self.inside.store(0, Ordering::Relaxed);
    }

    /// It is in the kernel again. Only the CPU itself counts.
    #[inline(always)]
    pub(crate) fn come_in(&self) {
        let count = self.count.load(Ordering::Relaxed) + 1;
        self.count.store(count, Ordering::Relaxed);
        self.inside.store(count, Ordering::Relaxed);
    }

    /// Which stay in the kernel this is; 0 when it is outside.
    pub(crate) fn stay(&self) -> u64 {
        self.inside.load(Ordering::Relaxed)
    }
}
