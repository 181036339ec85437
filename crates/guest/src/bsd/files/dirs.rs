//! Reading directories, and the working and root directory.

use super::{Place, fd_of, linux_at, open};
use crate::{Answer, Args, Ctx, Value};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// The layout of a directory entry.
pub struct Layout {
    /// Where the offset of the next entry stands, in 8 bytes, where the system tells it.
    pub next: Option<usize>,
    /// Where the record's length stands, in 2 bytes, where the system tells it.
    pub record_len: Option<usize>,
    /// How many bytes the file's number has, at 0.
    pub number_len: usize,
    /// Where the name's length stands, and in how many bytes.
    pub name_len: (usize, usize),
    /// Where the kind stands, in 1 byte.
    pub kind: usize,
    /// Where the name starts.
    pub name: usize,
    /// What records are aligned to.
    pub align: usize,
}

/// An entry as Linux tells it.
struct Entry<'a> {
    number: u64,
    next: u64,
    kind: u8,
    name: &'a [u8],
}

impl Layout {
    fn record_len(&self, name: &[u8]) -> usize {
        (self.name + name.len() + 1).next_multiple_of(self.align)
    }

    fn encode(&self, entry: &Entry<'_>) -> Vec<u8> {
        let len = self.record_len(entry.name);
        let mut record = vec![0; len];
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(to) = record.get_mut(at..at + bytes.len()) {
                to.copy_from_slice(bytes);
            }
        };
        put(0, entry.number.to_le_bytes().get(..self.number_len).unwrap_or(&[]));
        if let Some(at) = self.next {
            put(at, &entry.next.to_le_bytes());
        }
        if let Some(at) = self.record_len {
            put(at, &(len as u16).to_le_bytes());
        }
        let (at, bytes) = self.name_len;
        put(at, entry.name.len().to_le_bytes().get(..bytes).unwrap_or(&[]));
        put(self.kind, &[entry.kind]);
        put(self.name, entry.name);
        record
    }
}

/// `getdirentries(fd, buf, nbytes, basep)`
pub fn getdirentries(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = &ctx.files()?.dirent;
    read_directory(ctx, layout, args, Addr(args[3]), 8)
}

/// `getdents(fd, buf, nbytes)`
pub fn getdents(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = &ctx.files()?.dirent;
    read_directory(ctx, layout, args, Addr::NULL, 0)
}

/// `getdirentries(fd, buf, nbytes, basep)` of FreeBSD before 12.
pub fn old_getdirentries(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = &ctx.files()?.old_dirent;
    read_directory(ctx, layout, args, Addr(args[3]), 8)
}

/// `getdents(fd, buf, nbytes)` of FreeBSD before 12.
pub fn old_getdents(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let layout = &ctx.files()?.old_dirent;
    read_directory(ctx, layout, args, Addr::NULL, 0)
}

/// Entries of this many bytes at most are asked of Linux at once.
const MOST: u64 = 64 << 10;

fn read_directory(ctx: &Ctx<'_>, layout: &Layout, args: &Args, base: Addr, base_len: usize) -> Answer {
    let (fd, room) = (fd_of(args[0]), args[2].min(MOST));
    let start = match ctx.call(Sys::LSEEK, [fd as u64, 0, SEEK_CUR, 0, 0, 0]) {
        Ok(start) => start,
        // What cannot seek is no directory.
        Err(Errno::ESPIPE) => return Err(Errno::EINVAL.into()),
        Err(errno) => return Err(errno.into()),
    };
    let bytes = match fill(ctx, layout, fd, room) {
        // What is open but no directory.
        Err(Errno::ENOTDIR) => return Err(Errno::EINVAL.into()),
        other => other?,
    };
    ctx.write(Addr(args[1]), &bytes)?;
    if !base.is_null() {
        ctx.write(base, start.to_le_bytes().get(..base_len).unwrap_or(&[]))?;
    }
    Ok((bytes.len() as u64).into())
}

const SEEK_SET: u64 = 0;
const SEEK_CUR: u64 = 1;

