//! Loads and stores of registers, general and vector.

mod address;
mod lift;
mod table;
mod turns;
mod vectors;

pub(super) use table::ROWS;
