//! Files without a name on disk: shared memory objects and event counters.

use super::open::{self, linux_flag};
use super::{fd_of, linux_at};
use crate::{Answer, Args, Ctx};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// `SHM_ANON`, a path that is no address.
const ANONYMOUS: u64 = 1;

/// `shm_open(path, flags, mode)`, FreeBSD's.
pub fn shm_open(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    open_shared(ctx, args[0], args[1] as u32 | CLOEXEC, args[2], 0)
}

/// `shm_open2(path, flags, mode, shmflags, name)`, FreeBSD's.
pub fn shm_open2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const ALLOW_SEALING: u32 = 1;
    const GROW_ON_WRITE: u32 = 2;
    let shared = args[3] as u32;
    if shared & !(ALLOW_SEALING | GROW_ON_WRITE) != 0 {
        return Err(Errno::EINVAL.into());
    }
    open_shared(ctx, args[0], args[1] as u32, args[2], shared & ALLOW_SEALING)
}

/// FreeBSD's `O_CLOEXEC`, which a shared memory object always has in the older call.
const CLOEXEC: u32 = 0x10_0000;

fn open_shared(ctx: &Ctx<'_>, path: u64, flags: u32, mode: u64, may_seal: u32) -> Answer {
    let linux = open::flags_to_linux(ctx.files()?, flags);
    if path == ANONYMOUS {
        return make_anonymous(ctx, linux, may_seal);
    }
    let path = shared_path(ctx, path)?;
    let args = &mut [
        linux_at::CWD.into(),
        Arg::In(&path),
        Arg::Word((linux | linux_flag::NOFOLLOW).into()),
        (mode & 0o777).into(),
    ];
    Ok(ctx.call_with(Sys::OPENAT, args)?.into())
}

fn make_anonymous(ctx: &Ctx<'_>, flags: u32, may_seal: u32) -> Answer {
    const MFD_CLOEXEC: u32 = 1;
    const MFD_ALLOW_SEALING: u32 = 2;
    let cloexec = if flags & linux_flag::CLOEXEC != 0 { MFD_CLOEXEC } else { 0 };
    let bits = cloexec | if may_seal != 0 { MFD_ALLOW_SEALING } else { 0 };
    Ok(ctx.call_with(Sys::MEMFD_CREATE, &mut [Arg::In(b"shm\0"), Arg::Word(bits.into())])?.into())
}

/// `memfd_create(name, flags)`, NetBSD's: the two flags are Linux's.
pub fn memfd_create(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const KNOWN: u32 = 3;
    if args[1] as u32 & !KNOWN != 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(ctx.call(Sys::MEMFD_CREATE, [args[0], args[1], 0, 0, 0, 0])?.into())
}

/// `shm_unlink(path)`, FreeBSD's.
pub fn shm_unlink(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = shared_path(ctx, args[0])?;
    Ok(ctx.call_with(Sys::UNLINKAT, &mut [linux_at::CWD.into(), Arg::In(&path), 0.into()])?.into())
}

/// Where the host keeps the object of this name: further slashes are no directories.
fn shared_path(ctx: &Ctx<'_>, at: u64) -> Result<Vec<u8>, Errno> {
    let name = ctx.cstr(Addr(at), 1023)?;
    let name = name.strip_prefix(b"/").ok_or(Errno::EINVAL)?;
    let mut path = b"/dev/shm/".to_vec();
    path.extend(name.iter().map(|&byte| if byte == b'/' { b'%' } else { byte }));
    path.push(0);
    Ok(path)
}

/// Linux's `EFD_SEMAPHORE`.
const SEMAPHORE: u32 = 1;

/// `__specialfd(kind, request, len)`, FreeBSD's: an event counter is the only kind.
pub fn specialfd(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const EVENTFD: u32 = 1;
    if args[0] as u32 != EVENTFD || args[2] != 8 {
        return Err(Errno::EINVAL.into());
    }
    let flags = ctx.read_u32(Addr(args[1]).plus(4))?;
    make_counter(ctx, ctx.read_u32(Addr(args[1]))?, flags & !SEMAPHORE, flags & SEMAPHORE)
}

/// `eventfd(value, flags)`, NetBSD's: `O_RDWR` makes it a semaphore.
pub fn eventfd(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const READ_WRITE: u32 = 2;
    let flags = args[1] as u32;
    let semaphore = if flags & READ_WRITE != 0 { SEMAPHORE } else { 0 };
    make_counter(ctx, args[0] as u32, flags & !READ_WRITE, semaphore)
}

fn make_counter(ctx: &Ctx<'_>, value: u32, flags: u32, semaphore: u32) -> Answer {
    let linux = open::flags_to_linux(ctx.files()?, flags);
    if linux & !(linux_flag::CLOEXEC | linux_flag::NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let fd = ctx.call(Sys::EVENTFD2, [value.into(), (linux | semaphore).into(), 0, 0, 0, 0])?;
    Ok(u64::from(fd_of(fd) as u32).into())
}