/// At most `room` bytes of entries in the guest's layout.
///
/// A record may be longer than Linux's of the same name, by 8 bytes of at least 24. So three quarters of
/// the room asked of Linux always fit. Only when that is too little for a single entry the whole room is
/// asked for, and the directory is set back to the first entry that did not fit.
fn fill(ctx: &Ctx<'_>, layout: &Layout, fd: i32, room: u64) -> Result<Vec<u8>, Errno> {
    let mut entries = vec![0; room as usize];
    let grows = layout.name >= 24;
    let mut ask = |len: u64| {
        let part = entries.get_mut(..len as usize).ok_or(Errno::EINVAL)?;
        ctx.call_with(Sys::GETDENTS64, &mut [fd.into(), Arg::Out(part), len.into()])
    };
    let got = match ask(if grows { room / 4 * 3 } else { room }) {
        Err(Errno::EINVAL) if grows => ask(room)?,
        other => other?,
    };
    let mut out = Vec::with_capacity(room as usize);
    let mut at = 0;
    let mut fitted = None;
    while at < got {
        let bytes = Bytes(&entries);
        let (Some(number), Some(next), Some(size), Some(kind), Some(name)) =
            (bytes.u64(at), bytes.u64(at + 8), bytes.u16(at + 16), bytes.u8(at + 18), bytes.cstr(at + 19))
        else {
            break;
        };
        let entry = Entry { number, next, kind, name };
        if out.len() + layout.record_len(name) > room as usize {
            let back = fitted.ok_or(Errno::EINVAL)?;
            ctx.call(Sys::LSEEK, [fd as u64, back, SEEK_SET, 0, 0, 0])?;
            break;
        }
        out.extend_from_slice(&layout.encode(&entry));
        fitted = Some(next);
        at += u64::from(size.max(1));
    }
    Ok(out)
}

/// `chdir(path)`
pub fn chdir(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = ctx.path(Addr(args[0]))?;
    Ok(ctx.call_with(Sys::CHDIR, &mut [Arg::In(&path)])?.into())
}

/// `chroot(path)`
pub fn chroot(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = ctx.path(Addr(args[0]))?;
    Ok(ctx.call_with(Sys::CHROOT, &mut [Arg::In(&path)])?.into())
}

/// `fchroot(fd)`
pub fn fchroot(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.call(Sys::FCHDIR, [args[0], 0, 0, 0, 0, 0])?;
    Ok(ctx.call_with(Sys::CHROOT, &mut [Arg::In(b".\0")])?.into())
}

/// `__getcwd(buf, len)`: 0 on FreeBSD, elsewhere the length with its zero.
pub fn getcwd(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let len = working_directory(ctx, args)?;
    Ok(if ctx.files()?.getcwd_counts { len.into() } else { 0.into() })
}

fn working_directory(ctx: &Ctx<'_>, args: &Args) -> Result<u64, Errno> {
    let room = args[1];
    if room < 2 {
        return Err(Errno::EINVAL);
    }
    let mut path = vec![0; room.min(4096) as usize];
    let words = room.min(4096);
    let len = ctx.call_with(Sys::GETCWD, &mut [Arg::Out(&mut path), words.into()])?;
    let path = path.get(..len as usize).ok_or(Errno::ERANGE)?;
    if path.first() != Some(&b'/') {
        // Linux's answer for a directory that cannot be reached from the root.
        return Err(Errno::ENOENT);
    }
    ctx.write(Addr(args[0]), path)?;
    Ok(len)
}

/// `__realpathat(fd, path, buf, size, flags)`, FreeBSD's.
pub fn realpathat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    if args[4] as u32 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let place = Place::at(ctx, args[0], args[1])?;
    real_path(ctx, &place, Addr(args[2]), args[3])?;
    Ok(0.into())
}

/// `__realpath(path, buf, len)`, DragonFly's.
pub fn realpath(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let place = Place::here(ctx, args[0])?;
    Ok(Value::One(real_path(ctx, &place, Addr(args[1]), args[2])?))
}

fn real_path(ctx: &Ctx<'_>, place: &Place, at: Addr, room: u64) -> Result<u64, Errno> {
    use open::linux_flag::{CLOEXEC, PATH};
    let flags = Arg::Word((PATH | CLOEXEC).into());
    let fd = ctx.call_with(Sys::OPENAT, &mut [place.dir.into(), Arg::In(&place.path), flags])?;
    let link = open::descriptor_path(fd_of(fd));
    let mut path = [0; 4096];
    let args = &mut [linux_at::CWD.into(), Arg::In(&link), Arg::Out(&mut path), 4095.into()];
    let len = ctx.call_with(Sys::READLINKAT, args);
    ctx.call(Sys::CLOSE, [fd, 0, 0, 0, 0, 0])?;
    let len = len?;
    if len >= room {
        return Err(Errno::ENAMETOOLONG);
    }
    ctx.write(at, path.get(..=len as usize).ok_or(Errno::ENAMETOOLONG)?)?;
    Ok(len)
}
