//! `cargo xtask bench gdb`: what one step of a program of Linux takes, of gdb's own and through `ashore run --gdb`.

use super::measure::{Pair, ROUNDS, seconds};
use crate::args::Args;
use crate::guests::{self, SYSTEMS};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::path::Path;
use std::process::{Command, Stdio};

/// How many steps; starting gdb is measured apart and taken off.
const STEPS: u32 = 3000;
/// Counts, which takes longer than all steps.
const PROGRAM: &str = "record";
const WORK: [&str; 2] = ["count", "300000000"];
/// Microseconds that a person would not wait longer for.
const GOAL: f64 = 150.0;

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
    let program = guests::out_dir(repo, linux).join(PROGRAM);
    let steps = |commands: &dyn Fn() -> Command| -> Outcome<f64> {
        let idle = seconds(commands().args(["-ex", "stepi", "-ex", "kill"]))?;
        let busy = seconds(commands().args(["-ex", &format!("stepi {STEPS}"), "-ex", "kill"]))?;
        Ok((busy - idle) / f64::from(STEPS - 1) * 1e6)
    };
    let pair = Pair::measure(rounds, || steps(&|| native(&program)), || steps(&|| remote(repo, &program)))?;
    let (peer, ours) = (pair.peer(), pair.ours());
    println!("gdb: microseconds a step");
    println!("  stepi    gdb {peer:6.1}  through ashore {ours:6.1} (goal {GOAL})  {:.2} times", ours / peer);
    Ok(())
}

fn gdb() -> Command {
    let mut gdb = Command::new("gdb");
    gdb.args(["-batch", "-nx"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    gdb
}

fn native(program: &Path) -> Command {
    let mut gdb = gdb();
    gdb.args(["-ex", "break main", "-ex", &format!("run {}", WORK.join(" "))]).arg(program);
    gdb
}

fn remote(repo: &Repo, program: &Path) -> Command {
    let ashore = repo.ashore();
    let pipe = format!("target remote | {} run --gdb - {} {}", ashore.display(), program.display(), WORK.join(" "));
    let mut gdb = gdb();
    gdb.args(["-ex", &pipe, "-ex", "break main", "-ex", "continue"]);
    gdb
}
