//! The machine and the kernel, limits, scheduling, randomness.

use crate::call::{Answer, Call, Row};
use crate::process::Process;
use crate::thread::{Thread, attention, kept};
use alloc::sync::Arc;
use ashore_pivot::layout::prctl::*;
use ashore_pivot::layout::process::Rlimit;
use ashore_pivot::layout::sched::*;
use ashore_pivot::layout::system::{GRND_INSECURE, GRND_NONBLOCK, GRND_RANDOM, Sysinfo, Utsname, name};
use ashore_pivot::layout::time::Timespec;
use ashore_pivot::{Errno, Memory, Sys};
use core::sync::atomic::Ordering;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::UNAME, uname),
    Row::new(Sys::SYSINFO, sysinfo),
    Row::new(Sys::GETRANDOM, getrandom),
    Row::new(Sys::PRCTL, prctl),
    Row::new(Sys::PRLIMIT64, prlimit64),
    Row::new(Sys::GETRLIMIT, getrlimit),
    Row::new(Sys::SETRLIMIT, setrlimit),
    Row::new(Sys::SCHED_YIELD, sched_yield),
    Row::new(Sys::SCHED_GETAFFINITY, sched_getaffinity),
    Row::new(Sys::SCHED_SETAFFINITY, sched_setaffinity),
    Row::new(Sys::SCHED_GETSCHEDULER, |call| named(call, call.arg(0)).map_or_else(|e| Err(e.into()), |_| Ok(0))),
    Row::new(Sys::SCHED_GETPARAM, sched_getparam),
    Row::new(Sys::SCHED_SETSCHEDULER, sched_setscheduler),
    Row::new(Sys::SCHED_SETPARAM, sched_setparam),
    Row::new(Sys::SCHED_GETATTR, sched_getattr),
    Row::new(Sys::SCHED_GET_PRIORITY_MAX, |call| priority_limit(call, 99)),
    Row::new(Sys::SCHED_GET_PRIORITY_MIN, |call| priority_limit(call, 1)),
    Row::new(Sys::SCHED_RR_GET_INTERVAL, sched_rr_get_interval),
    Row::new(Sys::GETCPU, getcpu),
    Row::new(Sys::PERSONALITY, personality),
    Row::new(Sys::SETHOSTNAME, |_| Err(Errno::EPERM.into())),
    Row::new(Sys::SETDOMAINNAME, |_| Err(Errno::EPERM.into())),
    Row::new(Sys::SYSLOG, |_| Err(Errno::EPERM.into())),
    Row::new(Sys::REBOOT, |_| Err(Errno::EPERM.into())),
];

/// The version the kernel says it is: what programs compare when they choose what to ask for.
pub(crate) const RELEASE: &str = "6.1.0-ashore";
/// Its build.
pub(crate) const VERSION: &str = "#1 SMP Ashore";
/// The name of the machine.
pub(crate) const HOST: &str = "ashore";

fn uname(call: &mut Call<'_>) -> Answer {
    let names = Utsname {
        sysname: name("Linux"),
        nodename: name(HOST),
        release: name(RELEASE),
        version: name(VERSION),
        machine: name("aarch64"),
        domainname: name("(none)"),
    };
    call.thread.space().write(call.addr(0), &names.encode())?;
    Ok(0)
}

fn sysinfo(call: &mut Call<'_>) -> Answer {
    let kernel = call.kernel;
    let page = ashore_base::PAGE_SIZE;
    let frames = &kernel.physical.frames;
    let info = Sysinfo {
        uptime: (kernel.now() / 1_000_000_000) as i64,
        totalram: frames.total() as u64 * page,
        freeram: frames.free() as u64 * page,
        procs: kernel.tasks.lock().threads.len() as u16,
        mem_unit: 1,
        ..Sysinfo::default()
    };
    call.write(call.addr(0), &info)?;
    Ok(0)
}

/// Random bytes are handed out in pieces of this length.
const PIECE: usize = 256;

