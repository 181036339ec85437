//! Spaces on the simulated machine.

mod calls;
mod model;

use super::*;
use crate::machine::{Access, Frame, Machine};
use crate::memory::{Mappers, PageFail};
use crate::testing::{Simulated, machine, physical};
use ashore_pivot::Memory;

const PAGE: u64 = PAGE_SIZE;

/// A file of a few pages; every byte of page `n` is `n + 1` at first.
struct File {
    physical: &'static Physical,
    frames: Lock<Vec<Frame>>,
    mappers: Mappers,
}

impl File {
    fn new(physical: &'static Physical, pages: usize) -> Arc<File> {
        let frame = |nth| {
            let frame = physical.frames.take().unwrap();
            physical.machine.write_frame(frame, 0, &[nth as u8 + 1; PAGE_SIZE as usize]);
            frame
        };
        Arc::new(File { physical, frames: Lock::new((0..pages).map(frame).collect()), mappers: Mappers::new() })
    }

    fn mapped(self: &Arc<File>) -> Arc<Mapped> {
        Arc::new(Mapped { pages: self.clone(), device: 8, inode: 3, path: b"/file".to_vec(), spot: None })
    }

    fn cut(&self, pages: usize) {
        let gone: Vec<Frame> = self.frames.lock().drain(pages..).collect();
        self.mappers.forget(self, Gone::From(pages as u64));
        gone.into_iter().for_each(|frame| self.physical.frames.drop(frame));
    }
}

impl Pages for File {
    fn page(&self, index: u64) -> Result<Frame, PageFail> {
        let frame = *self.frames.lock().get(index as usize).ok_or(PageFail::BeyondEnd)?;
        self.physical.frames.share(frame);
        Ok(frame)
    }

    fn len(&self) -> u64 {
        self.frames.lock().len() as u64 * PAGE
    }

    fn mappers(&self) -> Option<&Mappers> {
        Some(&self.mappers)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.frames.lock().drain(..).for_each(|frame| self.physical.frames.drop(frame));
    }
}

/// A machine and its memory.
fn with(frames: u32) -> (&'static Simulated, &'static Physical) {
    let machine = machine(frames);
    (machine, physical(machine))
}

fn fixed(at: u64, pages: u64, prot: Prot) -> MapRequest {
    MapRequest { place: Place::Fixed(Addr(at)), prot, ..MapRequest::plain(pages * PAGE) }
}

const RW: Prot = Prot(3);

/// A program reads a byte.
fn load(machine: &Simulated, space: &Space, at: u64) -> Result<u8, FaultEnd> {
    let mut byte = [0];
    machine.enter(space.root());
    while machine.load(Addr(at), &mut byte).is_err() {
        space.fault(Addr(at), Access::Read)?;
    }
    Ok(byte[0])
}

/// A program writes a byte.
fn store(machine: &Simulated, space: &Space, at: u64, byte: u8) -> Result<(), FaultEnd> {
    machine.enter(space.root());
    while machine.store(Addr(at), &[byte]).is_err() {
        space.fault(Addr(at), Access::Write)?;
    }
    Ok(())
}
