//! The tasks, one row each.

use crate::args::Args;
use crate::shell;
use crate::{
    Outcome, Repo, bench, boot, ci, conformance, differ, fuzz, guests, kernel, patched, selfbuild, soak, tidy,
};
use std::fmt::Write as _;

/// A task a person can run.
pub(crate) struct Task {
    /// The word after `cargo xtask`.
    pub(crate) name: &'static str,
    /// What may follow the word.
    pub(crate) usage: &'static str,
    /// One line for the help.
    pub(crate) summary: &'static str,
    /// Does it.
    pub(crate) run: fn(&Repo, Args) -> Outcome,
}

fn diagnoses(repo: &Repo, args: Args) -> Outcome {
    args.finish()?;
    let words = ["run", "--quiet", "--package", "ashore", "--", "explain", "--pages", "docs/diagnoses"];
    shell::run(shell::cargo().current_dir(repo.root()).args(words))
}

/// Every task, in the order a newcomer meets them.
pub(crate) const TASKS: &[Task] = &[
    Task {
        name: "ci",
        usage: "[--only STEP] [--from STEP]",
        summary: "everything that must hold: format, lints, tidy, guests, build, tests, cases, documents, no-std",
        run: ci::run,
    },
    Task { name: "tidy", usage: "", summary: "the design's invariants, checked over the source tree", run: tidy::run },
    Task {
        name: "guests",
        usage: "[--system OS] [--force] [--tree NAME]",
        summary: "install the pinned Go and Zig into .guests and build every test guest from source",
        run: guests::run,
    },
    Task {
        name: "kernel",
        usage: "",
        summary: "build the kernel of `ashore boot` and its image in the target folder",
        run: kernel::run,
    },
    Task {
        name: "bench",
        usage: "NAME [options]",
        summary: "timings as ratios against a named peer in the same run",
        run: bench::run,
    },
    Task {
        name: "conformance",
        usage: "[--boot] [--package P] [--system OS] [--shard I/N] [--timeout SECONDS] [--short] [--run PATTERN] [--runner CMD] [--fresh] [--build-only] [--page]",
        summary: "Go's own package tests, natively and under Ashore; writes docs/conformance.md",
        run: conformance::run,
    },
    Task {
        name: "selfbuild",
        usage: "[--system OS|boot]",
        summary: "Go's toolchain, built for a guest system, builds a program under Ashore; bytes must equal the native's",
        run: selfbuild::run,
    },
    Task {
        name: "boot",
        usage: "[--only CASE] [--cpus N] [--write]",
        summary: "the cases of `ashore boot` under Debian's kernel: what they expect is what Linux does",
        run: boot::run,
    },
    Task {
        name: "soak",
        usage: "kernel [--minutes N] [--cpus N] | engine [NAME...] [--rounds N] [--copies N] [--tree DIR]",
        summary: "programs by turns on a machine to itself, or translated, for long: none may fail, no memory may be lost",
        run: soak::run,
    },
    Task {
        name: "patched",
        usage: "[--only NAME] [--large]",
        summary: "programs of several languages, systems and CPUs, patched in every way, run and undone",
        run: patched::run,
    },
    Task {
        name: "diagnoses",
        usage: "",
        summary: "write docs/diagnoses from the tables of what Ashore can say",
        run: diagnoses,
    },
    Task {
        name: "fuzz",
        usage: "TARGET|all [--seconds N] [--seed N] [--replay FILE]",
        summary: "mutate inputs of one reader until it panics, hangs or runs out of memory",
        run: fuzz::run,
    },
    Task {
        name: "differ",
        usage: "CLASS|INSTRUCTION|mixed|all [--seconds N|--cases N] [--seed N] [--length N] [--translated]",
        summary: "random instructions on the evaluator, on qemu and as translated code: everything they change must be equal",
        run: differ::run,
    },
];

/// The text `cargo xtask help` prints.
pub(crate) fn help() -> String {
    let mut text = String::from("usage: cargo xtask TASK [options]\n\n");
    let width = TASKS.iter().map(|task| task.name.len()).max().unwrap_or(0);
    for task in TASKS {
        let _ = writeln!(text, "  {:width$}  {}", task.name, task.summary);
        if !task.usage.is_empty() {
            let _ = writeln!(text, "  {:width$}    {}", "", task.usage);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_table_has_unique_names_and_the_help_lists_each() {
        let text = help();
        for (at, task) in TASKS.iter().enumerate() {
            assert!(TASKS.iter().skip(at + 1).all(|other| other.name != task.name), "{} twice", task.name);
            assert!(text.contains(task.summary));
        }
    }
}
