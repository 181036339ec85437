//! Futexes: their operations, the bits of a lock's word, and the list of locks that a thread's end releases.

use super::record::{constants, record};

constants! {
    /// Operations of `futex`.
    OPERATIONS: u32 {
        FUTEX_WAIT = 0,
        FUTEX_WAKE = 1,
        FUTEX_FD = 2,
        FUTEX_REQUEUE = 3,
        FUTEX_CMP_REQUEUE = 4,
        FUTEX_WAKE_OP = 5,
        FUTEX_LOCK_PI = 6,
        FUTEX_UNLOCK_PI = 7,
        FUTEX_TRYLOCK_PI = 8,
        FUTEX_WAIT_BITSET = 9,
        FUTEX_WAKE_BITSET = 10,
        FUTEX_WAIT_REQUEUE_PI = 11,
        FUTEX_CMP_REQUEUE_PI = 12,
        FUTEX_LOCK_PI2 = 13,
    }
}

constants! {
    /// Flags beside an operation.
    FLAGS: u32 {
        FUTEX_PRIVATE_FLAG = 128,
        FUTEX_CLOCK_REALTIME = 256,
    }
}

/// What is left of an operation's word without the flags.
pub const FUTEX_CMD_MASK: u32 = !(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);

constants! {
    /// Bits of a lock's word, and limits.
    WORD: u32 {
        FUTEX_WAITERS = 0x8000_0000,
        FUTEX_OWNER_DIED = 0x4000_0000,
        FUTEX_TID_MASK = 0x3fff_ffff,
        FUTEX_BITSET_MATCH_ANY = 0xffff_ffff,
        ROBUST_LIST_LIMIT = 2048,
    }
}

constants! {
    /// What `FUTEX_WAKE_OP` does to the second word and asks of it.
    WAKE_OP: u32 {
        FUTEX_OP_SET = 0,
        FUTEX_OP_ADD = 1,
        FUTEX_OP_OR = 2,
        FUTEX_OP_ANDN = 3,
        FUTEX_OP_XOR = 4,
        FUTEX_OP_OPARG_SHIFT = 8,
        FUTEX_OP_CMP_EQ = 0,
        FUTEX_OP_CMP_NE = 1,
        FUTEX_OP_CMP_LT = 2,
        FUTEX_OP_CMP_LE = 3,
        FUTEX_OP_CMP_GT = 4,
        FUTEX_OP_CMP_GE = 5,
    }
}

/// The size of a `struct robust_list`: the address of the next.
pub const ROBUST_LIST_SIZE: usize = 8;

record! {
    /// `struct robust_list_head`.
    RobustListHead: 24 {
        /// The first entry; the head's own address when there is none. Bit 0 says that the lock is a priority-inheriting one.
        list @ 0: u64,
        /// Where a lock's word is, from its entry.
        futex_offset @ 8: i64,
        /// An entry that is being put into the list or taken from it; null when none is.
        list_op_pending @ 16: u64,
    }
}

record! {
    /// `struct futex_waitv`.
    FutexWaitv: 24 {
        /// The value expected.
        val @ 0: u64,
        /// The word's address.
        uaddr @ 8: u64,
        /// Its size and whether it is private.
        flags @ 16: u32,
    }
}
