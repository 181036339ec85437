//! Names: made, taken away, changed.

use super::user::Target;
use crate::call::{Answer, Call, Row};
use crate::files::node::{Kind, New, Node, Removal, Renaming};
use crate::files::walk::{Found, Last};
use crate::files::{EXECUTE, WRITE};
use alloc::sync::Arc;
use ashore_pivot::layout::event::{IN_ATTRIB, IN_MOVE_SELF};
use ashore_pivot::layout::open::{
    AT_EMPTY_PATH, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, RENAME_EXCHANGE, RENAME_NOREPLACE,
};
use ashore_pivot::layout::stat::S_IFMT;
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::MKDIRAT, mkdirat),
    Row::new(Sys::MKNODAT, mknodat),
    Row::new(Sys::SYMLINKAT, symlinkat),
    Row::new(Sys::LINKAT, linkat),
    Row::new(Sys::UNLINKAT, unlinkat),
    Row::new(Sys::RENAMEAT, renameat),
    Row::new(Sys::RENAMEAT2, renameat2),
];

/// Whether a path may end in a slash: that of a directory to be made may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Slash {
    Allowed,
    Refused,
}

/// Makes what is not there yet.
fn make(call: &Call<'_>, found: &Found, new: &New, slash: Slash) -> Answer {
    if found.node.is_some() {
        return Err(Errno::EEXIST.into());
    }
    if found.has_slash && slash == Slash::Refused {
        return Err(Errno::ENOENT.into());
    }
    let visitor = call.visitor();
    visitor.check(&*found.dir, WRITE | EXECUTE)?;
    let node = found.dir.make(&visitor, &found.name, new)?;
    call.kernel.tree.notices.made(call.kernel, (&*found.dir, &found.name), &*node);
    Ok(0)
}

fn mkdirat(call: &mut Call<'_>) -> Answer {
    let found = call.find_arg(0, 1, Last::Name)?;
    let new = call.new_file(Kind::Directory, call.arg(2) as u32 & 0o1777);
    make(call, &found, &new, Slash::Allowed)
}

fn mknodat(call: &mut Call<'_>) -> Answer {
    let mode = call.arg(2) as u32;
    let kind = match mode & S_IFMT {
        0 => Kind::Regular,
        _ => Kind::of_mode(mode).ok_or(Errno::EINVAL)?,
    };
    match kind {
        Kind::Directory | Kind::Link => return Err(Errno::EPERM.into()),
        Kind::Character | Kind::Block if call.visitor().user != 0 => return Err(Errno::EPERM.into()),
        _ => {}
    }
    let found = call.find_arg(0, 1, Last::Name)?;
    let new = call.new_file(kind, mode & 0o7777);
    make(call, &found, &New { device: u64::from(call.arg(3) as u32), ..new }, Slash::Refused)
}

fn symlinkat(call: &mut Call<'_>) -> Answer {
    let target = call.path(0)?;
    if target.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    let found = call.find_arg(1, 2, Last::Name)?;
    let new = call.new_file(Kind::Link, 0o777);
    make(call, &found, &New { target, ..new }, Slash::Refused)
}

fn linkat(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(4) as u32;
    if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let follow = if flags & AT_SYMLINK_FOLLOW != 0 { 0 } else { AT_SYMLINK_NOFOLLOW };
    let node: Arc<dyn Node> = match call.target(0, 1, flags & AT_EMPTY_PATH | follow)? {
        Target::Node(node) => node,
        Target::Open(open) => open.node().ok_or(Errno::EXDEV)?.clone(),
    };
    let found = call.find_arg(2, 3, Last::Name)?;
    if found.node.is_some() {
        return Err(Errno::EEXIST.into());
    }
    if found.has_slash {
        return Err(Errno::ENOENT.into());
    }
    let visitor = call.visitor();
    visitor.check(&*found.dir, WRITE | EXECUTE)?;
    found.dir.link(&visitor, &found.name, &node)?;
    let notices = &call.kernel.tree.notices;
    notices.itself(call.kernel, &*node, IN_ATTRIB);
    notices.made(call.kernel, (&*found.dir, &found.name), &*node);
    Ok(0)
}

