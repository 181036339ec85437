//! `fcntl` and `flock`: descriptor flags, status flags, owners, record locks.

use super::descriptors::{close_between, duplicate, own_descriptors};
use super::{fd_of, open};
use crate::bsd::events;
use crate::bsd::sockets::marks;
use crate::{Answer, Args, Ctx};
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// What a command of `fcntl` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `F_DUPFD`
    Dup,
    /// `F_DUPFD_CLOEXEC`
    DupCloexec,
    /// `F_DUP2FD`
    Dup2,
    /// `F_DUP2FD_CLOEXEC`
    Dup2Cloexec,
    /// `F_GETFD`
    GetFd,
    /// `F_SETFD`
    SetFd,
    /// `F_GETFL`
    GetStatus,
    /// `F_SETFL`
    SetStatus,
    /// `F_GETOWN`
    GetOwner,
    /// `F_SETOWN`
    SetOwner,
    /// `F_GETLK`
    GetLock,
    /// `F_SETLK`
    SetLock,
    /// `F_SETLKW`
    SetLockWait,
    /// `F_CLOSEM`
    CloseMany,
    /// `F_MAXFD`
    Highest,
    /// `F_GETPATH`
    GetPath,
    /// `F_GETNOSIGPIPE`
    GetNoSigpipe,
    /// `F_SETNOSIGPIPE`
    SetNoSigpipe,
    /// `F_ADD_SEALS`
    AddSeals,
    /// `F_GET_SEALS`
    GetSeals,
    /// `F_ISUNIONSTACK`
    IsUnion,
    /// `F_READAHEAD`, `F_RDAHEAD`
    ReadAhead,
}

/// Linux's commands.
mod linux {
    pub const DUPFD: u32 = 0;
    pub const GETFD: u32 = 1;
    pub const SETFD: u32 = 2;
    pub const GETFL: u32 = 3;
    pub const SETFL: u32 = 4;
    pub const GETLK: u32 = 5;
    pub const SETLK: u32 = 6;
    pub const SETLKW: u32 = 7;
    pub const SETOWN: u32 = 8;
    pub const GETOWN: u32 = 9;
    pub const DUPFD_CLOEXEC: u32 = 0x406;
    pub const ADD_SEALS: u32 = 0x409;
    pub const GET_SEALS: u32 = 0x40a;
}

/// The close-on-exec bit of `F_SETFD`, the same everywhere.
const FD_CLOEXEC: u64 = 1;

/// The status bits that `F_SETFL` may change.
const SETTABLE: u32 =
    open::linux_flag::NONBLOCK | open::linux_flag::APPEND | open::linux_flag::ASYNC | open::linux_flag::DIRECT;

