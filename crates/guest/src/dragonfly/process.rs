//! Processes, threads, limits, memory and time: values of this system.

use crate::bsd::process::{
    Advice, CLOCKS, CORE, FREE, MapBit, MemoryWords, NOCORE, OPTIONS, SyncMode, WaitWords, Words, names_own_program,
};
use alloc::vec::Vec;

/// The values of this system.
pub static WORDS: Words = Words {
    memory: MemoryWords {
        flags: &[
            (0x0020, MapBit::Nothing), // MAP_RENAME
            (0x0040, MapBit::NoReserve),
            (0x0080, MapBit::Nothing), // MAP_INHERIT
            (0x0100, MapBit::Nothing), // MAP_NOEXTEND
            (0x0200, MapBit::Nothing), // MAP_HASSEMAPHORE
            (0x0400, MapBit::Stack),
            (0x0800, MapBit::Nothing), // MAP_NOSYNC
            (0x1_0000, MapBit::OrFail),
            (0x2_0000, MapBit::Nothing), // MAP_NOCORE
            (0x4_0000, MapBit::SizeAligned),
        ],
        has_alignment: false,
        is_strict: false,
        prot_max_shift: 16,
        advice: &[
            (5, FREE),
            (6, Advice::Nothing), // MADV_NOSYNC
            (7, Advice::Nothing), // MADV_AUTOSYNC
            (8, NOCORE),
            (9, CORE),
            (10, Advice::Nothing), // MADV_INVAL
        ],
        sync: SyncMode::Zero,
        inherit_zero: 3,
    },
    wait: WaitWords { options: OPTIONS, id_types: [0, 2, 7] },
    clocks: &CLOCKS,
    usec_bytes: 8,
    negative_sleep_is_over: true,
    extra_limits: 1,
    has_thread_usage: false,
    login_is_cut: false,
    normal_class: 1,
    time_sharing_max: 20,
};

/// The guest's id of a thread: the first is 1.
pub fn thread_id(_pid: i32, _host_tid: i32, nth: u64) -> u64 {
    nth + 1
}

/// Paths that mean something else on this system.
pub fn magic_path(path: &[u8], program: &[u8]) -> Option<Vec<u8>> {
    names_own_program(path).then(|| program.to_vec())
}
