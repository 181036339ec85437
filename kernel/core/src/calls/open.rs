//! Opening and closing.

use crate::call::{Answer, Call, Row, Stop};
use crate::fd::Slot;
use crate::file::{File, Open};
use crate::files::directory::PathFile;
use crate::files::node::{Kind, New, Node};
use crate::files::tmpfs::Tmpfs;
use crate::files::walk::{Found, Last, walk};
use crate::files::{EXECUTE, READ, Spot, WRITE};
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_pivot::layout::event::{IN_MODIFY, IN_OPEN};
use ashore_pivot::layout::fcntl::F_SEAL_SEAL;
use ashore_pivot::layout::open::aarch64::{O_DIRECTORY, O_LARGEFILE, O_NOFOLLOW, O_TMPFILE};
use ashore_pivot::layout::open::{
    AT_FDCWD, CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_UNSHARE, O_ACCMODE, O_CLOEXEC, O_CREAT, O_EXCL, O_NOCTTY, O_PATH,
    O_TRUNC, OpenHow, RESOLVE_BENEATH, RESOLVE_CACHED, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS,
    RESOLVE_NO_XDEV,
};
use ashore_pivot::{Errno, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::OPENAT, openat),
    Row::new(Sys::OPENAT2, openat2),
    Row::new(Sys::CLOSE, close),
    Row::new(Sys::CLOSE_RANGE, close_range),
    Row::new(Sys::DUP, dup),
    Row::new(Sys::DUP3, dup3),
    Row::new(Sys::MEMFD_CREATE, memfd_create),
];

/// What is to be opened.
struct Wish {
    flags: u32,
    mode: u32,
    resolve: u64,
}

fn openat(call: &mut Call<'_>) -> Answer {
    let wish = Wish { flags: call.arg(2) as u32, mode: call.arg(3) as u32 & 0o7777, resolve: 0 };
    open_path(call, wish)
}

fn openat2(call: &mut Call<'_>) -> Answer {
    const KNOWN: u64 = RESOLVE_NO_XDEV
        | RESOLVE_NO_MAGICLINKS
        | RESOLVE_NO_SYMLINKS
        | RESOLVE_BENEATH
        | RESOLVE_IN_ROOT
        | RESOLVE_CACHED;
    let size = call.arg(3);
    if size < OpenHow::LEN as u64 {
        return Err(Errno::EINVAL.into());
    }
    if size > OpenHow::LEN as u64 {
        let more = size.min(4096) as usize - OpenHow::LEN;
        let mut bytes = alloc::vec![0; more];
        ashore_pivot::Memory::read(&*call.space(), call.addr(2).plus(OpenHow::LEN as u64), &mut bytes)?;
        if size > 4096 || bytes.iter().any(|byte| *byte != 0) {
            return Err(Errno::E2BIG.into());
        }
    }
    let how: OpenHow = call.read(call.addr(2))?;
    let is_making = how.flags as u32 & O_CREAT != 0 || how.flags as u32 & O_TMPFILE == O_TMPFILE;
    if how.resolve & !KNOWN != 0 || how.flags > u64::from(u32::MAX) || how.mode & !0o7777 != 0 {
        return Err(Errno::EINVAL.into());
    }
    if how.mode != 0 && !is_making {
        return Err(Errno::EINVAL.into());
    }
    open_path(call, Wish { flags: how.flags as u32, mode: how.mode as u32, resolve: how.resolve })
}

fn open_path(call: &mut Call<'_>, mut wish: Wish) -> Answer {
    if wish.flags & O_PATH != 0 {
        wish.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    }
    let path = call.path(1)?;
    let open = open_wish(call, &path, &wish)?;
    Ok(call.new_fd(open, wish.flags)?)
}

/// Flags of `open` that are no state of the open file.
const PASSING: u32 = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;

