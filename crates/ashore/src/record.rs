//! Opens and makes recordings: what is run, on which CPU, and the program itself.

use crate::asked::Asked;
use crate::cpus;
use crate::launch::{self, MakeObserver, MakeSupervisor, Request};
use crate::postmortem::{Keep, Manner, PostMortem};
use ashore_debug::record::log::{Head, Reader};
use ashore_debug::record::{Output, Recorder, Replayer, Sink, hash, memory_file};
use ashore_formats::Parsed;
use ashore_guest::Os;
use ashore_pivot::Errno;
use ashore_process::{Launcher, Options, Outside, Plan, Program, Root};
use ashore_report::{Report, table};
use std::fs::{File, OpenOptions, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// A program's file up to this size goes into the recording, which then needs nothing else.
const PROGRAM_MAX: usize = 256 << 20;
/// Who may read what a program read: nobody but its user.
const MODE: u32 = 0o600;

/// Begins to record a program into a file.
pub(crate) fn recorder(
    into: &Path,
    program: &Program<'_>,
    request: &Request,
    os: &'static Os,
) -> Result<Box<dyn Outside>, Report> {
    let unwritable =
        |error: std::io::Error| table::RECORDING_UNWRITABLE.because(format!("{}: {error}", into.display()));
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(into).map_err(unwritable)?;
    if file.metadata().is_ok_and(|meta| meta.is_file()) {
        file.set_permissions(Permissions::from_mode(MODE)).map_err(unwritable)?;
    }
    let file = ashore_sys::high_fd(file).map_err(unwritable)?;
    let head = Head {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        os: os.name.to_owned(),
        cpu: cpu(),
        path: program.path.clone(),
        program_len: program.bytes.len() as u64,
        program_hash: hash(program.bytes),
        root: request.root.as_ref().map(|root| root.as_os_str().as_encoded_bytes().to_vec()),
        args: program.args.clone(),
        env: program.env.clone(),
    };
    let held = if program.bytes.len() <= PROGRAM_MAX { program.bytes } else { &[] };
    let recorder = Sink::new(file).and_then(|sink| Recorder::new(sink, &head, held)).map_err(unwritable)?;
    Ok(Box::new(recorder))
}

/// This machine's CPU: its name, and the sum of all it can.
fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(": "));
    let name = line("model name").map_or("unknown", |(_, name)| name);
    format!("{name} ({:016x})", hash(line("flags").map_or("", |(_, flags)| flags).as_bytes()))
}

/// What a person asked for when replaying.
pub(crate) struct Replay {
    pub(crate) output: Output,
    pub(crate) observer: Option<MakeObserver>,
    pub(crate) supervisor: Option<MakeSupervisor>,
}

/// Replays the recording in a file; comes back only when it could not be started.
pub(crate) fn replay(path: &Path, wanted: Replay) -> Report {
    match try_replay(path, wanted) {
        Ok(report) | Err(report) => report.in_file(&path.to_string_lossy()),
    }
}

fn try_replay(path: &Path, wanted: Replay) -> Result<Report, Report> {
    let unreadable = |why: String| table::RECORDING_UNREADABLE.because(why);
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let len = file.metadata().map_or(0, |meta| meta.len()) as usize;
    let bytes = ashore_sys::file_bytes(file.as_raw_fd(), len).map_err(|error| unreadable(error.to_string()))?;
    let reader = Reader::new(bytes).map_err(|damage| unreadable(damage.to_string()))?;
    let head = reader.head.clone();
    compare(&head);
    let guest = ashore_guest::by_name(&head.os).ok_or_else(|| unreadable(format!("it is of {}", head.os)))?;
    let bytes = program(&reader)?;
    let parsed: &'static Parsed<'static> = Box::leak(Box::new(ashore_formats::read(bytes)?));
    let choice = crate::open::choose(parsed, ashore_base::Os::from_name(&head.os))?;
    let cpu = choice.part.image.cpu;
    let start = cpus::starter(cpu, guest).ok_or_else(|| unreadable(format!("it is of {} on {cpu}", head.os)))?;
    let functions = Asked::new(parsed, choice.part);
    let fd = memory_file(bytes).map_err(|error| unreadable(format!("its program cannot be unpacked: {error}")))?;
    let program = Program {
        image: &choice.part.image,
        fd,
        bytes,
        functions,
        path: head.path.clone(),
        args: head.args.clone(),
        env: head.env.clone(),
        interpreter: None,
    };
    let post_mortem = PostMortem {
        parsed,
        part: choice.part,
        path: String::from_utf8_lossy(&head.path).into_owned(),
        manner: Manner::Brief,
        keep: Keep::Forgotten,
        is_quiet: wanted.output == Output::Hidden,
    };
    let supervisor = wanted.supervisor.map(|make| make(guest.os, cpu, head.path.clone(), true)).transpose()?;
    let options = Options {
        root: head.root.as_deref().map(Root::new),
        quiet: true,
        strict: false,
        names: launch::names(functions),
        no_recorder: false,
        no_net: false,
        net: None,
        launcher: Box::new(NoExec),
        observer: wanted.observer.map(|make| make(guest.os)),
        outside: Some(Box::new(Replayer::new(reader, guest.os, wanted.output))),
        witnesses: vec![Box::new(post_mortem)],
        keeper: None,
        mapper: None,
        engine: ashore_engine::Settings::default(),
        supervisor,
    };
    drop(file);
    Ok(start(guest, &program, options))
}

/// Says what may make a replay another one.
fn compare(head: &Head) {
    let (cpu, version) = (cpu(), env!("CARGO_PKG_VERSION"));
    if head.cpu != cpu {
        eprintln!(
            "ashore: this CPU is {cpu}, the recording is of {}: a program that looks at its CPU may differ",
            head.cpu
        );
    }
    if head.version != version {
        eprintln!(
            "ashore: this is version {version}, the recording is of {}: calls may be answered in another way",
            head.version
        );
    }
}

/// The recorded program's file, out of the recording or where it was.
fn program(reader: &Reader<'static>) -> Result<&'static [u8], Report> {
    if !reader.program.is_empty() {
        return Ok(reader.program);
    }
    let path = Path::new(std::ffi::OsStr::new(std::str::from_utf8(&reader.head.path).unwrap_or_default()));
    let opened = crate::open::open(path)?;
    if hash(opened.bytes) != reader.head.program_hash {
        return Err(table::RECORDING_UNREADABLE.because(format!("{} is not the program it was", path.display())));
    }
    Ok(opened.bytes)
}

/// A replay starts no other program.
struct NoExec;

impl Launcher for NoExec {
    fn plan(&self, _: &[u8], _: &[u8], _: &[Vec<u8>]) -> Result<Plan, Errno> {
        Err(Errno::ENOENT)
    }

    fn follower(&self, _: i32) -> Plan {
        Plan { path: Vec::new(), args: Vec::new(), by: ashore_process::By::Host }
    }
}
