//! `ashore cache status|clear`: translations that are kept from run to run.

use super::FAILED;
use crate::cache::{Cache, Use, folder};
use clap::{ArgMatches, Command};

pub(crate) fn options(command: Command) -> Command {
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("status").about("Show where they are and how many"))
        .subcommand(Command::new("clear").about("Remove all of them"))
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let Some(cache) = Cache::open(Use::On) else {
        match folder() {
            Some(folder) => {
                eprintln!("ashore: {} is not a folder of yours alone, so nothing is kept", folder.display())
            }
            None => eprintln!("ashore: neither XDG_CACHE_HOME nor HOME is set, so nothing is kept"),
        }
        return FAILED;
    };
    if matches.subcommand_name() == Some("clear") {
        let left = cache.clear();
        if left != 0 {
            eprintln!("ashore: {left} files in {} cannot be removed", cache.path().display());
            return FAILED;
        }
        return 0;
    }
    let files = cache.files();
    println!("folder  {}", cache.path().display());
    println!("files   {}", files.len());
    println!("bytes   {}", files.iter().map(|(_, len, _)| len).sum::<u64>());
    let used = match Use::of_environment() {
        Use::Off => "no (ASHORE_CACHE=off)",
        Use::On => "yes",
        Use::Checked => "yes, after they were made again and compared (ASHORE_CACHE=check)",
    };
    println!("used    {used}");
    0
}
