//! Building the guests of one system.

use super::source::{CSource, GoSource, Sources};
use super::table::{CLink, System};
use super::toolchain::Toolchain;
use crate::shell;
use crate::{Failure, Outcome};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What Go says when no file of a package is meant for the system.
const NOT_FOR_THIS_SYSTEM: &str = "build constraints exclude all Go files";

/// What Go says when that is so for every package it was asked for.
const NO_PACKAGES: &str = "matched no packages";

/// Builds every guest of `system` into `out`, which is emptied first, and names what is there.
///
/// Guests that were run there by hand leave files, folders and pipes, which a compiler would stumble over or wait for.
pub(crate) fn all(tools: &Toolchain, sources: &Sources, system: &System, out: &Path) -> Outcome<Vec<String>> {
    empty(out)?;
    let mut built = Vec::new();
    c_programs(tools, sources, system, out, &mut built)?;
    go_programs(tools, sources, system, out, &mut built)?;
    built.sort();
    Ok(built)
}

fn go_programs(tools: &Toolchain, sources: &Sources, system: &System, out: &Path, built: &mut Vec<String>) -> Outcome {
    let (own, shared): (Vec<&GoSource>, Vec<&GoSource>) = sources.go.iter().partition(|source| source.own_module);
    for source in own {
        built.extend(go_build(tools, system, out, &source.folder, &[source])?);
    }
    for of_module in shared.chunk_by(|one, other| one.folder.parent() == other.folder.parent()) {
        if let Some(module) = of_module.first().and_then(|source| source.folder.parent()) {
            built.extend(go_build(tools, system, out, module, of_module)?);
        }
    }
    Ok(())
}

/// One run of Go for all packages of a module: its cache and scheduler do the rest.
fn go_build(
    tools: &Toolchain,
    system: &System,
    out: &Path,
    module: &Path,
    sources: &[&GoSource],
) -> Outcome<Vec<String>> {
    let for_system = go_list(tools, system, module, sources)?;
    if for_system.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = tools.go_for(system);
    command.current_dir(module).args(["build", "-trimpath", "-p", "2", "-o"]).arg(out.join(""));
    command.args(for_system.iter().map(|source| source.folder.as_os_str()));
    shell::run(&mut command)?;
    Ok(for_system.iter().map(|source| source.name.clone()).collect())
}

/// Those of `sources` that have a file for `system`.
fn go_list<'a>(
    tools: &Toolchain,
    system: &System,
    module: &Path,
    sources: &[&'a GoSource],
) -> Outcome<Vec<&'a GoSource>> {
    let mut command = tools.go_for(system);
    command.current_dir(module).args(["list", "-e", "-f", "{{if .GoFiles}}{{.Dir}}{{end}}"]);
    command.args(sources.iter().map(|source| source.folder.as_os_str()));
    let text = match shell::output(&mut command) {
        Ok(text) => text,
        Err(why) if [NOT_FOR_THIS_SYSTEM, NO_PACKAGES].iter().any(|said| why.to_string().contains(said)) => {
            return Ok(Vec::new());
        }
        Err(why) => return Err(why),
    };
    let folders: Vec<&Path> = text.lines().map(Path::new).collect();
    let has_files = |source: &&&GoSource| {
        let real = fs::canonicalize(&source.folder).unwrap_or_else(|_| source.folder.clone());
        folders.iter().any(|folder| **folder == real || **folder == *source.folder)
    };
    Ok(sources.iter().filter(has_files).copied().collect())
}

fn c_programs(tools: &Toolchain, sources: &Sources, system: &System, out: &Path, built: &mut Vec<String>) -> Outcome {
    let wanted: Vec<&CSource> = sources.c_for(system).collect();
    // Two at a time, like everything here.
    for pair in wanted.chunks(2) {
        let make = |source: &CSource| c_program(tools, source, system, out);
        let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
            let running: Vec<_> = pair.iter().map(|source| scope.spawn(move || make(source))).collect();
            let lost = || Err(Failure::new("a compilation thread died"));
            running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
        });
        outcomes.into_iter().collect::<Outcome<Vec<()>>>()?;
        built.extend(pair.iter().map(|source| source.name.clone()));
    }
    Ok(())
}

/// One C program.
pub(super) fn c_program(tools: &Toolchain, source: &CSource, system: &System, out: &Path) -> Outcome {
    let program = out.join(&source.name);
    match system.link {
        CLink::StaticLibc => {
            let mut command = compiler(tools, system.compile_target);
            shell::run(command.arg("-static").args(&source.options).arg("-o").arg(&program).arg(&source.file))
        }
        CLink::Bare { target } => {
            let object = out.join(format!(".{}.o", source.name));
            let mut compile = compiler(tools, system.compile_target);
            shell::run(
                compile.arg("-ffreestanding").args(&source.options).args(["-c", "-o"]).arg(&object).arg(&source.file),
            )?;
            let mut link = compiler(tools, target);
            shell::run(link.args(["-nostdlib", "-static", "-o"]).arg(&program).arg(&object))?;
            fs::remove_file(&object).map_err(|why| Failure::of(object.display(), why))
        }
    }
}

/// A Go program of one file.
pub(super) fn go_file(tools: &Toolchain, file: &Path, system: &System, program: &Path) -> Outcome {
    let mut command = tools.go_for(system);
    command.current_dir(file.parent().unwrap_or(Path::new("."))).env("GO111MODULE", "off");
    shell::run(command.args(["build", "-trimpath", "-p", "2", "-o"]).arg(program).arg(file))
}

/// The C compiler. Its checks for undefined behaviour are off: guests do odd things on purpose.
pub(super) fn compiler(tools: &Toolchain, target: &str) -> Command {
    let mut command = tools.zig();
    command.args(["cc", "-target", target, "-O1", "-g", "-fno-sanitize=undefined", "-fno-stack-protector", "-Wall"]);
    command
}

fn empty(out: &Path) -> Outcome {
    match fs::remove_dir_all(out) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(Failure::of(out.display(), why)),
        _ => fs::create_dir_all(out).map_err(|why| Failure::of(out.display(), why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guests_left_is_gone() {
        let out = std::env::temp_dir().join(format!("ashore-empty-{}", std::process::id()));
        empty(&out).unwrap();
        fs::create_dir(out.join("folder")).unwrap();
        fs::write(out.join("locks"), "text").unwrap();
        empty(&out).unwrap();
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        fs::remove_dir(&out).unwrap();
    }
}
