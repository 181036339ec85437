//! One traced process, through ptrace(2) and /proc.

use ashore_host::Host;
use ashore_pivot::{Arg, Errno, Linux, Signal, Sys};
use std::ffi::OsStr;
use std::fs::File;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Requests, options and events of sys/ptrace.h.
mod request {
    pub(super) const CONT: u64 = 7;
    pub(super) const GETREGS: u64 = 12;
    pub(super) const SETREGS: u64 = 13;
    pub(super) const DETACH: u64 = 17;
    pub(super) const SEIZE: u64 = 0x4206;
    pub(super) const LISTEN: u64 = 0x4208;
}
/// Tell of forks (following the child), vforks, clones, execs, and calls that a filter stopped.
const OPTIONS: u64 = 0x2 | 0x4 | 0x8 | 0x10 | 0x80;
const EVENT_EXEC: u32 = 4;
const EVENT_SECCOMP: u32 = 7;
const EVENT_STOP: u32 = 128;
/// Waits for threads and processes alike.
const WAIT_ALL: u64 = 0x4000_0000;

/// Places in `struct user_regs_struct` of sys/user.h, in words.
const REGS: usize = 27;
const R10: usize = 7;
const RDX: usize = 12;
const RSI: usize = 13;
const RDI: usize = 14;
const ORIG_RAX: usize = 15;
const RIP: usize = 16;
const RSP: usize = 19;

/// `mov eax, 59` (execve), `syscall`, and `ud2` for an exec that failed. The number is set by code,
/// because the exec that is about to end puts its own result into rax.
const CALL: [u8; 9] = [0xb8, 59, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b];
/// How far below the stack pointer a new image's stack reaches at least: Linux gives it 128 KiB.
const ROOM: u64 = 120 << 10;
/// The red zone and some, left alone.
const GAP: u64 = 256;

/// The numbers of execve and execveat.
const SYS_EXECVE: u64 = 59;
const SYS_EXECVEAT: u64 = 322;
/// The descriptor that stands for the working directory.
const AT_FDCWD: i32 = -100;
/// More arguments than anybody has.
const MOST_ARGS: u64 = 1 << 20;

/// What the registers of an exec say.
struct Asked {
    /// The descriptor of the folder that a path starts from.
    folder: i32,
    path: u64,
    args: u64,
    env: u64,
}

impl Asked {
    fn of(regs: &[u64; REGS]) -> Option<Asked> {
        match regs[ORIG_RAX] {
            SYS_EXECVE => Some(Asked { folder: AT_FDCWD, path: regs[RDI], args: regs[RSI], env: regs[RDX] }),
            SYS_EXECVEAT => Some(Asked { folder: regs[RDI] as i32, path: regs[RSI], args: regs[RDX], env: regs[R10] }),
            _ => None,
        }
    }
}

/// Where a path and the list of arguments are in a tracee's memory.
struct Laid {
    path: u64,
    args: u64,
}

/// Puts a path and arguments at the end of a range; `E2BIG` when it is too small.
fn lay(memory: &File, room: Range<u64>, path: &[u8], args: &[Vec<u8>]) -> Result<Laid, Errno> {
    let strings: usize = args.iter().map(|arg| arg.len() + 1).sum::<usize>() + path.len() + 1;
    let pointers = 8 * (args.len() + 1);
    let len = (strings + pointers) as u64 + 16;
    if len > room.end.saturating_sub(room.start) {
        return Err(Errno::E2BIG);
    }
    let start = (room.end - len) & !15;
    let text_at = start + pointers as u64;
    let mut list = Vec::with_capacity(pointers);
    let mut text = Vec::with_capacity(strings);
    for arg in args {
        list.extend((text_at + text.len() as u64).to_le_bytes());
        text.extend_from_slice(arg);
        text.push(0);
    }
    list.extend(0u64.to_le_bytes());
    let path_at = text_at + text.len() as u64;
    text.extend_from_slice(path);
    text.push(0);
    memory.write_all_at(&list, start).map_err(failed)?;
    memory.write_all_at(&text, text_at).map_err(failed)?;
    Ok(Laid { path: path_at, args: start })
}

