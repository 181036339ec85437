//! Explains a core file: opens it and the files that its process had mapped.

use crate::open;
use crate::postmortem::facts;
use ashore_base::Cpu;
use ashore_debug::explain::code::Program;
use ashore_debug::explain::core_file::{CoreMemory, Found, evidence, library_bias, program_bias, program_name, system};
use ashore_debug::explain::{Account, Depth, FileFacts};
use ashore_formats::elf::core::{Core, Match, read};
use ashore_formats::{Parsed, Part};
use ashore_report::{Report, table};
use std::fs;
use std::path::Path;

/// Where files are that are none, or that do something when they are read.
const NO_FILES: [&str; 3] = ["/dev/", "/proc/", "/sys/"];
/// What Linux puts behind the name of a file that is gone.
const DELETED: &str = " (deleted)";
/// More libraries no program has.
const LIBRARIES_MAX: usize = 512;

/// What a core file and the files it names say of the end of a process.
pub(crate) enum Explained {
    /// Why it died.
    Whole(String),
    /// Why that cannot be told, and what is known nevertheless.
    InPart(Report, String),
}

/// Explains the core file at `path`; `program` is where the program's file is, when not where it was.
pub(crate) fn explain(path: &Path, program: Option<&Path>, is_json: bool) -> Result<Explained, Report> {
    let opened = open_file(path)?;
    let core = read(opened)?;
    if let Err(why) = system(&core) {
        let shown = crate::verbs::inspect(&path.to_string_lossy(), opened, is_json)?;
        return Ok(Explained::InPart(why, shown));
    }
    let mut files = Files { core, placed: Vec::new(), facts: FileFacts::default(), missing: Vec::new() };
    files.find_program(program)?;
    files.find_libraries();
    let Files { core, placed, facts, missing } = files;
    let programs: Vec<Program<'_>> = placed.iter().map(Placed::program).collect();
    let memory = CoreMemory(core);
    let evidence = evidence(&memory, Found { programs: &programs, file: facts, missing })?;
    let account = Account::of(&evidence);
    Ok(Explained::Whole(if is_json { format!("{}\n", account.json()) } else { account.text(Depth::Full) }))
}

/// The bytes of a regular file: to open anything else may wait for ever.
fn open_file(path: &Path) -> Result<&'static [u8], Report> {
    let meta = fs::metadata(path).map_err(|why| match why.kind() {
        std::io::ErrorKind::NotFound => table::PROGRAM_NOT_FOUND.because(format!("{}", path.display())),
        _ => table::PROGRAM_UNREADABLE.because(format!("{}: {why}", path.display())),
    })?;
    if !meta.is_file() {
        return Err(table::PROGRAM_UNREADABLE.because(format!("{} is not a regular file", path.display())));
    }
    open::open(path).map(|opened| opened.bytes)
}

/// A program's file and how far from its own addresses it was.
struct Placed {
    parsed: &'static Parsed<'static>,
    part: &'static Part,
    path: String,
    bias: u64,
}

impl Placed {
    fn program(&self) -> Program<'_> {
        Program::new(self.parsed, self.part, &self.path, self.bias)
    }
}

/// A core file and what was found of its files.
struct Files {
    core: Core<'static>,
    placed: Vec<Placed>,
    facts: FileFacts,
    missing: Vec<String>,
}

impl Files {
    /// Finds the program: where the person says, else where it was.
    fn find_program(&mut self, given: Option<&Path>) -> Result<(), Report> {
        let name = program_name(&self.core).map(str::to_owned);
        let path = match (given, &name) {
            (Some(given), _) => open::find(given)?,
            (None, Some(name)) if !name.ends_with(DELETED) => name.into(),
            (None, name) => {
                let name = name.as_deref().unwrap_or(self.core.process.name.as_str());
                let name = name.strip_suffix(DELETED).unwrap_or(name);
                self.miss(format!("the program's file is gone ({name}): give one like it behind the core file"));
                return Ok(());
            }
        };
        let bytes = match (open_named(&path), given) {
            (Ok(bytes), _) => bytes,
            (Err(why), Some(_)) => return Err(table::PROGRAM_UNREADABLE.because(why)),
            (Err(why), None) => {
                self.miss(format!("the program is wanted, and not there ({why}): give it behind the core file"));
                return Ok(());
            }
        };
        let differs = format!("{} is not the program that the core file is of: it was changed since", path.display());
        let offered = name.map(|name| self.core.complete(&name, bytes));
        let Some((parsed, part)) = parse(self.core.cpu, bytes) else {
            self.miss(format!("{} is no program that can be read", path.display()));
            return Ok(());
        };
        let bias = program_bias(&self.core, parsed, part).filter(|_| offered != Some(Match::Different));
        let Some(bias) = bias else {
            self.miss(differs);
            return Ok(());
        };
        self.facts = facts(parsed, part, bias);
        let path = path.canonicalize().unwrap_or(path);
        self.placed.push(Placed { parsed, part, path: path.to_string_lossy().into_owned(), bias });
        Ok(())
    }

    /// Finds what else was mapped. The first of the programs must be the one that ran, so without it there are none.
    fn find_libraries(&mut self) {
        let own = program_name(&self.core).map(str::to_owned);
        let names: Vec<String> = self.core.file_names().into_iter().take(LIBRARIES_MAX).map(str::to_owned).collect();
        for name in names.iter().filter(|name| Some(*name) != own.as_ref() && name.starts_with('/')) {
            let bytes = match open_named(Path::new(name)) {
                Ok(bytes) => bytes,
                Err(why) => {
                    self.miss(why);
                    continue;
                }
            };
            if self.core.complete(name, bytes) == Match::Different {
                self.miss(format!("{name} is not the file that was mapped: it was changed since"));
                continue;
            }
            let Some((parsed, part)) = parse(self.core.cpu, bytes) else { continue };
            let Some(bias) = library_bias(&self.core, name, &part.image) else { continue };
            self.placed.push(Placed { parsed, part, path: name.clone(), bias });
        }
    }

    fn miss(&mut self, what: String) {
        self.missing.push(what);
    }
}

/// The bytes of a file that a core file names, which may be anything.
fn open_named(path: &Path) -> Result<&'static [u8], String> {
    let shown = path.display();
    if NO_FILES.iter().any(|folder| path.starts_with(folder)) {
        return Err(format!("{shown}: no file to read"));
    }
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return Err(format!("{shown}: no regular file")),
        Err(why) => return Err(format!("{shown}: {why}")),
    }
    open::open(path).map(|opened| opened.bytes).map_err(|report| report.reason)
}

/// The program of a CPU in a file. It is wanted until we end.
fn parse(cpu: Cpu, bytes: &'static [u8]) -> Option<(&'static Parsed<'static>, &'static Part)> {
    let parsed: &'static Parsed<'static> = Box::leak(Box::new(ashore_formats::read(bytes).ok()?));
    parsed.part_for(cpu).map(|part| (parsed, part))
}
