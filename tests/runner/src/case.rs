//! A case file: directives, one to a line, and the text the guest must print.
//!
//! ```text
//! # why this case exists
//! guest: hello                       the file name under .guests/out/<system>-amd64
//! systems: linux dragonfly netbsd    where it runs under Ashore
//! cpus: arm64                        the builds for these CPUs run under Ashore too, where the system has one
//! oracle: native qemu                run the Linux build without Ashore too; those for other CPUs under qemu, where it is
//! args: one "two words"              arguments; $GUEST is the guest's own path
//! env: NAME=value                    one variable; may be repeated
//! options: --strict                  options of `ashore run`
//! stdin: text                        one line of input; may be repeated
//! exit: 2                            the exit status expected (0 when not said)
//! signal: SEGV                       or the signal it dies of
//! stderr: some words                 standard error must contain this; may be repeated
//! stdout:                            what it prints, exactly: the lines below, after the bar
//! | first line
//! stdout dragonfly freebsd:          the same, for these systems only
//! | another first line
//! ```
//!
//! `exit`, `signal`, `stderr` and `args` may name systems in the same way (`exit netbsd: 3`); the row that
//! names the system wins over the row that names none. Without a `stdout` row the output is free.

use std::path::Path;

use crate::check::Expected;

/// A guest system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum System {
    /// Linux
    Linux,
    /// DragonFly BSD
    DragonFly,
    /// FreeBSD
    FreeBsd,
    /// NetBSD
    NetBsd,
}

impl System {
    /// Every system a case can name.
    pub(crate) const ALL: [System; 4] = [System::Linux, System::DragonFly, System::FreeBsd, System::NetBsd];

    /// The name used in case files, test names and guest folders.
    pub(crate) fn name(self) -> &'static str {
        match self {
            System::Linux => "linux",
            System::DragonFly => "dragonfly",
            System::FreeBsd => "freebsd",
            System::NetBsd => "netbsd",
        }
    }

    fn parse(name: &str) -> Result<System, String> {
        let known = System::ALL.into_iter().find(|system| system.name() == name);
        known.ok_or_else(|| format!("`{name}` is not a system"))
    }
}

/// A CPU that this machine's is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Foreign {
    /// arm64
    Arm64,
}

impl Foreign {
    /// The name used in case files, test names and guest folders.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Foreign::Arm64 => "arm64",
        }
    }

    /// The systems whose programs for it are run.
    pub(crate) fn systems(self) -> &'static [System] {
        match self {
            Foreign::Arm64 => &[System::Linux, System::FreeBsd, System::NetBsd],
        }
    }

    /// The program that runs its Linux programs.
    pub(crate) fn qemu(self) -> &'static str {
        match self {
            Foreign::Arm64 => "qemu-aarch64",
        }
    }

    fn parse(name: &str) -> Result<Foreign, String> {
        if name == Foreign::Arm64.name() { Ok(Foreign::Arm64) } else { Err(format!("`{name}` is not a CPU")) }
    }
}

/// A value that may differ by system: rows with the systems they are for (none: every system).
#[derive(Clone, Debug)]
pub(crate) struct PerSystem<T> {
    rows: Vec<(Vec<System>, T)>,
}

impl<T> PerSystem<T> {
    fn new() -> PerSystem<T> {
        PerSystem { rows: Vec::new() }
    }

    /// The rows that count on a system: those that name it, or else those that name none.
    pub(crate) fn rows(&self, system: System) -> impl Iterator<Item = &T> {
        let is_named = self.rows.iter().any(|(systems, _)| systems.contains(&system));
        let counts = move |systems: &[System]| match is_named {
            true => systems.contains(&system),
            false => systems.is_empty(),
        };
        self.rows.iter().filter(move |(systems, _)| counts(systems)).map(|(_, value)| value)
    }
}

