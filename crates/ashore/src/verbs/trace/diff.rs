//! `ashore trace --diff A B [-- ARGS]`: where one program, built for two systems, behaves differently.

use super::super::run;
use crate::open;
use ashore_debug::diff::{Comparison, Trace, compare};
use ashore_debug::explain::code::Program;
use clap::ArgMatches;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The exit status when the two behave differently.
const DIFFERS: u8 = 1;
/// The exit status when the arguments make no sense.
const MISUSE: u8 = 2;
/// The exit status of Ashore's own failures.
const FAILED: u8 = 125;

/// Why there is no comparison: what is said, and the exit status.
struct Failure(String, u8);

/// A side as a person names it.
struct Side {
    file: PathBuf,
    /// The system, when it is named before the file.
    system: Option<String>,
}

pub(super) fn run(matches: &ArgMatches) -> u8 {
    let mut words = matches.get_many::<OsString>("program").into_iter().flatten();
    let (Some(a), Some(b)) = (words.next(), words.next()) else {
        eprintln!("ashore: --diff compares two: ashore trace --diff A B [-- ARGS]");
        return MISUSE;
    };
    let mut args: Vec<&OsStr> = words.map(OsString::as_os_str).collect();
    if args.first().is_some_and(|word| *word == "--") {
        args.remove(0);
    }
    match comparison(matches, &[Side::of(a), Side::of(b)], &args) {
        Ok(comparison) => {
            if matches.get_flag("json") {
                println!("{}", comparison.json());
            } else {
                let shown = if matches.get_flag("all") { usize::MAX } else { 1 };
                print!("{}", comparison.text(shown));
            }
            if comparison.is_same() { 0 } else { DIFFERS }
        }
        Err(Failure(why, status)) => {
            eprintln!("ashore: {why}");
            status
        }
    }
}

/// Compares the two. What differs between programs is looked for in a second run of both: threads take turns as it
/// happens, and keys and times are new in every run.
fn comparison(matches: &ArgMatches, sides: &[Side; 2], args: &[&OsStr]) -> Result<Comparison, Failure> {
    let run = || -> Result<([Trace; 2], bool), Failure> {
        let [one, other] = sides;
        let [(a, is_run), (b, is_other_run)] = [trace(matches, one, args)?, trace(matches, other, args)?];
        Ok(([a, b], is_run || is_other_run))
    };
    let compared = || run().map(|([a, b], is_run)| (compare(&a, &b), is_run));
    let (mut comparison, is_run) = compared()?;
    if is_run && !comparison.is_same() && !matches.get_flag("once") {
        let (mut second, _) = compared()?;
        let first = comparison.clone();
        comparison.confirm(&second);
        // Each differed in another way: what a third run shows again is told.
        if comparison.is_same() && !second.is_same() {
            let (third, _) = compared()?;
            second.confirm(&third);
            comparison = first;
            comparison.confirm(&third);
            if comparison.is_same() {
                comparison = second;
            }
        }
    }
    if is_run {
        for (n, side) in sides.iter().enumerate() {
            locate(&mut comparison, n, side);
        }
    }
    Ok(comparison)
}

/// Tells where in a side's program the calls were made. What cannot be read has no places.
fn locate(comparison: &mut Comparison, n: usize, side: &Side) {
    let Ok(opened) = open::find(&side.file).and_then(|path| open::open(&path)) else { return };
    let Ok(parsed) = ashore_formats::read(opened.bytes) else { return };
    if let [part] = parsed.parts.as_slice() {
        comparison.locate(n, &Program::new(&parsed, part, &opened.path.to_string_lossy(), 0));
    }
}

impl Side {
    /// `SYSTEM:FILE` names the system, unless there is a file of that whole name.
    fn of(word: &OsString) -> Side {
        let plain = || Side { file: PathBuf::from(word), system: None };
        let Some((system, file)) = word.to_str().and_then(|word| word.split_once(':')) else { return plain() };
        match ashore_guest::by_name(system) {
            Some(_) if !Path::new(word).exists() => Side { file: file.into(), system: Some(system.into()) },
            _ => plain(),
        }
    }
}

