//! The ELF header.

use super::constants::*;
use crate::check::{self, Loader};
use alloc::format;
use ashore_base::{Addr, Bytes, Cpu};
use ashore_image::{FileRange, HeaderTable, Image};
use ashore_report::{
    Place, Report,
    table::{MALFORMED, NOT_A_PROGRAM, UNSUPPORTED_LAYOUT},
};

/// Offset of `e_entry`.
pub(super) const ENTRY_AT: u64 = 24;
/// Offset of `e_type`.
const KIND_AT: u64 = 16;
/// Offset of `e_phentsize`, beside `e_phnum`.
const SEGMENT_SIZES_AT: u64 = 54;
/// Kernels refuse a larger program header table.
const SEGMENT_TABLE_LIMIT: u64 = 65536;

/// Whether the file names its addresses or leaves the base open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileKind {
    /// `ET_EXEC`.
    Fixed,
    /// `ET_DYN`.
    Movable,
}

/// What of the header matters later.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) cpu: Cpu,
    pub(super) kind: FileKind,
    pub(super) os_abi: u8,
    pub(super) entry: Addr,
    /// Offset and count of the program headers.
    pub(super) segments_at: u64,
    pub(super) segment_count: u64,
    /// Offset and count of the section headers; the count 0 with an offset means that section 0 holds it.
    pub(super) sections_at: u64,
    pub(super) section_count: u64,
    /// Which section holds the names of sections.
    pub(super) section_names: u64,
    /// For whom the file is read.
    pub(super) loader: Loader,
}

impl Header {
    /// Reads and checks the header at the start of `bytes`.
    pub(super) fn read(bytes: Bytes<'_>) -> Result<Header, Report> {
        let header = Header::of_any(bytes)?;
        let raw: [u8; HEADER_LEN as usize] = check::array(bytes, 0, "the ELF header")?;
        let half = |at| Bytes(&raw).u16(at).unwrap_or_default();
        let header = Header { kind: kind(half(KIND_AT))?, ..header };
        let (row_len, segment_count) = (u64::from(half(SEGMENT_SIZES_AT)), u64::from(half(SEGMENT_SIZES_AT + 2)));
        if segment_count == 0 {
            return Err(NOT_A_PROGRAM.at(Place::offset(SEGMENT_SIZES_AT + 2), "it has no program headers"));
        }
        if row_len != SEGMENT_LEN || segment_count * SEGMENT_LEN > SEGMENT_TABLE_LIMIT {
            let reason = format!("{segment_count} program headers of {row_len} bytes");
            return Err(MALFORMED.at(Place::offset(SEGMENT_SIZES_AT), reason));
        }
        Ok(header)
    }

    /// The same of a file that is still to be linked.
    pub(super) fn read_object(bytes: Bytes<'_>) -> Result<Header, Report> {
        Header::of_any(bytes)
    }

    /// What every kind of file has.
    fn of_any(bytes: Bytes<'_>) -> Result<Header, Report> {
        let ident: [u8; 16] = check::array(bytes, 0, "the ELF identification")?;
        let [_, _, _, _, class, data, version, os_abi, ..] = ident;
        refuse(class != CLASS_64, 4, format_args!("class {class}: not 64-bit"))?;
        refuse(data != DATA_LITTLE, 5, format_args!("data encoding {data}: not little-endian"))?;
        refuse(version != VERSION, 6, format_args!("ELF version {version}: only 1 exists"))?;
        let raw: [u8; HEADER_LEN as usize] = check::array(bytes, 0, "the ELF header")?;
        let raw = Bytes(&raw);
        let half = |at| raw.u16(at).unwrap_or_default();
        let long = |at| raw.u64(at).unwrap_or_default();
        let cpu = match half(18) {
            EM_X86_64 => Cpu::X86_64,
            EM_AARCH64 => Cpu::Aarch64,
            EM_RISCV => Cpu::Riscv64,
            other => return Err(check::unsupported_cpu(18, other.into(), OTHER_MACHINES)),
        };
        let section_len_fits = u64::from(half(58)) == SECTION_LEN;
        Ok(Header {
            cpu,
            kind: FileKind::Movable,
            os_abi,
            entry: Addr(long(ENTRY_AT)),
            segments_at: long(32),
            segment_count: half(SEGMENT_SIZES_AT + 2).into(),
            sections_at: if section_len_fits { long(40) } else { 0 },
            section_count: half(60).into(),
            section_names: half(62).into(),
            loader: Loader::System,
        })
    }

    /// The same header with its program headers moved by `base`, and without sections: they describe another file.
    pub(super) fn embedded(self, base: u64) -> Header {
        let segments_at = self.segments_at.saturating_add(base);
        Header { segments_at, sections_at: 0, section_count: 0, section_names: 0, ..self }
    }

    /// The program header table as the program itself will see it.
    pub(super) fn table(&self, image: &Image) -> HeaderTable {
        let file = FileRange { offset: self.segments_at, len: self.segment_count * SEGMENT_LEN };
        HeaderTable { addr: image.addr_of(file.offset), file, count: self.segment_count, row_len: SEGMENT_LEN }
    }
}

/// Whether the file is an object file.
pub(super) fn is_object(bytes: Bytes<'_>) -> bool {
    bytes.0.starts_with(ELF_MAGIC) && bytes.u16(KIND_AT) == Some(ET_REL)
}

fn kind(number: u16) -> Result<FileKind, Report> {
    let words = match number {
        ET_EXEC => return Ok(FileKind::Fixed),
        ET_DYN => return Ok(FileKind::Movable),
        ET_REL => "it is an object file, not yet linked",
        ET_CORE => "it is the memory dump of a crashed program",
        other => return Err(MALFORMED.at(Place::offset(KIND_AT), format!("file type {other} does not exist"))),
    };
    Err(NOT_A_PROGRAM.at(Place::offset(KIND_AT), words))
}

fn refuse(is_wrong: bool, offset: u64, reason: core::fmt::Arguments<'_>) -> Result<(), Report> {
    if is_wrong { Err(UNSUPPORTED_LAYOUT.at(Place::offset(offset), format!("{reason}"))) } else { Ok(()) }
}
