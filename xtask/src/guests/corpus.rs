//! The failing programs that crash reports are tested with, and their healthy twins: `tests/explain/`.
//!
//! A file is a program: C, assembly (`.S`) or Go; a folder holds one of several C files. They are built one by one, each with a
//! stamp of its own: there are many, and a person who writes one waits for that one only.

use super::build::{c_program, go_file};
use super::source::{CSource, entries, has_extension};
use super::stamp::{self, Stamp};
use super::table::System;
use super::toolchain::{self, Toolchain};
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Changed when the way of building changes.
const RECIPE: &str = "corpus 1";

/// How many are built at a time.
const PARALLEL: usize = 2;

/// Builds the corpus of one system into `.guests/explain`.
pub(super) fn make(repo: &Repo, tools: &Toolchain, system: &System, force: bool) -> Outcome {
    let folder = repo.path("tests/explain");
    let out = repo.guests().join("explain").join(format!("{}-{}", system.name, system.cpu));
    fs::create_dir_all(&out).map_err(|why| Failure::of(out.display(), why))?;
    let headers = [repo.path("tests/guest/c"), folder.clone()];
    let all = entries(&folder)?.into_iter().map(|file| program(file, &headers)).collect::<Outcome<Vec<_>>>()?;
    let wanted: Vec<&CSource> = all.iter().flatten().filter(|source| source.is_for(system)).collect();
    let shared = headers.iter().map(|folder| entries(folder)).collect::<Outcome<Vec<_>>>()?.concat();
    let shared: Vec<PathBuf> = shared.into_iter().filter(|file| has_extension(file, "h")).collect();
    let is_stale = |source: &&CSource| force || !stamp::holds(&stamps(&out, source), &fresh(source, system, &shared));
    let stale: Vec<&CSource> = wanted.iter().copied().filter(is_stale).collect();
    let queue = Mutex::new(stale.iter());
    let work = || -> Outcome {
        while let Some(source) = next(&queue) {
            build(tools, source, system, &out)?;
            let notes = stamps(&out, source);
            fs::create_dir_all(&notes).map_err(|why| Failure::of(notes.display(), why))?;
            stamp::write(&notes, &fresh(source, system, &shared), &[])?;
        }
        Ok(())
    };
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(work)).collect();
        let lost = || Err(Failure::new("a compilation thread died"));
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
    });
    outcomes.into_iter().collect::<Outcome<Vec<()>>>()?;
    let (name, cpu) = (system.name, system.cpu);
    println!("guests: {name}/{cpu}: {} of {} programs of the corpus built", stale.len(), wanted.len());
    Ok(())
}

fn next<'a>(queue: &Mutex<std::slice::Iter<'_, &'a CSource>>) -> Option<&'a CSource> {
    queue.lock().ok()?.next().copied()
}

/// The program that an entry of the folder is, if it is one.
fn program(path: PathBuf, headers: &[PathBuf]) -> Outcome<Option<CSource>> {
    let is_program = ["c", "S", "go"].iter().any(|extension| has_extension(&path, extension));
    let main = path.join("main.c");
    let main = if is_program { path } else { main };
    if !main.is_file() {
        return Ok(None);
    }
    let mut source = CSource::read(main)?;
    if let Some(folder) = source.file.parent().filter(|_| source.name == "main") {
        source.name = super::source::stem(folder);
        let others = entries(folder)?.into_iter().filter(|file| has_extension(file, "c") && *file != source.file);
        source.options.extend(others.map(|file| file.display().to_string()));
    }
    // Programs that fail on purpose are full of what compilers warn of.
    source.options.push("-w".to_owned());
    source.options.extend(headers.iter().map(|folder| format!("-I{}", folder.display())));
    Ok(Some(source))
}

fn stamps(out: &Path, source: &CSource) -> PathBuf {
    out.join(".stamps").join(&source.name)
}

fn fresh(source: &CSource, system: &System, shared: &[PathBuf]) -> Stamp {
    let mut stamp = Stamp::new();
    stamp.text(RECIPE);
    stamp.text(&toolchain::pins());
    stamp.text(system.compile_target);
    stamp.file(&source.file);
    // Where the headers lie says nothing of a program, and several checkouts may share what is built.
    source.options.iter().filter(|option| !option.starts_with("-I")).for_each(|option| stamp.text(option));
    source.options.iter().map(Path::new).filter(|path| path.is_file()).for_each(|path| stamp.file(path));
    shared.iter().for_each(|path| stamp.file(path));
    stamp
}

fn build(tools: &Toolchain, source: &CSource, system: &System, out: &Path) -> Outcome {
    match has_extension(&source.file, "go") {
        true => go_file(tools, &source.file, system, &out.join(&source.name)),
        false => c_program(tools, source, system, out),
    }
}
