//! Runs the case files under `tests/`.

fn main() {}
