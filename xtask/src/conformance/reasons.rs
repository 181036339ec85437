//! Why tests fail, as a person wrote it in `tests/conformance-reasons.toml`.
//!
//! ```toml
//! [[reason]]
//! package = "os"
//! test = "TestNamed"          # or a beginning, with a star: "TestKqueue*"
//! systems = ["netbsd"]        # by Go's names or ours, "netbsd-arm64"; every system when missing
//! whose = "ours"              # or "test"
//! reason = "what is missing, or the evidence that the test is at fault"
//! ```

use super::table::System;
use crate::{Failure, Outcome, Repo};
use std::fs;

/// Where the reasons are.
const FILE: &str = "tests/conformance-reasons.toml";

/// One reason.
#[derive(Debug)]
pub(super) struct Reason {
    package: String,
    test: String,
    systems: Vec<String>,
    /// `ours` or `test`.
    pub(super) whose: String,
    /// The line.
    pub(super) text: String,
}

/// Reads the reasons; no file means no reasons.
pub(super) fn read(repo: &Repo) -> Outcome<Vec<Reason>> {
    match fs::read_to_string(repo.path(FILE)) {
        Ok(text) => parse(&text).map_err(|why| Failure::of(FILE, why)),
        Err(_) => Ok(Vec::new()),
    }
}

fn parse(text: &str) -> Result<Vec<Reason>, String> {
    let table: toml::Table = text.parse().map_err(|why: toml::de::Error| why.to_string())?;
    let rows = table.get("reason").and_then(toml::Value::as_array);
    rows.into_iter().flatten().map(reason).collect()
}

fn reason(row: &toml::Value) -> Result<Reason, String> {
    let text = |key: &str| match row.get(key).and_then(toml::Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("a reason without {key}: {row:?}")),
    };
    let systems = row.get("systems").and_then(toml::Value::as_array).into_iter().flatten();
    let whose = text("whose")?;
    if !matches!(whose.as_str(), "ours" | "test") {
        return Err(format!("whose is ours or test, not {whose}"));
    }
    Ok(Reason {
        package: text("package")?,
        test: text("test")?,
        systems: systems.filter_map(toml::Value::as_str).map(str::to_owned).collect(),
        whose,
        text: text("reason")?,
    })
}

impl Reason {
    /// Whether this is the reason for a failure.
    pub(super) fn is_for(&self, package: &str, system: &System, test: &str) -> bool {
        let name = match self.test.strip_suffix('*') {
            Some(start) => test.starts_with(start),
            None => self.test == test,
        };
        name && self.package == package
            && (self.systems.is_empty() || self.systems.iter().any(|s| s == system.os || s == system.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::table::SYSTEMS;

    #[test]
    fn a_reason_is_found_by_package_system_and_name() {
        let text = "[[reason]]\npackage = \"os\"\ntest = \"TestA*\"\nsystems = [\"netbsd\"]\nwhose = \"ours\"\nreason = \"x\"\n";
        let reasons = parse(text).unwrap();
        let system = |name: &str| SYSTEMS.iter().find(|system| system.name == name).unwrap();
        let found = |package, name, test| reasons.iter().any(|reason| reason.is_for(package, system(name), test));
        assert!(found("os", "netbsd", "TestAll"));
        assert!(found("os", "netbsd-arm64", "TestAll"));
        assert!(!found("os", "freebsd", "TestAll"));
        assert!(!found("net", "netbsd", "TestAll"));
        assert!(!found("os", "netbsd", "TestB"));
    }

    #[test]
    fn a_reason_without_its_line_is_refused() {
        assert!(parse("[[reason]]\npackage = \"os\"\ntest = \"TestA\"\nwhose = \"ours\"\n").is_err());
        assert!(parse("[[reason]]\npackage = \"os\"\ntest = \"T\"\nwhose = \"him\"\nreason = \"x\"\n").is_err());
    }
}
