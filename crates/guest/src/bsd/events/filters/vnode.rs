//! VNODE: a file that changes, by one inotify descriptor for each kqueue.
//!
//! Linux tells that an open file lost its last name only by its attributes, so each change of those is compared with what
//! the file was. An open directory that is removed tells nothing at all before it is closed; a watch on its parent does.

use super::Filter;
use crate::Ctx;
use crate::bsd::events::Words;
use crate::bsd::events::poller::{self, CLOEXEC, NONBLOCK, Set, epoll};
use crate::bsd::events::queue::{Handle, Inner, Kind, Note, Source};
use crate::bsd::events::record::Event;
use alloc::format;
use alloc::vec::Vec;
use ashore_base::Bytes;
use ashore_pivot::{Arg, Errno, Sys};

#[allow(missing_docs)] // The manual's names; the same on the three systems.
mod note {
    pub const DELETE: u32 = 0x1;
    pub const WRITE: u32 = 0x2;
    pub const EXTEND: u32 = 0x4;
    pub const ATTRIB: u32 = 0x8;
    pub const LINK: u32 = 0x10;
    pub const RENAME: u32 = 0x20;
    pub const OPEN: u32 = 0x80;
    pub const CLOSE: u32 = 0x100;
    pub const CLOSE_WRITE: u32 = 0x200;
    pub const READ: u32 = 0x400;
}

#[allow(missing_docs)] // Linux's names.
mod inotify {
    pub const ACCESS: u32 = 0x1;
    pub const MODIFY: u32 = 0x2;
    pub const ATTRIB: u32 = 0x4;
    pub const CLOSE_WRITE: u32 = 0x8;
    pub const CLOSE_NOWRITE: u32 = 0x10;
    pub const OPEN: u32 = 0x20;
    pub const MOVED_FROM: u32 = 0x40;
    pub const MOVED_TO: u32 = 0x80;
    pub const CREATE: u32 = 0x100;
    pub const DELETE: u32 = 0x200;
    pub const DELETE_SELF: u32 = 0x400;
    pub const MOVE_SELF: u32 = 0x800;
    pub const IGNORED: u32 = 0x8000;
    pub const MASK_ADD: u32 = 0x2000_0000;
    pub const ISDIR: u32 = 0x4000_0000;
    pub const HEADER: u64 = 16;
}

/// Names come and go in a directory.
const NAMES: u32 = inotify::CREATE | inotify::DELETE | inotify::MOVED_FROM | inotify::MOVED_TO;

/// What is remembered of a watched file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Its watch in the kqueue's watcher, or -1 when that is gone.
    pub watch: i32,
    /// A directory's parent's watch, or -1.
    parent: i32,
    size: u64,
    links: u64,
}

struct Stat {
    mode: u32,
    size: u64,
    links: u64,
}

fn stat(ctx: &Ctx<'_>, fd: i32) -> Result<Stat, Errno> {
    let mut stat = [0; 144];
    ctx.call_with(Sys::FSTAT, &mut [fd.into(), Arg::Out(&mut stat)])?;
    let stat = Bytes(&stat);
    let read = || Some(Stat { mode: stat.u32(24)?, size: stat.u64(48)?, links: stat.u64(16)? });
    read().ok_or(Errno::EINVAL)
}

/// Watches a file.
pub fn attach(set: Set<'_, '_>, inner: &mut Inner, ident: u64, note: Note) -> Result<Handle, Errno> {
    const S_IFMT: u32 = 0o170_000;
    const S_IFDIR: u32 = 0o040_000;
    const S_IFSOCK: u32 = 0o140_000;
    let fd = poller::check_open(set.ctx, ident)?;
    let stat = stat(set.ctx, fd)?;
    if stat.mode & S_IFMT == S_IFSOCK {
        return Err(Errno::EINVAL);
    }
    let watch = watch(set, inner, fd, mask(note.wanted))?;
    let is_directory = stat.mode & S_IFMT == S_IFDIR && note.wanted & note::DELETE != 0;
    let parent = if is_directory { watch_parent(set, inner, fd).unwrap_or(-1) } else { -1 };
    let file = File { watch, parent, size: stat.size, links: stat.links };
    let mut source = Source::new(ident, Kind::Vnode(file), note);
    source.fd = fd;
    Ok(inner.insert(source))
}

/// Watches for more, after a note changed.
pub fn touch(set: Set<'_, '_>, inner: &mut Inner, handle: Handle) -> Result<(), Errno> {
    let Some(Source { fd, notes: [Some(note), _], .. }) = inner.source(handle) else { return Ok(()) };
    let (fd, mask) = (*fd, mask(note.wanted));
    watch(set, inner, fd, mask).map(drop)
}

