//! The steps of the whole check, one row each.

use super::{Tally, documents, steps};
use crate::{Outcome, Repo};

/// One step.
pub(super) struct Step {
    /// The name for the summary and for `--only`.
    pub(super) name: &'static str,
    /// What it does, for a reader of the log.
    pub(super) what: &'static str,
    /// Whether it adds to the number of tests.
    pub(super) counts_tests: bool,
    /// Does it.
    pub(super) run: fn(&Repo, &mut Tally) -> Outcome,
}

const fn step(name: &'static str, what: &'static str, run: fn(&Repo, &mut Tally) -> Outcome) -> Step {
    Step { name, what, counts_tests: false, run }
}

/// Every step, the quickest verdicts first.
pub(super) const STEPS: &[Step] = &[
    step("format", "every file as rustfmt writes it", steps::format),
    step("tidy", "the design's invariants", steps::tidy),
    step("lint", "clippy, warnings as errors", steps::lint),
    step("no-std", "the crates a kernel uses, for bare metal", steps::no_std),
    step("guests", "every test guest, built from source", steps::guests),
    step("kernel", "the kernel and its image", steps::kernel),
    step("build", "the release program", steps::build),
    Step { name: "tests", what: "unit and integration tests", counts_tests: true, run: steps::tests },
    Step { name: "cases", what: "every case on every target", counts_tests: true, run: steps::cases },
    Step {
        name: "patched",
        what: "programs patched in every way, run and undone",
        counts_tests: true,
        run: steps::patched,
    },
    Step { name: "documents", what: "the commands the documents show", counts_tests: true, run: documents::run },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_table_has_unique_names() {
        for (at, step) in STEPS.iter().enumerate() {
            assert!(STEPS.iter().skip(at + 1).all(|other| other.name != step.name));
        }
    }
}
