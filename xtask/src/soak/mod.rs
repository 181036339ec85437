//! `cargo xtask soak`: programs run again and again, by turns and side by side. None may fail.

mod engine;
mod kernel;
mod table;

use crate::args::Args;
use crate::{Failure, Outcome, Repo};

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    match args.word().as_deref() {
        Some("kernel") => kernel::run(repo, args),
        Some("engine") => engine::run(repo, args),
        _ => Err(Failure::new("what is to be soaked? There are: kernel, engine")),
    }
}
