//! The files that came with the machine: an archive whose pages become the pages of files.

use super::Visitor;
use super::devices::make_directories;
use super::node::{Kind, New, Node};
use super::tmpfs::Regular;
use super::tmpfs::store::Origin;
use crate::kernel::Kernel;
use crate::machine::Machine;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::PAGE_SIZE;
use ashore_formats::boot::{START_PATH, Start};
use ashore_formats::cpio::{Entry, Source, entries};
use ashore_pivot::Errno;
use ashore_pivot::layout::stat::device;
use ashore_report::{Report, table::UNSUPPORTED_LAYOUT};

/// Seconds to nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The archive's bytes.
struct Archive(&'static dyn Machine);

impl Source for Archive {
    fn len(&self) -> u64 {
        self.0.files_len() as u64
    }

    fn read(&self, at: u64, mut into: &mut [u8]) -> Option<()> {
        let end = at.checked_add(into.len() as u64)?;
        if end > self.len() {
            return None;
        }
        let mut at = at;
        while !into.is_empty() {
            let offset = (at % PAGE_SIZE) as usize;
            let count = into.len().min(PAGE_SIZE as usize - offset);
            let (part, rest) = into.split_at_mut_checked(count)?;
            self.0.read_frame(self.0.files_frame((at / PAGE_SIZE) as usize)?, offset, part);
            into = rest;
            at += count as u64;
        }
        Some(())
    }
}

impl Kernel {
    /// Puts the files that came with the machine into the tree, and the directories every program expects.
    pub fn unpack(&self) -> Result<(), Report> {
        let archive = Archive(self.machine());
        let mut made = BTreeMap::new();
        for entry in entries(&archive) {
            let entry = entry?;
            put(self, &archive, &entry, &mut made).map_err(|errno| failed(&entry.path, errno))?;
        }
        self.furnish().map_err(|errno| failed(b"/dev", errno))
    }

    /// The record that says what to run.
    pub fn start_record(&self) -> Result<Start, Report> {
        let archive = Archive(self.machine());
        for entry in entries(&archive) {
            let entry = entry?;
            if entry.path == START_PATH.as_bytes() {
                return Start::decode(&contents(&archive, &entry));
            }
        }
        Err(failed(START_PATH.as_bytes(), Errno::ENOENT))
    }

    /// The directories and devices every program expects.
    fn furnish(&self) -> Result<(), Errno> {
        for (path, mode) in [(&b"tmp"[..], 0o1777), (b"run", 0o755), (b"var/tmp", 0o1777), (b"root", 0o700)] {
            let node = make_directories(self, path)?;
            if let Some(attributes) = node.attributes() {
                attributes.inner.lock().mode = mode;
            }
        }
        super::devices::mount(self)?;
        super::proc::mount(self)
    }
}

fn failed(path: &[u8], errno: Errno) -> Report {
    UNSUPPORTED_LAYOUT.because(alloc::format!("{errno:?}")).in_file(&alloc::string::String::from_utf8_lossy(path))
}

/// The data of an entry.
fn contents(archive: &Archive, entry: &Entry) -> Vec<u8> {
    let mut bytes = alloc::vec![0; entry.data.len as usize];
    let read = archive.read(entry.data.offset, &mut bytes);
    read.map(|()| bytes).unwrap_or_default()
}

/// The files of several names so far, by their numbers.
type Made = BTreeMap<u32, Arc<dyn Node>>;

fn put(kernel: &Kernel, archive: &Archive, entry: &Entry, made: &mut Made) -> Result<(), Errno> {
    let visitor = Visitor::kernel(kernel);
    let path = entry.path.strip_suffix(b"/").unwrap_or(&entry.path);
    let split = path.iter().rposition(|byte| *byte == b'/');
    let (above, name) = match split {
        Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()),
        None => (&[][..], path),
    };
    let Some(kind) = Kind::of_mode(entry.mode) else { return Ok(()) };
    let dir = make_directories(kernel, above)?;
    let new = New {
        kind,
        mode: entry.mode & 0o7777,
        user: entry.user,
        group: entry.group,
        device: device(entry.device.0, entry.device.1),
        target: if kind == Kind::Link { contents(archive, entry) } else { Vec::new() },
    };
    let is_shared = entry.links > 1 && kind == Kind::Regular;
    let known = made.get(&entry.node).filter(|_| is_shared);
    let node = match (name, known) {
        (b"" | b"." | b"..", _) => dir,
        (_, Some(node)) => {
            dir.link(&visitor, name, node)?;
            node.clone()
        }
        (_, None) => match dir.make(&visitor, name, &new) {
            // The later one of two with a name counts; a directory is the same one.
            Err(Errno::EEXIST) => dir.look(&visitor, name)?,
            node => node?,
        },
    };
    if is_shared {
        made.insert(entry.node, node.clone());
    }
    if let Some(file) = node.as_any().downcast_ref::<Regular>()
        && (entry.data.len > 0 || !is_shared)
    {
        file.begin_as(Origin { offset: entry.data.offset, len: entry.data.len });
    }
    if let Some(attributes) = node.attributes() {
        let mut inner = attributes.inner.lock();
        let time = u64::from(entry.modified) * SECOND;
        (inner.mode, inner.user, inner.group) = (new.mode, new.user, new.group);
        (inner.modified, inner.accessed) = (time, time);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
