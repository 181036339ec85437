//! `ashore boot PROGRAM [ARGS]`: a Linux/arm64 program on a machine to itself, with Ashore's kernel under it.
//!
//! The steps are values: the [`Request`] of the command line, the checked [`program`], the archive of [`files`] the machine
//! gets, the [`machine`] itself with its [`console`], and its [`ending`], which becomes the end of this command.

mod console;
mod core;
mod ending;
mod files;
mod image;
mod inbox;
mod kernel;
mod machine;
mod mailbox;
mod names;
mod program;
mod pulse;
mod request;
mod terminal;
mod trace;

use super::{run, switch};
use ashore_report::{Report, table};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use request::Request;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// The options of the verb.
pub(crate) fn options(command: Command) -> Command {
    let list = |name: &'static str, value: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name(value).value_parser(value_parser!(OsString));
        arg.action(ArgAction::Append).help(help)
    };
    let path = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).value_parser(value_parser!(PathBuf)).help(help)
    };
    command
        .arg(list("file", "HOST:GUEST", "Give the program this file or folder, at this path of its own"))
        .arg(path("root", "DIR", "Give the program this tree as its root; PROGRAM is looked up in it first"))
        .arg(
            Arg::new("cpus")
                .long("cpus")
                .value_name("N")
                .value_parser(value_parser!(u8).range(1..=8))
                .default_value("1")
                .help("How many CPUs the machine has"),
        )
        .arg(
            Arg::new("memory")
                .long("memory")
                .value_name("SIZE")
                .value_parser(run::bytes)
                .default_value("512M")
                .help("How much memory the machine has (K, M and G are understood)"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .value_parser(request::seconds)
                .help("Stop the machine when it has not ended after so long"),
        )
        .arg(
            Arg::new("watchdog")
                .long("watchdog")
                .value_name("SECONDS")
                .value_parser(request::seconds)
                .default_value("20")
                .hide_short_help(true)
                .help("Stop the machine when its kernel has not moved for so long (0 for never); programs may take their time"),
        )
        .arg(list("env", "NAME[=VALUE]", "Set a variable of the program's environment, or hand over ours"))
        .arg(path("cwd", "DIR", "The folder the program starts in").default_value("/"))
        .arg(
            Arg::new("argv0")
                .long("argv0")
                .value_name("NAME")
                .value_parser(value_parser!(OsString))
                .help("The program's own name for itself"),
        )
        .arg(
            Arg::new("publish")
                .long("publish")
                .value_name("HOST:GUEST")
                .action(ArgAction::Append)
                .value_parser(request::ports)
                .help("Lead connections to this port of this machine to the program's port"),
        )
        .arg(switch("trace", "Tell every call of the program's processes"))
        .arg(path("output", "FILE", "Write the trace to a file instead of stderr").short('o').requires("trace"))
        .arg(path("core", "FILE", "Write a core file when a program dies of a signal; %p is the process's id"))
        .arg(
            Arg::new("gdb").long("gdb").value_name("PORT").value_parser(value_parser!(u16)).help(
                "Wait for gdb's `target remote` at this port of this machine: it sees the kernel and the program",
            ),
        )
        .arg(
            path("image-out", "FILE", "Write the kernel and all files as one bootable image instead of running them")
                .conflicts_with_all(["trace", "core", "gdb", "publish", "timeout", "emulator"]),
        )
        .arg(
            list("emulator", "WORD", "Hand this word to the emulator's command line")
                .allow_hyphen_values(true)
                .hide_short_help(true),
        )
        .arg(path("kernel", "FILE", "Boot this kernel instead of the one that is built in").hide_short_help(true))
        .arg(
            Arg::new("program")
                .value_name("PROGRAM")
                .required(true)
                .num_args(1..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(value_parser!(OsString))
                .help("The program and its arguments"),
        )
        .after_help(
            "The program's standard input, output and error output are this command's, byte for byte; at a terminal\n\
             Ctrl-A x stops the machine. The exit status or signal is the program's.",
        )
}

/// Does what the options say.
pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let request = Request::read(matches);
    match boot(&request) {
        Ok(status) => status,
        Err(report) => crate::refuse(&report),
    }
}

fn boot(request: &Request) -> Result<u8, Report> {
    let kernel = kernel::image(request.kernel.as_deref())?;
    let program = program::find(request)?;
    if let Some(path) = &request.image_out {
        let mut archive = files::archive(request, &program, &terminal::Streams::SERIAL)?;
        image::write(path, &kernel, &mut archive)?;
        return Ok(0);
    }
    let streams = terminal::Streams::look();
    let archive = files::archive(request, &program, &streams)?;
    let cores = request.core.clone();
    let cores = cores.map(|path| core::Cores { path, origins: files::Origins::new(request, &program) });
    let machine = machine::Machine::start(request, machine::Parts { kernel, archive })?;
    let teller = if request.is_traced { Some(teller(request, &machine, &streams)?) } else { None };
    // A machine that gdb holds shows no life.
    let silence = request.silence.filter(|limit| !limit.is_zero() && request.gdb.is_none());
    let watch = console::Watch { timeout: request.timeout, silence, teller };
    let stopped = console::serve(&machine, &streams, watch);
    ending::of(&machine, stopped, cores.as_ref())
}

/// Who tells the program's calls.
fn teller(request: &Request, machine: &machine::Machine, streams: &terminal::Streams) -> Result<trace::Teller, Report> {
    let failed = |why: std::io::Error| table::BOOT_FILES.because(format!("the trace: {why}"));
    let (out, lines): (Box<dyn Write + Send>, _) = match &request.output {
        Some(path) => (Box::new(BufWriter::new(File::create(path).map_err(failed)?)), terminal::Lines::Plain),
        None => (Box::new(std::io::stderr()), streams.lines()),
    };
    Ok(trace::Teller::new(machine.memory.try_clone().map_err(failed)?, out, lines))
}
