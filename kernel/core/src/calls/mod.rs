//! The calls of Linux that the kernel answers.

mod attributes;
mod copy;
pub(crate) mod exec;
mod fcntl;
mod ids;
mod inotify;
mod io;
pub(crate) mod memory;
mod names;
mod net;
mod open;
pub(crate) mod pidfd;
mod pipes;
mod place;
mod poll;
mod priority;
mod process;
pub(crate) mod signal;
mod splice;
mod stat;
pub(crate) mod system;
mod table;
pub(crate) mod time;
pub(crate) mod user;
mod xattr;

use crate::call::{Answer, Call, Restart, Row, Stop};
use crate::quick::{self, Handlers, NUMBERS};
use ashore_pivot::{Errno, Sys};

/// The number on AArch64 of a call.
const fn generic(sys: Sys) -> Option<u16> {
    let mut at = 0;
    while at < ashore_pivot::ROWS.len() {
        if ashore_pivot::ROWS[at].sys.0 == sys.0 {
            return ashore_pivot::ROWS[at].generic;
        }
        at += 1;
    }
    None
}

static BY_NUMBER: [Option<Row>; NUMBERS] = by_number();

const fn by_number() -> [Option<Row>; NUMBERS] {
    let mut all = [None; NUMBERS];
    let mut group = 0;
    while group < table::GROUPS.len() {
        let rows = table::GROUPS[group];
        let mut at = 0;
        while at < rows.len() {
            let number = match generic(rows[at].sys) {
                Some(number) => number as usize,
                None => panic!("a call that AArch64 does not have"),
            };
            assert!(all[number].is_none(), "two rows for one call");
            all[number] = Some(rows[at]);
            at += 1;
        }
        group += 1;
    }
    all
}

/// The handlers of quick calls.
pub(crate) static QUICK: Handlers = quickly();

const fn quickly() -> Handlers {
    let mut all = quick::NONE;
    let mut at = 0;
    while at < table::QUICK.len() {
        let (sys, handler) = table::QUICK[at];
        match generic(sys) {
            Some(number) => all[number as usize] = Some(handler),
            None => panic!("a call that AArch64 does not have"),
        }
        at += 1;
    }
    all
}

/// Answers a call by its number.
#[inline]
pub(crate) fn answer(call: &mut Call<'_>, number: u64) -> Answer {
    match BY_NUMBER.get(number as usize) {
        Some(Some(row)) => (row.handler)(call),
        _ => Err(Stop::Errno(Errno::ENOSYS)),
    }
}

/// The call of a number, if the kernel answers it.
pub(crate) fn sys(number: u64) -> Option<Sys> {
    BY_NUMBER.get(number as usize).copied().flatten().map(|row| row.sys)
}

/// What a call gives when a signal interrupts it.
pub(crate) fn restart(number: u64) -> Restart {
    BY_NUMBER.get(number as usize).copied().flatten().map_or(Restart::Never, |row| row.restart)
}
