//! Running a program of any system and CPU, where that is possible here.

use super::table::{Language, Program};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A program that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// What `file` prints, or nothing when nobody here runs such programs.
pub(super) fn run(repo: &Repo, program: &Program, file: &Path) -> Outcome<Option<String>> {
    let mut command = match (program.os, program.cpu) {
        // Go's movable programs want the system's dynamic linker, which is here for this CPU only.
        ("linux", cpu) if cpu != "amd64" && program.variant == "pie" && program.language == Language::Go => {
            return Ok(None);
        }
        ("linux", "amd64") => Command::new(file),
        ("linux", cpu) => {
            let name = if cpu == "arm64" { "qemu-aarch64" } else { "qemu-riscv64" };
            let mut command = Command::new(name);
            command.arg(file);
            command
        }
        ("freebsd" | "netbsd" | "dragonfly", "amd64") => {
            let mut command = Command::new(repo.ashore());
            command.args(["run", "--os", program.os]).arg(file);
            command
        }
        _ => return Ok(None),
    };
    // The large program shows the ways only when it is asked to.
    command.env("ASHORE_WAYS", "1");
    let missing = |why: Failure| Failure::new(format!("{why}\non Debian and Ubuntu: apt-get install qemu-user"));
    let done = shell::limited(&mut command, LIMIT).map_err(missing)?;
    let text = String::from_utf8_lossy(&done.text).into_owned();
    match done.status {
        Some(status) if status.success() => Ok(Some(text)),
        Some(status) => Err(Failure::new(format!("it ended with {status}\n{text}"))),
        None => Err(Failure::new(format!("it did not end in {} s\n{text}", LIMIT.as_secs()))),
    }
}
