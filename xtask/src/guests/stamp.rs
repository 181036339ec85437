//! Whether what was built still belongs to its sources.

use crate::{Failure, Outcome};
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

/// The file beside the programs: the first line is the stamp, the others name what was built.
const FILE: &str = ".stamp";

/// A digest of everything a build depends on.
///
/// Not a cryptographic one: it notices edits, it does not guard against an attacker.
pub(crate) struct Stamp(DefaultHasher);

impl Stamp {
    /// The digest of nothing.
    pub(crate) fn new() -> Stamp {
        Stamp(DefaultHasher::new())
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Adds a file's path and content.
    pub(crate) fn file(&mut self, path: &Path) {
        self.text(&path.to_string_lossy());
        self.bytes(&fs::read(path).unwrap_or_default());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.write_usize(bytes.len());
        self.0.write(bytes);
    }

    fn line(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

/// Whether `out` holds what `stamp` stands for, and every program built then is still there.
pub(crate) fn holds(out: &Path, stamp: &Stamp) -> bool {
    let Ok(text) = fs::read_to_string(out.join(FILE)) else { return false };
    let mut lines = text.lines();
    lines.next() == Some(&stamp.line()) && lines.all(|name| out.join(name).is_file())
}

/// Notes that `built` in `out` belongs to `stamp`.
pub(crate) fn write(out: &Path, stamp: &Stamp, built: &[String]) -> Outcome {
    let mut text = stamp.line();
    for name in built {
        text.push('\n');
        text.push_str(name);
    }
    fs::write(out.join(FILE), text).map_err(|why| Failure::of(out.display(), why))
}

/// Forgets what was built in `out`.
pub(crate) fn remove(out: &Path) -> Outcome {
    match fs::remove_file(out.join(FILE)) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(Failure::of(out.display(), why)),
        _ => Ok(()),
    }
}
