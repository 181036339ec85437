//! What of each mapping goes into a core file.
//!
//! Like Linux, a core leaves out what debuggers find in the program's own file: pages nobody changed. The first page of a
//! mapped program stays, with its headers and build id, so that a reader can tell whether a file is the one that was
//! mapped. Untouched memory costs nothing: pages of zeros are holes in the file.
//!
//! What does not fit the limit is left out in the order of its use to a reader: stacks and code of threads come first,
//! then the program's variables, then all else from the smallest mapping to the largest.

use super::file::Source as _;
use super::maps::Mapping;
use super::memory::Memory;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_formats::elf::core::write::Stretch;
use std::fmt;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// What a core file will hold.
pub(super) struct Plan {
    /// A stretch for each mapping, in their order.
    pub(super) stretches: Vec<Stretch>,
    /// Which of them have pages nobody touched.
    pub(super) sparse: Vec<bool>,
    pub(super) cut: Cut,
}

/// What a core file lacks.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Cut {
    /// Bytes of memory beyond the limit.
    pub(super) bytes: u64,
    /// The limit.
    pub(super) limit: u64,
    /// Threads whose registers are not known.
    pub(super) threads: usize,
}

impl Cut {
    pub(super) fn is_nothing(&self) -> bool {
        self.bytes == 0 && self.threads == 0
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bytes > 0 {
            write!(f, ": cut at {} bytes (--core-limit), {} bytes of memory are missing", self.limit, self.bytes)?;
        }
        if self.threads > 0 {
            write!(f, ": {} threads are missing, which were in calls that did not end", self.threads)?;
        }
        Ok(())
    }
}

/// How urgently a mapping is wanted: the less the sooner.
type Urgency = (u8, u64);

/// Decides what is kept of `mappings`, at most `limit` bytes of memory.
pub(super) fn plan(mappings: &[Mapping], memory: &Memory<'_>, places: &[Addr], limit: u64) -> Plan {
    let wants: Vec<Want> = mappings.iter().map(|mapping| want(mapping, memory)).collect();
    let stretch =
        |(mapping, want): (&Mapping, &Want)| Stretch { memory: mapping.memory, perms: mapping.perms, kept: want.kept };
    let mut stretches: Vec<Stretch> = mappings.iter().zip(&wants).map(stretch).collect();
    let mut order: Vec<_> = mappings.iter().zip(&wants).zip(&mut stretches).collect();
    order.sort_by_key(|((mapping, _), _)| urgency(mapping, places));
    let mut cut = Cut { limit, ..Cut::default() };
    let mut left = limit;
    for ((_, want), stretch) in order {
        if want.cost > left {
            stretch.kept = left & !(PAGE_SIZE - 1);
            cut.bytes += want.cost - stretch.kept;
        }
        left -= want.cost.min(left);
    }
    Plan { stretches, sparse: wants.iter().map(|want| want.is_sparse).collect(), cut }
}

fn urgency(mapping: &Mapping, places: &[Addr]) -> Urgency {
    let class = match () {
        () if places.iter().any(|at| mapping.memory.contains(*at)) => 0,
        () if mapping.is_file() => 1,
        () => 2,
    };
    (class, mapping.memory.len())
}

/// What of a mapping should be in the file.
#[derive(Default)]
struct Want {
    /// From its start.
    kept: u64,
    /// How many bytes that takes, holes left out, at most.
    cost: u64,
    /// Whether it has pages nobody touched.
    is_sparse: bool,
}

impl Want {
    fn whole(kept: u64) -> Want {
        Want { kept, cost: kept, is_sparse: false }
    }
}

/// The untouched end of a larger mapping is not even a hole: file systems have limits too.
const LONGEST_HOLE: u64 = 1 << 30;

fn want(mapping: &Mapping, memory: &Memory<'_>) -> Want {
    let len = mapping.memory.len();
    if !mapping.perms.is_read || mapping.is_device() {
        return Want::default();
    }
    if mapping.is_file() && !mapping.perms.is_write && is_as_in_file(mapping, memory) {
        return Want::whole(if mapping.offset == 0 { PAGE_SIZE.min(len) } else { 0 });
    }
    if !mapping.is_anonymous() {
        return Want::whole(len);
    }
    memory.touched(mapping.memory.start, len).map_or(Want::whole(len), |touched| Want {
        kept: if len > LONGEST_HOLE { touched.end } else { len },
        cost: touched.count * PAGE_SIZE,
        is_sparse: true,
    })
}

/// Whether a mapping holds what its file has, and that file is still the one under its name.
fn is_as_in_file(mapping: &Mapping, memory: &Memory<'_>) -> bool {
    const CHUNK: usize = 1 << 18;
    let path = Path::new(std::ffi::OsStr::from_bytes(&mapping.name));
    let Ok(file) = File::open(path) else { return false };
    if file.metadata().map_or(0, |meta| meta.ino()) != mapping.inode {
        return false;
    }
    let (mut here, mut there) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut at = 0;
    while at < mapping.memory.len() {
        let len = (mapping.memory.len() - at).min(CHUNK as u64) as usize;
        let (Some(here), Some(there)) = (here.get_mut(..len), there.get_mut(..len)) else { return false };
        let read = memory.read(mapping.memory.start.plus(at), here);
        // The last page of a file goes on with zeros.
        there.fill(0);
        let mut filled = 0;
        while let Some(rest) = there.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, mapping.offset + at + filled as u64) {
                Ok(0) => break,
                Ok(len) => filled += len,
                Err(_) => return false,
            }
        }
        if here.get(..read) != there.get(..read) {
            return false;
        }
        at += len as u64;
    }
    true
}
