//! Every call the kernel answers, by topic. A new topic is a file with its rows and a line here.

use super::{attributes, copy, exec, ids, io, memory, names, net, open, pidfd, place};
use super::{process, signal, stat, system, time};
use crate::call::Row;

/// The rows of every topic.
pub(crate) const GROUPS: &[&[Row]] = &[
    attributes::ROWS,
    copy::ROWS,
    exec::ROWS,
    ids::ROWS,
    io::ROWS,
    memory::ROWS,
    names::ROWS,
    net::ROWS,
    open::ROWS,
    pidfd::ROWS,
    place::ROWS,
    process::ROWS,
    signal::ROWS,
    stat::ROWS,
    system::ROWS,
    time::ROWS,
];
