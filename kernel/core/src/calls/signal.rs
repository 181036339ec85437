//! Signals.

use crate::call::{Answer, Call, Restart, Row, Stop};
use crate::process::Process;
use crate::signals::{Effect, Room, UNBLOCKABLE};
use crate::thread::{Thread, attention};
use alloc::sync::Arc;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::sigaction::*;
use ashore_pivot::layout::siginfo::{SI_TKILL, SI_USER, SigInfo};
use ashore_pivot::layout::time::Timespec;
use ashore_pivot::{Errno, Memory, SigSet, Signal, Sys};
use core::sync::atomic::Ordering;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::RT_SIGACTION, rt_sigaction),
    Row::new(Sys::RT_SIGPROCMASK, rt_sigprocmask),
    Row::new(Sys::RT_SIGPENDING, rt_sigpending),
    Row::new(Sys::RT_SIGSUSPEND, rt_sigsuspend).restart(Restart::IfNoHandler),
    Row::new(Sys::RT_SIGTIMEDWAIT, rt_sigtimedwait).restart(Restart::Never),
    Row::new(Sys::RT_SIGRETURN, rt_sigreturn),
    Row::new(Sys::SIGALTSTACK, sigaltstack),
    Row::new(Sys::KILL, kill),
    Row::new(Sys::TKILL, tkill),
    Row::new(Sys::TGKILL, tgkill),
    Row::new(Sys::RT_SIGQUEUEINFO, rt_sigqueueinfo),
    Row::new(Sys::RT_TGSIGQUEUEINFO, rt_tgsigqueueinfo),
];

/// The only length of a set that the calls take.
const SET_LEN: u64 = 8;

fn check_len(len: u64) -> Result<(), Errno> {
    if len == SET_LEN { Ok(()) } else { Err(Errno::EINVAL) }
}

fn rt_sigaction(call: &mut Call<'_>) -> Answer {
    check_len(call.arg(3))?;
    let signal = Signal::new(call.arg(0)).ok_or(Errno::EINVAL)?;
    let actions = call.thread.actions();
    let old = if call.addr(1).is_null() {
        actions.get(signal)
    } else {
        let mut action: Sigaction = call.read(call.addr(1))?;
        if UNBLOCKABLE.has(signal) {
            return Err(Errno::EINVAL.into());
        }
        action.mask &= !UNBLOCKABLE.0;
        action.flags &= u64::from(KNOWN_FLAGS);
        let old = actions.set(signal, action);
        if actions.effect(signal) == Effect::Ignore {
            forget(call, signal);
        }
        old
    };
    call.write_if(call.addr(2), &old)?;
    Ok(0)
}

/// Flags that `rt_sigaction` keeps; programs find out what there is by setting and reading back.
const KNOWN_FLAGS: u32 =
    SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_RESTORER;

/// A signal that comes to nothing does not wait either.
fn forget(call: &Call<'_>, signal: Signal) {
    let process = &call.thread.process;
    process.signals.lock().queue.forget(SigSet::of(signal));
    let threads = process.inner.lock().threads.clone();
    threads.iter().for_each(|thread| thread.signals.lock().queue.forget(SigSet::of(signal)));
}

fn rt_sigprocmask(call: &mut Call<'_>) -> Answer {
    check_len(call.arg(3))?;
    let old = call.thread.signals.lock().mask;
    if !call.addr(1).is_null() {
        let set: u64 = call.read(call.addr(1))?;
        let mask = match call.arg(0) as u32 {
            SIG_BLOCK => old.0 | set,
            SIG_UNBLOCK => old.0 & !set,
            SIG_SETMASK => set,
            _ => return Err(Errno::EINVAL.into()),
        };
        call.thread.set_mask(SigSet(mask));
    }
    call.write_if(call.addr(2), &old.0)?;
    Ok(0)
}

fn rt_sigpending(call: &mut Call<'_>) -> Answer {
    if call.arg(1) > SET_LEN {
        return Err(Errno::EINVAL.into());
    }
    let (mine, mask) = {
        let signals = call.thread.signals.lock();
        (signals.queue.set(), signals.mask)
    };
    let ours = call.thread.process.signals.lock().queue.set();
    call.write(call.addr(0), &((mine.0 | ours.0) & mask.0))?;
    Ok(0)
}

/// Gives a call a mask of its own until it is over; the one there was comes back then, or with a handler's return.
pub(crate) fn mask_for_call(call: &mut Call<'_>, set: SigSet) {
    let mut signals = call.thread.signals.lock();
    if signals.saved.is_none() {
        signals.saved = Some(signals.mask);
    }
    signals.mask = SigSet(set.0 & !UNBLOCKABLE.0);
    drop(signals);
    call.thread.set_attention(attention::SIGNAL);
}

