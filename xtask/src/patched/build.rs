//! Building the programs.

use super::table::{Language, Program};
use crate::guests::Toolchain;
use crate::shell;
use crate::{Outcome, Repo};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds `program` into `folder` and tells where it is.
pub(super) fn build(repo: &Repo, tools: &Toolchain, program: &Program, folder: &Path) -> Outcome<PathBuf> {
    let sources = repo.root().join("tests/patch");
    let out = folder.join(program.name());
    let mut command = match program.language {
        Language::Go => {
            let mut command = tools.go(program.os);
            command.env("GOARCH", program.cpu).current_dir(sources.join("go"));
            command.args(["build", "-trimpath", "-p", "2"]).args(program.flags).arg("-o").arg(&out).arg(".");
            command
        }
        Language::C => {
            let cpu = match program.cpu {
                "amd64" => "x86_64",
                "arm64" => "aarch64",
                other => other,
            };
            let system = if program.os == "darwin" { "macos" } else { "linux-musl" };
            let mut command = tools.zig();
            command.args(["cc", "-target", &format!("{cpu}-{system}"), "-fno-sanitize=undefined"]);
            command.args(program.flags).arg("-o").arg(&out).arg(sources.join("c/ways.c"));
            command
        }
        Language::Rust => {
            let mut command = Command::new("rustc");
            command.args(["--edition", "2024", "--target", "x86_64-unknown-linux-musl"]).args(program.flags);
            command.arg("-o").arg(&out).arg(sources.join("rust/ways.rs"));
            command
        }
    };
    shell::output(&mut command)?;
    Ok(out)
}
