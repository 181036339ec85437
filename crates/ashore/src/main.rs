//! The `ashore` command: opens files, prints, sets exit codes. What it can do is the table of verbs.
#![forbid(unsafe_code)]

mod asked;
mod cache;
mod core_evidence;
mod cpus;
mod failures;
mod interpreter;
mod launch;
mod open;
mod perf_map;
mod postmortem;
mod record;
mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    ExitCode::from(verbs::dispatch(args))
}

/// Says a report on stderr and tells the exit status it stands for.
fn refuse(report: &ashore_report::Report) -> u8 {
    eprintln!("ashore: {report}");
    report.exit_status().unwrap_or(125)
}
