//! Signals: numbers, sets, records and calls.

pub mod calls;
mod info;
mod map;
mod records;
#[cfg(test)]
mod tests;
pub mod wait;

pub use info::{Codes, InfoLayout};
pub use map::{Map, name};
pub use records::{ActionLayout, SET_LEN, STACK_LEN, stack_record};

/// What a system must supply.
pub struct Words {
    /// Its numbers.
    pub map: &'static Map,
    /// Its codes.
    pub codes: Codes,
    /// Its siginfo.
    pub info: InfoLayout,
    /// Its sigaction.
    pub action: ActionLayout,
    /// The wait status of a continued process.
    pub continued: u32,
    /// The smallest alternate stack it takes.
    pub min_stack: u64,
}
