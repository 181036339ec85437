//! Branches, calls of the system, breakpoints.

mod lift;
mod table;

pub(super) use table::ROWS;
