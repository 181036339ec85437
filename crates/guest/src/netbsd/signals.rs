//! Signals: flags, codes and record layouts.

use crate::bsd::signals::{self, ActionLayout, Codes, InfoLayout, Map, Words};
use ashore_pivot::Signal;

/// The system's own numbers: SIGPWR and the first of the real-time signals, of which Linux has fewer.
static MAP: Map = Map::new(&[(30, 32, 1), (35, 33, 28)]);

/// The values of this system.
pub static WORDS: Words = Words {
    map: &MAP,
    codes: Codes {
        user: 0,
        queue: -1,
        timer: -2,
        asyncio: -3,
        mesgq: -4,
        // SI_NOINFO: what the kernel sends without saying why.
        kernel: 32767,
        thread: -5,
        fpe_exchanged: false,
    },
    info: InfoLayout { len: 128, code: 4, errno: 8, pid: 16, uid: 20, status: 24, addr: 16, value: 24, trap: Some(24) },
    action: ActionLayout { mask: 8, flags: 24 },
    continued: 0xffff,
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
    if number == 32 { Some("SIGPWR") } else { signals::name(number) }
}
