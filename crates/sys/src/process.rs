//! The host process: masks, fork, exec and the end.

use ashore_pivot::{Errno, SigSet, Signal};
use core::sync::atomic::{AtomicBool, Ordering};
use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd};
use std::time::{Duration, Instant};

/// Sets the calling thread's signal mask on the host, whole; returns the old one.
pub fn set_signal_mask(mask: SigSet) -> SigSet {
    let mut old = 0u64;
    let words = [2, &raw const mask.0 as u64, &raw mut old as u64, 8, 0, 0];
    let _ = crate::call(libc::SYS_rt_sigprocmask as u64, words);
    SigSet(old)
}

/// Duplicates the process; 0 in the child, which keeps only the calling thread, under a new net.
pub fn fork() -> Result<i32, Errno> {
    let whole = || {
        crate::heap::HEAP.take();
        // SAFETY: the C library keeps its own locks right around the fork, the heap, the stacks and the list of mappings are
        // held, and the other locks are the caller's duty.
        let pid = unsafe { libc::fork() };
        crate::heap::HEAP.give();
        pid
    };
    let pid = crate::stack::around_fork(|| crate::map::around_fork(whole));
    if pid < 0 {
        return Err(Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(11) as u16));
    }
    if pid == 0 {
        crate::net::rearm();
    }
    Ok(pid)
}

/// The words of an execve, and what they point at.
struct Image {
    path: CString,
    argv: Vec<u64>,
    envp: Vec<u64>,
    _strings: [Vec<CString>; 2],
}

impl Image {
    /// None when a string has a zero inside.
    fn new(path: &[u8], args: &[Vec<u8>], env: &[Vec<u8>]) -> Option<Image> {
        let strings = |list: &[Vec<u8>]| -> Option<Vec<CString>> {
            list.iter().map(|s| CString::new(s.as_slice()).ok()).collect()
        };
        let pointers = |list: &[CString]| -> Vec<u64> {
            list.iter().map(|s| s.as_ptr() as u64).chain(core::iter::once(0)).collect()
        };
        let (args, env) = (strings(args)?, strings(env)?);
        let (argv, envp) = (pointers(&args), pointers(&env));
        Some(Image { path: CString::new(path).ok()?, argv, envp, _strings: [args, env] })
    }

    /// Becomes it; returns only when that failed. Allocates nothing.
    fn exec(&self) -> Errno {
        let own = crate::net::OWN_EXEC;
        let words = [self.path.as_ptr() as u64, self.argv.as_ptr() as u64, self.envp.as_ptr() as u64, own, 0, 0];
        crate::call(libc::SYS_execve as u64, words).err().unwrap_or(Errno::EINVAL)
    }
}

/// Becomes another program; returns only when that failed.
pub fn exec(path: &[u8], args: &[Vec<u8>], env: &[Vec<u8>]) -> Errno {
    Image::new(path, args, env).map_or(Errno::EINVAL, |image| image.exec())
}

/// Runs a program in a child that nobody is told of, with every signal blocked, and waits for it: its
/// status, or none when it did not run to its end.
pub fn run_aside(path: &[u8], args: &[Vec<u8>]) -> Option<u8> {
    let image = Image::new(path, args, &[])?;
    let mask = set_signal_mask(SigSet(!0));
    // No flags and no signal to the parent: a fork without what a C library does around it. The child
    // makes two calls and touches no lock.
    let child = crate::call(libc::SYS_clone as u64, [0; 6]);
    if child == Ok(0) {
        image.exec();
        exit_group(127);
    }
    let status = child.ok().and_then(|pid| {
        let mut status = 0i32;
        let words = [pid, &raw mut status as u64, libc::__WALL as u64, 0, 0, 0];
        while crate::call(libc::SYS_wait4 as u64, words) == Err(Errno::EINTR) {}
        libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status) as u8)
    });
    set_signal_mask(mask);
    status
}

/// Duplicates the process for a look at it: 0 in the copy. The guest's own waits do not find it, and no signal tells of
/// it, because other threads may still run, and wait for any child.
///
/// That takes a bare call: of the C library's locks only that of its heap matters to the copy, and no thread takes it
/// while guests run, for the allocator here is our own.
fn copy() -> Result<u64, Errno> {
    let mut made = Ok(0);
    crate::stack::around_fork(|| {
        crate::heap::HEAP.take();
        // No flags and no signal to the parent.
        made = crate::call(libc::SYS_clone as u64, [0; 6]);
        crate::heap::HEAP.give();
        made.map_or(-1, |pid| pid as i32)
    });
    if made == Ok(0) {
        crate::net::rearm();
    }
    made
}

/// When memory runs out the copy goes, not the guest.
fn volunteer() {
    let path = c"/proc/self/oom_score_adj".as_ptr() as u64;
    let file = crate::call(libc::SYS_open as u64, [path, (libc::O_WRONLY | libc::O_CLOEXEC) as u64, 0, 0, 0, 0]);
    if let Ok(file) = file {
        let most = b"1000";
        let _ = crate::call(libc::SYS_write as u64, [file, most.as_ptr() as u64, most.len() as u64, 0, 0, 0]);
        let _ = crate::call(libc::SYS_close as u64, [file, 0, 0, 0, 0, 0]);
    }
}

