//! What the steps do.

use super::Tally;
use crate::args::Args;
use crate::shell;
use crate::{Failure, Outcome, Repo, guests, kernel, patched, tidy};
use std::process::Command;

/// The target of the machine at hand, on which the kernel's core is tested.
const HOST_TARGET: &str = "x86_64-unknown-linux-musl";

/// The package whose tests are the cases; they need the guests and the release build.
const CASES: &str = "ashore-cases";

fn cargo(repo: &Repo) -> Command {
    let mut command = shell::cargo();
    command.current_dir(repo.root());
    command
}

fn none() -> Args {
    Args::new([])
}

/// rustfmt has nothing to change.
pub(super) fn format(repo: &Repo, _: &mut Tally) -> Outcome {
    shell::run(cargo(repo).args(["fmt", "--all", "--check"]))?;
    shell::run(kernel::cargo(repo).args(["fmt", "--all", "--check"]))
}

/// The invariants hold.
pub(super) fn tidy(repo: &Repo, _: &mut Tally) -> Outcome {
    tidy::run(repo, none())
}

/// Clippy and the compiler have nothing to say.
pub(super) fn lint(repo: &Repo, _: &mut Tally) -> Outcome {
    shell::run(cargo(repo).args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    shell::run(kernel::cargo(repo).args(["clippy", "--quiet", "--workspace", "--", "-D", "warnings"]))?;
    let tests = ["clippy", "--quiet", "--package", "ashore-kernel-core", "--all-targets", "--target", HOST_TARGET];
    shell::run(kernel::cargo(repo).args(tests).args(["--", "-D", "warnings"]))
}

/// The crates a kernel uses build without std. Those not written yet are left out.
pub(super) fn no_std(repo: &Repo, _: &mut Tally) -> Outcome {
    let mut command = cargo(repo);
    command.args(["build", "--quiet", "--target", kernel::TARGET]);
    for name in tidy::no_std_crates() {
        if repo.path("crates").join(name).join("Cargo.toml").is_file() {
            command.arg("--package").arg(format!("ashore-{name}"));
        }
    }
    shell::run(&mut command)
}

/// The guests are built.
pub(super) fn guests(repo: &Repo, _: &mut Tally) -> Outcome {
    guests::run(repo, none())
}

/// The kernel is built and fits.
pub(super) fn kernel(repo: &Repo, _: &mut Tally) -> Outcome {
    kernel::run(repo, none())
}

/// The release program is built; the tasks' own programs need no optimising.
pub(super) fn build(repo: &Repo, _: &mut Tally) -> Outcome {
    shell::run(cargo(repo).args(["build", "--release", "--package", "ashore"]))
}

/// The tests pass, and there are some.
pub(super) fn tests(repo: &Repo, tally: &mut Tally) -> Outcome {
    counted(cargo(repo).args(["test", "--workspace", "--exclude", CASES, "--no-fail-fast"]), tally)?;
    let core = ["test", "--package", "ashore-kernel-core", "--target", HOST_TARGET, "--no-fail-fast"];
    counted(kernel::cargo(repo).args(core), tally)
}

/// The cases pass.
pub(super) fn cases(repo: &Repo, tally: &mut Tally) -> Outcome {
    counted(cargo(repo).args(["test", "--package", CASES]), tally)
}

/// Programs survive being patched.
pub(super) fn patched(repo: &Repo, tally: &mut Tally) -> Outcome {
    tally.tests += patched::check(repo)? as u64;
    Ok(())
}

/// Runs a command that ends with lines like those of Rust's test harness, and adds them up.
fn counted(command: &mut Command, tally: &mut Tally) -> Outcome {
    let mut failed = 0;
    let outcome = shell::watch(command, |line| {
        if let Some(result) = TestResult::of(line) {
            tally.tests += result.passed;
            failed += result.failed;
        }
    });
    outcome?;
    if failed > 0 { Err(Failure::new(format!("{failed} tests failed"))) } else { Ok(()) }
}

/// The closing line of a test program.
#[derive(PartialEq, Eq, Debug)]
struct TestResult {
    passed: u64,
    failed: u64,
}

impl TestResult {
    fn of(line: &str) -> Option<TestResult> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |word: &str| {
            let part = counts.split("; ").find(|part| part.ends_with(word))?;
            part.split(' ').next()?.parse().ok()
        };
        Some(TestResult { passed: count("passed")?, failed: count("failed")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_a_test_program_is_read() {
        let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(TestResult::of(line), Some(TestResult { passed: 12, failed: 0 }));
        let line = "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(TestResult::of(line), Some(TestResult { passed: 2, failed: 3 }));
        assert_eq!(TestResult::of("test result_of ... ok"), None);
    }
}
