//! Building the programs.

use super::table::{LARGE, Language, Program};
use crate::guests::Toolchain;
use crate::shell;
use crate::{Outcome, Repo, bench};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds `program` into `folder` and tells where it is.
pub(super) fn build(repo: &Repo, tools: &Toolchain, program: &Program, folder: &Path) -> Outcome<PathBuf> {
    let sources = repo.root().join("tests/patch");
    if *program == LARGE {
        return bench::patch::compiler(repo, folder);
    }
    let out = folder.join(program.name());
    let mut command = match program.language {
        Language::Go => {
            let mut command = tools.go(program.os);
            command.env("GOARCH", program.cpu).current_dir(sources.join("go"));
            command.args(["build", "-trimpath", "-p", "2"]).args(program.flags).arg("-o").arg(&out).arg(".");
            command
        }
        Language::C => {
            let mut command = compiler(tools, program);
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

/// Builds the object file whose function takes the place of `function`, which answers `own` by itself.
pub(super) fn answer(
    repo: &Repo,
    tools: &Toolchain,
    program: &Program,
    folder: &Path,
    function: (&str, u32),
) -> Outcome<PathBuf> {
    let (name, own) = function;
    let mut command = object(tools, program);
    command.arg(format!("-DNAME=\"{name}\"")).arg(format!("-DOWN={own}"));
    if !program.keeps_originals() {
        command.arg("-DALONE");
    }
    let out = folder.join(format!("{}.answer.o", program.name()));
    shell::output(command.arg("-o").arg(&out).arg(repo.root().join("tests/patch/c/answer.c")))?;
    Ok(out)
}

/// Builds the object file whose function makes every call of the kernel.
pub(super) fn handler(repo: &Repo, tools: &Toolchain, program: &Program, folder: &Path) -> Outcome<PathBuf> {
    let mut command = object(tools, program);
    let out = folder.join(format!("{}.handler.o", program.name()));
    shell::output(command.arg("-o").arg(&out).arg(repo.root().join("tests/patch/c/handler.c")))?;
    Ok(out)
}

/// The compiler of object files for `program`. Go's stacks are short, and nobody there checks them.
fn object(tools: &Toolchain, program: &Program) -> Command {
    let mut command = compiler(tools, program);
    command.args(["-c", "-ffreestanding", "-fno-stack-protector"]);
    command.arg(if program.flags.contains(&"-O0") { "-O0" } else { "-O2" });
    command.arg(if program.is_movable() { "-fPIC" } else { "-fno-PIC" });
    command
}

fn compiler(tools: &Toolchain, program: &Program) -> Command {
    let cpu = cpu(program.cpu);
    let system = if program.os == "darwin" { "macos" } else { "linux-musl" };
    let mut command = tools.zig();
    command.args(["cc", "-target", &format!("{cpu}-{system}"), "-fno-sanitize=undefined"]);
    command
}

/// The name that C compilers have for a CPU that Go calls `name`.
pub(super) fn cpu(name: &str) -> &str {
    match name {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    }
}