fn unlinkat(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(2) as u32;
    if flags & !AT_REMOVEDIR != 0 {
        return Err(Errno::EINVAL.into());
    }
    let what = if flags & AT_REMOVEDIR != 0 { Removal::Directory } else { Removal::File };
    let found = call.find_arg(0, 1, Last::Name)?;
    if found.name.is_empty() {
        return Err(match what {
            Removal::File => Errno::EISDIR,
            Removal::Directory if found.is_dot => Errno::EINVAL,
            Removal::Directory if Arc::ptr_eq(&found.dir, call.kernel.tree.root()) => Errno::EBUSY,
            Removal::Directory => Errno::ENOTEMPTY,
        }
        .into());
    }
    let node = found.node()?;
    if what == Removal::File && found.has_slash {
        return Err(if node.kind() == Kind::Directory { Errno::EISDIR } else { Errno::ENOTDIR }.into());
    }
    let visitor = call.visitor();
    visitor.check(&*found.dir, WRITE | EXECUTE)?;
    found.dir.remove(&visitor, &found.name, what)?;
    if let Some(node) = found.node {
        call.kernel.tree.notices.removed(call.kernel, (&*found.dir, &found.name), node);
    }
    Ok(0)
}

fn renameat(call: &mut Call<'_>) -> Answer {
    rename(call, Renaming::Replace)
}

fn renameat2(call: &mut Call<'_>) -> Answer {
    let how = match call.arg(4) as u32 {
        0 => Renaming::Replace,
        RENAME_NOREPLACE => Renaming::Keep,
        RENAME_EXCHANGE => Renaming::Exchange,
        _ => return Err(Errno::EINVAL.into()),
    };
    rename(call, how)
}

fn rename(call: &mut Call<'_>, how: Renaming) -> Answer {
    let old = call.find_arg(0, 1, Last::Name)?;
    let new = call.find_arg(2, 3, Last::Name)?;
    if old.name.is_empty() || new.name.is_empty() {
        return Err(Errno::EBUSY.into());
    }
    let node = old.node()?;
    if node.kind() != Kind::Directory && (old.has_slash || new.has_slash) {
        return Err(Errno::ENOTDIR.into());
    }
    if how == Renaming::Keep && new.node.is_some() {
        return Err(Errno::EEXIST.into());
    }
    let visitor = call.visitor();
    visitor.check(&*old.dir, WRITE | EXECUTE)?;
    visitor.check(&*new.dir, WRITE | EXECUTE)?;
    old.dir.rename(&visitor, &old.name, (&new.dir, &new.name), how)?;
    tell_of_rename(call, (&old, node), new, how);
    Ok(0)
}

/// Says what a rename did; nothing when both names are one file's.
fn tell_of_rename(call: &Call<'_>, (old, node): (&Found, &Arc<dyn Node>), new: Found, how: Renaming) {
    let (kernel, notices) = (call.kernel, &call.kernel.tree.notices);
    if notices.is_idle() || new.node.as_ref().is_some_and(|other| Arc::ptr_eq(other, node)) {
        return;
    }
    let (from, to) = ((&*old.dir, &*old.name), (&*new.dir, &*new.name));
    notices.renamed(kernel, &**node, from, to);
    match new.node {
        Some(other) if how == Renaming::Exchange => {
            notices.itself(kernel, &**node, IN_MOVE_SELF);
            notices.renamed(kernel, &*other, to, from);
            notices.itself(kernel, &*other, IN_MOVE_SELF);
        }
        Some(other) => {
            notices.itself(kernel, &*other, IN_ATTRIB);
            notices.itself(kernel, &**node, IN_MOVE_SELF);
            notices.let_go(kernel, other);
        }
        None => notices.itself(kernel, &**node, IN_MOVE_SELF),
    }
}
