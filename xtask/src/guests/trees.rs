//! Trees of Debian's arm64 packages with all they depend on: what `--root` is given for dynamically linked programs.

use super::debian;
use crate::{Outcome, Repo};
use std::path::PathBuf;

/// A tree.
pub(crate) struct Tree {
    /// Its folder, in `.guests/debian`.
    pub(crate) name: &'static str,
    /// What is asked for.
    packages: &'static [&'static str],
}

/// Every tree.
pub(crate) static TREES: &[Tree] = &[USUAL_TREE, LARGE_TREE];

/// The one that the tests need.
pub(crate) static USUAL: &Tree = &TREES[0];

/// The one with a compiler.
pub(crate) static LARGE: &Tree = &TREES[1];

/// Shells, interpreters and a database.
const USUAL_TREE: Tree = Tree {
    name: "tree",
    packages: &[
        "bash",
        "coreutils",
        "grep",
        "sed",
        "mawk",
        "findutils",
        "diffutils",
        "perl-base",
        "python3",
        "sqlite3",
        "busybox-static",
    ],
};

/// What a person may want to try beside it: a compiler, its tools, tests of Python itself.
const LARGE_TREE: Tree = Tree {
    name: "tree-large",
    packages: &[
        "bash",
        "coreutils",
        "grep",
        "sed",
        "gawk",
        "mawk",
        "findutils",
        "tar",
        "gzip",
        "perl",
        "python3",
        "libpython3.11-testsuite",
        "sqlite3",
        "openssl",
        "git",
        "gcc",
        "libc6-dev",
        "libatomic1",
        "libstdc++6",
        "ca-certificates",
        "busybox-static",
    ],
};

/// Makes a tree unless it is there, and tells its folder.
pub(crate) fn make(repo: &Repo, tree: &Tree) -> Outcome<PathBuf> {
    debian::complete_tree(repo, tree.name, tree.packages)
}
