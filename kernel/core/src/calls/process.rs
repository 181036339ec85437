//! Processes and threads: made, ended, waited for, grouped.

use crate::call::{Answer, Call, Restart, Row, Stop};
use crate::process::{End, Process};
use crate::quick::{Caller, Reply};
use crate::task::{Found, Request, Whom, clone as make, exit_signal, wait};
use alloc::sync::Arc;
use ashore_pivot::layout::process::*;
use ashore_pivot::layout::siginfo::{Detail, SigInfo};
use ashore_pivot::layout::time::Timeval;
use ashore_pivot::{Errno, Memory, Signal, Sys};
use core::sync::atomic::Ordering;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::GETPID, getpid),
    Row::new(Sys::GETTID, gettid),
    Row::new(Sys::GETPPID, getppid),
    Row::new(Sys::CLONE, clone).restart(Restart::Deaf),
    Row::new(Sys::CLONE3, clone3).restart(Restart::Deaf),
    Row::new(Sys::EXIT, exit),
    Row::new(Sys::EXIT_GROUP, exit_group),
    Row::new(Sys::WAIT4, wait4),
    Row::new(Sys::WAITID, waitid),
    Row::new(Sys::SET_TID_ADDRESS, set_tid_address),
    Row::new(Sys::SET_ROBUST_LIST, set_robust_list),
    Row::new(Sys::GET_ROBUST_LIST, get_robust_list),
    Row::new(Sys::FUTEX, crate::futex::futex),
    Row::new(Sys::SETPGID, setpgid),
    Row::new(Sys::GETPGID, getpgid),
    Row::new(Sys::SETSID, setsid),
    Row::new(Sys::GETSID, getsid),
    Row::new(Sys::GETRUSAGE, getrusage),
];

fn getpid(call: &mut Call<'_>) -> Answer {
    Ok(u64::from(call.thread.process.pid))
}

pub(super) extern "C" fn getpid_quickly(_: u64, _: u64, caller: &Caller<'_>) -> Reply {
    Reply::done(u64::from(caller.thread.process.pid))
}

pub(super) extern "C" fn gettid_quickly(_: u64, _: u64, caller: &Caller<'_>) -> Reply {
    Reply::done(u64::from(caller.thread.tid))
}

fn gettid(call: &mut Call<'_>) -> Answer {
    Ok(u64::from(call.thread.tid))
}

fn getppid(call: &mut Call<'_>) -> Answer {
    let parent = call.thread.process.inner.lock().parent.clone().and_then(|parent| parent.upgrade());
    Ok(parent.map_or(1, |parent| u64::from(parent.pid)))
}

fn clone(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(0) & 0xffff_ffff;
    let request = Request {
        flags: flags & !CSIGNAL,
        stack: call.arg(1),
        parent_tid: call.arg(2),
        tls: call.arg(3),
        child_tid: call.arg(4),
        // The old call puts the descriptor where the new one puts the number.
        pidfd: call.arg(2),
        exit_signal: exit_signal(flags),
    };
    if flags & CLONE_PIDFD != 0 && flags & CLONE_PARENT_SETTID != 0 {
        return Err(Errno::EINVAL.into());
    }
    make(call, &request)
}

/// The length of the first version of `clone3`'s record.
const CLONE_ARGS_LEAST: usize = 64;
/// Larger records than this are refused.
const CLONE_ARGS_MOST: usize = 4096;

