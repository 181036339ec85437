//! Calls that name a socket's place in the file system, which `--root` maps as it maps files.

use crate::socket_path::{AF_UNIX, PATH_LEN, Place};
use crate::{Answer, Args, Ctx};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// The longest `struct sockaddr_un`.
const UNIX_LEN: u64 = 2 + PATH_LEN as u64;

pub(super) fn bind(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    // What is bound is new, or it is refused: no link is followed.
    named(ctx, Sys::BIND, args, 1, false)
}

pub(super) fn connect(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    named(ctx, Sys::CONNECT, args, 1, true)
}

pub(super) fn sendto(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    named(ctx, Sys::SENDTO, args, 4, true)
}

/// The call with the host's address for the one whose place and length are words `n` and `n + 1`.
fn named(ctx: &Ctx<'_>, sys: Sys, args: &Args, n: usize, follows: bool) -> Answer {
    let mut words = [0, 1, 2, 3, 4, 5].map(|n| Arg::Word(args[n]));
    let Some(Place { bytes, dir }) = place(ctx, Addr(args[n]), args[n + 1], follows)? else {
        return Ok(ctx.wait_with(sys, &mut words)?.into());
    };
    (words[n], words[n + 1]) = (Arg::In(&bytes), Arg::Word(bytes.len() as u64));
    let answer = ctx.wait_with(sys, &mut words);
    if let Some(dir) = dir {
        ctx.close(dir);
    }
    Ok(answer?.into())
}

/// The host's address, where it is another one than the guest's.
fn place(ctx: &Ctx<'_>, at: Addr, len: u64, follows: bool) -> Result<Option<Place>, Errno> {
    if at.is_null() || !(3..=UNIX_LEN).contains(&len) || ctx.read(at)? != AF_UNIX {
        return Ok(None);
    }
    let bytes = ctx.read_vec(at.plus(AF_UNIX.len() as u64), len - AF_UNIX.len() as u64)?;
    let path = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    if !path.starts_with(b"/") {
        return Ok(None);
    }
    let host = if follows { ctx.kernel.host_target(path) } else { ctx.kernel.host_path(path) };
    (host != path).then(|| Place::of(ctx, host)).transpose()
}