/// Reads a side's trace, or runs the program for one; and whether it was run.
fn trace(matches: &ArgMatches, side: &Side, args: &[&OsStr]) -> Result<(Trace, bool), Failure> {
    let of_file = |why: &dyn std::fmt::Display| Failure(format!("{}: {why}", side.file.display()), FAILED);
    let mut start = Vec::new();
    let opened = File::open(&side.file).and_then(|file| file.take(4096).read_to_end(&mut start));
    // What cannot be opened may be a program's name to look for.
    if opened.is_ok() && Trace::is_one(&start) {
        let bytes = std::fs::read(&side.file).map_err(|error| of_file(&error))?;
        return Trace::read(&bytes).map(|trace| (trace, false)).map_err(|fault| of_file(&fault));
    }
    let mut made = make(matches, side, args)?;
    let mut bytes = Vec::new();
    made.rewind().and_then(|()| made.read_to_end(&mut bytes)).map_err(|error| of_file(&error))?;
    let mut trace = Trace::read(&bytes).map_err(|fault| of_file(&format!("its trace: {fault}")))?;
    let program = side.file.canonicalize().unwrap_or_else(|_| side.file.clone());
    trace.set_program(program.to_string_lossy().into_owned());
    Ok((trace, true))
}

/// Runs a program under the tracer, with nothing to read and nobody who sees what it writes.
fn make(matches: &ArgMatches, side: &Side, args: &[&OsStr]) -> Result<File, Failure> {
    let failed = |error: std::io::Error| Failure(format!("no place for a trace: {error}"), FAILED);
    let [trace, out, mut err] = [nameless().map_err(failed)?, nameless().map_err(failed)?, nameless().map_err(failed)?];
    // The program runs elsewhere perhaps; a name without a slash is looked up in PATH.
    let has_slash = side.file.components().count() > 1 || side.file.exists();
    let program = if has_slash { std::path::absolute(&side.file).map_err(failed)? } else { side.file.clone() };
    let mut command = Command::new("/proc/self/exe");
    command.args(["trace", "--json", "--stack", "-o"]);
    // The file has no name of its own, so nothing is left behind however this ends.
    command.arg(format!("/proc/{}/fd/{}", std::process::id(), trace.as_raw_fd()));
    command.args(run::words(matches));
    if let Some(system) = &side.system {
        command.args(["--os", system]);
    }
    command.arg("--").arg(program).args(args);
    let folder = matches.get_flag("fresh").then(Folder::make).transpose().map_err(failed)?;
    if let Some(Folder(path)) = &folder {
        command.current_dir(path);
    }
    command.stdin(Stdio::null());
    command.stdout(out).stderr(err.try_clone().map_err(failed)?);
    let status = command.status().map_err(failed)?;
    let is_empty = trace.metadata().map(|data| data.len() == 0).unwrap_or(true);
    if is_empty {
        let mut said = Vec::new();
        let _ = err.rewind().and_then(|()| err.read_to_end(&mut said));
        let said = String::from_utf8_lossy(said.trim_ascii()).into_owned();
        let said = said.strip_prefix("ashore: ").unwrap_or(&said).to_owned();
        let status = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code >= FAILED);
        return Err(Failure(said, status.unwrap_or(FAILED)));
    }
    Ok(trace)
}

/// A folder that is removed when it is no longer wanted.
struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Folder> {
        temporary(|path| DirBuilder::new().mode(0o700).create(path)).map(|(path, ())| Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            eprintln!("ashore: {} stays behind: {error}", self.0.display());
        }
    }
}

/// A file that nobody else can open by a name.
fn nameless() -> std::io::Result<File> {
    let make = |path: &Path| OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    let (path, file) = temporary(make)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// Makes something under a temporary name that nothing has yet.
fn temporary<T>(make: impl Fn(&Path) -> std::io::Result<T>) -> std::io::Result<(PathBuf, T)> {
    let folder = std::env::temp_dir();
    for nth in 0..1000 {
        let path = folder.join(format!("ashore-diff-{}-{nth}", std::process::id()));
        match make(&path) {
            Ok(made) => return Ok((path, made)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}
