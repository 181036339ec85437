//! The guest's memory, and the breakpoints written into it.
//!
//! Memory is touched through the kernel, which says where there is none and writes code that is not writable. Whoever
//! reads sees what stood where breakpoints are.

use super::registers::Cpu;
use ashore_base::{Addr, AddrRange};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;

/// Told of code that changed, where somebody keeps another form of it.
pub(super) type Changed = Box<dyn Fn(AddrRange) + Send + Sync>;

/// What gdb calls a breakpoint. Both are made the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Software = 1,
    Hardware = 2,
}

/// A breakpoint in the code.
#[derive(Debug)]
struct Breakpoint {
    /// What stood there.
    under: Vec<u8>,
    /// The kinds it was asked for as.
    kinds: u8,
}

/// The breakpoints by their addresses.
pub(super) struct Breakpoints {
    places: BTreeMap<u64, Breakpoint>,
    /// The instruction that traps.
    trap: &'static [u8],
    changed: Option<Changed>,
}

/// The process's memory by its file. Whoever opens it needs a descriptor: never the guest's threads.
#[derive(Debug)]
pub(super) struct Space(File);

impl Space {
    pub(super) fn open() -> io::Result<Space> {
        OpenOptions::new().read(true).write(true).open("/proc/self/mem").map(Space)
    }

    /// Reads as far as there is memory.
    pub(super) fn read(&self, at: u64, into: &mut [u8], breakpoints: &Breakpoints) -> io::Result<usize> {
        let len = self.0.read_at(into, at)?;
        for (address, breakpoint) in breakpoints.places.range(breakpoints.reach(at, len)) {
            for (byte, place) in breakpoint.under.iter().zip(*address..) {
                let offset = place.checked_sub(at).and_then(|offset| usize::try_from(offset).ok());
                if let Some(place) = offset.and_then(|offset| into.get_mut(..len)?.get_mut(offset)) {
                    *place = *byte;
                }
            }
        }
        Ok(len)
    }

    /// Writes, under the breakpoints too.
    pub(super) fn write(&self, at: u64, bytes: &[u8], breakpoints: &mut Breakpoints) -> io::Result<()> {
        let mut bytes = bytes.to_vec();
        let (reach, trap) = (breakpoints.reach(at, bytes.len()), breakpoints.trap);
        for (address, breakpoint) in breakpoints.places.range_mut(reach) {
            for ((under, trap), place) in breakpoint.under.iter_mut().zip(trap).zip(*address..) {
                let offset = place.checked_sub(at).and_then(|offset| usize::try_from(offset).ok());
                if let Some(place) = offset.and_then(|offset| bytes.get_mut(offset)) {
                    *under = std::mem::replace(place, *trap);
                }
            }
        }
        self.0.write_all_at(&bytes, at)?;
        breakpoints.tell(at, bytes.len());
        Ok(())
    }
}

impl Breakpoints {
    pub(super) fn new(cpu: &Cpu) -> Breakpoints {
        Breakpoints { places: BTreeMap::new(), trap: cpu.trap, changed: None }
    }

    /// From now on somebody is told, or nobody.
    pub(super) fn set_told(&mut self, changed: Option<Changed>) {
        self.changed = changed;
    }

    fn tell(&self, at: u64, len: usize) {
        if let (Some(changed), Some(range)) = (&self.changed, AddrRange::new(Addr(at), len as u64)) {
            changed(range);
        }
    }

    /// The addresses of breakpoints that lie in or reach into these bytes.
    fn reach(&self, at: u64, len: usize) -> std::ops::Range<u64> {
        let end = at.saturating_add(len as u64);
        at.saturating_sub(self.trap.len() as u64 - 1).min(end)..end
    }

    pub(super) fn has(&self, at: u64) -> bool {
        self.places.contains_key(&at)
    }

    /// The kind of one, software first.
    pub(super) fn kind(&self, at: u64) -> Kind {
        match self.places.get(&at) {
            Some(breakpoint) if breakpoint.kinds & Kind::Software as u8 == 0 => Kind::Hardware,
            _ => Kind::Software,
        }
    }

    pub(super) fn add(&mut self, at: u64, kind: Kind, space: &Space) -> io::Result<()> {
        if let Some(breakpoint) = self.places.get_mut(&at) {
            breakpoint.kinds |= kind as u8;
            return Ok(());
        }
        let mut under = vec![0; self.trap.len()];
        space.0.read_exact_at(&mut under, at)?;
        space.0.write_all_at(self.trap, at)?;
        self.places.insert(at, Breakpoint { under, kinds: kind as u8 });
        self.tell(at, self.trap.len());
        Ok(())
    }

    pub(super) fn remove(&mut self, at: u64, kind: Kind, space: &Space) -> io::Result<()> {
        let Some(breakpoint) = self.places.get_mut(&at) else { return Ok(()) };
        breakpoint.kinds &= !(kind as u8);
        if breakpoint.kinds == 0 { self.take_out(at, space) } else { Ok(()) }
    }

    fn take_out(&mut self, at: u64, space: &Space) -> io::Result<()> {
        let Some(breakpoint) = self.places.remove(&at) else { return Ok(()) };
        let mut now = vec![0; self.trap.len()];
        space.0.read_exact_at(&mut now, at)?;
        // The guest may have mapped something else there since.
        if now == self.trap {
            space.0.write_all_at(&breakpoint.under, at)?;
            self.tell(at, self.trap.len());
        }
        Ok(())
    }

    /// Removes all; those in memory that is gone are gone with it.
    pub(super) fn clear(&mut self, space: &Space) {
        for at in self.places.keys().copied().collect::<Vec<_>>() {
            let _ = self.take_out(at, space);
        }
    }

    /// Whether the trap instruction that was at this address is none of the program's own, nor ours any more.
    pub(super) fn is_gone(&self, at: u64) -> bool {
        let mut now = vec![0; self.trap.len()];
        let read = ashore_pivot::Memory::read(&ashore_sys::GuestMemory, Addr(at), &mut now);
        !self.has(at) && read.is_ok() && now != self.trap
    }
}

impl std::fmt::Debug for Breakpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Breakpoints").field("places", &self.places).finish_non_exhaustive()
    }
}
