//! Runs one case on one target: an own directory, an own process group, a time limit.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::case::Case;
use crate::check::{Outcome, check};
use crate::target::{Place, Target};

/// How long a case may take. The slowest takes two seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

/// How often the end of a case is looked for.
const POLL: Duration = Duration::from_millis(2);

/// Runs a case and says what is wrong with the outcome.
pub(crate) fn run(place: &Place, case: &Case, target: Target) -> Result<(), String> {
    let guest = place.guest(case, target)?;
    let command = command(place, case, target, &guest)?;
    let room = Room::new().map_err(|error| format!("no directory to run in: {error}"))?;
    let outcome = outcome(command, case, &room).map_err(|error| format!("cannot run: {error}"))?;
    check(case, target.system(), &outcome)
}

fn command(place: &Place, case: &Case, target: Target, guest: &Path) -> Result<Command, String> {
    let mut command = match target {
        Target::Native => Command::new(guest),
        Target::Ashore(_) | Target::Foreign(..) => {
            let mut command = Command::new(place.ashore()?);
            command.arg("run").args(case.options.rows(target.system()).flatten()).arg(guest);
            command
        }
        Target::Qemu(cpu) => {
            let mut command = Command::new(cpu.qemu());
            command.arg(guest);
            command
        }
    };
    let path = guest.to_string_lossy();
    let args = case.args.rows(target.system()).flatten();
    command.args(args.map(|arg| arg.replace("$GUEST", &path)));
    Ok(command)
}

fn outcome(mut command: Command, case: &Case, room: &Room) -> io::Result<Outcome> {
    let stdin = room.side.join("stdin");
    std::fs::write(&stdin, &case.stdin)?;
    // Files, not pipes: a grandchild that outlives the guest cannot keep the runner waiting.
    let stdout = room.side.join("stdout");
    let stderr = room.side.join("stderr");
    command.current_dir(&room.cwd).process_group(0).env_clear();
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", &room.cwd).env("TMPDIR", &room.cwd);
    // A folder of ours in the guest's would be seen by guests that list theirs.
    command.env("XDG_CACHE_HOME", &room.side);
    command.env("TZ", "UTC").env("LANG", "C").envs(case.env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::from(File::open(&stdin)?));
    command.stdout(Stdio::from(File::create(&stdout)?)).stderr(Stdio::from(File::create(&stderr)?));
    let mut child = command.spawn()?;
    let status = wait(&mut child)?;
    let text = |path: &Path| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Outcome { status, stdout: text(&stdout)?, stderr: text(&stderr)? })
}

/// The child's status, or none when it had to be killed; nobody of its group survives.
fn wait(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let group = Pid::from_child(child);
    let end = Instant::now() + LIMIT;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break Some(status),
            None if Instant::now() > end => break None,
            None => std::thread::sleep(POLL),
        }
    };
    let _ = kill_process_group(group, Signal::KILL);
    if status.is_none() {
        child.wait()?;
    }
    Ok(status)
}

/// A directory of its own for one run, removed afterwards.
struct Room {
    whole: PathBuf,
    cwd: PathBuf,
    side: PathBuf,
}

impl Room {
    /// Under /tmp by a short name: socket addresses of the guests hold about 100 bytes.
    fn new() -> io::Result<Room> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let whole = Path::new("/tmp").join(format!("ashore-case-{}-{number}", std::process::id()));
        let room = Room { cwd: whole.join("cwd"), side: whole.join("side"), whole };
        std::fs::create_dir_all(&room.cwd)?;
        std::fs::create_dir_all(&room.side)?;
        Ok(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.whole);
    }
}
