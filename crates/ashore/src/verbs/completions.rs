//! `ashore completions SHELL` and `ashore man [VERB]`: texts that derive from the table of verbs.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use std::io;

pub(crate) fn options(command: Command) -> Command {
    command.arg(Arg::new("shell").required(true).value_parser(value_parser!(Shell)).help("The shell"))
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let Some(shell) = matches.get_one::<Shell>("shell") else { return 125 };
    clap_complete::generate(*shell, &mut super::command(), "ashore", &mut io::stdout());
    0
}

pub(crate) fn man_options(command: Command) -> Command {
    command.arg(Arg::new("verb").help("The verb; without it the page of the whole command"))
}

pub(crate) fn man(matches: &ArgMatches) -> u8 {
    let whole = super::command();
    let page = match matches.get_one::<String>("verb") {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(verb) => verb.clone().name("ashore").bin_name(format!("ashore {name}")),
            None => {
                eprintln!("ashore: there is no verb {name}");
                return 125;
            }
        },
    };
    match clap_mangen::Man::new(page).render(&mut io::stdout()) {
        Ok(()) => 0,
        Err(_) => 125,
    }
}