fn getrandom(call: &mut Call<'_>) -> Answer {
    if call.arg(2) as u32 & !(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let len = call.arg(1).min(0x1ff_ffff);
    let space = call.thread.space();
    let mut done = 0;
    while done < len {
        let mut bytes = [0; PIECE];
        let piece = bytes.get_mut(..((len - done) as usize).min(PIECE)).unwrap_or_default();
        call.kernel.machine().random(piece);
        match space.write(call.addr(0).plus(done), piece) {
            Ok(()) => done += piece.len() as u64,
            Err(errno) if done == 0 => return Err(errno.into()),
            Err(_) => break,
        }
    }
    Ok(done)
}

fn is_kept(call: &Call<'_>, bit: u32) -> u64 {
    u64::from(call.thread.kept.load(Ordering::Relaxed) & bit != 0)
}

/// Keeps what the second argument says of a bit.
fn keep(call: &Call<'_>, bit: u32) -> Answer {
    match call.arg(1) {
        0 => call.thread.kept.fetch_and(!bit, Ordering::Relaxed),
        _ => call.thread.kept.fetch_or(bit, Ordering::Relaxed),
    };
    Ok(0)
}

fn prctl(call: &mut Call<'_>) -> Answer {
    let at = call.addr(1);
    match call.arg(0) as u32 {
        PR_SET_NAME => {
            let mut name: [u8; 16] = [0; 16];
            let len = call.thread.space().cstr_len(at, 15).unwrap_or(15);
            call.thread.space().read(at, name.get_mut(..len).unwrap_or_default())?;
            *call.thread.name.lock() = name;
            Ok(0)
        }
        PR_GET_NAME => {
            let name = *call.thread.name.lock();
            call.write(at, &name)?;
            Ok(0)
        }
        PR_GET_DUMPABLE => Ok(1),
        PR_GET_PDEATHSIG | PR_GET_CHILD_SUBREAPER => {
            call.write(at, &0u32)?;
            Ok(0)
        }
        PR_GET_TIMERSLACK => Ok(50_000),
        PR_CAPBSET_READ => Ok(u64::from(call.arg(1) <= 40)),
        PR_GET_KEEPCAPS => Ok(is_kept(call, kept::CAPABILITIES)),
        PR_GET_NO_NEW_PRIVS => Ok(is_kept(call, kept::NO_NEW_PRIVILEGES)),
        PR_GET_THP_DISABLE => Ok(is_kept(call, kept::NO_HUGE_PAGES)),
        PR_SET_KEEPCAPS if call.arg(1) > 1 => Err(Errno::EINVAL.into()),
        PR_SET_NO_NEW_PRIVS if call.arg(1) != 1 => Err(Errno::EINVAL.into()),
        PR_SET_KEEPCAPS => keep(call, kept::CAPABILITIES),
        PR_SET_NO_NEW_PRIVS => keep(call, kept::NO_NEW_PRIVILEGES),
        PR_SET_THP_DISABLE => keep(call, kept::NO_HUGE_PAGES),
        PR_GET_SECUREBITS | PR_GET_SECCOMP => Ok(0),
        PR_SET_PDEATHSIG
        | PR_SET_DUMPABLE
        | PR_SET_TIMERSLACK
        | PR_SET_CHILD_SUBREAPER
        | PR_CAPBSET_DROP
        | PR_SET_SECUREBITS => Ok(0),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn process_of(call: &Call<'_>, pid: u64) -> Result<Arc<Process>, Errno> {
    match pid as u32 {
        0 => Ok(call.thread.process.clone()),
        pid => call.kernel.process(pid).ok_or(Errno::ESRCH),
    }
}

/// Reads and sets a limit of a process.
fn limit(process: &Process, number: u64, new: Option<Rlimit>) -> Result<Rlimit, Errno> {
    let mut inner = process.inner.lock();
    let [_, euid, ..] = inner.ids;
    let limit = inner.limits.of.get_mut(number as u32 as usize).ok_or(Errno::EINVAL)?;
    let old = Rlimit { cur: limit.0, max: limit.1 };
    if let Some(new) = new {
        if new.cur > new.max {
            return Err(Errno::EINVAL);
        }
        if new.max > old.max && euid != 0 {
            return Err(Errno::EPERM);
        }
        *limit = (new.cur, new.max);
        let (limits, thread) = (inner.limits, inner.threads.first().cloned());
        drop(inner);
        if let Some(thread) = thread {
            thread.space().set_limits(&limits);
        }
    }
    Ok(old)
}

fn prlimit64(call: &mut Call<'_>) -> Answer {
    let process = process_of(call, call.arg(0))?;
    let new = if call.addr(2).is_null() { None } else { Some(call.read(call.addr(2))?) };
    let old = limit(&process, call.arg(1), new)?;
    call.write_if(call.addr(3), &old)?;
    Ok(0)
}

fn getrlimit(call: &mut Call<'_>) -> Answer {
    let old = limit(&call.thread.process, call.arg(0), None)?;
    call.write(call.addr(1), &old)?;
    Ok(0)
}

fn setrlimit(call: &mut Call<'_>) -> Answer {
    let new = call.read(call.addr(1))?;
    limit(&call.thread.process, call.arg(0), Some(new))?;
    Ok(0)
}

fn sched_yield(call: &mut Call<'_>) -> Answer {
    if call.kernel.has_others() {
        call.thread.set_attention(attention::YIELD);
    }
    Ok(0)
}

fn named(call: &Call<'_>, tid: u64) -> Result<Arc<Thread>, Errno> {
    match tid as u32 {
        0 => Ok(call.thread.clone()),
        tid => call.kernel.thread(tid).ok_or(Errno::ESRCH),
    }
}

/// The CPUs there are, a bit each.
fn all_cpus(call: &Call<'_>) -> u64 {
    u64::MAX >> 64usize.saturating_sub(call.kernel.machine().cpus()).min(63)
}

fn sched_getaffinity(call: &mut Call<'_>) -> Answer {
    let thread = named(call, call.arg(0))?;
    if call.arg(1) < 8 || !call.arg(1).is_multiple_of(8) {
        return Err(Errno::EINVAL.into());
    }
    let mask = thread.affinity.load(Ordering::Relaxed) & all_cpus(call);
    call.write(call.addr(2), &mask)?;
    Ok(8)
}

fn sched_setaffinity(call: &mut Call<'_>) -> Answer {
    let thread = named(call, call.arg(0))?;
    let mut bytes = [0; 8];
    let len = (call.arg(1) as usize).min(8);
    call.thread.space().read(call.addr(2), bytes.get_mut(..len).unwrap_or_default())?;
    let mask = u64::from_le_bytes(bytes) & all_cpus(call);
    if mask == 0 {
        return Err(Errno::EINVAL.into());
    }
    thread.affinity.store(mask, Ordering::Relaxed);
    call.kernel.interrupt(&thread, attention::YIELD);
    Ok(0)
}

fn sched_getparam(call: &mut Call<'_>) -> Answer {
    named(call, call.arg(0))?;
    call.write(call.addr(1), &SchedParam { priority: 0 })?;
    Ok(0)
}

/// Only the usual policies are there, whose priority is 0.
fn sched_setscheduler(call: &mut Call<'_>) -> Answer {
    named(call, call.arg(0))?;
    let param: SchedParam = call.read(call.addr(2))?;
    match call.arg(1) as u32 & !SCHED_RESET_ON_FORK {
        SCHED_NORMAL | SCHED_BATCH | SCHED_IDLE if param.priority == 0 => Ok(0),
        SCHED_FIFO | SCHED_RR | SCHED_DEADLINE => Err(Errno::EPERM.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn sched_setparam(call: &mut Call<'_>) -> Answer {
    named(call, call.arg(0))?;
    let param: SchedParam = call.read(call.addr(1))?;
    if param.priority == 0 { Ok(0) } else { Err(Errno::EINVAL.into()) }
}

fn sched_getattr(call: &mut Call<'_>) -> Answer {
    named(call, call.arg(0))?;
    let room = call.arg(2) as u32 as usize;
    if room < 48 {
        return Err(Errno::EINVAL.into());
    }
    let attr = SchedAttr { size: room.min(SchedAttr::LEN) as u32, ..SchedAttr::default() }.encode();
    call.thread.space().write(call.addr(1), attr.get(..room).unwrap_or(&attr))?;
    Ok(0)
}

fn priority_limit(call: &mut Call<'_>, of_real_time: u64) -> Answer {
    match call.arg(0) as u32 {
        SCHED_FIFO | SCHED_RR => Ok(of_real_time),
        SCHED_NORMAL | SCHED_BATCH | SCHED_IDLE | SCHED_DEADLINE => Ok(0),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn sched_rr_get_interval(call: &mut Call<'_>) -> Answer {
    named(call, call.arg(0))?;
    call.write(call.addr(1), &Timespec::from_nanos(crate::sched::SLICE))?;
    Ok(0)
}

fn getcpu(call: &mut Call<'_>) -> Answer {
    call.write_if(call.addr(0), &(call.kernel.machine().cpu() as u32))?;
    call.write_if(call.addr(1), &0u32)?;
    Ok(0)
}

/// Only what there is can be asked for.
fn personality(call: &mut Call<'_>) -> Answer {
    match call.arg(0) as u32 {
        0 | u32::MAX => Ok(0),
        // Addresses are not random anyway.
        0x0004_0000 => Ok(0),
        _ => Err(Errno::EINVAL.into()),
    }
}
