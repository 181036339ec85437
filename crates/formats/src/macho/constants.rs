//! Numbers of the Mach-O format, as in Apple's `mach-o/loader.h`, `mach-o/fat.h` and `mach/machine.h`.

/// First word of a 64-bit little-endian file.
pub(super) const MAGIC_64: u32 = 0xfeed_facf;
/// First word, big-endian, of a universal file with 32-bit and with 64-bit offsets.
pub(super) const UNIVERSAL_32: u32 = 0xcafe_babe;
pub(super) const UNIVERSAL_64: u32 = 0xcafe_babf;

/// `cputype`.
pub(super) const CPU_X86_64: u32 = 0x0100_0007;
pub(super) const CPU_ARM64: u32 = 0x0100_000c;
/// `cputype` of CPUs Ashore does not know, for the message.
pub(super) const OTHER_CPUS: &[(u32, &str)] =
    &[(7, "32-bit x86"), (12, "32-bit ARM"), (18, "32-bit PowerPC"), (0x0100_0012, "64-bit PowerPC")];

/// `filetype`.
pub(super) const MH_EXECUTE: u32 = 2;
pub(super) const MH_DYLIB: u32 = 6;
pub(super) const MH_BUNDLE: u32 = 8;
/// `filetype` of what cannot be started, for the message.
pub(super) const OTHER_KINDS: &[(u32, &str)] = &[
    (1, "an object file, not yet linked"),
    (4, "the memory dump of a crashed program"),
    (5, "a preloaded program"),
    (7, "a dynamic linker"),
    (9, "the outline of a library"),
    (10, "debug information"),
    (11, "a kernel extension"),
];

/// `flags`.
pub(super) const MH_ALLOW_STACK_EXECUTION: u32 = 0x0002_0000;
pub(super) const MH_PIE: u32 = 0x0020_0000;

/// `cmd`.
pub(super) const LC_SYMTAB: u32 = 0x02;
pub(super) const LC_UNIXTHREAD: u32 = 0x05;
pub(super) const LC_LOAD_DYLIB: u32 = 0x0c;
pub(super) const LC_LOAD_DYLINKER: u32 = 0x0e;
pub(super) const LC_SEGMENT_64: u32 = 0x19;
pub(super) const LC_CODE_SIGNATURE: u32 = 0x1d;
pub(super) const LC_LAZY_LOAD_DYLIB: u32 = 0x20;
pub(super) const LC_ENCRYPTION_INFO_64: u32 = 0x2c;
pub(super) const LC_DYLD_INFO: u32 = 0x22;
pub(super) const LC_VERSION_MIN_MACOSX: u32 = 0x24;
pub(super) const LC_VERSION_MIN_IPHONEOS: u32 = 0x25;
pub(super) const LC_BUILD_VERSION: u32 = 0x32;
pub(super) const LC_LOAD_WEAK_DYLIB: u32 = 0x8000_0018;
pub(super) const LC_REEXPORT_DYLIB: u32 = 0x8000_001f;
pub(super) const LC_DYLD_INFO_ONLY: u32 = 0x8000_0022;
pub(super) const LC_LOAD_UPWARD_DYLIB: u32 = 0x8000_0023;
pub(super) const LC_MAIN: u32 = 0x8000_0028;
pub(super) const LC_DYLD_CHAINED_FIXUPS: u32 = 0x8000_0034;

/// `platform` of the older version commands.
pub(super) const PLATFORM_MACOS: u32 = 1;
pub(super) const PLATFORM_IOS: u32 = 2;

/// Protection bits.
pub(super) const VM_PROT_READ: u32 = 1;
pub(super) const VM_PROT_WRITE: u32 = 2;
pub(super) const VM_PROT_EXECUTE: u32 = 4;

/// Section flags: all or some of it is instructions.
pub(super) const S_ATTR_INSTRUCTIONS: u32 = 0x8000_0400;
/// Low byte of a section's flags.
pub(super) const S_ZEROFILL: u32 = 0x01;
pub(super) const S_CSTRINGS: u32 = 0x02;
pub(super) const S_GB_ZEROFILL: u32 = 0x0c;
pub(super) const S_THREAD_LOCAL_REGULAR: u32 = 0x11;
pub(super) const S_THREAD_LOCAL_ZEROFILL: u32 = 0x12;

/// Register set of a thread command, and where in it the program counter stands, in 64-bit words.
pub(super) const X86_THREAD_STATE_64: (u32, u64) = (4, 16);
pub(super) const ARM_THREAD_STATE_64: (u32, u64) = (6, 32);

/// `n_type`.
pub(super) const N_STAB: u8 = 0xe0;
pub(super) const N_TYPE: u8 = 0x0e;
pub(super) const N_SECT: u8 = 0x0e;
pub(super) const N_UNDF: u8 = 0x00;
/// `n_desc`.
pub(super) const N_WEAK_REF: u16 = 0x40;
/// `n_desc`: a definition that gives way to a strong one.
pub(super) const N_WEAK_DEF: u16 = 0x80;
/// `n_type`: seen outside its object file.
pub(super) const N_EXT: u8 = 1;

/// Sizes of records in bytes.
pub(super) const HEADER_LEN: u64 = 32;
pub(super) const COMMAND_LEN: u64 = 8;
pub(super) const SEGMENT_LEN: u64 = 72;
pub(super) const SECTION_LEN: u64 = 80;
pub(super) const SYMBOL_LEN: u64 = 16;
