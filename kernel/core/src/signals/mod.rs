//! Signals.

use crate::lock::Lock;
use ashore_pivot::SigSet;

/// A thread's signals.
#[derive(Debug, Default)]
pub struct ThreadSignals {
    /// Those it holds back.
    pub mask: SigSet,
}

/// Signals for a process as a whole.
#[derive(Debug, Default)]
pub struct ProcessSignals {}

/// What to do about each signal.
#[derive(Debug, Default)]
pub struct Actions {
    /// What changes.
    pub inner: Lock<()>,
}
