//! What tests of the command share: guests, folders, and what was said.
#![allow(dead_code, reason = "no test uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};

/// The systems that guests are built for.
pub const SYSTEMS: [&str; 4] = ["linux", "dragonfly", "freebsd", "netbsd"];

/// A program of one kind, built for a system: `out` holds the guests of the cases, `explain` those that fail on purpose.
pub fn built(kind: &str, system: &str, name: &str) -> PathBuf {
    built_for(kind, &format!("{system}-amd64"), name)
}

/// The same for a system on a CPU: `linux-arm64`.
pub fn built_for(kind: &str, target: &str, name: &str) -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests");
    let out =
        std::env::var_os("ASHORE_GUESTS").filter(|_| kind == "out").map_or_else(|| guests.join(kind), PathBuf::from);
    let path = out.join(target).join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path.canonicalize().unwrap()
}

/// A guest of the cases.
pub fn guest(system: &str, name: &str) -> PathBuf {
    built("out", system, name)
}

/// A fresh folder of one test.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", env!("CARGO_CRATE_NAME")));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

/// What was said.
pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Whether a text holds all of these, one behind the other.
pub fn has_in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let Some(at) = rest.find(word) else { panic!("no {word:?} (of {words:?}) in:\n{text}") };
        rest = &rest[at + word.len()..];
    }
}
