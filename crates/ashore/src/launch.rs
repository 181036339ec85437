//! Starts a program, and decides what becomes of the programs it execs.

use crate::asked::Asked;
use crate::cpus;
use crate::interpreter;
use crate::open::{self, Opened};
use crate::perf_map;
use crate::postmortem::{Keep, Manner, PostMortem};
use crate::record;
use ashore_base::{Addr, Cpu, Os};
use ashore_debug::dump::{CoreFile, Tell};
use ashore_debug::gdb::{self, Listen};
use ashore_formats::Parsed;
use ashore_image::{FunctionIndex, Image};
use ashore_pivot::{Errno, Sys};
use ashore_process::{By, Launcher, Observer, Options, Plan, Program, Root, Supervisor, Witness, become_program};
use ashore_report::{Report, table};
use std::ffi::{OsStr, OsString};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a person asked for when running a program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) program: PathBuf,
    /// The program's arguments after argv[0].
    pub(crate) args: Vec<OsString>,
    /// argv[0] when it is not the program as named.
    pub(crate) argv0: Option<OsString>,
    pub(crate) os: Option<Os>,
    pub(crate) root: Option<PathBuf>,
    /// How the program's environment differs from ours.
    pub(crate) environment: Environment,
    pub(crate) quiet: bool,
    pub(crate) strict: bool,
    pub(crate) no_recorder: bool,
    pub(crate) no_net: bool,
    pub(crate) net: Option<ashore_sys::Net>,
    /// The core file that is written when the program dies of a signal, and how many bytes of memory it may hold.
    pub(crate) core: Option<(PathBuf, u64)>,
    /// Where a debugger comes to before the program runs.
    pub(crate) gdb: Option<Listen>,
    /// Where to record the run.
    pub(crate) record: Option<PathBuf>,
    /// How programs of another CPU are run.
    pub(crate) engine: cpus::Chosen,
    /// How its end is explained.
    pub(crate) manner: Manner,
    /// The verb, with its own options, that execs of guests' files come back to.
    pub(crate) verb: Vec<OsString>,
}

/// How an environment differs from ours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// Variables with their values, `NAME=VALUE`.
    pub(crate) set: Vec<OsString>,
    /// Names of variables.
    pub(crate) unset: Vec<OsString>,
}

