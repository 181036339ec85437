//! `ashore check IMAGE`: what in a program or kernel image cannot work on a machine or under a system.
//!
//! The rules are in `ashore-check`; here files are opened, the target is chosen, and reports are shown. Exit status 1 means
//! an error was found in the image, 0 that none was; Ashore's own failures are as everywhere.

mod show;

use super::switch;
use crate::open;
use ashore_base::{Addr, Os};
use ashore_check::{Files, Machine, Platform, Subject, Target, machine::table::MACHINES};
use ashore_formats::{Parsed, Part};
use ashore_report::{Level, Report, table};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The options of the verb.
pub(crate) fn options(command: Command) -> Command {
    let path = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("PATH").value_parser(value_parser!(PathBuf)).help(help)
    };
    let machines: Vec<&str> = MACHINES.iter().map(|row| row.name).collect();
    command
        .arg(
            Arg::new("on").long("on").value_name("MACHINE|SYSTEM").help(format!(
                "What it is to run on: {}, or a system; without it what the file says",
                machines.join(", ")
            )),
        )
        .arg(path("dtb", "Take the machine's addresses from this device tree blob"))
        .arg(
            Arg::new("memory")
                .long("memory")
                .value_name("SIZE")
                .value_parser(size)
                .help("How much RAM the machine has: bytes, or with K, M or G"),
        )
        .arg(path("root", "Look for the interpreter and libraries in this tree"))
        .arg(switch("raw", "Take the file for a raw image of memory, whatever it holds"))
        .arg(switch("json", "Write JSON"))
        .arg(
            Arg::new("image")
                .value_name("IMAGE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The program or kernel image"),
        )
}

/// A size of memory.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.trim_end_matches(['b', 'B', 'i']).split_at_checked(text.len().saturating_sub(1)) {
        Some((digits, "k" | "K")) => (digits, 1 << 10),
        Some((digits, "m" | "M")) => (digits, 1 << 20),
        Some((digits, "g" | "G")) => (digits, 1 << 30),
        _ => (text, 1),
    };
    let number = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    number.and_then(|number: u64| number.checked_mul(unit)).ok_or_else(|| format!("`{text}` is no size of memory"))
}

/// What a person asked to check for.
enum Wanted {
    Machine(Box<Machine>),
    System(Os),
    /// Whatever the file says it is for.
    Own,
}

/// A directory tree as a system's files.
struct Root(PathBuf);

impl Files for Root {
    fn has(&self, path: &str) -> bool {
        // Absolute links inside the tree mean the tree.
        let mut at = self.0.join(path.trim_start_matches('/'));
        for _ in 0..8 {
            match std::fs::read_link(&at) {
                Ok(to) if to.is_absolute() => at = self.0.join(to.strip_prefix("/").unwrap_or(&to)),
                Ok(to) => at = at.parent().unwrap_or(Path::new("/")).join(to),
                Err(_) => return at.is_file(),
            }
        }
        false
    }
}

/// Checks the image the options name.
pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let name = matches.get_one::<PathBuf>("image").cloned().unwrap_or_default();
    let shown = name.to_string_lossy();
    match try_run(matches, &name).map_err(|report| report.in_file(&shown)) {
        Ok((text, status)) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            status
        }
        Err(report) if matches.get_flag("json") => {
            print!("{}", show::refused(&shown, &report));
            report.exit_status().unwrap_or(125)
        }
        Err(report) => crate::refuse(&report),
    }
}

fn try_run(matches: &ArgMatches, name: &Path) -> Result<(String, u8), Report> {
    let wanted = wanted(matches)?;
    let path = if name.exists() { name.to_owned() } else { open::find(name)? };
    let opened = open::open(&path)?;
    let parsed = read(opened.bytes, &wanted, matches.get_flag("raw"))?;
    let root = matches.get_one::<PathBuf>("root").cloned().map(Root);
    let shown = name.to_string_lossy();
    let mut results = Vec::new();
    for part in parts(&parsed, &wanted)? {
        results.push(check(&parsed, part, &wanted, root.as_ref()).in_file(&shown));
    }
    let has_error =
        results.iter().flat_map(|result| &result.reports).any(|report| report.diagnosis.level == Level::Finding);
    let text = if matches.get_flag("json") { show::json(&shown, &results) } else { show::text(&shown, &results) };
    Ok((text, u8::from(has_error)))
}

