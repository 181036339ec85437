//! What is known of file systems: `statfs`, `statvfs` and their lists.

use super::stat::Facts;
use super::{Place, fd_of, open};
use crate::{Answer, Args, Ctx};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// A member of a `struct statfs` or `struct statvfs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A constant: the record's version.
    Constant(u64),
    /// Mount flags.
    Flags,
    /// `f_bsize`, the size of a block.
    BlockSize,
    /// `f_frsize`, the size the counts are in.
    FragmentSize,
    /// `f_iosize`, the best size of a transfer.
    IoSize,
    /// `f_blocks`
    Blocks,
    /// `f_bfree`
    Free,
    /// `f_bavail`
    Available,
    /// `f_bresvd`
    Reserved,
    /// `f_files`
    Files,
    /// `f_ffree`, and `f_favail`
    FreeFiles,
    /// `f_namemax`
    NameMax,
    /// `f_fsid`
    Id,
    /// The first word of `f_fsid`.
    ShortId,
    /// `f_fstypename`
    TypeName,
    /// `f_mntonname`
    On,
    /// `f_mntfromname`
    From,
}

/// The layout of one record; what no field covers is zero.
pub struct Layout {
    /// How many bytes it has.
    pub size: usize,
    /// The fields: where each starts and how many bytes it has.
    pub fields: &'static [(Field, usize, usize)],
    /// Mount flags, the guest's and Linux's.
    pub flags: &'static [(u64, u64)],
}

/// A line of Linux's list of mounts.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    device: (u32, u32),
    on: Vec<u8>,
    kind: Vec<u8>,
    from: Vec<u8>,
}

impl Mount {
    fn parse(line: &[u8]) -> Option<Mount> {
        // id parent major:minor root mount-point options... - type source super-options
        let mut words = line.split(|&b| b == b' ');
        let device = core::str::from_utf8(words.nth(2)?).ok()?;
        let (major, minor) = device.split_once(':')?;
        let on = unescape(words.nth(1)?);
        let mut rest = words.skip_while(|word| *word != b"-").skip(1);
        let (kind, from) = (rest.next()?.to_vec(), unescape(rest.next()?));
        Some(Mount { device: (major.parse().ok()?, minor.parse().ok()?), on, kind, from })
    }
}

