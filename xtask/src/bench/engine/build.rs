//! The programs, for this CPU and for arm64.

use super::run::PRODUCT;
use super::table::{FILES, LIB, MADE, Row, Source};
use crate::guests::Toolchain;
use crate::{Outcome, Repo, shell};
use std::path::{Path, PathBuf};

/// A CPU in the words of Go and of the C compiler.
pub(super) struct Target {
    go: &'static str,
    c: &'static str,
    /// The plainest CPU: what a distribution's compiler would build for.
    cpu: &'static str,
    wheel: &'static str,
}

pub(super) const NATIVE: Target = Target { go: "amd64", c: "x86_64-linux-musl", cpu: "-mcpu=x86_64", wheel: "x86_64" };
pub(super) const GUEST: Target =
    Target { go: "arm64", c: "aarch64-linux-musl", cpu: "-mcpu=generic", wheel: "aarch64" };

const SOURCES: &str = "tests/bench";

/// Builds a program, unless it is newer than its source.
pub(super) fn program(repo: &Repo, tools: &Toolchain, folder: &Path, row: &Row, target: &Target) -> Outcome<PathBuf> {
    let program = folder.join(format!("{}-{}", row.name, target.go));
    let source = match row.source {
        Source::C => repo.path(SOURCES).join(format!("{}.c", row.name)),
        Source::Go => repo.path(SOURCES).join(row.name).join("main.go"),
        Source::Wheel(wheel) => return wheel.program(tools, target.wheel, folder),
    };
    let time = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    if time(&program).is_some_and(|built| time(&source).is_some_and(|source| built > source)) {
        return Ok(program);
    }
    match row.source {
        Source::C => {
            let mut command = tools.zig();
            command.args(["cc", "-target", target.c, target.cpu, "-O2", "-static", "-s", "-fno-sanitize=undefined"]);
            // The same roundings on both.
            command.args(["-ffp-contract=off", "-w", "-o"]).arg(&program).arg(&source);
            shell::run(&mut command)?;
        }
        Source::Go => {
            let mut command = tools.go("linux");
            command.env("GOARCH", target.go).current_dir(repo.path(SOURCES).join(row.name));
            shell::run(command.args(["build", "-trimpath", "-o"]).arg(&program).arg("."))?;
        }
        Source::Wheel(_) => {}
    }
    Ok(program)
}

/// A row's arguments, with the places of this machine.
pub(super) fn arguments(repo: &Repo, row: &Row, native: &Path) -> Vec<String> {
    let files = repo.path("tests/soak").display().to_string();
    let lib = native.with_file_name("lib").display().to_string();
    let place = |word: &&str| word.replace(FILES, &files).replace(LIB, &lib).replace(MADE, PRODUCT);
    row.args.iter().map(place).collect()
}
