//! The BSDs' signal numbers and sets against Linux's.
//!
//! EMT and INFO have no Linux twin, nor have SIGTHR and its like: they travel as Linux's last real-time
//! signals, which nothing else uses, so that a program can send them and catch them. Default actions are
//! the host's, so a SIGINFO that is not caught ends a program where the BSDs would drop it.

use ashore_pivot::{SigSet, Signal};

/// How many signals a set has.
const SET_BITS: usize = 128;

/// The numbers all BSDs have, in Linux's order: (Linux, BSD).
const COMMON: &[(u8, u8)] = &[
    (1, 1),
    (2, 2),
    (3, 3),
    (4, 4),
    (5, 5),
    (6, 6),
    (7, 10),
    (8, 8),
    (9, 9),
    (10, 30),
    (11, 11),
    (12, 31),
    (13, 13),
    (14, 14),
    (15, 15),
    (17, 20),
    (18, 19),
    (19, 17),
    (20, 18),
    (21, 21),
    (22, 22),
    (23, 16),
    (24, 24),
    (25, 25),
    (26, 26),
    (27, 27),
    (28, 28),
    (29, 23),
    (31, 12),
    (63, 29),
    (64, 7),
];

/// The names of the common numbers.
const NAMES: &[&str] = &[
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGEMT",
    "SIGFPE",
    "SIGKILL",
    "SIGBUS",
    "SIGSEGV",
    "SIGSYS",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGURG",
    "SIGSTOP",
    "SIGTSTP",
    "SIGCONT",
    "SIGCHLD",
    "SIGTTIN",
    "SIGTTOU",
    "SIGIO",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGINFO",
    "SIGUSR1",
    "SIGUSR2",
];

/// The name of a number that all BSDs have.
pub fn name(number: u32) -> Option<&'static str> {
    NAMES.get((number as usize).checked_sub(1)?).copied()
}

/// One system's numbers.
pub struct Map {
    /// The system's number of each Linux signal, 0 where it has none.
    own: [u8; 65],
    /// The Linux signal of each of the system's numbers, 0 where there is none.
    linux: [u8; SET_BITS + 1],
}

impl Map {
    /// The common numbers and the system's own runs: (first in Linux, first of the system, how many).
    pub const fn new(runs: &[(u8, u8, u8)]) -> Map {
        let mut map = Map { own: [0; 65], linux: [0; SET_BITS + 1] };
        let mut n = 0;
        while n < COMMON.len() {
            let (linux, own) = COMMON[n];
            map.own[linux as usize] = own;
            map.linux[own as usize] = linux;
            n += 1;
        }
        n = 0;
        while n < runs.len() {
            let (linux, own, count) = runs[n];
            let mut step = 0;
            while step < count {
                map.own[(linux + step) as usize] = own + step;
                map.linux[(own + step) as usize] = linux + step;
                step += 1;
            }
            n += 1;
        }
        map
    }

    /// The system's number of a Linux signal; 0 when it has none.
    pub fn from_linux(&self, signal: Signal) -> u32 {
        self.own.get(signal.0 as usize).copied().unwrap_or(0).into()
    }

    /// The Linux signal of one of the system's numbers.
    pub fn to_linux(&self, number: u64) -> Option<Signal> {
        let linux = self.linux.get(usize::try_from(number).ok()?)?;
        Signal::new(u64::from(*linux))
    }

    /// A set in the system's layout: signal n is bit n - 1 of 128.
    pub fn set_from_linux(&self, set: SigSet) -> [u8; 16] {
        let mut own = 0u128;
        for signal in set.iter() {
            let number = self.from_linux(signal);
            if number != 0 {
                own |= 1 << (number - 1);
            }
        }
        own.to_le_bytes()
    }

    /// A Linux set from one in the system's layout; what Linux does not have is dropped.
    pub fn set_to_linux(&self, set: [u8; 16]) -> SigSet {
        let mut own = u128::from_le_bytes(set);
        let mut linux = SigSet::EMPTY;
        while own != 0 {
            let number = own.trailing_zeros() + 1;
            own &= own - 1;
            if let Some(signal) = self.to_linux(u64::from(number)) {
                linux = linux.with(signal);
            }
        }
        linux
    }
}
