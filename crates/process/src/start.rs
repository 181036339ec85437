//! From a file to the first instruction.

use crate::loader::{self, Loaded, Placing};
use crate::machine::Machine;
use crate::mapping::MAP_FIXED_NOREPLACE;
use crate::outside::{self, Choice, Outside, places};
use crate::process::{Options, Process};
use crate::shelf::Shelf;
use crate::signals;
use crate::space::Space;
use crate::task::Task;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_engine::native::Rewriter;
use ashore_engine::{Engine, Runs};
use ashore_guest::{Abi, About, StartRequest};
use ashore_image::{FunctionIndex, Image, NoFunctions};
use ashore_pivot::{Arg, Linux, SigSet, Sys};
use ashore_report::{Report, table};
use ashore_sys::{GuestMemory, Mapping};

/// A program to run.
pub struct Program<'a> {
    /// Its image.
    pub image: &'a Image,
    /// Its file, open for reading; closed once mapped.
    pub fd: i32,
    /// The file's bytes.
    pub bytes: &'a [u8],
    /// Its functions.
    pub functions: &'a dyn FunctionIndex,
    /// Its absolute path.
    pub path: Vec<u8>,
    /// Its arguments.
    pub args: Vec<Vec<u8>>,
    /// Its environment.
    pub env: Vec<Vec<u8>>,
    /// The program that completes it.
    pub interpreter: Option<Interpreter>,
}

/// The program that loads another one's libraries and runs before it.
pub struct Interpreter {
    /// Its image.
    pub image: Image,
    /// Its file, open for reading; closed once mapped.
    pub fd: i32,
    /// The file's bytes.
    pub bytes: &'static [u8],
}

/// Where a program lies that can lie anywhere and has an interpreter: alone, so that its break has room to grow.
const ALONE: Addr = Addr(0x5500_0000_0000);
const STACK_MAX: u64 = 512 << 20;
const STACK_MIN: u64 = 1 << 20;

/// Runs a program. Returns only when it could not be started; otherwise this process ends as the program does.
pub fn start<E: Engine>(program: &Program<'_>, abi: &'static dyn Abi<E::Regs>, options: Options) -> Report {
    match prepare::<E>(program, abi, options) {
        Ok(task) => {
            task.run();
            ashore_sys::exit_group(0)
        }
        Err(report) => report,
    }
}

fn prepare<E: Engine>(
    program: &Program<'_>,
    abi: &'static dyn Abi<E::Regs>,
    mut options: Options,
) -> Result<Task<E>, Report> {
    let is_native = E::RUNS == Runs::Natively;
    let net = net(E::RUNS, &options)?;
    ashore_sys::remember_stderr();
    let old_mask = ashore_sys::set_signal_mask(SigSet(!0));
    let outside = options.outside.as_deref();
    let place = |at: Addr| outside.map(|_| at);
    let old_mask = SigSet(outside::ask(outside, Choice::Mask, || old_mask.0));
    let rewriter = (is_native && options.supervisor.is_none()).then(Rewriter::default);
    let shelf = options.keeper.as_ref().map(|keeper| Shelf::new(keeper.seed()));
    let hint = match (&program.interpreter, &shelf) {
        (Some(_), _) => ALONE,
        (None, Some(shelf)) => shelf.place(program.image.span().len()).unwrap_or_default(),
        (None, None) => Addr::NULL,
    };
    let placing = Placing { place: place(places::PROGRAM), hint, rewriter };
    let loaded = loader::load(program.image, program.fd, program.bytes, program.functions, placing)?;
    let _ = ashore_host::Host.call(Sys::CLOSE, [program.fd as u64, 0, 0, 0, 0, 0]);
    let interpreter = program.interpreter.as_ref().map(|found| complete(found, shelf.as_ref())).transpose()?;
    let stack = make_stack(outside).map_err(|e| table::CANNOT_MAP.because(format!("the stack: {e}")))?;
    E::learn(&mut options.engine, &text(program.image, loaded.bias));
    let machine = Machine::<E>::new(abi, &options.engine);
    if let Some(mapper) = options.mapper.take() {
        E::open_map(&machine.shared, mapper);
    }
    // Where a program lies that can be moved is another place, if its own was taken.
    let is_at_place = !program.image.kind.is_relocatable() || loaded.is_at(program.image, hint);
    let keeper = options.keeper.take().filter(|_| is_at_place);
    let space = Space::new(loaded.rewriter, &machine.shared, stack).with_shelf(shelf);
    space.set_program(loaded.bias, loaded.end);
    let trampoline = map_trampoline(abi.os().trampoline, place(places::TRAMPOLINE).unwrap_or(Addr::NULL))
        .map_err(|e| table::CANNOT_MAP.because(format!("the signal trampoline: {e}")))?;
    let process = Process::new(abi, options, program.path.clone(), space, net, trampoline);
    if let (false, Some(supervisor)) = (is_native, &process.options.supervisor) {
        supervisor.translates(Box::new(|range| process.space.rewritten(range)));
    }
    let mut task = Task::adopt(process, machine, None);
    task.thread.mask = old_mask;
    ashore_sys::install_all().map_err(|e| table::CANNOT_START.because(format!("signal handlers: {e}")))?;
    if let Some(keeper) = keeper {
        E::open_cache(&machine.shared, &text(program.image, loaded.bias), keeper);
        if let (Some(found), Some((loaded, true))) = (&program.interpreter, &interpreter) {
            text(&found.image, loaded.bias).into_iter().for_each(|range| process.space.loads(range));
        }
    }
    ashore_sys::restore_pipe_signal();
    signals::inherit(process);
    let ask = |what: Choice, host: &dyn Fn() -> u64| process.ask(what, host);
    let id = |sys: Sys| ask(Choice::Id, &|| ashore_host::Host.call(sys, [0; 6]).unwrap_or(0)) as u32;
    let request = StartRequest {
        entry: loaded.entry,
        first: interpreter.as_ref().map_or(loaded.entry, |(interpreter, _)| interpreter.entry),
        stack,
        args: &program.args,
        env: &program.env,
        program: &program.path,
        headers: loaded.headers,
        header_count: program.image.headers.map_or(0, |t| t.count),
        header_size: program.image.headers.map_or(0, |t| t.row_len),
        base: Addr(interpreter.as_ref().map_or(0, |(interpreter, _)| interpreter.bias)),
        random: random(process),
        ids: [id(Sys::GETUID), id(Sys::GETEUID), id(Sys::GETGID), id(Sys::GETEGID)],
        cpus: ask(Choice::Cpus, &|| std::thread::available_parallelism().map_or(1, |n| n.get() as u64)),
        hwcap: E::hwcap(&machine.shared).map(|bits| ask(Choice::Hwcap, &|| bits)),
        // Its code is the host CPU's, and reads the counter without asking anybody.
        shared_page: if !is_native || process.outside().is_some() { Addr::NULL } else { ashore_sys::shared_page() },
    };
    let regs = task.cpu.regs();
    abi.start(regs, &request, &GuestMemory)
        .map_err(|e| table::CANNOT_START.because(format!("arguments and environment: {e}")))?;
    if !is_native {
        let (auxv, cpu) = (abi.auxv(task.cpu.regs(), &GuestMemory), E::description(&machine.shared));
        let _ = process.about.set(About { auxv, cpu, cpus: request.cpus });
    }
    Ok(task)
}

