//! What is measured, and what our kernel is meant to take.

/// A row of the benchmark.
pub(super) struct Row {
    /// What the program calls it.
    pub(super) name: &'static str,
    /// What a person reads.
    pub(super) words: &'static str,
    /// The most instructions it may take; none: no more than Linux.
    pub(super) goal: Option<f64>,
}

const fn row(name: &'static str, words: &'static str, goal: u32) -> Row {
    Row { name, words, goal: Some(goal as f64) }
}

/// Every row.
pub(super) const ROWS: &[Row] = &[
    row("start", "reset to the program's main", 2_000_000),
    row("getpid", "getpid", 180),
    row("clock-call", "clock_gettime, the call", 220),
    row("clock", "clock_gettime, as libc does it", 70),
    row("write-null", "write 1 byte to /dev/null", 400),
    row("pipe", "pipe, write and read", 1_500),
    row("pipe-pingpong", "pipe ping-pong, two processes", 7_000),
    row("futex-pingpong", "futex ping-pong, two threads", 5_000),
    row("yield", "sched_yield", 400),
    row("thread", "pthread_create and join", 40_000),
    row("fork", "fork, exit, wait", 60_000),
    row("vfork-exec", "vfork, exec, wait", 110_000),
    row("fork-exec", "fork, exec, wait", 150_000),
    row("fault", "first touch of a page", 1_700),
    row("mmap", "mmap and munmap, untouched", 3_000),
    row("signal", "signal to itself, handled", 3_500),
    row("open", "open and close", 3_500),
    row("stat", "stat", 2_000),
    Row { name: "pwrite-64k", words: "pwrite 64 KiB", goal: None },
    Row { name: "pread-64k", words: "pread 64 KiB", goal: None },
];
