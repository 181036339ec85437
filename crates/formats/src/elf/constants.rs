//! Numbers of the System V ABI (gABI, chapters 4 and 5) and its supplements.

/// The first four bytes.
pub(super) const ELF_MAGIC: &[u8] = b"\x7fELF";
/// `EI_CLASS`: 64-bit.
pub(super) const CLASS_64: u8 = 2;
/// `EI_DATA`: little-endian.
pub(super) const DATA_LITTLE: u8 = 1;
/// `EI_VERSION` and `e_version`.
pub(super) const VERSION: u8 = 1;

/// `e_type`: object file, executable at fixed addresses, movable executable or library, memory dump.
pub(super) const ET_REL: u16 = 1;
pub(super) const ET_EXEC: u16 = 2;
pub(super) const ET_DYN: u16 = 3;
pub(super) const ET_CORE: u16 = 4;

/// `e_machine` of the CPUs Ashore knows.
pub(super) const EM_X86_64: u16 = 62;
pub(super) const EM_AARCH64: u16 = 183;
pub(super) const EM_RISCV: u16 = 243;

/// `e_machine` of some CPUs Ashore does not know, for the message.
pub(super) const OTHER_MACHINES: &[(u32, &str)] = &[
    (2, "SPARC"),
    (3, "32-bit x86"),
    (4, "Motorola 68000"),
    (8, "MIPS"),
    (20, "32-bit PowerPC"),
    (21, "64-bit PowerPC"),
    (22, "IBM Z"),
    (40, "32-bit ARM"),
    (42, "SuperH"),
    (43, "SPARC V9"),
    (50, "Itanium"),
    (247, "the Linux BPF machine"),
    (258, "LoongArch"),
];

/// `p_type`.
pub(super) const PT_LOAD: u32 = 1;
pub(super) const PT_DYNAMIC: u32 = 2;
pub(super) const PT_INTERP: u32 = 3;
pub(super) const PT_NOTE: u32 = 4;
pub(super) const PT_PHDR: u32 = 6;
pub(super) const PT_TLS: u32 = 7;
pub(super) const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
pub(super) const PT_GNU_STACK: u32 = 0x6474_e551;
pub(super) const PT_GNU_RELRO: u32 = 0x6474_e552;
/// The first of the numbers left to systems; everything below is the same on all of them.
pub(super) const PT_LOOS: u32 = 0x6000_0000;

/// `p_flags`.
pub(super) const PF_X: u32 = 1;
pub(super) const PF_W: u32 = 2;
pub(super) const PF_R: u32 = 4;

/// `d_tag`.
pub(super) const DT_NULL: u64 = 0;
pub(super) const DT_NEEDED: u64 = 1;
pub(super) const DT_HASH: u64 = 4;
pub(super) const DT_STRTAB: u64 = 5;
pub(super) const DT_SYMTAB: u64 = 6;
pub(super) const DT_RELA: u64 = 7;
pub(super) const DT_RELASZ: u64 = 8;
pub(super) const DT_STRSZ: u64 = 10;
pub(super) const DT_SONAME: u64 = 14;
pub(super) const DT_RPATH: u64 = 15;
pub(super) const DT_TEXTREL: u64 = 22;
pub(super) const DT_RUNPATH: u64 = 29;
pub(super) const DT_FLAGS: u64 = 30;
pub(super) const DT_FLAGS_1: u64 = 0x6fff_fffb;
/// `DT_FLAGS`: relocations change memory that is not writable.
pub(super) const DF_TEXTREL: u64 = 4;
/// `DT_FLAGS_1`: the object is a position-independent program, not a library.
pub(super) const DF_1_PIE: u64 = 0x0800_0000;

/// `sh_type`.
pub(super) const SHT_SYMTAB: u32 = 2;
pub(super) const SHT_NOBITS: u32 = 8;
pub(super) const SHT_DYNSYM: u32 = 11;
/// `sh_flags`: writable, takes memory, code, strings, one for each thread.
pub(super) const SHF_WRITE: u64 = 1;
pub(super) const SHF_ALLOC: u64 = 2;
pub(super) const SHF_EXECINSTR: u64 = 4;
pub(super) const SHF_STRINGS: u64 = 0x20;
pub(super) const SHF_TLS: u64 = 0x400;

/// Low four bits of `st_info`.
pub(super) const STT_NOTYPE: u8 = 0;
pub(super) const STT_OBJECT: u8 = 1;
pub(super) const STT_FUNC: u8 = 2;
pub(super) const STT_GNU_IFUNC: u8 = 10;
/// High four bits of `st_info`.
pub(super) const STB_LOCAL: u8 = 0;
pub(super) const STB_WEAK: u8 = 2;
/// `st_shndx` of a symbol defined elsewhere.
pub(super) const SHN_UNDEF: u16 = 0;
/// The first `st_shndx` that is no section.
pub(super) const SHN_LORESERVE: u16 = 0xff00;

/// Sizes of the records in bytes.
pub(super) const HEADER_LEN: u64 = 64;
pub(super) const SEGMENT_LEN: u64 = 56;
pub(super) const SECTION_LEN: u64 = 64;
pub(super) const SYMBOL_LEN: u64 = 24;
pub(super) const DYNAMIC_LEN: u64 = 16;
