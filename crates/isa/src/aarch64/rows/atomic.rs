//! Atomic accesses, ordered accesses, exclusives.

mod lift;
mod table;

pub(super) use table::ROWS;
