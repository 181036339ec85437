//! Signals: flags, codes and record layouts.

use crate::bsd::signals::{self, ActionLayout, Codes, InfoLayout, Map, Words};
use ashore_pivot::Signal;

/// The system's own numbers: SIGTHR, SIGCKPT, SIGCKPTEXIT and the first of those after them.
static MAP: Map = Map::new(&[(62, 32, 1), (61, 33, 1), (60, 34, 1), (35, 35, 25)]);

/// The values of this system. The kernel itself sends code 0 for everything that is no fault.
pub static WORDS: Words = Words {
    map: &MAP,
    codes: Codes { user: 0, queue: -1, timer: -2, asyncio: -3, mesgq: -4, kernel: 0, thread: 0, fpe_exchanged: true },
    info: InfoLayout { len: 80, errno: 4, code: 8, pid: 12, uid: 16, status: 20, addr: 24, value: 32, trap: None },
    action: ActionLayout { flags: 8, mask: 12 },
    // WIFCONTINUED compares with SIGCONT.
    continued: 19,
    min_stack: 8192,
};

/// The guest's number of a Linux signal; 0 when it has none.
pub fn from_linux(signal: Signal) -> u32 {
    MAP.from_linux(signal)
}

/// The Linux signal of one of the guest's numbers.
pub fn to_linux(number: u64) -> Option<Signal> {
    MAP.to_linux(number)
}

/// The name of one of the guest's numbers.
pub fn name(number: u32) -> Option<&'static str> {
    match number {
        32 => Some("SIGTHR"),
        33 => Some("SIGCKPT"),
        34 => Some("SIGCKPTEXIT"),
        _ => signals::name(number),
    }
}
