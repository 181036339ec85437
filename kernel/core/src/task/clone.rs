//! New threads and processes.

use crate::call::{Answer, Call, Own, Stop};
use crate::machine::Context;
use crate::process::{Inner, Parts, Process};
use crate::thread::Thread;
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_pivot::layout::process::*;
use ashore_pivot::{Errno, Memory};
use core::sync::atomic::Ordering;

/// What is asked of `clone` or `clone3`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request {
    pub(crate) flags: u64,
    /// The top of the new thread's stack; 0 for the caller's.
    pub(crate) stack: u64,
    pub(crate) parent_tid: u64,
    pub(crate) child_tid: u64,
    pub(crate) tls: u64,
    pub(crate) pidfd: u64,
    pub(crate) exit_signal: u32,
}

/// Flags that ask for things this kernel does not have.
const FOREIGN: u64 = CLONE_NEWNS
    | CLONE_NEWCGROUP
    | CLONE_NEWUTS
    | CLONE_NEWIPC
    | CLONE_NEWUSER
    | CLONE_NEWPID
    | CLONE_NEWNET
    | CLONE_INTO_CGROUP;

/// Makes a thread or process. With `CLONE_VFORK` the caller waits until it has left the caller's memory.
pub(crate) fn clone(call: &mut Call<'_>, request: &Request) -> Answer {
    if let Some(child) = call.progress.extra.as_ref().and_then(|extra| extra.downcast_ref::<Arc<Thread>>()) {
        return vfork_wait(call, &child.clone());
    }
    let flags = request.flags;
    let has = |flag: u64| flags & flag != 0;
    if has(FOREIGN) {
        return Err(Errno::EPERM.into());
    }
    let misses = |flag: u64, wanted: u64| has(flag) && !has(wanted);
    if misses(CLONE_THREAD, CLONE_SIGHAND)
        || misses(CLONE_SIGHAND, CLONE_VM)
        || has(CLONE_SIGHAND) && has(CLONE_CLEAR_SIGHAND)
        || has(CLONE_PIDFD) && has(CLONE_THREAD)
        || request.exit_signal > 64
    {
        return Err(Errno::EINVAL.into());
    }
    let kernel = call.kernel;
    kernel.check_room(&call.thread.process)?;
    let parts = share_parts(call, flags)?;
    let tid = kernel.new_id();
    let child = Thread::new(
        tid,
        child_process(call, request, tid),
        parts,
        Own { context: child_context(call, request), ..Own::default() },
    );
    inherit(call, &child, flags);
    if has(CLONE_PARENT_SETTID) {
        call.thread.space().write(Addr(request.parent_tid), &tid.to_le_bytes())?;
    }
    if has(CLONE_CHILD_SETTID) {
        // A bad address is the child's own affair.
        let _ = child.space().write(Addr(request.child_tid), &tid.to_le_bytes());
    }
    if has(CLONE_CHILD_CLEARTID) {
        child.clear_tid.store(request.child_tid, Ordering::Relaxed);
    }
    if has(CLONE_PIDFD) {
        crate::calls::pidfd::give(call, &child.process, request.pidfd)?;
    }
    enter(call, &child, flags)?;
    kernel.start(&child);
    if has(CLONE_VFORK) {
        call.progress.extra = Some(alloc::boxed::Box::new(child.clone()));
        return vfork_wait(call, &child);
    }
    Ok(u64::from(tid))
}

/// Waits until the child has left the memory it shares.
fn vfork_wait(call: &mut Call<'_>, child: &Arc<Thread>) -> Answer {
    child.released.join(call.thread, crate::file::Events::ANY);
    if child.is_released() { Ok(u64::from(child.tid)) } else { Err(call.wait()) }
}

fn child_context(call: &mut Call<'_>, request: &Request) -> Context {
    call.kernel.machine().leave(call.context);
    let mut context = call.context.clone();
    context.regs.x[0] = 0;
    if request.stack != 0 {
        context.regs.sp = request.stack;
    }
    if request.flags & CLONE_SETTLS != 0 {
        context.regs.tls = request.tls;
    }
    context
}

