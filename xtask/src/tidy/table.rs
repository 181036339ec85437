//! The checks, one row each.

use super::{Finding, Tree, crates, docs, names, panics, shape, unsafety};

/// A check over the source tree.
pub(super) struct Check {
    /// The name a finding ends with.
    pub(super) name: &'static str,
    /// Finds where it does not hold.
    pub(super) run: fn(&Tree) -> Vec<Finding>,
}

/// Every check, in the order of the invariants in `ARCHITECTURE.md`.
pub(super) const CHECKS: &[Check] = &[
    Check { name: "levels", run: crates::levels },
    Check { name: "forbidden-edges", run: crates::forbidden_edges },
    Check { name: "unsafe-place", run: unsafety::place },
    Check { name: "unsafe-note", run: unsafety::notes },
    Check { name: "no-std", run: crates::no_std },
    Check { name: "no-io", run: names::no_io },
    Check { name: "families", run: names::families },
    Check { name: "no-panic", run: panics::parsers },
    Check { name: "unfinished", run: panics::unfinished },
    Check { name: "table-tests", run: shape::table_tests },
    Check { name: "docs-names", run: docs::names },
    Check { name: "docs-crates", run: docs::crates },
    Check { name: "file-length", run: shape::file_length },
    Check { name: "function-length", run: shape::function_length },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_table_has_unique_names() {
        for (at, check) in CHECKS.iter().enumerate() {
            assert!(CHECKS.iter().skip(at + 1).all(|other| other.name != check.name));
        }
    }
}
