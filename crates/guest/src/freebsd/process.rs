//! Processes, threads, limits, memory and time: values of this system.

use crate::bsd::process::{
    Advice, CLOCKS, CORE, FREE, MapBit, MemoryWords, NOCORE, OPTIONS, SyncMode, WaitWords, Words, names_own_program,
};
use alloc::vec::Vec;

/// The values of this system.
pub static WORDS: Words = Words {
    memory: MemoryWords {
        flags: &[
            (0x0040, MapBit::NoReserve), // Refused by the newest system only; older programs pass it.
            (0x0200, MapBit::Nothing),   // MAP_HASSEMAPHORE
            (0x0400, MapBit::Stack),
            (0x0800, MapBit::Nothing), // MAP_NOSYNC
            (0x2000, MapBit::Guard),
            (0x4000, MapBit::Exclusive),
            (0x2_0000, MapBit::Nothing), // MAP_NOCORE
            (0x4_0000, MapBit::Prefault),
            (0x8_0000, MapBit::Low),
        ],
        has_alignment: true,
        is_strict: true,
        prot_max_shift: 16,
        advice: &[
            (5, FREE),
            (6, Advice::Nothing), // MADV_NOSYNC
            (7, Advice::Nothing), // MADV_AUTOSYNC
            (8, NOCORE),
            (9, CORE),
            (10, Advice::Privileged), // MADV_PROTECT
        ],
        sync: SyncMode::Zero,
        inherit_zero: 3,
    },
    wait: WaitWords { options: OPTIONS, id_types: [0, 2, 7] },
    clocks: &CLOCKS,
    usec_bytes: 8,
    negative_sleep_is_over: true,
    extra_limits: 6,
    has_thread_usage: true,
    login_is_cut: false,
    normal_class: 3,
    time_sharing_max: 103,
};

/// The least thread id: ids below are for processes.
const FIRST_THREAD: u64 = 100_000;

/// The guest's id of a thread: unlike any process's, and the same for every process that looks.
pub fn thread_id(_pid: i32, host_tid: i32, _nth: u64) -> u64 {
    FIRST_THREAD + host_tid.unsigned_abs() as u64
}

/// Paths that mean something else on this system.
pub fn magic_path(path: &[u8], program: &[u8]) -> Option<Vec<u8>> {
    names_own_program(path).then(|| program.to_vec())
}
