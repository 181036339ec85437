//! What the kernel asks of the machine under it.
//!
//! On bare metal `kernel/hal` answers, in tests a simulation. Frames are named by number and never by address: only the
//! machine knows where they lie.

use crate::frames::Frames;
use crate::quick::Caller;
use alloc::boxed::Box;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_isa::aarch64::{Regs, Vectors};
use core::sync::atomic::AtomicU64;

/// A time in nanoseconds since the machine started.
pub type Nanos = u64;

/// A page-sized piece of physical memory, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Frame(pub u32);

/// Neighbouring frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameRange {
    /// The first one.
    pub start: Frame,
    /// How many there are.
    pub count: u32,
}

/// What a program may do with a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rights {
    /// Read it.
    pub read: bool,
    /// Write it.
    pub write: bool,
    /// Run it.
    pub execute: bool,
}

/// What a program tried to do with memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Read it.
    Read,
    /// Write it.
    Write,
    /// Run it.
    Execute,
}

/// The registers of a program's thread.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Context {
    /// The integer registers. They come first: the machine's entry code knows their offsets.
    pub regs: Regs,
    /// The floating-point and vector registers. True only after [`Machine::leave`].
    pub vectors: Vectors,
}

/// A fault the machine found in what a program did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Memory that is not mapped so.
    Memory {
        /// Where.
        at: Addr,
        /// What was tried.
        access: Access,
        /// The machine's word about it (`ESR_EL1`), for the signal frame.
        syndrome: u64,
    },
    /// An address that is not a multiple of what it must be, of data, code or the stack pointer.
    Alignment {
        /// Where.
        at: Addr,
        /// As above.
        syndrome: u64,
    },
    /// An instruction that does not exist or is not allowed to programs.
    Illegal,
    /// `brk`.
    Breakpoint {
        /// Its number.
        number: u16,
    },
    /// One instruction was run because a debugger asked for one.
    Step,
    /// Anything else: a machine error.
    Other {
        /// As above.
        syndrome: u64,
    },
}

/// Why a program's thread stopped running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// It asks the kernel for something.
    Call,
    /// An interrupt came: the alarm, a kick by another CPU, a device.
    Interrupt,
    /// It faulted.
    Fault(Fault),
}

/// How the whole machine ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The first program returned this status.
    Exited(u8),
    /// The first program died of this signal.
    Killed(u8),
    /// The kernel itself is at its wits' end; the report was written.
    Panicked,
}

/// One address space's translation, kept by the machine. It holds no references on the frames it names.
///
/// Who changes an entry that may be in use calls [`PageTable::flush`] before anybody reuses the frame.
pub trait PageTable: Send + Sync {
    /// Enters a page that has no entry; one without any rights is an entry too. Frames for the table itself come from `frames`; `Err` when there are none.
    fn map(&mut self, at: Addr, frame: Frame, rights: Rights, frames: &Frames) -> Result<(), NoMemory>;

    /// The entry of the page at `at`.
    fn look(&self, at: Addr) -> Option<(Frame, Rights)>;

    /// Stores two words within a page if the program may write it now and this CPU is in the space: a machine may have a short
    /// way, and answers `false` where that does not lead there.
    fn store(&self, _at: Addr, _words: (u64, u64)) -> bool {
        false
    }

    /// Gives an entry other rights; nothing when there is none.
    fn protect(&mut self, at: Addr, rights: Rights);

    /// Gives an entry another frame and rights: a private copy.
    fn replace(&mut self, at: Addr, frame: Frame, rights: Rights);

    /// Takes an entry out.
    fn unmap(&mut self, at: Addr) -> Option<Frame>;

    /// Every entry in a range, ascending; holes of any size cost little.
    fn each(&self, range: AddrRange, seen: &mut dyn FnMut(Addr, Frame, Rights));

    /// Shows every entry in a range, ascending, to `step` and does with it as it says. Where `step` stopped, if it did.
    ///
    /// A table should have its own way: one pass over its levels. This one goes by [`PageTable::each`] time and again.
    fn walk(&mut self, range: AddrRange, step: &mut dyn FnMut(Addr, Frame, Rights) -> Step) -> Option<Addr> {
        let mut rest = range;
        loop {
            let mut found = [None; 32];
            let mut room = found.iter_mut();
            self.each(rest, &mut |at, frame, rights| {
                if let Some(room) = room.next() {
                    *room = Some((at, frame, rights));
                }
            });
            for (at, frame, rights) in found.into_iter().flatten() {
                match step(at, frame, rights) {
                    Step::Keep => {}
                    Step::Protect(rights) => self.protect(at, rights),
                    Step::Remove => drop(self.unmap(at)),
                    Step::Stop => return Some(at),
                }
                rest.start = at.plus(PAGE_SIZE);
            }
            found.last()?.as_ref()?;
        }
    }

    /// Makes every CPU forget what it remembers of a range. One of many pages may cost no more than a whole space.
    fn flush(&mut self, range: AddrRange);

    /// Gives the table's own frames back. Nobody runs in it any more.
    fn release(&mut self, frames: &Frames);

    /// The machine's own word for the table, which [`Machine::enter`] understands.
    fn root(&self) -> u64;
}