fn failed(error: std::io::Error) -> Errno {
    Errno(error.raw_os_error().unwrap_or(5) as u16)
}

fn word(memory: &File, at: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    memory.read_exact_at(&mut bytes, at).ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// A string of a tracee's, without its zero; none when it has no end that a path or an argument could have.
fn string(memory: &File, at: u64) -> Option<Vec<u8>> {
    const MOST: usize = 128 << 10;
    const PIECE: usize = 256;
    let mut text = Vec::new();
    while text.len() < MOST {
        let mut piece = [0; PIECE];
        // A piece ends where a page may.
        let from = at + text.len() as u64;
        let len = PIECE - from as usize % PIECE;
        let piece = piece.get_mut(..len)?;
        memory.read_exact_at(piece, from).ok()?;
        match piece.iter().position(|byte| *byte == 0) {
            Some(end) => {
                text.extend_from_slice(piece.get(..end)?);
                return Some(text);
            }
            None => text.extend_from_slice(piece),
        }
    }
    None
}

/// A process or thread that is traced, or is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tracee(pub(super) i32);

/// Why a tracee stopped.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// It is gone.
    Ended,
    /// It has a new image.
    Exec,
    /// It is about to exec.
    Asks,
    /// A stop of its whole group, to last until somebody continues it.
    Group,
    /// A signal is about to be delivered.
    Signal(u32),
    /// A fork, a clone, a beginning or a continuation: nothing to do.
    Event,
}