fn share_parts(call: &Call<'_>, flags: u64) -> Result<Parts, Stop> {
    let mine = call.thread.parts.lock().clone();
    let space = if flags & CLONE_VM != 0 { mine.space.clone() } else { mine.space.fork()? };
    let files = if flags & CLONE_FILES != 0 { mine.files.clone() } else { Arc::new(mine.files.copy()) };
    let place = if flags & CLONE_FS != 0 { mine.place.clone() } else { Arc::new(mine.place.copy()) };
    let actions = if flags & CLONE_SIGHAND != 0 { mine.actions.clone() } else { Arc::new(mine.actions.copy()) };
    if flags & CLONE_CLEAR_SIGHAND != 0 {
        actions.forget_handlers();
    }
    files.enter();
    Ok(Parts { space, files, place, actions })
}

fn child_process(call: &Call<'_>, request: &Request, pid: u32) -> Arc<Process> {
    let mine = &call.thread.process;
    if request.flags & CLONE_THREAD != 0 {
        return mine.clone();
    }
    let inner = mine.inner.lock();
    let parent = if request.flags & CLONE_PARENT != 0 { inner.parent.clone() } else { Some(Arc::downgrade(mine)) };
    let new = Inner {
        parent,
        exit_signal: request.exit_signal,
        program: inner.program.clone(),
        started_with: inner.started_with,
        auxv: inner.auxv.clone(),
        ids: inner.ids,
        groups: inner.groups.clone(),
        limits: inner.limits,
        terminal: inner.terminal.clone(),
        born: call.kernel.now(),
        ..Inner::default()
    };
    drop(inner);
    let [group, session] = [&mine.group, &mine.session].map(|of| of.load(Ordering::Relaxed));
    Process::new(pid, new, group, session)
}

/// What a new thread has from the one that makes it.
fn inherit(call: &Call<'_>, child: &Arc<Thread>, flags: u64) {
    let mine = call.thread;
    let (mask, stack) = {
        let signals = mine.signals.lock();
        (signals.mask, signals.stack)
    };
    let mut signals = child.signals.lock();
    signals.mask = mask;
    if flags & CLONE_VM == 0 || flags & CLONE_VFORK != 0 {
        signals.stack = stack;
    }
    let name = *mine.name.lock();
    *child.name.lock() = name;
    child.kept.store(mine.kept.load(Ordering::Relaxed), Ordering::Relaxed);
    child.affinity.store(mine.affinity.load(Ordering::Relaxed), Ordering::Relaxed);
    child.nice.store(mine.nice.load(Ordering::Relaxed), Ordering::Relaxed);
    child.share.store(mine.share.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// Makes the new thread known.
fn enter(call: &Call<'_>, child: &Arc<Thread>, flags: u64) -> Result<(), Stop> {
    let process = &child.process;
    if flags & CLONE_THREAD != 0 {
        let mut inner = process.inner.lock();
        if inner.end.is_some() {
            child.parts.lock().files.leave(call.kernel);
            return Err(Errno::EINTR.into());
        }
        inner.threads.push(child.clone());
        return Ok(());
    }
    process.inner.lock().threads.push(child.clone());
    call.kernel.tasks.lock().processes.insert(process.pid, Arc::downgrade(process));
    let parent = process.inner.lock().parent.clone().and_then(|parent| parent.upgrade());
    // One without a parent nobody will wait for; its threads keep it.
    if let Some(parent) = parent {
        parent.inner.lock().children.push(process.clone());
    }
    Ok(())
}

/// The signal a child's end sends, as `clone` encodes it.
pub(crate) fn exit_signal(flags: u64) -> u32 {
    if flags & CLONE_THREAD != 0 { 0 } else { (flags & CSIGNAL) as u32 }
}

/// Frames for each thread there may be: what a small process needs of the kernel's and its own.
const FRAMES_EACH: usize = 8;

impl crate::kernel::Kernel {
    /// Whether one thread more is allowed: by the process's limit, and by the memory there is.
    fn check_room(&self, process: &Process) -> Result<(), Errno> {
        let limit = process.inner.lock().limits.soft(RLIMIT_NPROC as usize);
        let most = limit.min((self.physical.frames.total() / FRAMES_EACH) as u64);
        if (self.tasks.lock().threads.len() as u64) < most { Ok(()) } else { Err(Errno::EAGAIN) }
    }
}
