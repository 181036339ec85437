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
    let seconds = args.parsed("--seconds")?.unwrap_or(SECONDS);
    let seed: u64 = args.parsed("--seed")?.unwrap_or(1);
    let length = args.parsed("--length")?.unwrap_or(LENGTH);
    let wanted = args.word().ok_or_else(|| Failure::new("which class of instructions? all, or a name"))?;
    args.finish()?;
    let build = ["build", "--quiet", "--release", "--package", "ashore-differ"];
    shell::run(shell::cargo().current_dir(repo.root()).args(build))?;
    let words = [wanted, seconds.to_string(), seed.to_string(), length.to_string()];
    shell::run(Command::new(repo.release_dir().join("ashore-differ")).args(words))
}
