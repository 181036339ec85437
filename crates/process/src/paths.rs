//! Calls some of whose words are paths.

use ashore_base::Addr;
use ashore_guest::{Answer, Args, Ctx, Value};
use ashore_pivot::layout::open::{AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_CREAT, x86_64};
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
    let list = || {
        let mut list = [0, 1, 2, 3, 4, 5].map(|n| Arg::Word(args[n]));
        for (arg, path) in list.iter_mut().zip(&held) {
            if let Some(path) = path {
                *arg = Arg::In(path);
            }
        }
        list
    };
    let looked = looks(sys, args).and_then(|(dir, n)| Some((dir, n, held[n].as_deref()?)));
    let answer = match looked {
        Some((dir, n, path)) => ctx.look_up(dir, path, follows, |path| {
            let mut list = list();
            list[n] = Arg::In(path);
            ctx.wait_with(sys, &mut list)
        }),
        // No path at all is one too: with `AT_EMPTY_PATH` the kernel takes it for the descriptor itself.
        None => ctx.wait_with(sys, &mut list()),
    };
    Ok(answer.map(Value::One)?)
}

/// For a call that looks at what there is: below which folder, and which word is the path.
fn looks(sys: Sys, args: &Args) -> Option<(u64, usize)> {
    let is_new = |flags: u64| flags & u64::from(O_CREAT) != 0;
    match sys {
        Sys::OPENAT if is_new(args[2]) => None,
        Sys::OPENAT | Sys::NEWFSTATAT | Sys::STATX | Sys::FACCESSAT | Sys::FACCESSAT2 => Some((args[0], 1)),
        Sys::OPEN if is_new(args[1]) => None,
        Sys::OPEN | Sys::STAT | Sys::LSTAT | Sys::ACCESS | Sys::CHDIR | Sys::STATFS => Some((AT_FDCWD as u64, 0)),
        _ => None,
    }
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
