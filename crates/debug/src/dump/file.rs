//! Writing the file: whole under its name, or not at all.

use ashore_base::{Addr, PAGE_SIZE};
use ashore_formats::elf::core::write::{Head, Stretch};
use ashore_pivot::Sys;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How much memory is read at once.
const CHUNK: usize = 1 << 18;
/// How long it may take: whoever waits for a witness gives up a little later, and would leave a part of a file behind.
const TIME: Duration = Duration::from_secs(15);

/// Where the memory of a process comes from.
pub trait Source {
    /// Fills `into` as far as memory is there.
    fn read(&self, at: Addr, into: &mut [u8]) -> usize;

    /// Whether nobody ever touched this memory. False when that is not known.
    fn is_untouched(&self, at: Addr, len: u64) -> bool;
}

/// What the file holds.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// What stands before the memory.
    pub head: &'a Head,
    /// The memory.
    pub stretches: &'a [Stretch],
    /// Which of the stretches have pages nobody touched.
    pub sparse: &'a [bool],
}

/// The name with `%p` replaced by the process's id.
pub fn final_path(path: &Path, pid: i32) -> PathBuf {
    let mut name = Vec::new();
    let mut rest = path.as_os_str().as_bytes();
    while let Some(at) = rest.windows(2).position(|pair| pair == b"%p") {
        let (before, after) = rest.split_at(at);
        name.extend_from_slice(before);
        name.extend(pid.to_string().into_bytes());
        rest = after.get(2..).unwrap_or_default();
    }
    name.extend_from_slice(rest);
    PathBuf::from(OsString::from_vec(name))
}

/// Writes the core file: first beside its name, then under it.
pub fn write(path: &Path, contents: &Contents<'_>, memory: &dyn Source) -> io::Result<()> {
    // Nobody means to have a device or a socket replaced.
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file() && !there.is_symlink()) {
        return Err(io::Error::other("something that is no file has this name"));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let made = create(&beside).and_then(|file| fill(&file, contents, memory));
    let done = made.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done
}

/// Makes a new file that only its owner can read: memory may hold secrets.
fn create(path: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.write(true).create_new(true).mode(0o600);
    how.open(path)
}

fn fill(file: &File, contents: &Contents<'_>, memory: &dyn Source) -> io::Result<()> {
    let Contents { head, stretches, sparse } = *contents;
    file.write_all_at(&head.bytes, 0)?;
    let begun = Instant::now();
    let mut bytes = vec![0; CHUNK];
    for ((stretch, sparse), offset) in stretches.iter().zip(sparse).zip(&head.offsets) {
        let mut at = 0;
        while at < stretch.kept {
            let len = (stretch.kept - at).min(CHUNK as u64) as usize;
            let Some(chunk) = bytes.get_mut(..len) else { break };
            let start = stretch.memory.start.plus(at);
            if *sparse && memory.is_untouched(start, len as u64) {
                at += len as u64;
                continue;
            }
            if begun.elapsed() > TIME {
                return Err(io::Error::new(io::ErrorKind::TimedOut, format!("it took more than {TIME:?} to write")));
            }
            let read = memory.read(start, chunk);
            write_pages(file, chunk.get(..read).unwrap_or_default(), offset + at)?;
            // Behind a page that is not there (the end of a mapped file) others may be.
            let step = if read == 0 { PAGE_SIZE.min(len as u64) } else { read as u64 };
            at += step;
        }
    }
    file.set_len(head.len)
}

/// Writes runs of pages that are not all zero.
fn write_pages(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let is_zero = |page: &[u8]| page.iter().all(|byte| *byte == 0);
    let mut start = 0;
    while start < bytes.len() {
        let rest = bytes.get(start..).unwrap_or_default();
        let mut pages = rest.chunks(PAGE_SIZE as usize);
        let run: usize = pages.by_ref().take_while(|page| !is_zero(page)).map(<[u8]>::len).sum();
        if run > 0 {
            file.write_all_at(rest.get(..run).unwrap_or_default(), offset + start as u64)?;
        }
        start += run.max(1).next_multiple_of(PAGE_SIZE as usize);
    }
    Ok(())
}

/// Sees to it that files can be opened when the guest used up its descriptors: this is a copy of the process that nobody
/// else sees, so some of its descriptors are closed.
pub(super) fn make_room() {
    const WANTED: usize = 8;
    const VICTIMS: std::ops::Range<u64> = 3..11;
    let free: Vec<File> = (0..WANTED).map_while(|_| File::open("/proc/self/maps").ok()).collect();
    let is_full = free.len() < WANTED;
    drop(free);
    if is_full {
        for fd in VICTIMS {
            let _ = ashore_sys::call(u64::from(Sys::CLOSE.0), [fd, 0, 0, 0, 0, 0]);
        }
    }
}
