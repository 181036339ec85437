//! `fcntl`, `flock` and what of `ioctl` concerns every file.

use super::user::Using;
use crate::call::{Answer, Call, Row, Stop, WAIT};
use crate::fd::Slot;
use crate::file::{File, O_APPEND, O_NONBLOCK, Open};
use crate::files::Node;
use crate::files::locks::{Held, Mode, Owner};
use crate::files::pipe::End;
use crate::files::tmpfs::Regular;
use alloc::sync::Arc;
use ashore_pivot::layout::fcntl::*;
use ashore_pivot::layout::ioctl::{FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX, FIONREAD};
use ashore_pivot::layout::open::aarch64::O_DIRECT;
use ashore_pivot::layout::open::{O_ASYNC, O_NOATIME};
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] =
    &[Row::new(Sys::FCNTL, fcntl), Row::new(Sys::FLOCK, flock), Row::new(Sys::IOCTL, ioctl)];

/// Flags that `F_SETFL` changes.
const SETTABLE: u32 = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;

fn fcntl(call: &mut Call<'_>) -> Answer {
    let (fd, command, arg) = (call.arg(0), call.arg(1) as u32, call.arg(2));
    let open = call.open_any(fd)?;
    match command {
        F_DUPFD | F_DUPFD_CLOEXEC => {
            if arg >= call.most_fds() {
                return Err(Errno::EINVAL.into());
            }
            let slot = Slot { open: open.share(), closes_on_exec: command == F_DUPFD_CLOEXEC };
            return Ok(call.new_fd_from(slot, arg as usize)?);
        }
        F_GETFD => return Ok(u64::from(call.thread.files().slot(fd)?.closes_on_exec)),
        F_SETFD => {
            call.thread.files().set_closes_on_exec(fd, arg as u32 & FD_CLOEXEC != 0)?;
            return Ok(0);
        }
        F_GETFL => return Ok(u64::from(open.flags())),
        _ if open.is_path() => return Err(Errno::EBADF.into()),
        F_SETFL => open.set_flags(open.flags() & !SETTABLE | arg as u32 & SETTABLE),
        F_GETLK | F_OFD_GETLK => return get_lock(call, &open, command),
        F_SETLK | F_SETLKW | F_OFD_SETLK | F_OFD_SETLKW => return set_lock(call, &open, command),
        F_GETPIPE_SZ => return Ok(end(&open)?.size() as u64),
        F_SETPIPE_SZ => return Ok(end(&open)?.set_size(arg as u32 as usize)? as u64),
        F_ADD_SEALS => {
            if !open.can_write() {
                return Err(Errno::EPERM.into());
            }
            sealed(&open)?.add_seals(arg as u32)?;
        }
        F_GET_SEALS => return Ok(u64::from(sealed(&open)?.seals())),
        // Nobody is signalled by a file here; that it was asked for is no error.
        F_SETOWN | F_SETOWN_EX | F_SETSIG | F_GETOWN | F_GETSIG => {}
        F_GETLEASE => return Ok(u64::from(F_UNLCK)),
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}

fn end(open: &Open) -> Result<&End, Errno> {
    open.file.as_any().downcast_ref().ok_or(Errno::EBADF)
}

fn sealed(open: &Open) -> Result<&Regular, Errno> {
    File::as_any(&*open.file).downcast_ref().ok_or(Errno::EINVAL)
}

/// The node whose locks are meant.
fn locked(open: &Open) -> Result<&Arc<dyn Node>, Errno> {
    open.node().ok_or(Errno::EINVAL)
}

/// The record lock an argument describes; no mode for none.
fn record(call: &Call<'_>, open: &Open, is_ofd: bool) -> Result<(Flock, Option<Mode>, Held), Errno> {
    let asked: Flock = call.read(call.addr(2))?;
    let mode = match asked.kind as u32 {
        F_RDLCK => Some(Mode::Shared),
        F_WRLCK => Some(Mode::Exclusive),
        F_UNLCK => None,
        _ => return Err(Errno::EINVAL),
    };
    if is_ofd && asked.pid != 0 {
        return Err(Errno::EINVAL);
    }
    let base = match asked.whence as u32 {
        SEEK_SET => 0,
        SEEK_CUR => *open.offset.lock(),
        SEEK_END => locked(open)?.status().size,
        _ => return Err(Errno::EINVAL),
    };
    let from = (base as i64).checked_add(asked.start).ok_or(Errno::EOVERFLOW)?;
    let (start, last) = match asked.len {
        0 => (from, i64::MAX),
        len if len > 0 => (from, from.checked_add(len - 1).ok_or(Errno::EOVERFLOW)?),
        len => (from.checked_add(len).ok_or(Errno::EINVAL)?, from - 1),
    };
    let start = u64::try_from(start).map_err(|_| Errno::EINVAL)?;
    let last = if last == i64::MAX { u64::MAX } else { last as u64 };
    let owner = if is_ofd {
        Owner::Record(call.kernel.tree.locks.id_of(open))
    } else {
        Owner::Files(call.thread.files().owner())
    };
    let pid = call.thread.process.pid;
    Ok((asked, mode, Held { owner, mode: mode.unwrap_or(Mode::Shared), start, last, pid }))
}

fn get_lock(call: &Call<'_>, open: &Using<'_>, command: u32) -> Answer {
    let (asked, mode, wanted) = record(call, open, command == F_OFD_GETLK)?;
    if mode.is_none() {
        return Err(Errno::EINVAL.into());
    }
    let told = match call.kernel.tree.locks.conflict(locked(open)?, &wanted) {
        None => Flock { kind: F_UNLCK as i16, ..asked },
        Some(held) => Flock {
            kind: if held.mode == Mode::Exclusive { F_WRLCK } else { F_RDLCK } as i16,
            whence: SEEK_SET as i16,
            start: held.start as i64,
            len: if held.last == u64::MAX { 0 } else { (held.last - held.start + 1) as i64 },
            pid: if let Owner::Record(_) = held.owner { -1 } else { held.pid as i32 },
        },
    };
    call.write(call.addr(2), &told)?;
    Ok(0)
}

fn set_lock(call: &Call<'_>, open: &Using<'_>, command: u32) -> Answer {
    let (_, mode, wanted) = record(call, open, matches!(command, F_OFD_SETLK | F_OFD_SETLKW))?;
    let (locks, node) = (&call.kernel.tree.locks, locked(open)?);
    match mode {
        None => {
            locks.clear(call.kernel, node, wanted.owner, (wanted.start, wanted.last));
            return Ok(0);
        }
        Some(Mode::Shared) if !open.can_read() => return Err(Errno::EBADF.into()),
        Some(Mode::Exclusive) if !open.can_write() => return Err(Errno::EBADF.into()),
        Some(_) => {}
    }
    let waits = matches!(command, F_SETLKW | F_OFD_SETLKW);
    match locks.set(call.kernel, node, wanted, waits.then_some(call.thread)) {
        Ok(()) => Ok(0),
        Err(_) if waits => Err(WAIT),
        Err(_) => Err(Errno::EAGAIN.into()),
    }
}

fn flock(call: &mut Call<'_>) -> Answer {
    let operation = call.arg(1) as u32;
    let open = call.open(call.arg(0))?;
    let (locks, node) = (&call.kernel.tree.locks, locked(&open)?);
    let owner = Owner::Whole(locks.id_of(&open));
    let mode = match operation & !LOCK_NB {
        LOCK_UN => {
            locks.clear(call.kernel, node, owner, (0, u64::MAX));
            return Ok(0);
        }
        LOCK_SH => Mode::Shared,
        LOCK_EX => Mode::Exclusive,
        _ => return Err(Errno::EINVAL.into()),
    };
    let wanted = Held { owner, mode, start: 0, last: u64::MAX, pid: call.thread.process.pid };
    let waits = operation & LOCK_NB == 0;
    match locks.set(call.kernel, node, wanted, waits.then_some(call.thread)) {
        Ok(()) => Ok(0),
        Err(_) if waits => Err(WAIT),
        Err(_) => Err(Errno::EAGAIN.into()),
    }
}

fn ioctl(call: &mut Call<'_>) -> Answer {
    let (fd, request, arg) = (call.arg(0), call.arg(1) as u32, call.arg(2));
    let open = call.open(fd)?;
    match request {
        FIOCLEX | FIONCLEX => {
            call.thread.files().set_closes_on_exec(fd, request == FIOCLEX)?;
            Ok(0)
        }
        FIONBIO | FIOASYNC => {
            let wanted: u32 = call.read(call.addr(2))?;
            let flag = if request == FIONBIO { O_NONBLOCK } else { O_ASYNC };
            open.set_flags(if wanted != 0 { open.flags() | flag } else { open.flags() & !flag });
            Ok(0)
        }
        _ => match open.file.control(call, &open, request, arg) {
            Err(Stop::Errno(Errno::ENOTTY)) if request == FIONREAD && sealed(&open).is_ok() => {
                let left = open.status(call)?.size.saturating_sub(*open.offset.lock());
                call.write(call.addr(2), &(left as u32))?;
                Ok(0)
            }
            answer => answer,
        },
    }
}
