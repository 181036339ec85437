//! `/proc`.

mod machine;
mod memory;
mod process;
pub mod table;
#[cfg(test)]
mod tests;

use super::devices::make_directories;
use super::made::{Made, System};
use super::mounts::Mount;
use super::node::Node;
use crate::kernel::Kernel;
use alloc::sync::Arc;
use ashore_pivot::Errno;
use ashore_pivot::layout::statfs::{PROC_SUPER_MAGIC, SYSFS_MAGIC};

/// Puts `/proc` and `/sys` in their places.
pub(super) fn mount(kernel: &Kernel) -> Result<(), Errno> {
    let root = kernel.tree.root().clone();
    for (name, kind) in [(&b"proc"[..], "proc"), (b"sys", "sysfs")] {
        let made = tree(kernel, kind, (root.clone(), name)).ok_or(Errno::ENODEV)?;
        make_directories(kernel, name)?.cover(made.clone())?;
        kernel.tree.mounts.add(Mount { root: made, source: kind.as_bytes().to_vec(), kind, options: "" });
    }
    Ok(())
}

/// A tree of a kind that is made, for a name in a directory.
pub(crate) fn tree(kernel: &Kernel, kind: &str, place: (Arc<dyn Node>, &[u8])) -> Option<Arc<dyn Node>> {
    let (system, content) = match kind {
        "proc" => (System { device: 0x12, magic: PROC_SUPER_MAGIC }, table::ROOT),
        "sysfs" => (System { device: 0x13, magic: SYSFS_MAGIC }, super::sys::ROOT),
        _ => return None,
    };
    Some(Made::root(system, content, place, kernel.wall()))
}
