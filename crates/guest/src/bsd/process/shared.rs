//! Shared memory with names: files below /dev/shm, as Linux's own library has them.

use crate::{Answer, Args, Ctx};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// The address that stands for "no name".
const ANONYMOUS: u64 = 1;
/// The longest name.
const NAME_MAX: usize = 1024;
const AT_FDCWD: i32 = -100;

/// Linux's open flags.
mod linux {
    pub const CLOEXEC: u64 = 0x8_0000;
    pub const NOFOLLOW: u64 = 0x2_0000;
}

/// FreeBSD's open flags that shm_open takes, and Linux's.
const FLAGS: [(u64, u64); 4] = [(2, 2), (0x200, 0x40), (0x400, 0x200), (0x800, 0x80)];
/// Flags that shm_open2 has of its own.
const ALLOW_SEALING: u32 = 1;
const GROW_ON_WRITE: u32 = 2;
/// FreeBSD's O_CLOEXEC, which every such descriptor has.
const CLOEXEC: u64 = 0x10_0000;

/// The host's path of a name, with its zero. A name's own slashes are not folders.
fn host_path(ctx: &Ctx<'_>, at: u64) -> Result<Vec<u8>, Errno> {
    let name = ctx.cstr(Addr(at), NAME_MAX)?;
    let name = name.strip_prefix(b"/").ok_or(Errno::EINVAL)?;
    let mut path = b"/dev/shm/".to_vec();
    path.extend(name.iter().map(|byte| if *byte == b'/' { b'!' } else { *byte }));
    path.push(0);
    Ok(path)
}

/// `shm_open(path, flags, mode)`.
pub fn shm_open(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    open(ctx, args, 0)
}

/// `shm_open2(path, flags, mode, shmflags, name)`.
pub fn shm_open2(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    open(ctx, args, args[3] as u32)
}

fn open(ctx: &Ctx<'_>, args: &Args, shm_flags: u32) -> Answer {
    const MFD_CLOEXEC: u64 = 1;
    const MFD_ALLOW_SEALING: u64 = 2;
    let guest = u64::from(args[1] as u32);
    let known = FLAGS.iter().fold(CLOEXEC, |known, (bit, _)| known | bit);
    if guest & !known != 0 || shm_flags & !(ALLOW_SEALING | GROW_ON_WRITE) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if args[0] == ANONYMOUS {
        let sealing = if shm_flags & ALLOW_SEALING != 0 { MFD_ALLOW_SEALING } else { 0 };
        let words = &mut [Arg::In(b"anonymous\0"), (MFD_CLOEXEC | sealing).into()];
        return Ok(ctx.call_with(Sys::MEMFD_CREATE, words)?.into());
    }
    let path = host_path(ctx, args[0])?;
    let flags = FLAGS.iter().filter(|(bit, _)| guest & bit != 0).fold(0, |flags, (_, linux)| flags | linux);
    let flags = flags | linux::CLOEXEC | linux::NOFOLLOW;
    Ok(ctx.call_with(Sys::OPENAT, &mut [AT_FDCWD.into(), Arg::In(&path), flags.into(), args[2].into()])?.into())
}

/// `shm_unlink(path)`.
pub fn shm_unlink(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = host_path(ctx, args[0])?;
    Ok(ctx.call_with(Sys::UNLINKAT, &mut [AT_FDCWD.into(), Arg::In(&path), 0.into()])?.into())
}
