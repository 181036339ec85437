//! The identity of a Linux call, independent of the CPU's numbering.

mod table;

pub use table::{ROWS, SysRow};

use core::fmt;

/// A Linux call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sys(pub u16);

impl Sys {
    /// The row of this call.
    pub fn row(self) -> Option<&'static SysRow> {
        ROWS.binary_search_by_key(&self, |row| row.sys).ok().and_then(|at| ROWS.get(at))
    }

    /// The name in the kernel's tables.
    pub fn name(self) -> &'static str {
        self.row().map_or("?", |row| row.name)
    }
}

impl fmt::Debug for Sys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
