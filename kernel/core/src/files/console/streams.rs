//! Streams that are no terminals.

use super::Console;
use crate::call::{Call, Stop, WAIT};
use crate::file::{At, Bytes, Events, File, Open, Status};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use ashore_formats::boot::wire::Channel;
use ashore_pivot::Errno;
use ashore_pivot::layout::ioctl::FIONREAD;
use ashore_pivot::layout::stat::S_IFIFO;
use core::any::Any;

/// Bytes copied at once.
const PIECE: usize = 512;

/// Bytes that wait to be read at most, or a few more; the rest stays with the machine, which makes its sender wait.
const MOST: usize = 64 << 10;

/// What comes in.
#[derive(Debug, Default)]
pub(super) struct Input {
    inner: Lock<Waiting>,
    queue: WaitQueue,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: VecDeque<u8>,
    /// The machine has more.
    is_held: bool,
    has_ended: bool,
}

impl Input {
    pub(super) fn put(&self, kernel: &Kernel, bytes: &[u8]) {
        self.inner.lock().bytes.extend(bytes);
        self.queue.wake(kernel, Events::IN);
    }

    /// Whether more may come.
    pub(super) fn has_room(&self) -> bool {
        let mut inner = self.inner.lock();
        inner.is_held = inner.bytes.len() >= MOST;
        !inner.is_held
    }

    /// Takes what was held back once half of it is read.
    fn go_on(&self, kernel: &Kernel) {
        let mut inner = self.inner.lock();
        if inner.is_held && inner.bytes.len() <= MOST / 2 {
            inner.is_held = false;
            drop(inner);
            kernel.ask_devices();
        }
    }

    pub(super) fn end(&self, kernel: &Kernel) {
        self.inner.lock().has_ended = true;
        self.queue.wake(kernel, Events::IN | Events::HUP);
    }
}

fn status() -> Status {
    Status { mode: S_IFIFO | 0o600, links: 1, block_size: 4096, ..Status::default() }
}

impl File for Input {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let mut buffer = [0; PIECE];
        let mut done = 0;
        while bytes.left() > 0 {
            let count = {
                let mut inner = self.inner.lock();
                if inner.bytes.is_empty() {
                    if done > 0 || inner.has_ended {
                        return Ok(done);
                    }
                    if open.is_nonblocking() {
                        return Err(Errno::EAGAIN.into());
                    }
                    self.queue.join(call.thread, Events::IN);
                    return Err(WAIT);
                }
                let count = inner.bytes.len().min(bytes.left()).min(PIECE);
                buffer.iter_mut().zip(inner.bytes.drain(..count)).for_each(|(to, byte)| *to = byte);
                count
            };
            done += bytes.put(buffer.get(..count).unwrap_or_default())? as u64;
            self.go_on(call.kernel);
        }
        Ok(done)
    }

    fn ready(&self) -> Events {
        let inner = self.inner.lock();
        let events = if inner.bytes.is_empty() { Events::default() } else { Events::IN };
        if inner.has_ended { events | Events::HUP } else { events }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(status())
    }

    fn control(&self, call: &mut Call<'_>, _open: &Open, request: u32, arg: u64) -> Result<u64, Stop> {
        if request != FIONREAD {
            return Err(Errno::ENOTTY.into());
        }
        let count = self.inner.lock().bytes.len() as u32;
        call.write(ashore_base::Addr(arg), &count)?;
        Ok(0)
    }

    fn can_reopen(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        String::from("pipe:[0]")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What goes out.
pub(super) struct Output {
    pub(super) console: Arc<Console>,
    pub(super) channel: Channel,
}

impl File for Output {
    fn write(&self, call: &mut Call<'_>, _open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let mut buffer = [0; PIECE];
        let mut done = 0;
        while bytes.left() > 0 {
            match bytes.take(&mut buffer) {
                Err(_) if done > 0 => break,
                taken => {
                    let taken = taken?;
                    self.console.send(call.kernel, self.channel, buffer.get(..taken).unwrap_or_default());
                    done += taken as u64;
                }
            }
        }
        Ok(done)
    }

    fn ready(&self) -> Events {
        Events::OUT
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(status())
    }

    fn can_reopen(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        String::from(if self.channel == Channel::Errors { "pipe:[2]" } else { "pipe:[1]" })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
