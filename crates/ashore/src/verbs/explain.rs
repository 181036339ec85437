//! `ashore explain PROGRAM [ARGS]`, `ashore explain --core FILE [PROGRAM]`, `ashore explain CODE`, `ashore explain --last`.

use super::{FAILED, run, switch};
use crate::core_evidence::{self, Explained};
use crate::postmortem::Manner;
use crate::{failures, launch};
use ashore_debug::explain::{page, pages};
use ashore_report::table;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub(crate) fn options(command: Command) -> Command {
    let command = run::options(command)
        .mut_arg("program", |arg| {
            arg.required_unless_present_any(["last", "core", "pages"])
                .help("The program and its arguments, or the code of a diagnosis")
        })
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
    let command = command
        .mut_arg("core", |arg| arg.help("Explain the core file; PROGRAM is its program when that moved"))
        .mut_arg("core-limit", |arg| arg.hide(true))
        .mut_arg("last", |arg| arg.conflicts_with_all(["program", "core", "pages"]))
        .mut_arg("pages", |arg| arg.conflicts_with_all(["program", "core"]));
    let what = ["program", "last", "core", "pages"];
    command.group(clap::ArgGroup::new("what").args(what).required(true).multiple(true))
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let is_json = matches.get_flag("json");
    if let Some(folder) = matches.get_one::<PathBuf>("pages") {
        return write_pages(folder);
    }
    if let Some(nth) = matches.get_one::<u16>("last") {
        return last(usize::from(*nth), is_json);
    }
    if let Some(path) = matches.get_one::<PathBuf>("core") {
        return core(path, matches, is_json);
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

/// Explains a core file.
fn core(path: &Path, matches: &ArgMatches, is_json: bool) -> u8 {
    let words: Vec<&OsString> = matches.get_many("program").into_iter().flatten().collect();
    let program = match words.as_slice() {
        [] => None,
        [program] => Some(Path::new(program)),
        [_, more, ..] => {
            eprintln!("ashore: {}: nothing runs for a core file, so there are no arguments", more.display());
            return FAILED;
        }
    };
    let (text, status) = match core_evidence::explain(path, program, is_json) {
        Ok(Explained::Whole(text)) => (text, 0),
        Ok(Explained::InPart(why, text)) => (text, crate::refuse(&why.in_file(&path.to_string_lossy()))),
        Err(why) => return crate::refuse(&why.in_file(&path.to_string_lossy())),
    };
    // Who reads less than everything is not our failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    status
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
