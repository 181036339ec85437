//! Programs of a few checks of one CPU's instructions each, from `tests/cpu/<cpu>/*.s`.

use super::stamp::{self, Stamp};
use super::toolchain::{self, Toolchain};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::PathBuf;

/// The folder of a CPU, and what the assembler calls it.
const CPUS: [(&str, &str); 1] = [("aarch64", "aarch64-freestanding")];

/// Builds every one into `.guests/cpu/<cpu>`.
pub(super) fn make(repo: &Repo, tools: &Toolchain, force: bool) -> Outcome {
    for (cpu, target) in CPUS {
        let sources = repo.path("tests/cpu").join(cpu);
        let out = repo.guests().join("cpu").join(cpu);
        fs::create_dir_all(&out).map_err(|why| Failure::of(out.display(), why))?;
        if force {
            stamp::remove(&out)?;
        }
        let entries = fs::read_dir(&sources).map_err(|why| Failure::of(sources.display(), why))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        let mut fresh = Stamp::new();
        fresh.text(&toolchain::pins());
        files.iter().for_each(|file| fresh.file(file));
        if stamp::holds(&out, &fresh) {
            println!("guests: the programs of {cpu} instructions are up to date");
            continue;
        }
        let mut built = Vec::new();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "s")) {
            let name = file.file_stem().unwrap_or_default();
            let mut command = tools.zig();
            command.current_dir(&sources).args(["cc", "-target", target, "-nostdlib", "-static", "-x", "assembler"]);
            shell::run(command.arg(file).arg("-o").arg(out.join(name)))?;
            built.push(name.to_string_lossy().into_owned());
        }
        println!("guests: {} programs of {cpu} instructions", built.len());
        stamp::write(&out, &fresh, &built)?;
    }
    Ok(())
}
