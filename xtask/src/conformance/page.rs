//! `docs/conformance.md`, written from whatever results are kept.

use super::reasons::{self, Reason};
use super::result::{Compared, Mode, Results, Status, Store};
use super::table::{self, SYSTEMS};
use crate::{Failure, Outcome, Repo};
use std::fmt::Write as _;
use std::fs;

/// Where the page is.
const PAGE: &str = "docs/conformance.md";

/// What stands before the results.
const HEAD: &str = "# Conformance\n\n\
    Written by `cargo xtask conformance`; edit `tests/conformance-reasons.toml`, not this page.\n\n\
    The tests of Go's own packages, built for each system and run under Ashore, against the same\n\
    tests built for Linux and run natively on the same machine. A test counts when it passes natively\n\
    and does not skip itself on the system; a hang, a crash and a test that was never reached are\n\
    failures. Subtests belong to their test.\n\n\
    `boot` (`cargo xtask conformance --boot`) is Linux on arm64 on a machine to itself, two CPUs under QEMU's emulation\n\
    with our kernel. Natively means there: under `qemu-aarch64`, which emulates one process on the host's kernel.\n";

/// The results of one package: natively and on one system.
struct Pair {
    system: &'static table::System,
    native: Results,
    here: Results,
}

/// Writes the page.
pub(super) fn write(repo: &Repo) -> Outcome {
    let reasons = reasons::read(repo)?;
    let text = render(&load(&Store::new(repo)), &reasons);
    let file = repo.path(PAGE);
    let folder = repo.path("docs");
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, text));
    written.map_err(|why| Failure::of(file.display(), why))
}

fn load(store: &Store) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for system in SYSTEMS {
        let Some(peer) = system.peer else { continue };
        for package in system.packages {
            if let (Some(native), Some(here)) = (store.load(peer.name, package), store.load(system.name, package)) {
                pairs.push(Pair { system, native, here });
            }
        }
    }
    pairs
}

fn render(pairs: &[Pair], reasons: &[Reason]) -> String {
    let mut text = String::from(HEAD);
    summary(&mut text, pairs);
    for system in SYSTEMS {
        let own: Vec<&Pair> = pairs.iter().filter(|pair| pair.system.name == system.name).collect();
        if !own.is_empty() {
            let _ = writeln!(text, "\n## {}\n", system.name);
            packages(&mut text, &own);
            failures(&mut text, &own, reasons);
        }
    }
    text
}

fn summary(text: &mut String, pairs: &[Pair]) {
    text.push_str("\n| system | packages | pass natively | of these pass | share | skip themselves |\n|---|---|---|---|---|---|\n");
    for system in SYSTEMS {
        let own = pairs.iter().filter(|pair| pair.system.name == system.name);
        let packages = own.clone().count();
        let sum = own.fold(Compared::default(), |sum, pair| {
            let one = pair.here.against(&pair.native);
            Compared {
                wanted: sum.wanted + one.wanted,
                passed: sum.passed + one.passed,
                skipped: sum.skipped + one.skipped,
            }
        });
        let all = system.packages.len();
        let share = percent(sum);
        let _ = writeln!(
            text,
            "| {} | {packages} of {all} | {} | {} | {share} | {} |",
            system.name, sum.wanted, sum.passed, sum.skipped
        );
    }
}

fn percent(compared: Compared) -> String {
    match compared.wanted {
        0 => "-".to_owned(),
        // Rounded down: 100 % means all.
        wanted => {
            let tenths = compared.passed * 1000 / wanted;
            format!("{}.{} %", tenths / 10, tenths % 10)
        }
    }
}

fn packages(text: &mut String, pairs: &[&Pair]) {
    text.push_str("| package | passed | failed | skipped | passed natively | share | seconds | natively |\n|---|---|---|---|---|---|---|---|\n");
    for pair in pairs {
        let short = if pair.here.mode == Mode::Short { " (short)" } else { "" };
        let _ = writeln!(
            text,
            "| {}{short} | {} | {} | {} | {} | {} | {:.1} | {:.1} |",
            pair.here.package,
            pair.here.count(Status::Passed),
            pair.here.failed(),
            pair.here.count(Status::Skipped),
            pair.native.count(Status::Passed),
            percent(pair.here.against(&pair.native)),
            pair.here.seconds,
            pair.native.seconds,
        );
    }
}

fn failures(text: &mut String, pairs: &[&Pair], reasons: &[Reason]) {
    let mut rows = String::new();
    for pair in pairs {
        for (name, test) in pair.here.tests.iter().filter(|(_, test)| test.status.is_failure()) {
            let package = &pair.here.package;
            let natively = pair.native.tests.get(name).map_or("has no such test", |test| test.status.name());
            let reason = reasons.iter().find(|reason| reason.is_for(package, pair.system, name));
            let (whose, why) = reason.map_or(("", "no reason written yet"), |reason| (&reason.whose, &reason.text));
            let _ = writeln!(rows, "| {package} | {name} | {} | {natively} | {whose} | {why} |", test.status.name());
        }
    }
    if !rows.is_empty() {
        text.push_str("\n| package | test | here | natively | whose | reason |\n|---|---|---|---|---|---|\n");
        text.push_str(&rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::result::Test;

    fn results(system: &str, status: Status) -> Results {
        let test = Test { status, output: String::new() };
        let tests = [("TestA".to_owned(), test)].into();
        Results { system: system.to_owned(), package: "os".to_owned(), mode: Mode::Full, seconds: 1.0, tests }
    }

    #[test]
    fn a_failure_without_a_reason_says_so() {
        let native = results(table::NATIVE.name, Status::Passed);
        let netbsd = SYSTEMS.iter().find(|system| system.name == "netbsd").unwrap();
        let pair = Pair { system: netbsd, native, here: results("netbsd", Status::Hung) };
        let text = render(&[pair], &[]);
        assert!(text.contains("| os | TestA | hang | pass |  | no reason written yet |"), "{text}");
        assert!(text.contains("| netbsd | 1 of 23 | 1 | 0 | 0.0 % | 0 |"), "{text}");
    }

    #[test]
    fn all_but_one_is_not_all() {
        assert_eq!(percent(Compared { wanted: 3000, passed: 2999, skipped: 0 }), "99.9 %");
    }
}
