//! `cargo xtask bench engine`: programs built for this CPU and for arm64, run natively, under every qemu-aarch64 there is, and
//! under Ashore, in turn. CPU time, because a machine that others use too has no other.
//!
//! Emulators are looked for on the `PATH` and in `.guests/qemu`, where newer ones can be put.

mod build;
mod run;
mod table;
mod times;

use super::measure;
use crate::args::Args;
use crate::guests::{self, Toolchain};
use crate::{Failure, Outcome, Repo, shell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use table::{Class, ROWS, Row, SPEED, Source};
use times::Times;

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
    /// Whether translations an earlier run kept are thrown away first.
    is_cold: bool,
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
    let place = Place { cache: folder.join("cache"), out: folder.join("run") };
    times::heading(ways.iter().map(|way| way.name.as_str()));
    let mut all = Vec::new();
    let mut largest = None;
    for row in ROWS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|name| name == row.name)) {
        let native = build::program(repo, &tools, &folder, row, &build::NATIVE)?;
        let guest = build::program(repo, &tools, &folder, row, &build::GUEST)?;
        if row.class == Class::Mixed {
            largest = Some(guest.clone());
        }
        let programs = Programs { args: build::arguments(repo, row, &native), tree: tree(repo, row)?, native, guest };
        match timed(row, rounds, &ways, &programs, &place) {
            Ok(times) => {
                times.print();
                all.push(times);
            }
            Err(why) => println!("{:<10} {why}", row.name),
        }
    }
    times::means(&all);
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
    let mut ways = vec![Way { name: "native".to_owned(), before: Vec::new(), is_guest: false, is_cold: false }];
    if !is_alone {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&folders).map(|folder| folder.join(OTHER)).find(|file| file.is_file());
        let files = fs::read_dir(repo.guests().join("qemu")).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut others: Vec<PathBuf> = on_path.into_iter().chain(files).collect();
        others.sort();
        for file in others {
            let text = shell::output(Command::new(&file).arg("--version"))?;
            let version = text.split_whitespace().nth(2).unwrap_or("?");
            ways.push(Way { name: format!("qemu {version}"), before: vec![file], is_guest: true, is_cold: false });
        }
    }
    for (name, is_cold) in [("ashore cold", true), ("ashore kept", false)] {
        ways.push(Way { name: name.to_owned(), before: vec![repo.ashore(), "run".into()], is_guest: true, is_cold });
    }
    Ok(ways)
}

/// What a row runs.
struct Programs {
    native: PathBuf,
    guest: PathBuf,
    args: Vec<String>,
    /// Where a guest finds its libraries, if it needs any.
    tree: Option<PathBuf>,
}

/// Where runs happen.
struct Place {
    /// Of translations.
    cache: PathBuf,
    out: PathBuf,
}

/// The libraries of what others ship.
fn tree(repo: &Repo, row: &Row) -> Outcome<Option<PathBuf>> {
    match row.source {
        Source::Wheel(_) => Ok(Some(guests::trees::make(repo, guests::trees::LARGE)?)),
        Source::C | Source::Go => Ok(None),
    }
}

/// Runs a row's program each way in turn; the outputs must agree.
fn timed<'a>(row: &'a Row, rounds: usize, ways: &[Way], programs: &Programs, place: &Place) -> Outcome<Times<'a>> {
    let rounds = if row.class == Class::Start { rounds * STARTS } else { rounds };
    let mut seconds = vec![f64::INFINITY; ways.len()];
    let mut said: Option<Vec<u8>> = None;
    for _ in 0..rounds {
        for (way, least) in ways.iter().zip(&mut seconds) {
            if way.is_cold {
                let _ = fs::remove_dir_all(&place.cache);
            }
            let done = run::run(way.command(programs).env("XDG_CACHE_HOME", &place.cache), &place.out)?;
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

impl Way {
    /// The command that runs a program this way.
    fn command(&self, programs: &Programs) -> Command {
        let mut words = self.before.iter().cloned().map(PathBuf::into_os_string).collect::<Vec<_>>();
        if self.is_guest {
            if let Some(tree) = &programs.tree {
                words.extend(["-L".into(), tree.into()]);
            }
            words.push((&programs.guest).into());
        } else {
            words.push((&programs.native).into());
        }
        words.extend(programs.args.iter().map(Into::into));
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command
    }
}
