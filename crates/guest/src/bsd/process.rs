//! Processes, threads, limits, memory and time.

/// What a system must supply.
pub struct Words {}
