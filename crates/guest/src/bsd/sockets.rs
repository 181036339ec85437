//! Sockets.

/// What a system must supply.
pub struct Words {}
