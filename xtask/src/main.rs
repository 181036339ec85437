//! Everything a person runs on this repository: `cargo xtask <task>`.

fn main() {}
