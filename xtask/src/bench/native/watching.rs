//! What it costs to be watched: by the recorder that is always on, and by a trace.

use super::Bench;
use super::parts::{CALLS, one};
use crate::Outcome;
use crate::bench::measure::Pair;
use std::process::Command;

/// How many calls are traced. strace needs tens of microseconds for each.
const TRACED_CALLS: &str = "50000";

/// What recording adds to a call, against the same call unrecorded.
pub(super) fn recorder(bench: &Bench<'_>) -> Outcome {
    println!("recorder: ns added to each call (goal: at most 20)");
    for system in &bench.systems {
        let pair = Pair::measure(
            bench.rounds,
            || {
                let mut command = Command::new(bench.repo.ashore());
                command.args(["run", "--no-recorder"]).arg(bench.guest(system, "bench")?).args(["calls", CALLS]);
                one(&mut command)
            },
            || one(&mut bench.ashore(system, "bench", &["calls", CALLS])?),
        )?;
        let (without, with) = (pair.peer(), pair.ours());
        println!("  {system:<10} without {without:7.1}  with {with:7.1}  more {:7.1}", with - without);
    }
    Ok(())
}

/// What tracing adds to a call, against strace on the native program.
pub(super) fn trace(bench: &Bench<'_>) -> Outcome {
    println!("trace: ns added to each traced call (goal: at most 250, and 50 times less than strace)");
    let args = ["calls", TRACED_CALLS];
    for system in &bench.systems {
        let plain = Pair::measure(
            bench.rounds,
            || one(&mut bench.native("bench", &args)?),
            || one(&mut bench.ashore(system, "bench", &args)?),
        )?;
        let traced = Pair::measure(
            bench.rounds.min(3),
            || {
                let mut command = Command::new("strace");
                command.args(["-f", "-o", "/dev/null"]).arg(bench.guest("linux", "bench")?).args(args);
                one(&mut command)
            },
            || {
                let mut command = Command::new(bench.repo.ashore());
                command.args(["trace", "-o", "/dev/null"]).arg(bench.guest(system, "bench")?).args(args);
                one(&mut command)
            },
        )?;
        let (strace, ours) = (traced.peer() - plain.peer(), traced.ours() - plain.ours());
        println!("  {system:<10} strace {strace:8.0}  ashore {ours:8.0}  times less {:6.1}", strace / ours);
    }
    Ok(())
}