fn open_wish(call: &mut Call<'_>, path: &[u8], wish: &Wish) -> Result<Arc<Open>, Stop> {
    let flags = wish.flags;
    let mut from = call.from(call.int(0), path)?;
    if wish.resolve & RESOLVE_IN_ROOT != 0 {
        let base = if call.int(0) == AT_FDCWD || path.first() != Some(&b'/') {
            from.base.clone()
        } else {
            call.open_any(call.arg(0))?.node().ok_or(Errno::ENOTDIR)?.clone()
        };
        (from.root, from.base) = (base.clone(), base);
    }
    from.limits.is_beneath = wish.resolve & RESOLVE_BENEATH != 0;
    from.limits.no_links = wish.resolve & RESOLVE_NO_SYMLINKS != 0;
    from.limits.no_jumps = wish.resolve & RESOLVE_NO_MAGICLINKS != 0;
    let is_exclusive = flags & (O_CREAT | O_EXCL) == O_CREAT | O_EXCL;
    let last = if flags & O_NOFOLLOW != 0 || is_exclusive { Last::Keep } else { Last::Follow };
    loop {
        let found = walk(&call.visitor(), &from, path, last)?;
        if flags & O_TMPFILE == O_TMPFILE {
            return open_nameless(call, &found, wish);
        }
        if found.node.is_none() && flags & O_CREAT != 0 {
            match make(call, &found, wish) {
                // Somebody else made it meanwhile.
                Err(Errno::EEXIST) if !is_exclusive => continue,
                made => return open_node(call, Spot { node: made?, dir: Some(found.dir), name: found.name }, flags),
            }
        }
        if found.node.is_some() && is_exclusive {
            return Err(Errno::EEXIST.into());
        }
        let spot = found.spot()?;
        check(call, &spot, flags)?;
        return open_node(call, spot, flags);
    }
}

fn make(call: &Call<'_>, found: &Found, wish: &Wish) -> Result<Arc<dyn Node>, Errno> {
    if found.has_slash {
        return Err(Errno::EISDIR);
    }
    if wish.flags & O_DIRECTORY != 0 {
        return Err(Errno::EINVAL);
    }
    let visitor = call.visitor();
    visitor.check(&*found.dir, WRITE | EXECUTE)?;
    let node = found.dir.make(&visitor, &found.name, &call.new_file(Kind::Regular, wish.mode))?;
    call.kernel.tree.notices.made(call.kernel, (&*found.dir, &found.name), &*node);
    Ok(node)
}

/// Fails unless the caller may open what is there in this way.
fn check(call: &Call<'_>, spot: &Spot, flags: u32) -> Result<(), Stop> {
    let node = &*spot.node;
    let kind = node.kind();
    if flags & O_DIRECTORY != 0 && kind != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    if flags & O_PATH != 0 {
        return Ok(());
    }
    if kind == Kind::Link {
        return Err(Errno::ELOOP.into());
    }
    let wanted = wanted(flags);
    if kind == Kind::Directory && (wanted & WRITE != 0 || flags & O_CREAT != 0) {
        return Err(Errno::EISDIR.into());
    }
    call.visitor().check(node, wanted)?;
    if flags & O_TRUNC != 0 && kind == Kind::Regular {
        node.set_len(call.kernel, 0)?;
        call.kernel.tree.notices.about(call.kernel, spot, IN_MODIFY);
    }
    Ok(())
}

fn wanted(flags: u32) -> u32 {
    let access = match flags & O_ACCMODE {
        0 => READ,
        1 => WRITE,
        _ => READ | WRITE,
    };
    if flags & O_TRUNC != 0 { access | WRITE } else { access }
}

fn open_node(call: &mut Call<'_>, spot: Spot, flags: u32) -> Result<Arc<Open>, Stop> {
    let file: Arc<dyn File> =
        if flags & O_PATH != 0 { Arc::new(PathFile) } else { spot.node.clone().open(call, flags)? };
    let open = Open::at(file, flags & !PASSING | O_LARGEFILE, spot);
    call.kernel.tree.notices.open(call.kernel, &open, IN_OPEN);
    Ok(open)
}

