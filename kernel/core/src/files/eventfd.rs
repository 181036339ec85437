//! A counter as a file.

use crate::call::{Call, Stop, WAIT};
use crate::file::{At, Bytes, Events, File, Open, Status};
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::string::String;
use ashore_pivot::Errno;
use core::any::Any;

/// What a read takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taking {
    /// All of the counter.
    All,
    /// One.
    One,
}

/// A counter.
#[derive(Debug)]
pub struct EventFd {
    count: Lock<u64>,
    taking: Taking,
    queue: WaitQueue,
}

/// The counter never gets here.
const END: u64 = u64::MAX;

impl EventFd {
    /// A counter with a first value.
    pub const fn new(count: u64, taking: Taking) -> EventFd {
        EventFd { count: Lock::new(count), taking, queue: WaitQueue::new() }
    }
}

/// What `fstat` says of files that are nothing but descriptors.
pub(super) fn nameless_status() -> Status {
    Status { device: super::pipe::NOWHERE, inode: 1, mode: 0o600, links: 1, block_size: 4096, ..Status::default() }
}

impl File for EventFd {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        if bytes.left() < 8 {
            return Err(Errno::EINVAL.into());
        }
        let taken = {
            let mut count = self.count.lock();
            if *count == 0 {
                if open.is_nonblocking() {
                    return Err(Errno::EAGAIN.into());
                }
                self.queue.join(call.thread, Events::IN);
                return Err(WAIT);
            }
            let taken = if self.taking == Taking::One { 1 } else { *count };
            *count -= taken;
            taken
        };
        self.queue.wake(call.kernel, Events::OUT);
        bytes.put(&taken.to_le_bytes())?;
        Ok(8)
    }

    fn write(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let mut word = [0; 8];
        if bytes.left() < 8 {
            return Err(Errno::EINVAL.into());
        }
        if bytes.take(&mut word)? < 8 {
            return Err(Errno::EFAULT.into());
        }
        let more = u64::from_le_bytes(word);
        if more == END {
            return Err(Errno::EINVAL.into());
        }
        {
            let mut count = self.count.lock();
            if more >= END - *count {
                if open.is_nonblocking() {
                    return Err(Errno::EAGAIN.into());
                }
                self.queue.join(call.thread, Events::OUT);
                return Err(WAIT);
            }
            *count += more;
        }
        self.queue.wake(call.kernel, Events::IN);
        Ok(8)
    }

    fn ready(&self) -> Events {
        let count = *self.count.lock();
        let read = if count > 0 { Events::IN } else { Events::default() };
        if count < END - 1 { read | Events::OUT } else { read }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(nameless_status())
    }

    fn name(&self) -> String {
        String::from("anon_inode:[eventfd]")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
