//! `cargo xtask patched`: programs of several languages, systems and CPUs are built, patched in every way, run, and undone.
//!
//! Each program prints one line for every way to reach a function, and which function answered. After a redirection the
//! other one must answer everywhere; after undoing it the file must be the same, byte for byte. Programs of a system that
//! nothing here runs are patched and undone all the same: then what the patch verifies by itself is all that is known.
//! Object files are patched before they are linked.

mod build;
mod objects;
mod run;
mod table;

use crate::args::Args;
use crate::guests::Toolchain;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use objects::{OBJECTS, Object, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use table::{LARGE, Language, PROGRAMS, Program};

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let only = args.values("--only")?;
    let programs = if args.flag("--large") { &[LARGE] } else { PROGRAMS };
    args.finish()?;
    exercise(repo, programs, &only).map(|_| ())
}

/// Exercises every program and tells how many there are.
pub(crate) fn check(repo: &Repo) -> Outcome<usize> {
    exercise(repo, PROGRAMS, &[])
}

/// Exercises those of `programs` whose names contain one of `only`, or all, and tells how many there were.
fn exercise(repo: &Repo, programs: &[Program], only: &[String]) -> Outcome<usize> {
    let ashore = repo.ashore();
    if !ashore.is_file() {
        return Err(Failure::new(format!("{} is missing: cargo build --release", ashore.display())));
    }
    let tools = Toolchain::install(repo)?;
    let folder = repo.guests().join("patched");
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let is_wanted =
        |program: &&Program| only.is_empty() || only.iter().any(|part| program.name().contains(part.as_str()));
    let wanted: Vec<&Program> = programs.iter().filter(is_wanted).collect();
    let mut failures = Vec::new();
    let mut ran = 0;
    for program in &wanted {
        let bench = Bench { repo, tools: &tools, ashore: &ashore, folder: &folder, program };
        match build::build(repo, &tools, program, &folder).and_then(|file| bench.exercise(&file)) {
            Ok(is_run) => {
                ran += usize::from(is_run);
                println!(
                    "{:<28} ok{}",
                    program.name(),
                    if is_run { "" } else { " (patched, verified and undone; not run)" }
                );
            }
            Err(why) => {
                println!("{:<28} FAILED: {why}", program.name());
                failures.push(program.name());
            }
        }
    }
    // The large program is tried by itself.
    let objects: &[Object] = if programs == [LARGE] { &[] } else { OBJECTS };
    let is_wanted = |object: &&Object| only.is_empty() || only.iter().any(|part| object.name().contains(part.as_str()));
    let objects: Vec<&Object> = objects.iter().filter(is_wanted).collect();
    let trial = Trial { repo, tools: &tools, ashore: &ashore, folder: &folder };
    for object in &objects {
        match trial.exercise(object) {
            Ok(()) => println!("{:<28} ok", object.name()),
            Err(why) => {
                println!("{:<28} FAILED: {why}", object.name());
                failures.push(object.name());
            }
        }
    }
    let (programs, objects) = (wanted.len(), objects.len());
    println!("patched: {programs} programs, {ran} of them run, {objects} object files, {} failed", failures.len());
    if programs + objects == 0 || !failures.is_empty() {
        return Err(Failure::new(format!("failed: {}", failures.join(", "))));
    }
    Ok(programs + objects)
}

/// One program under test.
struct Bench<'a> {
    repo: &'a Repo,
    tools: &'a Toolchain,
    ashore: &'a Path,
    folder: &'a Path,
    program: &'a Program,
}

/// What is done to a program of a language.
struct Edits {
    redirect: &'static [&'static str],
    /// A function that then returns 42, and what it returns by itself.
    answer: (&'static str, u32),
    hook: &'static [&'static str],
}

fn edits(program: &Program) -> Edits {
    match program.language {
        Language::Go if !program.keeps_originals() => Edits {
            redirect: &["main.Old=main.New", "main.(*voice).Speak=main.(*voice).Shout"],
            answer: ("main.Answer", 5),
            hook: &[],
        },
        Language::Go => Edits {
            redirect: &["main.Old=main.New", "main.(*voice).Speak=main.(*voice).Shout", "main.Wrapped=main.Wrap"],
            answer: ("main.Answer", 5),
            hook: &[
                "main.ways",
                "main.Deep",
                "main.call",
                "main.tail",
                "fmt.Sprint",
                "fmt.Fprintln",
                "fmt.(*pp).printArg",
                "os.(*File).Write",
                "reflect.Value.call",
                "runtime.newobject",
                "runtime.mallocgc",
            ],
        },
        Language::C => Edits {
            redirect: &["old_one=new_one", "wrapped=wrap"],
            answer: ("answer", 6),
            hook: if program.os == "darwin" {
                // The C library is in another file there.
                &["main", "through", "tail", "conditional"]
            } else {
                &["main", "through", "tail", "conditional", "qsort", "printf"]
            },
        },
        Language::Rust => Edits {
            redirect: &["old_one=new_one", "wrapped=wrap"],
            answer: ("answer", 6),
            hook: &["old_one", "answer"],
        },
    }
}

