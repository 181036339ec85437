//! `cargo xtask bench native`: programs of other systems on this CPU, against the same programs
//! built for Linux and run by the kernel itself.
//!
//! Goals stand beside the numbers; whether they are met is for the reader of a quiet machine.

mod parts;
mod watching;

use super::measure::ROUNDS;
use crate::args::Args;
use crate::guests::{self, SYSTEMS};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::path::PathBuf;
use std::process::Command;

/// A part of the benchmark.
struct Part {
    name: &'static str,
    run: fn(&Bench<'_>) -> Outcome,
}

/// The parts, in order.
const PARTS: &[Part] = &[
    Part { name: "calls", run: parts::calls },
    Part { name: "compute", run: parts::compute },
    Part { name: "start", run: parts::start },
    Part { name: "big-start", run: parts::big_start },
    Part { name: "recorder", run: watching::recorder },
    Part { name: "trace", run: watching::trace },
    Part { name: "http", run: parts::http },
];

/// What every part needs.
struct Bench<'a> {
    repo: &'a Repo,
    rounds: usize,
    systems: Vec<&'static str>,
}

/// The parts that measure what it costs to be watched.
pub(super) fn watching(repo: &Repo, args: Args) -> Outcome {
    run_parts(repo, args, vec!["recorder".to_owned(), "trace".to_owned()])
}

/// The benchmark: the parts that are named, or all.
pub(super) fn run(repo: &Repo, args: Args) -> Outcome {
    run_parts(repo, args, Vec::new())
}

fn run_parts(repo: &Repo, mut args: Args, mut wanted: Vec<String>) -> Outcome {
    let rounds = args.parsed("--rounds")?.unwrap_or(ROUNDS);
    let systems = guests::select(&args.values("--system")?)?
        .iter()
        .filter(|system| system.cpu == guests::USUAL_CPU)
        .map(|system| system.name)
        .collect();
    while let Some(part) = args.word() {
        wanted.push(part);
    }
    args.finish()?;
    if let Some(unknown) = wanted.iter().find(|name| PARTS.iter().all(|part| part.name != **name)) {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(Failure::new(format!("no part named {unknown}; there are: {}", names.join(", "))));
    }
    shell::run(shell::cargo().current_dir(repo.root()).args(["build", "--quiet", "--release", "--package", "ashore"]))?;
    guests::run(repo, Args::new([]))?;
    let bench = Bench { repo, rounds, systems };
    for part in PARTS.iter().filter(|part| wanted.is_empty() || wanted.iter().any(|name| name == part.name)) {
        if let Err(why) = (part.run)(&bench) {
            println!("{:<10} could not be measured: {why}", part.name);
        }
    }
    Ok(())
}

impl Bench<'_> {
    /// A built guest of `system`.
    fn guest(&self, system: &str, name: &str) -> Outcome<PathBuf> {
        let row = SYSTEMS.iter().find(|row| row.name == system && row.cpu == guests::USUAL_CPU);
        let path = row.map(|row| guests::out_dir(self.repo, row).join(name)).unwrap_or_default();
        if path.is_file() { Ok(path) } else { Err(Failure::new(format!("{} is not built", path.display()))) }
    }

    /// A command that runs a guest natively.
    fn native(&self, name: &str, args: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(self.guest("linux", name)?);
        command.args(args);
        Ok(command)
    }

    /// A command that runs the guest of `system` under Ashore.
    fn ashore(&self, system: &str, name: &str, args: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(self.repo.ashore());
        command.arg("run").arg(self.guest(system, name)?).args(args);
        Ok(command)
    }
}
