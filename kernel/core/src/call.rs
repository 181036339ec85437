//! A call of a program, while the kernel answers it.

use crate::kernel::Kernel;
use crate::machine::{Context, Nanos};
use crate::thread::Thread;
use alloc::boxed::Box;
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_guest::linux::arm64;
use ashore_pivot::layout::Plain;
use ashore_pivot::{Errno, Memory, Sys};
use core::any::Any;

/// The longest record that [`Call::read`] and [`Call::write`] move.
const LONGEST: usize = 256;
/// What most of them fit.
const SHORT: usize = 128;

/// What a handler says.
pub type Answer = Result<u64, Stop>;

/// Why a handler has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The call failed.
    Errno(Errno),
    /// It cannot go on now. The handler has told those who know when it can (by [`WaitQueue::join`] or a time), and
    /// will be asked again then. What it did so far it keeps in [`Call::progress`].
    ///
    /// [`WaitQueue::join`]: crate::wait::WaitQueue::join
    Wait(Until),
    /// The registers were replaced as a whole: nothing is to be entered as a result.
    Switched,
    /// The thread has ended.
    Ended,
}

/// When a waiting call is asked again at the latest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// Only when woken, or for a signal.
    Woken,
    /// At this time.
    Time(Nanos),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        Stop::Errno(errno)
    }
}

/// Waits without a time limit.
pub const WAIT: Stop = Stop::Wait(Until::Woken);

/// Why a handler is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// For the first time.
    First,
    /// Something it waited for may have come.
    Woken,
    /// The time it named has come.
    Time,
    /// A signal for the thread is there. It may finish; if it would wait it is interrupted instead.
    Signal,
}

/// What an interrupted call gives when it has done nothing so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restart {
    /// It is asked anew after the handler if the handler says so (`SA_RESTART`), else `EINTR`.
    IfAsked,
    /// It is asked anew if no handler ran, else `EINTR`: waits with a time limit, `sigsuspend`.
    IfNoHandler,
    /// `EINTR`, always.
    Never,
    /// Signals have to wait until the call is done; only the end of the thread ends it.
    Deaf,
}

/// What belongs to a thread's run and to no one else while it runs: the kernel's loop holds it.
#[derive(Debug, Default)]
pub struct Own {
    /// The registers.
    pub context: Context,
    /// The call that waits.
    pub(crate) call: Option<Pending>,
    /// The first argument as the program gave it, for calls that are asked anew.
    pub(crate) first_arg: u64,
    /// A call that a signal interrupted, until it is known whether a handler runs.
    pub(crate) interrupted: Option<(Restart, Pending)>,
    /// Where the last fault was and what the machine said of it, for the signal frame.
    pub(crate) fault: Option<(u64, u64)>,
    /// The entry that ends the present wait at its time.
    pub(crate) timer: Option<crate::timers::TimerId>,
}

impl Own {
    /// Decides what an interrupted call gives, now that it is known what becomes of the signal: it goes on where it was,
    /// it is asked anew after the handler, or it gives `EINTR`, which is in its register already.
    pub(crate) fn settle(&mut self, handler: Handling) {
        let Some((restart, pending)) = self.interrupted.take() else { return };
        match (restart, handler) {
            (Restart::Never, _) | (Restart::IfNoHandler, Handling::Restarting) | (_, Handling::Plain) => {}
            (_, Handling::NoHandler) => self.call = Some(pending),
            (Restart::IfAsked | Restart::Deaf, Handling::Restarting) => {
                arm64::restart(&mut self.context.regs, self.first_arg);
            }
        }
    }
}

/// What becomes of a signal that interrupted a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Handling {
    /// Nothing the program sees.
    NoHandler,
    /// A handler that wants calls to be asked anew.
    Restarting,
    /// A handler that does not.
    Plain,
}

/// A call that waits to be asked again.
#[derive(Debug, Default)]
pub struct Pending {
    pub(crate) number: u64,
    pub(crate) args: [u64; 6],
    pub(crate) progress: Progress,
}

