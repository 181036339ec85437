//! Signals: flags, codes and record layouts.

use crate::bsd::signals::{self, ActionLayout, Codes, InfoLayout, Map, Words};
use ashore_pivot::Signal;

/// The system's own numbers: SIGTHR, SIGLIBRT and the first of the real-time signals, of which Linux has fewer.
static MAP: Map = Map::new(&[(62, 32, 1), (61, 33, 1), (35, 65, 26)]);

/// The values of this system.
pub static WORDS: Words = Words {
    map: &MAP,
    codes: Codes {
        user: 0x10001,
        queue: 0x10002,
        timer: 0x10003,
        asyncio: 0x10004,
        mesgq: 0x10005,
        kernel: 0x10006,
        thread: 0x10007,
        fpe_exchanged: true,
    },
    info: InfoLayout { len: 80, errno: 4, code: 8, pid: 12, uid: 16, status: 20, addr: 24, value: 32, trap: Some(40) },
    action: ActionLayout { flags: 8, mask: 12 },
    // WIFCONTINUED compares with SIGCONT.
    continued: 19,
    min_stack: 2048,
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
        33 => Some("SIGLIBRT"),
        _ => signals::name(number),
    }
}
