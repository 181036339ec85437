//! Linux's signals in gdb's own numbering, which its protocol uses whatever the system.

use ashore_pivot::Signal;
use gdbstub::common;

/// gdb's number of each of Linux's first 31 signals, the first for signal 1.
const NUMBERS: [u8; 31] = [
    1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, UNKNOWN, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23,
    32, 12,
];
const UNKNOWN: u8 = 143;
/// gdb has 33 to 63 in a row, and 32 and 64 apart.
const REALTIME: u8 = 45;
const REALTIME_32: u8 = 77;
const REALTIME_64: u8 = 78;

/// gdb's number of a signal.
pub(super) fn to_gdb(signal: Signal) -> common::Signal {
    common::Signal(match signal.0 {
        n @ 1..=31 => NUMBERS.get(usize::from(n) - 1).copied().unwrap_or(UNKNOWN),
        32 => REALTIME_32,
        n @ 33..=63 => REALTIME + (n - 33),
        64 => REALTIME_64,
        _ => UNKNOWN,
    })
}

/// The signal of gdb's number.
pub(super) fn from_gdb(number: common::Signal) -> Option<Signal> {
    (1..=64).map(Signal).find(|signal| number.0 != UNKNOWN && to_gdb(*signal) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_the_known_ones_are_right() {
        for number in (1..=64).filter(|n| *n != 16) {
            assert_eq!(from_gdb(to_gdb(Signal(number))), Some(Signal(number)));
        }
        let known = [(Signal::URG, common::Signal::SIGURG), (Signal::SEGV, common::Signal::SIGSEGV)];
        for (signal, number) in known {
            assert_eq!(to_gdb(signal), number);
        }
        for (signal, number) in [
            (Signal::BUS, common::Signal::SIGBUS),
            (Signal::CHLD, common::Signal::SIGCHLD),
            (Signal::CONT, common::Signal::SIGCONT),
            (Signal::SYS, common::Signal::SIGSYS),
            (Signal(10), common::Signal::SIGUSR1),
            (Signal(12), common::Signal::SIGUSR2),
            (Signal(29), common::Signal::SIGIO),
            (Signal(33), common::Signal::SIG33),
            (Signal(64), common::Signal::SIG64),
        ] {
            assert_eq!(to_gdb(signal), number);
        }
        assert_eq!(from_gdb(common::Signal(0)), None);
    }
}
