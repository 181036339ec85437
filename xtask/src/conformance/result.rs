//! What became of each test of one package on one system, and where that is kept.

use super::build::file_name;
use crate::{Failure, Outcome, Repo};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// What became of a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    /// It passed.
    Passed,
    /// It said it failed.
    Failed,
    /// It said it does not apply.
    Skipped,
    /// It was running when the time was over.
    Hung,
    /// It was running when the program died.
    Crashed,
    /// The program never got to it.
    Unreached,
}

const STATUSES: &[(Status, &str)] = &[
    (Status::Passed, "pass"),
    (Status::Failed, "fail"),
    (Status::Skipped, "skip"),
    (Status::Hung, "hang"),
    (Status::Crashed, "crash"),
    (Status::Unreached, "not reached"),
];

impl Status {
    /// The word for files and pages.
    pub(super) fn name(self) -> &'static str {
        STATUSES.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    fn named(name: &str) -> Option<Status> {
        STATUSES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }

    /// Whether the test neither passed nor was skipped.
    pub(super) fn is_failure(self) -> bool {
        !matches!(self, Status::Passed | Status::Skipped)
    }
}

/// Whether the tests were asked to be quick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    /// Everything.
    Full,
    /// With `-test.short`.
    Short,
}

/// One test.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Test {
    /// What became of it.
    pub(super) status: Status,
    /// The beginning of what it wrote.
    pub(super) output: String,
}

/// The tests of one package on one system.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Results {
    /// Go's name of the system.
    pub(super) system: String,
    /// The package's path.
    pub(super) package: String,
    /// How the tests were asked to run.
    pub(super) mode: Mode,
    /// How long all runs took.
    pub(super) seconds: f64,
    /// The tests by name; subtests belong to their test.
    pub(super) tests: BTreeMap<String, Test>,
}

/// How results compare with native ones.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Compared {
    /// Tests that pass natively and were not skipped here.
    pub(super) wanted: usize,
    /// Those of them that pass here.
    pub(super) passed: usize,
    /// Tests that pass natively and skip themselves here.
    pub(super) skipped: usize,
}

impl Results {
    /// How many tests have this status.
    pub(super) fn count(&self, status: Status) -> usize {
        self.tests.values().filter(|test| test.status == status).count()
    }

    /// How many tests did not end well.
    pub(super) fn failed(&self) -> usize {
        self.tests.values().filter(|test| test.status.is_failure()).count()
    }

    /// The comparison with the native results.
    pub(super) fn against(&self, native: &Results) -> Compared {
        let mut compared = Compared::default();
        for (name, test) in &self.tests {
            match (native.tests.get(name).map(|test| test.status), test.status) {
                (Some(Status::Passed), Status::Skipped) => compared.skipped += 1,
                (Some(Status::Passed), status) => {
                    compared.wanted += 1;
                    compared.passed += usize::from(status == Status::Passed);
                }
                _ => {}
            }
        }
        compared
    }

    fn to_json(&self) -> Value {
        let tests: Map<String, Value> = self
            .tests
            .iter()
            .map(|(name, test)| (name.clone(), json!({"status": test.status.name(), "output": test.output})))
            .collect();
        json!({
            "system": self.system,
            "package": self.package,
            "short": self.mode == Mode::Short,
            "seconds": self.seconds,
            "tests": tests,
        })
    }

    fn from_json(json: &Value) -> Option<Results> {
        let test = |(name, value): (&String, &Value)| {
            let status = Status::named(value.get("status")?.as_str()?)?;
            Some((name.clone(), Test { status, output: value.get("output")?.as_str()?.to_owned() }))
        };
        Some(Results {
            system: json.get("system")?.as_str()?.to_owned(),
            package: json.get("package")?.as_str()?.to_owned(),
            mode: if json.get("short")?.as_bool()? { Mode::Short } else { Mode::Full },
            seconds: json.get("seconds")?.as_f64()?,
            tests: json.get("tests")?.as_object()?.iter().map(test).collect::<Option<_>>()?,
        })
    }
}

/// The folder of results.
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    /// The folder of this checkout.
    pub(super) fn new(repo: &Repo) -> Store {
        Store { folder: repo.guests().join("conformance/results") }
    }

    /// The kept results, if any can be read.
    pub(super) fn load(&self, system: &str, package: &str) -> Option<Results> {
        let text = fs::read_to_string(self.file(system, package)).ok()?;
        Results::from_json(&serde_json::from_str(&text).ok()?)
    }

    /// Keeps results in place of older ones.
    pub(super) fn save(&self, results: &Results) -> Outcome {
        let file = self.file(&results.system, &results.package);
        let text = format!("{:#}\n", results.to_json());
        let folder = self.folder.join(&results.system);
        let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, text));
        kept.map_err(|why| Failure::of(file.display(), why))
    }

    fn file(&self, system: &str, package: &str) -> PathBuf {
        self.folder.join(system).join(format!("{}.json", file_name(package)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(tests: &[(&str, Status)]) -> Results {
        let test = |status: &Status| Test { status: *status, output: "line\n".to_owned() };
        let tests = tests.iter().map(|(name, status)| ((*name).to_owned(), test(status))).collect();
        Results { system: "s".to_owned(), package: "a/b".to_owned(), mode: Mode::Short, seconds: 1.5, tests }
    }

    #[test]
    fn results_survive_being_kept() {
        let all: Vec<(&str, Status)> = STATUSES.iter().map(|(status, name)| (*name, *status)).collect();
        let before = results(&all);
        assert_eq!(Results::from_json(&before.to_json()), Some(before));
    }

    #[test]
    fn only_tests_that_pass_natively_are_wanted() {
        let native =
            results(&[("A", Status::Passed), ("B", Status::Failed), ("C", Status::Passed), ("D", Status::Passed)]);
        let here = results(&[
            ("A", Status::Passed),
            ("B", Status::Failed),
            ("C", Status::Hung),
            ("D", Status::Skipped),
            ("E", Status::Passed),
        ]);
        assert_eq!(here.against(&native), Compared { wanted: 2, passed: 1, skipped: 1 });
    }
}
