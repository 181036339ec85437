//! The calls of this topic, made by number on a fake Linux.

mod children;
mod ids;
mod memory_and_time;

use crate::{Os, dragonfly, freebsd, netbsd};

/// The systems.
const SYSTEMS: [&Os; 3] = [&dragonfly::OS, &freebsd::OS, &netbsd::OS];
