//! A program's file, opened and understood.

use crate::cpus;
use crate::interpreter::in_root;
use ashore_base::Os;
use ashore_formats::{Detection, Parsed, Part};
use ashore_guest::Guest;
use ashore_report::{Report, table};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An open program file.
pub(crate) struct Opened {
    /// Its absolute path with links resolved.
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) bytes: &'static [u8],
}

/// Finds the file of a program as a shell would: with a slash it is a path, without one PATH is searched.
pub(crate) fn find(name: &Path) -> Result<PathBuf, Report> {
    let not_found = || table::PROGRAM_NOT_FOUND.because(format!("{}", name.display()));
    if name.as_os_str().as_bytes().contains(&b'/') {
        return if name.exists() { Ok(name.to_owned()) } else { Err(not_found()) };
    }
    let dirs = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&dirs).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.ok_or_else(not_found)
}

/// The same, but an absolute path and those of PATH are looked up in the tree `root` first.
pub(crate) fn find_in(root: Option<&Path>, name: &Path) -> Result<PathBuf, Report> {
    let Some(root) = root else { return find(name) };
    if name.as_os_str().as_bytes().contains(&b'/') {
        return find(&in_root(Some(root), name));
    }
    let dirs = std::env::var_os("PATH").unwrap_or_default();
    let mut paths = std::env::split_paths(&dirs).map(|dir| in_root(Some(root), &dir.join(name)));
    paths.find(|path| path.is_file()).ok_or_else(|| table::PROGRAM_NOT_FOUND.because(format!("{}", name.display())))
}

/// Opens a program.
pub(crate) fn open(path: &Path) -> Result<Opened, Report> {
    let unreadable = |e: std::io::Error| table::PROGRAM_UNREADABLE.because(format!("{}: {e}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(table::PROGRAM_UNREADABLE.because(format!("{} is not a regular file", path.display())));
    }
    let bytes = ashore_sys::file_bytes(file.as_raw_fd(), meta.len() as usize)
        .map_err(|e| table::PROGRAM_UNREADABLE.because(format!("{}: {e}", path.display())))?;
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Ok(Opened { path, file, bytes })
}

/// What runs a part of a file, or why nothing does.
pub(crate) struct Choice<'a> {
    pub(crate) part: &'a Part,
    pub(crate) guest: &'static Guest,
}

/// Chooses the part of a file for a CPU that is known here, and its system: `wanted` when given, else what the file says.
pub(crate) fn choose<'a>(parsed: &'a Parsed<'_>, wanted: Option<Os>) -> Result<Choice<'a>, Report> {
    parsed.parts.iter().try_for_each(refuse_flat)?;
    let Some(part) = cpus::all().find_map(|cpu| parsed.part_for(cpu)) else {
        let cpus: Vec<_> = parsed.parts.iter().map(|part| part.image.cpu.name()).collect();
        return Err(table::UNSUPPORTED_CPU.because(format!("it is for {}", cpus.join(", "))));
    };
    let os = match wanted {
        Some(os) => os,
        None => {
            let detection = ashore_formats::detect(parsed, part);
            detection.os.ok_or_else(|| undecided(&detection))?
        }
    };
    let Some(guest) = ashore_guest::by_name(os.name()) else {
        return Err(table::UNSUPPORTED_OS.because(format!("it is for {os}")));
    };
    Ok(Choice { part, guest })
}

/// A flat image needs a machine to itself.
fn refuse_flat(part: &Part) -> Result<(), Report> {
    if !part.format.is_flat {
        return Ok(());
    }
    let reason = format!("it is a kernel image ({}), which only a bare machine runs", part.format.name);
    Err(table::NOT_A_PROGRAM.because(reason).note("`ashore check --on MACHINE` looks for faults in it"))
}

fn undecided(detection: &Detection) -> Report {
    let report = table::UNDECIDED_OS.because("these places were looked at:");
    detection.clues.iter().fold(report, |report, clue| report.note(clue.to_string()))
}
