//! Adding memory to a Mach-O program: segments before `__LINKEDIT`, which moves behind them in the file and in memory.

use super::{
    super::{Annex, Room},
    caves::Caves,
    commands::{Command, Commands, Segment},
    fixups::{Fixups, StartsTable},
    table::*,
};
use crate::{draft::Draft, program::Program};
use ashore_base::{Addr, Bytes};
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::PATCH_REFUSED};

/// The most code that is added: data begins this far behind it.
const CODE_MAX: u64 = 16 << 20;
/// `flags` of a section of nothing but instructions.
const INSTRUCTIONS: u32 = 0x8000_0400;
/// Names of what is added.
const CODE_NAMES: [&str; 2] = ["__ASHORE", "__text"];
const DATA_NAMES: [&str; 2] = ["__ASHORE_DATA", "__data"];

/// The pages programs of a CPU are laid out by.
pub(super) fn page(commands: &Commands) -> u64 {
    if commands.cpu() == CPU_ARM64 { 0x4000 } else { 0x1000 }
}

/// A segment to be added.
struct Added {
    names: [&'static str; 2],
    addr: u64,
    memory_len: u64,
    /// Its bytes, in the program.
    file: FileRange,
    len: u64,
    protection: u32,
    flags: u32,
}

impl Added {
    /// Its load command; with a section, for tools, where there is room for one.
    fn command(&self, has_section: bool) -> Vec<u8> {
        let [name, section] = self.names.map(|name| {
            let mut padded = name.as_bytes().to_vec();
            padded.resize(16, 0);
            padded
        });
        let count = u32::from(has_section);
        let len = SEGMENT_LEN + u64::from(count) * SECTION_LEN;
        let mut raw = [LC_SEGMENT_64, len as u32].iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        raw.extend_from_slice(&name);
        for long in [self.addr, self.memory_len, self.file.offset, self.file.len] {
            raw.extend_from_slice(&long.to_le_bytes());
        }
        for word in [self.protection, self.protection, count, 0] {
            raw.extend_from_slice(&word.to_le_bytes());
        }
        if has_section {
            raw.extend([section, name].concat());
            raw.extend_from_slice(&self.addr.to_le_bytes());
            raw.extend_from_slice(&self.len.to_le_bytes());
            // Offset, alignment as a power of two, relocations, flags, reserved.
            for word in [self.file.offset as u32, 4, 0, 0, self.flags, 0, 0, 0] {
                raw.extend_from_slice(&word.to_le_bytes());
            }
        }
        raw
    }
}

/// The segment to move, when everything is where it is expected.
fn linkedit(commands: &Commands) -> Result<&Segment, Report> {
    let refused = |reason: &str| PATCH_REFUSED.at(Place::offset(commands.slice.offset), reason);
    let own =
        commands.linkedit().ok_or_else(|| refused("it has no __LINKEDIT segment, before which memory is added"))?;
    let is_last = |other: &Segment| {
        other.index == own.index
            || other.end() <= own.addr && (other.file.len == 0 || other.file.end() <= own.file.offset)
    };
    let page = page(commands);
    match () {
        () if !commands.segments.iter().all(is_last) => Err(refused("something lies behind its __LINKEDIT segment")),
        () if !own.addr.is_multiple_of(page) || !own.file.offset.is_multiple_of(page) => {
            Err(refused("its __LINKEDIT segment does not begin on a page"))
        }
        () if own.addr.checked_add(4 * CODE_MAX).is_none() => Err(refused("no address is free behind the program")),
        () => Ok(own),
    }
}

/// Where memory can be added.
pub(super) fn room(program: &Program<'_>) -> Result<Room, Report> {
    let commands = Commands::read(program.file, program.part)?;
    if let Some(caves) = caves(program.file, &commands) {
        return Ok(caves.room());
    }
    let start = linkedit(&commands)?.addr;
    Ok(Room { code: Addr(start), data: Addr(start + CODE_MAX) })
}

/// The unused memory to take, for a program to which segments of code and data cannot be added.
fn caves(file: &[u8], commands: &Commands) -> Option<Caves> {
    let is_tight = commands.room(file) < 2 * SEGMENT_LEN || linkedit(commands).is_err();
    if is_tight { Caves::of(file, commands) } else { None }
}

/// What has to be added for `annex`, and the length of it all in the file and in memory.
fn added(commands: &Commands, annex: &Annex) -> Result<(Vec<Added>, u64, u64), Report> {
    let own = linkedit(commands)?;
    let page = page(commands);
    let mut rows = Vec::new();
    let code_len = annex.code.len() as u64;
    if code_len > CODE_MAX - page {
        return Err(PATCH_REFUSED.because(format!("{code_len} bytes of code are too many to add")));
    }
    let (mut file_len, mut memory_len) = (0, 0);
    if code_len > 0 {
        let len = code_len.next_multiple_of(page);
        let file = FileRange { offset: own.file.offset, len };
        let protection = READ | EXECUTE;
        rows.push(Added {
            names: CODE_NAMES,
            addr: own.addr,
            memory_len: len,
            file,
            len: code_len,
            protection,
            flags: INSTRUCTIONS,
        });
        (file_len, memory_len) = (len, len);
    }
    let data_len = annex.data.len() as u64;
    if data_len > 0 || annex.zeroed_len > 0 {
        let len = data_len.next_multiple_of(page);
        let file = FileRange { offset: own.file.offset + file_len, len };
        let all = data_len.saturating_add(annex.zeroed_len).checked_next_multiple_of(page);
        let all =
            all.filter(|len| len >> 40 == 0).ok_or_else(|| PATCH_REFUSED.because("the zeroes are too many to add"))?;
        let protection = READ | WRITE;
        rows.push(Added {
            names: DATA_NAMES,
            addr: own.addr + CODE_MAX,
            memory_len: all,
            file,
            len: data_len,
            protection,
            flags: 0,
        });
        (file_len, memory_len) = (file_len + len, CODE_MAX + all);
    }
    Ok((rows, file_len, memory_len))
}

/// Whether `annex` can be added: whether there is room for its load commands, above all.
pub(super) fn check(program: &Program<'_>, annex: &Annex) -> Result<(), Report> {
    let mut commands = Commands::read(program.file, program.part)?;
    attach(program.file, &mut commands, &mut Draft::default(), annex)
}

/// Adds `annex`: its bytes to the draft, its segments to the commands, in which `__LINKEDIT` gets its new address.
pub(super) fn attach(file: &[u8], commands: &mut Commands, draft: &mut Draft, annex: &Annex) -> Result<(), Report> {
    if annex.is_empty() {
        return Ok(());
    }
    if let Some(caves) = caves(file, commands) {
        return caves.attach(file, draft, annex);
    }
    let (rows, file_len, memory_len) = added(commands, annex)?;
    let own = linkedit(commands)?.clone();
    let room = commands.room(file);
    let (short, long) = (SEGMENT_LEN * rows.len() as u64, (SEGMENT_LEN + SECTION_LEN) * rows.len() as u64);
    if short > room {
        let reason = format!("{short} bytes of load commands must be added and there is room for {room}");
        return Err(PATCH_REFUSED
            .at(Place::offset(commands.slice.offset + HEADER_LEN + commands.len()), reason)
            .note("link with more room behind the load commands: `-headerpad 0x200`"));
    }
    starts(file, commands, draft, rows.len() as u64)?;
    let mut bytes = annex.code.clone();
    let code_len = rows.iter().find(|row| row.flags == INSTRUCTIONS).map_or(0, |row| row.file.len);
    bytes.resize(code_len as usize, 0);
    bytes.extend_from_slice(&annex.data);
    bytes.resize(file_len as usize, 0);
    draft.insert(commands.slice.offset + own.file.offset, bytes);
    let new = rows.iter().map(|row| Command {
        kind: LC_SEGMENT_64,
        at: 0,
        body: row.command(long + LINKEDIT_DATA_LEN <= room),
    });
    if let Some(command) = commands.list.get_mut(own.index) {
        command.put(24, &(own.addr + memory_len).to_le_bytes());
    }
    commands.list.splice(own.index..own.index, new);
    Ok(())
}

/// Gives `more` segments before the last an empty row in the table of chains.
fn starts(file: &[u8], commands: &mut Commands, draft: &mut Draft, more: u64) -> Result<(), Report> {
    let Fixups::Chained(chains) = Fixups::of(file, commands) else { return Ok(()) };
    let Some(table) = chains.table.filter(|table| table.count == commands.segments.len() as u64) else { return Ok(()) };
    let StartsTable { header, at, count } = table;
    let refused = || PATCH_REFUSED.at(Place::offset(at), "the table of chains is not laid out as linkers do");
    let bytes = Bytes(file);
    let rows: Vec<u32> =
        (0..count).map(|row| bytes.u32(at + 4 + row * 4)).collect::<Option<_>>().ok_or_else(refused)?;
    if rows.last().is_some_and(|&last| last != 0) {
        return Err(refused());
    }
    let reason = "table of chains";
    let end = 4 + count * 4;
    let free = rows.iter().filter(|&&row| row != 0).min().map_or(0, |&first| u64::from(first).saturating_sub(end));
    let filler = FileRange { offset: at + end, len: more * 4 };
    let is_free = free >= more * 4 && filler.of(file).is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0));
    draft.replace(file, at, &((count + more) as u32).to_le_bytes(), reason)?;
    if is_free {
        return Ok(());
    }
    // What stands behind keeps its alignment.
    let len = (more * 4).next_multiple_of(8);
    draft.insert(at + end, vec![0; len as usize]);
    for (row, &start) in (0u64..).zip(&rows).filter(|(_, start)| **start != 0) {
        draft.replace(file, at + 4 + row * 4, &(start + len as u32).to_le_bytes(), reason)?;
    }
    for field in [8, 12] {
        let start = bytes.u32(header + field).ok_or_else(refused)?;
        if header + u64::from(start) >= at + end {
            draft.replace(file, header + field, &(start + len as u32).to_le_bytes(), reason)?;
        }
    }
    let own = commands.list.iter_mut().filter(|command| command.kind == LC_DYLD_CHAINED_FIXUPS);
    own.for_each(|command| command.put(12, &(command.u32(12) + len as u32).to_le_bytes()));
    Ok(())
}
