//! Tests that are expected to fail, each with a reason: `tests/skip.toml`.
//!
//! The file holds rows of one form, which is all this reads:
//!
//! ```text
//! [[skip]]
//! test = "netbsd/kqueue"
//! reason = "vnode filters are missing"
//! row = "netbsd kevent"
//! ```

use std::io::ErrorKind;
use std::path::Path;

/// The rows of the file.
pub(crate) struct Skips {
    rows: Vec<Row>,
}

#[derive(Default)]
struct Row {
    test: String,
    reason: String,
    row: String,
}

impl Skips {
    /// Reads the file; a file that does not exist has no rows.
    pub(crate) fn read(path: &Path) -> Result<Skips, String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Skips::parse(&text).map_err(|error| format!("{}: {error}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Skips { rows: Vec::new() }),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    fn parse(text: &str) -> Result<Skips, String> {
        let mut rows: Vec<Row> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line == "[[skip]]" {
                rows.push(Row::default());
                continue;
            }
            let value = line.split_once('=').and_then(|(key, value)| {
                let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
                Some((key.trim(), value.to_owned()))
            });
            match (value, rows.last_mut()) {
                (Some(("test", value)), Some(row)) => row.test = value,
                (Some(("reason", value)), Some(row)) => row.reason = value,
                (Some(("row", value)), Some(row)) => row.row = value,
                _ => return Err(format!("`{line}` is not understood")),
            }
        }
        let bare = rows.iter().find(|row| row.test.is_empty() || row.reason.is_empty() || row.row.is_empty());
        match bare {
            Some(row) => Err(format!("`{}`: a skip needs a test, a reason and a row", row.test)),
            None => Ok(Skips { rows }),
        }
    }

    /// The tests the file names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.test.as_str())
    }

    /// Why a test is expected to fail, if it is.
    pub(crate) fn reason(&self, test: &str) -> Option<&str> {
        self.rows.iter().find(|row| row.test == test).map(|row| row.reason.as_str())
    }
}
