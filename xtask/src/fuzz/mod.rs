//! `cargo xtask fuzz TARGET`: the fuzzer, with a folder of inputs made for it.
//!
//! The fuzzer is a program of its own (`tests/fuzzer`), so that the other tasks do not wait for the
//! readers to compile. Inputs come from `tests/fuzz/<target>` and from small programs that the
//! pinned toolchain makes of one C file for every system a reader knows.

mod seeds;

use crate::args::Args;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

/// How long a target is fuzzed when nobody says.
const SECONDS: u64 = 60;

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let seconds = args.parsed("--seconds")?.unwrap_or(SECONDS);
    let seed = args.parsed("--seed")?.unwrap_or_else(fresh_seed);
    let replay = args.value("--replay")?;
    let wanted = args.word();
    args.finish()?;
    shell::run(shell::cargo().current_dir(repo.root()).args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "ashore-fuzzer",
    ]))?;
    let targets = shell::output(Command::new(fuzzer(repo)).arg("list"))?;
    let known: Vec<&str> = targets.lines().collect();
    let wanted = wanted.ok_or_else(|| Failure::new(format!("which target? all, {}", known.join(", "))))?;
    if let Some(file) = replay {
        return shell::run(Command::new(fuzzer(repo)).args(["replay", &wanted, &file, "0", "0"]));
    }
    for target in known.iter().filter(|name| wanted == "all" || wanted == **name) {
        let folder = seeds::folder(repo, target)?;
        let mut command = Command::new(fuzzer(repo));
        command.args(["run", target]).arg(folder).args([seed.to_string(), seconds.to_string()]);
        shell::run(&mut command)?;
    }
    if wanted != "all" && !known.contains(&wanted.as_str()) {
        return Err(Failure::new(format!("no target named {wanted}; there are all, {}", known.join(", "))));
    }
    Ok(())
}

fn fuzzer(repo: &Repo) -> PathBuf {
    repo.release_dir().join("ashore-fuzzer")
}

/// A seed nobody chose; the fuzzer prints it.
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map(|time| u64::from(time.subsec_nanos()) ^ time.as_secs()).unwrap_or(1)
}
