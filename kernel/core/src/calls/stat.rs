//! What is known of files.

use super::user::Target;
use crate::call::{Answer, Call, Row};
use crate::file::Status;
use crate::files::node::{Kind, Listed, Node};
use crate::files::walk::Last;
use crate::files::{EXECUTE, READ, WRITE};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::layout::dirent::{Dirent, kind_of};
use ashore_pivot::layout::event::IN_ACCESS;
use ashore_pivot::layout::open::{
    AT_EACCESS, AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW, F_OK, R_OK, W_OK, X_OK,
};
use ashore_pivot::layout::stat::{Stat, device_parts};
use ashore_pivot::layout::statfs::{Statfs, TMPFS_MAGIC};
use ashore_pivot::layout::statx::{
    AT_STATX_SYNC_TYPE, STATX__RESERVED, STATX_BASIC_STATS, STATX_BTIME, STATX_MNT_ID, Statx, StatxTime,
};
use ashore_pivot::layout::time::Timespec;
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::FSTAT, fstat),
    Row::new(Sys::NEWFSTATAT, newfstatat),
    Row::new(Sys::STATX, statx),
    Row::new(Sys::FACCESSAT, faccessat),
    Row::new(Sys::FACCESSAT2, faccessat2),
    Row::new(Sys::READLINKAT, readlinkat),
    Row::new(Sys::GETDENTS64, getdents64),
    Row::new(Sys::STATFS, statfs),
    Row::new(Sys::FSTATFS, fstatfs),
];

fn fstat(call: &mut Call<'_>) -> Answer {
    let status = call.open_any(call.arg(0))?.status(call)?;
    put_stat(call, 1, &status)
}

fn newfstatat(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(3) as u32;
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let status = status(call, flags)?;
    put_stat(call, 2, &status)
}

fn status(call: &mut Call<'_>, flags: u32) -> Result<Status, Errno> {
    match call.target(0, 1, flags)? {
        Target::Open(open) => open.status(call),
        Target::Node(node) => Ok(node.status()),
    }
}

fn put_stat(call: &Call<'_>, nth: usize, status: &Status) -> Answer {
    let stat = Stat {
        dev: status.device,
        ino: status.inode,
        mode: status.mode,
        nlink: status.links,
        uid: status.uid,
        gid: status.gid,
        rdev: status.rdev,
        size: status.size as i64,
        blksize: status.block_size as i32,
        blocks: status.blocks as i64,
        atime: Timespec::from_nanos(status.accessed),
        mtime: Timespec::from_nanos(status.modified),
        ctime: Timespec::from_nanos(status.changed),
    };
    call.write(call.addr(nth), &stat)?;
    Ok(0)
}

fn statx(call: &mut Call<'_>) -> Answer {
    let (flags, mask) = (call.arg(2) as u32, call.arg(3) as u32);
    let known = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE;
    if mask & STATX__RESERVED != 0 || flags & !known != 0 || flags & AT_STATX_SYNC_TYPE == AT_STATX_SYNC_TYPE {
        return Err(Errno::EINVAL.into());
    }
    let status = status(call, flags)?;
    let time = |nanos: u64| {
        let time = Timespec::from_nanos(nanos);
        StatxTime { sec: time.sec, nsec: time.nsec as u32 }
    };
    let ((rdev_major, rdev_minor), (dev_major, dev_minor)) = (device_parts(status.rdev), device_parts(status.device));
    let statx = Statx {
        mask: STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID,
        blksize: status.block_size,
        nlink: status.links,
        uid: status.uid,
        gid: status.gid,
        mode: status.mode as u16,
        ino: status.inode,
        size: status.size,
        blocks: status.blocks,
        atime: time(status.accessed),
        btime: time(status.born),
        ctime: time(status.changed),
        mtime: time(status.modified),
        rdev_major,
        rdev_minor,
        dev_major,
        dev_minor,
        mnt_id: status.device,
        ..Statx::default()
    };
    call.write(call.addr(4), &statx)?;
    Ok(0)
}

