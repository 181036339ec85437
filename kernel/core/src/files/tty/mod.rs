//! Terminals.

mod control;
mod line;
pub mod pair;
#[cfg(test)]
mod tests;

use crate::call::{Call, Stop, WAIT, Why};
use crate::file::{At, Bytes, Events, File, Open, Status};
use crate::files::node::Kind;
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::process::Process;
use crate::signals::Effect;
use crate::wait::WaitQueue;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::layout::stat::device;
use ashore_pivot::layout::termios::{ICANON, TOSTOP, Termios, VMIN, VTIME, Winsize};
use ashore_pivot::{Errno, Signal};
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering};
use line::Line;

/// Where what a terminal shows goes.
pub trait Screen: Send + Sync {
    /// Shows bytes; how many of them there was room for.
    fn show(&self, kernel: &Kernel, bytes: &[u8]) -> usize;

    /// Whether there is room for some.
    fn has_room(&self) -> bool {
        true
    }
}

/// A terminal.
pub struct Tty {
    me: Weak<Tty>,
    inner: Lock<Inner>,
    /// Those who wait for input or room.
    queue: WaitQueue,
    screen: Arc<dyn Screen>,
    /// Its device.
    pub number: (u32, u32),
    /// Nobody is at the other end any more.
    is_hung_up: AtomicBool,
}

#[derive(Debug)]
struct Inner {
    line: Line,
    size: Winsize,
    /// The session it controls, and the process group in front; 0 for none.
    session: u32,
    foreground: u32,
}

/// Bytes written at once.
const PIECE: usize = 256;

impl Tty {
    /// A terminal of a size.
    pub fn new(screen: Arc<dyn Screen>, number: (u32, u32), (row, col): (u16, u16)) -> Arc<Tty> {
        let size = Winsize { row, col, ..Winsize::default() };
        let inner = Inner { line: Line::new(Termios::NEW), size, session: 0, foreground: 0 };
        Arc::new_cyclic(|me| Tty {
            me: me.clone(),
            inner: Lock::new(inner),
            queue: WaitQueue::new(),
            screen,
            number,
            is_hung_up: AtomicBool::new(false),
        })
    }

    /// Somebody typed.
    pub fn typed(&self, kernel: &Kernel, bytes: &[u8]) {
        let (echo, signals, foreground) = {
            let mut inner = self.inner.lock();
            let effects = inner.line.take(bytes);
            let mut echo = Vec::new();
            inner.line.show_written(&effects.echo, &mut echo);
            (echo, effects.signals, inner.foreground)
        };
        if !echo.is_empty() {
            self.screen.show(kernel, &echo);
        }
        for signal in signals.into_iter().filter(|_| foreground != 0) {
            let _ = kernel.signal_group(foreground, SigInfo::kernel(signal));
        }
        self.queue.wake(kernel, Events::IN);
    }

    /// Nobody is at the other end any more.
    pub fn hang_up(&self, kernel: &Kernel) {
        self.is_hung_up.store(true, Ordering::Release);
        let (session, foreground) = {
            let mut inner = self.inner.lock();
            (core::mem::take(&mut inner.session), core::mem::take(&mut inner.foreground))
        };
        if let Some(leader) = kernel.process(session) {
            kernel.signal_process(&leader, SigInfo::kernel(Signal::HUP));
        }
        if foreground != 0 {
            let _ = kernel.signal_group(foreground, SigInfo::kernel(Signal::HUP));
            let _ = kernel.signal_group(foreground, SigInfo::kernel(Signal::CONT));
        }
        self.queue.wake(kernel, Events::ANY);
    }

    /// There is room to write again.
    pub fn has_room(&self, kernel: &Kernel) {
        self.queue.wake(kernel, Events::OUT);
    }

    /// Makes it the controlling terminal of a process and its session.
    pub fn control_session(&self, process: &Process) {
        {
            let mut inner = self.inner.lock();
            inner.session = process.session.load(Ordering::Relaxed);
            inner.foreground = process.group.load(Ordering::Relaxed);
        }
        if let Some(me) = self.me.upgrade() {
            process.inner.lock().terminal = Some(me);
        }
    }

