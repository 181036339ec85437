//! Where a case runs: which system's guest, with or without Ashore, and where the files are.

use std::path::{Path, PathBuf};

use crate::case::{Case, System};

/// One way of running a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// The Linux guest run by the host itself: the oracle.
    Native,
    /// The guest of this system, run by Ashore.
    Ashore(System),
}

impl Target {
    /// The targets a case asks for.
    pub(crate) fn of_case(case: &Case) -> Vec<Target> {
        let native = case.is_native_oracle.then_some(Target::Native);
        native.into_iter().chain(case.systems.iter().copied().map(Target::Ashore)).collect()
    }

    /// The first part of the test's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Target::Native => "native",
            Target::Ashore(system) => system.name(),
        }
    }

    /// The system the guest was built for.
    pub(crate) fn system(self) -> System {
        match self {
            Target::Native => System::Linux,
            Target::Ashore(system) => system,
        }
    }
}

/// Where this checkout keeps what the runner needs.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The folder of case files.
    pub(crate) cases: PathBuf,
    /// The list of tests that are expected to fail.
    pub(crate) skips: PathBuf,
    guests: PathBuf,
    ashore: PathBuf,
}

impl Place {
    /// The places in this repository; `ASHORE_BIN` and `ASHORE_GUESTS` override two of them.
    pub(crate) fn of_repository() -> Place {
        let runner = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tests = runner.parent().unwrap_or(runner);
        let root = tests.parent().unwrap_or(tests);
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let ashore = target.join("x86_64-unknown-linux-musl/release/ashore");
        Place {
            cases: tests.join("guest/cases"),
            skips: tests.join("skip.toml"),
            guests: std::env::var_os("ASHORE_GUESTS").map_or_else(|| root.join(".guests/out"), PathBuf::from),
            ashore: std::env::var_os("ASHORE_BIN").map_or(ashore, PathBuf::from),
        }
    }

    /// The guest a case runs on a system.
    pub(crate) fn guest(&self, case: &Case, system: System) -> Result<PathBuf, String> {
        let path = self.guests.join(format!("{}-amd64", system.name())).join(&case.guest);
        existing(path, "cargo xtask guests")
    }

    /// The `ashore` under test.
    pub(crate) fn ashore(&self) -> Result<PathBuf, String> {
        existing(self.ashore.clone(), "cargo build --release -p ashore")
    }
}

fn existing(path: PathBuf, command: &str) -> Result<PathBuf, String> {
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("{} does not exist: make it with `{command}`", path.display()))
}
