//! A program's half.
//!
//! An entry's own bits say what the program may do with a page, whatever hardware makes of it: a page nobody may touch stays
//! in the table, only not for the CPU. Every space has an address space id for its life, so that entering one is a write to one
//! register; where there are no ids left, there is no new space. A root that a CPU still has as its own when its space is
//! released is kept, empty, for the next space.

use super::{
    ACCESSED, ENTRIES, NEVER_KERNEL, NEVER_USER, OWN, READ_ONLY, SHARED, TABLE, USER, VALID, WHERE, nth, span,
};
use crate::cpu::Cpu;
use crate::memory::{self, PAGE, entry, physical, zero_frame};
use crate::registers::{barrier, read};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};
use ashore_kernel_core::{Frame, Lock, NoMemory, PageTable, Rights, Step, frames::Frames};
use core::arch::asm;
use core::sync::atomic::Ordering;

/// Rights as bits the CPU ignores.
const READ: u64 = 1 << 55;
const WRITE: u64 = 1 << 56;
const EXECUTE: u64 = 1 << 57;
/// There is a page, even if the program may do nothing with it.
const PRESENT: u64 = 1 << 58;

/// More pages than this are forgotten at once with the whole space.
const MOST_SINGLE: u64 = 64;

/// Ids and roots nobody uses, and the next id that was never used. Id 0 is the space without anything.
static SPARE: Lock<Spare> = Lock::new(Spare { ready: Vec::new(), next: 1 });

struct Spare {
    /// With the root that a CPU still had when its space was released.
    ready: Vec<(Option<Frame>, u16)>,
    next: u32,
}

/// One space.
#[derive(Debug)]
pub(crate) struct UserSpace {
    root: Frame,
    id: u16,
    /// Its tables, the root left out: nobody has to look for them when they are given back.
    tables: Vec<Frame>,
}

/// A table on the way down.
#[derive(Clone, Copy)]
struct Place {
    table: Frame,
    level: u32,
    base: u64,
}

fn id_bits() -> u32 {
    if read!("id_aa64mmfr0_el1") >> 4 & 0xf == 2 { 16 } else { 8 }
}

/// What a frame with such rights looks like.
fn page(frame: Frame, rights: Rights) -> u64 {
    let mut bits = physical(frame) | PRESENT | TABLE | USER | SHARED | ACCESSED | OWN | NEVER_KERNEL;
    for (has, bit) in [(rights.read, READ), (rights.write, WRITE), (rights.execute, EXECUTE)] {
        bits |= if has { bit | VALID } else { 0 };
    }
    if !rights.write {
        bits |= READ_ONLY;
    }
    if !rights.execute {
        bits |= NEVER_USER;
    }
    bits
}

fn seen(bits: u64) -> Option<(Frame, Rights)> {
    (bits & PRESENT != 0).then(|| {
        let rights = Rights { read: bits & READ != 0, write: bits & WRITE != 0, execute: bits & EXECUTE != 0 };
        (frame(bits), rights)
    })
}

fn frame(bits: u64) -> Frame {
    Frame(((bits & WHERE) >> 12) as u32)
}

impl UserSpace {
    /// A space without entries.
    pub(crate) fn new(frames: &Frames) -> Result<UserSpace, NoMemory> {
        let mut spare = SPARE.lock();
        if let Some((Some(root), id)) = spare.ready.pop_if(|(root, _)| root.is_some()) {
            return Ok(UserSpace { root, id, tables: Vec::new() });
        }
        let root = frames.take()?;
        let id = match spare.ready.pop() {
            Some((_, id)) => id,
            None if spare.next >> id_bits() == 0 => {
                spare.next += 1;
                (spare.next - 1) as u16
            }
            None => {
                frames.drop(root);
                return Err(NoMemory);
            }
        };
        drop(spare);
        zero_frame(root);
        Ok(UserSpace { root, id, tables: Vec::new() })
    }

    /// The last table on the way to a page.
    fn table(&self, at: Addr) -> Option<Frame> {
        let mut table = self.root;
        for level in 0..3 {
            let bits = entry(table, nth(at.0, level)).load(Ordering::Relaxed);
            if bits & VALID == 0 {
                return None;
            }
            table = frame(bits);
        }
        Some(table)
    }

