//! Places of sockets in the host's file system, as addresses: the path may be longer than an address has room for.

use crate::Ctx;
use alloc::format;
use alloc::vec::Vec;
use ashore_pivot::layout::open::{AT_FDCWD, O_CLOEXEC, O_PATH, x86_64};
use ashore_pivot::{Arg, Errno, Sys};

/// Linux's family of them, as an address begins.
pub(crate) const AF_UNIX: [u8; 2] = [1, 0];
/// Linux's `sun_path`.
pub(crate) const PATH_LEN: usize = 108;

/// The address of a place.
pub(crate) struct Place {
    /// The bytes, with a zero at the end.
    pub(crate) bytes: Vec<u8>,
    /// A directory that must stay open until the call is made.
    pub(crate) dir: Option<i32>,
}

impl Place {
    /// The address of the host's `path`.
    pub(crate) fn of(ctx: &Ctx<'_>, path: Vec<u8>) -> Result<Place, Errno> {
        let (path, dir) = if path.len() < PATH_LEN { (path, None) } else { through_directory(ctx, &path)? };
        Ok(Place { bytes: [&AF_UNIX, &*path, &[0]].concat(), dir })
    }
}

/// A short path for a long one: the directory is opened and named by its descriptor.
fn through_directory(ctx: &Ctx<'_>, path: &[u8]) -> Result<(Vec<u8>, Option<i32>), Errno> {
    let slash = path.iter().rposition(|byte| *byte == b'/').ok_or(Errno::ENAMETOOLONG)?;
    let (dir, base) = path.split_at_checked(slash + 1).ok_or(Errno::ENAMETOOLONG)?;
    let dir = [dir, &[0]].concat();
    let flags = u64::from(O_PATH | O_CLOEXEC | x86_64::O_DIRECTORY);
    let mut args = [AT_FDCWD.into(), Arg::In(&dir), flags.into(), 0u64.into()];
    let fd = ctx.call_with(Sys::OPENAT, &mut args)? as i32;
    let short = [format!("/proc/self/fd/{fd}/").as_bytes(), base].concat();
    if short.len() >= PATH_LEN {
        ctx.close(fd);
        return Err(Errno::ENAMETOOLONG);
    }
    Ok((short, Some(fd)))
}
