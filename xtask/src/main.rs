//! Everything a person runs on this repository: `cargo xtask <task>`.
//!
//! The tasks are the rows of [`table::TASKS`]; the help is printed from them. A task takes the
//! repository and its arguments and returns nothing or one [`Failure`].
#![forbid(unsafe_code)]

mod args;
mod bench;
mod boot;
mod ci;
mod conformance;
mod differ;
mod failure;
mod fuzz;
mod guests;
mod kernel;
mod machine;
mod patched;
mod repo;
mod selfbuild;
mod shell;
mod signals;
mod soak;
mod table;
mod tidy;

pub(crate) use failure::{Failure, Outcome};
pub(crate) use repo::Repo;

use args::Args;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(name) = words.next() else {
        print!("{}", table::help());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", table::help());
        return ExitCode::SUCCESS;
    }
    let Some(task) = table::TASKS.iter().find(|task| task.name == name) else {
        eprintln!("xtask: no task named {name}\n\n{}", table::help());
        return ExitCode::from(2);
    };
    let mut args = Args::new(words);
    if args.flag("--help") {
        println!("cargo xtask {} {}\n\n{}", task.name, task.usage, task.summary);
        return ExitCode::SUCCESS;
    }
    signals::by_default();
    let outcome = Repo::find().and_then(|repo| (task.run)(&repo, args));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask {}: {failure}", task.name);
            ExitCode::FAILURE
        }
    }
}
