//! `ashore patch FILE EDIT...`: changes a finished program, and undoes that.
//!
//! What is asked for is gathered into a [`Job`]; [`make`] does it in memory and on disk; [`say`] tells about it.

mod job;
mod make;
mod say;

use super::switch;
use ashore_patch::KINDS;
use ashore_report::{Diagnosis, Report, table};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::path::PathBuf;

/// How the verb ends.
mod status {
    /// Everything was done, or was there already.
    pub(super) const DONE: u8 = 0;
    /// The command line or the plan file is wrong.
    pub(super) const USAGE: u8 = 1;
    /// There is nothing to change.
    pub(super) const NO_MATCH: u8 = 2;
    /// It cannot be done safely; nothing was written.
    pub(super) const REFUSED: u8 = 3;
    /// The result was not what was planned; nothing was written.
    pub(super) const UNVERIFIED: u8 = 4;
}

/// The exit status when the arguments make no sense.
pub(super) const MISUSE: u8 = status::USAGE;

/// The options of the verb.
pub(crate) fn options(command: Command) -> Command {
    let edits: Vec<String> = KINDS
        .iter()
        .map(|kind| format!("  {:<42} {}", format!("{} {}", kind.verb, kind.operand), kind.about))
        .collect();
    let path = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).value_parser(value_parser!(PathBuf)).help(help)
    };
    let binding = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("BINDING").value_parser(["weak", "strong", "local"]).help(help)
    };
    command
        .override_usage("ashore patch [OPTIONS] FILE EDIT...")
        .arg(
            Arg::new("words")
                .value_name("FILE EDIT")
                .num_args(1..)
                .required(true)
                .help("The program, and what to change in it"),
        )
        .arg(path("output", "FILE", "Write the result here [default: FILE.patched]").short('o'))
        .arg(switch("in-place", "Replace the program itself, through a temporary file").conflicts_with("output"))
        .arg(path("plan", "FILE", "Read edits from a TOML file"))
        .arg(
            Arg::new("with")
                .long("with")
                .value_name("FILE.o[:SYMBOL]")
                .action(ArgAction::Append)
                .help("The object file for `replace FUNCTION` or `kernel-calls FUNCTION`"),
        )
        .arg(switch("calls", "Redirect by changing every reference; the old function's code stays callable"))
        .arg(binding("from", "Which of several symbols called OLD is meant"))
        .arg(binding("to", "Which of several symbols called NEW is meant"))
        .arg(Arg::new("cpu").long("cpu").value_name("CPU").help("Which program of a file with several"))
        .arg(switch("dry-run", "Check everything, write nothing"))
        .arg(switch("undo", "Give back the file as it was before any patch").conflicts_with_all(["plan", "show"]))
        .arg(switch("show", "Print what was done to the file").conflicts_with_all(["plan", "in-place", "output"]))
        .arg(
            switch("list-kernel-calls", "Tell where the program calls the kernel")
                .conflicts_with_all(["plan", "show", "undo", "in-place", "output", "with"]),
        )
        .arg(switch("json", "Write JSON"))
        .after_help(format!(
            "Edits:\n{}\n\nA FUNCTION is a symbol's name or an address (0x401000).\n\n\
             An object file is compiled with -c -fPIC. What it does not define is looked for in FILE; a name \
             `original:FUNCTION`\nleads to the code of a function as it was, though it is replaced: \
             extern int old(int) __asm__(\"original:f\").\nCode and constants come into executable memory that nobody \
             writes, variables into memory of their own.\n\n\
             Exit status: 0 done, 1 usage, 2 nothing matched, 3 refused, 4 verification failed; \
             nothing is written unless it is 0.",
            edits.join("\n")
        ))
}

/// Does what the options say.
pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let is_json = matches.get_flag("json");
    let result = job::Job::read(matches).and_then(|job| make::run(&job).map_err(|report| report.in_file(&job.shown)));
    match result {
        Ok(outcome) => say::outcome(&outcome, is_json),
        Err(report) if is_json => {
            say::refusal(&report);
            status_of(&report)
        }
        Err(report) => {
            crate::refuse(&report);
            status_of(&report)
        }
    }
}

/// The exit status a refusal stands for.
fn status_of(report: &Report) -> u8 {
    let is = |rows: &[&'static Diagnosis]| rows.contains(&report.diagnosis);
    match () {
        () if is(&[&table::PATCH_USAGE, &table::PROGRAM_NOT_FOUND, &table::PROGRAM_UNREADABLE]) => status::USAGE,
        () if is(&[&table::PATCH_NO_MATCH, &table::PATCH_NO_MANIFEST]) => status::NO_MATCH,
        () if is(&[&table::PATCH_UNVERIFIED]) => status::UNVERIFIED,
        () => status::REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_refuse_has_its_status() {
        let status = |row: &'static Diagnosis| status_of(&row.because(""));
        assert_eq!(status(&table::PATCH_USAGE), 1);
        assert_eq!(status(&table::PATCH_NO_MATCH), 2);
        assert_eq!(status(&table::PATCH_REFUSED), 3);
        assert_eq!(status(&table::PATCH_UNVERIFIED), 4);
    }
}