/// What becomes of an entry that [`PageTable::walk`] shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It stays as it is.
    Keep,
    /// It gets other rights.
    Protect(Rights),
    /// It is taken out.
    Remove,
    /// It stays, and no more are shown.
    Stop,
}

/// There is no memory left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoMemory;

/// A network card.
pub trait Network: Send + Sync {
    /// Its hardware address.
    fn address(&self) -> [u8; 6];

    /// Sends a frame of Ethernet without its checksum; false when there is no room at the moment or it is too long.
    fn send(&self, frame: &[u8]) -> bool;

    /// Takes a frame that came: how many bytes it has, at most 1514. What does not fit is lost. Its interrupt is an
    /// [`Trap::Interrupt`] of the first CPU.
    fn receive(&self, into: &mut [u8]) -> Option<usize>;
}

/// The machine. Every method may be called by any CPU at any time unless it says otherwise.
pub trait Machine: Sync {
    /// Which CPU this is, from 0.
    fn cpu(&self) -> usize;

    /// How many CPUs work.
    fn cpus(&self) -> usize;

    /// The time since the start; never goes back.
    fn now(&self) -> Nanos;

    /// The wall clock when `now` was 0, in nanoseconds since 1970.
    fn born(&self) -> Nanos;

    /// Interrupts this CPU at a time; replaces an earlier wish. `None` for never.
    fn alarm(&self, at: Option<Nanos>);

    /// Interrupts another CPU.
    fn kick(&self, cpu: usize);

    /// Waits for an interrupt that came since the last `run` or `idle` of this CPU, or comes now.
    fn idle(&self);

    /// Makes an address space this CPU's; 0 is one that nothing is in.
    fn enter(&self, root: u64);

    /// Makes a context's vector registers this CPU's, before its first `run` here.
    fn arrive(&self, context: &Context);

    /// Saves this CPU's vector registers to the context that `arrive` was called with.
    fn leave(&self, context: &mut Context);

    /// Runs a program's thread until it stops. The vector registers stay in the CPU. Calls that `caller` has a handler for are
    /// answered by that, unless it leaves them.
    fn run(&self, context: &mut Context, caller: &Caller<'_>) -> Trap;

    /// A new address space without entries.
    fn new_table(&self, frames: &Frames) -> Result<Box<dyn PageTable>, NoMemory>;

    /// Reads a frame from a byte offset on. The bytes lie within the frame.
    fn read_frame(&self, frame: Frame, from: usize, into: &mut [u8]);

    /// Writes a frame from a byte offset on. The bytes lie within the frame.
    fn write_frame(&self, frame: Frame, to: usize, bytes: &[u8]);

    /// Copies a part of a frame to a part of a frame, which lie within them: where the bytes are, where they go, how many.
    /// In one and the same frame the parts may overlap; what comes of it then is anybody's guess.
    fn move_bytes(&self, from: (Frame, usize), to: (Frame, usize), len: usize) {
        let mut buffer = [0; 256];
        let mut done = 0;
        while done < len {
            let count = buffer.len().min(len - done);
            let part = buffer.get_mut(..count).unwrap_or_default();
            self.read_frame(from.0, from.1 + done, part);
            self.write_frame(to.0, to.1 + done, part);
            done += count;
        }
    }

    /// Fills a frame with zeros.
    fn zero_frame(&self, frame: Frame);

    /// Copies a frame.
    fn copy_frame(&self, from: Frame, to: Frame);

    /// A 32-bit word of a frame as an atomic operation: stores `new` if it is `old`, returns what it was.
    /// The offset is a multiple of four.
    fn exchange(&self, frame: Frame, at: usize, old: u32, new: u32) -> u32;

    /// Makes code that was written to a frame visible to instruction fetch on every CPU.
    fn sync_code(&self, frame: Frame);

    /// Writes to the console.
    fn print(&self, bytes: &[u8]);

    /// Takes what was typed at the console; 0 when there is nothing.
    fn typed(&self, into: &mut [u8]) -> usize;

    /// Fills `into` with random bytes.
    fn random(&self, into: &mut [u8]);

    /// Bytes of the files that came with the machine (the initial RAM disk): how many there are.
    fn files_len(&self) -> usize;

    /// The frame that holds a page of those bytes, which start at a page boundary.
    fn files_frame(&self, page: usize) -> Option<Frame>;

    /// The command line the machine was started with.
    fn words(&self) -> &[u8] {
        &[]
    }

    /// What programs may expect of the CPU: the bits of `AT_HWCAP`.
    fn capabilities(&self) -> u64 {
        0
    }

    /// The network card, if there is one.
    fn network(&self) -> Option<&dyn Network> {
        None
    }

    /// Tells the host where the ring of calls is.
    fn show_trace(&self, _words: &'static [AtomicU64]) {}

    /// Tells the host where the records of dead processes are.
    fn show_tasks(&self, _words: &'static [AtomicU64]) {}

    /// Nanoseconds of a tick of the counter that programs can read, times 2^32: `now` is the counter times this. 0 when
    /// they are to ask the kernel for the time.
    fn tick_scale(&self) -> u64 {
        0
    }

    /// Ends everything.
    fn end(&self, ending: Ending) -> !;
}