/// What a call keeps between the times it is asked.
#[derive(Default)]
pub struct Progress {
    /// The time limit, once it is known.
    pub deadline: Option<Nanos>,
    /// How much was done.
    pub done: u64,
    /// Anything else.
    pub extra: Option<Box<dyn Any + Send>>,
}

impl core::fmt::Debug for Progress {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Progress").field("deadline", &self.deadline).field("done", &self.done).finish_non_exhaustive()
    }
}

/// A call as a handler sees it.
pub struct Call<'k> {
    /// The kernel.
    pub kernel: &'k Kernel,
    /// Who calls.
    pub thread: &'k Arc<Thread>,
    /// The caller's registers.
    pub context: &'k mut Context,
    /// The arguments.
    pub args: [u64; 6],
    /// Why it is asked.
    pub why: Why,
    /// What it kept.
    pub progress: &'k mut Progress,
}

impl Call<'_> {
    /// An argument; 0 for one there is not.
    #[inline]
    pub fn arg(&self, nth: usize) -> u64 {
        self.args.get(nth).copied().unwrap_or(0)
    }

    /// An argument as a C `int`.
    #[inline]
    pub fn int(&self, nth: usize) -> i32 {
        self.arg(nth) as i32
    }

    /// An argument as an address.
    #[inline]
    pub fn addr(&self, nth: usize) -> Addr {
        Addr(self.arg(nth))
    }

    /// Whether the time limit has passed.
    pub fn is_late(&self) -> bool {
        self.progress.deadline.is_some_and(|deadline| self.kernel.now() >= deadline)
    }

    /// Reads a record from the caller's memory.
    pub fn read<T: Plain>(&self, at: Addr) -> Result<T, Errno> {
        if T::SIZE <= SHORT { self.read_by::<T, SHORT>(at) } else { self.read_by::<T, LONGEST>(at) }
    }

    fn read_by<T: Plain, const ROOM: usize>(&self, at: Addr) -> Result<T, Errno> {
        let mut bytes = [0; ROOM];
        let bytes = bytes.get_mut(..T::SIZE).ok_or(Errno::EINVAL)?;
        self.thread.space().read(at, bytes)?;
        Ok(T::get(bytes))
    }

    /// Writes a record to the caller's memory.
    pub fn write<T: Plain>(&self, at: Addr, record: &T) -> Result<(), Errno> {
        if T::SIZE <= SHORT { self.write_by::<T, SHORT>(at, record) } else { self.write_by::<T, LONGEST>(at, record) }
    }

    fn write_by<T: Plain, const ROOM: usize>(&self, at: Addr, record: &T) -> Result<(), Errno> {
        let mut bytes = [0; ROOM];
        let bytes = bytes.get_mut(..T::SIZE).ok_or(Errno::EINVAL)?;
        record.put(bytes);
        self.thread.space().write(at, bytes)
    }

    /// The same where a null address means that nobody wants it.
    pub fn write_if<T: Plain>(&self, at: Addr, record: &T) -> Result<(), Errno> {
        if at.is_null() { Ok(()) } else { self.write(at, record) }
    }

    /// Waits until woken or until the call's time limit.
    pub fn wait(&self) -> Stop {
        Stop::Wait(self.progress.deadline.map_or(Until::Woken, Until::Time))
    }
}

/// Answers a call.
pub type Handler = fn(&mut Call<'_>) -> Answer;

/// One call of Linux that the kernel answers.
#[derive(Clone, Copy)]
pub struct Row {
    /// Which.
    pub sys: Sys,
    /// How.
    pub handler: Handler,
    /// What it gives when a signal interrupts it.
    pub restart: Restart,
}

impl Row {
    /// A call that never waits, or is asked anew after a handler that wants it so.
    pub const fn new(sys: Sys, handler: Handler) -> Row {
        Row { sys, handler, restart: Restart::IfAsked }
    }

    /// The same with another word about signals.
    #[must_use]
    pub const fn restart(self, restart: Restart) -> Row {
        Row { restart, ..self }
    }
}

impl core::fmt::Debug for Row {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.sys.fmt(f)
    }
}
