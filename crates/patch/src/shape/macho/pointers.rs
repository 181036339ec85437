//! What in a Mach-O file's data leads to an address, and how each is made to lead elsewhere.

use super::{
    commands::Commands,
    exports::{exports, trie},
    fixups::Fixups,
    table::*,
    uleb,
};
use crate::{
    census::{self, DataKind, DataRef},
    draft::Draft,
    program::Program,
};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::PATCH_REACH};

/// Where in `LC_MAIN` the entry's offset stands; where in `LC_UNIXTHREAD` the registers begin, and which is the program counter.
const ENTRY_AT: u64 = 8;
const REGISTERS_AT: u64 = 16;
const COUNTER_ARM64: u64 = 32;
const COUNTER_X86_64: u64 = 16;

/// Everything in data that leads to `addr`.
pub(super) fn to(program: &Program<'_>, addr: Addr) -> Vec<DataRef> {
    let Ok(commands) = Commands::read(program.file, program.part) else { return Vec::new() };
    let file = program.file;
    let data = |kind| move |offset| DataRef { offset, kind, target: addr };
    let mut found: Vec<DataRef> = pointers(program, &commands, addr);
    let exported: Vec<u64> = match trie(&commands) {
        Some(range) => {
            let is_it = |value| commands.base().checked_add(value) == Some(addr.0);
            exports(file, range).iter().filter(|export| is_it(export.value)).map(|export| export.file.offset).collect()
        }
        // Without a trie the symbol table is what others bind by.
        None => symbols(file, &commands, addr),
    };
    found.extend(exported.into_iter().map(data(DataKind::Export)));
    found.extend(entry(&commands).filter(|entry| entry.target == addr));
    found.extend(initialisers(file, &commands, addr).into_iter().map(data(DataKind::Offset)));
    found
}

/// File offsets of the words that lead to `targets`, whatever they mean.
pub(super) fn words(program: &Program<'_>, targets: AddrRange) -> Vec<u64> {
    let commands = Commands::read(program.file, program.part);
    match commands.map(|commands| Fixups::of(program.file, &commands)) {
        Ok(Fixups::Chained(chains)) => {
            let links = chains.links.iter().filter(|link| targets.contains(Addr(link.target())));
            links.map(|link| link.offset).collect()
        }
        Ok(Fixups::None | Fixups::Listed(_)) | Err(_) => census::loaded_words(program, targets),
    }
}

/// The words that hold the address.
fn pointers(program: &Program<'_>, commands: &Commands, addr: Addr) -> Vec<DataRef> {
    let data = |kind| move |offset| DataRef { offset, kind, target: addr };
    let module = program.go.and_then(|table| table.record(program.part));
    let is_module = |offset: u64| module.is_some_and(|record| record.contains(offset));
    let fixups = Fixups::of(program.file, commands);
    if let Fixups::Chained(chains) = &fixups {
        let links = chains.links.iter().filter(|link| link.target() == addr.0 && !is_module(link.offset));
        return links.map(|link| link.offset).map(data(DataKind::Rebased)).collect();
    }
    let own = commands
        .segments
        .iter()
        .filter(|segment| segment.name != LINKEDIT)
        .map(|segment| commands.in_file(segment.file));
    let plain = own.flat_map(|range| census::words(program.file, range.offset, range.len, census::entry(addr)));
    let plain = plain.filter(|&offset| !is_module(offset));
    match fixups {
        Fixups::Listed(_) => {
            let is_listed = |offset: &u64| commands.addr_of(*offset).is_some_and(|at| fixups.lists(at.0));
            // Where a loader chooses no base, nothing need be listed.
            let is_fixed = !program.part.image.kind.is_relocatable();
            plain
                .filter_map(|offset| match is_listed(&offset) {
                    true => Some(data(DataKind::Rebased)(offset)),
                    false => is_fixed.then(|| data(DataKind::Pointer)(offset)),
                })
                .collect()
        }
        Fixups::None | Fixups::Chained(_) => {
            let start = entry(commands).filter(|entry| commands.find(LC_MAIN).is_none() && entry.target == addr);
            let is_start = |offset: &u64| start.is_some_and(|entry| entry.offset == *offset);
            plain.filter(|offset| !is_start(offset)).map(data(DataKind::Pointer)).collect()
        }
    }
}