/// One case file, read.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The file's stem.
    pub(crate) name: String,
    /// The guest's file name.
    pub(crate) guest: String,
    /// Where it runs under Ashore.
    pub(crate) systems: Vec<System>,
    /// The CPUs beside this machine's whose builds run under Ashore.
    pub(crate) cpus: Vec<Foreign>,
    /// Whether those run under qemu too.
    pub(crate) is_qemu_oracle: bool,
    /// Whether the Linux build runs without Ashore too.
    pub(crate) is_native_oracle: bool,
    /// The guest's arguments.
    pub(crate) args: PerSystem<Vec<String>>,
    /// Variables beside the runner's own few.
    pub(crate) env: Vec<(String, String)>,
    /// Options of `ashore run`.
    pub(crate) options: PerSystem<Vec<String>>,
    /// What it reads.
    pub(crate) stdin: String,
    /// How it ends; success when no row counts.
    pub(crate) ends: PerSystem<Expected>,
    /// Its exact output.
    pub(crate) stdout: PerSystem<String>,
    /// Words standard error contains.
    pub(crate) stderr: PerSystem<String>,
    /// Words standard error does not contain.
    pub(crate) stderr_not: PerSystem<String>,
}

impl Case {
    /// Reads a case file; an error says the file and the line.
    pub(crate) fn read(path: &Path) -> Result<Case, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Case::parse(&name, &text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(name: &str, text: &str) -> Result<Case, String> {
        let mut case = Case {
            name: name.to_owned(),
            guest: String::new(),
            systems: Vec::new(),
            cpus: Vec::new(),
            is_qemu_oracle: false,
            is_native_oracle: false,
            args: PerSystem::new(),
            env: Vec::new(),
            options: PerSystem::new(),
            stdin: String::new(),
            ends: PerSystem::new(),
            stdout: PerSystem::new(),
            stderr: PerSystem::new(),
            stderr_not: PerSystem::new(),
        };
        for (index, line) in text.lines().enumerate() {
            case.line(line).map_err(|error| format!("line {}: {error}", index + 1))?;
        }
        if case.guest.is_empty() || case.systems.is_empty() {
            return Err("a case needs `guest:` and `systems:`".to_owned());
        }
        Ok(case)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(text) = line.strip_prefix('|') {
            let (_, body) = self.stdout.rows.last_mut().ok_or("a text line before `stdout:`")?;
            body.push_str(text.strip_prefix(' ').unwrap_or(text));
            body.push('\n');
            return Ok(());
        }
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (head, value) = line.split_once(':').ok_or("neither a directive nor a text line")?;
        let value = value.trim();
        let mut head = head.split_whitespace();
        let directive = head.next().unwrap_or_default();
        let systems = head.map(System::parse).collect::<Result<Vec<_>, _>>()?;
        match directive {
            "guest" => self.guest = value.to_owned(),
            "systems" => self.systems = value.split_whitespace().map(System::parse).collect::<Result<_, _>>()?,
            "oracle" if value.split(' ').all(|word| ["native", "qemu"].contains(&word)) => {
                self.is_native_oracle = value.contains("native");
                self.is_qemu_oracle = value.contains("qemu");
            }
            "cpus" => self.cpus = value.split_whitespace().map(Foreign::parse).collect::<Result<_, _>>()?,
            "args" => self.args.rows.push((systems, words(value)?)),
            "options" => self.options.rows.push((systems, words(value)?)),
            "env" => {
                let (name, value) = value.split_once('=').ok_or("`env` wants NAME=value")?;
                self.env.push((name.to_owned(), value.to_owned()));
            }
            "stdin" => {
                self.stdin.push_str(value);
                self.stdin.push('\n');
            }
            "exit" => {
                let status = value.parse().map_err(|_| format!("`{value}` is not a status"))?;
                self.ends.rows.push((systems, Expected::Exit(status)));
            }
            "signal" => self.ends.rows.push((systems, Expected::signal(value)?)),
            "stdout" => self.stdout.rows.push((systems, String::new())),
            "stderr" => self.stderr.rows.push((systems, value.to_owned())),
            "stderr-not" => self.stderr_not.rows.push((systems, value.to_owned())),
            _ => return Err(format!("`{directive}` is not a directive")),
        }
        Ok(())
    }
}

/// Words separated by spaces; double quotes keep a space.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    for character in text.chars() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' if !is_quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if is_quoted {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}
