//! What is known of a file, in the layout that is the same everywhere: `struct statx`.

use super::record::{constants, record};

record! {
    /// `struct statx_timestamp`.
    StatxTime: 16 {
        /// Seconds.
        sec @ 0: i64,
        /// Nanoseconds.
        nsec @ 8: u32,
    }
}

record! {
    /// `struct statx`.
    Statx: 256 {
        /// Which fields are right.
        mask @ 0: u32,
        /// How many bytes to read at once.
        blksize @ 4: u32,
        /// Attributes that are set.
        attributes @ 8: u64,
        /// How many names the file has.
        nlink @ 16: u32,
        /// Its user.
        uid @ 20: u32,
        /// Its group.
        gid @ 24: u32,
        /// Its kind and permissions.
        mode @ 28: u16,
        /// Its number on its device.
        ino @ 32: u64,
        /// Its size in bytes.
        size @ 40: u64,
        /// How many blocks of 512 bytes it takes.
        blocks @ 48: u64,
        /// Attributes that can be set.
        attributes_mask @ 56: u64,
        /// When it was read.
        atime @ 64: StatxTime,
        /// When it was made.
        btime @ 80: StatxTime,
        /// When anything of it changed.
        ctime @ 96: StatxTime,
        /// When its content changed.
        mtime @ 112: StatxTime,
        /// The device it is, where it is one.
        rdev_major @ 128: u32,
        /// See `rdev_major`.
        rdev_minor @ 132: u32,
        /// The device that holds it.
        dev_major @ 136: u32,
        /// See `dev_major`.
        dev_minor @ 140: u32,
        /// Its mount.
        mnt_id @ 144: u64,
        /// How direct transfers must be aligned in memory.
        dio_mem_align @ 152: u32,
        /// How they must be aligned in the file.
        dio_offset_align @ 156: u32,
    }
}

constants! {
    /// What a mask asks for.
    MASK: u32 {
        STATX_TYPE = 1,
        STATX_MODE = 2,
        STATX_NLINK = 4,
        STATX_UID = 8,
        STATX_GID = 0x10,
        STATX_ATIME = 0x20,
        STATX_MTIME = 0x40,
        STATX_CTIME = 0x80,
        STATX_INO = 0x100,
        STATX_SIZE = 0x200,
        STATX_BLOCKS = 0x400,
        STATX_BASIC_STATS = 0x7ff,
        STATX_BTIME = 0x800,
        STATX_MNT_ID = 0x1000,
        STATX_DIOALIGN = 0x2000,
        STATX__RESERVED = 0x8000_0000,
    }
}

constants! {
    /// How fresh the answer must be, among the flags of the call.
    SYNC: u32 {
        AT_STATX_SYNC_TYPE = 0x6000,
        AT_STATX_SYNC_AS_STAT = 0,
        AT_STATX_FORCE_SYNC = 0x2000,
        AT_STATX_DONT_SYNC = 0x4000,
    }
}

constants! {
    /// Attributes of a file.
    ATTRIBUTES: u64 {
        STATX_ATTR_COMPRESSED = 4,
        STATX_ATTR_IMMUTABLE = 0x10,
        STATX_ATTR_APPEND = 0x20,
        STATX_ATTR_NODUMP = 0x40,
        STATX_ATTR_ENCRYPTED = 0x800,
        STATX_ATTR_AUTOMOUNT = 0x1000,
        STATX_ATTR_MOUNT_ROOT = 0x2000,
        STATX_ATTR_VERITY = 0x10_0000,
        STATX_ATTR_DAX = 0x20_0000,
    }
}
