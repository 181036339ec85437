//! Every call of Linux on AArch64, ascending by number.
//!
//! A call is the one of the same name on x86-64 under its number here: its row there says how it is answered. The rows below
//! stand for themselves: calls whose words or records differ between the two CPUs.

use super::{calls, files};
use crate::Row;
use crate::linux::table;
use ashore_pivot::ROWS;

/// The calls that differ.
static OWN: &[Row] = &[
    Row::custom(21, "epoll_ctl(epfd: fd, op: enum.epollctl, fd: fd, event: in.epoll_event) -> int", files::epoll_ctl),
    Row::custom(
        22,
        "epoll_pwait(epfd: fd, events: out.epoll_event[ret], max: int, timeout: int, mask: sigset, setsize: size) -> int",
        files::epoll_pwait,
    ),
    Row::custom(25, "fcntl(fd: fd, command: enum.fcntl, arg: hex) -> int", files::fcntl),
    Row::custom(56, "openat(dir: dirfd, path: path, flags: flags.open, mode: mode) -> fd", files::openat),
    Row::custom(59, "pipe2(fds: out.pipe, flags: flags.open) -> int", files::pipe2),
    Row::custom(79, "newfstatat(dir: dirfd, path: path, stat: out.stat, flags: flags.at) -> int", files::newfstatat),
    Row::custom(80, "fstat(fd: fd, stat: out.stat) -> int", files::fstat),
    Row::custom(132, "sigaltstack(new: in.stack, old: out.stack) -> int", calls::sigaltstack),
    Row::custom(160, "uname(buf: ptr) -> int", calls::uname),
    Row::custom(
        220,
        "clone(flags: flags.clone, stack: ptr, parent_tid: ptr, tls: ptr, child_tid: ptr) -> pid",
        calls::clone,
    )
    .partial("a child that is no thread has a copy of the memory, shared or not"),
    Row::custom(
        222,
        "mmap(addr: ptr, len: size, prot: flags.prot, flags: flags.mmap, fd: fd, offset: off) -> ptr",
        calls::mmap,
    )
    .partial("landing pads are not checked"),
    Row::custom(226, "mprotect(addr: ptr, len: size, prot: flags.prot) -> int", calls::mprotect)
        .partial("landing pads are not checked"),
    Row::custom(265, "open_by_handle_at(mount: fd, handle: ptr, flags: flags.open) -> fd", files::open_by_handle_at),
    Row::custom(293, "rseq(area: ptr, len: uint, flags: hex, signature: hex) -> int", calls::rseq)
        .partial("refused, as by a kernel without it: programs have another way"),
    Row::custom(425, "io_uring_setup(entries: uint, params: ptr) -> fd", calls::missing)
        .partial("refused, as by a kernel without it: what is asked through it has records of another CPU"),
    Row::custom(437, "openat2(dir: dirfd, path: path, how: ptr, size: size) -> fd", files::openat2),
    Row::custom(
        441,
        "epoll_pwait2(epfd: fd, events: out.epoll_event[ret], max: int, timeout: in.timespec, mask: sigset, setsize: size) -> int",
        files::epoll_pwait2,
    ),
];

/// The highest number there is room for.
const HIGHEST: usize = 511;

/// The call of every number that has one.
static BY_NUMBER: [Option<Row>; HIGHEST + 1] = {
    let mut calls = [None; HIGHEST + 1];
    let mut at = 0;
    while at < ROWS.len() {
        if let (Some(x86_64), Some(generic)) = (ROWS[at].x86_64, ROWS[at].generic) {
            let mut there = 0;
            while table::CALLS[there].number != x86_64 {
                there += 1;
            }
            calls[generic as usize] = Some(Row { number: generic, ..table::CALLS[there] });
        }
        at += 1;
    }
    at = 0;
    while at < OWN.len() {
        let number = OWN[at].number as usize;
        assert!(calls[number].is_some(), "the call must have a number in the pivot");
        calls[number] = Some(OWN[at]);
        at += 1;
    }
    calls
};

/// How many calls there are.
const COUNT: usize = {
    let (mut count, mut number) = (0, 0);
    while number <= HIGHEST {
        count += BY_NUMBER[number].is_some() as usize;
        number += 1;
    }
    count
};

/// The calls.
pub static CALLS: &[Row] = &{
    let mut calls = [Row::missing(0, ""); COUNT];
    let (mut at, mut number) = (0, 0);
    while number <= HIGHEST {
        if let Some(row) = BY_NUMBER[number] {
            calls[at] = row;
            at += 1;
        }
        number += 1;
    }
    calls
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Does, Support};

    #[test]
    fn the_table_holds_each_call_of_the_pivot_once_and_its_own_rows() {
        let numbers = ROWS.iter().filter(|row| row.x86_64.is_some()).filter_map(|row| row.generic);
        assert_eq!(numbers.count(), CALLS.len());
        assert!(CALLS.is_sorted_by(|a, b| a.number < b.number));
        for row in OWN {
            let known = crate::row_of(CALLS, u64::from(row.number)).expect("a call");
            assert_eq!(known.signature, row.signature);
        }
        for row in CALLS {
            let sys = ROWS.iter().find(|sys| sys.x86_64.is_some() && sys.generic == Some(row.number)).expect("a call");
            assert_eq!(sys.name, row.name());
            assert!(row.support != Support::Missing || matches!(row.does, Does::Missing));
        }
    }
}
