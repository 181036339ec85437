//! The load commands of one program, to be read and to be written anew.

use super::table::*;
use crate::draft::Draft;
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_formats::Part;
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::PATCH_REFUSED};

/// Edits closer to each other than this become one.
const NEAR: usize = 8;

/// One load command.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) kind: u32,
    /// Where it stands in the program.
    pub(super) at: u64,
    /// All its bytes.
    pub(super) body: Vec<u8>,
}

impl Command {
    pub(super) fn u32(&self, at: u64) -> u32 {
        Bytes(&self.body).u32(at).unwrap_or_default()
    }

    pub(super) fn u64(&self, at: u64) -> u64 {
        Bytes(&self.body).u64(at).unwrap_or_default()
    }

    /// Writes a field; one that the command is too short for does not exist.
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) {
        let start = at as usize;
        if let Some(place) = self.body.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// Every stretch of the program it names.
    fn stretches(&self) -> Vec<FileRange> {
        let sized = |at: u64, count: u64, unit: u64| FileRange {
            offset: self.u32(at).into(),
            len: u64::from(self.u32(count)).saturating_mul(unit),
        };
        match self.kind {
            LC_SYMTAB => vec![sized(8, 12, SYMBOL_LEN), self.stretch(16)],
            // Indirect symbols are numbers of symbols; the others are old tables of relocations and modules.
            LC_DYSYMTAB => vec![sized(56, 60, 4), sized(64, 68, 8), sized(72, 76, 8)],
            kind => match OFFSETS.iter().find(|row| row.kind == kind) {
                Some(row) => row.narrow.iter().map(|&at| self.stretch(at)).collect(),
                None => Vec::new(),
            },
        }
    }

    /// The stretch of the program whose offset stands at `at` and whose length stands behind it.
    pub(super) fn stretch(&self, at: u64) -> FileRange {
        FileRange { offset: self.u32(at).into(), len: self.u32(at + 4).into() }
    }
}

/// A segment.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Its command's place in the list.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) addr: u64,
    pub(super) memory_len: u64,
    /// Its bytes, in the program.
    pub(super) file: FileRange,
    pub(super) protection: u32,
    pub(super) sections: Vec<Section>,
}

impl Segment {
    pub(super) fn end(&self) -> u64 {
        self.addr.saturating_add(self.memory_len)
    }
}

/// A section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    pub(super) memory: AddrRange,
    /// Its bytes, in the program; empty for zero fill.
    pub(super) file: FileRange,
    pub(super) flags: u32,
}

/// The header and load commands of a program.
#[derive(Clone, Debug)]
pub(super) struct Commands {
    /// Where the program begins and ends in the file.
    pub(super) slice: FileRange,
    /// The header.
    header: Vec<u8>,
    pub(super) list: Vec<Command>,
    pub(super) segments: Vec<Segment>,
}

impl Commands {
    /// Those of the program that is `part` of `file`.
    pub(super) fn read(file: &[u8], part: &Part) -> Result<Commands, Report> {
        let slice = part.file;
        let refused = || PATCH_REFUSED.at(Place::offset(slice.offset), "its load commands cannot be read");
        let bytes = Bytes(slice.of(file).ok_or_else(refused)?);
        Commands::parse(slice, bytes).ok_or_else(refused)
    }

    fn parse(slice: FileRange, bytes: Bytes<'_>) -> Option<Commands> {
        let header = bytes.slice(0, HEADER_LEN)?.to_vec();
        let end = HEADER_LEN + u64::from(bytes.u32(20)?);
        let mut list = Vec::new();
        let mut at = HEADER_LEN;
        for _ in 0..bytes.u32(16)? {
            let (kind, len) = (bytes.u32(at)?, u64::from(bytes.u32(at + 4)?));
            if len < 8 || at + len > end {
                return None;
            }
            list.push(Command { kind, at, body: bytes.slice(at, len)?.to_vec() });
            at += len;
        }
        let segments = list.iter().enumerate().filter(|(_, command)| command.kind == LC_SEGMENT_64);
        let segments = segments.map(|(index, command)| segment(index, command)).collect::<Option<_>>()?;
        Some(Commands { slice, header, list, segments })
    }

    pub(super) fn cpu(&self) -> u32 {
        Bytes(&self.header).u32(4).unwrap_or_default()
    }

    pub(super) fn file_type(&self) -> u32 {
        Bytes(&self.header).u32(12).unwrap_or_default()
    }

    /// Refuses tables that reach beyond the program: what is behind it would be taken for theirs once something is there.
    pub(super) fn check(&self) -> Result<(), Report> {
        for command in &self.list {
            let outside = command.stretches().into_iter().find(|range| range.len > 0 && range.end() > self.slice.len);
            if let Some(range) = outside {
                let reason = format!("{:#x} bytes at {:#x} are beyond its end", range.len, range.offset);
                return Err(PATCH_REFUSED.at(Place::offset(self.slice.offset + command.at), reason));
            }
        }
        Ok(())
    }

    /// The first command of a kind.
    pub(super) fn find(&self, kind: u32) -> Option<&Command> {
        self.list.iter().find(|command| command.kind == kind)
    }

