//! Integer arithmetic and logic on general registers.

mod arithmetic;
mod logic;
mod table;

pub(super) use arithmetic::extended;
pub(super) use logic::bitmask;
pub(super) use table::ROWS;
