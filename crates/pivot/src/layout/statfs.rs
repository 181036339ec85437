//! What is known of a file system: `struct statfs`.

use super::record::{constants, record};

record! {
    /// `struct statfs`.
    Statfs: 120 {
        /// Which file system it is.
        kind @ 0: i64,
        /// How many bytes to read at once.
        bsize @ 8: i64,
        /// How many blocks it has.
        blocks @ 16: u64,
        /// How many are free.
        bfree @ 24: u64,
        /// How many of those a plain user can have.
        bavail @ 32: u64,
        /// How many files it can hold.
        files @ 40: u64,
        /// How many more.
        ffree @ 48: u64,
        /// Its number.
        fsid @ 56: [i32; 2],
        /// How long a name can be.
        namelen @ 64: i64,
        /// The size of a block.
        frsize @ 72: i64,
        /// How it is mounted.
        flags @ 80: i64,
    }
}

constants! {
    /// Kinds of file systems.
    KINDS: i64 {
        TMPFS_MAGIC = 0x0102_1994,
        RAMFS_MAGIC = 0x8584_58f6,
        PROC_SUPER_MAGIC = 0x9fa0,
        SYSFS_MAGIC = 0x6265_6572,
        DEVPTS_SUPER_MAGIC = 0x1cd1,
        PIPEFS_MAGIC = 0x5049_5045,
        SOCKFS_MAGIC = 0x534f_434b,
        ANON_INODE_FS_MAGIC = 0x0904_1934,
        EXT4_SUPER_MAGIC = 0xef53,
        CGROUP2_SUPER_MAGIC = 0x6367_7270,
        V9FS_MAGIC = 0x0102_1997,
    }
}
