//! `ashore explain PROGRAM [ARGS]`, `ashore explain CODE`, `ashore explain --last`.

use super::{FAILED, run, switch};
use crate::postmortem::Manner;
use crate::{failures, launch};
use ashore_debug::explain::{page, pages};
use ashore_report::table;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(crate) fn options(command: Command) -> Command {
    let command = run::options(command)
        .mut_arg("program", |arg| arg.required(false).help("The program and its arguments, or the code of a diagnosis"))
        .arg(
            Arg::new("last")
                .long("last")
                .value_name("N")
                .num_args(0..=1)
                .default_missing_value("1")
                .value_parser(value_parser!(u16).range(1..))
                .help("Show the record of the last run that failed, or of the Nth last"),
        )
        .arg(
            Arg::new("pages")
                .long("pages")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("Write the pages of all diagnoses into a folder")
                .hide_short_help(true),
        )
        .arg(switch("json", "One JSON object instead of text"));
    command.group(clap::ArgGroup::new("what").args(["program", "last", "pages"]).required(true))
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let is_json = matches.get_flag("json");
    if let Some(folder) = matches.get_one::<PathBuf>("pages") {
        return write_pages(folder);
    }
    if let Some(nth) = matches.get_one::<u16>("last") {
        return last(usize::from(*nth), is_json);
    }
    let mut words = matches.get_many::<OsString>("program").into_iter().flatten();
    if let (Some(word), None) = (words.next().and_then(|word| word.to_str()), words.next())
        && let Some(diagnosis) = table::ALL.iter().find(|row| row.code.eq_ignore_ascii_case(word) || row.slug == word)
        && !Path::new(word).exists()
    {
        print!("{}", page(diagnosis));
        return 0;
    }
    let mut request = run::request(matches);
    request.manner = if is_json { Manner::Json } else { Manner::Full };
    request.verb = vec!["explain".into()];
    if is_json {
        request.verb.push("--json".into());
    }
    crate::refuse(&launch::run(&request, None))
}

/// Shows the record of a run that failed.
fn last(nth: usize, is_json: bool) -> u8 {
    match failures::read(nth) {
        Ok(record) if is_json => println!("{record}"),
        Ok(record) => {
            print!("{}", record.get("report").and_then(|text| text.as_str()).unwrap_or("the record is empty\n"))
        }
        Err(why) => {
            eprintln!("ashore: {why}");
            return FAILED;
        }
    }
    0
}

/// Writes every page into a folder.
fn write_pages(folder: &Path) -> u8 {
    let all = pages();
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| all.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text)));
    match written {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("ashore: {}: {error}", folder.display());
            FAILED
        }
    }
}
