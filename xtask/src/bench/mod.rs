//! `cargo xtask bench NAME`: timings as ratios against a named peer in the same run.
//!
//! A number without its peer means nothing on a shared machine, so a benchmark measures both
//! alternately and prints the quotient. Nothing here is ever asserted by a test.

mod engine;
mod gdb;
mod kernel;
mod measure;
mod native;
pub(crate) mod patch;
mod record;
mod table;

use crate::args::Args;
use crate::{Failure, Outcome, Repo};

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let name = args.word().unwrap_or_default();
    match table::BENCHES.iter().find(|bench| bench.name == name) {
        Some(bench) => (bench.run)(repo, args),
        None => {
            let known: Vec<&str> = table::BENCHES.iter().map(|bench| bench.name).collect();
            Err(Failure::new(format!("no benchmark named {name:?}; there are: {}", known.join(", "))))
        }
    }
}