/// The call is over without a handler: its mask too.
pub(crate) fn mask_back(call: &mut Call<'_>) {
    let saved = call.thread.signals.lock().saved.take();
    if let Some(saved) = saved {
        call.thread.set_mask(saved);
    }
}

fn rt_sigsuspend(call: &mut Call<'_>) -> Answer {
    check_len(call.arg(1))?;
    if call.progress.done == 0 {
        let set: u64 = call.read(call.addr(0))?;
        mask_for_call(call, SigSet(set));
        call.progress.done = 1;
    }
    Err(call.wait())
}

fn rt_sigtimedwait(call: &mut Call<'_>) -> Answer {
    check_len(call.arg(3))?;
    let wanted: u64 = call.read(call.addr(0))?;
    let wanted = SigSet(wanted & !UNBLOCKABLE.0);
    if call.progress.done == 0 {
        call.progress.done = 1;
        if !call.addr(2).is_null() {
            let time: Timespec = call.read(call.addr(2))?;
            let nanos = time.nanos().ok_or(Errno::EINVAL)?;
            call.progress.deadline = Some(call.kernel.now().saturating_add(nanos));
        }
    }
    let mut signals = call.thread.signals.lock();
    signals.awaited = wanted;
    let mine = signals.queue.take(wanted);
    drop(signals);
    let taken = mine.or_else(|| call.thread.process.signals.lock().queue.take(wanted));
    if let Some(info) = taken {
        call.thread.signals.lock().awaited = SigSet::EMPTY;
        if !call.addr(1).is_null() {
            call.thread.space().write(call.addr(1), &info.encode())?;
        }
        return Ok(u64::from(info.signal.0));
    }
    if call.is_late() || call.why == crate::call::Why::Signal {
        call.thread.signals.lock().awaited = SigSet::EMPTY;
        if call.is_late() {
            return Err(Errno::EAGAIN.into());
        }
    }
    Err(call.wait())
}

fn rt_sigreturn(call: &mut Call<'_>) -> Answer {
    match crate::signals::frame::resume(call) {
        Ok(mask) => call.thread.set_mask(mask),
        Err(_) => {
            let sp = call.context.regs.sp;
            let info = SigInfo::fault(Signal::SEGV, ashore_pivot::layout::siginfo::SEGV_MAPERR, sp);
            call.kernel.raise(call.thread, info);
        }
    }
    Err(Stop::Switched)
}

fn sigaltstack(call: &mut Call<'_>) -> Answer {
    let sp = call.context.regs.sp;
    let old = {
        let stack = call.thread.signals.lock().stack;
        let flags = if is_on(&stack, sp) { stack.flags | SS_ONSTACK } else { stack.flags };
        SigStack { flags, ..stack }
    };
    if !call.addr(0).is_null() {
        let new: SigStack = call.read(call.addr(0))?;
        if old.flags & SS_ONSTACK != 0 {
            return Err(Errno::EPERM.into());
        }
        let new = match new.flags & !SS_AUTODISARM {
            SS_DISABLE => SigStack { sp: 0, flags: SS_DISABLE, size: 0 },
            0 | SS_ONSTACK if new.size < u64::from(aarch64::MINSIGSTKSZ) => return Err(Errno::ENOMEM.into()),
            0 | SS_ONSTACK => SigStack { flags: new.flags & SS_AUTODISARM, ..new },
            _ => return Err(Errno::EINVAL.into()),
        };
        call.thread.signals.lock().stack = new;
    }
    call.write_if(call.addr(1), &old)?;
    Ok(0)
}

/// Whether a stack pointer is on an alternate stack. One that disarms itself never is.
pub(crate) fn is_on(stack: &SigStack, sp: u64) -> bool {
    stack.flags & (SS_AUTODISARM | SS_DISABLE) == 0 && sp > stack.sp && sp - stack.sp <= stack.size
}

/// What `kill` says of the sender.
fn from_caller(call: &Call<'_>, signal: Signal, code: i32) -> SigInfo {
    let process = &call.thread.process;
    let [uid, ..] = process.inner.lock().ids;
    SigInfo { code, ..SigInfo::kill(signal, process.pid as i32, uid) }
}

/// The signal of a number, `None` for 0, which only asks whether a signal could be sent.
fn signal_of(number: u64) -> Result<Option<Signal>, Errno> {
    match number as u32 {
        0 => Ok(None),
        number => Signal::new(u64::from(number)).map(Some).ok_or(Errno::EINVAL),
    }
}

