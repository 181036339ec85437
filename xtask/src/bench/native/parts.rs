//! The parts of the benchmark.

use super::Bench;
use crate::bench::measure::{Pair, seconds, values};
use crate::guests::{self, Toolchain};
use crate::shell;
use crate::{Failure, Outcome};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// How many calls are made to time one.
pub(super) const CALLS: &str = "5000000";

/// How many rounds of each work the compute programs do; they report the best.
const WORK_ROUNDS: &str = "10";

/// How long requests are made.
const HTTP_SECONDS: &str = "3";

/// How often a program is started to time one start.
const STARTS: usize = 20;

/// The one value a program prints.
pub(super) fn one(command: &mut Command) -> Outcome<f64> {
    let all = values(command)?;
    all.first().map(|(_, value)| *value).ok_or_else(|| Failure::new("the program printed no value"))
}

/// What one call costs that does nothing.
pub(super) fn calls(bench: &Bench<'_>) -> Outcome {
    println!("calls: getpid, ns (goal: at most native + 115)");
    for program in ["bench", "cbench"] {
        for system in &bench.systems {
            if bench.guest(system, program).is_err() {
                continue;
            }
            let pair = Pair::measure(
                bench.rounds,
                || one(&mut bench.native(program, &["calls", CALLS])?),
                || one(&mut bench.ashore(system, program, &["calls", CALLS])?),
            )?;
            let (peer, ours) = (pair.peer(), pair.ours());
            println!("  {system:<10} {program:<7} native {peer:7.1}  ashore {ours:7.1}  more {:7.1}", ours - peer);
        }
    }
    Ok(())
}

/// What computing costs.
pub(super) fn compute(bench: &Bench<'_>) -> Outcome {
    println!("compute: time against native (goal: at most 1.02)");
    for program in ["bench", "cbench"] {
        for system in &bench.systems {
            if bench.guest(system, program).is_err() {
                continue;
            }
            let mut best: BTreeMap<String, (f64, f64)> = BTreeMap::new();
            for _ in 0..bench.rounds {
                let native = values(&mut bench.native(program, &["compute", WORK_ROUNDS])?)?;
                let ours = values(&mut bench.ashore(system, program, &["compute", WORK_ROUNDS])?)?;
                for ((name, native), (_, ours)) in native.into_iter().zip(ours) {
                    let least = best.entry(name).or_insert((f64::INFINITY, f64::INFINITY));
                    *least = (least.0.min(native), least.1.min(ours));
                }
            }
            let works: Vec<String> =
                best.iter().map(|(name, (native, ours))| format!("{name} {:.3}", ours / native)).collect();
            println!("  {system:<10} {program:<7} {}", works.join("  "));
        }
    }
    Ok(())
}

/// What starting a small program costs.
pub(super) fn start(bench: &Bench<'_>) -> Outcome {
    println!("start: a small program from start to end, ms (goal: at most native + 5)");
    for (program, args) in [("cbench", ["nothing", "0"].as_slice()), ("hello", &[])] {
        for system in &bench.systems {
            if bench.guest(system, program).is_err() {
                continue;
            }
            let rounds = bench.rounds * STARTS;
            let pair = Pair::measure(
                rounds,
                || seconds(&mut bench.native(program, args)?),
                || seconds(&mut bench.ashore(system, program, args)?),
            )?;
            print_start(system, program, &pair);
        }
    }
    Ok(())
}

/// What starting a large program costs: Go's compiler, asked for its version.
pub(super) fn big_start(bench: &Bench<'_>) -> Outcome {
    println!("big-start: Go's compiler (35 MB) printing its version, ms (goal: at most native + 20)");
    let native = compiler(bench, "linux")?;
    for system in &bench.systems {
        let program = compiler(bench, system)?;
        let pair = Pair::measure(
            bench.rounds * 4,
            || seconds(Command::new(&native).arg("-V")),
            || seconds(Command::new(bench.repo.ashore()).arg("run").arg(&program).arg("-V")),
        )?;
        print_start(system, "compile", &pair);
    }
    Ok(())
}

fn print_start(system: &str, program: &str, pair: &Pair) {
    let (peer, ours) = (pair.peer() * 1e3, pair.ours() * 1e3);
    println!("  {system:<10} {program:<7} native {peer:6.2}  ashore {ours:6.2}  more {:6.2}", ours - peer);
}

/// Go's compiler built for `system`, once.
fn compiler(bench: &Bench<'_>, system: &str) -> Outcome<PathBuf> {
    let folder = bench.repo.guests().join("bench").join(system);
    let program = folder.join("compile");
    if !program.is_file() {
        println!("  building Go's compiler for {system}");
        fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
        let _lock = guests::lock(bench.repo)?;
        let tools = Toolchain::install(bench.repo)?;
        let mut go = tools.go(system);
        go.current_dir(tools.goroot().join("src")).env("GOFLAGS", "");
        shell::run(go.args(["build", "-p", "2", "-o"]).arg(&program).arg("cmd/compile"))?;
    }
    Ok(program)
}

/// How many requests a server and its clients manage.
pub(super) fn http(bench: &Bench<'_>) -> Outcome {
    println!("http: requests per second of net/http on loopback (goal: at least 0.7 of native)");
    for system in &bench.systems {
        let pair = Pair::measure(
            bench.rounds.min(3),
            || one(&mut bench.native("bench", &["http", HTTP_SECONDS])?),
            || one(&mut bench.ashore(system, "bench", &["http", HTTP_SECONDS])?),
        )?;
        let (peer, ours) = pair.most();
        println!("  {system:<10} native {peer:8.0}  ashore {ours:8.0}  share {:5.2}", ours / peer);
    }
    Ok(())
}
