//! The memory of the programs: at the same addresses in every run, so that a finding is found again.

use super::program::Program;
use ashore_base::{Addr, AddrRange, Cpu};
use ashore_engine::jit::Code;
use ashore_ir::{Block, Model, Slot};
use ashore_isa::lift::{Habit, Lifted, Lifter};
use ashore_pivot::Memory as _;
use ashore_sys::{GuestMemory, Mapping};
use std::sync::OnceLock;

/// Where code is, and how many bytes there are for it.
pub(super) const CODE: u64 = 0x5000_0000;
pub(super) const CODE_LEN: usize = 0x4000;
/// Where data is, and how much.
pub(super) const DATA: u64 = 0x5100_0000;
pub(super) const DATA_LEN: usize = 0x4000;
/// Everything: what is neither is kept free, so that accesses fault there.
pub(super) const ALL: AddrRange = AddrRange { start: Addr(0x4f00_0000), end: Addr(0x5300_0000) };

const READ_WRITE: u32 = 3;
const PRIVATE_ANONYMOUS: u32 = 0x22;
const FIXED: u32 = 0x10;
const NO_REPLACE: u32 = 0x10_0000;

/// The memory, mapped, and this thread as one that runs translated code.
pub(super) struct Machine(());

impl Machine {
    /// The one of this process.
    pub(super) fn get() -> &'static Machine {
        static MACHINE: OnceLock<Machine> = OnceLock::new();
        MACHINE.get_or_init(|| {
            ashore_sys::adopt();
            ashore_sys::install_all().expect("handlers");
            map(ALL.start.0, ALL.len(), 0, NO_REPLACE);
            map(CODE, CODE_LEN as u64, READ_WRITE, FIXED);
            map(DATA, DATA_LEN as u64, READ_WRITE, FIXED);
            Machine(())
        })
    }

    /// Puts a program there, nothing behind it.
    pub(super) fn load(&self, program: &Program) {
        let mut code: Vec<u8> = program.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        code.resize(CODE_LEN, 0);
        GuestMemory.write(Addr(CODE), &code).expect("code");
    }

    /// The program's text, for what is kept of it.
    pub(super) fn text(&self) -> AddrRange {
        AddrRange { start: Addr(CODE), end: Addr(CODE + CODE_LEN as u64) }
    }

    /// Sets the data.
    pub(super) fn fill(&self, data: &[u8]) {
        GuestMemory.write(Addr(DATA), data).expect("data");
    }

    /// The data.
    pub(super) fn data(&self) -> Vec<u8> {
        let mut data = vec![0; DATA_LEN];
        GuestMemory.read(Addr(DATA), &mut data).expect("data");
        data
    }
}

fn map(at: u64, len: u64, prot: u32, how: u32) {
    let flags = PRIVATE_ANONYMOUS | how;
    let mapped = ashore_sys::map(&Mapping { at: Addr(at), len, prot, flags, fd: -1, offset: 0 });
    assert_eq!(mapped, Ok(Addr(at)), "memory for programs");
}

/// Where instructions come from.
pub(super) struct Here;

impl Code for Here {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let Some(at) = pc.checked_sub(CODE).filter(|at| *at < CODE_LEN as u64) else { return 0 };
        let len = into.len().min(CODE_LEN - at as usize);
        let Some(part) = into.get_mut(..len) else { return 0 };
        if GuestMemory.read(Addr(pc), part).is_ok() { len } else { 0 }
    }
}

/// The one lifter of this process, which takes long to make.
pub(super) fn lifter() -> &'static dyn Lifter {
    static LIFTER: OnceLock<Box<dyn Lifter>> = OnceLock::new();
    LIFTER.get_or_init(|| ashore_isa::lifter(Cpu::Aarch64).expect("a lifter")).as_ref()
}

/// The same for who wants one of his own.
pub(super) struct Borrowed;

impl Lifter for Borrowed {
    fn model(&self) -> &'static dyn Model {
        lifter().model()
    }

    fn capabilities(&self) -> [u64; 2] {
        lifter().capabilities()
    }

    fn description(&self) -> Vec<(&'static str, String)> {
        lifter().description()
    }

    fn counter_hz(&self) -> u64 {
        lifter().counter_hz()
    }

    fn favourites(&self, habit: Habit) -> &'static [Slot] {
        lifter().favourites(habit)
    }

    fn flags(&self) -> Slot {
        lifter().flags()
    }

    fn align_log2(&self) -> u8 {
        lifter().align_log2()
    }

    fn place(&self, addr: u64) -> u64 {
        lifter().place(addr)
    }

    fn lift(&self, block: &mut Block, pc: Addr, code: &[u8]) -> Option<Lifted> {
        lifter().lift(block, pc, code)
    }
}
