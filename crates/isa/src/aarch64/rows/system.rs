//! System registers, barriers, hints, caches.

mod lift;
mod registers;
mod table;

pub(super) use table::ROWS;
