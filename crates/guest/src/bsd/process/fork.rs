//! New processes, and processes that become other programs.

use crate::bsd::events;
use crate::{Answer, Args, Ctx, ExecRequest, ForkKind, Value};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// The most bytes of arguments and environment, as the BSDs count them.
const ARG_MAX: usize = 512 << 10;
/// The longest path.
const PATH_MAX: usize = 1024;
/// "From the working directory", for [`ExecRequest::dir_fd`].
const AT_FDCWD: i32 = -100;

/// `fork()`: the parent gets the child's id and 0, the child 0 and 1.
pub fn fork(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    forked(ctx, ForkKind::Fork)
}

/// `vfork()`: as fork, but the parent waits. The child has a copy of the memory, not the memory.
pub fn vfork(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    forked(ctx, ForkKind::Vfork)
}

fn forked(ctx: &Ctx<'_>, kind: ForkKind) -> Answer {
    Ok(match ctx.kernel.fork(kind)? {
        0 => {
            events::in_child(ctx);
            Value::Two(0, 1)
        }
        pid => Value::Two(pid as u64, 0),
    })
}

/// `rfork(flags)`: only what amounts to a fork or a vfork.
pub fn rfork(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const COPY_FILES: u32 = 1 << 2;
    const PROCESS: u32 = 1 << 4;
    const SHARE_MEMORY: u32 = 1 << 5;
    const SPAWN: u32 = 1 << 31;
    match args[0] as u32 {
        SPAWN => forked(ctx, ForkKind::Vfork),
        flags if flags & !SHARE_MEMORY != COPY_FILES | PROCESS => Err(Errno::EINVAL.into()),
        flags if flags & SHARE_MEMORY != 0 => Err(Errno::EOPNOTSUPP.into()),
        _ => forked(ctx, ForkKind::Fork),
    }
}

/// `__clone(flags, stack)`, of which NetBSD's library uses the vfork.
pub fn clone(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const VM: u32 = 0x100;
    const VFORK: u32 = 0x4000;
    const SIGNAL: u32 = 0xff;
    match args[0] as u32 & !SIGNAL {
        0 if args[1] == 0 => forked(ctx, ForkKind::Fork),
        flags if flags == VM | VFORK && args[1] == 0 => forked(ctx, ForkKind::Vfork),
        _ => Err(Errno::EOPNOTSUPP.into()),
    }
}

/// `pdfork(fdp, flags)`: a fork whose child is a descriptor in the parent.
pub fn pdfork(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const DAEMON: u32 = 1;
    const CLOEXEC: u32 = 2;
    const F_SETFD: u64 = 2;
    let flags = args[1] as u32;
    if flags & !(DAEMON | CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let at = Addr(args[0]);
    // A bad address must be found before there is a child.
    ctx.write(at, &ctx.read::<4>(at)?)?;
    let pid = ctx.kernel.fork(ForkKind::Fork)?;
    if pid == 0 {
        events::in_child(ctx);
        return Ok(Value::Two(0, 1));
    }
    let fd = ctx.call(Sys::PIDFD_OPEN, [pid as u64, 0, 0, 0, 0, 0])?;
    if flags & CLOEXEC == 0 {
        ctx.call(Sys::FCNTL, [fd, F_SETFD, 0, 0, 0, 0])?;
    }
    ctx.write(at, &(fd as u32).to_le_bytes())?;
    Ok(Value::Two(pid as u64, 0))
}

/// `pdkill(fd, signum)`.
pub fn pdkill(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let signal = match args[1] as u32 {
        0 => 0,
        number => u64::from((ctx.os.signal_from)(u64::from(number)).ok_or(Errno::EINVAL)?.0),
    };
    Ok(ctx.call(Sys::PIDFD_SEND_SIGNAL, [args[0], signal, 0, 0, 0, 0])?.into())
}

/// `pdgetpid(fd, pidp)`: the host says it in the descriptor's file of facts.
pub fn pdgetpid(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const CLOEXEC: u64 = 0x8_0000;
    let path = alloc::format!("/proc/self/fdinfo/{}\0", args[0] as u32);
    let words = &mut [AT_FDCWD.into(), Arg::In(path.as_bytes()), CLOEXEC.into(), 0.into()];
    let fd = ctx.call_with(Sys::OPENAT, words).map_err(|_| Errno::EBADF)?;
    let mut facts = [0; 512];
    let len = ctx.call_with(Sys::READ, &mut [fd.into(), Arg::Out(&mut facts), 512.into()]);
    ctx.call(Sys::CLOSE, [fd, 0, 0, 0, 0, 0])?;
    let facts = facts.get(..len? as usize).unwrap_or_default();
    let pid = facts.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"Pid:"));
    let pid = pid.and_then(|pid| core::str::from_utf8(pid).ok()?.trim().parse::<i32>().ok());
    ctx.write(Addr(args[1]), &pid.ok_or(Errno::EINVAL)?.to_le_bytes())?;
    Ok(0.into())
}

/// `execve(path, argv, envp)`.
pub fn execve(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exec_words(ctx, [Addr(args[0]), Addr(args[1]), Addr(args[2])])
}

/// The same by its three addresses.
pub fn exec_words(ctx: &Ctx<'_>, [path, args, env]: [Addr; 3]) -> Answer {
    let path = ctx.cstr(path, PATH_MAX)?;
    if path.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    exec(ctx, path, AT_FDCWD, [args, env])
}

/// `fexecve(fd, argv, envp)`.
pub fn fexecve(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    exec(ctx, Vec::new(), args[0] as i32, [Addr(args[1]), Addr(args[2])])
}

fn exec(ctx: &Ctx<'_>, path: Vec<u8>, dir_fd: i32, [args, env]: [Addr; 2]) -> Answer {
    let mut room = ARG_MAX;
    let args = strings(ctx, args, &mut room)?;
    let env = if env.is_null() { Vec::new() } else { strings(ctx, env, &mut room)? };
    Err(ctx.kernel.exec(&ExecRequest { path, dir_fd, args, env }).into())
}

/// The strings of a vector that ends with a null pointer.
fn strings(ctx: &Ctx<'_>, at: Addr, room: &mut usize) -> Result<Vec<Vec<u8>>, Errno> {
    let mut strings = Vec::new();
    let mut at = at;
    loop {
        let pointer = Addr(ctx.read_u64(at)?);
        if pointer.is_null() {
            return Ok(strings);
        }
        let string = ctx.cstr(pointer, *room).map_err(too_long)?;
        // A string needs its zero and its pointer too.
        *room = room.checked_sub(string.len() + 9).ok_or(Errno::E2BIG)?;
        strings.push(string);
        at = at.plus(8);
    }
}

fn too_long(errno: Errno) -> Errno {
    if errno == Errno::ENAMETOOLONG { Errno::E2BIG } else { errno }
}
