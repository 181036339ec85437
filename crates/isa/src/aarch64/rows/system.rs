//! System registers, barriers, hints, caches.

mod lift;
mod registers;
mod table;

pub(super) use registers::COUNTER_HZ;
pub(super) use table::ROWS;
