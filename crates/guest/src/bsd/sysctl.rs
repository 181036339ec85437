//! The sysctl tree.

/// What a system must supply.
pub struct Words {}
