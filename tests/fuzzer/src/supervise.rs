//! The parent that watches a worker, and keeps what killed it.

use crate::table::Target;
use crate::{Order, worker};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A worker that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(120);

/// The memory a worker may map, in kilobytes: a reader that trusts a size in its input hits this.
const MEMORY_KB: u64 = 2 << 20;

/// How a worker ended.
enum End {
    Done { cases: u64, answers: u64 },
    Died(ExitStatus),
    Hung,
}

/// Fuzzes one target for the time asked for.
pub(crate) fn run(target: &Target, order: &Order) -> Result<(), String> {
    let current = worker::current_file(&order.folder)?;
    let _ = fs::remove_file(&current);
    let what = match watch(order, "work")? {
        End::Done { cases, answers } => {
            println!("fuzz: {}: {cases} cases, {answers} answers, no finding (seed {})", target.name, order.seed);
            return Ok(());
        }
        End::Died(status) => status.to_string(),
        End::Hung => format!("no sign of life for {} s", SILENCE.as_secs()),
    };
    if !current.is_file() {
        // It died without a panic: the same seed again, with every input written down first.
        println!("fuzz: {}: {what}; looking for the input with the same seed", target.name);
        watch(order, "trace")?;
    }
    let kept = keep(target, order, &current)?;
    Err(format!("{}: {what}; the input is {}", target.name, kept.display()))
}

fn watch(order: &Order, verb: &str) -> Result<End, String> {
    let mut child = spawn(order, verb)?;
    let out = child.stdout.take().ok_or("a worker without output")?;
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut last = String::new();
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => last = line,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let _ = child.kill();
                let _ = child.wait();
                return Ok(End::Hung);
            }
        }
    }
    let status = child.wait().map_err(|why| why.to_string())?;
    if !status.success() {
        return Ok(End::Died(status));
    }
    let mut numbers = last.split(' ').map(|word| word.parse().unwrap_or(0));
    Ok(End::Done { cases: numbers.next().unwrap_or(0), answers: numbers.next().unwrap_or(0) })
}

/// Starts a worker with little memory; a shell sets the limit, since that needs no unsafe code.
fn spawn(order: &Order, verb: &str) -> Result<Child, String> {
    let own = std::env::current_exe().map_err(|why| why.to_string())?;
    Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {MEMORY_KB}; exec \"$0\" \"$@\""))
        .arg(own)
        .args([verb, order.target.as_str()])
        .arg(&order.folder)
        .args([order.seed.to_string(), order.seconds.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| format!("starting a worker: {why}"))
}

fn keep(target: &Target, order: &Order, current: &PathBuf) -> Result<PathBuf, String> {
    let kept = current.with_file_name(format!("{}-{:x}", target.name, order.seed));
    match fs::rename(current, &kept) {
        Ok(()) => Ok(kept),
        Err(_) => Err(format!("{}: died once and not again with seed {}", target.name, order.seed)),
    }
}
