//! `execve`: the program of a process is replaced.

use crate::call::{Answer, Call, Restart, Row, Stop};
use crate::exec::{ARGS_COUNT, Fail, Finder, LONGEST_ARG, Owner, Ready, Wish, args_room, prepare};
use crate::file::Events;
use crate::files::walk::Last;
use crate::files::{Kind, Spot};
use crate::memory::Space;
use crate::process::End;
use crate::signals::NO_STACK;
use crate::thread::kept;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::open::{AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW};
use ashore_pivot::{Errno, Memory, Signal, Sys};
use core::sync::atomic::Ordering;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] =
    &[Row::new(Sys::EXECVE, execve).restart(Restart::Deaf), Row::new(Sys::EXECVEAT, execveat).restart(Restart::Deaf)];

fn execve(call: &mut Call<'_>) -> Answer {
    execute(call, |call| {
        let path = call.path(0)?;
        let spot = call.find(AT_FDCWD, &path, Last::Follow)?.spot()?;
        wish(call, (spot, path), call.addr(1), call.addr(2))
    })
}

fn execveat(call: &mut Call<'_>) -> Answer {
    execute(call, |call| {
        let flags = call.arg(4) as u32;
        if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
            return Err(Errno::EINVAL);
        }
        let path = call.path(1)?;
        let fd = call.int(0);
        let (spot, path) = if path.is_empty() && flags & AT_EMPTY_PATH != 0 {
            let open = call.open_any(call.arg(0))?;
            (open.spot.clone().ok_or(Errno::EACCES)?, alloc::format!("/dev/fd/{fd}").into_bytes())
        } else {
            let last = if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::Keep } else { Last::Follow };
            let spot = call.find(fd, &path, last)?.spot()?;
            if spot.node.kind() == Kind::Link {
                return Err(Errno::ELOOP);
            }
            let is_plain = fd == AT_FDCWD || path.first() == Some(&b'/');
            let before = if is_plain { Vec::new() } else { alloc::format!("/dev/fd/{fd}/").into_bytes() };
            (spot, [before, path].concat())
        };
        wish(call, (spot, path), call.addr(2), call.addr(3))
    })
}

/// What the caller wants to run, its arguments copied.
fn wish(call: &Call<'_>, (spot, path): (Spot, Vec<u8>), args: Addr, env: Addr) -> Result<Wish, Errno> {
    let limits = call.thread.process.inner.lock().limits;
    let space = call.space();
    let mut room = Room { bytes: args_room(call.kernel.physical, &limits), count: ARGS_COUNT };
    room.take(path.len() as u64 + 1)?;
    let mut args = strings(&space, args, &mut room)?;
    let env = strings(&space, env, &mut room)?;
    if args.is_empty() {
        // Programs look at their name without looking whether there is one.
        args.push(Vec::new());
    }
    Ok(Wish { spot, path, args, env })
}

/// How much more there may be of arguments and environment.
struct Room {
    bytes: u64,
    count: usize,
}

impl Room {
    fn take(&mut self, bytes: u64) -> Result<(), Errno> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Errno::E2BIG)?;
        self.count = self.count.checked_sub(1).ok_or(Errno::E2BIG)?;
        Ok(())
    }
}

fn strings(space: &Space, at: Addr, room: &mut Room) -> Result<Vec<Vec<u8>>, Errno> {
    let mut strings = Vec::new();
    let mut at = at;
    while !at.is_null() {
        let string = Addr(space.read_u64(at)?);
        if string.is_null() {
            break;
        }
        let string = space.cstr(string, LONGEST_ARG).map_err(|errno| match errno {
            Errno::ENAMETOOLONG => Errno::E2BIG,
            other => other,
        })?;
        room.take(string.len() as u64 + 1 + 8)?;
        strings.push(string);
        at = at.plus(8);
    }
    Ok(strings)
}

fn execute(call: &mut Call<'_>, wish: impl FnOnce(&Call<'_>) -> Result<Wish, Errno>) -> Answer {
    let kept = call.progress.extra.take().and_then(|kept| kept.downcast::<Ready>().ok());
    let ready = match kept {
        Some(ready) => ready,
        None => {
            let wish = wish(call)?;
            let owner = {
                let inner = call.thread.process.inner.lock();
                let [uid, euid, _, gid, egid, _] = inner.ids;
                Owner { limits: inner.limits, ids: [uid, euid, gid, egid] }
            };
            let finder = Finder { visitor: call.visitor(), from: call.from(AT_FDCWD, b"")? };
            match prepare(call.kernel, &finder, wish, &owner) {
                Ok(ready) => Box::new(ready),
                Err(Fail::Errno(errno)) => return Err(errno.into()),
                Err(Fail::Fatal) => {
                    let end = End::Killed(Signal::SEGV.0, true);
                    call.kernel.end_process(&call.thread.process, end);
                    return Err(Errno::ENOEXEC.into());
                }
            }
        }
    };
    alone(call, ready)
}

/// Waits until the caller is its process's only thread.
fn alone(call: &mut Call<'_>, ready: Box<Ready>) -> Answer {
    let process = &call.thread.process;
    process.changed.join(call.thread, Events::ANY);
    let count = {
        let mut inner = process.inner.lock();
        let is_first = inner.replaced_by.get_or_insert(call.thread.tid) == &call.thread.tid;
        if inner.end.is_some() || !is_first {
            // The caller is about to be ended itself.
            return Err(Errno::EAGAIN.into());
        }
        inner.threads.len()
    };
    if count > 1 {
        call.kernel.end_others(call.thread);
        call.progress.extra = Some(ready);
        return Err(call.wait());
    }
    process.inner.lock().replaced_by = None;
    become_other(call, *ready);
    Err(Stop::Switched)
}

/// The thread leaves the old program for the new one.
fn become_other(call: &mut Call<'_>, ready: Ready) {
    let (kernel, thread) = (call.kernel, call.thread);
    let old = thread.space();
    crate::futex::release_robust(kernel, thread, &old);
    let clear = thread.clear_tid.swap(0, Ordering::Relaxed);
    if clear != 0 && Arc::strong_count(&old) > 2 && old.write(Addr(clear), &0u32.to_le_bytes()).is_ok() {
        crate::futex::wake_word(kernel, &old, Addr(clear));
    }
    let before = {
        let mut parts = thread.parts.lock();
        let before = parts.clone();
        parts.space = ready.space.clone();
        if Arc::strong_count(&parts.files) > 2 {
            parts.files = Arc::new(before.files.copy());
            parts.files.enter();
        }
        if Arc::strong_count(&parts.actions) > 2 {
            parts.actions = Arc::new(before.actions.copy());
        }
        parts.actions.forget_handlers();
        before
    };
    kernel.machine().enter(ready.space.root());
    let files = thread.files();
    if !Arc::ptr_eq(&files, &before.files) {
        before.files.leave(kernel);
    }
    files.close_where(kernel, |slot| slot.closes_on_exec);
    thread.signals.lock().stack = NO_STACK;
    thread.process.forget_made_timers(kernel);
    *call.context = ready.context();
    kernel.machine().arrive(call.context);
    ready.name(thread);
    thread.kept.fetch_and(!kept::CAPABILITIES, Ordering::Relaxed);
    drop((old, before));
    // Whoever made it by `vfork` has its memory back.
    thread.release(kernel);
}
