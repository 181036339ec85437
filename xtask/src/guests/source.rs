//! The sources of the test guests: `tests/guest/go/<name>/`, `tests/guest/c/<name>.c` and `tests/diff/<name>/`.

use super::stamp::Stamp;
use super::table::{CLink, System, USUAL_CPU};
use super::toolchain;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};

/// Changed when the way of building changes, so that what was built the old way is built again.
const RECIPE: &str = "recipe 1";

/// The folders of Go programs, a module each.
const GO_ROOTS: [&str; 2] = ["tests/guest/go", "tests/diff"];

/// The word before the systems a C source is for, in its first comment line.
const SYSTEMS_DIRECTIVE: &str = "// systems:";

/// The word before further options for the compiler, in its first comment line too.
const OPTIONS_DIRECTIVE: &str = "// options:";

/// The word before the CPUs beside the usual one that a C source is for, in its first comment line too.
const CPUS_DIRECTIVE: &str = "// cpus:";

/// Every source of a test guest.
pub(crate) struct Sources {
    /// The folders of Go programs, each holding one main package.
    pub(crate) go: Vec<GoSource>,
    /// The C programs, one file each.
    pub(crate) c: Vec<CSource>,
    /// Every file whose change makes the Go programs stale.
    go_files: Vec<PathBuf>,
    /// Every header C programs may include.
    headers: Vec<PathBuf>,
}

/// One Go program.
pub(crate) struct GoSource {
    /// The program's name.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Whether the folder is a module of its own.
    pub(crate) own_module: bool,
}

/// One C program.
pub(crate) struct CSource {
    /// The program's name.
    pub(crate) name: String,
    /// Its file.
    pub(crate) file: PathBuf,
    /// What its header wants the compiler to be told.
    pub(crate) options: Vec<String>,
    /// The systems its header names; only Linux when it names none.
    systems: Vec<String>,
    /// The CPUs it names beside the usual one.
    cpus: Vec<String>,
}

impl Sources {
    /// Looks for the sources; a checkout without any is fine.
    pub(crate) fn find(repo: &Repo) -> Outcome<Sources> {
        let go_roots = GO_ROOTS.map(|root| repo.path(root));
        let c_root = repo.path("tests/guest/c");
        let mut go = Vec::new();
        let mut go_files = Vec::new();
        for root in &go_roots {
            for folder in entries(root)? {
                if folder.is_dir() && entries(&folder)?.iter().any(|file| has_extension(file, "go")) {
                    let own_module = folder.join("go.mod").is_file();
                    go.push(GoSource { name: stem(&folder), folder, own_module });
                }
            }
            walk(root, &mut go_files)?;
        }
        let (c_files, rest): (Vec<_>, Vec<_>) =
            entries(&c_root)?.into_iter().partition(|file| has_extension(file, "c"));
        let c = c_files.into_iter().map(CSource::read).collect::<Outcome<Vec<_>>>()?;
        let sources = Sources { go, c, go_files, headers: rest };
        sources.refuse_clashes()?;
        Ok(sources)
    }

    /// The C programs for `system`.
    pub(crate) fn c_for(&self, system: &System) -> impl Iterator<Item = &CSource> {
        self.c.iter().filter(move |source| source.is_for(system))
    }

    /// What the programs of `system` are made from, as one number.
    pub(crate) fn stamp(&self, system: &System) -> Stamp {
        let mut stamp = Stamp::new();
        stamp.text(RECIPE);
        stamp.text(&toolchain::pins());
        stamp.text(system.compile_target);
        if system.cpu != USUAL_CPU {
            stamp.text(system.cpu);
        }
        let c_files = self.c_for(system).map(|source| &source.file);
        for file in self.go_files.iter().chain(&self.headers).chain(c_files) {
            stamp.file(file);
        }
        stamp
    }

    fn refuse_clashes(&self) -> Outcome {
        let clash = self.c.iter().find(|c| self.go.iter().any(|go| go.name == c.name));
        match clash {
            None => Ok(()),
            Some(c) => Err(Failure::new(format!("two test guests are named {}: one in Go, one in C", c.name))),
        }
    }
}

impl CSource {
    /// The program of one file, by its header.
    pub(super) fn read(file: PathBuf) -> Outcome<CSource> {
        let text = fs::read_to_string(&file).map_err(|why| Failure::of(file.display(), why))?;
        let options = named(&text, OPTIONS_DIRECTIVE);
        let cpus = named(&text, CPUS_DIRECTIVE);
        Ok(CSource { name: stem(&file), systems: named(&text, SYSTEMS_DIRECTIVE), cpus, options, file })
    }

    /// Whether this program is built for `system`.
    pub(crate) fn is_for(&self, system: &System) -> bool {
        if system.cpu != USUAL_CPU && !self.cpus.iter().any(|cpu| cpu == system.cpu) {
            return false;
        }
        match self.systems.is_empty() {
            true => system.link == CLink::StaticLibc,
            false => self.systems.iter().any(|name| name == system.name),
        }
    }
}

/// The words behind `directive` in the header of a source.
fn named(text: &str, directive: &str) -> Vec<String> {
    let comment = text.lines().take_while(|line| line.starts_with("//"));
    let named = comment.filter_map(|line| line.strip_prefix(directive));
    named.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// A file's name without its extension.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a file's name ends so.
pub(super) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// The entries of `folder` in order of name; none when it is missing.
pub(super) fn entries(folder: &Path) -> Outcome<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let read = fs::read_dir(folder).map_err(|why| Failure::of(folder.display(), why))?;
    let mut all: Vec<PathBuf> = read.flatten().map(|entry| entry.path()).collect();
    all.sort();
    Ok(all)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for path in entries(folder)? {
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_of_a_c_source_come_from_its_header() {
        let text = "// Prints.\n// systems: freebsd netbsd\n// options: -pie\nint x;\n";
        assert_eq!(named(text, SYSTEMS_DIRECTIVE), ["freebsd", "netbsd"]);
        assert_eq!(named(text, OPTIONS_DIRECTIVE), ["-pie"]);
        assert!(named("int x;\n// systems: freebsd\n", SYSTEMS_DIRECTIVE).is_empty());
    }
}
