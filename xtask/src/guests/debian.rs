//! Packages of Debian's arm64 ports, downloaded and unpacked without touching the system's own package state.
//!
//! apt keeps its lists in `.guests/debian/state` and believes that the machine is an arm64 one; what it trusts and where it
//! downloads from is what the system is set up with. A package that is there is not looked for again.

use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The CPU in Debian's words.
const CPU: &str = "arm64";

/// Where a Debian machine says where packages are: the new form and the old one.
const SOURCES: [&str; 2] = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];

/// The folder of a package's files.
pub(crate) fn package(repo: &Repo, name: &str) -> Outcome<PathBuf> {
    let unpacked = repo.guests().join("debian").join(name);
    if unpacked.is_dir() {
        return Ok(unpacked);
    }
    let apt = Apt::new(repo)?;
    println!("guests: downloading Debian's {name} for {CPU}");
    shell::output(apt.command("apt-get").args(["-qq", "download", name]))?;
    let found = entries(&apt.folder)?.into_iter().find(|file| {
        let file = file.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(&format!("{name}_")) && file.ends_with(".deb")
    });
    let archive = found.ok_or_else(|| Failure::new(format!("apt-get download brought no file of {name}")))?;
    // Unpacked aside first: half a package is none.
    let aside = unpacked.with_extension("part");
    let _ = fs::remove_dir_all(&aside);
    shell::output(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&aside))?;
    let _ = fs::remove_file(&archive);
    fs::rename(&aside, &unpacked).map_err(|why| Failure::of(unpacked.display(), why))?;
    Ok(unpacked)
}

/// Puts the files of packages together into one tree; what nothing reads there stays out.
pub(crate) fn tree(repo: &Repo, names: &[&str], root: &Path) -> Outcome {
    fs::create_dir_all(root).map_err(|why| Failure::of(root.display(), why))?;
    for name in names {
        let files = package(repo, name)?;
        shell::output(Command::new("cp").arg("-a").arg(files.join(".")).arg(root))?;
    }
    for unread in ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"] {
        let _ = fs::remove_dir_all(root.join(unread));
    }
    Ok(())
}

/// A folder with the files of packages and of everything they depend on, as they lie on a machine: `/bin` and `/lib` are
/// links into `/usr`. The folders that a kernel or a boot fills are left out: there the host's are meant.
pub(crate) fn complete_tree(repo: &Repo, name: &str, packages: &[&str]) -> Outcome<PathBuf> {
    let made = repo.guests().join("debian").join(name);
    let (stamp, wanted) = (made.with_extension("packages"), packages.join(" "));
    if made.is_dir() && fs::read_to_string(&stamp).is_ok_and(|held| held == wanted) {
        return Ok(made);
    }
    let apt = Apt::new(repo)?;
    println!("guests: downloading Debian's {wanted} for {CPU}, with what they need");
    let downloads = apt.folder.join(format!("{name}.downloads"));
    fs::create_dir_all(downloads.join("partial")).map_err(|why| Failure::of(downloads.display(), why))?;
    let archives = format!("Dir::Cache::archives={}", downloads.display());
    let options = ["-y", "-qq", "--no-install-recommends", "--download-only", "-o", &archives, "install"];
    shell::output(apt.command("apt-get").args(options).args(packages))?;
    // Unpacked aside first: half a tree is none.
    let aside = made.with_extension("part");
    let _ = fs::remove_dir_all(&aside);
    for archive in entries(&downloads)?.iter().filter(|file| file.extension().is_some_and(|end| end == "deb")) {
        shell::output(Command::new("dpkg-deb").arg("-x").arg(archive).arg(&aside))?;
    }
    for folder in ["bin", "sbin", "lib"] {
        let (own, merged) = (aside.join(folder), aside.join("usr").join(folder));
        fs::create_dir_all(&merged).map_err(|why| Failure::of(merged.display(), why))?;
        if own.is_dir() {
            shell::output(Command::new("cp").arg("-a").arg(own.join(".")).arg(&merged))?;
            fs::remove_dir_all(&own).map_err(|why| Failure::of(own.display(), why))?;
        }
        symlink(Path::new("usr").join(folder), &own).map_err(|why| Failure::of(own.display(), why))?;
    }
    for folder in ["boot", "dev", "home", "proc", "root", "run", "sys", "tmp"] {
        let _ = fs::remove_dir_all(aside.join(folder));
    }
    let _ = (fs::remove_dir_all(&downloads), fs::remove_dir_all(&made));
    fs::rename(&aside, &made).map_err(|why| Failure::of(made.display(), why))?;
    fs::write(&stamp, wanted).map_err(|why| Failure::of(stamp.display(), why))?;
    Ok(made)
}

/// The package that a package without files stands for, by the beginning of its name.
pub(crate) fn dependency(repo: &Repo, name: &str, beginning: &str) -> Outcome<String> {
    let note = repo.guests().join("debian").join(format!("{name}.means"));
    if let Ok(text) = fs::read_to_string(&note) {
        return Ok(text);
    }
    let text = shell::output(Apt::new(repo)?.command("apt-cache").args(["depends", name]))?;
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    let found = words.map(str::trim).find(|word| word.starts_with(beginning));
    let found = found.ok_or_else(|| Failure::new(format!("Debian's {name} depends on no {beginning}...")))?;
    fs::write(&note, found).map_err(|why| Failure::of(note.display(), why))?;
    Ok(found.to_owned())
}

/// apt with a state of its own.
struct Apt {
    folder: PathBuf,
    config: PathBuf,
}

impl Apt {
    fn new(repo: &Repo) -> Outcome<Apt> {
        let folder = repo.guests().join("debian");
        let state = folder.join("state");
        for below in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(state.join(below)).map_err(|why| Failure::of(state.display(), why))?;
        }
        let sources = SOURCES.into_iter().find(|path| Path::new(path).is_file()).ok_or_else(|| {
            Failure::new(
                "this machine has no Debian package sources, which test programs are taken from (see /etc/apt)",
            )
        })?;
        let config = folder.join("apt.conf");
        let text = format!(
            "APT::Architecture \"{CPU}\";\nAPT::Architectures {{ \"{CPU}\"; }};\nAPT::Sandbox::User \"root\";\n\
             Dir::State \"{state}\";\nDir::State::lists \"{state}/lists\";\nDir::State::status \"{state}/status\";\n\
             Dir::Cache \"{state}/cache\";\nDir::Etc::sourcelist \"{sources}\";\nDir::Etc::sourceparts \"/dev/null\";\n\
             Acquire::Languages \"none\";\n",
            state = state.display()
        );
        fs::write(&config, text).map_err(|why| Failure::of(config.display(), why))?;
        let apt = Apt { folder, config };
        let status = state.join("status");
        if !status.is_file() {
            shell::output(apt.command("apt-get").args(["-qq", "update"]))?;
            // Its presence says that the lists are there: no package is installed.
            fs::write(&status, "").map_err(|why| Failure::of(status.display(), why))?;
        }
        Ok(apt)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("APT_CONFIG", &self.config).env("LC_ALL", "C").current_dir(&self.folder);
        command
    }
}

fn entries(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|why| Failure::of(folder.display(), why))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}
