//! Linux's process and thread calls.

use crate::{Answer, Args, Ctx, ExecRequest, ForkKind, SpawnRequest, ThreadStart, Value};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::futex::{
    FUTEX_CMD_MASK, FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI,
};
use ashore_pivot::layout::open::{AT_EMPTY_PATH, AT_FDCWD};
use ashore_pivot::layout::prctl::{
    ARCH_GET_FS, ARCH_GET_GS, ARCH_SET_FS, ARCH_SET_GS, PR_SET_SECCOMP, PR_SET_SYSCALL_USER_DISPATCH,
};
use ashore_pivot::layout::process::{
    CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_PARENT_SETTID, CLONE_SETTLS, CLONE_THREAD, CLONE_VFORK, CLONE_VM,
    CloneArgs,
};
use ashore_pivot::{Arg, Errno, Sys};

const MAX_STRINGS: usize = 1 << 17;

/// The words of a clone, whichever call it came by.
struct Clone {
    flags: u64,
    stack: Addr,
    parent_tid: Addr,
    child_tid: Addr,
    tls: Addr,
}

pub(super) fn clone(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [flags, stack, parent, child, tls, ..] = *args;
    let request = Clone { flags, stack: Addr(stack), parent_tid: Addr(parent), child_tid: Addr(child), tls: Addr(tls) };
    start(ctx, &request)
}

/// The first 64 bytes are all that the flags answered here need.
pub(super) fn clone3(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[1] < 64 {
        return Err(Errno::EINVAL.into());
    }
    let bytes: [u8; 64] = ctx.read(Addr(args[0]))?;
    let CloneArgs { flags, child_tid, parent_tid, stack, stack_size, tls, .. } = CloneArgs::get(&bytes);
    let stack = if stack == 0 { Addr::NULL } else { Addr(stack).plus(stack_size) };
    let request = Clone { flags, stack, parent_tid: Addr(parent_tid), child_tid: Addr(child_tid), tls: Addr(tls) };
    start(ctx, &request)
}

fn start(ctx: &mut Ctx<'_>, request: &Clone) -> Answer {
    let wants = |bit: u64| request.flags & bit != 0;
    if !wants(CLONE_THREAD) {
        return duplicate(ctx, request);
    }
    if !wants(CLONE_VM) {
        return Err(Errno::EINVAL.into());
    }
    let spawn = SpawnRequest {
        start: ThreadStart::Copy { stack: request.stack },
        tls: wants(CLONE_SETTLS).then_some(request.tls),
        mask: None,
        inherit_alt_stack: false,
        tid_at: [
            wants(CLONE_PARENT_SETTID).then_some((request.parent_tid, 4)),
            wants(CLONE_CHILD_SETTID).then_some((request.child_tid, 4)),
        ],
        clear_tid: if wants(CLONE_CHILD_CLEARTID) { request.child_tid } else { Addr::NULL },
    };
    Ok(ctx.kernel.spawn(ctx.thread, &spawn)?.into())
}

/// A new process. Memory is never shared with it: programs that ask for that (posix_spawn, Go) only use it
/// to be fast, and report the child's failure through a pipe or the exec.
fn duplicate(ctx: &mut Ctx<'_>, request: &Clone) -> Answer {
    let kind = if request.flags & CLONE_VFORK != 0 { ForkKind::Vfork } else { ForkKind::Fork };
    ctx.thread.child_stack = request.stack;
    let pid = ctx.kernel.fork(kind)?;
    if pid == 0 {
        if request.flags & CLONE_CHILD_SETTID != 0 {
            let tid = ctx.call(Sys::GETTID, [0; 6])? as u32;
            let _ = ctx.write(request.child_tid, &tid.to_le_bytes());
        }
        if request.flags & CLONE_SETTLS != 0 {
            ctx.thread.tls = request.tls;
        }
        ctx.thread.clear_tid = if request.flags & CLONE_CHILD_CLEARTID != 0 { request.child_tid } else { Addr::NULL };
    } else if request.flags & CLONE_PARENT_SETTID != 0 {
        let _ = ctx.write(request.parent_tid, &pid.to_le_bytes());
    }
    Ok((pid as u64).into())
}

pub(super) fn fork(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    ctx.thread.child_stack = Addr::NULL;
    Ok((ctx.kernel.fork(ForkKind::Fork)? as u64).into())
}

pub(super) fn vfork(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    ctx.thread.child_stack = Addr::NULL;
    Ok((ctx.kernel.fork(ForkKind::Vfork)? as u64).into())
}

pub(super) fn execve(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = ctx.cstr(Addr(args[0]), 4095)?;
    if path.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    exec(ctx, path, AT_FDCWD, args[1], args[2])
}

