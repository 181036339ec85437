//! Calls some of whose words are paths.

use ashore_base::Addr;
use ashore_guest::{Answer, Args, Ctx, Value};
use ashore_pivot::layout::open::{AT_SYMLINK_NOFOLLOW, x86_64};
use ashore_pivot::{Arg, Sys};

/// The call with the paths of the host in place of the guest's: the same when nothing maps paths.
pub(crate) fn answer(ctx: &Ctx<'_>, sys: Sys, paths: u8, args: &Args) -> Answer {
    let mut held: [Option<Vec<u8>>; 6] = Default::default();
    let follows = follows(sys, args);
    for (n, place) in held.iter_mut().enumerate() {
        if paths & (1 << n) != 0 && args[n] != 0 {
            *place = Some(if follows { ctx.target(Addr(args[n]))? } else { ctx.path(Addr(args[n]))? });
        }
    }
    let mut list = [0, 1, 2, 3, 4, 5].map(|n| Arg::Word(args[n]));
    for (arg, path) in list.iter_mut().zip(&held) {
        if let Some(path) = path {
            *arg = Arg::In(path);
        }
    }
    Ok(ctx.wait_with(sys, &mut list).map(Value::One)?)
}

/// Whether a link at the end of the call's paths is followed.
fn follows(sys: Sys, args: &Args) -> bool {
    let has = |word: u64, flag: u32| word & u64::from(flag) != 0;
    match sys {
        Sys::STAT
        | Sys::ACCESS
        | Sys::TRUNCATE
        | Sys::CHDIR
        | Sys::CHMOD
        | Sys::CHOWN
        | Sys::STATFS
        | Sys::CHROOT
        | Sys::SETXATTR
        | Sys::GETXATTR
        | Sys::LISTXATTR
        | Sys::REMOVEXATTR
        | Sys::UTIME
        | Sys::UTIMES
        | Sys::FUTIMESAT
        | Sys::FACCESSAT
        | Sys::FCHMODAT
        | Sys::CREAT => true,
        Sys::OPEN => !has(args[1], x86_64::O_NOFOLLOW),
        Sys::OPENAT => !has(args[2], x86_64::O_NOFOLLOW),
        Sys::STATX => !has(args[2], AT_SYMLINK_NOFOLLOW),
        Sys::NEWFSTATAT | Sys::FACCESSAT2 | Sys::UTIMENSAT | Sys::FCHMODAT2 => !has(args[3], AT_SYMLINK_NOFOLLOW),
        Sys::FCHOWNAT => !has(args[4], AT_SYMLINK_NOFOLLOW),
        _ => false,
    }
}
