//! Counts, errors and time by call.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// What one call cost so far.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    calls: u64,
    errors: u64,
    nanos: u64,
}

/// The summary of a process.
#[derive(Debug, Default)]
pub(crate) struct Summary(Mutex<BTreeMap<String, Row>>);

impl Summary {
    /// Counts one call.
    pub(crate) fn count(&self, name: &str, failed: bool, nanos: u64) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !rows.contains_key(name) {
            rows.insert(name.to_owned(), Row::default());
        }
        if let Some(row) = rows.get_mut(name) {
            row.calls += 1;
            row.errors += u64::from(failed);
            row.nanos += nanos;
        }
    }

    /// Starts anew, in the child of a fork.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The table, the most expensive call first.
    pub(crate) fn print(&self) -> String {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<(&String, &Row)> = rows.iter().collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.nanos));
        let total = rows.iter().fold(Row::default(), |sum, (_, row)| Row {
            calls: sum.calls + row.calls,
            errors: sum.errors + row.errors,
            nanos: sum.nanos + row.nanos,
        });
        let mut out = String::from("% time     seconds  usecs/call     calls    errors call\n");
        for (name, row) in rows.into_iter().chain([(&"total".to_owned(), &total)]) {
            let share = 100.0 * row.nanos as f64 / total.nanos.max(1) as f64;
            let each = row.nanos / row.calls.max(1) / 1000;
            let errors = if row.errors == 0 { String::new() } else { row.errors.to_string() };
            let seconds = row.nanos as f64 / 1e9;
            let _ = writeln!(out, "{share:6.2} {seconds:11.6} {each:11} {:9} {errors:>9} {name}", row.calls);
        }
        out
    }

    /// Runs `fork` with nobody reading or changing this.
    pub(crate) fn around<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fork()
    }
}
