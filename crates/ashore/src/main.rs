//! The `ashore` command.
#![forbid(unsafe_code)]

fn main() {}
