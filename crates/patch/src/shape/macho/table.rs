//! Numbers of the Mach-O format that matter when a file is changed, as in Apple's `mach-o/loader.h`, and which load commands
//! name offsets in the file.

/// `filetype`.
pub(super) const MH_EXECUTE: u32 = 2;
/// `cputype`.
pub(super) const CPU_ARM64: u32 = 0x0100_000c;
/// `cmd`.
pub(super) const LC_SYMTAB: u32 = 0x02;
pub(super) const LC_UNIXTHREAD: u32 = 0x05;
pub(super) const LC_DYSYMTAB: u32 = 0x0b;
pub(super) const LC_SEGMENT_64: u32 = 0x19;
pub(super) const LC_CODE_SIGNATURE: u32 = 0x1d;
pub(super) const LC_DYLD_INFO: u32 = 0x22;
pub(super) const LC_DYLD_INFO_ONLY: u32 = 0x8000_0022;
pub(super) const LC_MAIN: u32 = 0x8000_0028;
pub(super) const LC_DYLD_EXPORTS_TRIE: u32 = 0x8000_0033;
pub(super) const LC_DYLD_CHAINED_FIXUPS: u32 = 0x8000_0034;

/// Sizes of records in bytes.
pub(super) const HEADER_LEN: u64 = 32;
pub(super) const SEGMENT_LEN: u64 = 72;
pub(super) const SECTION_LEN: u64 = 80;
pub(super) const SYMBOL_LEN: u64 = 16;
/// Of a command that names one stretch of `__LINKEDIT`.
pub(super) const LINKEDIT_DATA_LEN: u64 = 16;

/// Low byte of a section's flags.
pub(super) const S_ZEROFILL: [u32; 3] = [0x01, 0x0c, 0x12];
pub(super) const S_INIT_FUNC_OFFSETS: u32 = 0x16;
/// A section's flags: it holds instructions, all or some.
pub(super) const HAS_INSTRUCTIONS: u32 = 0x8000_0400;

/// Protection bits.
pub(super) const READ: u32 = 1;
pub(super) const WRITE: u32 = 2;
pub(super) const EXECUTE: u32 = 4;

/// `n_type`: entries for debuggers; defined in a section; seen outside its object file.
pub(super) const N_STAB: u8 = 0xe0;
pub(super) const N_TYPE: u8 = 0x0e;
pub(super) const N_SECT: u8 = 0x0e;
pub(super) const N_EXT: u8 = 1;

/// The name of the segment that holds what the linkers leave for each other.
pub(super) const LINKEDIT: &str = "__LINKEDIT";

/// A load command that names offsets in the file.
pub(super) struct Row {
    /// `cmd`.
    pub(super) kind: u32,
    /// Where in the command the 4-byte offsets stand.
    pub(super) narrow: &'static [u64],
    /// Where in the command the 8-byte offsets stand.
    pub(super) wide: &'static [u64],
}

const fn row(kind: u32, narrow: &'static [u64]) -> Row {
    Row { kind, narrow, wide: &[] }
}

/// Every load command that names offsets in the file, segments left out.
pub(super) static OFFSETS: &[Row] = &[
    row(LC_SYMTAB, &[8, 16]),
    row(LC_DYSYMTAB, &[32, 40, 48, 56, 64, 72]),
    row(0x16, &[8]),
    row(LC_CODE_SIGNATURE, &[8]),
    row(0x1e, &[8]),
    row(0x21, &[8]),
    row(LC_DYLD_INFO, &[8, 16, 24, 32, 40]),
    row(LC_DYLD_INFO_ONLY, &[8, 16, 24, 32, 40]),
    row(0x26, &[8]),
    row(0x29, &[8]),
    row(0x2b, &[8]),
    row(0x2c, &[8]),
    row(0x2e, &[8]),
    Row { kind: 0x31, narrow: &[], wide: &[24] },
    row(LC_DYLD_EXPORTS_TRIE, &[8]),
    row(LC_DYLD_CHAINED_FIXUPS, &[8]),
    row(0x36, &[8]),
    row(0x37, &[8]),
    row(0x38, &[8]),
    row(0x39, &[8]),
];

/// Load commands known to name no offset in the file. In any other one there might stand one, which would go wrong unseen.
pub(super) static WITHOUT_OFFSETS: &[u32] = &[
    0x04,
    0x05,
    0x0c,
    0x0d,
    0x0e,
    0x0f,
    0x10,
    0x11,
    0x12,
    0x13,
    0x14,
    0x15,
    0x17,
    0x19,
    0x1a,
    0x1b,
    0x20,
    0x24,
    0x25,
    0x27,
    0x2a,
    0x2d,
    0x2f,
    0x30,
    0x32,
    0x8000_0018,
    0x8000_001c,
    0x8000_001f,
    0x8000_0023,
    0x8000_0028,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_list_once() {
        for (at, row) in OFFSETS.iter().enumerate() {
            assert!(OFFSETS.iter().skip(at + 1).all(|other| other.kind != row.kind), "{:#x}", row.kind);
            assert!(!WITHOUT_OFFSETS.contains(&row.kind), "{:#x}", row.kind);
        }
    }
}
