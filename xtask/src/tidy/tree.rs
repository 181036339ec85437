//! The source tree as a value: files, dependency edges, documents.

use super::SourceFile;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where Rust sources are.
const SOURCE_FOLDERS: &[&str] = &["crates", "kernel", "xtask", "tests/runner", "tests/fuzzer"];

/// The documents whose names are checked.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md"];

/// A dependency of one workspace crate on another, for the product and not only for its tests.
pub(super) struct Edge {
    /// The crate that depends, without the project's prefix.
    pub(super) from: String,
    /// The crate it depends on, without the project's prefix.
    pub(super) to: String,
}

/// Everything the checks read.
#[derive(Default)]
pub(super) struct Tree {
    /// The Rust files.
    pub(super) files: Vec<SourceFile>,
    /// The dependencies between the crates.
    pub(super) edges: Vec<Edge>,
    /// The documents: path and text.
    pub(super) documents: Vec<(String, String)>,
    /// Every tracked path, and every folder that holds one.
    pub(super) paths: BTreeSet<String>,
}

impl Tree {
    /// The tree of a checkout.
    pub(super) fn read(repo: &Repo) -> Outcome<Tree> {
        let mut tree = Tree { edges: edges(repo)?, paths: paths(repo)?, ..Tree::default() };
        let rust = tree.paths.iter().filter(|path| {
            path.ends_with(".rs") && SOURCE_FOLDERS.iter().any(|folder| Path::new(path).starts_with(folder))
        });
        for path in rust {
            // A file just removed and not yet committed is still tracked.
            let Ok(text) = fs::read_to_string(repo.path(path)) else { continue };
            tree.files.push(SourceFile::new(path, &text));
        }
        tree.mark_test_modules();
        for document in DOCUMENTS {
            let text = fs::read_to_string(repo.path(document)).map_err(|why| Failure::of(document, why))?;
            tree.documents.push(((*document).to_owned(), text));
        }
        Ok(tree)
    }

    /// A tree of these Rust files and documents, for the tests of the checks.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            add_path(&mut tree.paths, path);
            if path.ends_with(".rs") {
                tree.files.push(SourceFile::new(path, text));
            } else {
                tree.documents.push(((*path).to_owned(), (*text).to_owned()));
            }
        }
        tree.mark_test_modules();
        tree
    }

    /// Files that are modules for tests only say so where they are declared, not in themselves.
    fn mark_test_modules(&mut self) {
        let tests: Vec<String> = self.files.iter().flat_map(SourceFile::test_module_paths).collect();
        for file in &mut self.files {
            let is_below = |module: &String| {
                let rest = file.path.strip_prefix(module.as_str());
                rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            if tests.iter().any(is_below) {
                file.set_test();
            }
        }
    }

    /// The names of the crates.
    pub(super) fn crates(&self) -> BTreeSet<&str> {
        self.files.iter().filter_map(SourceFile::crate_name).collect()
    }

    /// The root file of the crate `name`.
    pub(super) fn crate_root(&self, name: &str) -> Option<&SourceFile> {
        let folder = folder(name);
        let roots = [format!("{folder}/src/lib.rs"), format!("{folder}/src/main.rs")];
        roots.iter().find_map(|root| self.files.iter().find(|file| file.path == *root))
    }
}

/// Where a crate is.
pub(super) fn folder(name: &str) -> String {
    if name.starts_with("kernel/") { name.to_owned() } else { format!("crates/{name}") }
}

/// The dependencies between the crates of both workspaces.
fn edges(repo: &Repo) -> Outcome<Vec<Edge>> {
    let mut edges = edges_of(repo.root())?;
    edges.extend(edges_of(&repo.path("kernel"))?);
    Ok(edges)
}

/// The dependencies between a workspace's crates, as cargo understands them.
fn edges_of(workspace: &Path) -> Outcome<Vec<Edge>> {
    let text = shell::output(shell::cargo().current_dir(workspace).args([
        "metadata",
        "--no-deps",
        "--format-version=1",
        "--offline",
    ]))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|why| Failure::of("cargo metadata", why))?;
    let mut edges = Vec::new();
    for package in json["packages"].as_array().into_iter().flatten() {
        let from = short(package["name"].as_str().unwrap_or_default());
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["path"].is_string() && dependency["kind"].as_str() != Some("dev") {
                let to = short(dependency["name"].as_str().unwrap_or_default());
                edges.push(Edge { from: from.clone(), to });
            }
        }
    }
    Ok(edges)
}

fn short(package: &str) -> String {
    let name = package.strip_prefix("ashore-").unwrap_or(package);
    name.strip_prefix("kernel-").map_or_else(|| name.to_owned(), |kernel| format!("kernel/{kernel}"))
}

/// What git tracks or would track, so that ignored folders and build output are not read.
fn paths(repo: &Repo) -> Outcome<BTreeSet<String>> {
    let mut command = std::process::Command::new("git");
    command.current_dir(repo.root()).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut paths = BTreeSet::new();
    for path in shell::output(&mut command)?.lines() {
        add_path(&mut paths, path);
    }
    Ok(paths)
}

fn add_path(paths: &mut BTreeSet<String>, path: &str) {
    for ancestor in Path::new(path).ancestors() {
        paths.insert(ancestor.to_string_lossy().into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_declared_for_tests_is_a_test_file() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "#[cfg(test)]\nmod testing;\nmod other;\n"),
            ("crates/a/src/testing.rs", "fn f() {}"),
            ("crates/a/src/testing/more.rs", "fn f() {}"),
            ("crates/a/src/other.rs", "fn f() {}"),
        ]);
        let tests: Vec<bool> = tree.files.iter().map(|file| file.is_test(1)).collect();
        assert_eq!(tests, [true, true, true, false]);
    }
}