/// What the options say the image is to run on.
fn wanted(matches: &ArgMatches) -> Result<Wanted, Report> {
    let memory = matches.get_one::<u64>("memory").copied();
    let on = matches.get_one::<String>("on").map(String::as_str);
    if let Some(path) = matches.get_one::<PathBuf>("dtb") {
        let tree =
            std::fs::read(path).map_err(|why| table::BAD_DEVICE_TREE.because(format!("{}: {why}", path.display())))?;
        if let Some(name) = on.filter(|name| Machine::named(name, None).is_none()) {
            return Err(
                table::UNKNOWN_TARGET.because(format!("{name} is not a machine, and a device tree describes one"))
            );
        }
        let machine = Machine::of_tree(&tree, on, memory).map_err(|report| report.in_file(&path.to_string_lossy()))?;
        return Ok(Wanted::Machine(Box::new(machine)));
    }
    let Some(name) = on else { return Ok(Wanted::Own) };
    if let Some(machine) = Machine::named(name, memory) {
        return Ok(Wanted::Machine(Box::new(machine)));
    }
    Os::from_name(name).map(Wanted::System).ok_or_else(|| table::UNKNOWN_TARGET.because(name))
}

/// Reads the image as whoever will load it does.
fn read<'a>(bytes: &'a [u8], wanted: &Wanted, is_raw: bool) -> Result<Parsed<'a>, Report> {
    match wanted {
        Wanted::Machine(machine) if is_raw => {
            ashore_formats::read_raw(bytes, machine.cpu, Addr(machine.loading.raw_base))
        }
        _ if is_raw => Err(table::UNKNOWN_TARGET.because("a raw image needs a machine: --on")),
        Wanted::Machine(_) => ashore_formats::read_bare(bytes).map_err(|report| match report.diagnosis.slug {
            "unknown-format" => report.note("--raw takes it for a raw image of memory"),
            _ => report,
        }),
        Wanted::System(_) | Wanted::Own => ashore_formats::read(bytes),
    }
}

/// The programs of the file that the target could run.
fn parts<'p>(parsed: &'p Parsed<'_>, wanted: &Wanted) -> Result<Vec<&'p Part>, Report> {
    let Wanted::Machine(machine) = wanted else { return Ok(parsed.parts.iter().collect()) };
    let cpus: Vec<_> = parsed.parts.iter().map(|part| part.image.cpu.name()).collect();
    parsed.part_for(machine.cpu).map(|part| vec![part]).ok_or_else(|| {
        let reason = format!("{} has a CPU of {}, and the file is for {}", machine.name, machine.cpu, cpus.join(", "));
        table::NO_IMAGE_FOR_CPU.because(reason)
    })
}

/// What was found in one program of a file.
struct Checked {
    cpu: &'static str,
    target: String,
    reports: Vec<Report>,
}

impl Checked {
    fn in_file(mut self, path: &str) -> Checked {
        self.reports = self.reports.into_iter().map(|report| report.in_file(path)).collect();
        self
    }
}

fn check(parsed: &Parsed<'_>, part: &Part, wanted: &Wanted, root: Option<&Root>) -> Checked {
    let subject = Subject::new(parsed, part);
    let files = root.map(|root| -> &dyn Files { root });
    let own = subject.detection.os;
    let (target, reports) = match wanted {
        Wanted::Machine(machine) => {
            let subject = subject.loaded_by(machine);
            (machine.name.clone(), ashore_check::check(&subject, Target::Machine(machine)))
        }
        Wanted::System(os) => system(&subject, *os, files),
        Wanted::Own => match own {
            Some(os) => system(&subject, os, files),
            None => ("any system".to_owned(), ashore_check::check(&subject, Target::Anything)),
        },
    };
    Checked { cpu: part.image.cpu.name(), target, reports }
}

fn system(subject: &Subject<'_>, os: Os, files: Option<&dyn Files>) -> (String, Vec<Report>) {
    (os.name().to_owned(), ashore_check::check(subject, Target::System(Platform { os, files })))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!((size("512K"), size("128M"), size("2G")), (Ok(512 << 10), Ok(128 << 20), Ok(2 << 30)));
        assert_eq!(size("0x1000"), Ok(0x1000));
        assert!(size("many").is_err() && size("").is_err() && size("999999999999G").is_err());
    }
}
