//! Where tests for Linux on arm64 run: on a machine to themselves, and under the emulation of a single process, their peer.
//!
//! Both find the same: Go's sources, no Go command, few programs. The machine has them from Debian's packages.

use crate::guests::{Toolchain, debian};
use crate::{Failure, Outcome, Repo, kernel, machine, shell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The packages whose programs tests call, with the libraries of these.
const PACKAGES: &[&str] = &[
    "bash",
    "coreutils",
    "dash",
    "hostname",
    "libacl1",
    "libattr1",
    "libc-bin",
    "libc6",
    "libgmp10",
    "libpcre2-8-0",
    "libselinux1",
    "libtinfo6",
    "netbase",
];

/// What every Linux has in `/etc` that comes with no package.
const FILES: &[(&str, &str)] = &[
    ("passwd", "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"),
    ("group", "root:x:0:\nnogroup:x:65534:\n"),
    ("hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"),
    ("hostname", "ashore\n"),
];

/// The parts of Go's folder that tests read.
const GO_PARTS: &[&str] = &["src", "lib", "test", "VERSION", "go.env"];

/// The environment of every test.
const ENVIRONMENT: &[(&str, &str)] =
    &[("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"), ("HOME", "/root"), ("USER", "root"), ("TMPDIR", "/tmp")];

/// The machine's CPUs and memory.
const SIZE: [&str; 4] = ["--cpus", "2", "--memory", "3G"];

/// What runs programs for arm64.
#[derive(Clone, Debug)]
pub(super) enum Machine {
    /// QEMU's emulation of one process.
    Emulator,
    /// The kernel, and the tree that the machine gets.
    Booted { kernel: PathBuf, root: PathBuf },
}

impl Machine {
    /// The beginning of a command that runs a test program; its arguments follow.
    pub(super) fn command(&self, (repo, tools): (&Repo, &Toolchain), package: &str, binary: &Path) -> Command {
        match self {
            Machine::Emulator => {
                let folder = tools.goroot().join("src").join(package);
                let mut command = Command::new("qemu-aarch64");
                command.env_clear().envs(ENVIRONMENT.iter().copied()).env("GOROOT", tools.goroot());
                command.current_dir(&folder).env("PWD", &folder).arg(binary);
                command
            }
            Machine::Booted { kernel, root } => {
                let mut command = machine::boot(repo, kernel);
                let (go, folder) = (tools.goroot(), tools.goroot().join("src").join(package));
                command.args(SIZE).arg("--root").arg(root).arg("--cwd").arg(&folder);
                for (name, value) in ENVIRONMENT {
                    command.args(["--env", &format!("{name}={value}")]);
                }
                for (name, value) in [("GOROOT", go), ("PWD", &folder)] {
                    command.args(["--env", &format!("{name}={}", value.display())]);
                }
                // Tests start themselves by what they are called.
                if let Some(name) = binary.file_name() {
                    command.arg("--argv0").arg(format!("/{}", name.to_string_lossy()));
                }
                command.arg(binary);
                command
            }
        }
    }
}

/// The machine, with its tree made if it is not there.
pub(super) fn booted(repo: &Repo, tools: &Toolchain) -> Outcome<Machine> {
    let root = repo.guests().join("conformance/root");
    let stamp = root.with_extension("made");
    let wanted = format!("{} {}", tools.go_version(), PACKAGES.join(" "));
    if fs::read_to_string(&stamp).ok().as_deref() != Some(&wanted) {
        let _ = fs::remove_dir_all(&root);
        debian::tree(repo, PACKAGES, &root)?;
        make(tools, &root)?;
        fs::write(&stamp, wanted).map_err(|why| Failure::of(stamp.display(), why))?;
    }
    Ok(Machine::Booted { kernel: kernel::build(repo)?, root })
}

fn make(tools: &Toolchain, root: &Path) -> Outcome {
    // Where it is here, too: tests have the paths of their sources in them.
    let go = root.join(tools.goroot().strip_prefix("/").unwrap_or(tools.goroot()));
    for folder in [&root.join("etc"), &root.join("root"), &go] {
        fs::create_dir_all(folder).map_err(|why| Failure::of(folder.display(), why))?;
    }
    for (name, text) in FILES {
        let file = root.join("etc").join(name);
        fs::write(&file, text).map_err(|why| Failure::of(file.display(), why))?;
    }
    let shell = root.join("bin/sh");
    let _ = fs::remove_file(&shell);
    std::os::unix::fs::symlink("dash", &shell).map_err(|why| Failure::of(shell.display(), why))?;
    for part in GO_PARTS.iter().map(|part| tools.goroot().join(part)).filter(|part| part.exists()) {
        shell::run(Command::new("cp").arg("-a").arg(&part).arg(&go))?;
    }
    Ok(())
}
