//! The `ashore` command.

fn main() {}
