//! An executable's segments in an address space: mapped, never copied.

use super::elf::{Executable, ROW_LEN, Segment};
use super::source::Source;
use crate::memory::{Flags, MapRequest, Mapped, Physical, Place, Prot, Space, TASK_END};
use alloc::sync::Arc;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_pivot::Errno;

/// Where programs that can be anywhere are loaded: two thirds up, far from heap and stack of all others.
const MOVABLE_BASE: u64 = TASK_END / 3 * 2;

/// Where a file was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Loaded {
    /// What was added to its addresses.
    pub(super) bias: u64,
    pub(super) entry: Addr,
    /// Its program headers.
    pub(super) headers: Addr,
    pub(super) header_count: u64,
    pub(super) header_len: u64,
    /// The first page after it.
    pub(super) end: Addr,
}

/// What a file is to a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The program itself.
    Program,
    /// Its interpreter.
    Interpreter,
}

/// Reads a file and opens nothing.
pub(super) fn read(physical: &'static Physical, mapped: &Mapped) -> Result<Executable, Errno> {
    Executable::read(&Source { physical, mapped })
}

/// Maps a file's segments.
pub(super) fn load(space: &Space, mapped: &Arc<Mapped>, executable: &Executable, role: Role) -> Result<Loaded, Errno> {
    let (start, end) = executable.span().ok_or(Errno::EINVAL)?;
    let bias = match (executable.is_movable, role) {
        (false, _) => 0,
        (true, Role::Program) => {
            let align = executable.align();
            MOVABLE_BASE.next_multiple_of(align).wrapping_sub(start / align * align)
        }
        (true, Role::Interpreter) => free_place(space, end - start)?.wrapping_sub(start),
    };
    for segment in &executable.segments {
        map(space, mapped, segment, bias)?;
    }
    let moved = |at: u64| Addr(at.wrapping_add(bias));
    let entry = moved(executable.entry);
    if entry.0 >= TASK_END {
        return Err(Errno::EINVAL);
    }
    let headers = executable.rows_address();
    Ok(Loaded {
        bias,
        entry,
        headers: if headers.is_null() { headers } else { moved(headers.0) },
        header_count: executable.row_count,
        header_len: ROW_LEN,
        end: moved(end).align_up(PAGE_SIZE),
    })
}

/// A place that is free at the moment.
fn free_place(space: &Space, len: u64) -> Result<u64, Errno> {
    let at = space.map(&MapRequest { prot: Prot::NONE, ..MapRequest::plain(len) })?;
    space.unmap(at, len)?;
    Ok(at.0)
}

fn map(space: &Space, mapped: &Arc<Mapped>, segment: &Segment, bias: u64) -> Result<(), Errno> {
    let at = segment.at.wrapping_add(bias);
    let is_sane = at < TASK_END && segment.file_len <= segment.len && segment.len <= TASK_END - at;
    if !is_sane {
        return Err(Errno::EINVAL);
    }
    let start = Addr(at).align_down(PAGE_SIZE);
    let (file_end, end) = (at + segment.file_len, Addr(at + segment.len).align_up(PAGE_SIZE));
    let mut rest = start;
    if segment.file_len != 0 {
        if segment.offset % PAGE_SIZE != at % PAGE_SIZE {
            return Err(Errno::EINVAL);
        }
        rest = Addr(file_end).align_up(PAGE_SIZE);
        space.map(&MapRequest {
            place: Place::Fixed(start),
            len: rest.0 - start.0,
            prot: segment.prot,
            may: Prot::ALL,
            flags: Flags::PROGRAM,
            file: Some((mapped.clone(), segment.offset / PAGE_SIZE)),
        })?;
        if segment.len > segment.file_len && segment.prot.has(Prot::WRITE) {
            // To the end of the page: loaders take what is behind their data as memory without anything in it.
            space.clear_out(Addr(file_end), (rest.0 - file_end) as usize)?;
        }
    }
    if rest < end {
        space.map(&MapRequest {
            place: Place::Fixed(rest),
            prot: segment.prot | Prot::READ | Prot::WRITE,
            ..MapRequest::plain(end.0 - rest.0)
        })?;
    }
    Ok(())
}
