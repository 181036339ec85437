//! Scheduling, and what a thread shares with the scheduler.

use super::record::{constants, record};

record! {
    /// `struct sched_param`.
    SchedParam: 4 {
        /// The priority; 0 for everything but real time.
        priority @ 0: i32,
    }
}

record! {
    /// `struct sched_attr`.
    SchedAttr: 56 {
        /// How many bytes of it there are.
        size @ 0: u32,
        /// The policy.
        policy @ 4: u32,
        /// Flags.
        flags @ 8: u64,
        /// How nice the thread is.
        nice @ 16: i32,
        /// Its real-time priority.
        priority @ 20: u32,
        /// Its run time in a period.
        runtime @ 24: u64,
        /// Until when that must be over.
        deadline @ 32: u64,
        /// The period.
        period @ 40: u64,
        /// The least performance it asks for.
        util_min @ 48: u32,
        /// The most.
        util_max @ 52: u32,
    }
}

record! {
    /// `struct rseq`, up to what the first 32 bytes hold.
    Rseq: 32 {
        /// The CPU at the start of a critical section.
        cpu_id_start @ 0: u32,
        /// The CPU.
        cpu_id @ 4: u32,
        /// The critical section.
        rseq_cs @ 8: u64,
        /// Flags.
        flags @ 16: u32,
        /// The memory node.
        node_id @ 20: u32,
        /// The number of this thread among those of its process that run.
        mm_cid @ 24: u32,
    }
}

constants! {
    /// Policies.
    POLICIES: u32 {
        SCHED_NORMAL = 0,
        SCHED_FIFO = 1,
        SCHED_RR = 2,
        SCHED_BATCH = 3,
        SCHED_IDLE = 5,
        SCHED_DEADLINE = 6,
        SCHED_RESET_ON_FORK = 0x4000_0000,
    }
}

constants! {
    /// Whose priority is asked for or set.
    WHOSE: u32 {
        PRIO_PROCESS = 0,
        PRIO_PGRP = 1,
        PRIO_USER = 2,
    }
}

constants! {
    /// Words of `rseq`.
    RSEQ: i32 {
        RSEQ_FLAG_UNREGISTER = 1,
        RSEQ_CPU_ID_UNINITIALIZED = -1,
        RSEQ_CPU_ID_REGISTRATION_FAILED = -2,
    }
}
