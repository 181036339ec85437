//! Flat images: memory contents that a boot loader copies and jumps to, with a short header or none.
//!
//! The header of arm64 kernels is described in Linux's `Documentation/arch/arm64/booting.rst`. Neither form says where it
//! was linked, which parts are code or what it needs: the whole is one segment that may be everything.

use crate::{
    check,
    parsed::{Container, Linking, Mark, Parsed, Part, Symbol},
    table::{self, Format},
};
use alloc::{format, vec, vec::Vec};
use ashore_base::{Addr, Bytes, Cpu};
use ashore_image::{Entry, FileRange, Function, Image, Import, Kind, Perms, Segment, StackWish};
use ashore_report::{
    Place, Report,
    table::{MALFORMED, UNSUPPORTED_LAYOUT},
};

/// The header's magic and where it stands.
const MAGIC: &[u8; 4] = b"ARM\x64";
const MAGIC_AT: u64 = 56;
/// Fields: how far from a multiple of 2 MiB to load, how much memory it takes, flags.
const TEXT_OFFSET_AT: u64 = 8;
const IMAGE_LEN_AT: u64 = 16;
const FLAGS_AT: u64 = 24;
/// Flag: the kernel is big-endian.
const IS_BIG_ENDIAN: u64 = 1;
/// The header's length.
const HEADER_LEN: u64 = 64;

/// Whether the file begins like an arm64 kernel.
pub(crate) fn recognise(bytes: &[u8]) -> bool {
    Bytes(bytes).array(MAGIC_AT) == Some(*MAGIC)
}

/// Reads an arm64 kernel; its addresses count from where it is loaded.
pub(crate) fn read(bytes: Bytes<'_>) -> Result<Parsed<'_>, Report> {
    let raw: [u8; HEADER_LEN as usize] = check::array(bytes, 0, "the boot header")?;
    let word = |at| Bytes(&raw).u64(at).unwrap_or_default();
    let (text_offset, image_len, flags) = (word(TEXT_OFFSET_AT), word(IMAGE_LEN_AT), word(FLAGS_AT));
    if flags & IS_BIG_ENDIAN != 0 {
        return Err(UNSUPPORTED_LAYOUT.at(Place::offset(FLAGS_AT), "the kernel is big-endian"));
    }
    let file_len = bytes.0.len() as u64;
    if image_len != 0 && image_len < file_len {
        let reason = format!("it is to take {image_len:#x} bytes of memory, but the file has {file_len:#x}");
        return Err(MALFORMED.at(Place::offset(IMAGE_LEN_AT), reason));
    }
    let segment = segment(bytes, Addr(0), image_len.max(file_len))?;
    let mark = Mark::Boot { text_offset, image_len, flags };
    Ok(parsed(bytes, image(Cpu::Aarch64, Kind::StaticPie, segment), &table::ARM64_IMAGE, vec![mark]))
}

/// The contents of memory from `base` on, for `cpu`. Every file can be read so, and nothing in it is checked.
pub fn read_raw(bytes: &[u8], cpu: Cpu, base: Addr) -> Result<Parsed<'_>, Report> {
    let bytes = Bytes(bytes);
    let segment = segment(bytes, base, bytes.0.len() as u64)?;
    Ok(parsed(bytes, image(cpu, Kind::Static, segment), &table::RAW, Vec::new()))
}

fn segment(bytes: Bytes<'_>, base: Addr, len: u64) -> Result<Segment, Report> {
    let segment = Segment {
        memory: check::memory(base.0, len, 0)?,
        file: FileRange { offset: 0, len: bytes.0.len() as u64 },
        perms: Perms { is_read: true, is_write: true, is_exec: true },
        align: 1,
        name: None,
    };
    check::segment(bytes, (Cpu::Aarch64, check::Loader::Machine), &segment, IMAGE_LEN_AT)?;
    Ok(segment)
}

fn image(cpu: Cpu, kind: Kind, segment: Segment) -> Image {
    Image {
        cpu,
        kind,
        entry: Entry::Start(segment.memory.start),
        segments: vec![segment],
        interpreter: None,
        tls: None,
        needed: Vec::new(),
        headers: None,
        stack: StackWish::default(),
        relro: None,
        dynamic: None,
        notes: Vec::new(),
    }
}

fn parsed<'a>(bytes: Bytes<'a>, image: Image, format: &'static Format, marks: Vec<Mark>) -> Parsed<'a> {
    let file = FileRange { offset: 0, len: bytes.0.len() as u64 };
    let part = Part {
        format,
        file,
        image,
        marks,
        sections: Vec::new(),
        symbols: None,
        unwind: None,
        physical: Vec::new(),
        linking: Linking::default(),
    };
    Parsed { bytes, container: Container::Plain, parts: vec![part], asides: Vec::new(), remarks: Vec::new() }
}

/// No functions are known.
pub(crate) fn functions(_: Bytes<'_>, _: &Part) -> Vec<Function> {
    Vec::new()
}

/// No symbols are known.
pub(crate) fn symbols<'a>(_: Bytes<'a>, _: &Part) -> Vec<Symbol<'a>> {
    Vec::new()
}

/// It wants nothing from libraries.
pub(crate) fn imports(_: Bytes<'_>, _: &Part) -> Result<Vec<Import>, Report> {
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel of `len` bytes that takes `image_len`.
    fn kernel(len: usize, image_len: u64) -> Vec<u8> {
        let mut file = vec![0; len];
        file[TEXT_OFFSET_AT as usize..][..8].copy_from_slice(&0x8_0000u64.to_le_bytes());
        file[IMAGE_LEN_AT as usize..][..8].copy_from_slice(&image_len.to_le_bytes());
        file[MAGIC_AT as usize..][..4].copy_from_slice(MAGIC);
        file
    }

    #[test]
    fn a_kernel_is_one_segment_with_its_zero_fill() {
        let file = kernel(0x100, 0x1000);
        let parsed = crate::read(&file).unwrap();
        let part = &parsed.parts[0];
        assert_eq!(part.image.segments[0].zeroed().len(), 0xf00);
        assert!(part.marks.contains(&Mark::Boot { text_offset: 0x8_0000, image_len: 0x1000, flags: 0 }));
        assert!(part.format.is_flat);
    }

    #[test]
    fn a_kernel_shorter_than_its_file_is_damaged() {
        assert_eq!(crate::read(&kernel(0x100, 0x80)).unwrap_err().diagnosis.slug, "malformed");
    }

    #[test]
    fn anything_is_a_raw_image() {
        let parsed = read_raw(b"\0\0\0\x14", Cpu::Aarch64, Addr(0x8_0000)).unwrap();
        assert_eq!(parsed.parts[0].image.entry, Entry::Start(Addr(0x8_0000)));
    }
}
