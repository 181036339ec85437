//! APE, "actually portable executables": one file that several systems start, each in its own way.
//!
//! To Windows it is a PE file, to a shell a script, and the script carries an ELF header per CPU, written with `printf`. Some
//! packers leave whole ELF headers at boundaries of 64 KiB instead. Both ways are read; the shell is not interpreted.

mod script;

use crate::{
    check, elf,
    parsed::{Container, Mark, Parsed, Part},
};
use alloc::{format, vec::Vec};
use ashore_base::Bytes;
use ashore_report::{Place, Report, table::MALFORMED};

/// The first eight bytes, each also harmless machine code for a boot sector. The last is what one linker writes by accident
/// when it leaves Windows out; loaders refuse it, readers need not.
const MAGICS: &[&[u8; 8]] = &[b"MZqFpD='", b"jartsr='", b"APEDBG='", b"jartsr=\n"];
/// Loaders look for the printed header here.
const SCRIPT_LEN: u64 = 8192;
/// The other packers' boundary.
const BOUNDARY: u64 = 1 << 16;
/// How far to look for it.
const BOUNDARY_LIMIT: u64 = 4096;
/// Offset of the field that leads to the PE header, and that header's first bytes.
const PE_FIELD_AT: u64 = 0x3c;
const PE_MAGIC: &[u8] = b"PE\0\0";

/// Whether the file begins like APE.
pub(crate) fn recognise(bytes: &[u8]) -> bool {
    MAGICS.iter().any(|magic| bytes.starts_with(magic.as_slice()))
}

/// Reads the programs in the file, one per CPU.
pub(crate) fn read(bytes: Bytes<'_>) -> Result<Parsed<'_>, Report> {
    let mut parsed =
        Parsed { bytes, container: Container::Portable, parts: Vec::new(), asides: Vec::new(), remarks: Vec::new() };
    let script = Bytes(bytes.0.get(..SCRIPT_LEN as usize).unwrap_or(bytes.0));
    for (at, head) in script::printed(script) {
        if elf::recognise(&head) {
            take(&mut parsed, at, elf::read_embedded(bytes, &head, 0));
        }
    }
    for at in (1..BOUNDARY_LIMIT).map(|index| index * BOUNDARY).take_while(|&at| at < bytes.0.len() as u64) {
        if let Some(head) = bytes.slice(at, 64).filter(|head| elf::recognise(head)) {
            take(&mut parsed, at, elf::read_embedded(bytes, head, at));
        }
    }
    if let Some(pe_at) = bytes.u32(PE_FIELD_AT).map(u64::from)
        && bytes.slice(pe_at, 4) == Some(PE_MAGIC)
    {
        parsed.asides.push(format!("Windows starts it through a PE header at {pe_at:#x}"));
    }
    if let Some((offset, len)) = script::apple_header(script)
        && check::range(bytes, offset, len, "the Mach-O header").is_ok()
    {
        parsed.asides.push(format!("Intel Macs start it through a Mach-O header of {len:#x} bytes at {offset:#x}"));
    }
    match (parsed.parts.is_empty(), parsed.remarks.is_empty()) {
        (false, _) => Ok(parsed),
        (true, false) => Err(parsed.remarks.swap_remove(0)),
        (true, true) => {
            Err(MALFORMED.at(Place::offset(0), "it begins like APE, but holds no ELF header in either place"))
        }
    }
}

/// Keeps the first program for each CPU; the header printed or found at `at` leads to it.
fn take(parsed: &mut Parsed<'_>, at: u64, part: Result<Part, Report>) {
    match part {
        Ok(part) if parsed.part_for(part.image.cpu).is_none() => {
            // What the header says of the system is there to please loaders, so it is not kept.
            parsed.parts.push(Part { marks: alloc::vec![Mark::Portable], ..part });
        }
        Ok(_) => {}
        Err(report) => parsed.remarks.push(report.note(format!("its ELF header is at {at:#x} of the file"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_any_header_is_refused() {
        let report = read(Bytes(b"MZqFpD='\n")).unwrap_err();
        assert_eq!(report.diagnosis.slug, "malformed");
    }
}
