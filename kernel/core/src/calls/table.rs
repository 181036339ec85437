//! Every call the kernel answers, by topic. A new topic is a file with its rows and a line here.

use super::basic;
use crate::call::Row;

/// The rows of every topic.
pub(crate) const GROUPS: &[&[Row]] = &[basic::ROWS];
