//! The benchmarks, one row each.

use super::{engine, gdb, kernel, native, patch, record};
use crate::args::Args;
use crate::{Outcome, Repo};

/// A benchmark.
pub(super) struct Bench {
    /// The word after `cargo xtask bench`.
    pub(super) name: &'static str,
    /// Measures and prints.
    pub(super) run: fn(&Repo, Args) -> Outcome,
}

/// Every benchmark.
pub(super) const BENCHES: &[Bench] = &[
    Bench { name: "native", run: native::run },
    Bench { name: "record", run: record::run },
    Bench { name: "trace", run: native::watching },
    Bench { name: "gdb", run: gdb::run },
    Bench { name: "patch", run: patch::run },
    Bench { name: "kernel", run: kernel::run },
    Bench { name: "engine", run: engine::run },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bench_table_has_unique_names() {
        for (at, bench) in BENCHES.iter().enumerate() {
            assert!(BENCHES.iter().skip(at + 1).all(|other| other.name != bench.name));
        }
    }
}
