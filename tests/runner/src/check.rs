//! Compares what a guest did with what its case expects, and says the difference.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::case::{Case, System};

/// Host signals a case can name.
const SIGNALS: &[(&str, i32)] = &[
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("SYS", 31),
];

/// How a program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expected {
    /// With this status.
    Exit(i32),
    /// Of this host signal.
    Signal(i32),
}

impl Expected {
    /// A signal by its name without `SIG`.
    pub(crate) fn signal(name: &str) -> Result<Expected, String> {
        let row = SIGNALS.iter().find(|(known, _)| *known == name);
        let (_, number) = row.ok_or_else(|| format!("`{name}` is not a signal"))?;
        Ok(Expected::Signal(*number))
    }

    fn of_status(status: ExitStatus) -> Expected {
        match status.signal() {
            Some(number) => Expected::Signal(number),
            None => Expected::Exit(status.code().unwrap_or(-1)),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Exit(status) => write!(formatter, "exit status {status}"),
            Expected::Signal(number) => match SIGNALS.iter().find(|(_, known)| known == number) {
                Some((name, _)) => write!(formatter, "death of SIG{name}"),
                None => write!(formatter, "death of signal {number}"),
            },
        }
    }
}

/// What a guest did.
pub(crate) struct Outcome {
    /// How it ended; none when it was killed for being late.
    pub(crate) status: Option<ExitStatus>,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error, ours included.
    pub(crate) stderr: String,
}

/// Everything in which the outcome differs from the case, or success.
pub(crate) fn check(case: &Case, system: System, outcome: &Outcome) -> Result<(), String> {
    let mut differences = String::new();
    let wanted = case.ends.rows(system).last().copied().unwrap_or(Expected::Exit(0));
    match outcome.status.map(Expected::of_status) {
        None => differences.push_str("did not end in time\n"),
        Some(ended) if ended != wanted => differences.push_str(&format!("ended with {ended}, not {wanted}\n")),
        Some(_) => {}
    }
    if let Some(text) = case.stdout.rows(system).last().filter(|text| **text != outcome.stdout) {
        differences.push_str(&difference(text, &outcome.stdout));
    }
    for words in case.stderr.rows(system).filter(|words| !outcome.stderr.contains(words.as_str())) {
        differences.push_str(&format!("standard error lacks `{words}`\n"));
    }
    for words in case.stderr_not.rows(system).filter(|words| outcome.stderr.contains(words.as_str())) {
        differences.push_str(&format!("standard error has `{words}`\n"));
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!("{differences}{}", tail("standard error", &outcome.stderr)))
}

/// The first line where two texts part, with a few lines around it.
fn difference(expected: &str, got: &str) -> String {
    let same = expected.lines().zip(got.lines()).take_while(|(left, right)| left == right).count();
    let from = same.saturating_sub(2);
    let lines = |text: &str, mark: &str| -> String {
        let shown = text.lines().skip(from).take(12);
        shown.map(|line| format!("  {mark} {line}\n")).collect()
    };
    format!("output differs from line {} (- expected, + got)\n{}{}", same + 1, lines(expected, "-"), lines(got, "+"))
}

fn tail(what: &str, text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(40);
    let shown: String = lines.iter().skip(from).map(|line| format!("  | {line}\n")).collect();
    match shown.is_empty() {
        true => String::new(),
        false => format!("{what}:\n{shown}"),
    }
}