/// Maps an interpreter, and says whether it is at the place that is its own. Its call sites stay as they are: it is another
/// CPU's.
fn complete(interpreter: &Interpreter, shelf: Option<&Shelf>) -> Result<(Loaded, bool), Report> {
    let Interpreter { image, fd, bytes } = interpreter;
    let hint = shelf.and_then(|shelf| shelf.place(image.span().len())).unwrap_or_default();
    let placing = Placing { place: None, hint, rewriter: None };
    let loaded = loader::load(image, *fd, bytes, &NoFunctions, placing)?;
    let _ = ashore_host::Host.call(Sys::CLOSE, [*fd as u64, 0, 0, 0, 0, 0]);
    let is_at_place = hint != Addr::NULL && loaded.is_at(image, hint);
    Ok((loaded, is_at_place))
}

/// Where the program's code is that comes from its file and cannot be written.
fn text(image: &Image, bias: u64) -> Vec<AddrRange> {
    let fixed = image.code().filter(|segment| !segment.perms.is_write && segment.file.len != 0);
    let whole = |start: Addr, end: Addr| AddrRange { start: start.align_down(PAGE_SIZE), end: end.align_up(PAGE_SIZE) };
    fixed.map(|segment| whole(segment.memory.start.plus(bias), segment.filled().end.plus(bias))).collect()
}

/// What catches calls of the guest that nothing else catches; nothing when none of it reaches the host's CPU.
fn net(runs: Runs, options: &Options) -> Result<Option<ashore_sys::Net>, Report> {
    match options.net.or_else(ashore_sys::available) {
        _ if runs == Runs::Translated => Ok(None),
        Some(net) => Ok(Some(net)),
        None if options.no_net => Ok(Some(ashore_sys::Net::Dispatch)),
        None => Err(table::NO_NET.because("neither prctl nor seccomp gave one")),
    }
}

/// The main thread's stack, as large as the limit says, within reason, with a guard below.
fn make_stack(outside: Option<&dyn Outside>) -> Result<AddrRange, ashore_pivot::Errno> {
    const RLIMIT_STACK: u64 = 3;
    let mut limit = [0u8; 16];
    let asked = ashore_host::Host
        .call_with(Sys::GETRLIMIT, &mut [Arg::Word(RLIMIT_STACK), Arg::Out(&mut limit)])
        .map_or(8 << 20, |_| u64::from_le_bytes(limit[..8].try_into().unwrap_or_default()));
    let asked = outside::ask(outside, Choice::StackLen, || asked);
    let len = asked.clamp(STACK_MIN, STACK_MAX) & !(PAGE_SIZE - 1);
    let flags = 0x2_4022 | if outside.is_some() { MAP_FIXED_NOREPLACE } else { 0 };
    let guard = PAGE_SIZE * 16;
    let at = outside.map_or(Addr::NULL, |_| places::STACK);
    let mapping = Mapping { at, len: len + guard, prot: 3, flags, fd: -1, offset: 0 };
    let at = ashore_sys::map(&mapping)?;
    ashore_sys::protect(AddrRange { start: at, end: at.plus(guard) }, 0)?;
    Ok(AddrRange { start: at.plus(guard), end: at.plus(guard + len) })
}

fn random(process: &Process) -> [u8; 16] {
    let mut bytes = [0; 16];
    for half in bytes.chunks_exact_mut(8) {
        let word = process.ask(Choice::Random, || {
            let mut word = [0; 8];
            let args = &mut [Arg::Out(&mut word), Arg::Word(8), Arg::Word(0)];
            let _ = ashore_host::Host.call_with(Sys::GETRANDOM, args);
            u64::from_le_bytes(word)
        });
        half.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The code that handlers are entered through, in a page of its own.
fn map_trampoline(code: &[u8], at: Addr) -> Result<Addr, ashore_pivot::Errno> {
    if code.is_empty() {
        return Ok(Addr::NULL);
    }
    let page = ashore_sys::anonymous(at, PAGE_SIZE)?;
    ashore_sys::write_code(page.start, code)?;
    ashore_sys::protect_host(page, 5)?;
    Ok(page.start)
}
