//! Running a program and asking the kernel what CPU time it took.

use crate::{Failure, Outcome};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

const WAIT4: u64 = 61;

/// The words of the kernel's record of usage: seconds and microseconds in user mode, the same in the kernel, and others.
const USAGE_WORDS: usize = 18;

/// The file a program may leave in its folder; it counts as output.
pub(super) const PRODUCT: &str = "product";

/// What a run gave.
pub(super) struct Run {
    /// CPU time in user mode and in the kernel, of the program and what it started.
    pub(super) seconds: f64,
    pub(super) output: Vec<u8>,
}

/// Runs `command` to its end in `folder`, which is emptied first.
pub(super) fn run(command: &mut Command, folder: &Path) -> Outcome<Run> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|why| Failure::of(folder.display(), why))?;
    command.current_dir(folder).env("ZIG_LOCAL_CACHE_DIR", folder).env("ZIG_GLOBAL_CACHE_DIR", folder);
    let name = command.get_program().to_string_lossy().into_owned();
    let fail = |why: std::io::Error| Failure::of(&name, why);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().map_err(fail)?;
    let mut output = Vec::new();
    if let Some(pipe) = child.stdout.as_mut() {
        pipe.read_to_end(&mut output).map_err(fail)?;
    }
    let mut status = [0u32; 1];
    let mut usage = [0u64; USAGE_WORDS];
    let words = [child.id().into(), status.as_mut_ptr() as u64, 0, usage.as_mut_ptr() as u64, 0, 0];
    // The library's own way of waiting does not tell the time.
    ashore_sys::call(WAIT4, words).map_err(|errno| Failure::new(format!("{name}: wait4 gave {errno:?}")))?;
    let [user, user_micros, system, system_micros, ..] = usage.map(|word| word as f64);
    match status {
        [0] => {
            output.extend(fs::read(folder.join(PRODUCT)).unwrap_or_default());
            Ok(Run { seconds: user + system + (user_micros + system_micros) / 1e6, output })
        }
        [status] => Err(Failure::new(format!("{name} ended with status {status:#x}"))),
    }
}
