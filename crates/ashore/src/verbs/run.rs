//! `ashore run PROGRAM [ARGS]`.

use super::switch;
use crate::cpus::{Chosen, list_parts};
use crate::launch::{self, Environment, Request};
use crate::postmortem::Manner;
use ashore_base::Os;
use ashore_debug::gdb::Listen;
use ashore_engine::Tier;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Those that say how programs of another CPU are run.
fn foreign(command: Command) -> Command {
    command
        .arg(
            Arg::new("cpu")
                .long("cpu")
                .value_name("LIST|list")
                .help("Hide parts of a foreign CPU from the program, as in no-atomics,no-sha3; `list` names all"),
        )
        .arg(
            Arg::new("tier")
                .long("tier")
                .value_parser(clap::builder::PossibleValuesParser::new(Tier::ALL.map(|(name, _)| name)))
                .help("What runs the code of a foreign CPU")
                .hide_short_help(true),
        )
        .arg(
            Arg::new("code-size")
                .long("code-size")
                .value_name("BYTES")
                .value_parser(bytes)
                .help("The memory for translated code (256M when not said)")
                .hide_short_help(true),
        )
        .arg(switch("no-cache", "Keep no translations of a foreign program, and use none"))
        .arg(switch("perf-map", "Write /tmp/perf-PID.map for perf: the functions of a foreign program's translations"))
}