/// Runs `body` in a copy of the process that nobody is told of, and waits for it, at most so long: what it does or
/// suffers does not touch this process. The copy holds the calling thread alone. Nothing when no copy can be made.
/// The caller has blocked every signal.
pub fn in_copy(limit: Duration, body: impl FnOnce()) {
    let parent = crate::call(libc::SYS_getpid as u64, [0; 6]).unwrap_or(0);
    let Ok(pid) = copy() else { return };
    if pid == 0 {
        // It must not outlive the process whose end it looks at.
        let _ = crate::call(libc::SYS_prctl as u64, [libc::PR_SET_PDEATHSIG as u64, libc::SIGKILL as u64, 0, 0, 0, 0]);
        let is_orphan = crate::call(libc::SYS_getppid as u64, [0; 6]) != Ok(parent);
        volunteer();
        // Reading memory that is not there is an answer too.
        set_signal_mask(crate::FAULTS.iter().fold(SigSet(!0), |mask, signal| mask.without(*signal)));
        if !is_orphan {
            body();
        }
        exit_group(0);
    }
    let begun = Instant::now();
    watch_for_end(pid, limit);
    let mut pause = Duration::from_micros(50);
    let words = [pid, 0, (libc::__WALL | libc::WNOHANG) as u64, 0, 0, 0];
    while crate::call(libc::SYS_wait4 as u64, words) == Ok(0) {
        if begun.elapsed() > limit {
            let _ = crate::call(libc::SYS_kill as u64, [pid, libc::SIGKILL as u64, 0, 0, 0, 0]);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}

/// Returns when the process has ended or that lasted too long; at once where nothing tells of it: an old kernel, no
/// descriptor left.
fn watch_for_end(pid: u64, limit: Duration) {
    if let Ok(fd) = crate::call(libc::SYS_pidfd_open as u64, [pid, 0, 0, 0, 0, 0]) {
        let mut asked = libc::pollfd { fd: fd as i32, events: libc::POLLIN, revents: 0 };
        let millis = limit.as_millis() as u64;
        let _ = crate::call(libc::SYS_poll as u64, [&raw mut asked as u64, 1, millis, 0, 0, 0]);
        let _ = crate::call(libc::SYS_close as u64, [fd, 0, 0, 0, 0, 0]);
    }
}

/// Ends the process with this status.
pub fn exit_group(status: u8) -> ! {
    loop {
        let _ = crate::call(libc::SYS_exit_group as u64, [u64::from(status), 0, 0, 0, 0, 0]);
    }
}

/// Ends the process by `signal`, as its default action does; by status 128 + n when it has none that ends.
pub fn die_of(signal: Signal) -> ! {
    let _ = crate::set_disposition(signal, crate::Disposition::Default);
    set_signal_mask(SigSet(!0).without(signal));
    let pid = crate::call(libc::SYS_getpid as u64, [0; 6]).unwrap_or(0);
    let tid = crate::call(libc::SYS_gettid as u64, [0; 6]).unwrap_or(0);
    let _ = crate::call(libc::SYS_tgkill as u64, [pid, tid, u64::from(signal.0), 0, 0, 0]);
    exit_group(128u8.wrapping_add(signal.0))
}

/// Waits for one of these signals, which the caller has blocked in every thread.
pub fn next_signal(of: SigSet) -> Option<Signal> {
    loop {
        // The set, no information wanted, no time limit, the length of a set.
        let words = [&raw const of.0 as u64, 0, 0, 8, 0, 0];
        match crate::call(libc::SYS_rt_sigtimedwait as u64, words) {
            Ok(number) => return Signal::new(number),
            Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

/// Makes a child end when the thread that starts it does, however that ends.
pub fn end_with_us(command: &mut std::process::Command) {
    let parent = std::process::id();
    let body = move || {
        let words = [libc::PR_SET_PDEATHSIG as u64, libc::SIGKILL as u64, 0, 0, 0, 0];
        let set = crate::call(libc::SYS_prctl as u64, words);
        // The parent may have ended before that.
        let is_orphan = crate::call(libc::SYS_getppid as u64, [0; 6]) != Ok(u64::from(parent));
        if set.is_err() || is_orphan { Err(std::io::ErrorKind::Other.into()) } else { Ok(()) }
    };
    // SAFETY: between fork and exec the closure makes two system calls and nothing else.
    unsafe { std::os::unix::process::CommandExt::pre_exec(command, body) };
}

static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust's own start, which makes the process ignore SIGPIPE: remembers what it was born with.
extern "C" fn note_pipe_signal() {
    PIPE_IGNORED.store(crate::is_ignored(Signal::PIPE), Ordering::Relaxed);
}

// SAFETY: the C library's start code calls each function in this section once, with no arguments it needs.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_PIPE_SIGNAL: extern "C" fn() = note_pipe_signal;

/// Makes SIGPIPE again what the process was born with.
pub fn restore_pipe_signal() {
    if !PIPE_IGNORED.load(Ordering::Relaxed) {
        let _ = crate::set_disposition(Signal::PIPE, crate::Disposition::Default);
    }
}

/// The file on a high descriptor that is closed by exec, out of the guest's way.
pub fn high_fd(file: std::fs::File) -> std::io::Result<std::fs::File> {
    const HIGHEST: i32 = 900;
    // SAFETY: duplicates a descriptor that we own; the new one is ours alone.
    unsafe {
        let fd = libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, HIGHEST);
        if fd < 0 {
            return Ok(file);
        }
        Ok(std::fs::File::from_raw_fd(fd))
    }
}
