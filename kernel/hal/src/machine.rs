//! The machine as the kernel's core knows it.

use crate::cpu::Cpu;
use crate::space::UserSpace;
use crate::vectors::{enter, load_vectors, save_vectors};
use crate::{clock, console, crash, identity, interrupts, memory, random, start, trap};
use alloc::boxed::Box;
use ashore_kernel_core::quick::{self, Caller};
use ashore_kernel_core::{Context, Ending, Frame, Machine, Nanos, Network, NoMemory, PageTable, Trap, frames::Frames};
use core::sync::atomic::{AtomicU64, Ordering};

/// A step is asked for.
const STEP: u64 = 1 << 21;

/// The machine this kernel runs on.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) files: (u64, u64),
    pub(crate) words: &'static [u8],
    pub(crate) born: Nanos,
    pub(crate) card: Option<crate::virtio::Card>,
}

impl Machine for Board {
    fn cpu(&self) -> usize {
        Cpu::own().index
    }

    fn cpus(&self) -> usize {
        start::cpus().len()
    }

    fn now(&self) -> Nanos {
        clock::nanos(clock::ticks())
    }

    fn born(&self) -> Nanos {
        self.born
    }

    fn tick_scale(&self) -> u64 {
        clock::scale()
    }

    fn alarm(&self, at: Option<Nanos>) {
        let cpu = Cpu::own();
        let wish = at.map_or(u64::MAX, clock::ticks_of);
        if cpu.alarm.swap(wish, Ordering::Relaxed) != wish {
            interrupts::set_alarm(cpu);
        }
    }

    fn kick(&self, cpu: usize) {
        if let Some(cpu) = start::cpus().get(cpu) {
            interrupts::kick(cpu);
        }
    }

    fn idle(&self) {
        let cpu = Cpu::own();
        crash::rehearse_at_rest();
        cpu.go_out();
        loop {
            crate::registers::barrier!("dsb sy");
            crate::registers::barrier!("wfi");
            if interrupts::take(cpu) {
                break;
            }
        }
        cpu.come_in();
    }

    fn enter(&self, root: u64) {
        let cpu = Cpu::own();
        let root = if root == 0 { start::nobody() } else { root };
        if cpu.root.load(Ordering::Relaxed) == root {
            return;
        }
        // SAFETY: the lower half is programs' only; what it holds does not concern the kernel. The root is one that
        // `PageTable::root` answered, as the trait asks.
        unsafe { core::arch::asm!("msr ttbr0_el1, {}", "isb", in(reg) root, options(nostack, preserves_flags)) };
        // Only now may the old one be released for good.
        cpu.root.store(root, Ordering::Release);
    }

    fn arrive(&self, context: &Context) {
        // Where a report finds the registers of the program that ran here.
        Cpu::own().runs.store((&raw const context.regs).cast_mut(), Ordering::Relaxed);
        // SAFETY: the reference is good for reading. The kernel itself has no use for these registers.
        unsafe { load_vectors(&raw const context.vectors) }
    }

    fn leave(&self, context: &mut Context) {
        // SAFETY: the reference is good for writing.
        unsafe { save_vectors(&raw mut context.vectors) }
    }

    #[inline]
    fn run(&self, context: &mut Context, caller: &Caller<'_>) -> Trap {
        let cpu = Cpu::own();
        let regs = &mut context.regs;
        if regs.pstate & STEP != 0 {
            return step(cpu, context, caller);
        }
        let (who, handlers) = (core::ptr::from_ref(caller).cast(), caller.handlers());
        loop {
            cpu.go_out();
            // SAFETY: the registers are the caller's alone, and the lower half is the program's that the core entered.
            let syndrome = unsafe { enter(&raw mut *regs, who, handlers) };
            cpu.come_in();
            if trap::class(syndrome) == trap::CALL {
                return Trap::Call;
            }
            if let Some(trap) = trap::stopped(cpu, regs, syndrome, crate::registers::read!("far_el1")) {
                return trap;
            }
        }
    }

    fn new_table(&self, frames: &Frames) -> Result<Box<dyn PageTable>, NoMemory> {
        Ok(Box::new(UserSpace::new(frames)?))
    }

    fn read_frame(&self, frame: Frame, from: usize, into: &mut [u8]) {
        memory::read_frame(frame, from, into);
    }

    fn write_frame(&self, frame: Frame, to: usize, bytes: &[u8]) {
        memory::write_frame(frame, to, bytes);
    }

    fn move_bytes(&self, from: (Frame, usize), to: (Frame, usize), len: usize) {
        memory::move_bytes(from, to, len);
    }

    fn zero_frame(&self, frame: Frame) {
        memory::zero_frame(frame);
    }

    fn copy_frame(&self, from: Frame, to: Frame) {
        memory::copy_frame(from, to);
    }

    fn exchange(&self, frame: Frame, at: usize, old: u32, new: u32) -> u32 {
        memory::exchange(frame, at, old, new)
    }

    fn sync_code(&self, frame: Frame) {
        memory::sync_code(frame);
    }

    fn print(&self, bytes: &[u8]) {
        console::print(bytes);
    }

    fn typed(&self, into: &mut [u8]) -> usize {
        console::typed(into)
    }

    fn random(&self, into: &mut [u8]) {
        random::fill(into);
    }

    fn files_len(&self) -> usize {
        (self.files.1 - self.files.0) as usize
    }

    fn files_frame(&self, page: usize) -> Option<Frame> {
        let at = self.files.0.checked_add(page as u64 * memory::PAGE as u64)?;
        (at < self.files.1).then_some(Frame((at >> 12) as u32))
    }

    fn words(&self) -> &[u8] {
        self.words
    }

    fn capabilities(&self) -> u64 {
        identity::capabilities()
    }

    fn network(&self) -> Option<&dyn Network> {
        self.card.as_ref().map(|card| card as &dyn Network)
    }

    fn show_trace(&self, words: &'static [AtomicU64]) {
        let at = words.as_ptr() as u64;
        assert!(at < memory::DEVICES, "the ring lies outside RAM's direct map");
        crash::leave!(trace_at = at - memory::DIRECT, trace_len = size_of_val(words) as u64);
    }

    fn show_tasks(&self, words: &'static [AtomicU64]) {
        let at = words.as_ptr() as u64;
        assert!(at < memory::DEVICES, "the records lie outside RAM's direct map");
        crash::leave!(tasks_at = at - memory::DIRECT, tasks_len = size_of_val(words) as u64);
    }

    fn end(&self, ending: Ending) -> ! {
        crash::end(ending)
    }
}

/// Runs one instruction: the debug unit is on only meanwhile.
#[cold]
fn step(cpu: &Cpu, context: &mut Context, caller: &Caller<'_>) -> Trap {
    crate::registers::write!("mdscr_el1", 1);
    let trap = loop {
        cpu.go_out();
        // SAFETY: as in `run`.
        let syndrome = unsafe { enter(&raw mut context.regs, core::ptr::from_ref(caller).cast(), &quick::NONE) };
        cpu.come_in();
        if trap::class(syndrome) == trap::CALL {
            break Trap::Call;
        }
        if let Some(trap) = trap::stopped(cpu, &mut context.regs, syndrome, crate::registers::read!("far_el1")) {
            break trap;
        }
    };
    crate::registers::write!("mdscr_el1", 0);
    trap
}