fn faccessat(call: &mut Call<'_>) -> Answer {
    access(call, 0)
}

fn faccessat2(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(3) as u32;
    if flags & !(AT_EACCESS | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    access(call, flags)
}

fn access(call: &mut Call<'_>, flags: u32) -> Answer {
    let mode = call.arg(2) as u32;
    if mode & !(R_OK | W_OK | X_OK) != F_OK {
        return Err(Errno::EINVAL.into());
    }
    let node = match call.target(0, 1, flags & !AT_EACCESS)? {
        Target::Node(node) => node,
        Target::Open(open) => match open.node() {
            Some(node) => node.clone(),
            None => return Ok(0),
        },
    };
    const _: () = assert!(R_OK == READ && W_OK == WRITE && X_OK == EXECUTE);
    let visitor = if flags & AT_EACCESS != 0 { call.visitor() } else { call.real_visitor() };
    visitor.check(&*node, mode)?;
    Ok(0)
}

fn readlinkat(call: &mut Call<'_>) -> Answer {
    let most = call.arg(3) as i32;
    if most <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let path = call.path(1)?;
    let node: Arc<dyn Node> = if path.is_empty() {
        let open = call.open_any(call.arg(0))?;
        let node = open.node().ok_or(Errno::ENOENT)?.clone();
        if node.kind() != Kind::Link {
            return Err(Errno::ENOENT.into());
        }
        node
    } else {
        call.find(call.int(0), &path, Last::Keep)?.node()?.clone()
    };
    let target = node.target(&call.visitor())?;
    let part = target.get(..target.len().min(most as usize)).unwrap_or_default();
    call.put_bytes(call.addr(2), part)?;
    Ok(part.len() as u64)
}

/// The most bytes of names that are handed over at once.
const NAMES_AT_ONCE: usize = 64 << 10;

fn getdents64(call: &mut Call<'_>) -> Answer {
    let open = call.open(call.arg(0))?;
    let limit = (call.arg(2) as u32 as usize).min(NAMES_AT_ONCE);
    let mut bytes = Vec::new();
    let mut is_short = false;
    let before = *open.offset.lock();
    open.file.list(call, &open, &mut |listed: Listed<'_>| {
        let Listed { name, inode, kind, next } = listed;
        let dirent = Dirent { ino: inode, next: next as i64, kind: kind_of(kind.bits()), name };
        let is_taken = dirent.append(&mut bytes, limit);
        is_short |= !is_taken;
        is_taken
    })?;
    if bytes.is_empty() && is_short {
        return Err(Errno::EINVAL.into());
    }
    if let Err(errno) = call.put_bytes(call.addr(1), &bytes) {
        *open.offset.lock() = before;
        return Err(errno.into());
    }
    call.kernel.tree.notices.open(call.kernel, &open, IN_ACCESS);
    Ok(bytes.len() as u64)
}

fn statfs(call: &mut Call<'_>) -> Answer {
    let path = call.path(0)?;
    let found = call.find(ashore_pivot::layout::open::AT_FDCWD, &path, Last::Follow)?;
    put_statfs(call, found.node()?.filesystem())
}

fn fstatfs(call: &mut Call<'_>) -> Answer {
    let open = call.open_any(call.arg(0))?;
    let kind = open.node().map_or(ashore_pivot::layout::statfs::ANON_INODE_FS_MAGIC, |node| node.filesystem());
    put_statfs(call, kind)
}

fn put_statfs(call: &Call<'_>, kind: i64) -> Answer {
    let mut statfs = Statfs { kind, bsize: 4096, frsize: 4096, namelen: 255, flags: 0x20, ..Statfs::default() };
    if kind == TMPFS_MAGIC {
        let free = call.kernel.physical.frames.free() as u64;
        statfs.blocks = call.kernel.physical.total as u64;
        (statfs.bfree, statfs.bavail) = (free, free);
        (statfs.files, statfs.ffree) = (statfs.blocks, free);
    }
    call.write(call.addr(1), &statfs)?;
    Ok(0)
}
