//! The rules, by what they speak of. Each is a function from evidence to a verdict; [`table`] lists them.

mod allocations;
mod calls;
mod children;
mod clocks;
mod endings;
mod exits;
mod harmless;
mod instructions;
mod jumps;
mod memory;
mod pointers;
mod ranges;
mod records;
mod registers;
mod shape;
mod signals;
mod stack;
mod startup;
mod systems;
mod table;
mod variants;
mod words;

pub(super) use harmless::is_harmless;
pub use table::RULES;