/// Where the program starts.
fn entry(commands: &Commands) -> Option<DataRef> {
    let at = |command: &super::commands::Command, field| commands.slice.offset + command.at + field;
    if let Some(main) = commands.find(LC_MAIN) {
        let target = Addr(commands.base().checked_add(main.u64(ENTRY_AT))?);
        return Some(DataRef { offset: at(main, ENTRY_AT), kind: DataKind::Entry, target });
    }
    let thread = commands.find(LC_UNIXTHREAD)?;
    let counter = if commands.cpu() == CPU_ARM64 { COUNTER_ARM64 } else { COUNTER_X86_64 };
    let field = REGISTERS_AT + counter * 8;
    let target = Addr(Bytes(&thread.body).u64(field)?);
    Some(DataRef { offset: at(thread, field), kind: DataKind::Entry, target })
}

/// Offsets of the values of symbols seen outside that are `addr`.
fn symbols(file: &[u8], commands: &Commands, addr: Addr) -> Vec<u64> {
    let Some(table) = commands.find(LC_SYMTAB) else { return Vec::new() };
    let len = u64::from(table.u32(12)) * SYMBOL_LEN;
    let range = commands.in_file(FileRange { offset: table.u32(8).into(), len });
    let rows = range.of(file).unwrap_or_default().chunks_exact(SYMBOL_LEN as usize).enumerate();
    let is_it = |row: Bytes<'_>| {
        let is_external =
            row.u8(4).is_some_and(|kind| kind & N_STAB == 0 && kind & N_TYPE == N_SECT && kind & N_EXT != 0);
        is_external && row.u64(8) == Some(addr.0)
    };
    let found = rows.filter(|(_, row)| is_it(Bytes(row)));
    found.map(|(index, _)| range.offset + index as u64 * SYMBOL_LEN + 8).collect()
}

/// Offsets of the 4-byte words in tables of initialisers that are `addr`.
fn initialisers(file: &[u8], commands: &Commands, addr: Addr) -> Vec<u64> {
    let Some(value) = addr.0.checked_sub(commands.base()).and_then(|value| u32::try_from(value).ok()) else {
        return Vec::new();
    };
    let sections = commands.segments.iter().flat_map(|segment| &segment.sections);
    let tables = sections.filter(|section| section.flags & 0xff == S_INIT_FUNC_OFFSETS);
    let mut found = Vec::new();
    for table in tables {
        let range = commands.in_file(table.file);
        let (entries, _) = range.of(file).unwrap_or_default().as_chunks::<4>();
        let hits = entries.iter().enumerate().filter(|(_, entry)| u32::from_le_bytes(**entry) == value);
        found.extend(hits.map(|(index, _)| range.offset + index as u64 * 4));
    }
    found
}

/// Makes `place` lead to `target`.
pub(super) fn retarget(program: &Program<'_>, draft: &mut Draft, place: &DataRef, target: Addr) -> Result<(), Report> {
    let commands = Commands::read(program.file, program.part)?;
    let refused = || {
        let reason = format!("the word of {} at {:#x} cannot tell {target}", place.kind.words(), place.offset);
        PATCH_REACH.at(Place::offset(place.offset), reason)
    };
    let bytes = encoded(program.file, &commands, place, target).ok_or_else(refused)?;
    let reason = format!("{} to {}", place.kind.words(), program.describe(target));
    draft.replace(program.file, place.offset, &bytes, reason)
}

/// The bytes at `place` when it leads to `target`.
fn encoded(file: &[u8], commands: &Commands, place: &DataRef, target: Addr) -> Option<Vec<u8>> {
    let plain = || Some(target.0.to_le_bytes().to_vec());
    let distance = || target.0.checked_sub(commands.base());
    match place.kind {
        DataKind::Rebased => match Fixups::of(file, commands) {
            Fixups::Chained(chains) => {
                let link = chains.links.iter().find(|link| link.offset == place.offset)?;
                Some(link.with(target.0)?.to_le_bytes().to_vec())
            }
            Fixups::None | Fixups::Listed(_) => plain(),
        },
        DataKind::Export => match trie(commands) {
            Some(range) => {
                let own = exports(file, range).into_iter().find(|export| export.file.offset == place.offset)?;
                uleb::write(distance()?, own.file.len as usize)
            }
            None => plain(),
        },
        DataKind::Entry if commands.find(LC_MAIN).is_some() => Some(distance()?.to_le_bytes().to_vec()),
        DataKind::Offset => Some(u32::try_from(distance()?).ok()?.to_le_bytes().to_vec()),
        DataKind::Pointer | DataKind::Relocation | DataKind::Entry | DataKind::GoMethod => plain(),
    }
}
