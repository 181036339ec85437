//! `ashore trace PROGRAM [ARGS]`, `ashore trace --diff A B [-- ARGS]`, and `ashore trace --last`.

mod diff;
mod last;

use super::{run, switch};
use crate::launch;
use ashore_debug::trace::{Filter, Settings, Sink, Tracer};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::PathBuf;

pub(crate) fn options(command: Command) -> Command {
    let command = command
        .arg(Arg::new("filter").short('e').long("filter").value_name("CALLS").help(
            "Only these: names, or file, desc, network, process, thread, memory, signal, event; !CALLS for all others",
        ))
        .arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write to a file instead of stderr"),
        )
        .arg(switch("summary", "Only counts, errors and times at the end").short('c'))
        .arg(switch("json", "One JSON object a line"))
        .arg(switch(
            "diff",
            "Compare two: the program's builds for two systems, or traces that --json wrote; exits 0 if they behave the same, 1 if not",
        ).conflicts_with("gdb"))
        .arg(switch("fresh", "With --diff: run each program in an empty directory of its own, removed afterwards"))
        .arg(switch("once", "With --diff: do not run both a second time to leave out what differs by chance"))
        .arg(switch("all", "With --diff: every difference, not only the first"))
        .arg(
            Arg::new("last")
                .long("last")
                .value_name("N")
                .num_args(0..=1)
                .default_missing_value("1")
                .value_parser(value_parser!(u16).range(1..))
                .help("Show what the last run that failed, or the Nth last, did at its end")
                .conflicts_with_all(["program", "diff", "filter", "output", "summary"]),
        )
        .arg(switch("stack", "With --json: where each call was made").hide(true))
        .arg(switch("append", "Add to the output file").hide(true));
    run::all_options(command).mut_arg("program", |arg| arg.required(false).required_unless_present("last"))
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    if let Some(nth) = matches.get_one::<u16>("last") {
        return last::run(usize::from(*nth), matches);
    }
    if matches.get_flag("diff") {
        return diff::run(matches);
    }
    let sink = match sink(matches.get_one::<PathBuf>("output"), how_to_begin(matches)) {
        Ok(sink) => sink,
        Err(status) => return status,
    };
    let filter = matches.get_one::<String>("filter");
    let settings = Settings {
        filter: filter.map(|text| Filter::parse(text)).unwrap_or_default(),
        summary: matches.get_flag("summary"),
        json: matches.get_flag("json"),
        stack: matches.get_flag("stack"),
        sink,
    };
    let mut request = run::request(matches);
    request.verb = verb(matches);
    let make: launch::MakeObserver = Box::new(|os| Box::new(Tracer::new(os, settings)));
    crate::refuse(&launch::run(&request, Some(make)))
}

/// What becomes of what the output file holds.
#[derive(PartialEq, Eq)]
enum Begin {
    Empty,
    Append,
}

fn how_to_begin(matches: &ArgMatches) -> Begin {
    if matches.get_flag("append") { Begin::Append } else { Begin::Empty }
}

/// Where the trace goes, or the exit status when that cannot be.
fn sink(output: Option<&PathBuf>, begin: Begin) -> Result<Sink, u8> {
    let Some(path) = output else { return Ok(Sink::stderr()) };
    let failed = |error: std::io::Error| {
        eprintln!("ashore: {}: {error}", path.display());
        125
    };
    if begin == Begin::Empty {
        // Truncate first: children of the program append to the same file.
        std::fs::File::create(path).map_err(failed)?;
    }
    let mut how = OpenOptions::new();
    how.create(true).append(true);
    how.open(path).and_then(ashore_sys::high_fd).map(Sink::file).map_err(failed)
}

/// A tracer of everything, into a file or to stderr.
pub(super) fn plain(output: Option<&PathBuf>) -> Result<launch::MakeObserver, u8> {
    let sink = sink(output, Begin::Empty)?;
    let settings = Settings { filter: Filter::default(), summary: false, json: false, stack: false, sink };
    Ok(Box::new(|os| Box::new(Tracer::new(os, settings))))
}

/// The words that trace a child of the program the same way, into the same file.
fn verb(matches: &ArgMatches) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["trace".into()];
    if let Some(filter) = matches.get_one::<String>("filter") {
        words.extend(["-e".into(), filter.into()]);
    }
    if let Some(path) = matches.get_one::<PathBuf>("output") {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        words.extend(["-o".into(), path.into_os_string(), "--append".into()]);
    }
    for flag in ["summary", "json", "stack"] {
        if matches.get_flag(flag) {
            words.push(format!("--{flag}").into());
        }
    }
    words
}
