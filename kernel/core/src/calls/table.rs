//! Every call the kernel answers, by topic. A new topic is a file with its rows and a line here.

use super::*;
use crate::quick::Quick;

/// The rows of every topic.
pub(crate) const GROUPS: &[&[Row]] = &[
    attributes::ROWS,
    copy::ROWS,
    exec::ROWS,
    fcntl::ROWS,
    ids::ROWS,
    inotify::ROWS,
    io::ROWS,
    memory::ROWS,
    names::ROWS,
    net::ROWS,
    open::ROWS,
    pidfd::ROWS,
    pipes::ROWS,
    place::ROWS,
    poll::ROWS,
    priority::ROWS,
    process::ROWS,
    signal::ROWS,
    splice::ROWS,
    stat::ROWS,
    system::ROWS,
    time::ROWS,
    xattr::ROWS,
];

/// Handlers for where most registers of the caller are still in the CPU.
pub(crate) const QUICK: &[(Sys, Quick)] = &[
    (Sys::GETPID, process::getpid_quickly),
    (Sys::GETTID, process::gettid_quickly),
    (Sys::GETUID, ids::getuid_quickly),
    (Sys::CLOCK_GETTIME, time::clock_gettime_quickly),
];
