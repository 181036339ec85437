//! `cargo xtask soak kernel`: programs that make processes, threads, signals and memory by turns on a machine to itself. None may
//! fail, and afterwards as much memory must be free as after their first round.

use crate::args::Args;
use crate::{Failure, Outcome, Repo, guests, kernel, machine, shell};

/// The script that the machine runs, and the programs it runs.
const SCRIPT: &str = "tests/boot/soak.sh";
const PROGRAMS: &[&str] = &["trees", "threads", "signals", "memory", "futex"];

/// What may be missing afterwards, in kB: frames that each CPU keeps at hand, and pieces of the kernel's own heap.
const SLACK: u64 = 256;

/// How much longer than asked it may take, in seconds: the last round, on a busy machine.
const GRACE: u64 = 600;

/// Does it.
pub(super) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let minutes: u64 = args.parsed("--minutes")?.unwrap_or(30);
    let cpus = args.value("--cpus")?.unwrap_or_else(|| "2".to_owned());
    args.finish()?;
    let programs = guests::boot::out_dir(repo);
    let seconds = minutes * 60;
    let mut command = machine::boot(repo, &kernel::build(repo)?);
    command.args(["--cpus", &cpus, "--timeout", &(seconds + GRACE).to_string(), "--env", "BOOT_X=1"]);
    command.arg("--file").arg(format!("{}:/soak.sh", repo.path(SCRIPT).display()));
    for program in PROGRAMS {
        command.arg("--file").arg(format!("{}:/{program}", programs.join(program).display()));
    }
    command.arg(programs.join("busybox")).args(["sh", "/soak.sh", &seconds.to_string()]);
    let mut lines = Vec::new();
    shell::watch(&mut command, |line| lines.push(line.to_owned()))?;
    judge(lines.iter().map(String::as_str).rfind(|line| line.starts_with("end ")))
}

/// What the last line says: rounds, failed programs, memory before and after.
fn judge(line: Option<&str>) -> Outcome {
    let words = line.unwrap_or_default().split_whitespace().skip(1);
    let numbers: Option<Vec<u64>> = words.map(|word| word.parse().ok()).collect();
    match numbers.as_deref() {
        Some([0, ..]) => Err(Failure::new("not one round came to its end")),
        Some([_, failed, ..]) if *failed > 0 => Err(Failure::new(format!("{failed} programs failed"))),
        Some([_, 0, before, after]) if after + SLACK < *before => {
            Err(Failure::new(format!("{} kB are lost", before - after)))
        }
        Some([rounds, 0, before, after]) => {
            println!("soak: {rounds} rounds, {after} kB free afterwards, {before} kB before");
            Ok(())
        }
        _ => Err(Failure::new("the machine did not come to the end")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_fails_for_each_of_its_reasons() {
        assert!(judge(Some("end 20 0 500000 499900")).is_ok());
        for line in ["end 0 0 5 5", "end 20 1 500000 500000", "end 20 0 500000 499000", "end 20 0 5", "end"] {
            assert!(judge(Some(line)).is_err(), "{line}");
        }
        assert!(judge(None).is_err());
    }
}