impl Bench<'_> {
    /// Patches, runs and undoes; tells whether it could be run.
    fn exercise(&self, file: &Path) -> Outcome<bool> {
        let edits = edits(self.program);
        let before = run::run(self.repo, self.program, file)?;
        if before.as_ref().is_some_and(|text| !text.contains("old") || text.contains("neither")) {
            return Err(Failure::new(format!("it does not say what it should before any patch: {before:?}")));
        }
        let answer = format!("{}=42", edits.answer.0);
        let redirects = edits.redirect.iter().flat_map(|pair| ["redirect", *pair]);
        let entry: Vec<&str> = redirects.clone().chain(["return", &answer]).collect();
        let calls: Vec<&str> = redirects.chain(["--calls"]).collect();
        let hooks: Vec<&str> = edits.hook.iter().flat_map(|name| ["hook", name]).collect();
        let redirected = before.as_deref().map(|text| redirected(text, edits.redirect));
        let answered = redirected.as_deref().map(answered);
        self.one(file, "entry", &entry, answered.as_deref())?;
        self.one(file, "calls", &calls, redirected.as_deref())?;
        if !hooks.is_empty() {
            self.one(file, "hooks", &hooks, before.as_deref())?;
        }
        let replaced = before.as_deref().map(self::answered);
        self.replaced(file, edits.answer, replaced.as_deref())?;
        self.handled(file, before.as_deref())?;
        Ok(before.is_some())
    }

    /// The answer comes from an object file. Only ELF programs take one.
    fn replaced(&self, file: &Path, answer: (&str, u32), expected: Option<&str>) -> Outcome {
        if self.program.os == "darwin" {
            return Ok(());
        }
        let object = build::answer(self.repo, self.tools, self.program, self.folder, answer)?;
        let with = object.display().to_string();
        self.one(file, "replaced", &["replace", answer.0, "--with", &with], expected)?;
        fs::remove_file(&object).map_err(|why| Failure::of(with, why))
    }

    /// A handler from an object file makes the calls of the kernel. Programs of one thread only: a call that begins another one
    /// does not come back once. RISC-V's `ecall` leaves room for one jump of 1 MiB, and added code is farther away than that.
    fn handled(&self, file: &Path, before: Option<&str>) -> Outcome {
        let Program { os, cpu, language, .. } = self.program;
        if *os != "linux" || *language != Language::C || *cpu == "riscv64" {
            return Ok(());
        }
        let object = build::handler(self.repo, self.tools, self.program, self.folder)?;
        let with = object.display().to_string();
        let expected = before.map(|text| format!("{text}handled\n"));
        self.one(file, "handled", &["kernel-calls", "handler", "--with", &with], expected.as_deref())?;
        fs::remove_file(&object).map_err(|why| Failure::of(with, why))
    }

    /// One way to patch: the result runs as expected, a second time finds nothing to do, and undoing gives the same file.
    fn one(&self, file: &Path, way: &str, words: &[&str], expected: Option<&str>) -> Outcome {
        let in_way = |why: Failure| Failure::new(format!("{way}: {why}"));
        let patched = self.folder.join(format!("{}.{way}", self.program.name()));
        let undone = self.folder.join(format!("{}.{way}.undone", self.program.name()));
        shell::output(self.patch(file, &patched).args(words)).map_err(in_way)?;
        let again = shell::output(self.patch(&patched, &patched).args(words)).map_err(in_way)?;
        if !again.contains("already so") {
            return Err(Failure::new(format!("{way}: a second time it says: {again}")));
        }
        let got = run::run(self.repo, self.program, &patched).map_err(in_way)?;
        if got.as_deref() != expected {
            return Err(Failure::new(format!(
                "{way}: it says\n{}\ninstead of\n{}",
                shown(got.as_deref()),
                shown(expected)
            )));
        }
        shell::output(self.patch(&patched, &undone).arg("--undo")).map_err(in_way)?;
        let [original, restored] = [file, &undone].map(fs::read);
        if original.ok() != restored.ok() {
            return Err(Failure::new(format!("{way}: undone, it is not the original")));
        }
        for made in [patched, undone] {
            let _ = fs::remove_file(made);
        }
        Ok(())
    }

    fn patch(&self, file: &Path, output: &PathBuf) -> Command {
        let mut command = Command::new(self.ashore);
        command.arg("patch").arg(file).arg("-o").arg(output);
        command
    }
}

fn shown(text: Option<&str>) -> &str {
    text.unwrap_or("(not run)")
}

/// What a program says once its functions are redirected.
fn redirected(text: &str, edits: &[&str]) -> String {
    let text = text.replace(": old", ": new");
    let is_wrapped = edits.iter().any(|pair| pair.contains("Wrapped="));
    if is_wrapped { text.replace("wrap: plain", "wrap: wrapped plain") } else { text }
}

/// What it says once its answer is 42 as well.
fn answered(text: &str) -> String {
    let line = |line: &str| if line.starts_with("answer: ") { "answer: 42\n".into() } else { format!("{line}\n") };
    text.lines().map(line).collect()
}
