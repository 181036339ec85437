//! `cargo xtask bench engine`: programs built for this CPU and for arm64, run natively, under every qemu-aarch64 there is, and
//! under Ashore, in turn. CPU time, because a machine that others use too has no other.
//!
//! Emulators are looked for on the `PATH` and in `.guests/qemu`, where newer ones can be put.

mod build;
mod run;
mod table;

use super::measure;
use crate::args::Args;
use crate::guests::{self, Toolchain};
use crate::{Failure, Outcome, Repo, shell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use table::{Class, Goal, LEAST_GAIN, MEAN_GAIN, MEAN_NATIVE, ROWS, Row, SPEED};

/// How often everything is run when nobody says.
const ROUNDS: usize = 3;

/// The shortest programs are run more often, by this factor.
const STARTS: usize = 5;

/// What both emulators are called.
const OTHER: &str = "qemu-aarch64";

/// A way to run a program.
struct Way {
    name: String,
    /// The words before the program; none for a native one.
    before: Vec<PathBuf>,
    /// Whether it runs the program for arm64.
    is_guest: bool,
}

/// What a row gave: the least seconds of each way, in their order.
struct Times<'a> {
    row: &'a Row,
    seconds: Vec<f64>,
}

/// Measures and prints.
pub(super) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let rounds = args.parsed("--rounds")?.unwrap_or(ROUNDS);
    let is_alone = args.flag("--ours");
    let wanted = args.names(&ROWS.iter().map(|row| row.name).collect::<Vec<_>>())?;
    args.finish()?;
    shell::run(shell::cargo().current_dir(repo.root()).args(["build", "--quiet", "--release", "--package", "ashore"]))?;
    let tools = {
        let _lock = guests::lock(repo)?;
        Toolchain::install(repo)?
    };
    let folder = repo.guests().join("bench/engine");
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let ways = ways(repo, is_alone)?;
    heading(&ways);
    let mut all = Vec::new();
    let mut largest = None;
    for row in ROWS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|name| name == row.name)) {
        let native = build::program(repo, &tools, &folder, row, &build::NATIVE)?;
        let guest = build::program(repo, &tools, &folder, row, &build::GUEST)?;
        if row.class == Class::Mixed {
            largest = Some(guest.clone());
        }
        match timed(row, rounds, &ways, [&native, &guest]) {
            Ok(times) => {
                print(&times);
                all.push(times);
            }
            Err(why) => println!("{:<10} {why}", row.name),
        }
    }
    means(&all, ways.len());
    match largest {
        Some(large) => translation(repo, &large, rounds),
        None => Ok(()),
    }
}

/// How fast code is translated, and how large it becomes: the text of a large program, which nobody runs.
fn translation(repo: &Repo, large: &Path, rounds: usize) -> Outcome {
    let mut command = shell::cargo();
    command.current_dir(repo.root()).args(["build", "--quiet", "--release", "--package", "ashore-harness"]);
    shell::run(&mut command)?;
    let harness = repo.release_dir().join("ashore-harness");
    let mut best = Vec::new();
    let mut fastest = 0.0;
    for _ in 0..rounds {
        let values = measure::values(Command::new(&harness).arg("--translate").arg(large))?;
        let speed = values.iter().find(|(name, _)| name == "per-microsecond").map_or(0.0, |(_, value)| *value);
        if speed > fastest {
            (fastest, best) = (speed, values);
        }
    }
    println!("translating a large program's text:");
    for (name, value) in best {
        let goal = if name == "per-microsecond" { format!(" (goal {SPEED})") } else { String::new() };
        println!("  {name} {value}{goal}");
    }
    Ok(())
}

/// Native, the other emulators, and Ashore, which comes last.
fn ways(repo: &Repo, is_alone: bool) -> Outcome<Vec<Way>> {
    let mut ways = vec![Way { name: "native".to_owned(), before: Vec::new(), is_guest: false }];
    if !is_alone {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&folders).map(|folder| folder.join(OTHER)).find(|file| file.is_file());
        let files = fs::read_dir(repo.guests().join("qemu")).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut others: Vec<PathBuf> = on_path.into_iter().chain(files).collect();
        others.sort();
        for file in others {
            let text = shell::output(Command::new(&file).arg("--version"))?;
            let version = text.split_whitespace().nth(2).unwrap_or("?");
            ways.push(Way { name: format!("qemu {version}"), before: vec![file], is_guest: true });
        }
    }
    ways.push(Way { name: "ashore".to_owned(), before: vec![repo.ashore(), "run".into()], is_guest: true });
    Ok(ways)
}

