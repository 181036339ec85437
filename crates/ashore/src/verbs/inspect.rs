//! `ashore inspect FILE`: what a program file is, without running it.
//!
//! What is known is gathered once, into a [`View`]; [`text`] and [`json`] only render it.

mod core;
mod disasm;
mod json;
mod text;

use super::switch;
use crate::open;
use ashore_base::{Addr, Cpu};
use ashore_engine::native::{Caught, find_sites};
use ashore_formats::{Detection, Functions, Parsed, Part};
use ashore_image::{FunctionIndex, Import};
use ashore_report::{Report, table};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::io::Write;
use std::path::PathBuf;

/// The options of the verb.
pub(crate) fn options(command: Command) -> Command {
    let disasm = Arg::new("disasm")
        .long("disasm")
        .value_name("SYMBOL")
        .help("Show the instructions of a function instead: its name, or an address in it as 0x...");
    command.arg(switch("json", "Write JSON")).arg(disasm).arg(
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help("The file; a name without a slash is looked up in PATH when no such file is here"),
    )
}

/// Inspects the file the options name.
pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let name = matches.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let path = if name.exists() { Ok(name.clone()) } else { open::find(&name) };
    let is_json = matches.get_flag("json");
    let shown = name.to_string_lossy();
    let opened = path.and_then(|path| open::open(&path));
    let result = opened.and_then(|opened| match matches.get_one::<String>("disasm") {
        Some(wanted) => disasm::show(&shown, &ashore_formats::read(opened.bytes)?, wanted, is_json),
        None => inspect(&shown, opened.bytes, is_json),
    });
    match result.map_err(|report| report.in_file(&shown)) {
        Ok(text) => print(&text),
        Err(report) if is_json => {
            print(&json::refused(&shown, &report));
            report.exit_status().unwrap_or(125)
        }
        Err(report) => crate::refuse(&report),
    }
}

/// Writes to stdout; who reads less than everything is not our failure.
fn print(text: &str) -> u8 {
    let _ = std::io::stdout().write_all(text.as_bytes());
    0
}

/// What is known about the bytes of a file called `path`, for a person or as JSON.
pub(crate) fn inspect(path: &str, bytes: &[u8], is_json: bool) -> Result<String, Report> {
    if ashore_formats::elf::core::is_core(bytes) {
        return self::core::inspect(path, bytes, is_json);
    }
    let parsed = ashore_formats::read(bytes)?;
    let views = parsed.parts.iter().map(|part| View::of(&parsed, part)).collect::<Result<Vec<_>, Report>>()?;
    let file = File { path, parsed: &parsed, views };
    Ok(if is_json { json::file(&file) } else { text::file(&file) })
}

/// A file and the programs in it.
struct File<'a> {
    path: &'a str,
    parsed: &'a Parsed<'a>,
    views: Vec<View<'a>>,
}

/// One program of a file.
struct View<'a> {
    part: &'a Part,
    detection: Detection,
    /// The function the program begins in.
    entry_name: Option<String>,
    function_count: u64,
    imports: Vec<Import>,
    /// The calls to the kernel in its code; `None` for a CPU whose code is not searched yet.
    sites: Option<Sites>,
    hints: Vec<String>,
    /// What keeps it from running.
    obstacle: Option<Report>,
}

/// How the calls in a program will be caught.
#[derive(Default)]
struct Sites {
    rewritten: usize,
    /// Left to the net, by reason.
    left: Vec<(&'static str, Vec<Addr>)>,
}

impl Sites {
    fn len(&self) -> usize {
        self.rewritten + self.left.iter().map(|(_, sites)| sites.len()).sum::<usize>()
    }

    fn of(parsed: &Parsed<'_>, part: &Part, functions: &Functions<'_>) -> Option<Sites> {
        if part.image.cpu != Cpu::X86_64 {
            return None;
        }
        let mut sites = Sites::default();
        for segment in part.image.code() {
            let code = segment.file.of(parsed.bytes.0).unwrap_or_default();
            for site in find_sites(code, segment.memory.start, functions) {
                match site.caught {
                    Caught::Stub { .. } => sites.rewritten += 1,
                    Caught::Net(reason) => sites.leave(reason, site.at),
                }
            }
        }
        Some(sites)
    }

    fn leave(&mut self, reason: &'static str, at: Addr) {
        match self.left.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, sites)) => sites.push(at),
            None => self.left.push((reason, vec![at])),
        }
    }
}

impl<'a> View<'a> {
    fn of(parsed: &'a Parsed<'a>, part: &'a Part) -> Result<View<'a>, Report> {
        let functions = ashore_formats::functions(parsed, part);
        let detection = ashore_formats::detect(parsed, part);
        Ok(View {
            part,
            entry_name: part.image.entry.addr().and_then(|entry| functions.name(entry)),
            function_count: functions.len(),
            imports: parsed.imports(part)?,
            sites: Sites::of(parsed, part, &functions),
            hints: ashore_formats::hints(parsed, part),
            obstacle: obstacle(part, &detection),
            detection,
        })
    }
}

/// Why the program would be refused.
fn obstacle(part: &Part, detection: &Detection) -> Option<Report> {
    let Some(os) = detection.os else { return Some(table::UNDECIDED_OS.because("")) };
    let Some(guest) = ashore_guest::by_name(os.name()) else {
        return Some(table::UNSUPPORTED_OS.because(os.name()));
    };
    if crate::cpus::starter(part.image.cpu, guest).is_none() {
        return Some(table::UNSUPPORTED_CPU.because(part.image.cpu.name()));
    }
    let kind = part.image.kind;
    (!kind.is_static()).then(|| table::DYNAMIC_PROGRAM.because(kind.words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Our own test program: a real static file of a known kind.
    fn ourselves() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_person_reads_what_matters() {
        let text = inspect("me", &ourselves(), false).unwrap();
        for line in ["format      ELF", "system      linux", "cpu         amd64", "runs here   yes"] {
            assert!(text.contains(line), "{line:?} is not in:\n{text}");
        }
    }

    #[test]
    fn json_holds_the_same() {
        let value: serde_json::Value = serde_json::from_str(&inspect("me", &ourselves(), true).unwrap()).unwrap();
        let program = &value["programs"][0];
        assert_eq!((&program["os"], &program["cpu"]), (&"linux".into(), &"amd64".into()));
        let calls = &program["calls"];
        assert!(calls["count"].as_u64() > Some(0));
        assert!(program["segments"].as_array().unwrap().iter().any(|segment| segment["perms"] == "r-x"));
    }

    #[test]
    fn a_refusal_is_json_too() {
        let report = inspect("me", b"hello", true).unwrap_err().in_file("me");
        let value: serde_json::Value = serde_json::from_str(&json::refused("me", &report)).unwrap();
        assert_eq!(value["error"]["slug"], "unknown-format");
        assert_eq!(value["error"]["offset"], 0);
    }
}
