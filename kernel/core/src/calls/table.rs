//! Every call the kernel answers, by topic. A new topic is a file with its rows and a line here.

use super::{ids, memory, pidfd, process, signal, system, time};
use crate::call::Row;

/// The rows of every topic.
pub(crate) const GROUPS: &[&[Row]] =
    &[ids::ROWS, memory::ROWS, pidfd::ROWS, process::ROWS, signal::ROWS, system::ROWS, time::ROWS];
