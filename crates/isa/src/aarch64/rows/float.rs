//! Floating point on scalars.

mod convert;
mod lift;
mod table;

pub(in crate::aarch64) use convert::javascript;
pub(super) use lift::immediate;
pub(super) use table::ROWS;
