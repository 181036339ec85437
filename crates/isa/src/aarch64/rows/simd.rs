//! Advanced SIMD: vectors, and scalars in vector registers.

mod across;
mod copy;
mod different;
mod element;
mod float;
mod form;
mod permute;
mod same;
mod shift;
mod table;
mod two;

pub(super) use table::ROWS;
