//! Rows to come.

use super::Row;

/// The rows.
pub(super) static ROWS: &[Row] = &[];
