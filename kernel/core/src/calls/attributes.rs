//! What can be changed about files: permissions, owners, times, lengths.

use crate::call::{Answer, Call, Row};
use crate::file::File;
use crate::files::Spot;
use crate::files::WRITE;
use crate::files::node::Kind;
use crate::files::tmpfs::{Allocation, Regular};
use crate::files::walk::Last;
use ashore_pivot::layout::event::{IN_ACCESS, IN_ATTRIB, IN_MODIFY};
use ashore_pivot::layout::fcntl::{FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE};
use ashore_pivot::layout::open::{AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW};
use ashore_pivot::layout::time::{Timespec, UTIME_NOW, UTIME_OMIT};
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::FCHMOD, fchmod),
    Row::new(Sys::FCHMODAT, fchmodat),
    Row::new(Sys::FCHOWN, fchown),
    Row::new(Sys::FCHOWNAT, fchownat),
    Row::new(Sys::UTIMENSAT, utimensat),
    Row::new(Sys::TRUNCATE, truncate),
    Row::new(Sys::FTRUNCATE, ftruncate),
    Row::new(Sys::FALLOCATE, fallocate),
    Row::new(Sys::FSYNC, fsync),
    Row::new(Sys::FDATASYNC, fsync),
    Row::new(Sys::SYNC_FILE_RANGE, fsync),
    Row::new(Sys::FADVISE64, fsync),
    Row::new(Sys::READAHEAD, fsync),
    Row::new(Sys::SYNCFS, fsync),
    Row::new(Sys::SYNC, sync),
];

/// Tells those who watch a file or its directory.
fn tell(call: &Call<'_>, spot: &Spot, mask: u32) -> Answer {
    call.kernel.tree.notices.about(call.kernel, spot, mask);
    Ok(0)
}

fn fchmod(call: &mut Call<'_>) -> Answer {
    let open = call.open(call.arg(0))?;
    let Some(spot) = &open.spot else { return Ok(0) };
    chmod(call, spot, call.arg(1))
}

fn fchmodat(call: &mut Call<'_>) -> Answer {
    let spot = call.target_spot(0, 1, 0)?;
    chmod(call, &spot, call.arg(2))
}

fn chmod(call: &Call<'_>, spot: &Spot, mode: u64) -> Answer {
    let visitor = call.visitor();
    let attributes = visitor.owned(&*spot.node)?;
    let mut inner = attributes.inner.lock();
    inner.mode = mode as u32 & 0o7777;
    if visitor.user != 0 && visitor.group != inner.group {
        inner.mode &= !0o2000;
    }
    inner.changed = call.kernel.wall();
    drop(inner);
    tell(call, spot, IN_ATTRIB)
}

fn fchown(call: &mut Call<'_>) -> Answer {
    let open = call.open(call.arg(0))?;
    let Some(spot) = &open.spot else { return Ok(0) };
    chown(call, spot, (call.arg(1) as u32, call.arg(2) as u32))
}

fn fchownat(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(4) as u32;
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let spot = call.target_spot(0, 1, flags)?;
    chown(call, &spot, (call.arg(2) as u32, call.arg(3) as u32))
}

/// Leaves an owner as it is.
const SAME: u32 = u32::MAX;

fn chown(call: &Call<'_>, spot: &Spot, (user, group): (u32, u32)) -> Answer {
    let visitor = call.visitor();
    let attributes = visitor.owned(&*spot.node)?;
    let mut inner = attributes.inner.lock();
    let is_mine = (user == SAME || user == inner.user) && (group == SAME || group == visitor.group);
    if visitor.user != 0 && !is_mine {
        return Err(Errno::EPERM.into());
    }
    if user != SAME {
        inner.user = user;
    }
    if group != SAME {
        inner.group = group;
    }
    if spot.node.kind() == Kind::Regular {
        inner.mode &= if inner.mode & 0o10 != 0 { !0o6000 } else { !0o4000 };
    }
    inner.changed = call.kernel.wall();
    drop(inner);
    if (user, group) == (SAME, SAME) { Ok(0) } else { tell(call, spot, IN_ATTRIB) }
}