/// Makes an observer once the program's system is known.
pub(crate) type MakeObserver = Box<dyn FnOnce(&'static ashore_guest::Os) -> Box<dyn Observer>>;

/// Makes a supervisor once the program's system, CPU and path are known.
pub(crate) type MakeSupervisor =
    Box<dyn FnOnce(&'static ashore_guest::Os, Cpu, Vec<u8>, bool) -> Result<Arc<dyn Supervisor>, Report>>;

/// Who sees or stops what the program does.
struct Watchers {
    observer: Option<MakeObserver>,
    supervisor: Option<MakeSupervisor>,
}

pub(crate) fn debugger(listen: Listen, root: Option<Root>) -> MakeSupervisor {
    Box::new(|os, cpu, program, quiet| {
        gdb::start(gdb::Settings { listen, program, cpu, root, quiet }, os)
            .map_err(|why| table::NO_DEBUGGER.because(why))
    })
}

/// Runs a program; comes back only when it could not be started.
pub(crate) fn run(request: &Request, observer: Option<MakeObserver>) -> Report {
    let watchers = Watchers { observer, supervisor: request.gdb.clone().map(|listen| debugger(listen, tree(request))) };
    match try_run(request, watchers) {
        Ok(report) | Err(report) => report.in_file(&request.program.to_string_lossy()),
    }
}

fn try_run(request: &Request, watchers: Watchers) -> Result<Report, Report> {
    let path = open::find_in(request.root.as_deref(), &request.program)?;
    let opened = open::open(&path)?;
    if let Some((interpreter, option)) = script_line(opened.bytes) {
        if watchers.supervisor.is_some() {
            return Err(table::NO_DEBUGGER.because("this is a script: give its interpreter and the script instead"));
        }
        if request.record.is_some() {
            let reason = format!("it is a script for {}", interpreter.display());
            return Err(table::RECORDING_UNWRITABLE
                .because(reason)
                .note("record its interpreter with the script as argument"));
        }
        return run_script(request, &path, interpreter, option);
    }
    // The program's names are wanted as long as it runs, and we end when it does.
    let parsed: &'static Parsed<'static> = Box::leak(Box::new(ashore_formats::read(opened.bytes)?));
    let choice = open::choose(parsed, request.os)?;
    let image = &choice.part.image;
    let interpreter = interpreter::of(image, request.root.as_deref())?;
    if image.cpu != HOST_CPU && request.record.is_some() {
        let reason = format!("it is for {}: programs that are translated cannot be recorded yet", image.cpu);
        return Err(table::RECORDING_UNWRITABLE.because(reason).note("`ashore trace` and --gdb work for it"));
    }
    let Some(start) = cpus::starter(image.cpu, choice.guest) else {
        return Err(table::UNSUPPORTED_CPU.because(format!("{} on {}", choice.guest.os.title, image.cpu)));
    };
    let os = choice.guest.on(image.cpu).unwrap_or(choice.guest.os);
    let functions = Asked::new(parsed, choice.part);
    let argv0 = request.argv0.clone().unwrap_or_else(|| request.program.clone().into_os_string());
    let args = std::iter::once(argv0).chain(request.args.iter().cloned());
    let Opened { path, file, bytes } = opened;
    let Watchers { observer, supervisor } = watchers;
    let name = path.clone().into_os_string().into_vec();
    let supervisor = supervisor.map(|make| make(os, image.cpu, name, request.quiet)).transpose()?;
    let program = Program {
        image,
        fd: file.into_raw_fd(),
        bytes,
        functions,
        path: path.clone().into_os_string().into_vec(),
        args: args.map(OsStringExt::into_vec).collect(),
        env: environment(&request.environment),
        interpreter,
    };
    if request.record.is_some() && supervisor.is_some() {
        return Err(table::RECORDING_UNWRITABLE.because("a debugger changes what the program does"));
    }
    let outside = match &request.record {
        Some(into) => Some(record::recorder(into, &program, request, os)?),
        None => None,
    };
    let post_mortem = PostMortem {
        parsed,
        part: choice.part,
        path: path.to_string_lossy().into_owned(),
        manner: request.manner,
        keep: Keep::Kept,
        is_quiet: request.quiet,
    };
    let mut witnesses: Vec<Box<dyn Witness>> = vec![Box::new(post_mortem)];
    witnesses.extend(core_file(request, image, &program.args));
    let options = Options {
        root: tree(request),
        quiet: request.quiet,
        strict: request.strict,
        names: names(functions),
        no_recorder: request.no_recorder,
        no_net: request.no_net,
        net: request.net,
        launcher: Box::new(Exec { request: request.clone(), program: path, os: os.name, cpu: image.cpu }),
        observer: observer.map(|make| make(os)),
        outside,
        witnesses,
        // A debugger changes code: nothing of that is kept.
        keeper: if supervisor.is_some() { None } else { cpus::keeper(image.cpu, &request.engine) },
        engine: cpus::settings(image.cpu, &request.engine)?,
        mapper: if request.engine.perf_map { perf_map::open(image.cpu, names(functions))? } else { None },
        supervisor,
    };
    Ok(start(choice.guest, &program, options))
}

/// The tree that absolute paths are looked up in first.
fn tree(request: &Request) -> Option<Root> {
    request.root.as_ref().map(|root| Root::new(root.as_os_str().as_bytes()))
}

/// What writes the core file that a person asked for.
fn core_file(request: &Request, image: &Image, args: &[Vec<u8>]) -> Option<Box<dyn Witness>> {
    let (path, limit) = request.core.clone()?;
    Some(Box::new(CoreFile {
        path,
        limit,
        args: args.to_vec(),
        entry: image.entry.addr().unwrap_or_default(),
        headers: image.headers,
        tell: if request.quiet { Tell::Failures } else { Tell::All },
    }))
}

/// Tells names of a program's functions.
pub(crate) fn names(functions: &'static Asked) -> ashore_process::Names {
    Box::new(move |at| name_of(functions, at))
}

/// A function's name and how far into it an address is.
pub(crate) fn name_of(functions: &dyn FunctionIndex, at: Addr) -> Option<String> {
    let start = functions.containing(at)?.start;
    Some(format!("{}+{:#x}", functions.name(at)?, at.0 - start.0))
}

/// The environment as it was handed to us, malformed entries included, and changed as a person asked.
fn environment(changes: &Environment) -> Vec<Vec<u8>> {
    fn name(entry: &[u8]) -> &[u8] {
        entry.split(|byte| *byte == b'=').next().unwrap_or_default()
    }
    let set = changes.set.iter().map(|entry| entry.as_bytes());
    let gone: Vec<&[u8]> = set.clone().map(name).chain(changes.unset.iter().map(|name| name.as_bytes())).collect();
    let ours = std::env::vars_os().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    ours.filter(|entry| !gone.contains(&name(entry))).chain(set.map(<[u8]>::to_vec)).collect()
}

/// A script given to us: its interpreter may be a guest's program too.
fn run_script(
    request: &Request,
    path: &Path,
    interpreter: PathBuf,
    option: Option<OsString>,
) -> Result<Report, Report> {
    let mut args: Vec<OsString> = option.into_iter().collect();
    args.push(path.as_os_str().to_owned());
    args.extend(request.args.iter().cloned());
    let exec = Exec { request: request.clone(), program: PathBuf::new(), os: "", cpu: HOST_CPU };
    let argv: Vec<Vec<u8>> = std::iter::once(interpreter.clone().into_os_string())
        .chain(args.iter().cloned())
        .map(OsStringExt::into_vec)
        .collect();
    let name = interpreter.as_os_str().as_bytes();
    let host = interpreter::in_root(request.root.as_deref(), &interpreter);
    let plan = exec
        .plan(host.as_os_str().as_bytes(), name, &argv)
        .map_err(|e| table::PROGRAM_NOT_FOUND.because(format!("its interpreter {}: {e}", interpreter.display())))?;
    let errno = become_program(&plan, &exec, &environment(&request.environment));
    Err(table::PROGRAM_UNREADABLE.because(format!("its interpreter {}: {errno}", interpreter.display())))
}

/// The interpreter and its one option of a file that begins with `#!`.
fn script_line(bytes: &[u8]) -> Option<(PathBuf, Option<OsString>)> {
    let line = bytes.strip_prefix(b"#!")?;
    let end = line.iter().take(4096).position(|b| *b == b'\n').unwrap_or(line.len().min(4096));
    let line = line.get(..end)?.trim_ascii();
    let split = line.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(line.len());
    let (name, rest) = line.split_at(split);
    let rest = rest.trim_ascii();
    let option = (!rest.is_empty()).then(|| OsStr::from_bytes(rest).to_owned());
    (!name.is_empty()).then(|| (PathBuf::from(OsStr::from_bytes(name)), option))
}

/// Follows a host's program that a guest became: what it execs is decided here too.
pub(crate) fn follow(request: Request, tid: i32) -> bool {
    ashore_process::follow_thread(tid, &Exec { request, program: PathBuf::new(), os: "", cpu: HOST_CPU })
}

/// Decides about execs of the running program.
struct Exec {
    request: Request,
    program: PathBuf,
    os: &'static str,
    /// The program's CPU.
    cpu: Cpu,
}

/// How deep scripts may name scripts, as in the kernel.
const SCRIPT_DEPTH: usize = 4;

impl Launcher for Exec {
    fn plan(&self, path: &[u8], name: &[u8], args: &[Vec<u8>]) -> Result<Plan, Errno> {
        self.plan_at(path, name, args, 0)
    }

    fn follower(&self, tid: i32) -> Plan {
        let mut args = vec![b"ashore".to_vec(), b"follow".to_vec()];
        args.extend(self.flags());
        args.push(tid.to_string().into_bytes());
        Plan { path: b"/proc/self/exe".to_vec(), args, by: By::Ashore }
    }

    fn runs_refused(&self) -> bool {
        self.cpu != HOST_CPU
    }

    fn is_refused(&self, path: &[u8]) -> bool {
        let Ok(opened) = open::open(Path::new(OsStr::from_bytes(path))) else { return false };
        let Ok(parsed) = ashore_formats::read(opened.bytes) else { return false };
        parsed.part_for(HOST_CPU).is_none() && cpus::all().any(|cpu| parsed.part_for(cpu).is_some())
    }
}

/// The CPU whose programs the host's kernel executes.
const HOST_CPU: Cpu = Cpu::X86_64;

/// Whether the kernel would let this process execute the file: its bits, and those of the file system it is on.
fn may_execute(path: &[u8]) -> bool {
    const AT_FDCWD: u64 = -100i64 as u64;
    const AT_EACCESS: u64 = 0x200;
    const X_OK: u64 = 1;
    let path = [path, &[0]].concat();
    let words = [AT_FDCWD, path.as_ptr() as u64, X_OK, AT_EACCESS, 0, 0];
    ashore_sys::call(u64::from(Sys::FACCESSAT2.0), words).is_ok()
}

impl Exec {
    fn plan_at(&self, path: &[u8], name: &[u8], args: &[Vec<u8>], depth: usize) -> Result<Plan, Errno> {
        let file = Path::new(OsStr::from_bytes(path));
        let meta = file.metadata().map_err(|e| Errno(e.raw_os_error().unwrap_or(2) as u16))?;
        if !meta.is_file() || !may_execute(path) {
            return Err(Errno::EACCES);
        }
        let native = || Plan { path: path.to_vec(), args: args.to_vec(), by: By::Host };
        let Ok(opened) = open::open(file) else {
            // Executable but not readable: only the host's kernel can run it, and it is no guest's.
            return Ok(native());
        };
        if let Some((program, option)) = script_line(opened.bytes) {
            if depth >= SCRIPT_DEPTH {
                return Err(Errno::ELOOP);
            }
            let host = interpreter::in_root(self.request.root.as_deref(), &program);
            let mut argv = vec![program.clone().into_os_string().into_vec()];
            argv.extend(option.map(OsStringExt::into_vec));
            argv.push(if name.is_empty() { path.to_vec() } else { name.to_vec() });
            argv.extend(args.iter().skip(1).cloned());
            let host = host.as_os_str().as_bytes();
            return self.plan_at(host, program.as_os_str().as_bytes(), &argv, depth + 1);
        }
        let parsed = ashore_formats::read(opened.bytes).map_err(|_| Errno::ENOEXEC)?;
        let Some(part) = cpus::all().find_map(|cpu| parsed.part_for(cpu)) else {
            // Another CPU's: the host may know how (binfmt_misc), and says ENOEXEC when not.
            return Ok(native());
        };
        let is_native = part.image.cpu == HOST_CPU;
        let is_self = opened.path == self.program;
        let os = match ashore_formats::detect(&parsed, part).os {
            _ if is_self => Some(self.os),
            Some(os) => Some(os.name()),
            // Of the systems of foreign CPUs only Linux runs files without a mark.
            None if !is_native && self.os == "linux" => Some("linux"),
            None if part.image.interpreter.is_none() && part.image.kind.is_static() => None,
            None => Some("linux"),
        };
        match os {
            Some("linux") if is_native => Ok(native()),
            Some(os) => Ok(self.under_ashore(Some(os), path, args)),
            // A static file without a mark: a guest's file must never reach the host's kernel by itself.
            None => Ok(self.under_ashore(None, path, args)),
        }
    }

    fn under_ashore(&self, os: Option<&str>, path: &[u8], args: &[Vec<u8>]) -> Plan {
        let mut argv: Vec<Vec<u8>> = vec![b"ashore".to_vec()];
        argv.extend(self.request.verb.iter().map(|word| word.as_bytes().to_vec()));
        if let Some(os) = os {
            argv.extend([b"--os".to_vec(), os.as_bytes().to_vec()]);
        }
        argv.extend(self.flags());
        argv.push(b"--argv0".to_vec());
        argv.push(args.first().cloned().unwrap_or_default());
        argv.push(b"--".to_vec());
        argv.push(path.to_vec());
        argv.extend(args.iter().skip(1).cloned());
        Plan { path: b"/proc/self/exe".to_vec(), args: argv, by: By::Ashore }
    }

    /// What a person chose, for those who come after.
    fn flags(&self) -> Vec<Vec<u8>> {
        let mut flags = Vec::new();
        if let Some(root) = &self.request.root {
            flags.extend([b"--root".to_vec(), root.as_os_str().as_bytes().to_vec()]);
        }
        if let Some((path, limit)) = &self.request.core {
            flags.extend([b"--core".to_vec(), path.as_os_str().as_bytes().to_vec()]);
            flags.extend([b"--core-limit".to_vec(), limit.to_string().into_bytes()]);
        }
        flags.extend(self.request.engine.words());
        let switches = [(self.request.quiet, "--quiet"), (self.request.strict, "--strict")];
        flags.extend(switches.iter().filter(|(is_on, _)| *is_on).map(|(_, flag)| flag.as_bytes().to_vec()));
        flags
    }
}
