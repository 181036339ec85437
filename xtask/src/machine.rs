//! Machines to themselves: our kernel, and Debian's on the same machine as the one to compare with.

use crate::guests::debian;
use crate::{Failure, Outcome, Repo, kernel, shell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package that always means Debian's newest kernel for virtual machines, and how the names of what it means begin.
const LATEST: (&str, &str) = ("linux-image-cloud-arm64", "linux-image-");

/// Debian's kernel, downloaded once.
pub(crate) fn debian_kernel(repo: &Repo) -> Outcome<PathBuf> {
    let name = debian::dependency(repo, LATEST.0, LATEST.1)?;
    let folder = debian::package(repo, &name)?.join("boot");
    let entries = fs::read_dir(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let mut files = entries.flatten().map(|entry| entry.path());
    let is_kernel = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz"));
    files.find(is_kernel).ok_or_else(|| Failure::new(format!("{name} has no kernel")))
}

/// Builds our kernel and the command with it in.
pub(crate) fn build(repo: &Repo) -> Outcome<PathBuf> {
    let image = kernel::build(repo)?;
    shell::run(shell::cargo().current_dir(repo.root()).args(["build", "--quiet", "--release", "--package", "ashore"]))?;
    Ok(image)
}

/// A machine with a kernel: what follows is options, the program and its arguments.
pub(crate) fn boot(repo: &Repo, kernel: &Path) -> Command {
    let mut command = Command::new(repo.ashore());
    command.arg("boot").arg("--kernel").arg(kernel);
    command
}
