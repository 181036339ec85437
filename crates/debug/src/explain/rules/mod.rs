//! The rules, by what they speak of. Each is a function from evidence to a verdict; [`table`] lists them.

mod calls;
mod endings;
mod instructions;
mod memory;
mod systems;
mod table;

pub use table::RULES;
