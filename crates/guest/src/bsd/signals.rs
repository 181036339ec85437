//! Signals: numbers, actions, masks, stacks.

use ashore_pivot::Signal;

/// What a system must supply.
pub struct Words {}

/// The BSDs' number of a Linux signal; 0 when they have none.
pub fn from_linux(signal: Signal) -> u32 {
    u32::from(signal.0)
}

/// The Linux signal of a BSD number.
pub fn to_linux(number: u64) -> Option<Signal> {
    Signal::new(number)
}

/// The name of a BSD signal number.
pub fn name(_number: u32) -> Option<&'static str> {
    None
}