pub(super) fn execveat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = ctx.cstr(Addr(args[1]), 4095)?;
    if path.is_empty() && args[4] as u32 & AT_EMPTY_PATH == 0 {
        return Err(Errno::ENOENT.into());
    }
    exec(ctx, path, args[0] as i32, args[2], args[3])
}

fn exec(ctx: &mut Ctx<'_>, path: Vec<u8>, dir_fd: i32, argv: u64, envp: u64) -> Answer {
    let args = strings(ctx, Addr(argv))?;
    let env = strings(ctx, Addr(envp))?;
    Err(ctx.kernel.exec(&ExecRequest { path, dir_fd, args, env }).into())
}

/// A vector of strings that ends with a null pointer; null is an empty one.
fn strings(ctx: &Ctx<'_>, at: Addr) -> Result<Vec<Vec<u8>>, Errno> {
    let mut list = Vec::new();
    if at.is_null() {
        return Ok(list);
    }
    for n in 0..MAX_STRINGS as u64 {
        let pointer = ctx.read_u64(at.plus(n * 8))?;
        if pointer == 0 {
            return Ok(list);
        }
        list.push(
            ctx.cstr(Addr(pointer), 128 * 1024).map_err(|e| if e == Errno::ENAMETOOLONG { Errno::E2BIG } else { e })?,
        );
    }
    Err(Errno::E2BIG)
}

pub(super) fn exit(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if ctx.kernel.thread_ids().len() <= 1 {
        // The status of the last thread is the process's.
        ctx.kernel.exit(args[0] as u8)
    }
    Ok(Value::ThreadOver)
}

pub(super) fn exit_group(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.kernel.exit(args[0] as u8)
}

pub(super) fn set_tid_address(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.thread.clear_tid = Addr(args[0]);
    Ok(ctx.thread.id.into())
}

pub(super) fn arch_prctl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    match args[0] as u32 {
        ARCH_SET_FS => ctx.thread.tls = Addr(args[1]),
        ARCH_GET_FS => ctx.write(Addr(args[1]), &ctx.thread.tls.0.to_le_bytes())?,
        ARCH_GET_GS => ctx.write(Addr(args[1]), &0u64.to_le_bytes())?,
        ARCH_SET_GS => {
            ctx.kernel.note("the program sets the GS base, which Ashore uses itself: it got EINVAL");
            return Err(Errno::EINVAL.into());
        }
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0.into())
}

/// What would take the net away is refused. The kernel looks at the lower half of the operation's word only.
pub(super) fn prctl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if matches!(args[0] as u32, PR_SET_SYSCALL_USER_DISPATCH | PR_SET_SECCOMP) {
        return Err(Errno::EINVAL.into());
    }
    Ok(ctx.call(Sys::PRCTL, [args[0], args[1], args[2], args[3], args[4], 0])?.into())
}

/// A futex call with a timeout is never restarted, one without is.
pub(super) fn futex(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let words = [args[0], args[1], args[2], args[3], args[4], args[5]];
    let is_wait = matches!(
        args[1] as u32 & FUTEX_CMD_MASK,
        FUTEX_WAIT | FUTEX_LOCK_PI | FUTEX_WAIT_BITSET | FUTEX_WAIT_REQUEUE_PI | FUTEX_LOCK_PI2
    );
    let result = if is_wait { ctx.wait(Sys::FUTEX, words) } else { ctx.call(Sys::FUTEX, words) };
    Ok(result.map_err(|e| if is_wait && args[3] != 0 { e.never_restart() } else { e })?.into())
}

pub(super) fn readlink(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    link_of(ctx, AT_FDCWD as u64, args[0], args[1], args[2])
}

pub(super) fn readlinkat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    link_of(ctx, args[0], args[1], args[2], args[3])
}

fn link_of(ctx: &Ctx<'_>, dir: u64, path: u64, buf: u64, size: u64) -> Answer {
    let name = ctx.cstr(Addr(path), 4095)?;
    if name == b"/proc/self/exe" {
        let program = ctx.kernel.program_path();
        let len = program.len().min(size as usize);
        ctx.write(Addr(buf), program.get(..len).unwrap_or_default())?;
        return Ok((len as u64).into());
    }
    let path = ctx.path(Addr(path))?;
    let read = |path: &[u8]| {
        let args = &mut [Arg::Word(dir), Arg::In(path), Arg::Word(buf), Arg::Word(size)];
        ctx.call_with(Sys::READLINKAT, args)
    };
    Ok(ctx.look_up(dir, &path, false, read)?.into())
}
