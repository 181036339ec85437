//! Where the caller is in the tree, and what is mounted there.

use crate::call::{Answer, Call, Row};
use crate::files::mounts::Mount;
use crate::files::node::{Kind, Node};
use crate::files::spot::path_of;
use crate::files::tmpfs::Tmpfs;
use crate::files::walk::Last;
use crate::files::{EXECUTE, proc};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::layout::open::AT_FDCWD;
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::GETCWD, getcwd),
    Row::new(Sys::CHDIR, chdir),
    Row::new(Sys::FCHDIR, fchdir),
    Row::new(Sys::CHROOT, chroot),
    Row::new(Sys::UMASK, umask),
    Row::new(Sys::MOUNT, mount),
    Row::new(Sys::UMOUNT2, umount2),
];

fn getcwd(call: &mut Call<'_>) -> Answer {
    let place = call.thread.parts.lock().place.clone();
    let here = place.inner.lock().clone();
    let mut path = path_of(&here.cwd, &here.root).ok_or(Errno::ENOENT)?;
    path.push(0);
    if path.len() as u64 > call.arg(1) {
        return Err(Errno::ERANGE.into());
    }
    call.put_bytes(call.addr(0), &path)?;
    Ok(path.len() as u64)
}

/// The directory at a path, which the caller may look names up in.
fn directory(call: &Call<'_>) -> Result<Arc<dyn Node>, Errno> {
    let path = call.path(0)?;
    let found = call.find(AT_FDCWD, &path, Last::Follow)?;
    let node = found.node()?;
    enter(call, node)?;
    Ok(node.clone())
}

fn enter(call: &Call<'_>, node: &Arc<dyn Node>) -> Result<(), Errno> {
    if node.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR);
    }
    call.visitor().check(&**node, EXECUTE)
}

fn chdir(call: &mut Call<'_>) -> Answer {
    let node = directory(call)?;
    call.thread.parts.lock().place.inner.lock().cwd = node;
    Ok(0)
}

fn fchdir(call: &mut Call<'_>) -> Answer {
    let open = call.open_any(call.arg(0))?;
    let node = open.node().ok_or(Errno::ENOTDIR)?.clone();
    enter(call, &node)?;
    call.thread.parts.lock().place.inner.lock().cwd = node;
    Ok(0)
}

fn chroot(call: &mut Call<'_>) -> Answer {
    let node = directory(call)?;
    if call.visitor().user != 0 {
        return Err(Errno::EPERM.into());
    }
    call.thread.parts.lock().place.inner.lock().root = node;
    Ok(0)
}

fn umask(call: &mut Call<'_>) -> Answer {
    let place = call.thread.parts.lock().place.clone();
    let mut inner = place.inner.lock();
    Ok(u64::from(core::mem::replace(&mut inner.mask, call.arg(0) as u32 & 0o777)))
}

/// Flags that ask for no new mount: changed, bound, shared between name spaces, kept private, moved. There is no such thing.
const OTHER_MOUNTS: u64 = 0x20 | 0x1000 | 0x2000 | 0x2_0000 | 0x4_0000 | 0x8_0000 | 0x10_0000;

/// What can be mounted: files in memory, and those that are made.
const KINDS: [&str; 4] = ["tmpfs", "ramfs", "proc", "sysfs"];

/// Mounts of one of the kernel's own kinds; anything else there is no such thing for.
fn mount(call: &mut Call<'_>) -> Answer {
    if call.visitor().user != 0 {
        return Err(Errno::EPERM.into());
    }
    let path = call.path(1)?;
    let found = call.find(AT_FDCWD, &path, Last::Follow)?;
    let node = found.node()?;
    if call.arg(3) & OTHER_MOUNTS != 0 {
        return Err(Errno::EINVAL.into());
    }
    if node.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    let word = |nth| if call.arg(nth) == 0 { Ok(Vec::new()) } else { call.path(nth) };
    let (source, wanted) = (word(0)?, word(2)?);
    let kernel = call.kernel;
    let kind = KINDS.into_iter().find(|kind| kind.as_bytes() == wanted).ok_or(Errno::ENODEV)?;
    let (parent, name) = node.parent().ok_or(Errno::EBUSY)?;
    let root = match proc::tree(kernel, kind, (parent, &name)) {
        Some(made) => made,
        None => Tmpfs::root_with(kernel.physical, kernel.wall(), 0o1777),
    };
    node.cover(root.clone())?;
    kernel.tree.mounts.add(Mount { root, source, kind, options: "" });
    Ok(0)
}

fn umount2(call: &mut Call<'_>) -> Answer {
    if call.visitor().user != 0 {
        return Err(Errno::EPERM.into());
    }
    let path = call.path(0)?;
    let found = call.find(AT_FDCWD, &path, Last::Follow)?;
    let node = found.node()?;
    let (parent, name) = node.parent().ok_or(Errno::EINVAL)?;
    call.kernel.tree.mounts.remove(node)?;
    parent.uncover(&name)?;
    Ok(0)
}