/// A word of the list without its octal escapes.
fn unescape(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut at = 0;
    while let Some(&byte) = word.get(at) {
        let digits = word.get(at + 1..at + 4).and_then(|digits| core::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(code) if byte == b'\\' => {
                out.push(code);
                at += 4;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

fn mounts(ctx: &Ctx<'_>) -> Vec<Mount> {
    let text = read_file(ctx, b"/proc/self/mountinfo\0").unwrap_or_default();
    text.split(|&b| b == b'\n').filter_map(Mount::parse).collect()
}

/// All of a small file of the host's.
fn read_file(ctx: &Ctx<'_>, path: &[u8]) -> Result<Vec<u8>, Errno> {
    const MOST: usize = 1 << 20;
    let flags = Arg::Word(open::linux_flag::CLOEXEC.into());
    let fd = ctx.call_with(Sys::OPENAT, &mut [(-100).into(), Arg::In(path), flags])?;
    let mut text = Vec::new();
    let mut part = [0; 4096];
    while let Ok(len @ 1..) = ctx.call_with(Sys::READ, &mut [fd.into(), Arg::Out(&mut part), 4096.into()])
        && text.len() < MOST
    {
        text.extend_from_slice(part.get(..len as usize).unwrap_or(&part));
    }
    ctx.call(Sys::CLOSE, [fd, 0, 0, 0, 0, 0])?;
    Ok(text)
}

/// A file system as Linux tells it, with its mount.
struct System {
    facts: [u8; 120],
    mount: Option<Mount>,
}

impl System {
    fn u64(&self, at: u64) -> u64 {
        Bytes(&self.facts).u64(at).unwrap_or(0)
    }

    fn word(&self, field: Field, layout: &Layout) -> u64 {
        let (block, fragment) = (self.u64(8), self.u64(72));
        let fragment = if fragment == 0 { block } else { fragment };
        match field {
            Field::Constant(word) => word,
            Field::Flags => {
                let linux = self.u64(80);
                let pairs = layout.flags.iter().filter(|(_, theirs)| linux & theirs == *theirs);
                pairs.fold(0, |flags, (bit, _)| flags | bit)
            }
            Field::BlockSize | Field::FragmentSize => fragment,
            Field::IoSize => block,
            Field::Blocks => self.u64(16),
            Field::Free => self.u64(24),
            Field::Available => self.u64(32),
            Field::Reserved => self.u64(24).saturating_sub(self.u64(32)),
            Field::Files => self.u64(40),
            Field::FreeFiles => self.u64(48),
            Field::NameMax => self.u64(64),
            Field::Id => self.u64(56),
            Field::ShortId => self.u64(56) & 0xffff_ffff,
            Field::TypeName | Field::On | Field::From => 0,
        }
    }

    fn text(&self, field: Field) -> Option<&[u8]> {
        let mount = self.mount.as_ref();
        match field {
            Field::TypeName => Some(mount.map_or(b"unknown", |mount| &mount.kind)),
            Field::On => Some(mount.map_or(b"/", |mount| &mount.on)),
            Field::From => Some(mount.map_or(b"none", |mount| &mount.from)),
            _ => None,
        }
    }

    fn encode(&self, layout: &Layout) -> Vec<u8> {
        let mut record = vec![0; layout.size];
        for (field, at, len) in layout.fields {
            let Some(to) = record.get_mut(*at..at + len) else { continue };
            let word = self.word(*field, layout).to_le_bytes();
            // A text keeps its zero at the end.
            let (from, most) = self.text(*field).map_or((word.as_slice(), *len), |text| (text, len.saturating_sub(1)));
            for (to, byte) in to.iter_mut().zip(from.iter().take(most)) {
                *to = *byte;
            }
        }
        record
    }
}

fn of_path(ctx: &Ctx<'_>, path: u64) -> Result<System, Errno> {
    let place = Place::here(ctx, path)?;
    let mut facts = [0; 120];
    ctx.call_with(Sys::STATFS, &mut [Arg::In(&place.path), Arg::Out(&mut facts)])?;
    let device = Facts::of(ctx, place.dir, &place.path, 0)?.device();
    Ok(System { facts, mount: mount_of(ctx, device, &place.path) })
}

fn of_descriptor(ctx: &Ctx<'_>, fd: i32) -> Result<System, Errno> {
    let mut facts = [0; 120];
    ctx.call_with(Sys::FSTATFS, &mut [fd.into(), Arg::Out(&mut facts)])?;
    let device = Facts::of_descriptor(ctx, fd)?.device();
    Ok(System { facts, mount: mount_of(ctx, device, b"") })
}

/// The mount of a device: the one deepest above `path`, or the last made.
fn mount_of(ctx: &Ctx<'_>, device: (u32, u32), path: &[u8]) -> Option<Mount> {
    let ours = mounts(ctx).into_iter().filter(|mount| mount.device == device);
    ours.max_by_key(|mount| if path.starts_with(&mount.on) { mount.on.len() } else { 0 })
}

fn answer(ctx: &Ctx<'_>, system: &System, layout: &Layout, at: u64) -> Answer {
    ctx.write(Addr(at), &system.encode(layout))?;
    Ok(0.into())
}

/// `statfs(path, buf)`
pub fn statfs(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    answer(ctx, &of_path(ctx, args[0])?, ctx.files()?.statfs, args[1])
}

/// `fstatfs(fd, buf)`
pub fn fstatfs(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    answer(ctx, &of_descriptor(ctx, fd_of(args[0]))?, ctx.files()?.statfs, args[1])
}

/// `getfsstat(buf, bufsize, flags)`
pub fn getfsstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    list(ctx, ctx.files()?.statfs, args[0], args[1])
}

/// `statfs(path, buf)` of FreeBSD before 12; NetBSD's `statvfs1(path, buf, flags)` before 10.
pub fn old_statfs(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    answer(ctx, &of_path(ctx, args[0])?, ctx.files()?.old_statfs, args[1])
}

/// `fstatfs(fd, buf)` of FreeBSD before 12; NetBSD's `fstatvfs1(fd, buf, flags)` before 10.
pub fn old_fstatfs(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    answer(ctx, &of_descriptor(ctx, fd_of(args[0]))?, ctx.files()?.old_statfs, args[1])
}

/// `getfsstat(buf, bufsize, flags)` of FreeBSD before 12; NetBSD's `getvfsstat` before 10.
pub fn old_getfsstat(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    list(ctx, ctx.files()?.old_statfs, args[0], args[1])
}

/// `statvfs(path, buf)` of DragonFly.
pub fn statvfs(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    answer(ctx, &of_path(ctx, args[0])?, ctx.files()?.old_statfs, args[1])
}

/// `fstatvfs(fd, buf)` of DragonFly.
pub fn fstatvfs(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    answer(ctx, &of_descriptor(ctx, fd_of(args[0]))?, ctx.files()?.old_statfs, args[1])
}

/// Every mounted file system, as many as fit; only counted when there is no buffer.
fn list(ctx: &Ctx<'_>, layout: &Layout, at: u64, room: u64) -> Answer {
    let all = mounts(ctx);
    if at == 0 {
        return Ok((all.len() as u64).into());
    }
    let mut count = 0;
    for mount in all.into_iter().take((room / layout.size as u64) as usize) {
        let mut facts = [0; 120];
        let mut path = mount.on.clone();
        path.push(0);
        // A mount that may not be looked at is told by its names only.
        let _ = ctx.call_with(Sys::STATFS, &mut [Arg::In(&path), Arg::Out(&mut facts)]);
        let record = System { facts, mount: Some(mount) }.encode(layout);
        ctx.write(Addr(at).plus(count * layout.size as u64), &record)?;
        count += 1;
    }
    Ok(count.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_read_from_its_line() {
        let line = b"36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue";
        let expected =
            Mount { device: (98, 0), on: b"/mnt 2".to_vec(), kind: b"ext3".to_vec(), from: b"/dev/root".to_vec() };
        assert_eq!(Mount::parse(line), Some(expected));
        assert_eq!(Mount::parse(b"36 35 98:0 /mnt1"), None);
    }
}
