//! The program headers: what a kernel acts on.

use super::{constants::*, header::Header};
use crate::check::{self, Loader};
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_image::{FileRange, Perms, Segment, StackWish, TlsTemplate};
use ashore_report::{
    Place, Report,
    table::{MALFORMED, NOT_A_PROGRAM, SEGMENT_RANGE, WRAPPED_OFFSET},
};

/// Kernels refuse a longer interpreter path.
const INTERPRETER_LIMIT: u64 = 4096;
/// No program asks for more; guards the arithmetic of whoever aligns by it.
const ALIGN_LIMIT: u64 = 1 << 40;

/// Everything the program headers say.
#[derive(Default)]
pub(super) struct Segments {
    pub(super) loads: Vec<Segment>,
    pub(super) interpreter: Option<String>,
    pub(super) tls: Option<TlsTemplate>,
    pub(super) dynamic: Option<(AddrRange, FileRange)>,
    pub(super) stack: StackWish,
    pub(super) relro: Option<AddrRange>,
    pub(super) unwind: Option<FileRange>,
    /// Stretches of notes and the alignment of each.
    pub(super) notes: Vec<(FileRange, u64)>,
    /// Kinds that belong to particular systems.
    pub(super) tags: Vec<u32>,
    /// Segments that a machine loads elsewhere.
    pub(super) physical: Vec<(AddrRange, Addr)>,
    pub(super) remarks: Vec<Report>,
}

/// One program header as it stands in the file.
struct Row {
    /// Its own offset.
    at: u64,
    kind: u32,
    flags: u32,
    offset: u64,
    addr: u64,
    physical: u64,
    file_len: u64,
    memory_len: u64,
    align: u64,
}

impl Row {
    fn read(bytes: Bytes<'_>, at: u64) -> Result<Row, Report> {
        let raw: [u8; SEGMENT_LEN as usize] = check::array(bytes, at, "a program header")?;
        let raw = Bytes(&raw);
        let word = |at| raw.u32(at).unwrap_or_default();
        let long = |at| raw.u64(at).unwrap_or_default();
        Ok(Row {
            at,
            kind: word(0),
            flags: word(4),
            offset: long(8),
            addr: long(16),
            physical: long(24),
            file_len: long(32),
            memory_len: long(40),
            align: long(48),
        })
    }

    /// Its bytes, when the file has them.
    fn file(&self, bytes: Bytes<'_>, what: &str) -> Result<FileRange, Report> {
        check::range(bytes, self.offset, self.file_len, what)
    }

    /// The memory it takes.
    fn memory(&self) -> Result<AddrRange, Report> {
        check::memory(self.addr, self.memory_len, self.at)
    }

    /// Its alignment; 0 and 1 both mean none.
    fn align(&self) -> Result<u64, Report> {
        match self.align.max(1) {
            align if align.is_power_of_two() && align <= ALIGN_LIMIT => Ok(align),
            align => Err(SEGMENT_RANGE.at(Place::offset(self.at), format!("alignment {align:#x} is not possible"))),
        }
    }

    fn load(&self, bytes: Bytes<'_>, header: &Header) -> Result<Segment, Report> {
        let perms = Perms {
            is_read: self.flags & PF_R != 0,
            is_write: self.flags & PF_W != 0,
            is_exec: self.flags & PF_X != 0,
        };
        let file = FileRange { offset: self.offset, len: self.file_len };
        let segment = Segment { memory: self.memory()?, file, perms, align: self.align()?, name: None };
        check::segment(bytes, (header.cpu, header.loader), &segment, self.at)?;
        Ok(segment)
    }

    fn interpreter(&self, bytes: Bytes<'_>) -> Result<String, Report> {
        let file = self.file(bytes, "the interpreter's path")?;
        let path = file.of(bytes.0).unwrap_or_default();
        match path.split_last() {
            Some((0, path)) if file.len <= INTERPRETER_LIMIT && !path.contains(&0) => {
                Ok(String::from_utf8_lossy(path).into_owned())
            }
            _ => {
                Err(MALFORMED.at(Place::offset(self.offset), "the interpreter's path is not one string of sane length"))
            }
        }
    }
}

