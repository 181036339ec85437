//! Ciphers and hashes.

mod lift;
mod table;

pub(super) use table::ROWS;
