//! Following a program of the host's, so that guests' files which it execs run under Ashore.
//!
//! A guest may start `sh`, and `sh` may start the guest's file again: the host's kernel would run it as a
//! Linux program, whose call 1 is a write where the file means exit. Before a process becomes a host's
//! program, [`begin`] therefore starts Ashore once more, as a follower ([`follow_thread`]) that traces the
//! process and its descendants, asks to be told of execs only, and lets everything else pass. When the new
//! image turns out to be a guest's, its first instruction is replaced by an exec of Ashore.
//!
//! What it does not do: system calls of the host's program are not looked at and cost nothing. A host
//! that allows no tracing, or a program that is traced already, runs unfollowed, as does one that takes on
//! another user by its file's mode, because a traced program may not.
//!
//! A file of another CPU never becomes an image: the kernel refuses it first. When the guest itself is of another CPU, a
//! seccomp filter therefore stops every exec of the followed, and only that of such a file is changed, with its path and
//! arguments put below the stack pointer, where also a vfork that shares the memory has nothing. The filter lasts, with all
//! that comes of the process; Ashore's own execs are marked, and pass it. It is the exception because of the room it needs,
//! and because without privileges of its own it forbids new ones for good.

mod tracee;

use crate::exec::{By, Launcher, Plan};
use ashore_host::Host;
use ashore_pivot::{Errno, Linux, SigSet, Signal, Sys};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tracee::{Stop, Tracee};

/// `PR_SET_PTRACER` and its "anyone" of prctl(2): where Yama is on, a process has to allow its tracer.
const PR_SET_PTRACER: u64 = 0x5961_6d61;
const ANYONE: u64 = u64::MAX;
/// The bits of a mode that give a program another user or group.
const SET_IDS: u32 = 0o6000;

/// Has the calling process followed from now on; false when that is impossible or pointless.
pub(crate) fn begin(plan: &Plan, launcher: &dyn Launcher) -> bool {
    let file = Path::new(OsStr::from_bytes(&plan.path));
    if file.metadata().is_ok_and(|meta| meta.permissions().mode() & SET_IDS != 0) {
        return false;
    }
    let _ = Host.call(Sys::PRCTL, [PR_SET_PTRACER, ANYONE, 0, 0, 0, 0]);
    let follower = launcher.follower(ashore_sys::current_tid());
    let is_followed = ashore_sys::run_aside(&follower.path, &follower.args) == Some(0);
    if is_followed && launcher.runs_refused() {
        // Where that is not allowed, files of another CPU fail as they do without us.
        let _ = ashore_sys::announce_execs();
    }
    is_followed
}

/// The calling process is not to be followed after all.
pub(crate) fn abandon() {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    if let Some(pid) = tracer.and_then(|pid| pid.trim().parse::<u64>().ok()).filter(|pid| *pid != 0) {
        let _ = Host.call(Sys::KILL, [pid, u64::from(Signal::KILL.0), 0, 0, 0, 0]);
    }
}

/// Follows a thread and everything that comes of it: a process of its own does so in the background.
/// Tells whether it could begin.
pub fn follow_thread(tid: i32, launcher: &dyn Launcher) -> bool {
    let Ok((mut told, mut tell)) = std::io::pipe() else { return false };
    ashore_sys::set_signal_mask(SigSet(!0));
    match ashore_sys::fork() {
        Ok(0) => {
            drop(told);
            // No signal of a terminal is meant for the follower, and it keeps no file open.
            let _ = Host.call(Sys::SETSID, [0; 6]);
            if Tracee(tid).seize().is_ok() {
                let _ = tell.write_all(b"+");
                let _ = Host.call(Sys::CLOSE_RANGE, [0, u64::from(u32::MAX), 0, 0, 0, 0]);
                std::mem::forget(tell);
                follow_all(launcher);
            }
            ashore_sys::exit_group(0)
        }
        Ok(_) => {
            drop(tell);
            told.read(&mut [0]).is_ok_and(|n| n == 1)
        }
        Err(_) => false,
    }
}

/// Answers stops until nobody is left to follow.
fn follow_all(launcher: &dyn Launcher) {
    while let Some((tracee, stop)) = tracee::next_stop() {
        // A tracee that is gone meanwhile has its end reported next.
        let _ = match stop {
            Stop::Ended => Ok(()),
            Stop::Exec => after_exec(tracee, launcher),
            Stop::Asks => before_exec(tracee, launcher),
            Stop::Group => tracee.listen(),
            Stop::Signal(signal) => tracee.go_on(signal),
            Stop::Event => tracee.go_on(0),
        };
    }
}

/// It is about to exec. A file that the host's kernel would refuse becomes Ashore's with that file; all else is looked at
/// when it is there.
fn before_exec(tracee: Tracee, launcher: &dyn Launcher) -> Result<(), Errno> {
    if let Some((path, args)) = tracee.asked()
        && launcher.is_refused(&path)
        && let Ok(plan) = launcher.plan(&path, &path, &args)
        && plan.by == By::Ashore
    {
        let ashore = format!("/proc/{}/exe", std::process::id()).into_bytes();
        // With no room for the arguments it fails as it would without us.
        let _ = tracee.ask_for(&ashore, &plan.args);
    }
    tracee.go_on(0)
}

/// A new image is in place and has not run yet.
fn after_exec(tracee: Tracee, launcher: &dyn Launcher) -> Result<(), Errno> {
    let image = tracee.file("exe");
    if is_ashore(&image) {
        // It looks after its own execs.
        return tracee.detach();
    }
    let Ok(path) = image.read_link() else { return tracee.go_on(0) };
    let path = path.as_os_str().as_bytes();
    let args = tracee.args();
    match launcher.plan(path, path, &args) {
        Ok(plan) if plan.by == By::Ashore => {
            let ashore = format!("/proc/{}/exe", std::process::id()).into_bytes();
            if tracee.replace(&ashore, &plan.args, args.len()).is_err() {
                return tracee.kill();
            }
            tracee.go_on(0)
        }
        _ => tracee.go_on(0),
    }
}

fn is_ashore(image: &Path) -> bool {
    let id = |path: &Path| path.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
    id(image).is_some_and(|other| Some(other) == id(Path::new("/proc/self/exe")))
}
