//! FreeBSD's threads.
//!
//! A thread's id is the host's plus an offset, so that ids of other processes can be turned back.

use super::{exit_thread, futex, kill_one};
use crate::{Answer, Args, Ctx, ParkEnd, SpawnRequest, ThreadStart, Timeout, Value};
use alloc::vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Errno, Sys};

/// What is added to the host's number: the first id of FreeBSD is 100001.
pub const ID_BASE: u64 = 100_000;
/// How many bytes `struct thr_param` has.
const PARAM_LEN: u64 = 104;
/// The id that means all other threads of the process.
const ALL_OTHERS: i64 = -1;

/// `thr_new(param, size)`.
pub fn new(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let len = args[1] as i32;
    if len < 0 || len as u64 > PARAM_LEN {
        return Err(Errno::EINVAL.into());
    }
    // A program built for an older release gives a shorter record; what is missing is zero.
    let mut bytes = vec![0; PARAM_LEN as usize];
    let given = ctx.read_vec(Addr(args[0]), len as u64)?;
    bytes.iter_mut().zip(given).for_each(|(to, from)| *to = from);
    let word = |at| Bytes(&bytes).u64(at).unwrap_or(0);
    let (child_tid, parent_tid) = (Addr(word(48)), Addr(word(56)));
    let request = SpawnRequest {
        start: ThreadStart::Entry { entry: Addr(word(0)), arg: word(8), stack: Addr(word(16)), stack_len: word(24) },
        tls: Some(Addr(word(32))),
        mask: None,
        inherit_alt_stack: false,
        tid_at: [child_tid, parent_tid].map(|at| (!at.is_null()).then_some((at, 8))),
        clear_tid: Addr::NULL,
    };
    ctx.kernel.spawn(ctx.thread, &request)?;
    Ok(Value::One(0))
}

/// `thr_exit(state)`: the last thread cannot end so, and its call returns.
pub fn exit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let state = Addr(args[0]);
    if !state.is_null() {
        // A bad pointer is no reason to stay.
        let _ = ctx.write(state, &1u64.to_le_bytes());
        let _ = futex::wake(ctx, state, futex::ALL, futex::Scope::Shared);
    }
    if ctx.kernel.thread_ids().len() <= 1 {
        return Ok(Value::One(0));
    }
    exit_thread(ctx)
}

/// `thr_self(id)`.
pub fn this(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.write(Addr(args[0]), &ctx.thread.id.to_le_bytes())?;
    Ok(Value::One(0))
}

/// `thr_kill(id, sig)`.
pub fn kill(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let signal = ctx.signal_or_none(args[1])?;
    kill_some(ctx, args[0], signal)?;
    Ok(Value::One(0))
}

fn kill_some(ctx: &Ctx<'_>, id: u64, signal: u64) -> Result<(), Errno> {
    if id as i64 != ALL_OTHERS {
        return kill_one(ctx, id, signal);
    }
    let mut result = Err(Errno::ESRCH);
    for other in ctx.kernel.thread_ids() {
        if other != ctx.thread.id {
            result = kill_one(ctx, other, signal).or(result);
        }
    }
    result
}

/// `thr_kill2(pid, id, sig)`.
pub fn kill2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let signal = ctx.signal_or_none(args[2])?;
    let pid = i64::from(args[0] as i32) as u64;
    if pid == ctx.call(Sys::GETPID, [0; 6])? {
        kill_some(ctx, args[1], signal)?;
        return Ok(Value::One(0));
    }
    let tid = args[1].checked_sub(ID_BASE).ok_or(Errno::ESRCH)?;
    Ok(ctx.call(Sys::TGKILL, [pid, tid, signal, 0, 0, 0])?.into())
}

/// `thr_suspend(timeout)`: until thr_wake.
pub fn suspend(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let timeout = match args[0] {
        0 => Timeout::Never,
        at => Timeout::In(super::read_timespec(ctx, Addr(at))?),
    };
    match ctx.kernel.park(timeout) {
        ParkEnd::Unparked | ParkEnd::Already => Ok(Value::One(0)),
        ParkEnd::TimedOut => Err(Errno::ETIMEDOUT.into()),
        ParkEnd::Interrupted => Err(Errno::EINTR.into()),
    }
}

/// `thr_wake(id)`.
pub fn wake(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if ctx.kernel.unpark(args[0]) { Ok(Value::One(0)) } else { Err(Errno::ESRCH.into()) }
}

/// `thr_set_name(id, name)`: a name is only for people, and nothing here shows one.
pub fn set_name(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::One(0))
}