impl Segments {
    /// Reads the whole table.
    pub(super) fn read(bytes: Bytes<'_>, header: &Header) -> Result<Segments, Report> {
        let table =
            check::range(bytes, header.segments_at, header.segment_count * SEGMENT_LEN, "the program header table")?;
        let mut found = Segments::default();
        for index in 0..header.segment_count {
            found.take(bytes, header, &Row::read(bytes, table.offset + index * SEGMENT_LEN)?)?;
        }
        if found.loads.is_empty() {
            return Err(NOT_A_PROGRAM.at(Place::offset(table.offset), "no program header asks for memory"));
        }
        check::layout(&mut found.loads, table.offset)?;
        Ok(found)
    }

    fn take(&mut self, bytes: Bytes<'_>, header: &Header, row: &Row) -> Result<(), Report> {
        match row.kind {
            PT_LOAD if row.memory_len == 0 && row.file_len == 0 => {}
            PT_LOAD => self.load(bytes, header, row)?,
            PT_INTERP => self.interpreter = Some(row.interpreter(bytes)?),
            PT_DYNAMIC => self.dynamic = Some((row.memory()?, row.file(bytes, "the dynamic table")?)),
            PT_NOTE => self.notes.push((row.file(bytes, "a note")?, row.align.max(1))),
            PT_TLS => self.tls = Some(self.template(bytes, row)?),
            PT_GNU_STACK => {
                let len = (row.memory_len != 0).then_some(row.memory_len);
                self.stack = StackWish { is_executable: row.flags & PF_X != 0, len };
            }
            PT_GNU_RELRO => self.relro = Some(row.memory()?),
            PT_GNU_EH_FRAME => self.unwind = row.file(bytes, "the unwinding table").ok(),
            PT_PHDR => {}
            other if other >= PT_LOOS => self.tags.push(other),
            _ => {}
        }
        Ok(())
    }

    /// Linkers that are told where code starts may begin the first segment before the file: a machine's loader takes what
    /// there is.
    fn load(&mut self, bytes: Bytes<'_>, header: &Header, row: &Row) -> Result<(), Report> {
        let missing = row.offset.wrapping_neg();
        let begins_before = row.offset.cast_signed() < 0 && missing < row.file_len;
        let segment = if header.loader == Loader::Machine && begins_before {
            let reason = format!("the segment at {:#x} begins {missing:#x} bytes before the file does", row.addr);
            self.remarks.push(WRAPPED_OFFSET.at(Place::offset(row.at), reason));
            Row {
                offset: 0,
                addr: row.addr.saturating_add(missing),
                physical: row.physical.saturating_add(missing),
                file_len: row.file_len - missing,
                memory_len: row.memory_len.saturating_sub(missing),
                ..*row
            }
            .load(bytes, header)?
        } else {
            row.load(bytes, header)?
        };
        let to = row.physical.wrapping_add(segment.memory.start.0.wrapping_sub(row.addr));
        if header.loader == Loader::Machine && row.physical != row.addr {
            self.physical.push((segment.memory, Addr(to)));
        }
        self.loads.push(segment);
        Ok(())
    }

    fn template(&self, bytes: Bytes<'_>, row: &Row) -> Result<TlsTemplate, Report> {
        if row.file_len > row.memory_len {
            let reason = format!("{:#x} bytes of the file are to fill a thread's {:#x}", row.file_len, row.memory_len);
            return Err(SEGMENT_RANGE.at(Place::offset(row.at), reason));
        }
        let file = row.file(bytes, "the thread-local template")?;
        Ok(TlsTemplate { memory: row.memory()?, file, align: row.align()? })
    }
}