/// Whether the caller may signal a process.
fn may_signal(call: &Call<'_>, process: &Process, signal: Option<Signal>) -> Result<(), Errno> {
    let [uid, euid, ..] = call.thread.process.inner.lock().ids;
    let [theirs, _, saved, ..] = process.inner.lock().ids;
    let is_own_session =
        || process.session.load(Ordering::Relaxed) == call.thread.process.session.load(Ordering::Relaxed);
    let may = euid == 0 || [uid, euid].iter().any(|id| *id == theirs || *id == saved);
    if may || signal == Some(Signal::CONT) && is_own_session() { Ok(()) } else { Err(Errno::EPERM) }
}

fn kill(call: &mut Call<'_>) -> Answer {
    let signal = signal_of(call.arg(1))?;
    let info = signal.map(|signal| from_caller(call, signal, SI_USER));
    let pid = call.int(0);
    if pid == i32::MIN {
        return Err(Errno::ESRCH.into());
    }
    if pid > 0 {
        if pid == 1 {
            return Err(Errno::EPERM.into());
        }
        let process = call.kernel.process(pid as u32).ok_or(Errno::ESRCH)?;
        may_signal(call, &process, signal)?;
        if let Some(info) = info {
            call.kernel.signal_process(&process, info);
        }
        return Ok(0);
    }
    let caller = &call.thread.process;
    let group = if pid == 0 { caller.group.load(Ordering::Relaxed) } else { pid.unsigned_abs() };
    let is_meant = |process: &Arc<Process>| {
        if pid == -1 { process.pid != caller.pid } else { process.group.load(Ordering::Relaxed) == group }
    };
    let members: alloc::vec::Vec<_> = call.kernel.processes().into_iter().filter(is_meant).collect();
    let mut result = Err(Errno::ESRCH);
    for process in members {
        match may_signal(call, &process, signal) {
            Ok(()) => {
                result = Ok(0);
                if let Some(info) = info {
                    call.kernel.signal_process(&process, info);
                }
            }
            Err(errno) if result.is_err() => result = Err(errno),
            Err(_) => {}
        }
    }
    Ok(result?)
}

/// The thread with a number, of the process with a number unless that is `None`.
fn thread_of(call: &Call<'_>, pid: Option<u64>, tid: u64) -> Result<Arc<Thread>, Errno> {
    if (tid as u32 as i32) <= 0 || pid.is_some_and(|pid| (pid as u32 as i32) <= 0) {
        return Err(Errno::EINVAL);
    }
    let thread = call.kernel.thread(tid as u32).ok_or(Errno::ESRCH)?;
    match pid {
        Some(pid) if thread.process.pid != pid as u32 => Err(Errno::ESRCH),
        _ => Ok(thread),
    }
}

fn tkill(call: &mut Call<'_>) -> Answer {
    let thread = thread_of(call, None, call.arg(0))?;
    send_to(call, &thread, call.arg(1))
}

fn tgkill(call: &mut Call<'_>) -> Answer {
    let thread = thread_of(call, Some(call.arg(0)), call.arg(1))?;
    send_to(call, &thread, call.arg(2))
}

fn send_to(call: &mut Call<'_>, thread: &Arc<Thread>, number: u64) -> Answer {
    let signal = signal_of(number)?;
    may_signal(call, &thread.process, signal)?;
    if let Some(signal) = signal {
        call.kernel.signal_thread(thread, from_caller(call, signal, SI_TKILL));
    }
    Ok(0)
}

/// What a program says of a signal it queues.
fn queued(call: &Call<'_>, number: u64, at: usize, to: &Arc<Process>) -> Result<Option<SigInfo>, Errno> {
    let mut bytes = [0; SigInfo::LEN];
    call.thread.space().read(call.addr(at), &mut bytes)?;
    let Some(signal) = signal_of(number)? else { return Ok(None) };
    i32::from(signal.0).put(&mut bytes);
    let info = SigInfo::decode(&bytes).ok_or(Errno::EINVAL)?;
    let is_own = Arc::ptr_eq(to, &call.thread.process);
    if !is_own && (info.code >= 0 || info.code == SI_TKILL) {
        return Err(Errno::EPERM);
    }
    Ok(Some(info))
}

fn rt_sigqueueinfo(call: &mut Call<'_>) -> Answer {
    let process = call.kernel.process(call.arg(0) as u32).ok_or(Errno::ESRCH)?;
    if let Some(info) = queued(call, call.arg(1), 2, &process)?
        && call.kernel.signal_process(&process, info) == Room::None
    {
        return Err(Errno::EAGAIN.into());
    }
    Ok(0)
}

fn rt_tgsigqueueinfo(call: &mut Call<'_>) -> Answer {
    let thread = thread_of(call, Some(call.arg(0)), call.arg(1))?;
    if let Some(info) = queued(call, call.arg(2), 3, &thread.process)?
        && call.kernel.signal_thread(&thread, info) == Room::None
    {
        return Err(Errno::EAGAIN.into());
    }
    Ok(0)
}