/// The next stop of anybody; none when nobody is left.
pub(super) fn next_stop() -> Option<(Tracee, Stop)> {
    loop {
        let mut status = [0; 4];
        let words = &mut [Arg::Word(u64::MAX), Arg::Out(&mut status), Arg::Word(WAIT_ALL), Arg::Word(0)];
        match Host.call_with(Sys::WAIT4, words) {
            Ok(pid) => return Some((Tracee(pid as i32), stop_of(u32::from_le_bytes(status)))),
            Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

fn stop_of(status: u32) -> Stop {
    if status & 0xff != 0x7f {
        return Stop::Ended;
    }
    let signal = status >> 8 & 0xff;
    let is_stopping = [Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU].iter().any(|s| u32::from(s.0) == signal);
    match status >> 16 {
        0 => Stop::Signal(signal),
        EVENT_EXEC => Stop::Exec,
        EVENT_SECCOMP => Stop::Asks,
        EVENT_STOP if is_stopping => Stop::Group,
        _ => Stop::Event,
    }
}

impl Tracee {
    fn ask(self, request: u64, data: u64) -> Result<(), Errno> {
        Host.call(Sys::PTRACE, [request, self.0 as u64, 0, data, 0, 0]).map(drop)
    }

    /// Begins to trace, without stopping it.
    pub(super) fn seize(self) -> Result<(), Errno> {
        self.ask(request::SEIZE, OPTIONS)
    }

    /// Lets it run on, with a signal or with none (0).
    pub(super) fn go_on(self, signal: u32) -> Result<(), Errno> {
        self.ask(request::CONT, u64::from(signal))
    }

    /// Leaves it stopped, and is told when it is continued.
    pub(super) fn listen(self) -> Result<(), Errno> {
        self.ask(request::LISTEN, 0)
    }

    /// Lets it run on, untraced.
    pub(super) fn detach(self) -> Result<(), Errno> {
        self.ask(request::DETACH, 0)
    }

    pub(super) fn kill(self) -> Result<(), Errno> {
        Host.call(Sys::KILL, [self.0 as u64, u64::from(Signal::KILL.0), 0, 0, 0, 0]).map(drop)
    }

    /// A file about it under /proc.
    pub(super) fn file(self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.0))
    }

    /// Its arguments.
    pub(super) fn args(self) -> Vec<Vec<u8>> {
        let text = std::fs::read(self.file("cmdline")).unwrap_or_default();
        let text = text.strip_suffix(&[0]).unwrap_or(&text);
        text.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
    }

    /// Has it exec the host's file `path` with `args` and the environment it was given, instead of what it
    /// is about to do: it stands before its first instruction, its own `count` arguments on the stack.
    pub(super) fn replace(self, path: &[u8], args: &[Vec<u8>], count: usize) -> Result<(), Errno> {
        let mut regs = self.regs()?;
        let memory = self.memory()?;
        let environment = regs[RSP] + 8 * (count as u64 + 2);
        let laid = lay(&memory, (regs[RSP] - GAP).saturating_sub(ROOM)..regs[RSP] - GAP, path, args)?;
        memory.write_all_at(&CALL, regs[RIP]).map_err(failed)?;

        // No call is being restarted.
        regs[ORIG_RAX] = u64::MAX;
        regs[RDI] = laid.path;
        regs[RSI] = laid.args;
        regs[RDX] = environment;
        self.set_regs(&regs)
    }

    /// The file that it is about to exec, as the host would find it, and the arguments.
    pub(super) fn asked(self) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        let (regs, memory) = (self.regs().ok()?, self.memory().ok()?);
        let Asked { folder, path, args, .. } = Asked::of(&regs)?;
        let path = string(&memory, path)?;
        let args = (0..MOST_ARGS).map(|nth| word(&memory, args + 8 * nth)).take_while(|at| *at != Some(0));
        let args = args.map(|at| string(&memory, at?)).collect::<Option<Vec<_>>>()?;
        if path.first() == Some(&b'/') {
            return Some((path, args));
        }
        let from = if folder == AT_FDCWD { self.file("cwd") } else { self.file(&format!("fd/{folder}")) };
        let path = if path.is_empty() { from } else { from.join(OsStr::from_bytes(&path)) };
        Some((path.canonicalize().ok()?.into_os_string().into_vec(), args))
    }

    /// Has it exec the host's file `path` with `args` instead of what it is about to exec. The memory may be another's too,
    /// that waits for this one: nothing but what is below the stack is touched.
    pub(super) fn ask_for(self, path: &[u8], args: &[Vec<u8>]) -> Result<(), Errno> {
        let (mut regs, memory) = (self.regs()?, self.memory()?);
        let environment = Asked::of(&regs).ok_or(Errno::EINVAL)?.env;
        let top = regs[RSP].saturating_sub(GAP);
        let bottom = self.mapping_start(regs[RSP]).ok_or(Errno::EFAULT)?.max(top.saturating_sub(ROOM));
        let laid = lay(&memory, bottom..top, path, args)?;
        regs[ORIG_RAX] = SYS_EXECVE;
        regs[RDI] = laid.path;
        regs[RSI] = laid.args;
        regs[RDX] = environment;
        self.set_regs(&regs)
    }

    fn memory(self) -> Result<File, Errno> {
        File::options().read(true).write(true).open(self.file("mem")).map_err(failed)
    }

    /// Where the mapping starts that holds an address.
    fn mapping_start(self, at: u64) -> Option<u64> {
        let maps = std::fs::read_to_string(self.file("maps")).ok()?;
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        maps.lines().find_map(|line| {
            let (start, end) = line.split(' ').next()?.split_once('-')?;
            let (start, end) = (number(start)?, number(end)?);
            (start..end).contains(&at).then_some(start)
        })
    }

    fn regs(self) -> Result<[u64; REGS], Errno> {
        let mut bytes = [0; 8 * REGS];
        let words = &mut [Arg::Word(request::GETREGS), Arg::Word(self.0 as u64), Arg::Word(0), Arg::Out(&mut bytes)];
        Host.call_with(Sys::PTRACE, words)?;
        let mut regs = [0; REGS];
        for (word, bytes) in regs.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Ok(regs)
    }

    fn set_regs(self, regs: &[u64; REGS]) -> Result<(), Errno> {
        let bytes = regs.map(u64::to_le_bytes);
        let words =
            &mut [Arg::Word(request::SETREGS), Arg::Word(self.0 as u64), Arg::Word(0), Arg::In(bytes.as_flattened())];
        Host.call_with(Sys::PTRACE, words).map(drop)
    }
}
