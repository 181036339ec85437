//! Paths of sockets that are longer on the host than an address has room for.

use crate::Ctx;
use alloc::format;
use alloc::vec::Vec;
use ashore_pivot::layout::open::{AT_FDCWD, O_CLOEXEC, O_PATH, x86_64};
use ashore_pivot::{Arg, Errno, Sys};

/// Linux's `sun_path`.
pub(crate) const PATH_LEN: usize = 108;

/// A short path for a long one: the directory is opened and named by its descriptor.
pub(crate) fn through_directory(ctx: &Ctx<'_>, path: &[u8]) -> Result<(Vec<u8>, Option<i32>), Errno> {
    let slash = path.iter().rposition(|byte| *byte == b'/').ok_or(Errno::ENAMETOOLONG)?;
    let (dir, base) = path.split_at_checked(slash + 1).ok_or(Errno::ENAMETOOLONG)?;
    let mut dir = dir.to_vec();
    dir.push(0);
    let flags = u64::from(O_PATH | O_CLOEXEC | x86_64::O_DIRECTORY);
    let mut args = [AT_FDCWD.into(), Arg::In(&dir), flags.into(), 0u64.into()];
    let fd = ctx.call_with(Sys::OPENAT, &mut args)? as i32;
    let mut short = format!("/proc/self/fd/{fd}/").into_bytes();
    short.extend_from_slice(base);
    if short.len() >= PATH_LEN {
        ctx.close(fd);
        return Err(Errno::ENAMETOOLONG);
    }
    Ok((short, Some(fd)))
}
