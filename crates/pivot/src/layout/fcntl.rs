//! What is done with an open file: `fcntl`, `flock`, `lseek`, `fallocate`.

use super::record::{constants, record};

record! {
    /// `struct flock`.
    Flock: 32 {
        /// Which lock: one of [`LOCKS`].
        kind @ 0: i16,
        /// What `start` counts from.
        whence @ 2: i16,
        /// Where it starts.
        start @ 8: i64,
        /// How long it is; 0 up to the end of the file, wherever that will be.
        len @ 16: i64,
        /// Who holds it.
        pid @ 24: i32,
    }
}

record! {
    /// `struct f_owner_ex`.
    OwnerEx: 8 {
        /// Whether a thread, a process or a group.
        kind @ 0: i32,
        /// Which.
        pid @ 4: i32,
    }
}

constants! {
    /// Commands of `fcntl`.
    COMMANDS: u32 {
        F_DUPFD = 0,
        F_GETFD = 1,
        F_SETFD = 2,
        F_GETFL = 3,
        F_SETFL = 4,
        F_GETLK = 5,
        F_SETLK = 6,
        F_SETLKW = 7,
        F_SETOWN = 8,
        F_GETOWN = 9,
        F_SETSIG = 10,
        F_GETSIG = 11,
        F_SETOWN_EX = 15,
        F_GETOWN_EX = 16,
        F_OFD_GETLK = 36,
        F_OFD_SETLK = 37,
        F_OFD_SETLKW = 38,
        F_SETLEASE = 1024,
        F_GETLEASE = 1025,
        F_NOTIFY = 1026,
        F_DUPFD_CLOEXEC = 1030,
        F_SETPIPE_SZ = 1031,
        F_GETPIPE_SZ = 1032,
        F_ADD_SEALS = 1033,
        F_GET_SEALS = 1034,
    }
}

/// `FD_CLOEXEC`: the one flag of a descriptor.
pub const FD_CLOEXEC: u32 = 1;

constants! {
    /// Kinds of record locks.
    LOCKS: u32 {
        F_RDLCK = 0,
        F_WRLCK = 1,
        F_UNLCK = 2,
    }
}

constants! {
    /// Seals of a file in memory.
    SEALS: u32 {
        F_SEAL_SEAL = 1,
        F_SEAL_SHRINK = 2,
        F_SEAL_GROW = 4,
        F_SEAL_WRITE = 8,
        F_SEAL_FUTURE_WRITE = 0x10,
        F_SEAL_EXEC = 0x20,
    }
}

constants! {
    /// Operations of `flock`.
    FLOCK: u32 {
        LOCK_SH = 1,
        LOCK_EX = 2,
        LOCK_NB = 4,
        LOCK_UN = 8,
    }
}

constants! {
    /// What `lseek` counts from.
    SEEK: u32 {
        SEEK_SET = 0,
        SEEK_CUR = 1,
        SEEK_END = 2,
        SEEK_DATA = 3,
        SEEK_HOLE = 4,
    }
}

constants! {
    /// Modes of `fallocate`.
    FALLOC: u32 {
        FALLOC_FL_KEEP_SIZE = 1,
        FALLOC_FL_PUNCH_HOLE = 2,
        FALLOC_FL_COLLAPSE_RANGE = 8,
        FALLOC_FL_ZERO_RANGE = 0x10,
        FALLOC_FL_INSERT_RANGE = 0x20,
        FALLOC_FL_UNSHARE_RANGE = 0x40,
    }
}

constants! {
    /// Flags of `splice`, `tee` and `vmsplice`.
    SPLICE: u32 {
        SPLICE_F_MOVE = 1,
        SPLICE_F_NONBLOCK = 2,
        SPLICE_F_MORE = 4,
        SPLICE_F_GIFT = 8,
    }
}

constants! {
    /// Flags of `preadv2` and `pwritev2`.
    RWF: u32 {
        RWF_HIPRI = 1,
        RWF_DSYNC = 2,
        RWF_SYNC = 4,
        RWF_NOWAIT = 8,
        RWF_APPEND = 0x10,
    }
}
