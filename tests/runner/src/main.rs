//! Runs the case files under `tests/guest/cases`: one named test for each case and each system.
//!
//! A test is named `<system>/<case>`, so that the usual filter chooses a system or a topic:
//! `cargo test -p ashore-cases -- dragonfly/` or `-- kqueue`. Tests named `native/<case>` run the
//! Linux build of the guest without Ashore: they are the oracle that keeps the expectations honest.
//!
//! What it deliberately does not do: build anything. A missing guest or a missing `ashore` fails
//! the test with the command that makes it.
#![forbid(unsafe_code)]

mod case;
mod check;
mod run;
mod skip;
mod target;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::Case;
use crate::skip::Skips;
use crate::target::{Place, Target};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Guests die on purpose; their core files are of no use to anybody.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    match trials(&Place::of_repository()) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One trial for each case and target, plus one that fails when a skip names no test.
fn trials(place: &Place) -> Result<Vec<Trial>, String> {
    let skips = Arc::new(Skips::read(&place.skips)?);
    let mut trials = Vec::new();
    for path in case_files(&place.cases)? {
        let case = Arc::new(Case::read(&path)?);
        for target in Target::of_case(&case) {
            trials.push(trial(place, &skips, &case, target));
        }
    }
    let names: Vec<String> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    if let Some(unknown) = skips.names().find(|name| !names.iter().any(|known| known == name)) {
        return Err(format!("{}: no test is named `{unknown}`", place.skips.display()));
    }
    Ok(trials)
}

fn trial(place: &Place, skips: &Arc<Skips>, case: &Arc<Case>, target: Target) -> Trial {
    let name = format!("{}/{}", target.name(), case.name);
    let place = place.clone();
    let skips = Arc::clone(skips);
    let case = Arc::clone(case);
    let full_name = name.clone();
    Trial::test(name, move || {
        let outcome = run::run(&place, &case, target);
        match skips.reason(&full_name) {
            None => outcome.map_err(Failed::from),
            Some(_) if outcome.is_err() => Ok(()),
            Some(reason) => {
                Err(Failed::from(format!("passes, but tests/skip.toml expects it to fail ({reason}): remove that row")))
            }
        }
    })
}

/// Every case file, by name.
fn case_files(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    files.sort();
    Ok(files)
}