fn open_nameless(call: &mut Call<'_>, found: &Found, wish: &Wish) -> Result<Arc<Open>, Stop> {
    let dir = found.node()?;
    if dir.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR.into());
    }
    if wanted(wish.flags) & WRITE == 0 {
        return Err(Errno::EINVAL.into());
    }
    call.visitor().check(&**dir, WRITE | EXECUTE)?;
    let new = call.new_file(Kind::Regular, wish.mode);
    let node = Tmpfs::nameless(call.kernel.physical, &new, call.kernel.wall());
    Ok(Open::at(
        node.clone(),
        wish.flags & !PASSING | O_LARGEFILE,
        Spot { node, dir: None, name: b"/#nameless (deleted)".to_vec() },
    ))
}

impl Call<'_> {
    /// A file the caller makes.
    pub(crate) fn new_file(&self, kind: Kind, mode: u32) -> New {
        let mask = self.thread.parts.lock().place.inner.lock().mask;
        let visitor = self.visitor();
        New { kind, mode: mode & !mask, user: visitor.user, group: visitor.group, ..New::directory(0) }
    }
}

fn close(call: &mut Call<'_>) -> Answer {
    let files = call.thread.files();
    let slot = files.take(call.arg(0))?;
    files.closed(call.kernel, slot);
    Ok(0)
}

fn close_range(call: &mut Call<'_>) -> Answer {
    let (first, last, flags) = (call.arg(0) as u32, call.arg(1) as u32, call.arg(2) as u32);
    if flags & !(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE) != 0 || first > last {
        return Err(Errno::EINVAL.into());
    }
    let mut files = call.thread.files();
    if flags & CLOSE_RANGE_UNSHARE != 0 && Arc::strong_count(&files) > 2 {
        files = Arc::new(files.copy());
        call.thread.parts.lock().files = files.clone();
    }
    let end = files.end().min(u64::from(last) + 1);
    for fd in u64::from(first)..end {
        if flags & CLOSE_RANGE_CLOEXEC != 0 {
            let _ = files.set_closes_on_exec(fd, true);
        } else if let Ok(slot) = files.take(fd) {
            files.closed(call.kernel, slot);
        }
    }
    Ok(0)
}

fn dup(call: &mut Call<'_>) -> Answer {
    let open = call.open_any(call.arg(0))?;
    Ok(call.new_fd(open.share(), 0)?)
}

fn dup3(call: &mut Call<'_>) -> Answer {
    let (old, new, flags) = (call.arg(0) as u32, call.arg(1) as u32, call.arg(2) as u32);
    if old == new || flags & !O_CLOEXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    if u64::from(new) >= call.most_fds() {
        return Err(Errno::EBADF.into());
    }
    let open = call.open_any(u64::from(old))?;
    let files = call.thread.files();
    let slot = Slot { open: open.share(), closes_on_exec: flags & O_CLOEXEC != 0 };
    if let Some(old) = files.put(u64::from(new), slot) {
        files.closed(call.kernel, old);
    }
    Ok(u64::from(new))
}

/// Flags of `memfd_create`.
const MFD_CLOEXEC: u32 = 1;
const MFD_ALLOW_SEALING: u32 = 2;
const MFD_NOEXEC_SEAL: u32 = 8;
const MFD_EXEC: u32 = 0x10;
/// The longest name.
const MFD_NAME_MAX: usize = 249;

fn memfd_create(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(1) as u32;
    if flags & !(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let text = match call.space().cstr(Addr(call.arg(0)), MFD_NAME_MAX + 1) {
        Err(Errno::ENAMETOOLONG) => return Err(Errno::EINVAL.into()),
        text => text?,
    };
    let mode = if flags & MFD_NOEXEC_SEAL != 0 { 0o666 } else { 0o777 };
    let new = New { mode, ..call.new_file(Kind::Regular, 0) };
    let node = Tmpfs::nameless(call.kernel.physical, &new, call.kernel.wall());
    let can_seal = flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL) != 0;
    node.set_seals(if can_seal { 0 } else { F_SEAL_SEAL });
    let name = [b"/memfd:", &*text, b" (deleted)"].concat();
    let open = Open::at(node.clone(), 2 | O_LARGEFILE, Spot { node, dir: None, name });
    Ok(call.new_fd(open, if flags & MFD_CLOEXEC != 0 { O_CLOEXEC } else { 0 })?)
}
