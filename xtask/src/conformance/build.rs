//! Test programs of Go's packages, for any system.

use super::table::System;
use crate::guests::{Toolchain, USUAL_CPU};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::PathBuf;

/// The test program of `package` for `system`, built if it is not there.
///
/// The toolchain is pinned, so what was built once stays right; a new pin brings a new folder.
pub(super) fn test_program(repo: &Repo, tools: &Toolchain, system: &System, package: &str) -> Outcome<PathBuf> {
    let target = match system.cpu {
        USUAL_CPU => system.os.to_owned(),
        cpu => format!("{}-{cpu}", system.os),
    };
    let folder = repo.guests().join("conformance/bin").join(tools.go_version()).join(target);
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let program = folder.join(format!("{}.test", file_name(package)));
    if program.is_file() {
        return Ok(program);
    }
    let mut go = tools.go_on(system.os, system.cpu);
    // Inside the standard library's own module, so that its vendored packages are found.
    go.current_dir(tools.goroot().join("src")).env("GOFLAGS", "");
    shell::run(go.args(["test", "-c", "-p", "2", "-o"]).arg(&program).arg(package))?;
    if !program.is_file() {
        return Err(Failure::new(format!("{package} has no tests for {}", system.name)));
    }
    Ok(program)
}

/// A package's path as one file name.
pub(super) fn file_name(package: &str) -> String {
    package.replace('/', "_")
}
