//! Calls that name a socket's place in the file system, which `--root` maps as it maps files.

use crate::socket_path::{PATH_LEN, through_directory};
use crate::{Answer, Args, Ctx};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

const AF_UNIX: [u8; 2] = [1, 0];
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
    let Some(Place { address, dir }) = place(ctx, Addr(args[n]), args[n + 1], follows)? else {
        return Ok(ctx.wait(sys, [0, 1, 2, 3, 4, 5].map(|n| args[n]))?.into());
    };
    let mut words = [0, 1, 2, 3, 4, 5].map(|n| Arg::Word(args[n]));
    (words[n], words[n + 1]) = (Arg::In(&address), Arg::Word(address.len() as u64));
    let answer = ctx.wait_with(sys, &mut words);
    if let Some(dir) = dir {
        ctx.close(dir);
    }
    Ok(answer?.into())
}

/// The host's address of a place, and the folder that it goes through when it is long.
struct Place {
    address: Vec<u8>,
    dir: Option<i32>,
}

/// The host's address, where it is another one than the guest's.
fn place(ctx: &Ctx<'_>, at: Addr, len: u64, follows: bool) -> Result<Option<Place>, Errno> {
    if at.is_null() || !(3..=UNIX_LEN).contains(&len) {
        return Ok(None);
    }
    let bytes = ctx.read_vec(at, len)?;
    let Some(path) = bytes.strip_prefix(&AF_UNIX).filter(|path| path.starts_with(b"/")) else { return Ok(None) };
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    let host = if follows { ctx.kernel.host_target(path) } else { ctx.kernel.host_path(path) };
    if host == path {
        return Ok(None);
    }
    let (short, dir) = if host.len() < PATH_LEN { (host, None) } else { through_directory(ctx, &host)? };
    Ok(Some(Place { address: [&AF_UNIX, &*short, &[0]].concat(), dir }))
}
