//! The programs of `ashore boot`'s cases: static Linux programs for arm64, in C, Go and Rust, and Debian's busybox.

use super::build::compiler;
use super::debian;
use super::source::{entries, has_extension, stem};
use super::stamp::{self, Stamp};
use super::toolchain::{self, Toolchain};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where their sources are.
const SOURCES: &str = "tests/boot";

/// Rust's name of such programs, and C's.
const RUST_TARGET: &str = "aarch64-unknown-linux-musl";
const C_TARGET: &str = "aarch64-linux-musl";

/// Programs of Debian's, and the libraries that the dynamic ones want: a package and a file in it.
const DEBIAN: &[(&str, &str)] = &[
    ("busybox-static", "bin/busybox"),
    ("bash", "bin/bash"),
    ("sqlite3", "usr/bin/sqlite3"),
    ("libc6", "lib/aarch64-linux-gnu/ld-linux-aarch64.so.1"),
    ("libc6", "lib/aarch64-linux-gnu/libc.so.6"),
    ("libc6", "lib/aarch64-linux-gnu/libm.so.6"),
    ("libreadline8", "lib/aarch64-linux-gnu/libreadline.so.8"),
    ("libsqlite3-0", "usr/lib/aarch64-linux-gnu/libsqlite3.so.0"),
    ("libtinfo6", "lib/aarch64-linux-gnu/libtinfo.so.6"),
    ("zlib1g", "lib/aarch64-linux-gnu/libz.so.1"),
];

/// Builds every program into `.guests/boot`.
pub(super) fn make(repo: &Repo, tools: &Toolchain, force: bool) -> Outcome {
    let sources = repo.path(SOURCES);
    let out = out_dir(repo);
    fs::create_dir_all(&out).map_err(|why| Failure::of(out.display(), why))?;
    if force {
        stamp::remove(&out)?;
    }
    let mut fresh = Stamp::new();
    fresh.text(&toolchain::pins());
    fresh.file(&repo.path("rust-toolchain.toml"));
    DEBIAN.iter().for_each(|(package, file)| fresh.text(&format!("{package} {file}")));
    all_files(&sources)?.iter().for_each(|file| fresh.file(file));
    if stamp::holds(&out, &fresh) {
        println!("guests: the programs for a machine to themselves are up to date");
        return Ok(());
    }
    let mut built = Vec::new();
    for file in of_kind(&sources.join("c"), "c")? {
        let name = stem(&file);
        shell::run(compiler(tools, C_TARGET).arg("-static").arg("-o").arg(out.join(&name)).arg(&file))?;
        built.push(name);
    }
    for file in of_kind(&sources.join("rust"), "rs")? {
        let name = format!("rust{}", stem(&file));
        rust(repo, &file, &out.join(&name))?;
        built.push(name);
    }
    let module = sources.join("go");
    let mut command = tools.go("linux");
    command.env("GOARCH", "arm64").current_dir(&module).args(["build", "-trimpath", "-p", "2", "-o"]);
    shell::run(command.arg(out.join("")).arg("./..."))?;
    built.extend(entries(&module)?.iter().filter(|path| path.is_dir()).map(|path| stem(path)));
    for (package, file) in DEBIAN {
        let from = debian::package(repo, package)?.join(file);
        let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        fs::copy(&from, out.join(&name)).map_err(|why| Failure::of(from.display(), why))?;
        built.push(name);
    }
    println!("guests: {} programs for a machine to themselves", built.len());
    stamp::write(&out, &fresh, &built)
}

/// Where the built programs are.
pub(crate) fn out_dir(repo: &Repo) -> PathBuf {
    repo.guests().join("boot")
}

/// A Rust program of one file, with the toolchain that builds Ashore.
fn rust(repo: &Repo, file: &Path, program: &Path) -> Outcome {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    // The linker and the C library's objects come with the target.
    command.current_dir(repo.root()).args(["--edition", "2024", "--target", RUST_TARGET]).args([
        "-Copt-level=2",
        "-Clinker=rust-lld",
        "-Ctarget-feature=+crt-static",
    ]);
    shell::run(command.arg("-o").arg(program).arg(file))
}

/// A C program that is no case: the one of a benchmark.
pub(crate) fn c_program(tools: &Toolchain, file: &Path, program: &Path) -> Outcome {
    shell::run(compiler(tools, C_TARGET).args(["-static", "-O2", "-o"]).arg(program).arg(file))
}

fn of_kind(folder: &Path, extension: &str) -> Outcome<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|file| has_extension(file, extension)).collect())
}

fn all_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        match path.is_dir() {
            true => files.extend(all_files(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}
