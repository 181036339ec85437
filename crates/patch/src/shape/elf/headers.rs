//! The program headers, and where there is room for more of them.

use crate::program::Program;
use ashore_base::Bytes;
use ashore_image::FileRange;

/// Sizes of an entry of the program header table and of the section header table.
pub(super) const ROW_LEN: u64 = 56;
const SECTION_LEN: u64 = 64;
/// The length of the ELF header.
const HEADER_LEN: u64 = 64;
/// In the ELF header.
pub(super) const PHOFF_AT: u64 = 32;
pub(super) const SHOFF_AT: u64 = 40;
pub(super) const PHNUM_AT: u64 = 56;
const SHNUM_AT: u64 = 60;
/// `p_type`.
pub(super) const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
pub(super) const PT_PHDR: u32 = 6;
const PT_GNU_PROPERTY: u32 = 0x6474_e553;

/// One program header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) kind: u32,
    pub(super) flags: u32,
    pub(super) offset: u64,
    pub(super) addr: u64,
    pub(super) physical: u64,
    pub(super) file_len: u64,
    pub(super) memory_len: u64,
    pub(super) align: u64,
}

impl Row {
    fn read(raw: &[u8]) -> Option<Row> {
        let raw = Bytes(raw);
        Some(Row {
            kind: raw.u32(0)?,
            flags: raw.u32(4)?,
            offset: raw.u64(8)?,
            addr: raw.u64(16)?,
            physical: raw.u64(24)?,
            file_len: raw.u64(32)?,
            memory_len: raw.u64(40)?,
            align: raw.u64(48)?,
        })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.kind.to_le_bytes());
        bytes.extend_from_slice(&self.flags.to_le_bytes());
        let longs = [self.offset, self.addr, self.physical, self.file_len, self.memory_len, self.align];
        longs.iter().for_each(|long| bytes.extend_from_slice(&long.to_le_bytes()));
    }
}

/// Rows as the file has them.
pub(super) fn bytes_of(rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    rows.iter().for_each(|row| row.write(&mut bytes));
    bytes
}

/// The table of a program.
#[derive(Clone, Debug)]
pub(super) struct Headers {
    /// Where it is.
    pub(super) file: FileRange,
    /// Its rows.
    pub(super) rows: Vec<Row>,
}

/// How more rows are made to fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    /// Behind the table nothing is.
    Behind,
    /// Behind the table the section headers are, which no loader reads: they move to the end of the file.
    OverSections(FileRange),
    /// The whole table moves into the added memory.
    Moved,
}

impl Headers {
    /// The table of `program`.
    pub(super) fn read(program: &Program<'_>) -> Option<Headers> {
        let file = program.part.image.headers?.file;
        let raw = file.of(program.file)?;
        let rows = raw.chunks_exact(ROW_LEN as usize).map(Row::read).collect::<Option<_>>()?;
        Some(Headers { file, rows })
    }

    /// How `more` rows fit. Rows that say nothing new are given up for them first.
    pub(super) fn fit(&self, program: &Program<'_>, more: usize) -> Fit {
        let more = (more as u64).saturating_sub(self.spare().len() as u64) * ROW_LEN;
        if more == 0 {
            return Fit::Behind;
        }
        let wanted = FileRange { offset: self.file.end(), len: more };
        let sections = section_table(program).filter(|table| overlap(*table, wanted));
        let is_covered = self
            .rows
            .iter()
            .filter(|row| row.kind == PT_LOAD)
            .any(|row| row.offset <= self.file.offset && wanted.end() <= row.offset.saturating_add(row.file_len));
        // Without sections nobody knows what is behind the table.
        let is_known = !program.part.sections.is_empty();
        let is_used = program.part.sections.iter().any(|section| overlap(section.file, wanted))
            || self.rows.iter().any(|row| row.kind != PT_LOAD && overlap(row.file(), wanted) && row.kind != PT_PHDR)
            || self
                .rows
                .iter()
                .any(|row| row.kind == PT_LOAD && row.offset > self.file.offset && overlap(row.file(), wanted));
        let is_zero = || wanted.of(program.file).is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0));
        match sections {
            _ if !is_covered || !is_known || is_used => Fit::Moved,
            Some(table) => Fit::OverSections(table),
            None if is_zero() => Fit::Behind,
            None => Fit::Moved,
        }
    }

    /// Rows that can be given up: a note that another row, of its own kind, tells loaders too.
    fn spare(&self) -> Vec<usize> {
        let properties = self.rows.iter().find(|row| row.kind == PT_GNU_PROPERTY);
        let is_spare = |row: &Row| row.kind == PT_NOTE && properties.is_some_and(|known| known.offset == row.offset);
        let spare = self.rows.iter().enumerate().filter(|(_, row)| is_spare(row)).map(|(index, _)| index);
        spare.collect()
    }

    /// The rows with `more` among them: rows of loaded memory stay in the order of their addresses, as loaders want them.
    pub(super) fn with(&self, more: &[Row]) -> Vec<Row> {
        let mut rows = self.rows.clone();
        let mut wanted = more.len();
        for index in self.spare().into_iter().rev() {
            if wanted > 0 {
                rows.remove(index);
                wanted -= 1;
            }
        }
        let last = rows.iter().rposition(|row| row.kind == PT_LOAD).map_or(rows.len(), |last| last + 1);
        rows.splice(last..last, more.iter().copied());
        rows
    }
}

impl Row {
    fn file(&self) -> FileRange {
        FileRange { offset: self.offset, len: self.file_len }
    }
}

fn overlap(a: FileRange, b: FileRange) -> bool {
    a.offset < b.end() && b.offset < a.end()
}

/// The file's own headers: that loaded memory begins at a function does not mean that its row leads there.
pub(super) fn all(program: &Program<'_>) -> impl Iterator<Item = FileRange> {
    let rows = program.part.image.headers.map(|table| table.file);
    [Some(FileRange { offset: 0, len: HEADER_LEN }), rows, section_table(program)].into_iter().flatten()
}

/// The section header table, if the file has one.
fn section_table(program: &Program<'_>) -> Option<FileRange> {
    let file = Bytes(program.file);
    let table = FileRange { offset: file.u64(SHOFF_AT)?, len: u64::from(file.u16(SHNUM_AT)?) * SECTION_LEN };
    (table.offset != 0 && table.len != 0 && table.of(program.file).is_some()).then_some(table)
}
