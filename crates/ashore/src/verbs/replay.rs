//! `ashore replay FILE`.

use super::{run, switch, trace};
use crate::launch::{self, MakeObserver};
use crate::record::{self, Replay};
use ashore_debug::gdb::Listen;
use ashore_debug::record::Output;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::path::PathBuf;

pub(crate) fn options(command: Command) -> Command {
    command
        .arg(switch("quiet", "Do not show what the program wrote to its standard output and error").short('q'))
        .arg(switch("trace", "Tell every call, as `ashore trace` does"))
        .arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .requires("trace")
                .help("Write the trace to a file instead of stderr"),
        )
        .arg(run::gdb())
        .arg(
            Arg::new("recording")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("What `ashore run --record FILE` wrote"),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let output = if matches.get_flag("quiet") { Output::Hidden } else { Output::Shown };
    let observer: Option<MakeObserver> = if matches.get_flag("trace") {
        match trace::plain(matches.get_one::<PathBuf>("output")) {
            Ok(observer) => Some(observer),
            Err(status) => return status,
        }
    } else {
        None
    };
    let path = matches.get_one::<PathBuf>("recording").cloned().unwrap_or_default();
    let supervisor = matches.get_one::<Listen>("gdb").cloned().map(|listen| launch::debugger(listen, None));
    crate::refuse(&record::replay(&path, Replay { output, observer, supervisor }))
}