/// `fcntl(fd, cmd, arg)`
pub fn fcntl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (fd, number, arg) = (fd_of(args[0]), args[1] as u32, args[2]);
    let words = ctx.files()?;
    let Some((_, command)) = words.fcntl.iter().find(|(of, _)| *of == number) else {
        control(ctx, fd, linux::GETFD, 0)?;
        return Err(Errno::EINVAL.into());
    };
    let int = arg as u32 as i32;
    let answer = match command {
        Command::Dup => duplicate_from(ctx, fd, linux::DUPFD, int)?,
        Command::DupCloexec => duplicate_from(ctx, fd, linux::DUPFD_CLOEXEC, int)?,
        Command::Dup2 => duplicate(ctx, fd, int, 0)?,
        Command::Dup2Cloexec => duplicate_cloexec(ctx, fd, int)?,
        Command::GetFd => control(ctx, fd, linux::GETFD, 0)?,
        Command::SetFd => control(ctx, fd, linux::SETFD, arg & FD_CLOEXEC)?,
        Command::GetStatus => open::status_from_linux(words, control(ctx, fd, linux::GETFL, 0)? as u32).into(),
        Command::SetStatus => {
            let flags = open::flags_to_linux(words, int as u32) & SETTABLE;
            control(ctx, fd, linux::SETFL, flags.into())?
        }
        Command::GetOwner => control(ctx, fd, linux::GETOWN, 0)?,
        Command::SetOwner => control(ctx, fd, linux::SETOWN, int as u64)?,
        Command::GetLock => get_lock(ctx, fd, Addr(arg))?,
        Command::SetLock => set_lock(ctx, fd, Addr(arg), linux::SETLK)?,
        Command::SetLockWait => set_lock(ctx, fd, Addr(arg), linux::SETLKW)?,
        Command::CloseMany => {
            close_between(ctx, fd.max(0), i32::MAX)?;
            0
        }
        Command::Highest => own_descriptors(ctx)?.into_iter().max().unwrap_or(0) as u64,
        Command::GetPath => get_path(ctx, fd, Addr(arg))?,
        Command::AddSeals => control(ctx, fd, linux::ADD_SEALS, int as u64)?,
        Command::GetSeals => control(ctx, fd, linux::GET_SEALS, 0)?,
        Command::GetNoSigpipe => {
            control(ctx, fd, linux::GETFD, 0)?;
            marks::of(ctx, fd).has(marks::Mark::NO_SIGPIPE).into()
        }
        Command::SetNoSigpipe => {
            control(ctx, fd, linux::GETFD, 0)?;
            // Only sockets have the mark; a pipe raises the signal as before.
            let _ = marks::set(ctx, fd, marks::Mark::NO_SIGPIPE, int != 0);
            0
        }
        // There are no union mounts, and reading ahead is the host's affair.
        Command::IsUnion | Command::ReadAhead => {
            control(ctx, fd, linux::GETFD, 0)?;
            0
        }
    };
    Ok(answer.into())
}

/// A Linux `fcntl` that does not block.
fn control(ctx: &Ctx<'_>, fd: i32, command: u32, arg: u64) -> Result<u64, Errno> {
    ctx.call(Sys::FCNTL, [fd as u64, command.into(), arg, 0, 0, 0])
}

/// Sets Linux status bits of an open file.
pub(super) fn add_status(ctx: &Ctx<'_>, fd: i32, bits: u32) -> Result<(), Errno> {
    let now = control(ctx, fd, linux::GETFL, 0)?;
    control(ctx, fd, linux::SETFL, now | u64::from(bits))?;
    Ok(())
}

/// The owner that gets a descriptor's signals.
pub(super) fn owner(ctx: &Ctx<'_>, fd: i32) -> Result<u64, Errno> {
    control(ctx, fd, linux::GETOWN, 0)
}

/// Sets that owner.
pub(super) fn set_owner(ctx: &Ctx<'_>, fd: i32, owner: i32) -> Result<u64, Errno> {
    control(ctx, fd, linux::SETOWN, owner as u64)
}

/// Sets whether a descriptor closes at an exec.
pub(super) fn set_cloexec(ctx: &Ctx<'_>, fd: i32, bit: u64) -> Result<(), Errno> {
    control(ctx, fd, linux::SETFD, bit & FD_CLOEXEC)?;
    Ok(())
}

/// The lowest free descriptor from `low` on.
fn duplicate_from(ctx: &Ctx<'_>, fd: i32, command: u32, low: i32) -> Result<u64, Errno> {
    let new = control(ctx, fd, command, low as u64)?;
    events::duplicated(ctx, fd, fd_of(new));
    Ok(new)
}

fn duplicate_cloexec(ctx: &mut Ctx<'_>, from: i32, to: i32) -> Result<u64, Errno> {
    let fd = duplicate(ctx, from, to, open::linux_flag::CLOEXEC)?;
    control(ctx, to, linux::SETFD, FD_CLOEXEC)?;
    Ok(fd)
}

/// A record lock. The guest's record is start, length, process, type, whence; FreeBSD's has a host id
/// after these, which no local lock uses.
struct Lock {
    start: u64,
    len: u64,
    pid: u32,
    kind: u16,
    whence: u16,
}

/// The lock types, the guest's and Linux's.
static LOCK_KINDS: [(u16, u16); 3] = [(1, 0), (2, 2), (3, 1)];

