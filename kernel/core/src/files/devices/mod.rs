//! Devices: which ones there are, and `/dev`.

mod simple;
pub mod table;

use super::mounts::Mount;
use super::node::{Kind, New, Node};
use super::tty::pair::PtsDirectory;
use super::{Visitor, tmpfs::Tmpfs};
use crate::call::{Call, Stop};
use crate::file::File;
use crate::kernel::Kernel;
use alloc::sync::Arc;
use ashore_pivot::Errno;
use ashore_pivot::layout::stat::{device, device_parts};

/// One device: a name in `/dev`, its numbers, what opens it.
#[derive(Clone, Copy)]
pub struct DeviceRow {
    /// Its name in `/dev`.
    pub name: &'static str,
    /// Its major and minor number.
    pub numbers: (u32, u32),
    /// Its permissions.
    pub mode: u32,
    /// Opens it.
    pub open: Opener,
}

/// Opens a device with flags.
pub type Opener = fn(&mut Call<'_>, u32) -> Result<Arc<dyn File>, Stop>;

impl core::fmt::Debug for DeviceRow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}

/// Opens the device with a number.
pub(super) fn open(call: &mut Call<'_>, number: u64, flags: u32) -> Result<Arc<dyn File>, Stop> {
    let numbers = device_parts(number);
    let row = table::DEVICES.iter().find(|row| row.numbers == numbers).ok_or(Errno::ENXIO)?;
    (row.open)(call, flags)
}

/// Makes a directory at a path of names, and those above it; gives what is there.
pub fn make_directories(kernel: &Kernel, path: &[u8]) -> Result<Arc<dyn Node>, Errno> {
    let visitor = Visitor::kernel(kernel);
    let mut dir = kernel.tree.root().clone();
    for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
        dir = match dir.look(&visitor, name) {
            Err(Errno::ENOENT) => dir.make(&visitor, name, &New::directory(0o755))?,
            found => found?,
        };
    }
    Ok(dir)
}

/// Makes `/dev`.
pub(super) fn mount(kernel: &Kernel) -> Result<(), Errno> {
    let visitor = Visitor::kernel(kernel);
    let root = Tmpfs::root(kernel.physical, kernel.wall());
    make_directories(kernel, b"dev")?.cover(root.clone())?;
    let mounts = &kernel.tree.mounts;
    mounts.add(Mount { root: root.clone(), source: b"devtmpfs".to_vec(), kind: "tmpfs", options: "" });
    for row in table::DEVICES {
        let new = New { kind: Kind::Character, mode: row.mode, ..New::directory(0) };
        root.make(&visitor, row.name.as_bytes(), &New { device: device(row.numbers.0, row.numbers.1), ..new })?;
    }
    for (name, target) in table::LINKS {
        root.make(&visitor, name.as_bytes(), &New::link(target.as_bytes()))?;
    }
    root.make(&visitor, b"shm", &New::directory(0o1777))?;
    let pts = root.make(&visitor, b"pts", &New::directory(0o755))?;
    let terminals = PtsDirectory::new(&root);
    pts.cover(terminals.clone())?;
    let options = ",gid=5,mode=620,ptmxmode=666";
    mounts.add(Mount { root: terminals, source: b"devpts".to_vec(), kind: "devpts", options });
    Ok(())
}

impl New {
    /// A directory of the first user's.
    pub const fn directory(mode: u32) -> New {
        New { kind: Kind::Directory, mode, user: 0, group: 0, device: 0, target: alloc::vec::Vec::new() }
    }

    /// A link of the first user's.
    pub fn link(target: &[u8]) -> New {
        New { kind: Kind::Link, target: target.to_vec(), ..New::directory(0o777) }
    }
}
