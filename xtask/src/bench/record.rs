//! `cargo xtask bench record`: what recording a program costs, against the same program under plain `ashore run`, and how long
//! its replay takes.

use super::measure::{Pair, ROUNDS, seconds};
use crate::args::Args;
use crate::guests::{self, SYSTEMS};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::Path;
use std::process::Command;

/// How many files are opened, read and closed, how many calls are made that do nothing else, and how far is counted.
const FILES: &str = "200000";
const CALLS: &str = "2000000";
const COUNT: &str = "300000000";

/// A program to record: its words, and what a person wants of the quotient.
struct Work<'a> {
    name: &'static str,
    args: &'a [&'a str],
    goal: Option<f64>,
}

/// The benchmark.
pub(super) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let rounds = args.parsed("--rounds")?.unwrap_or(ROUNDS);
    args.finish()?;
    shell::run(shell::cargo().current_dir(repo.root()).args(["build", "--quiet", "--release", "--package", "ashore"]))?;
    guests::run(repo, Args::new([]))?;
    let linux = SYSTEMS
        .iter()
        .find(|system| system.name == "linux" && system.cpu == guests::USUAL_CPU)
        .ok_or_else(|| Failure::new("no Linux guests"))?;
    let out = guests::out_dir(repo, linux);
    let folder = repo.guests().join("record");
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let small = folder.join("small");
    fs::write(&small, vec![b'x'; 4096]).map_err(|why| Failure::of(small.display(), why))?;
    let small = small.to_string_lossy();
    let works = [
        ("record", Work { name: "files", args: &["read", &small, FILES], goal: Some(1.3) }),
        ("record", Work { name: "compute", args: &["count", COUNT], goal: Some(1.1) }),
        ("cbench", Work { name: "calls", args: &["calls", CALLS], goal: None }),
    ];
    println!("record: seconds plain, recorded and replayed; the quotient of the first two");
    for (program, work) in works {
        one(repo, &out.join(program), &folder, &work, rounds)?;
    }
    Ok(())
}

fn one(repo: &Repo, program: &Path, folder: &Path, work: &Work<'_>, rounds: usize) -> Outcome {
    let log = folder.join("log");
    let pair = Pair::measure(
        rounds,
        || seconds(Command::new(repo.ashore()).arg("run").arg(program).args(work.args)),
        || {
            // Emptying the last one takes its time.
            let _ = fs::remove_file(&log);
            seconds(Command::new(repo.ashore()).args(["run", "--record"]).arg(&log).arg(program).args(work.args))
        },
    )?;
    let mut replayed = f64::INFINITY;
    for _ in 0..rounds {
        replayed = replayed.min(seconds(Command::new(repo.ashore()).arg("replay").arg(&log))?);
    }
    let size = fs::metadata(&log).map_or(0, |meta| meta.len()) as f64 / 1e6;
    let _ = fs::remove_file(&log);
    let (peer, ours) = (pair.peer(), pair.ours());
    let goal = work.goal.map_or(String::new(), |goal| format!(" (goal {goal})"));
    println!(
        "  {:<8} plain {peer:6.3}  recorded {ours:6.3}  {:.2} times{goal}  replayed {replayed:6.3}  {size:.1} MB",
        work.name,
        ours / peer
    );
    Ok(())
}