/// Runs a row's program each way in turn; the outputs must agree.
fn timed<'a>(row: &'a Row, rounds: usize, ways: &[Way], programs: [&Path; 2]) -> Outcome<Times<'a>> {
    let rounds = if row.class == Class::Start { rounds * STARTS } else { rounds };
    let [native, guest] = programs;
    let mut seconds = vec![f64::INFINITY; ways.len()];
    let mut said: Option<Vec<u8>> = None;
    for _ in 0..rounds {
        for (way, least) in ways.iter().zip(&mut seconds) {
            let program = if way.is_guest { guest } else { native };
            let mut words = way.before.iter().map(PathBuf::as_path).chain([program]);
            let Some(first) = words.next() else { continue };
            let done = run::run(Command::new(first).args(words).args(row.args))?;
            *least = least.min(done.seconds);
            match &said {
                Some(output) if *output != done.output => {
                    return Err(Failure::new(format!("{} says something else than native", way.name)));
                }
                Some(_) => {}
                None => said = Some(done.output),
            }
        }
    }
    Ok(Times { row, seconds })
}

impl Times<'_> {
    fn native(&self) -> f64 {
        self.seconds.first().copied().unwrap_or(f64::NAN)
    }

    fn ours(&self) -> f64 {
        self.seconds.last().copied().unwrap_or(f64::NAN)
    }

    /// The fastest of the other emulators, if there is one.
    fn other(&self) -> Option<f64> {
        let others = self.seconds.get(1..self.seconds.len().checked_sub(1)?)?;
        others.iter().copied().reduce(f64::min)
    }

    /// How many times native.
    fn cost(&self) -> f64 {
        self.ours() / self.native()
    }

    /// How many times faster than the fastest other.
    fn gain(&self) -> Option<f64> {
        Some(self.other()? / self.ours())
    }

    /// What is missed, in words; empty if all goals are met.
    fn verdict(&self) -> String {
        let mut missed = Vec::new();
        let least = match self.row.goal {
            Goal::Native(most) => {
                if self.cost() > most {
                    missed.push(format!("native {most}"));
                }
                LEAST_GAIN
            }
            Goal::Milliseconds(most) => {
                if self.ours() * 1e3 > most {
                    missed.push(format!("{most} ms"));
                }
                LEAST_GAIN
            }
            Goal::Gain => LEAST_GAIN,
            Goal::Equal => 1.0,
        };
        if self.gain().is_some_and(|gain| gain < least) {
            missed.push(format!("qemu/{least}"));
        }
        if missed.is_empty() { "met".to_owned() } else { format!("missed: {}", missed.join(", ")) }
    }
}

fn heading(ways: &[Way]) {
    let names: Vec<String> = ways.iter().map(|way| format!("{:>12}", way.name)).collect();
    println!("milliseconds of CPU time, the least of all rounds");
    println!("{:<10}{}   /native  qemu/ours  goals", "", names.concat());
}

fn print(times: &Times) {
    let columns: Vec<String> = times.seconds.iter().map(|seconds| format!("{:>12.1}", seconds * 1e3)).collect();
    let gain = times.gain().map_or("-".to_owned(), |gain| format!("{gain:.2}"));
    println!("{:<10}{}{:>10.2}{gain:>11}  {}", times.row.name, columns.concat(), times.cost(), times.verdict());
}

/// The geometric means of the programs that compute.
fn means(all: &[Times], ways: usize) {
    let computing: Vec<&Times> =
        all.iter().filter(|times| !matches!(times.row.class, Class::Calls | Class::Start)).collect();
    if computing.is_empty() {
        return;
    }
    let mean = |of: &dyn Fn(&Times) -> f64| {
        let sum: f64 = computing.iter().map(|times| of(times).ln()).sum();
        (sum / computing.len() as f64).exp()
    };
    let native = mean(&|times| times.cost());
    let verdict = |is_met: bool| if is_met { "met" } else { "missed" };
    println!("geometric means of what computes:");
    println!("  {native:.2} times native (goal {MEAN_NATIVE}: {})", verdict(native <= MEAN_NATIVE));
    if ways > 2 {
        let gain = mean(&|times| times.gain().unwrap_or(1.0));
        println!("  {gain:.2} times faster than the faster qemu (goal {MEAN_GAIN}: {})", verdict(gain >= MEAN_GAIN));
    }
}
