//! Where a case runs: which system's guest, with or without Ashore, and where the files are.

use std::path::{Path, PathBuf};

use crate::case::{Case, Foreign, System};

/// One way of running a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// The Linux guest run by the host itself: the oracle.
    Native,
    /// The guest of this system, run by Ashore.
    Ashore(System),
    /// The guest of this system for this CPU, run by Ashore.
    Foreign(System, Foreign),
    /// The Linux guest for this CPU, run by qemu: the oracle of the others.
    Qemu(Foreign),
}

impl Target {
    /// The targets a case asks for.
    pub(crate) fn of_case(case: &Case) -> Vec<Target> {
        let native = case.is_native_oracle.then_some(Target::Native);
        let ashore = case.systems.iter().copied().map(Target::Ashore);
        let systems = case.systems.iter().copied();
        let foreign = case.cpus.iter().flat_map(|cpu| {
            let there = systems.clone().filter(|system| cpu.systems().contains(system));
            there.map(|system| Target::Foreign(system, *cpu))
        });
        let qemu = case.cpus.iter().copied().filter(|cpu| case.is_qemu_oracle && is_in_path(cpu.qemu()));
        native.into_iter().chain(ashore).chain(foreign).chain(qemu.map(Target::Qemu)).collect()
    }

    /// The first part of the test's name.
    pub(crate) fn name(self) -> String {
        match self {
            Target::Native => "native".to_owned(),
            Target::Ashore(system) => system.name().to_owned(),
            Target::Foreign(system, cpu) => format!("{}-{}", system.name(), cpu.name()),
            Target::Qemu(cpu) => format!("qemu-{}", cpu.name()),
        }
    }

    /// The system the guest was built for.
    pub(crate) fn system(self) -> System {
        match self {
            Target::Native | Target::Qemu(_) => System::Linux,
            Target::Ashore(system) | Target::Foreign(system, _) => system,
        }
    }

    /// The CPU the guest was built for, by its name.
    fn cpu(self) -> &'static str {
        match self {
            Target::Native | Target::Ashore(_) => "amd64",
            Target::Foreign(_, cpu) | Target::Qemu(cpu) => cpu.name(),
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

    /// The guest a case runs on a target.
    pub(crate) fn guest(&self, case: &Case, target: Target) -> Result<PathBuf, String> {
        let path = self.guests.join(format!("{}-{}", target.system().name(), target.cpu())).join(&case.guest);
        existing(path, "cargo xtask guests")
    }

    /// The `ashore` under test.
    pub(crate) fn ashore(&self) -> Result<PathBuf, String> {
        existing(self.ashore.clone(), "cargo build --release -p ashore")
    }
}

fn is_in_path(name: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(name).is_file())
}

fn existing(path: PathBuf, command: &str) -> Result<PathBuf, String> {
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("{} does not exist: make it with `{command}`", path.display()))
}
