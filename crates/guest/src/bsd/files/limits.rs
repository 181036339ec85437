//! Limits that depend on a file: `pathconf`.

use super::{Place, fd_of};
use crate::{Answer, Args, Ctx};
use ashore_base::Bytes;
use ashore_pivot::{Arg, Errno, Sys};

/// How a limit is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// It is always this.
    Fixed(u64),
    /// The longest name of the file system.
    NameMax,
    /// The block size of the file system.
    BlockSize,
}

/// The limits of all three systems.
static COMMON: &[(u32, Limit)] = &[
    (1, Limit::Fixed(32767)), // LINK_MAX
    (2, Limit::Fixed(255)),   // MAX_CANON
    (3, Limit::Fixed(255)),   // MAX_INPUT
    (4, Limit::NameMax),
    (5, Limit::Fixed(1024)), // PATH_MAX
    (6, Limit::Fixed(512)),  // PIPE_BUF
    (7, Limit::Fixed(1)),    // CHOWN_RESTRICTED
    (8, Limit::Fixed(1)),    // NO_TRUNC
    (9, Limit::Fixed(255)),  // VDISABLE
];

/// `pathconf(path, name)`
pub fn pathconf(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    let mut facts = [0; 120];
    ctx.call_with(Sys::STATFS, &mut [Arg::In(&place.path), Arg::Out(&mut facts)])?;
    limit(ctx, &facts, args[1])
}

/// `lpathconf(path, name)`: no limit is a link's own.
pub fn lpathconf(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    pathconf(ctx, args)
}

/// `fpathconf(fd, name)`
pub fn fpathconf(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut facts = [0; 120];
    ctx.call_with(Sys::FSTATFS, &mut [fd_of(args[0]).into(), Arg::Out(&mut facts)])?;
    limit(ctx, &facts, args[1])
}

fn limit(ctx: &Ctx<'_>, facts: &[u8; 120], name: u64) -> Answer {
    let mut limits = COMMON.iter().chain(ctx.files()?.limits);
    let (_, limit) = limits.find(|(number, _)| u64::from(*number) == name & 0xffff_ffff).ok_or(Errno::EINVAL)?;
    let word = |at| Bytes(facts).u64(at).unwrap_or(0);
    Ok(match limit {
        Limit::Fixed(value) => (*value).into(),
        Limit::NameMax => word(64).into(),
        Limit::BlockSize => word(8).into(),
    })
}