    /// The segment that maps the header.
    pub(super) fn text(&self) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.file.offset == 0 && segment.file.len > 0)
    }

    /// The address of the header, which offsets in tables count from.
    pub(super) fn base(&self) -> u64 {
        self.text().map_or(0, |text| text.addr)
    }

    pub(super) fn linkedit(&self) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.name == LINKEDIT)
    }

    /// The file offset of the byte at `addr`.
    pub(super) fn offset_of(&self, addr: u64) -> Option<u64> {
        let holds = |segment: &&Segment| addr >= segment.addr && addr - segment.addr < segment.file.len;
        let segment = self.segments.iter().find(holds)?;
        self.slice.offset.checked_add(segment.file.offset)?.checked_add(addr - segment.addr)
    }

    /// The address of the byte at offset `offset` of the file.
    pub(super) fn addr_of(&self, offset: u64) -> Option<Addr> {
        let offset = offset.checked_sub(self.slice.offset)?;
        let segment = self.segments.iter().find(|segment| segment.file.contains(offset))?;
        Some(Addr(segment.addr.checked_add(offset - segment.file.offset)?))
    }

    /// A stretch of the program as a stretch of the file.
    pub(super) fn in_file(&self, range: FileRange) -> FileRange {
        FileRange { offset: self.slice.offset.saturating_add(range.offset), len: range.len }
    }

    /// How many bytes the list takes.
    pub(super) fn len(&self) -> u64 {
        self.list.iter().map(|command| command.body.len() as u64).sum()
    }

    /// Takes changes of commands over from the draft: they go where the commands go.
    pub(super) fn take(&mut self, draft: &mut Draft) {
        for edit in draft.take(self.in_file(FileRange { offset: HEADER_LEN, len: self.len() })) {
            let at = edit.offset - self.slice.offset;
            let holds = |command: &&mut Command| command.at <= at && at - command.at < command.body.len() as u64;
            if let Some(command) = self.list.iter_mut().find(holds) {
                command.put(at - command.at, &edit.new);
            }
        }
    }

    /// How many more bytes of commands fit before the first section.
    pub(super) fn room(&self, file: &[u8]) -> u64 {
        let end = HEADER_LEN + self.len();
        let sections = self.segments.iter().flat_map(|segment| &segment.sections);
        let Some(first) = sections.filter(|section| section.file.len > 0).map(|section| section.file.offset).min()
        else {
            return 0;
        };
        let gap = FileRange { offset: end, len: first.saturating_sub(end) };
        let bytes = self.in_file(gap).of(file).unwrap_or_default();
        bytes.iter().take_while(|&&byte| byte == 0).count() as u64
    }

    /// Writes the header and the commands over those in `file`.
    pub(super) fn write(mut self, file: &[u8], draft: &mut Draft) -> Result<(), Report> {
        let (count, len) = (self.list.len() as u32, self.len() as u32);
        for (at, value) in [(16, count), (20, len)] {
            if let Some(place) = self.header.get_mut(at..at + 4) {
                place.copy_from_slice(&value.to_le_bytes());
            }
        }
        let mut raw = self.header;
        self.list.iter().for_each(|command| raw.extend_from_slice(&command.body));
        rewrite(file, draft, self.slice.offset, &raw, "load commands")
    }
}

fn segment(index: usize, command: &Command) -> Option<Segment> {
    let body = Bytes(&command.body);
    let name: [u8; 16] = body.array(8)?;
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let count = u64::from(body.u32(64)?);
    if SEGMENT_LEN + count.checked_mul(SECTION_LEN)? > command.body.len() as u64 {
        return None;
    }
    let section = |at: u64| {
        let flags = body.u32(at + 64)?;
        let memory = AddrRange::new(Addr(body.u64(at + 32)?), body.u64(at + 40)?)?;
        let len = if S_ZEROFILL.contains(&(flags & 0xff)) { 0 } else { memory.len() };
        Some(Section { memory, file: FileRange { offset: body.u32(at + 48)?.into(), len }, flags })
    };
    let sections = (0..count).map(|number| section(SEGMENT_LEN + number * SECTION_LEN)).collect::<Option<_>>()?;
    Some(Segment {
        index,
        name: String::from_utf8_lossy(name).into_owned(),
        addr: body.u64(24)?,
        memory_len: body.u64(32)?,
        file: FileRange { offset: body.u64(40)?, len: body.u64(48)? },
        protection: body.u32(60)?,
        sections,
    })
}

/// Replaces only those bytes at `offset` that differ from `new`.
pub(super) fn rewrite(file: &[u8], draft: &mut Draft, offset: u64, new: &[u8], reason: &str) -> Result<(), Report> {
    let old = Bytes(file).slice(offset, new.len() as u64);
    let old = old.ok_or_else(|| PATCH_REFUSED.at(Place::offset(offset), "the file ends before"))?;
    let differing: Vec<usize> =
        old.iter().zip(new).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    for run in differing.chunk_by(|a, b| b - a < NEAR) {
        if let (Some(&first), Some(&last)) = (run.first(), run.last()) {
            draft.replace(file, offset + first as u64, new.get(first..=last).unwrap_or_default(), reason)?;
        }
    }
    Ok(())
}
