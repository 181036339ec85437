//! The verbs: one file each, one row each in [`table`].

mod boot;
mod cache;
mod check;
mod completions;
mod demo;
mod doctor;
mod explain;
mod follow;
mod inspect;
mod patch;
mod platforms;
mod qemu;
mod replay;
mod run;
mod shims;
mod table;
mod trace;

pub(crate) use inspect::inspect;

use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::path::PathBuf;

/// A verb.
pub(crate) struct Verb {
    /// The word a person types.
    pub(crate) name: &'static str,
    /// What it does, in one line.
    pub(crate) about: &'static str,
    /// Adds its options and arguments.
    pub(crate) options: fn(Command) -> Command,
    /// Does it and tells the exit status.
    pub(crate) run: fn(&ArgMatches) -> u8,
    /// The exit status when its arguments make no sense.
    pub(crate) misuse: u8,
}

/// The exit status of Ashore's own failures.
const FAILED: u8 = 125;

/// The whole command line, from the table.
pub(crate) fn command() -> Command {
    let verbs = table::VERBS.iter().map(|verb| (verb.options)(Command::new(verb.name).about(verb.about)));
    Command::new("ashore")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Runs a program where it was not built to run")
        .long_about(
            "Runs a program where it was not built to run.\n\n\
             `ashore PROGRAM [ARGS]` is short for `ashore run PROGRAM [ARGS]`.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(verbs)
}

/// Runs the verb the arguments name; without one, the first argument is a program to run.
/// Called by a shim's name, it runs what it is given for that shim's system; by QEMU's, it takes that one's options.
pub(crate) fn dispatch(mut args: Vec<OsString>) -> u8 {
    let own_name = args.first().map(PathBuf::from).unwrap_or_default();
    if let Some(system) = own_name.file_name().and_then(|name| name.to_str()).and_then(shims::system_of) {
        args.splice(1..1, ["run", "--os", system, "--"].map(OsString::from));
    }
    match qemu::translate(&args, |name| std::env::var_os(name)) {
        Some(Ok(words)) => args = words,
        Some(Err(why)) => {
            eprintln!("ashore: {}: {why}", own_name.display());
            return FAILED;
        }
        None => {}
    }
    let is_verb = |word: &OsString| table::VERBS.iter().any(|verb| word == verb.name) || word == "help";
    let first = args.get(1);
    let is_ours = first.is_none_or(|w| is_verb(w) || matches!(w.to_str(), Some("--help" | "-h" | "--version" | "-V")));
    if !is_ours {
        args.insert(1, "run".into());
    }
    let misuse = table::VERBS.iter().find(|verb| args.get(1).is_some_and(|word| word == verb.name));
    let misuse = misuse.map_or(FAILED, |verb| verb.misuse);
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => {
            let is_help = !error.use_stderr();
            let _ = error.print();
            return if is_help { 0 } else { misuse };
        }
    };
    let Some((name, matches)) = matches.subcommand() else { return FAILED };
    match table::VERBS.iter().find(|verb| verb.name == name) {
        Some(verb) => (verb.run)(matches),
        None => FAILED,
    }
}

/// A switch with a long name and perhaps a short one.
pub(crate) fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(clap::ArgAction::SetTrue)
}
