//! Files, directories and descriptors.

/// What a system must supply.
pub struct Words {}