/// The options of every verb that runs a program, and the program.
pub(crate) fn options(command: Command) -> Command {
    let systems = ashore_guest::GUESTS.iter().map(|guest| guest.os.name);
    foreign(command)
        .arg(
            Arg::new("os")
                .long("os")
                .value_name("SYSTEM")
                .value_parser(clap::builder::PossibleValuesParser::new(systems))
                .help("The system the program is for, instead of what the file says"),
        )
        .arg(
            Arg::new("root")
                .long("root")
                .short('L')
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("Look absolute paths up in this tree first, the program's interpreter and libraries among them"),
        )
        .arg(
            Arg::new("argv0")
                .long("argv0")
                .value_name("NAME")
                .value_parser(value_parser!(OsString))
                .help("The program's own name for itself"),
        )
        .arg(
            Arg::new("set-env")
                .long("set-env")
                .short('E')
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(value_parser!(OsString))
                .help("Set a variable of the program's environment"),
        )
        .arg(
            Arg::new("unset-env")
                .long("unset-env")
                .short('U')
                .value_name("NAME")
                .action(ArgAction::Append)
                .value_parser(value_parser!(OsString))
                .help("Take a variable out of the program's environment"),
        )
        .arg(switch("quiet", "Say nothing about calls that Ashore does not answer").short('q'))
        .arg(switch("strict", "Stop at the first call that Ashore does not answer"))
        .arg(
            Arg::new("core")
                .long("core")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write a core file when the program dies of a signal; %p is the process's id"),
        )
        .arg(
            Arg::new("core-limit")
                .long("core-limit")
                .value_name("BYTES")
                .value_parser(bytes)
                .help("How much memory the core file may hold (K, M and G are understood; 1G when not said)"),
        )
        .arg(
            Arg::new("record")
                .long("record")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Record the run of a program of one thread, for `ashore replay FILE`"),
        )
        .arg(
            Arg::new("net")
                .long("net")
                .value_parser(["dispatch", "seccomp"])
                .help("How calls that no rewritten site catches are caught")
                .hide_short_help(true),
        )
        .arg(
            switch("slow-thread-pointer", "Switch the thread pointer by kernel calls, as without FSGSBASE")
                .hide_short_help(true),
        )
        .arg(switch("no-recorder", "Record nothing of what threads do (only for measuring)").hide(true))
        .arg(switch("no-net", "Run without the kernel's net (only for measuring)").hide(true))
        .arg(
            Arg::new("program")
                .value_name("PROGRAM")
                .required_unless_present("cpu")
                .num_args(1..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(value_parser!(OsString))
                .help("The program and its arguments"),
        )
}

/// A number of bytes, in units of 1024 with a letter behind it.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let units = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];
    let unit = units.iter().find_map(|(letter, shift)| Some((text.strip_suffix(letter)?, *shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    let number: u64 = number.parse().map_err(|_| format!("{text} is no number of bytes"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("{text} is too much"))
}

/// The options of the verbs that run a program for a debugger too.
pub(crate) fn all_options(command: Command) -> Command {
    options(command.arg(gdb().conflicts_with_all(["no-net", "record"])))
}

/// Where a debugger comes to.
pub(super) fn gdb() -> Arg {
    Arg::new("gdb")
        .long("gdb")
        .value_name("PORT|unix:PATH|-")
        .allow_hyphen_values(true)
        .value_parser(Listen::parse)
        .help("Wait for gdb's `target remote` at this port of this machine or Unix socket, or `target remote |` (-), before the program runs")
}

/// What the options say.
pub(crate) fn request(matches: &ArgMatches) -> Request {
    if matches.get_flag("slow-thread-pointer") {
        ashore_sys::forget_fsgsbase();
    }
    let values = |name: &str| matches.get_many::<OsString>(name).into_iter().flatten().cloned().collect();
    let mut words = matches.get_many::<OsString>("program").into_iter().flatten().cloned();
    Request {
        program: words.next().unwrap_or_default().into(),
        args: words.collect(),
        argv0: matches.get_one::<OsString>("argv0").cloned(),
        os: matches.get_one::<String>("os").and_then(|name| Os::from_name(name)),
        root: matches.get_one::<PathBuf>("root").map(|root| root.canonicalize().unwrap_or_else(|_| root.clone())),
        environment: Environment { set: values("set-env"), unset: values("unset-env") },
        quiet: matches.get_flag("quiet"),
        strict: matches.get_flag("strict"),
        no_recorder: matches.get_flag("no-recorder"),
        no_net: matches.get_flag("no-net"),
        net: matches.get_one::<String>("net").map(|name| match name.as_str() {
            "seccomp" => ashore_sys::Net::Seccomp,
            _ => ashore_sys::Net::Dispatch,
        }),
        // The program may go to another folder.
        core: matches.get_one::<PathBuf>("core").map(|path| {
            let limit = matches.get_one::<u64>("core-limit").copied();
            (std::path::absolute(path).unwrap_or_else(|_| path.clone()), limit.unwrap_or(ashore_debug::dump::LIMIT))
        }),
        gdb: matches.try_get_one::<Listen>("gdb").ok().flatten().cloned(),
        record: matches.get_one::<PathBuf>("record").cloned(),
        engine: engine(matches),
        verb: vec!["run".into()],
        manner: Manner::Brief,
    }
}

/// How programs of another CPU are run.
fn engine(matches: &ArgMatches) -> Chosen {
    Chosen {
        hidden: matches.get_one::<String>("cpu").cloned(),
        tier: matches.get_one::<String>("tier").and_then(|name| Tier::from_name(name)).unwrap_or_default(),
        no_cache: matches.get_flag("no-cache"),
        perf_map: matches.get_flag("perf-map"),
        code_len: matches.get_one::<u64>("code-size").copied(),
    }
}

/// The words that ask for the same of a child, except the system and the program.
pub(crate) fn words(matches: &ArgMatches) -> Vec<OsString> {
    let mut words = Vec::new();
    if let Some(root) = matches.get_one::<PathBuf>("root") {
        words.extend(["--root".into(), root.clone().into_os_string()]);
    }
    if let Some(net) = matches.get_one::<String>("net") {
        words.extend(["--net".into(), net.into()]);
    }
    words.extend(engine(matches).words().into_iter().map(OsString::from_vec));
    for flag in ["quiet", "strict", "slow-thread-pointer"] {
        if matches.get_flag(flag) {
            words.push(format!("--{flag}").into());
        }
    }
    words
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    if matches.get_one::<String>("cpu").is_some_and(|word| word == "list") {
        print!("{}", list_parts());
        return 0;
    }
    crate::refuse(&launch::run(&request(matches), None))
}
