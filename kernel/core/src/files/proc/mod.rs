//! `/proc`.

mod machine;
mod memory;
mod process;
pub mod table;
#[cfg(test)]
mod tests;

use super::devices::make_directories;
use super::made::{Made, System};
use crate::kernel::Kernel;
use ashore_pivot::Errno;
use ashore_pivot::layout::statfs::{PROC_SUPER_MAGIC, SYSFS_MAGIC};

/// Puts `/proc` and `/sys` in their places.
pub(super) fn mount(kernel: &Kernel) -> Result<(), Errno> {
    let root = kernel.tree.root().clone();
    for (name, system, content) in [
        (&b"proc"[..], System { device: 0x12, magic: PROC_SUPER_MAGIC }, table::ROOT),
        (b"sys", System { device: 0x13, magic: SYSFS_MAGIC }, super::sys::ROOT),
    ] {
        let made = Made::root(system, content, (root.clone(), name), kernel.wall());
        make_directories(kernel, name)?.cover(made)?;
    }
    Ok(())
}