/// Ends the watch of a source that was removed, unless another shares it.
pub fn dispose(ctx: &Ctx<'_>, inner: &mut Inner, source: &Source) {
    let mine = match source.kind {
        Kind::Vnode(file) => [file.watch, file.parent],
        _ => [source.growth_watch, -1],
    };
    for watch in mine {
        if watch >= 0 && inner.watcher >= 0 && watched(inner, watch).is_empty() {
            let _ = ctx.call(Sys::INOTIFY_RM_WATCH, [inner.watcher as u64, watch as u64, 0, 0, 0, 0]);
        }
    }
}

fn mask(wanted: u32) -> u32 {
    let wants = |bits: u32, mask: u32| if wanted & bits != 0 { mask } else { 0 };
    // Attributes tell of links and deletion too.
    wants(note::DELETE | note::ATTRIB | note::LINK, inotify::ATTRIB | inotify::DELETE_SELF)
        | wants(note::WRITE | note::EXTEND, inotify::MODIFY)
        | wants(note::WRITE | note::EXTEND | note::LINK, NAMES)
        | wants(note::RENAME, inotify::MOVE_SELF)
        | wants(note::OPEN, inotify::OPEN)
        | wants(note::CLOSE, inotify::CLOSE_NOWRITE)
        | wants(note::CLOSE_WRITE, inotify::CLOSE_WRITE)
        | wants(note::READ, inotify::ACCESS)
        // A note without bits is legal, a watch without is not.
        | inotify::DELETE_SELF
}

fn watch(set: Set<'_, '_>, inner: &mut Inner, fd: i32, mask: u32) -> Result<i32, Errno> {
    watch_path(set, inner, format!("/proc/self/fd/{fd}\0").as_bytes(), mask)
}

/// Watches the directory that holds the directory `fd`, for names that go.
fn watch_parent(set: Set<'_, '_>, inner: &mut Inner, fd: i32) -> Result<i32, Errno> {
    let link = format!("/proc/self/fd/{fd}\0");
    let mut path = [0; 4096];
    let size = path.len() as u64;
    let args = &mut [(-100).into(), Arg::In(link.as_bytes()), Arg::Out(&mut path), size.into()];
    let len = set.ctx.call_with(Sys::READLINKAT, args)? as usize;
    let path = path.get(..len).unwrap_or(&[]);
    let end = path.iter().rposition(|byte| *byte == b'/').ok_or(Errno::ENOENT)?;
    let mut parent = path.get(..end.max(1)).unwrap_or(&[]).to_vec();
    parent.push(0);
    watch_path(set, inner, &parent, inotify::DELETE)
}

fn watch_path(set: Set<'_, '_>, inner: &mut Inner, path: &[u8], mask: u32) -> Result<i32, Errno> {
    if inner.watcher < 0 {
        let fd = set.ctx.call(Sys::INOTIFY_INIT1, [CLOEXEC | NONBLOCK, 0, 0, 0, 0, 0])?;
        let fd = poller::hide(set.ctx, fd as i32);
        if let Err(errno) = set.watch(fd, 0, epoll::IN, Handle::WATCHER) {
            poller::close(set.ctx, fd);
            return Err(errno);
        }
        inner.watcher = fd;
    }
    let mask = u64::from(mask | inotify::MASK_ADD);
    let args = &mut [inner.watcher.into(), Arg::In(path), mask.into()];
    set.ctx.call_with(Sys::INOTIFY_ADD_WATCH, args).map(|watch| watch as i32)
}

/// Watches a regular file that is read to its end, for it to grow.
pub fn watch_growth(set: Set<'_, '_>, inner: &mut Inner, handle: Handle) {
    let Some(source) = inner.source(handle) else { return };
    let (fd, is_watched) = (source.fd, source.growth_watch >= 0);
    if !is_watched
        && let Ok(watch) = watch(set, inner, fd, inotify::MODIFY)
        && let Some(source) = inner.source(handle)
    {
        source.growth_watch = watch;
    }
}

/// Takes in what the watcher tells, all of it.
pub fn arrive(set: Set<'_, '_>, words: &Words, inner: &mut Inner) {
    let mut buffer = [0; 4096];
    loop {
        let size = buffer.len() as u64;
        let args = &mut [inner.watcher.into(), Arg::Out(&mut buffer), size.into()];
        let Ok(len @ 1..) = set.ctx.call_with(Sys::READ, args) else { return };
        for (watch, mask, is_of_child) in records(&buffer, len) {
            for handle in watched(inner, watch) {
                hear(set.ctx, words, inner, handle, (watch, mask), is_of_child);
                if inner.source(handle).is_some_and(|source| source.has_news()) {
                    inner.queue(handle);
                }
            }
        }
    }
}

