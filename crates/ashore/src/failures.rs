//! The records of the last runs that failed, in the user's state directory.
//!
//! Only their owner may read them. They are few and bounded; what cannot be kept is not kept, and nobody is told.

use ashore_debug::explain::{Account, Depth};
use serde_json::{Value, json};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How many records are kept.
const KEPT: usize = 16;
/// A longer record is not kept.
const LEN_MAX: usize = 1 << 20;
const ENDING: &str = "json";

/// Where records are kept: below `XDG_STATE_HOME`, or where the convention puts that.
pub(crate) fn directory() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("ashore/last"))
}

/// Keeps an account of an end.
pub(crate) fn keep(account: &Account<'_>) {
    let Some(directory) = directory() else { return };
    let mut record = account.json();
    if let Value::Object(fields) = &mut record {
        fields.insert("report".to_owned(), json!(account.text(Depth::Full)));
    }
    let text = record.to_string();
    if text.len() <= LEN_MAX {
        let _ = write(&directory, &text);
    }
}

fn write(directory: &Path, text: &str) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis());
    let name = format!("{millis:015}-{}", std::process::id());
    let (draft, path) = (directory.join(format!("{name}.new")), directory.join(format!("{name}.{ENDING}")));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&draft, &path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    remove_old(directory)?;
    written
}

/// Removes the oldest records, and drafts that nobody finished.
fn remove_old(directory: &Path) -> std::io::Result<()> {
    let names = list(directory)?;
    let spare = names.len().saturating_sub(KEPT);
    for path in names.iter().take(spare) {
        let _ = fs::remove_file(path);
    }
    Ok(())
}

/// Everything in the directory, the oldest first: names begin with the time.
fn list(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut names: Vec<PathBuf> = fs::read_dir(directory)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    Ok(names)
}

/// The record of the `nth` last run that failed, the latest being the first.
pub(crate) fn read(nth: usize) -> Result<Value, String> {
    let directory = directory().ok_or("neither XDG_STATE_HOME nor HOME says where records are kept")?;
    let names = list(&directory).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("no run that failed is recorded in {}", directory.display()),
        _ => format!("{}: {error}", directory.display()),
    })?;
    let mut records = names.iter().rev().filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
    let count = records.clone().count();
    let path = records.nth(nth.saturating_sub(1)).ok_or_else(|| match count {
        0 => format!("no run that failed is recorded in {}", directory.display()),
        _ => format!("only {count} runs that failed are recorded in {}", directory.display()),
    })?;
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