fn clone3(call: &mut Call<'_>) -> Answer {
    let len = call.arg(1) as usize;
    if len < CLONE_ARGS_LEAST {
        return Err(Errno::EINVAL.into());
    }
    if len > CLONE_ARGS_MOST {
        return Err(Errno::E2BIG.into());
    }
    let mut bytes = alloc::vec![0; len];
    call.thread.space().read(call.addr(0), &mut bytes)?;
    let (known, unknown) = bytes.split_at(len.min(CloneArgs::LEN));
    if unknown.iter().any(|byte| *byte != 0) {
        return Err(Errno::E2BIG.into());
    }
    let args: CloneArgs = ashore_pivot::layout::Plain::get(known);
    let is_half = (args.stack == 0) != (args.stack_size == 0);
    if args.set_tid_size != 0 || is_half || args.flags & (CSIGNAL | CLONE_DETACHED) != 0 || args.exit_signal > 64 {
        return Err(Errno::EINVAL.into());
    }
    let request = Request {
        flags: args.flags,
        stack: args.stack.wrapping_add(args.stack_size),
        parent_tid: args.parent_tid,
        child_tid: args.child_tid,
        tls: args.tls,
        pidfd: args.pidfd,
        exit_signal: args.exit_signal as u32,
    };
    make(call, &request)
}

fn exit(call: &mut Call<'_>) -> Answer {
    let process = &call.thread.process;
    let mut inner = process.inner.lock();
    let is_last = inner.threads.len() <= 1;
    if is_last {
        inner.end.get_or_insert(End::Exited(call.arg(0) as u8));
    }
    drop(inner);
    Err(Stop::Ended)
}

fn exit_group(call: &mut Call<'_>) -> Answer {
    call.kernel.end_process(&call.thread.process, End::Exited(call.arg(0) as u8));
    Err(Stop::Ended)
}

fn wait4(call: &mut Call<'_>) -> Answer {
    let options = call.arg(2) as u32;
    if options & !(WNOHANG | WUNTRACED | WCONTINUED | __WALL | __WCLONE | __WNOTHREAD) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let whom = match call.int(0) {
        i32::MIN => return Err(Errno::ESRCH.into()),
        -1 => Whom::Any,
        0 => Whom::Group(call.thread.process.group.load(Ordering::Relaxed)),
        pid if pid > 0 => Whom::Pid(pid as u32),
        group => Whom::Group(group.unsigned_abs()),
    };
    let Some(found) = wait(call, whom, options | WEXITED)? else { return Ok(0) };
    call.write_if(call.addr(1), &found.word)?;
    call.write_if(call.addr(3), &usage(found.ran))?;
    Ok(u64::from(found.pid))
}

fn waitid(call: &mut Call<'_>) -> Answer {
    let options = call.arg(3) as u32;
    if options & !(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WALL | __WCLONE | __WNOTHREAD) != 0
        || options & (WEXITED | WSTOPPED | WCONTINUED) == 0
    {
        return Err(Errno::EINVAL.into());
    }
    let id = call.arg(1) as u32;
    let whom = match call.arg(0) as u32 {
        P_ALL => Whom::Any,
        P_PID if id != 0 => Whom::Pid(id),
        P_PGID if id == 0 => Whom::Group(call.thread.process.group.load(Ordering::Relaxed)),
        P_PGID => Whom::Group(id),
        P_PIDFD => Whom::Pid(super::pidfd::process(call, u64::from(id))?.pid),
        _ => return Err(Errno::EINVAL.into()),
    };
    let found = wait(call, whom, options)?;
    let bytes = found.map_or([0; SigInfo::LEN], |found| told(&found).encode());
    if !call.addr(2).is_null() {
        call.thread.space().write(call.addr(2), &bytes)?;
    }
    call.write_if(call.addr(4), &usage(found.map_or(0, |found| found.ran)))?;
    Ok(0)
}

fn told(found: &Found) -> SigInfo {
    let Found { pid, uid, status, code, .. } = *found;
    let detail = Detail::Child { pid: pid as i32, uid, status, utime: 0, stime: 0 };
    SigInfo { signal: Signal::CHLD, errno: 0, code, detail }
}

/// What was used: all of it counts as time in user space.
fn usage(ran: u64) -> Rusage {
    Rusage { utime: Timeval::from_nanos(ran), ..Rusage::default() }
}

