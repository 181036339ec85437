//! Running one test program until every test of it has a verdict.
//!
//! A program that hangs or dies takes the tests after it along, so it is started again for those
//! that have no verdict yet. That ends: each further run gives at least one test a verdict.

use super::machine::Machine;
use super::parse::Transcript;
use super::result::{Mode, Results, Status, Test};
use super::table::System;
use crate::guests::Toolchain;
use crate::shell::{self, Limited};
use crate::{Failure, Outcome, Repo};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How often a program that hangs or dies is started again.
const MOST_ROUNDS: usize = 12;

/// How much earlier than we do Go itself gives up: then it says which tests were running.
const HEAD_START: Duration = Duration::from_secs(10);

/// The folder of links, in the folder for temporary files.
const SHIMS: &str = "shims";

/// How long listing the tests may take: crypto/x509 works for seconds before it lists, and for minutes on a busy machine.
const LIST_LIMIT: Duration = Duration::from_secs(300);

/// How test programs are run.
pub(super) struct Runner<'a> {
    /// Where we are.
    pub(super) repo: &'a Repo,
    /// The toolchain, for tests that call it.
    pub(super) tools: &'a Toolchain,
    /// The words before the program; none to run it natively.
    pub(super) command: Vec<String>,
    /// What Go's own tools run programs of the system with, so that tests which call them work.
    pub(super) shim: Option<PathBuf>,
    /// What runs programs for arm64.
    pub(super) machine: Option<Machine>,
    /// How long one run may take.
    pub(super) limit: Duration,
    /// How the tests are asked to run.
    pub(super) mode: Mode,
    /// A pattern of Go's, when a person wants to see few tests.
    pub(super) only: Option<String>,
}

impl Runner<'_> {
    /// Runs every test of `binary`; `expected` are the tests it has if it cannot even list them.
    pub(super) fn run(&self, system: &System, package: &str, binary: &Path, expected: &[&str]) -> Outcome<Results> {
        let scratch = Scratch::new()?;
        if let Some(shim) = &self.shim {
            let link = scratch.0.join(SHIMS).join(format!("go_{}_{}_exec", system.os, system.cpu));
            std::os::unix::fs::symlink(shim, &link).map_err(|why| Failure::of(link.display(), why))?;
        }
        let start = Start { system, package, binary, scratch: &scratch.0 };
        let mut waiting: BTreeSet<String> = match &self.only {
            Some(pattern) => self.list(&start, pattern)?,
            None => self.list(&start, ".")?,
        };
        if waiting.is_empty() && self.only.is_none() {
            waiting = expected.iter().map(|name| (*name).to_owned()).collect();
        }
        let mut tests: BTreeMap<String, Test> = BTreeMap::new();
        let mut seconds = 0.0;
        for round in 0..MOST_ROUNDS {
            if waiting.is_empty() {
                break;
            }
            let pattern = match (&self.only, round) {
                (Some(pattern), 0) => Some(pattern.clone()),
                (None, 0) => None,
                _ => Some(exactly(&waiting)),
            };
            let done = self.once(&start, pattern.as_deref())?;
            seconds += done.took.as_secs_f64();
            let before = waiting.len();
            settle(&done, &mut waiting, &mut tests);
            if waiting.len() == before {
                break;
            }
        }
        for name in waiting {
            tests.insert(name, Test { status: Status::Unreached, output: String::new() });
        }
        Ok(Results { system: system.name.to_owned(), package: package.to_owned(), mode: self.mode, seconds, tests })
    }

    /// The names of the tests the program has.
    fn list(&self, start: &Start<'_>, pattern: &str) -> Outcome<BTreeSet<String>> {
        let mut command = self.command(start);
        command.arg(format!("-test.list={pattern}"));
        let done = shell::limited(&mut command, LIST_LIMIT)?;
        let text = String::from_utf8_lossy(&done.text);
        let is_test = |line: &&str| ["Test", "Example", "Fuzz"].iter().any(|start| line.starts_with(start));
        // What only has no expected output is listed and never run.
        Ok(text.lines().filter(is_test).filter(|line| !line.contains(' ')).map(str::to_owned).collect())
    }

    fn once(&self, start: &Start<'_>, pattern: Option<&str>) -> Outcome<Limited> {
        let mut command = self.command(start);
        let own_limit = self.limit.saturating_sub(HEAD_START).max(Duration::from_secs(5));
        command.args(["-test.v=test2json", "-test.paniconexit0"]);
        command.arg(format!("-test.timeout={}s", own_limit.as_secs()));
        if self.mode == Mode::Short {
            command.arg("-test.short");
        }
        if let Some(pattern) = pattern {
            command.arg(format!("-test.run={pattern}"));
        }
        shell::limited(&mut command, self.limit)
    }

    /// The program in the environment `go test` would give it.
    fn command(&self, start: &Start<'_>) -> Command {
        if let Some(machine) = &self.machine {
            return machine.command((self.repo, self.tools), start.package, start.binary);
        }
        let folder = self.tools.goroot().join("src").join(start.package);
        let mut words = self.command.iter().map(String::as_str).chain([start.binary.to_str().unwrap_or_default()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(&folder).env("PWD", &folder).env("TMPDIR", start.scratch);
        let path = std::env::var("PATH").unwrap_or_default();
        let (go, shims) = (self.tools.goroot().join("bin"), start.scratch.join(SHIMS));
        command.env("PATH", format!("{}:{}:{path}", go.display(), shims.display()));
        // What the toolchain is told, the tests that call it must find too, the system included.
        for (name, value) in self.tools.go_on(start.system.os, start.system.cpu).get_envs() {
            if let Some(value) = value.filter(|_| !matches!(name.to_str(), Some("GOMAXPROCS" | "GOFLAGS"))) {
                command.env(name, value);
            }
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO") || name == "RUSTUP_TOOLCHAIN" {
                command.env_remove(name);
            }
        }
        command
    }
}

/// What is started.
struct Start<'a> {
    system: &'a System,
    package: &'a str,
    binary: &'a Path,
    scratch: &'a Path,
}

/// Gives every test the run says something about a verdict.
fn settle(done: &Limited, waiting: &mut BTreeSet<String>, tests: &mut BTreeMap<String, Test>) {
    let transcript = Transcript::read(&done.text);
    let output = |name: &str| transcript.outputs.get(name).cloned().unwrap_or_default();
    for (name, status) in &transcript.verdicts {
        waiting.remove(name);
        tests.insert(name.clone(), Test { status: *status, output: output(name) });
    }
    let orderly =
        done.status.is_some_and(|status| matches!(status.code(), Some(0 | 1))) && transcript.running.is_empty();
    if orderly {
        // Listed and not run: an example without expected output.
        waiting.retain(|name| !name.starts_with("Example"));
        return;
    }
    let hung = done.status.is_none() || transcript.timed_out;
    let status = if hung { Status::Hung } else { Status::Crashed };
    for name in &transcript.running {
        waiting.remove(name);
        let end = done.status.map_or_else(|| "killed after the time limit".to_owned(), |status| status.to_string());
        tests.insert(name.clone(), Test { status, output: format!("{}{end}\n", output(name)) });
    }
}

/// A pattern of Go's that selects these tests and no others.
fn exactly(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("^({})$", names.join("|"))
}

/// A folder for temporary files, short enough for the path of a socket, and gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Outcome<Scratch> {
        let folder = std::env::temp_dir().join(format!("ac{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join(SHIMS)).map_err(|why| Failure::of(folder.display(), why))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
