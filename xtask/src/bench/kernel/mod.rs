//! `cargo xtask bench kernel`: one program on Debian's kernel and on ours, on the same machine.
//!
//! The measure is guest instructions: the machine counts a nanosecond for each, whoever else uses the host. Time by the wall
//! is measured too, since instructions do not tell what a change of address space costs; of that only the quotient counts.
//!
//! With `--ours` only our kernel's instructions are counted, in seconds. A row that takes more than [`baseline`] knows is a failure;
//! `--write` makes known what was counted.

mod baseline;
mod table;

use crate::args::Args;
use crate::guests::{self, Toolchain};
use crate::{Failure, Outcome, Repo, machine, shell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::{ROWS, Row};

/// The benchmark program.
const SOURCE: &str = "tests/boot/bench/kernel.c";

/// What both kernels are told; only one listens. Guards against attacks cost Linux instructions that ours does not have.
const WORDS: &str = "quiet nokaslr kpti=off mitigations=off";

/// The machine counts instructions instead of time.
const COUNTING: [&str; 2] = ["-icount", "shift=0,sleep=off"];

/// The CPU of the reference numbers.
const CPU: [&str; 2] = ["-cpu", "cortex-a72"];

/// A kernel that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(300);

/// How often each kernel is measured by the wall.
const ROUNDS: usize = 3;

/// The names of rows and what each took.
type Values = BTreeMap<String, f64>;

/// A kernel under the benchmark.
struct Bench<'a> {
    repo: &'a Repo,
    kernel: PathBuf,
    program: &'a Path,
    /// Debian's kernel wants its first program by this name.
    root: Option<PathBuf>,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq)]
enum Measure {
    Instructions,
    Wall,
}

/// Measures and prints.
pub(super) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let (only_ours, writes) = (args.flag("--ours"), args.flag("--write"));
    args.finish()?;
    let tools = {
        let _lock = guests::lock(repo)?;
        Toolchain::install(repo)?
    };
    let folder = repo.guests().join("bench/kernel");
    let root = folder.join("root");
    fs::create_dir_all(&root).map_err(|why| Failure::of(root.display(), why))?;
    let program = root.join("init");
    guests::boot::c_program(&tools, &repo.path(SOURCE), &program)?;
    let ours = Bench { repo, kernel: machine::build(repo)?, program: &program, root: None };
    let linux = match only_ours {
        true => None,
        false => Some(Bench { repo, kernel: machine::debian_kernel(repo)?, program: &program, root: Some(root) }),
    };
    let measure = |bench: Option<&Bench>, measure: Measure, rounds: usize| -> Outcome<Values> {
        let Some(bench) = bench else { return Ok(Values::new()) };
        let mut best = Values::new();
        for _ in 0..rounds {
            for (name, value) in bench.values(measure)? {
                let least = best.entry(name).or_insert(value);
                *least = least.min(value);
            }
        }
        Ok(best)
    };
    let linux = linux.as_ref();
    let counted = [measure(linux, Measure::Instructions, 1)?, measure(Some(&ours), Measure::Instructions, 1)?];
    let timed = [measure(linux, Measure::Wall, ROUNDS)?, measure(linux.and(Some(&ours)), Measure::Wall, ROUNDS)?];
    print(&counted, &timed);
    let [_, counted] = counted;
    if writes {
        return baseline::write(repo, &counted);
    }
    match baseline::worse(&baseline::read(repo)?, &counted) {
        rows if rows.is_empty() => Ok(()),
        rows => Err(Failure::new(format!("worse than before:\n{}", rows.join("\n")))),
    }
}

impl Bench<'_> {
    /// One run.
    fn values(&self, measure: Measure) -> Outcome<Values> {
        let mut command = machine::boot(self.repo, &self.kernel);
        let words = CPU.iter().chain(COUNTING.iter().filter(|_| measure == Measure::Instructions)).copied();
        for word in words.chain(["-append", WORDS]) {
            command.arg(format!("--emulator={word}"));
        }
        match &self.root {
            Some(root) => command.arg("--root").arg(root).arg("/init"),
            None => command.arg(self.program),
        };
        let done = shell::limited(&mut command, LIMIT)?;
        let text = String::from_utf8_lossy(&done.text).replace('\r', "");
        let rows = text.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("bench ")?.split_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        let rows: Values = rows.collect();
        match rows.contains_key("done") {
            true => Ok(rows),
            false => {
                let lines: Vec<&str> = text.lines().rev().take(12).collect();
                let tail: Vec<&str> = lines.into_iter().rev().collect();
                Err(Failure::new(format!(
                    "the benchmark did not end on {}:\n{}",
                    self.kernel.display(),
                    tail.join("\n")
                )))
            }
        }
    }
}

/// The table: Linux, ours and their quotient, counted and timed, and what ours is meant to be.
fn print(counted: &[Values; 2], timed: &[Values; 2]) {
    println!(
        "{:<34} {:>12} {:>12} {:>7}   {:>11} {:>11} {:>7}   goal",
        "", "Linux insn", "Ashore insn", "ratio", "Linux ns", "Ashore ns", "ratio"
    );
    for row in ROWS {
        let of = |values: &[Values; 2]| values.each_ref().map(|values| values.get(row.name).copied());
        let ([linux, ours], [linux_time, our_time]) = (of(counted), of(timed));
        println!(
            "{:<34} {:>12} {:>12} {:>7}   {:>11} {:>11} {:>7}   {}",
            row.words,
            number(linux),
            number(ours),
            ratio(ours, linux),
            number(linux_time),
            number(our_time),
            ratio(our_time, linux_time),
            verdict(row, ours, linux),
        );
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}

fn ratio(ours: Option<f64>, peer: Option<f64>) -> String {
    ours.zip(peer).map_or_else(|| "-".to_owned(), |(ours, peer)| format!("{:.2}", ours / peer))
}

fn verdict(row: &Row, ours: Option<f64>, linux: Option<f64>) -> String {
    let goal = row.goal.or(linux).unwrap_or(f64::INFINITY);
    let words = row.goal.map_or_else(|| "as Linux".to_owned(), |goal| format!("{goal:.0}"));
    match ours {
        Some(ours) if ours <= goal => format!("{words}: met"),
        Some(_) => format!("{words}: MISSED"),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_or_missed_and_none_means_as_linux() {
        let row = Row { name: "x", words: "x", goal: Some(180.0) };
        assert_eq!(verdict(&row, Some(180.0), None), "180: met");
        assert_eq!(verdict(&row, Some(181.0), None), "180: MISSED");
        let row = Row { goal: None, ..row };
        assert_eq!(verdict(&row, Some(5.0), Some(4.0)), "as Linux: MISSED");
    }

    #[test]
    fn the_rows_have_unique_names_that_the_program_prints() {
        let source = include_str!("../../../../tests/boot/bench/kernel.c");
        for (at, row) in ROWS.iter().enumerate() {
            assert!(ROWS.iter().skip(at + 1).all(|other| other.name != row.name));
            let is_printed = [format!("row(\"{}\"", row.name), format!("bench {} ", row.name)];
            assert!(is_printed.iter().any(|text| source.contains(text)), "{}", row.name);
        }
    }
}
