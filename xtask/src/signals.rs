//! Whoever starts a task may ignore signals (a shell does for what it puts into the background, `nohup` too), and what a task
//! starts would inherit that: Go's tests of signals then wait for ever.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Rust ignores this one for itself and gives children the default.
const SIGPIPE: u32 = 13;

/// Starts the task anew with every signal as it is by default, when any is ignored. Comes back when none is, or when that
/// cannot be done: then it is said.
pub(crate) fn by_default() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    if ignored & !(1 << (SIGPIPE - 1)) == 0 {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut command = Command::new("env");
    command.arg("--default-signal").arg(program).args(std::env::args_os().skip(1));
    eprintln!("xtask: signals are ignored here, and could not be set back: {}", command.exec());
}
