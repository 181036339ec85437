//! Reads that fail with a report instead of an option.

use alloc::format;
use ashore_base::{Addr, AddrRange, Bytes, Cpu};
use ashore_image::{Entry, FileRange, Image, Segment};
use ashore_report::{
    Place, Report,
    table::{ENTRY_OUTSIDE, SEGMENT_RANGE, SEGMENTS_OVERLAP, TRUNCATED, UNSUPPORTED_CPU},
};

/// The most bytes of segment memory one image may ask for. Larger than any program; smaller than any address space.
const MEMORY_LIMIT: u64 = 1 << 40;

/// Who is to place the program in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loader {
    /// A system's kernel: in pages, in the part of the address space that belongs to programs.
    System,
    /// A machine's: byte by byte, anywhere.
    Machine,
}

/// The stretch `len` bytes from `offset`, when the file has them all.
pub(crate) fn range(bytes: Bytes<'_>, offset: u64, len: u64, what: &str) -> Result<FileRange, Report> {
    let size = bytes.0.len() as u64;
    match offset.checked_add(len) {
        Some(end) if end <= size => Ok(FileRange { offset, len }),
        _ => Err(TRUNCATED.at(
            Place::offset(offset),
            format!("{what} takes {len:#x} bytes at {offset:#x}, but the file has {size:#x}"),
        )),
    }
}

/// The `N` bytes at `offset`.
pub(crate) fn array<const N: usize>(bytes: Bytes<'_>, offset: u64, what: &str) -> Result<[u8; N], Report> {
    bytes.array(offset).ok_or_else(|| {
        let size = bytes.0.len() as u64;
        let reason = format!("{what} takes {N:#x} bytes at {offset:#x}, but the file has {size:#x}");
        TRUNCATED.at(Place::offset(offset), reason)
    })
}

/// The report for code of a CPU without a row.
pub(crate) fn unsupported_cpu(offset: u64, id: u32, names: &[(u32, &str)]) -> Report {
    let name = names.iter().find(|(known, _)| *known == id).map_or("a CPU unknown to Ashore", |(_, name)| name);
    UNSUPPORTED_CPU.at(Place::offset(offset), format!("the code is for {name} (number {id:#x})"))
}

/// One past the last address a program may use.
const fn address_limit(cpu: Cpu) -> u64 {
    match cpu {
        // The lower half, without the page kernels keep free at its end.
        Cpu::X86_64 => (1 << 47) - 4096,
        Cpu::Aarch64 => 1 << 48,
        Cpu::Riscv64 => 1 << 47,
    }
}

/// Checks one segment by itself; `header` is where the file describes it.
pub(crate) fn segment(
    bytes: Bytes<'_>,
    (cpu, loader): (Cpu, Loader),
    segment: &Segment,
    header: u64,
) -> Result<(), Report> {
    let place = || Place::offset(header);
    let Segment { memory, file, .. } = segment;
    if file.len > memory.len() {
        let reason =
            format!("{:#x} bytes of the file are to fill {:#x} bytes at {}", file.len, memory.len(), memory.start);
        return Err(SEGMENT_RANGE.at(place(), reason));
    }
    if (loader == Loader::System && memory.end.0 > address_limit(cpu)) || memory.len() > MEMORY_LIMIT {
        let reason = format!("{:#x} bytes at {} do not fit the address space", memory.len(), memory.start);
        return Err(SEGMENT_RANGE.at(place(), reason));
    }
    let size = bytes.0.len() as u64;
    if file.end() > size {
        let reason =
            format!("file bytes {:#x} to {:#x} belong to it, but the file has {size:#x}", file.offset, file.end());
        return Err(TRUNCATED.at(place(), format!("segment at {}: {reason}", memory.start)));
    }
    if loader == Loader::System
        && file.len > 0
        && memory.start.0 % ashore_base::PAGE_SIZE != file.offset % ashore_base::PAGE_SIZE
    {
        let reason = format!("address {} and file offset {:#x} differ within the page", memory.start, file.offset);
        return Err(SEGMENT_RANGE.at(place(), reason));
    }
    Ok(())
}

/// Sorts the segments and checks them against each other.
pub(crate) fn layout(segments: &mut [Segment], table: u64) -> Result<(), Report> {
    segments.sort_by_key(|segment| segment.memory.start);
    for pair in segments.windows(2) {
        if let [a, b] = pair
            && a.memory.overlaps(b.memory)
        {
            let reason = format!("{} to {} and {} to {}", a.memory.start, a.memory.end, b.memory.start, b.memory.end);
            return Err(SEGMENTS_OVERLAP.at(Place::offset(table), reason));
        }
    }
    Ok(())
}

/// Checks that the program begins in code; `header` is where the file names the entry.
pub(crate) fn entry(image: &Image, header: u64) -> Result<(), Report> {
    let at = match image.entry {
        Entry::None => return Ok(()),
        Entry::Start(at) | Entry::Main(at) => at,
    };
    match image.segment_at(at) {
        Some(segment) if segment.perms.is_exec && segment.filled().contains(at) => Ok(()),
        Some(segment) => {
            let reason = format!("entry {at} is in the segment at {} ({})", segment.memory.start, segment.perms);
            Err(ENTRY_OUTSIDE.at(Place::offset(header), reason))
        }
        None => Err(ENTRY_OUTSIDE.at(Place::offset(header), format!("entry {at} is in no segment"))),
    }
}

/// The range of `len` bytes at `start`; `header` is where the file names it.
pub(crate) fn memory(start: u64, len: u64, header: u64) -> Result<AddrRange, Report> {
    AddrRange::new(Addr(start), len).ok_or_else(|| {
        SEGMENT_RANGE
            .at(Place::offset(header), format!("{len:#x} bytes at {start:#x} pass the end of the address space"))
    })
}