    /// Stops a process in the background that reads, or writes where that is not wanted.
    fn check_background(&self, call: &Call<'_>, signal: Signal) -> Result<(), Stop> {
        let process = &call.thread.process;
        let (session, foreground) = {
            let inner = self.inner.lock();
            (inner.session, inner.foreground)
        };
        let group = process.group.load(Ordering::Relaxed);
        if session == 0 || session != process.session.load(Ordering::Relaxed) || foreground == 0 || foreground == group
        {
            return Ok(());
        }
        let is_blocked = call.thread.signals.lock().mask.has(signal);
        if is_blocked || call.thread.actions().effect(signal) == Effect::Ignore {
            return if signal == Signal::TTIN { Err(Errno::EIO.into()) } else { Ok(()) };
        }
        let _ = call.kernel.signal_group(group, SigInfo::kernel(signal));
        Err(WAIT)
    }

    /// How many bytes a raw read waits for, and how long; see `termios(3)`.
    fn raw_limits(inner: &Inner) -> (usize, u64) {
        (usize::from(inner.line.special(VMIN)), u64::from(inner.line.special(VTIME)) * 100_000_000)
    }
}

impl File for Tty {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        self.check_background(call, Signal::TTIN)?;
        if bytes.left() == 0 {
            return Ok(0);
        }
        let found = {
            let mut inner = self.inner.lock();
            let is_raw = inner.line.modes.lflag & ICANON == 0;
            let (least, time) = Tty::raw_limits(&inner);
            let enough = match inner.line.readable() {
                Some(count) if is_raw => count >= least.min(bytes.left()) || call.is_late(),
                Some(_) => true,
                None => is_raw && least == 0 && (time == 0 || call.is_late()) || self.is_hung_up(),
            };
            if !enough {
                if open.is_nonblocking() && inner.line.readable().is_none() {
                    return Err(Errno::EAGAIN.into());
                }
                if !open.is_nonblocking() {
                    if is_raw && time != 0 && call.why == Why::First && (least == 0 || inner.line.waiting() > 0) {
                        call.progress.deadline = Some(call.kernel.now().saturating_add(time));
                    }
                    self.queue.join(call.thread, Events::IN | Events::HUP);
                    return Err(call.wait());
                }
            }
            inner.line.read(bytes.left())
        };
        Ok(bytes.put(&found)? as u64)
    }

    fn write(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        if self.inner.lock().line.modes.lflag & TOSTOP != 0 {
            self.check_background(call, Signal::TTOU)?;
        }
        if self.is_hung_up() {
            return Err(Errno::EIO.into());
        }
        let mut buffer = [0; PIECE];
        let mut done = 0;
        while bytes.left() > 0 {
            if !self.screen.has_room() {
                if done > 0 {
                    break;
                }
                if open.is_nonblocking() {
                    return Err(Errno::EAGAIN.into());
                }
                self.queue.join(call.thread, Events::OUT | Events::HUP);
                if self.screen.has_room() || self.is_hung_up() {
                    continue;
                }
                return Err(WAIT);
            }
            let taken = match bytes.take(&mut buffer) {
                Err(_) if done > 0 => break,
                taken => taken?,
            };
            let mut out = Vec::new();
            self.inner.lock().line.show_written(buffer.get(..taken).unwrap_or_default(), &mut out);
            self.screen.show(call.kernel, &out);
            done += taken as u64;
        }
        Ok(done)
    }

    fn ready(&self) -> Events {
        let read = match self.inner.lock().line.readable() {
            Some(_) => Events::IN,
            None => Events::default(),
        };
        let write = if self.screen.has_room() { Events::OUT } else { Events::default() };
        let hung_up = if self.is_hung_up() { Events::IN | Events::HUP } else { Events::default() };
        read | write | hung_up
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        let (major, minor) = self.number;
        Ok(Status {
            device: crate::files::pipe::NOWHERE,
            inode: 3,
            mode: Kind::Character.bits() | 0o620,
            links: 1,
            rdev: device(major, minor),
            block_size: 1024,
            ..Status::default()
        })
    }

    fn control(&self, call: &mut Call<'_>, _open: &Open, request: u32, arg: u64) -> Result<u64, Stop> {
        self.answer(call, request, arg)
    }

    fn name(&self) -> String {
        match self.number {
            (pair::SLAVES, nth) => alloc::format!("/dev/pts/{nth}"),
            _ => String::from("/dev/console"),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Tty {
    fn is_hung_up(&self) -> bool {
        self.is_hung_up.load(Ordering::Acquire)
    }
}

/// Opens the caller's controlling terminal (`/dev/tty`).
pub(super) fn open_own(call: &mut Call<'_>, _flags: u32) -> Result<Arc<dyn File>, Stop> {
    call.thread.process.inner.lock().terminal.clone().ok_or(Errno::ENXIO.into())
}
