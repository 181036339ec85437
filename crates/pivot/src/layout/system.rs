//! What the kernel tells of the machine and itself: `uname`, `sysinfo`, `getrandom`, capabilities.

use super::record::{constants, record};

/// A name with its zero, and zeros up to its end.
pub type Name = [u8; 65];

record! {
    /// `struct new_utsname`.
    Utsname: 390 {
        /// The system, `Linux`.
        sysname @ 0: Name,
        /// The host.
        nodename @ 65: Name,
        /// The kernel's version.
        release @ 130: Name,
        /// Its build.
        version @ 195: Name,
        /// The CPU, `aarch64` or `x86_64`.
        machine @ 260: Name,
        /// The domain.
        domainname @ 325: Name,
    }
}

/// The first 64 bytes of `text` as a name.
pub fn name(text: &str) -> Name {
    let mut name = [0; 65];
    for (to, byte) in name.iter_mut().zip(text.bytes().take(64)) {
        *to = byte;
    }
    name
}

record! {
    /// `struct sysinfo`.
    Sysinfo: 112 {
        /// Seconds since the start.
        uptime @ 0: i64,
        /// The load over 1, 5 and 15 minutes, in 65,536ths.
        loads @ 8: [u64; 3],
        /// Memory, in units.
        totalram @ 32: u64,
        /// How much of it is free.
        freeram @ 40: u64,
        /// How much is shared.
        sharedram @ 48: u64,
        /// How much holds buffers.
        bufferram @ 56: u64,
        /// Swap.
        totalswap @ 64: u64,
        /// How much of it is free.
        freeswap @ 72: u64,
        /// How many threads there are.
        procs @ 80: u16,
        /// Memory that cannot always be reached.
        totalhigh @ 88: u64,
        /// How much of it is free.
        freehigh @ 96: u64,
        /// The size of a unit in bytes.
        mem_unit @ 104: u32,
    }
}

record! {
    /// `struct __user_cap_header_struct`.
    CapHeader: 8 {
        /// The version, see [`CAP_VERSION_3`].
        version @ 0: u32,
        /// The process; 0 for the caller.
        pid @ 4: i32,
    }
}

record! {
    /// `struct __user_cap_data_struct`, of which version 3 has two.
    CapData: 12 {
        /// What holds now.
        effective @ 0: u32,
        /// What may be taken.
        permitted @ 4: u32,
        /// What a new program keeps.
        inheritable @ 8: u32,
    }
}

/// `_LINUX_CAPABILITY_VERSION_3`.
pub const CAP_VERSION_3: u32 = 0x2008_0522;

constants! {
    /// Flags of `getrandom`.
    GRND: u32 {
        GRND_NONBLOCK = 1,
        GRND_RANDOM = 2,
        GRND_INSECURE = 4,
    }
}
