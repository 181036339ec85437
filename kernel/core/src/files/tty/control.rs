//! What `ioctl` does with a terminal.

use super::Tty;
use crate::call::{Call, Stop};
use crate::kernel::Kernel;
use ashore_base::Addr;
use ashore_pivot::layout::ioctl::*;
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::layout::termios::{B38400, Termios, Termios2, Winsize};
use ashore_pivot::{Errno, Signal};
use core::sync::atomic::Ordering;

/// What the speeds are said to be.
const SPEED: u32 = 38400;

impl Tty {
    /// Answers a request.
    pub(super) fn answer(&self, call: &mut Call<'_>, request: u32, arg: u64) -> Result<u64, Stop> {
        let at = Addr(arg);
        match request {
            TCGETS => call.write(at, &self.inner.lock().line.modes.clone())?,
            TCGETS2 => {
                let modes = self.inner.lock().line.modes;
                let Termios { iflag, oflag, cflag, lflag, line, cc } = modes;
                call.write(at, &Termios2 { iflag, oflag, cflag, lflag, line, cc, ispeed: SPEED, ospeed: SPEED })?;
            }
            TCSETS | TCSETSW | TCSETSF => {
                let modes = call.read(at)?;
                self.set_modes(call, modes, request == TCSETSF)?;
            }
            TCSETS2 | TCSETSW2 | TCSETSF2 => {
                let Termios2 { iflag, oflag, cflag, lflag, line, cc, .. } = call.read(at)?;
                self.set_modes(call, Termios { iflag, oflag, cflag, lflag, line, cc }, request == TCSETSF2)?;
            }
            TIOCGWINSZ => call.write(at, &self.inner.lock().size.clone())?,
            TIOCSWINSZ => self.set_size(call.kernel, call.read(at)?),
            FIONREAD => call.write(at, &(self.inner.lock().line.waiting() as u32))?,
            TIOCOUTQ => call.write(at, &0u32)?,
            TCFLSH => match arg {
                0 | 2 => self.inner.lock().line.flush(),
                1 => {}
                _ => return Err(Errno::EINVAL.into()),
            },
            TCSBRK | TCXONC | TIOCEXCL | TIOCNXCL => {}
            TIOCGPGRP => {
                self.check_own(call)?;
                let foreground = self.inner.lock().foreground;
                call.write(at, &foreground)?;
            }
            TIOCGSID => {
                self.check_own(call)?;
                let session = self.inner.lock().session;
                call.write(at, &session)?;
            }
            TIOCSPGRP => {
                self.check_own(call)?;
                self.check_background(call, Signal::TTOU)?;
                let group: i32 = call.read(at)?;
                self.set_foreground(call, group)?;
            }
            TIOCSCTTY => self.take_control(call, arg)?,
            TIOCNOTTY => self.lose_control(call)?,
            TIOCSTI => {
                let byte: u8 = call.read(at)?;
                self.typed(call.kernel, &[byte]);
            }
            TIOCGPTN if self.number.0 == super::pair::SLAVES => call.write(at, &self.number.1)?,
            _ => return Err(Errno::ENOTTY.into()),
        }
        Ok(0)
    }

    fn set_modes(&self, call: &Call<'_>, modes: Termios, flushes: bool) -> Result<(), Stop> {
        self.check_background(call, Signal::TTOU)?;
        {
            let mut inner = self.inner.lock();
            if flushes {
                inner.line.flush();
            }
            inner.line.set(Termios { cflag: modes.cflag | B38400, ..modes });
        }
        self.queue.wake(call.kernel, crate::file::Events::IN);
        Ok(())
    }

    /// The window has another size; those in front of it are told.
    pub(super) fn set_size(&self, kernel: &Kernel, size: Winsize) {
        let foreground = {
            let mut inner = self.inner.lock();
            if inner.size == size {
                return;
            }
            inner.size = size;
            inner.foreground
        };
        if foreground != 0 {
            let _ = kernel.signal_group(foreground, SigInfo::kernel(Signal::WINCH));
        }
    }

    /// The same, of rows and columns.
    pub fn resize(&self, kernel: &Kernel, (row, col): (u16, u16)) {
        self.set_size(kernel, Winsize { row, col, ..Winsize::default() });
    }

    /// Fails unless it is the caller's controlling terminal.
    fn check_own(&self, call: &Call<'_>) -> Result<(), Errno> {
        let own = call.thread.process.inner.lock().terminal.clone();
        let is_own = own.is_some_and(|own| core::ptr::addr_eq(alloc::sync::Arc::as_ptr(&own), self));
        if is_own { Ok(()) } else { Err(Errno::ENOTTY) }
    }

    fn set_foreground(&self, call: &Call<'_>, group: i32) -> Result<(), Errno> {
        let group = u32::try_from(group).map_err(|_| Errno::EINVAL)?;
        let session = call.thread.process.session.load(Ordering::Relaxed);
        let members = call.kernel.processes();
        let mut of_group = members.iter().filter(|process| process.group.load(Ordering::Relaxed) == group).peekable();
        if of_group.peek().is_none() {
            return Err(Errno::ESRCH);
        }
        if !of_group.any(|process| process.session.load(Ordering::Relaxed) == session) {
            return Err(Errno::EPERM);
        }
        self.inner.lock().foreground = group;
        Ok(())
    }

    fn take_control(&self, call: &Call<'_>, steals: u64) -> Result<(), Errno> {
        let process = &call.thread.process;
        let (pid, session) = (process.pid, process.session.load(Ordering::Relaxed));
        if self.check_own(call).is_ok() && self.inner.lock().session == session {
            return Ok(());
        }
        if pid != session || process.inner.lock().terminal.is_some() {
            return Err(Errno::EPERM);
        }
        let other = self.inner.lock().session;
        if other != 0 && other != session && call.kernel.process(other).is_some() && steals != 1 {
            return Err(Errno::EPERM);
        }
        self.control_session(process);
        Ok(())
    }

    fn lose_control(&self, call: &Call<'_>) -> Result<(), Errno> {
        self.check_own(call)?;
        let process = &call.thread.process;
        process.inner.lock().terminal = None;
        if process.pid != process.session.load(Ordering::Relaxed) {
            return Ok(());
        }
        let foreground = {
            let mut inner = self.inner.lock();
            inner.session = 0;
            core::mem::take(&mut inner.foreground)
        };
        if foreground != 0 {
            let _ = call.kernel.signal_group(foreground, SigInfo::kernel(Signal::HUP));
            let _ = call.kernel.signal_group(foreground, SigInfo::kernel(Signal::CONT));
        }
        Ok(())
    }
}
