//! One traced process, through ptrace(2) and /proc.

use ashore_host::Host;
use ashore_pivot::{Arg, Errno, Linux, Signal, Sys};
use std::fs::File;
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
/// Tell of forks (following the child), vforks, clones and execs.
const OPTIONS: u64 = 0x2 | 0x4 | 0x8 | 0x10;
const EVENT_EXEC: u32 = 4;
const EVENT_STOP: u32 = 128;
/// Waits for threads and processes alike.
const WAIT_ALL: u64 = 0x4000_0000;

/// Places in `struct user_regs_struct` of sys/user.h, in words.
const REGS: usize = 27;
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
const ROOM: usize = 120 << 10;
/// The red zone and some, left alone.
const GAP: u64 = 256;

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
        let failed = |e: std::io::Error| Errno(e.raw_os_error().unwrap_or(5) as u16);
        let memory = File::options().read(true).write(true).open(self.file("mem")).map_err(failed)?;
        let environment = regs[RSP] + 8 * (count as u64 + 2);

        let strings: usize = args.iter().map(|arg| arg.len() + 1).sum::<usize>() + path.len() + 1;
        let pointers = 8 * (args.len() + 1);
        if strings + pointers > ROOM {
            return Err(Errno::E2BIG);
        }
        let start = (regs[RSP] - GAP - (strings + pointers) as u64) & !15;
        let mut list = Vec::with_capacity(pointers);
        let mut text = Vec::with_capacity(strings);
        let text_at = start + pointers as u64;
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
        memory.write_all_at(&CALL, regs[RIP]).map_err(failed)?;

        // No call is being restarted.
        regs[ORIG_RAX] = u64::MAX;
        regs[RDI] = path_at;
        regs[RSI] = start;
        regs[RDX] = environment;
        self.set_regs(&regs)
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
