//! The Linux descriptors a kqueue stands on: its epoll set, and those of ours in it.

use super::queue::{Handle, Inner};
use crate::Ctx;
use ashore_pivot::{Arg, Errno, Linux, Sys};

#[allow(missing_docs)] // Linux's names.
pub mod epoll {
    pub const IN: u32 = 0x1;
    pub const PRI: u32 = 0x2;
    pub const OUT: u32 = 0x4;
    pub const ERR: u32 = 0x8;
    pub const HUP: u32 = 0x10;
    pub const RDHUP: u32 = 0x2000;
    pub const ET: u32 = 0x8000_0000;
    pub const CTL_ADD: u64 = 1;
    pub const CTL_DEL: u64 = 2;
    pub const CTL_MOD: u64 = 3;
    /// The size of a record of the set: bits and a word, packed.
    pub const RECORD: usize = 12;
}

/// Linux's `O_CLOEXEC`, which every `*_CLOEXEC` flag of a descriptor's maker equals.
pub const CLOEXEC: u64 = 0o2_000_000;
/// Linux's `O_NONBLOCK`, likewise.
pub const NONBLOCK: u64 = 0o4_000;

const F_GETFD: u64 = 1;
const F_DUPFD_CLOEXEC: u64 = 1030;

/// Descriptors of ours start here, above those a program counts on getting.
const HIDDEN_FROM: u64 = 512;

/// An epoll set, by one of its descriptors.
#[derive(Clone, Copy)]
pub struct Set<'a, 'c> {
    /// Who asks.
    pub ctx: &'a Ctx<'c>,
    /// The set.
    pub epoll: i32,
}

impl Set<'_, '_> {
    fn control(&self, how: u64, fd: i32, bits: u32, handle: Handle) -> Result<(), Errno> {
        let mut record = [0; epoll::RECORD];
        let (head, tail) = record.split_at_mut(4);
        head.copy_from_slice(&bits.to_le_bytes());
        tail.copy_from_slice(&handle.0.to_le_bytes());
        let args = &mut [self.epoll.into(), how.into(), fd.into(), Arg::In(&record)];
        self.ctx.call_with(Sys::EPOLL_CTL, args).map(drop)
    }

    /// Puts `fd` into the set, or changes what it is there for; `was` is what it is there for now, 0 for not at
    /// all. That memory may be wrong when a descriptor was closed and opened again unseen, so both ways are tried.
    pub fn watch(&self, fd: i32, was: u32, bits: u32, handle: Handle) -> Result<(), Errno> {
        let (first, other) = if was == 0 { (epoll::CTL_ADD, epoll::CTL_MOD) } else { (epoll::CTL_MOD, epoll::CTL_ADD) };
        match self.control(first, fd, bits, handle) {
            Err(Errno::EEXIST | Errno::ENOENT) => self.control(other, fd, bits, handle),
            result => result,
        }
    }

    /// Takes `fd` out of the set.
    pub fn forget(&self, fd: i32) {
        let _ = self.control(epoll::CTL_DEL, fd, 0, Handle(0));
    }

    /// Wakes whoever waits: `inner` has news of its own.
    pub fn ring(&self, inner: &mut Inner) {
        if inner.bell < 0 {
            let Ok(fd) = self.ctx.call(Sys::EVENTFD2, [0, CLOEXEC | NONBLOCK, 0, 0, 0, 0]) else { return };
            let fd = hide(self.ctx, fd as i32);
            if self.watch(fd, 0, epoll::IN | epoll::ET, Handle::BELL).is_err() {
                close(self.ctx, fd);
                return;
            }
            inner.bell = fd;
        }
        // The bell is edge triggered: each write is one wake, and nobody need read it.
        ring(self.ctx.linux(), inner.bell);
    }
}

/// Rings a bell.
pub fn ring(linux: &dyn Linux, bell: i32) {
    let one = 1u64.to_le_bytes();
    let _ = linux.call_with(Sys::WRITE, &mut [bell.into(), Arg::In(&one), 8u64.into()]);
}

/// Moves a descriptor of ours out of the program's way.
pub fn hide(ctx: &Ctx<'_>, fd: i32) -> i32 {
    match duplicate(ctx, fd) {
        Ok(hidden) => {
            close(ctx, fd);
            hidden
        }
        Err(_) => fd,
    }
}

/// A second descriptor for an open file, out of the program's way.
pub fn duplicate(ctx: &Ctx<'_>, fd: i32) -> Result<i32, Errno> {
    let dup = |from| ctx.call(Sys::FCNTL, [fd as u64, F_DUPFD_CLOEXEC, from, 0, 0, 0]);
    // A limit of so few descriptors that none is out of the way: any will do.
    dup(HIDDEN_FROM).or_else(|errno| if errno == Errno::EINVAL { dup(3) } else { Err(errno) }).map(|fd| fd as i32)
}

/// Closes a descriptor of ours.
pub fn close(ctx: &Ctx<'_>, fd: i32) {
    let _ = ctx.call(Sys::CLOSE, [fd as u64, 0, 0, 0, 0, 0]);
}

/// `EBADF` unless `fd` is open.
pub fn check_open(ctx: &Ctx<'_>, fd: u64) -> Result<i32, Errno> {
    let fd = i32::try_from(fd).map_err(|_| Errno::EBADF)?;
    ctx.call(Sys::FCNTL, [fd as u64, F_GETFD, 0, 0, 0, 0])?;
    Ok(fd)
}
