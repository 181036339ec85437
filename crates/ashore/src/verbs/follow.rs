//! `ashore follow TID`: not for people. Ashore starts it for each program of the host's that a guest becomes.

use super::run;
use crate::launch;
use clap::{ArgMatches, Command};

/// Those of `run`; the program is the number of a thread.
pub(crate) fn options(command: Command) -> Command {
    run::options(command).hide(true)
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let request = run::request(matches);
    let tid = request.program.to_str().and_then(|word| word.parse().ok());
    u8::from(!tid.is_some_and(|tid| launch::follow(request, tid)))
}
