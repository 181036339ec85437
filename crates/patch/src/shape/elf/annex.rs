//! Adding memory to an ELF file: new bytes at its end, and rows in the program header table that map them.

use super::{
    super::{Annex, Room},
    headers::{Fit, Headers, PHNUM_AT, PHOFF_AT, PT_LOAD, PT_PHDR, ROW_LEN, Row, SHOFF_AT, bytes_of},
};
use crate::{draft::Draft, program::Program};
use ashore_base::{Addr, Cpu};
use ashore_report::{Report, table::PATCH_REFUSED};

/// The largest page that systems on this CPU map by.
const fn page(cpu: Cpu) -> u64 {
    match cpu {
        Cpu::X86_64 | Cpu::Riscv64 => 0x1000,
        Cpu::Aarch64 => 0x1_0000,
    }
}

/// Between the program's last byte and what is added, and between added code and data: what is beside is not ours.
const GAP: u64 = 0x1_0000;
/// The most code that is added: data begins this far behind it.
const CODE_MAX: u64 = 16 << 20;
/// Alignment of what is added.
const UNIT: u64 = 16;
/// The rows of the table that the added code and data need, at most.
const ROWS: usize = 2;
/// Rather than let a moved header table be at another distance from the file than loaders assume, this much filler is spent.
const FILLER_MAX: u64 = 1 << 20;
/// `p_flags`.
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;

/// What is known of the place before anything is added.
struct Place {
    headers: Headers,
    fit: Fit,
    /// Where in the file the added bytes begin.
    offset: u64,
    /// Where in memory they begin: as far into a page as in the file.
    addr: u64,
    page: u64,
}

impl Place {
    fn of(program: &Program<'_>) -> Result<Place, Report> {
        let image = &program.part.image;
        let refused = |reason: &str| PATCH_REFUSED.because(reason);
        let headers = Headers::read(program).ok_or_else(|| refused("the table of segments cannot be read"))?;
        let fit = headers.fit(program, ROWS);
        let end = (program.file.len() as u64).next_multiple_of(UNIT);
        let page = page(image.cpu);
        let free = image.span().end.0.saturating_add(GAP);
        let mut offset = end;
        let mut addr = free.next_multiple_of(page) + offset % page;
        // Old kernels and emulators tell the program where its header table is by its distance from the first segment.
        let distance = image.segments.first().map_or(0, |first| first.memory.start.0.wrapping_sub(first.file.offset));
        let same_distance = free.saturating_sub(distance).max(end).next_multiple_of(UNIT);
        let is_behind = distance.wrapping_add(same_distance) >= free;
        if fit == Fit::Moved && is_behind && distance.is_multiple_of(page) && same_distance - end <= FILLER_MAX {
            offset = same_distance;
            addr = distance.wrapping_add(offset);
        }
        if addr.checked_add(2 * CODE_MAX).is_none() {
            return Err(refused("no address is free behind the program"));
        }
        Ok(Place { headers, fit, offset, addr, page })
    }

    /// The bytes that a moved table takes at the start of the added code.
    fn table_len(&self) -> u64 {
        match self.fit {
            Fit::Moved => ((self.headers.rows.len() + ROWS) as u64 * ROW_LEN).next_multiple_of(UNIT),
            Fit::Behind | Fit::OverSections(_) => 0,
        }
    }
}

/// Where memory can be added.
pub(super) fn room(program: &Program<'_>) -> Result<Room, Report> {
    let place = Place::of(program)?;
    // The data's place within a page depends on the length of the code, which is not known yet: the data starts a page, and the
    // file is filled up to one.
    let data = (place.addr + CODE_MAX).next_multiple_of(place.page);
    Ok(Room { code: Addr(place.addr + place.table_len()), data: Addr(data) })
}

/// Adds `annex` where [`room`] said.
pub(super) fn attach(program: &Program<'_>, draft: &mut Draft, annex: &Annex) -> Result<(), Report> {
    let place = Place::of(program)?;
    let Place { ref headers, fit, offset, addr, page } = place;
    let room = room(program)?;
    if annex.code.len() as u64 + place.table_len() > CODE_MAX - GAP {
        return Err(PATCH_REFUSED.because(format!("{} bytes of code are too many to add", annex.code.len())));
    }
    let file_len = program.file.len() as u64;
    let mut bytes = vec![0; (offset - file_len) as usize];
    let code_len = place.table_len() + annex.code.len() as u64;
    let mut rows = vec![load(PF_R | PF_X, (offset, addr), (code_len, code_len), page)];
    let code_end = offset + code_len;
    let has_data = !annex.data.is_empty() || annex.zeroed_len > 0;
    let data_offset = if has_data { code_end.next_multiple_of(page) } else { code_end };
    if has_data {
        let len = annex.data.len() as u64;
        rows.push(load(PF_R | PF_W, (data_offset, room.data.0), (len, len.saturating_add(annex.zeroed_len)), page));
    }
    let mut table = headers.with(&rows);
    if fit == Fit::Moved {
        let len = table.len() as u64 * ROW_LEN;
        for row in table.iter_mut().filter(|row| row.kind == PT_PHDR) {
            *row = Row { offset, addr, physical: addr, file_len: len, memory_len: len, ..*row };
        }
        let mut raw = bytes_of(&table);
        raw.resize(place.table_len() as usize, 0);
        bytes.extend_from_slice(&raw);
        draft.replace(program.file, PHOFF_AT, &offset.to_le_bytes(), "segment table moved")?;
    } else {
        let len = table.len() as u64 * ROW_LEN;
        for row in table.iter_mut().filter(|row| row.kind == PT_PHDR) {
            *row = Row { file_len: len, memory_len: len, ..*row };
        }
        replace_rows(program, draft, headers, &bytes_of(&table))?;
    }
    bytes.extend_from_slice(&annex.code);
    if has_data {
        bytes.resize((data_offset - file_len) as usize, 0);
        bytes.extend_from_slice(&annex.data);
    }
    if let Fit::OverSections(sections) = fit {
        let moved = (file_len + bytes.len() as u64).next_multiple_of(UNIT);
        bytes.resize((moved - file_len) as usize, 0);
        bytes.extend_from_slice(sections.of(program.file).unwrap_or_default());
        draft.replace(program.file, SHOFF_AT, &moved.to_le_bytes(), "section table moved")?;
    }
    let count = (table.len() as u16).to_le_bytes();
    draft.replace(program.file, PHNUM_AT, &count, "segments counted")?;
    draft.insert(file_len, bytes);
    Ok(())
}

/// A row for loaded memory: where it is in the file and in memory, and its length in both.
fn load(flags: u32, (offset, addr): (u64, u64), (file_len, memory_len): (u64, u64), align: u64) -> Row {
    Row { kind: PT_LOAD, flags, offset, addr, physical: addr, file_len, memory_len, align }
}

/// Writes the table in its place, row by row, so that only rows that differ count as changed.
fn replace_rows(program: &Program<'_>, draft: &mut Draft, headers: &Headers, raw: &[u8]) -> Result<(), Report> {
    for (index, row) in raw.chunks_exact(ROW_LEN as usize).enumerate() {
        let at = headers.file.offset + index as u64 * ROW_LEN;
        draft.replace(program.file, at, row, "segment added")?;
    }
    Ok(())
}