impl Lock {
    fn read(ctx: &Ctx<'_>, at: Addr) -> Result<Lock, Errno> {
        let record = ctx.read::<24>(at)?;
        let bytes = Bytes(&record);
        let (Some(start), Some(len), Some(pid), Some(kind), Some(whence)) =
            (bytes.u64(0), bytes.u64(8), bytes.u32(16), bytes.u16(20), bytes.u16(22))
        else {
            return Err(Errno::EFAULT);
        };
        let (_, kind) = *LOCK_KINDS.iter().find(|(guest, _)| *guest == kind).ok_or(Errno::EINVAL)?;
        Ok(Lock { start, len, pid, kind, whence })
    }

    fn write(&self, ctx: &Ctx<'_>, at: Addr) -> Result<(), Errno> {
        let (kind, _) = *LOCK_KINDS.iter().find(|(_, linux)| *linux == self.kind).ok_or(Errno::EINVAL)?;
        let mut record = [0; 24];
        let [start, len, rest] = [&self.start.to_le_bytes(), &self.len.to_le_bytes(), &self.tail(kind)];
        for (to, from) in record.chunks_exact_mut(8).zip([start, len, rest]) {
            to.copy_from_slice(from);
        }
        ctx.write(at, &record)
    }

    fn tail(&self, kind: u16) -> [u8; 8] {
        (u64::from(self.pid) | u64::from(kind) << 32 | u64::from(self.whence) << 48).to_le_bytes()
    }

    /// The record in Linux's order: type, whence, start, length, process.
    fn to_linux(&self) -> [u8; 32] {
        let head = u64::from(self.kind) | u64::from(self.whence) << 16;
        let mut record = [0; 32];
        for (to, word) in record.chunks_exact_mut(8).zip([head, self.start, self.len, self.pid.into()]) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        record
    }

    fn from_linux(record: &[u8; 32]) -> Option<Lock> {
        let bytes = Bytes(record);
        Some(Lock {
            kind: bytes.u16(0)?,
            whence: bytes.u16(2)?,
            start: bytes.u64(8)?,
            len: bytes.u64(16)?,
            pid: bytes.u32(24)?,
        })
    }
}

fn get_lock(ctx: &Ctx<'_>, fd: i32, at: Addr) -> Result<u64, Errno> {
    const UNLOCKED: u16 = 2;
    let mut asked = Lock::read(ctx, at)?;
    let mut record = asked.to_linux();
    ctx.call_with(Sys::FCNTL, &mut [fd.into(), Arg::Word(linux::GETLK.into()), Arg::Out(&mut record)])?;
    let found = Lock::from_linux(&record).ok_or(Errno::EFAULT)?;
    if found.kind == UNLOCKED {
        asked.kind = UNLOCKED;
        asked.write(ctx, at)?;
    } else {
        found.write(ctx, at)?;
    }
    Ok(0)
}

fn set_lock(ctx: &Ctx<'_>, fd: i32, at: Addr, command: u32) -> Result<u64, Errno> {
    let record = Lock::read(ctx, at)?.to_linux();
    let args = &mut [fd.into(), Arg::Word(command.into()), Arg::In(&record)];
    ctx.wait_with(Sys::FCNTL, args)
}

/// `F_GETPATH`: a buffer of 1024 bytes gets the path of what the descriptor is open to.
fn get_path(ctx: &Ctx<'_>, fd: i32, at: Addr) -> Result<u64, Errno> {
    const ROOM: usize = 1024;
    control(ctx, fd, linux::GETFD, 0)?;
    let link = open::descriptor_path(fd);
    let mut path = [0; ROOM];
    let args = &mut [(-100).into(), Arg::In(&link), Arg::Out(&mut path), Arg::Word(ROOM as u64)];
    let len = ctx.call_with(Sys::READLINKAT, args)? as usize;
    let path = path.get(..=len).ok_or(Errno::ERANGE)?;
    if path.first() != Some(&b'/') {
        // A pipe or a socket has no path.
        return Err(Errno::ENOENT);
    }
    ctx.write(at, path)?;
    Ok(0)
}

/// `flock(fd, operation)`: the operations are Linux's.
pub fn flock(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(ctx.wait(Sys::FLOCK, [args[0], u64::from(args[1] as u32), 0, 0, 0, 0])?.into())
}
