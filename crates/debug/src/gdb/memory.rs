//! The guest's memory, and the breakpoints written into it.
//!
//! Memory is touched through the kernel, which says where there is none and writes code that is not writable. Whoever
//! reads sees what stood where breakpoints are.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;

const INT3: u8 = 0xcc;

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
    under: u8,
    /// The kinds it was asked for as.
    kinds: u8,
}

/// The breakpoints by their addresses.
#[derive(Debug, Default)]
pub(super) struct Breakpoints(BTreeMap<u64, Breakpoint>);

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
        for (address, breakpoint) in breakpoints.0.range(at..at.saturating_add(len as u64)) {
            if let Some(place) = into.get_mut((address - at) as usize) {
                *place = breakpoint.under;
            }
        }
        Ok(len)
    }

    /// Writes, under the breakpoints too.
    pub(super) fn write(&self, at: u64, bytes: &[u8], breakpoints: &mut Breakpoints) -> io::Result<()> {
        let mut bytes = bytes.to_vec();
        for (address, breakpoint) in breakpoints.0.range_mut(at..at.saturating_add(bytes.len() as u64)) {
            if let Some(place) = bytes.get_mut((address - at) as usize) {
                breakpoint.under = std::mem::replace(place, INT3);
            }
        }
        self.0.write_all_at(&bytes, at)
    }
}

impl Breakpoints {
    pub(super) fn has(&self, at: u64) -> bool {
        self.0.contains_key(&at)
    }

    /// The kind of one, software first.
    pub(super) fn kind(&self, at: u64) -> Kind {
        match self.0.get(&at) {
            Some(breakpoint) if breakpoint.kinds & Kind::Software as u8 == 0 => Kind::Hardware,
            _ => Kind::Software,
        }
    }

    pub(super) fn add(&mut self, at: u64, kind: Kind, space: &Space) -> io::Result<()> {
        if let Some(breakpoint) = self.0.get_mut(&at) {
            breakpoint.kinds |= kind as u8;
            return Ok(());
        }
        let mut byte = [0];
        space.0.read_exact_at(&mut byte, at)?;
        space.0.write_all_at(&[INT3], at)?;
        self.0.insert(at, Breakpoint { under: byte[0], kinds: kind as u8 });
        Ok(())
    }

    pub(super) fn remove(&mut self, at: u64, kind: Kind, space: &Space) -> io::Result<()> {
        let Some(breakpoint) = self.0.get_mut(&at) else { return Ok(()) };
        breakpoint.kinds &= !(kind as u8);
        if breakpoint.kinds == 0 { self.take_out(at, space) } else { Ok(()) }
    }

    fn take_out(&mut self, at: u64, space: &Space) -> io::Result<()> {
        let Some(breakpoint) = self.0.remove(&at) else { return Ok(()) };
        let mut now = [0];
        space.0.read_exact_at(&mut now, at)?;
        // The guest may have mapped something else there since.
        if now == [INT3] { space.0.write_all_at(&[breakpoint.under], at) } else { Ok(()) }
    }

    /// Removes all; those in memory that is gone are gone with it.
    pub(super) fn clear(&mut self, space: &Space) {
        for at in self.0.keys().copied().collect::<Vec<_>>() {
            let _ = self.take_out(at, space);
        }
    }

    /// Whether a trap instruction before `rip` is none of the program's own, nor ours any more.
    pub(super) fn is_gone(&self, at: u64) -> bool {
        let mut byte = [0];
        let read = ashore_pivot::Memory::read(&ashore_sys::GuestMemory, ashore_base::Addr(at), &mut byte);
        !self.has(at) && read.is_ok() && byte != [INT3]
    }
}
