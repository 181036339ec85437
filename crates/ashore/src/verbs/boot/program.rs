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
    check(opened.bytes, request).map_err(|report| report.in_file(&request.program.to_string_lossy()))?;
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

/// Whether the machine may have a file: it comes with a tree, which may have anything, or by itself or in a folder.
fn may_have(request: &Request, path: &[u8]) -> bool {
    let holds = |guest: &[u8]| path.strip_prefix(guest).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
    request.root.is_some() || request.files.iter().any(|(_, guest)| holds(guest))
}

fn check(bytes: &[u8], request: &Request) -> Result<(), Report> {
    let parsed = ashore_formats::read(bytes)?;
    check_parsed(&parsed, request)
}

fn check_parsed(parsed: &Parsed<'_>, request: &Request) -> Result<(), Report> {
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
    if let Some(interpreter) = image.interpreter.as_ref().filter(|path| !may_have(request, path.as_bytes())) {
        return Err(table::BOOT_DYNAMIC.because(format!("it wants {interpreter}")));
    }
    Ok(())
}