/// The records the watcher gave: watch, mask, whether it is about a name in a directory.
fn records(buffer: &[u8], len: u64) -> Vec<(i32, u32, bool)> {
    let bytes = Bytes(buffer);
    let mut at = 0;
    let mut records = Vec::new();
    while at + inotify::HEADER <= len {
        let (Some(watch), Some(mask), Some(name)) = (bytes.u32(at), bytes.u32(at + 4), bytes.u32(at + 12)) else {
            break;
        };
        records.push((watch as i32, mask, name != 0));
        at += inotify::HEADER + u64::from(name);
    }
    records
}

fn watched(inner: &mut Inner, watch: i32) -> Vec<Handle> {
    let is_it = |source: &Source| match source.kind {
        Kind::Vnode(file) => file.watch == watch || file.parent == watch,
        _ => source.growth_watch == watch,
    };
    inner.sources().filter(|(_, source)| is_it(source)).map(|(handle, _)| handle).collect()
}

fn hear(ctx: &Ctx<'_>, words: &Words, inner: &mut Inner, handle: Handle, (watch, mask): (i32, u32), is_of_child: bool) {
    let Some(source) = inner.source(handle) else { return };
    if mask & inotify::IGNORED != 0 {
        forget(source, watch);
        return;
    }
    let Kind::Vnode(file) = &mut source.kind else {
        source.note(Filter::Read).into_iter().for_each(|note| note.fired |= epoll::IN);
        return;
    };
    let mut happened = 0;
    if file.watch == watch {
        happened |= if is_of_child { names_changed(mask) } else { changed(ctx, words, source.fd, file, mask) };
    }
    if file.parent == watch && mask & inotify::DELETE != 0 {
        happened |= changed(ctx, words, source.fd, file, inotify::ATTRIB) & note::DELETE;
    }
    for note in source.notes.iter_mut().flatten() {
        note.fired |= happened & note.wanted;
    }
}

/// A watch ended by itself.
fn forget(source: &mut Source, watch: i32) {
    let clear = |of: &mut i32| *of = if *of == watch { -1 } else { *of };
    clear(&mut source.growth_watch);
    if let Kind::Vnode(file) = &mut source.kind {
        clear(&mut file.watch);
        clear(&mut file.parent);
    }
}

fn names_changed(mask: u32) -> u32 {
    let is_link = mask & inotify::ISDIR != 0 && mask & (inotify::CREATE | inotify::DELETE) != 0;
    match mask & NAMES {
        0 => 0,
        _ if is_link => note::WRITE | note::LINK,
        _ => note::WRITE,
    }
}

fn changed(ctx: &Ctx<'_>, words: &Words, fd: i32, file: &mut File, mask: u32) -> u32 {
    let mut happened = 0;
    if let Ok(now) = stat(ctx, fd) {
        if mask & inotify::MODIFY != 0 {
            happened |= note::WRITE;
            happened |= if now.size > file.size { note::EXTEND } else { 0 };
            file.size = now.size;
        }
        if mask & inotify::ATTRIB != 0 {
            happened |= match now.links {
                0 if file.links != 0 => note::DELETE,
                links if links < file.links => words.unlink_note,
                links if links > file.links => note::LINK,
                _ => note::ATTRIB,
            };
            file.links = now.links;
        }
    }
    let direct = [
        (inotify::DELETE_SELF, note::DELETE),
        (inotify::MOVE_SELF, note::RENAME),
        (inotify::OPEN, note::OPEN),
        (inotify::CLOSE_NOWRITE, note::CLOSE),
        (inotify::CLOSE_WRITE, note::CLOSE_WRITE),
        (inotify::ACCESS, note::READ),
    ];
    direct.iter().filter(|(bit, _)| mask & bit != 0).fold(happened, |happened, (_, note)| happened | note)
}

/// The event of a file that changed.
pub fn report(source: &Source, note: &Note) -> Event {
    Event { fflags: note.fired, ..note.event(source.ident) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_any_name_length_are_read() {
        let mut bytes = [0; 64];
        bytes[0] = 3;
        bytes[4..8].copy_from_slice(&inotify::CREATE.to_le_bytes());
        bytes[12] = 16;
        bytes[32] = 4;
        bytes[36] = inotify::MODIFY as u8;
        assert_eq!(records(&bytes, 48), [(3, inotify::CREATE, true), (4, inotify::MODIFY, false)]);
        assert_eq!(records(&bytes, 47).len(), 1);
    }

    #[test]
    fn a_new_directory_is_a_link_of_its_parent() {
        assert_eq!(names_changed(inotify::CREATE | inotify::ISDIR), note::WRITE | note::LINK);
        assert_eq!(names_changed(inotify::MOVED_TO), note::WRITE);
        assert_eq!(names_changed(inotify::ATTRIB), 0);
    }
}
