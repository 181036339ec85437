//! Processes, threads, limits, memory and time: values of this system.

use crate::bsd::process::{
    Advice, Clock, ClockMap, FREE, MapBit, MemoryWords, NETBSD_OPTIONS, PROCESS_TIME, SyncMode, WaitWords, Words,
    clock, names_own_program,
};
use alloc::vec::Vec;

/// The values of this system.
pub static WORDS: Words = Words {
    memory: MemoryWords {
        flags: &[
            (0x0004, MapBit::Nothing), // MAP_REMAPDUP, for mremap
            (0x0020, MapBit::Nothing), // MAP_RENAME
            (0x0040, MapBit::NoReserve),
            (0x0080, MapBit::Nothing), // MAP_INHERIT
            (0x0200, MapBit::Nothing), // MAP_HASSEMAPHORE
            (0x0400, MapBit::Nothing), // MAP_TRYFIXED: a hint here, not a demand
            (0x0800, MapBit::Wired),
            (0x2000, MapBit::LooseStack),
        ],
        has_alignment: true,
        is_strict: false,
        prot_max_shift: 3,
        advice: &[(5, Advice::Nothing), (6, FREE)],
        sync: SyncMode::Four,
        inherit_zero: 4,
    },
    wait: WaitWords { options: NETBSD_OPTIONS, id_types: [1, 4, 0] },
    clocks: &CLOCKS,
    usec_bytes: 4,
    negative_sleep_is_over: false,
    extra_limits: 1,
    has_thread_usage: false,
    login_is_cut: true,
    normal_class: 0,
    time_sharing_max: 0,
};

static CLOCKS: [ClockMap; 6] = [
    clock(0, Clock::Linux(0)),
    clock(1, Clock::User),
    clock(2, PROCESS_TIME),
    clock(3, Clock::Linux(1)),
    clock(0x2000_0000, Clock::Linux(3)),
    clock(0x4000_0000, PROCESS_TIME),
];

/// The guest's id of a thread: the first is 1.
pub fn thread_id(_pid: i32, _host_tid: i32, nth: u64) -> u64 {
    nth + 1
}

/// Paths that mean something else on this system.
pub fn magic_path(path: &[u8], program: &[u8]) -> Option<Vec<u8>> {
    names_own_program(path).then(|| program.to_vec())
}