fn getrusage(call: &mut Call<'_>) -> Answer {
    let process = &call.thread.process;
    let ran = match call.int(0) {
        RUSAGE_SELF => process.ran(),
        RUSAGE_CHILDREN => process.inner.lock().children_ran,
        RUSAGE_THREAD => call.thread.ran(),
        _ => return Err(Errno::EINVAL.into()),
    };
    call.write(call.addr(1), &usage(ran))?;
    Ok(0)
}

fn set_tid_address(call: &mut Call<'_>) -> Answer {
    call.thread.clear_tid.store(call.arg(0), Ordering::Relaxed);
    Ok(u64::from(call.thread.tid))
}

fn set_robust_list(call: &mut Call<'_>) -> Answer {
    if call.arg(1) != ashore_pivot::layout::futex::RobustListHead::LEN as u64 {
        return Err(Errno::EINVAL.into());
    }
    call.thread.robust.store(call.arg(0), Ordering::Relaxed);
    Ok(0)
}

fn get_robust_list(call: &mut Call<'_>) -> Answer {
    let thread = match call.arg(0) as u32 {
        0 => call.thread.clone(),
        tid => call.kernel.thread(tid).ok_or(Errno::ESRCH)?,
    };
    call.write(call.addr(1), &thread.robust.load(Ordering::Relaxed))?;
    call.write(call.addr(2), &(ashore_pivot::layout::futex::RobustListHead::LEN as u64))?;
    Ok(0)
}

/// The process with a number, or the caller's for 0.
fn named(call: &Call<'_>, pid: u64) -> Result<Arc<Process>, Errno> {
    match pid as u32 {
        0 => Ok(call.thread.process.clone()),
        pid => call.kernel.process(pid).ok_or(Errno::ESRCH),
    }
}

fn setpgid(call: &mut Call<'_>) -> Answer {
    if call.int(1) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let process = named(call, call.arg(0))?;
    let caller = &call.thread.process;
    let session = caller.session.load(Ordering::Relaxed);
    if !Arc::ptr_eq(&process, caller) {
        let parent = process.inner.lock().parent.clone().and_then(|parent| parent.upgrade());
        if !parent.is_some_and(|parent| Arc::ptr_eq(&parent, caller)) {
            return Err(Errno::ESRCH.into());
        }
        if process.inner.lock().has_executed {
            return Err(Errno::EACCES.into());
        }
    }
    let group = match call.arg(1) as u32 {
        0 => process.pid,
        group => group,
    };
    let is_foreign = process.session.load(Ordering::Relaxed) != session;
    if is_foreign || process.session.load(Ordering::Relaxed) == process.pid {
        return Err(Errno::EPERM.into());
    }
    let exists = |other: &Arc<Process>| {
        other.group.load(Ordering::Relaxed) == group && other.session.load(Ordering::Relaxed) == session
    };
    if group != process.pid && !call.kernel.processes().iter().any(exists) {
        return Err(Errno::EPERM.into());
    }
    process.group.store(group, Ordering::Relaxed);
    Ok(0)
}

fn getpgid(call: &mut Call<'_>) -> Answer {
    Ok(u64::from(named(call, call.arg(0))?.group.load(Ordering::Relaxed)))
}

fn getsid(call: &mut Call<'_>) -> Answer {
    Ok(u64::from(named(call, call.arg(0))?.session.load(Ordering::Relaxed)))
}

fn setsid(call: &mut Call<'_>) -> Answer {
    let process = &call.thread.process;
    let leads = |other: &Arc<Process>| other.group.load(Ordering::Relaxed) == process.pid;
    if call.kernel.processes().iter().any(leads) {
        return Err(Errno::EPERM.into());
    }
    process.session.store(process.pid, Ordering::Relaxed);
    process.group.store(process.pid, Ordering::Relaxed);
    process.inner.lock().terminal = None;
    Ok(u64::from(process.pid))
}
