//! `cargo xtask differ CLASS`: random instructions against another implementation of the CPU.
//!
//! The comparison is a program of its own (`tests/differ`), so that the other tasks do not wait for it.

use crate::args::Args;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::process::Command;

/// How long a class is compared when nobody says.
const SECONDS: u64 = 60;
/// How many instructions a case has when nobody says.
const LENGTH: usize = 4;

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let cases: Option<usize> = args.parsed("--cases")?;
    let seconds: Option<u64> = args.parsed("--seconds")?;
    let seed: u64 = args.parsed("--seed")?.unwrap_or(1);
    let length = args.parsed("--length")?.unwrap_or(LENGTH);
    let is_translated = args.flag("--translated");
    let wanted = args.word().ok_or_else(|| Failure::new("which class of instructions? all, or a name"))?;
    args.finish()?;
    // Who says how many wants as many, however long that takes.
    let seconds = seconds.unwrap_or(if cases.is_some() { u64::MAX } else { SECONDS });
    let mut build = vec!["build", "--quiet", "--release", "--package", "ashore-differ"];
    let mut words = vec![wanted, seconds.to_string(), cases.unwrap_or(usize::MAX).to_string()];
    words.extend([seed.to_string(), length.to_string()]);
    if is_translated {
        build.extend(["--package", "ashore"]);
        words.push(repo.release_dir().join("ashore").display().to_string());
    }
    shell::run(shell::cargo().current_dir(repo.root()).args(build))?;
    shell::run(Command::new(repo.release_dir().join("ashore-differ")).args(words))
}