fn utimensat(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(3) as u32;
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let now = Timespec { sec: 0, nsec: i64::from(UTIME_NOW) };
    let [accessed, modified]: [Timespec; 2] = if call.arg(2) == 0 { [now; 2] } else { call.read(call.addr(2))? };
    let time = |time: Timespec| match u32::try_from(time.nsec) {
        Ok(UTIME_NOW) => Ok(Some(call.kernel.wall())),
        Ok(UTIME_OMIT) => Ok(None),
        // Times before 1970 are not kept.
        _ if time.sec < 0 => Ok(Some(0)),
        _ => time.nanos().map(Some).ok_or(Errno::EINVAL),
    };
    let (new_accessed, new_modified) = (time(accessed)?, time(modified)?);
    let spot = if call.arg(1) == 0 && call.int(0) != AT_FDCWD {
        call.open_any(call.arg(0))?.spot.clone().ok_or(Errno::EINVAL)?
    } else {
        call.target_spot(0, 1, flags)?
    };
    let node = &spot.node;
    if new_accessed.is_none() && new_modified.is_none() {
        return Ok(0);
    }
    let visitor = call.visitor();
    let is_now = |time: Timespec| time.nsec == i64::from(UTIME_NOW);
    let attributes = match visitor.owned(&**node) {
        // Who may write a file may say that it was used now.
        Err(Errno::EPERM) if is_now(accessed) && is_now(modified) => {
            visitor.check(&**node, WRITE)?;
            node.attributes().ok_or(Errno::EPERM)?
        }
        owned => owned?,
    };
    let mut inner = attributes.inner.lock();
    inner.accessed = new_accessed.unwrap_or(inner.accessed);
    inner.modified = new_modified.unwrap_or(inner.modified);
    inner.changed = call.kernel.wall();
    drop(inner);
    // One time alone is what reading or writing would have set.
    let news = match (new_accessed, new_modified) {
        (Some(_), None) => IN_ACCESS,
        (None, Some(_)) => IN_MODIFY,
        _ => IN_ATTRIB,
    };
    tell(call, &spot, news)
}

fn truncate(call: &mut Call<'_>) -> Answer {
    let len = call.arg(1);
    if len > i64::MAX as u64 {
        return Err(Errno::EINVAL.into());
    }
    let path = call.path(0)?;
    let spot = call.find(AT_FDCWD, &path, Last::Follow)?.spot()?;
    let node = &spot.node;
    match node.kind() {
        Kind::Regular => {}
        Kind::Directory => return Err(Errno::EISDIR.into()),
        _ => return Err(Errno::EINVAL.into()),
    }
    call.visitor().check(&**node, WRITE)?;
    node.set_len(call.kernel, len)?;
    tell(call, &spot, IN_MODIFY)
}

fn ftruncate(call: &mut Call<'_>) -> Answer {
    let len = call.arg(1);
    let open = call.open(call.arg(0))?;
    if len > i64::MAX as u64 || !open.can_write() {
        return Err(Errno::EINVAL.into());
    }
    let spot = open.spot.as_ref().ok_or(Errno::EINVAL)?;
    spot.node.set_len(call.kernel, len)?;
    tell(call, spot, IN_MODIFY)
}

fn fallocate(call: &mut Call<'_>) -> Answer {
    let (from, len) = (call.arg(2), call.arg(3));
    if from > i64::MAX as u64 || len == 0 || len > i64::MAX as u64 {
        return Err(Errno::EINVAL.into());
    }
    let what = match call.arg(1) as u32 {
        0 => Allocation::Grow,
        FALLOC_FL_KEEP_SIZE => Allocation::Keep,
        mode if mode == FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE => Allocation::Punch,
        FALLOC_FL_ZERO_RANGE => Allocation::Zero,
        _ => return Err(Errno::EOPNOTSUPP.into()),
    };
    let open = call.open(call.arg(0))?;
    if !open.can_write() {
        return Err(Errno::EBADF.into());
    }
    let file = File::as_any(&*open.file).downcast_ref::<Regular>();
    let file = file.ok_or(if open.file.has_places() { Errno::ENODEV } else { Errno::ESPIPE })?;
    file.allocate(call.kernel, from, len, what)?;
    call.kernel.tree.notices.open(call.kernel, &open, IN_MODIFY);
    Ok(0)
}

/// Files in memory are always up to date.
fn fsync(call: &mut Call<'_>) -> Answer {
    call.open(call.arg(0))?;
    Ok(0)
}

fn sync(_: &mut Call<'_>) -> Answer {
    Ok(0)
}
