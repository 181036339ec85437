//! Being told of what happens to files.

use crate::call::{Answer, Call, Row};
use crate::file::Open;
use crate::files::inotify::Inotify;
use crate::files::walk::{Last, reach};
use crate::files::{Kind, READ};
use ashore_pivot::layout::event::*;
use ashore_pivot::layout::open::AT_FDCWD;
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::INOTIFY_INIT1, init1),
    Row::new(Sys::INOTIFY_ADD_WATCH, add_watch),
    Row::new(Sys::INOTIFY_RM_WATCH, rm_watch),
];

/// Bits a mask may have.
const KNOWN: u32 = 0xfff
    | IN_UNMOUNT
    | IN_Q_OVERFLOW
    | IN_IGNORED
    | IN_ONLYDIR
    | IN_DONT_FOLLOW
    | IN_EXCL_UNLINK
    | IN_MASK_CREATE
    | IN_MASK_ADD
    | IN_ISDIR
    | IN_ONESHOT;

fn init1(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(0) as u32;
    if flags & !(IN_NONBLOCK | IN_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let file = Inotify::new(call.kernel)?;
    Ok(call.new_fd(Open::new(file, flags & IN_NONBLOCK), flags)?)
}

fn add_watch(call: &mut Call<'_>) -> Answer {
    let mask = call.arg(2) as u32;
    let both = IN_MASK_ADD | IN_MASK_CREATE;
    if mask & !KNOWN != 0 || mask & KNOWN == 0 {
        return Err(Errno::EINVAL.into());
    }
    let open = call.open(call.arg(0))?;
    if mask & both == both {
        return Err(Errno::EINVAL.into());
    }
    let inotify = Inotify::of(&open)?;
    let path = call.path(1)?;
    let last = if mask & IN_DONT_FOLLOW != 0 { Last::Keep } else { Last::Follow };
    let visitor = call.visitor();
    let node = reach(&visitor, &call.from(AT_FDCWD, &path)?, &path, last)?;
    if mask & IN_ONLYDIR != 0 && node.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    visitor.check(&*node, READ)?;
    Ok(inotify.add(call.kernel, &node, mask)? as u64)
}

fn rm_watch(call: &mut Call<'_>) -> Answer {
    let open = call.open(call.arg(0))?;
    Inotify::of(&open)?.remove(call.kernel, call.int(1))?;
    Ok(0)
}