    fn slot(&self, at: Addr) -> Option<&'static core::sync::atomic::AtomicU64> {
        Some(entry(self.table(at)?, nth(at.0, 3)))
    }

    fn forget(&self, at: Addr) {
        let word = u64::from(self.id) << 48 | (at.0 >> 12 & 0xfff_ffff_ffff);
        // SAFETY: forgetting translations of programs changes nothing the kernel relies upon.
        unsafe { asm!("tlbi vale1is, {}", in(reg) word, options(nostack, preserves_flags)) }
    }

    fn forget_all(&self) {
        let word = u64::from(self.id) << 48;
        // SAFETY: as above.
        unsafe { asm!("tlbi aside1is, {}", in(reg) word, options(nostack, preserves_flags)) }
    }

    /// Shows the entries of a table to `step`, ascending, and does as it says. Where it stopped, if it did.
    fn visit(place: Place, range: AddrRange, step: &mut dyn FnMut(Addr, Frame, Rights) -> Step) -> Option<Addr> {
        let span = span(place.level);
        let first = (range.start.0.saturating_sub(place.base) / span) as usize;
        for nth in first..ENTRIES {
            let at = place.base + nth as u64 * span;
            if at >= range.end.0 {
                return None;
            }
            let slot = entry(place.table, nth);
            let bits = slot.load(Ordering::Relaxed);
            if place.level < 3 {
                if bits & VALID != 0 {
                    let below = Place { table: frame(bits), level: place.level + 1, base: at };
                    let stopped = UserSpace::visit(below, range, step);
                    if stopped.is_some() {
                        return stopped;
                    }
                }
                continue;
            }
            let Some((frame, rights)) = seen(bits) else { continue };
            match step(Addr(at), frame, rights) {
                Step::Keep => {}
                Step::Protect(rights) => slot.store(page(frame, rights), Ordering::Relaxed),
                Step::Remove => slot.store(0, Ordering::Relaxed),
                Step::Stop => return Some(Addr(at)),
            }
        }
        None
    }

    fn all(&self, range: AddrRange, step: &mut dyn FnMut(Addr, Frame, Rights) -> Step) -> Option<Addr> {
        let start = range.start.align_down(PAGE as u64);
        let top = Place { table: self.root, level: 0, base: 0 };
        UserSpace::visit(top, AddrRange { start, ..range }, step)
    }
}

impl PageTable for UserSpace {
    fn map(&mut self, at: Addr, frame_there: Frame, rights: Rights, frames: &Frames) -> Result<(), NoMemory> {
        let mut table = self.root;
        for level in 0..3 {
            let slot = entry(table, nth(at.0, level));
            let bits = slot.load(Ordering::Relaxed);
            if bits & VALID != 0 {
                table = frame(bits);
                continue;
            }
            self.tables.try_reserve(1).map_err(|_| NoMemory)?;
            table = frames.take()?;
            self.tables.push(table);
            zero_frame(table);
            barrier!("dmb ishst");
            slot.store(physical(table) | TABLE | VALID, Ordering::Relaxed);
        }
        entry(table, nth(at.0, 3)).store(page(frame_there, rights), Ordering::Relaxed);
        // Seen by walks before the program goes on.
        barrier!("dsb ishst");
        Ok(())
    }

    fn look(&self, at: Addr) -> Option<(Frame, Rights)> {
        seen(self.slot(at)?.load(Ordering::Relaxed))
    }

    fn store(&self, at: Addr, words: (u64, u64)) -> bool {
        PageTable::root(self) == Cpu::own().root.load(Ordering::Relaxed) && memory::store(at.0, words)
    }

    fn protect(&mut self, at: Addr, rights: Rights) {
        if let Some(slot) = self.slot(at)
            && let Some((frame, _)) = seen(slot.load(Ordering::Relaxed))
        {
            slot.store(page(frame, rights), Ordering::Relaxed);
        }
    }

    fn replace(&mut self, at: Addr, frame: Frame, rights: Rights) {
        let Some(slot) = self.slot(at) else { return };
        // A valid entry never changes where it leads in one step: two CPUs could disagree.
        if slot.swap(0, Ordering::Relaxed) & VALID != 0 {
            barrier!("dsb ishst");
            self.forget(at);
            barrier!("dsb ish");
        }
        slot.store(page(frame, rights), Ordering::Relaxed);
        barrier!("dsb ishst");
    }

    fn unmap(&mut self, at: Addr) -> Option<Frame> {
        let slot = self.slot(at)?;
        let (frame, _) = seen(slot.load(Ordering::Relaxed))?;
        slot.store(0, Ordering::Relaxed);
        Some(frame)
    }

    fn each(&self, range: AddrRange, seen: &mut dyn FnMut(Addr, Frame, Rights)) {
        self.all(range, &mut |at, frame, rights| {
            seen(at, frame, rights);
            Step::Keep
        });
    }

    fn walk(&mut self, range: AddrRange, step: &mut dyn FnMut(Addr, Frame, Rights) -> Step) -> Option<Addr> {
        self.all(range, step)
    }

    fn flush(&mut self, range: AddrRange) {
        barrier!("dsb ishst");
        if range.len() / PAGE as u64 > MOST_SINGLE {
            self.forget_all();
        } else {
            let mut at = range.start.align_down(PAGE as u64);
            while at.0 < range.end.0 {
                self.forget(at);
                at = at.plus(PAGE as u64);
            }
        }
        barrier!("dsb ish");
    }

    fn release(&mut self, frames: &Frames) {
        zero_frame(self.root);
        barrier!("dsb ishst");
        self.forget_all();
        barrier!("dsb ish");
        self.tables.drain(..).for_each(|table| frames.drop(table));
        let root = PageTable::root(self);
        let is_somebodys = crate::start::cpus().iter().any(|cpu| cpu.root.load(Ordering::Acquire) == root);
        if !is_somebodys {
            frames.drop(self.root);
        }
        SPARE.lock().ready.push((is_somebodys.then_some(self.root), self.id));
    }

    fn root(&self) -> u64 {
        u64::from(self.id) << 48 | physical(self.root)
    }
}
