//! The program that is booted: found, and known to be one that the kernel runs.

use super::request::Request;
use crate::open;
use ashore_base::{Cpu, Os};
use ashore_formats::Parsed;
use ashore_report::{Report, table};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A program that the kernel runs.
#[derive(Debug)]
pub(super) struct Program {
    /// Its file of the host, to be put into the archive; none when it comes with the root.
    pub(super) file: Option<PathBuf>,
    /// Its path on the machine.
    pub(super) path: Vec<u8>,
}

/// Finds the program: in the root, if there is one and it has it, else as a shell finds it.
pub(super) fn find(request: &Request) -> Result<Program, Report> {
    let in_root = request.root.as_deref().and_then(|root| in_root(root, &request.program));
    let (host, program) = match in_root {
        Some((host, path)) => (host, Program { file: None, path }),
        None => {
            let host = open::find(&request.program)?;
            let name = host.file_name().unwrap_or_default();
            let path = [b"/", name.as_bytes()].concat();
            (host.clone(), Program { file: Some(host), path })
        }
    };
    let opened = open::open(&host).map_err(|report| report.in_file(&host.to_string_lossy()))?;
    let libraries = if request.root.is_some() { Libraries::InRoot } else { Libraries::None };
    check(opened.bytes, libraries).map_err(|report| report.in_file(&request.program.to_string_lossy()))?;
    Ok(program)
}

/// A file of the tree by its path in the tree, with its file of the host. Links are followed inside the tree.
fn in_root(root: &Path, program: &Path) -> Option<(PathBuf, Vec<u8>)> {
    let inside = program.strip_prefix("/").ok()?;
    let mut host = root.join(inside);
    for _ in 0..40 {
        let Ok(to) = host.read_link() else { break };
        host = match to.strip_prefix("/") {
            Ok(absolute) => root.join(absolute),
            Err(_) => host.parent()?.join(to),
        };
    }
    host.is_file().then(|| (host, program.as_os_str().as_bytes().to_vec()))
}

/// Where libraries of a program could come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Libraries {
    InRoot,
    None,
}

fn check(bytes: &[u8], libraries: Libraries) -> Result<(), Report> {
    let parsed = ashore_formats::read(bytes)?;
    check_parsed(&parsed, libraries)
}

fn check_parsed(parsed: &Parsed<'_>, libraries: Libraries) -> Result<(), Report> {
    let cpus: Vec<_> = parsed.parts.iter().map(|part| part.image.cpu.name()).collect();
    let Some(part) = parsed.part_for(Cpu::Aarch64) else {
        return Err(table::NOT_FOR_BOOT.because(format!("it is for {}", cpus.join(", "))));
    };
    if part.format.is_flat {
        let reason = format!("it is a kernel image ({}), no program", part.format.name);
        return Err(table::NOT_FOR_BOOT.because(reason).note("`ashore check --on virt` looks for faults in it"));
    }
    // A C program without any mark is taken for what such programs nearly always are.
    let detection = ashore_formats::detect(parsed, part);
    if let Some(os) = detection.os.filter(|os| *os != Os::Linux) {
        let report = table::NOT_FOR_BOOT.because(format!("it is a program for {os}"));
        return Err(match detection.deciding() {
            Some(clue) => report.note(clue.to_string()),
            None => report,
        });
    }
    let image = &part.image;
    if image.entry.addr().is_none() {
        return Err(table::NOT_A_PROGRAM.because(format!("it is a {}", image.kind.words())));
    }
    if let Some(interpreter) = image.interpreter.as_ref().filter(|_| libraries == Libraries::None) {
        return Err(table::BOOT_DYNAMIC.because(format!("it wants {interpreter}")));
    }
    Ok(())
}
