//! Counts, errors and time by call.

use super::calls::Calls;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What one call cost so far.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    calls: u64,
    errors: u64,
    nanos: u64,
}

/// The counters of one call.
#[derive(Debug, Default)]
struct Counters {
    calls: AtomicU64,
    errors: AtomicU64,
    nanos: AtomicU64,
}

/// The summary of a process. Calls the system does not have are counted apart.
#[derive(Debug)]
pub(crate) struct Summary {
    known: Vec<Counters>,
    unknown: Mutex<BTreeMap<u64, Row>>,
}

impl Summary {
    /// A summary of calls with numbers below `count`.
    pub(crate) fn new(count: usize) -> Summary {
        Summary { known: (0..count).map(|_| Counters::default()).collect(), unknown: Mutex::default() }
    }

    /// Counts one call.
    pub(crate) fn count(&self, row: Option<&'static ashore_guest::Row>, number: u64, failed: bool, nanos: u64) {
        if let Some(counters) = row.and_then(|row| self.known.get(usize::from(row.number))) {
            counters.calls.fetch_add(1, Ordering::Relaxed);
            counters.errors.fetch_add(u64::from(failed), Ordering::Relaxed);
            counters.nanos.fetch_add(nanos, Ordering::Relaxed);
            return;
        }
        let mut rows = self.lock();
        let row = rows.entry(number).or_default();
        row.calls += 1;
        row.errors += u64::from(failed);
        row.nanos += nanos;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Row>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts anew, in the child of a fork.
    pub(crate) fn clear(&self) {
        self.lock().clear();
        for counters in &self.known {
            for counter in [&counters.calls, &counters.errors, &counters.nanos] {
                counter.store(0, Ordering::Relaxed);
            }
        }
    }

    /// The rows by name: a system may have several calls of one name.
    fn rows(&self, calls: &Calls) -> BTreeMap<String, Row> {
        let mut rows: BTreeMap<String, Row> =
            self.lock().iter().map(|(number, row)| (number_name(*number), *row)).collect();
        for (number, call) in calls.each() {
            let Some(counters) = self.known.get(number) else { continue };
            let count = counters.calls.load(Ordering::Relaxed);
            if count == 0 {
                continue;
            }
            let row = rows.entry(call.signature.name.to_owned()).or_default();
            row.calls += count;
            row.errors += counters.errors.load(Ordering::Relaxed);
            row.nanos += counters.nanos.load(Ordering::Relaxed);
        }
        rows
    }

    /// The table, the most expensive call first.
    pub(crate) fn print(&self, calls: &Calls) -> String {
        let rows = self.rows(calls);
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
        let _held = self.lock();
        fork()
    }
}

/// The name of a call the system does not have.
pub(crate) fn number_name(number: u64) -> String {
    format!("call_{number}")
}
