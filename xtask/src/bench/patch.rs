//! `cargo xtask bench patch`: how long changing a large program takes, from exec to exit, against a script on a disassembler's
//! listing; and counting every reference, against merely reading the file.
//!
//! The large program is Go's own compiler for AArch64 with the ways to reach a function added; a larger one carries data.

use super::measure::{ROUNDS, seconds, values};
use crate::args::Args;
use crate::guests::Toolchain;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How much data the larger program carries.
const LARGE: u64 = 98 << 20;

/// The benchmark.
pub(super) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let rounds = args.parsed("--rounds")?.unwrap_or(ROUNDS);
    args.finish()?;
    let release = |words: &[&str]| {
        shell::run(shell::cargo().current_dir(repo.root()).args(["build", "--quiet", "--release"]).args(words))
    };
    release(&["--package", "ashore"])?;
    release(&["--package", "ashore-patch", "--example", "census"])?;
    let folder = repo.guests().join("patched");
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let compiler = compiler(repo, &folder)?;
    let large = large(repo, &folder)?;
    for (program, goal) in [(&compiler, 100.0), (&large, 300.0)] {
        one_redirect(repo, program, goal, rounds)?;
    }
    listing(&compiler)?;
    for function in ["main.Old", "runtime.mallocgc", "runtime.growslice"] {
        census(repo, &compiler, function)?;
    }
    Ok(())
}

/// Go's compiler for AArch64, with the ways to reach a function added to its main package.
pub(crate) fn compiler(repo: &Repo, folder: &Path) -> Outcome<PathBuf> {
    let tools = Toolchain::install(repo)?;
    let sources = repo.root().join("tests/patch/go");
    let out = folder.join("compile-arm64");
    let main = tools.goroot().join("src/cmd/compile");
    let pair = |name: &str, source: PathBuf| format!("\"{}\": \"{}\"", main.join(name).display(), source.display());
    let added = [pair("ways.go", sources.join("ways.go")), pair("start.go", sources.join("big/start.go.txt"))];
    let overlay = folder.join("overlay.json");
    let text = format!("{{\"Replace\": {{{}}}}}\n", added.join(", "));
    fs::write(&overlay, text).map_err(|why| Failure::of(overlay.display(), why))?;
    let mut command = tools.go("linux");
    command.env("GOARCH", "arm64").current_dir(tools.goroot().join("src"));
    command.args(["build", "-trimpath", "-p", "2", "-overlay"]).arg(&overlay).arg("-o").arg(&out).arg("cmd/compile");
    shell::run(&mut command)?;
    Ok(out)
}

/// The small program of the ways, carrying much data.
fn large(repo: &Repo, folder: &Path) -> Outcome<PathBuf> {
    let tools = Toolchain::install(repo)?;
    let sources = repo.root().join("tests/patch/go");
    let module = folder.join("large");
    fs::create_dir_all(&module).map_err(|why| Failure::of(module.display(), why))?;
    let wrong = |why| Failure::of(module.display(), why);
    for name in ["ways.go", "go.mod"] {
        fs::copy(sources.join(name), module.join(name)).map_err(wrong)?;
    }
    let main = "package main\n\nimport _ \"embed\"\n\n//go:embed data\nvar data string\n\nfunc main() {\n\tways()\n\tprintln(len(data))\n}\n";
    fs::write(module.join("main.go"), main).map_err(wrong)?;
    // No two words are alike, so that nothing is quick because it is all zeroes.
    let mut word = 1u64;
    let mut next = || {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        word.to_le_bytes()
    };
    let data: Vec<u8> = (0..LARGE / 8).flat_map(|_| next()).collect();
    fs::write(module.join("data"), data).map_err(wrong)?;
    let out = folder.join("large-arm64");
    let mut command = tools.go("linux");
    command.env("GOARCH", "arm64").current_dir(&module);
    shell::run(command.args(["build", "-trimpath", "-p", "2", "-o"]).arg(&out).arg("."))?;
    Ok(out)
}

fn megabytes(path: &Path) -> f64 {
    fs::metadata(path).map_or(0.0, |meta| meta.len() as f64 / 1e6)
}

/// One redirection, from exec to exit, written to a new file.
fn one_redirect(repo: &Repo, program: &Path, goal: f64, rounds: usize) -> Outcome {
    let out = program.with_extension("redirected");
    let mut command = Command::new(repo.ashore());
    command.arg("patch").arg(program).args(["redirect", "main.Old=main.New", "-o"]).arg(&out);
    let mut copy = Command::new("cp");
    copy.arg(program).arg(&out);
    let (mut least, mut least_copy) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..rounds {
        least = least.min(seconds(&mut command)?);
        least_copy = least_copy.min(seconds(&mut copy)?);
    }
    let _ = fs::remove_file(&out);
    println!(
        "redirect   {:6.1} MB  {:7.1} ms from exec to exit (goal {goal:.0}); cp of the file {:.1} ms: {:.1} times",
        megabytes(program),
        least * 1e3,
        least_copy * 1e3,
        least / least_copy
    );
    Ok(())
}

/// What a script that reads a disassembler's listing cannot be faster than.
fn listing(program: &Path) -> Outcome {
    let find = |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|done| done.status.success());
    let Some(tool) = ["llvm-objdump", "aarch64-linux-gnu-objdump"].iter().find(find) else {
        println!("listing    not measured: no disassembler for AArch64 (apt-get install llvm)");
        return Ok(());
    };
    let took = seconds(Command::new(tool).arg("-d").arg(program))?;
    println!(
        "listing    {:6.1} MB  {:7.1} ms for {tool} -d alone, which a script reads",
        megabytes(program),
        took * 1e3
    );
    Ok(())
}

/// Counting everything that leads to a function, against reading the file.
fn census(repo: &Repo, program: &Path, function: &str) -> Outcome {
    let mut command = Command::new(repo.release_dir().join("examples/census"));
    let measured = values(command.arg(program).arg(function))?;
    let value =
        |name: &str| measured.iter().find(|(known, _)| known == name).map_or(f64::NAN, |(_, value)| value / 1e6);
    let (read, census) = (value("read"), value("census"));
    println!(
        "census     {:6.1} MB  {census:7.2} ms for {function}; reading the file {read:.2} ms: {:.1} times (goal 3)",
        megabytes(program),
        census / read
    );
    Ok(())
}
