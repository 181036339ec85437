//! Where things are in the repository.

use crate::{Failure, Outcome};
use std::path::{Path, PathBuf};

/// The host triple the release program is built for.
const RELEASE_TARGET: &str = "x86_64-unknown-linux-musl";

/// A checkout of the project.
pub(crate) struct Repo {
    root: PathBuf,
}

impl Repo {
    /// The checkout this program was built from, or the one around the working directory.
    pub(crate) fn find() -> Outcome<Repo> {
        let here = std::env::current_dir().map_err(|why| Failure::of("working directory", why))?;
        here.ancestors()
            .find(|dir| dir.join("xtask/Cargo.toml").is_file())
            .map(|dir| Repo { root: dir.to_owned() })
            .ok_or_else(|| Failure::new("not inside a checkout of the project"))
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.join(inside)
    }

    /// The ignored folder of toolchains, built guests and results.
    pub(crate) fn guests(&self) -> PathBuf {
        self.path(".guests")
    }

    /// The folder cargo puts release programs in.
    pub(crate) fn release_dir(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), PathBuf::from);
        target.join(RELEASE_TARGET).join("release")
    }

    /// The release build of the command itself.
    pub(crate) fn ashore(&self) -> PathBuf {
        self.release_dir().join("ashore")
    }
}
