//! What the kernel itself wants to know of an ELF file: its header and program headers, judged as Linux judges them.
//!
//! The reader of file formats for tools is not used: it wants the whole file as bytes in one piece, checks what only
//! tools read, and says why in sentences. A kernel reads two hundred bytes and says `ENOEXEC`.

use super::source::Source;
use crate::memory::Prot;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes, PAGE_SIZE};
use ashore_pivot::Errno;

const MAGIC: &[u8] = b"\x7fELF";
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN: u8 = 1;
const TYPE_FIXED: u16 = 2;
const TYPE_MOVABLE: u16 = 3;
const MACHINE_AARCH64: u16 = 183;
const HEADER_LEN: usize = 64;
/// The size of a program header.
pub(super) const ROW_LEN: u64 = 56;
/// Program headers take at most this.
const ROWS_LIMIT: u64 = 65_536;
const PT_LOAD: u32 = 1;
const PT_INTERP: u32 = 3;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;
/// The longest path, its zero included.
const PATH_MAX: u64 = 4096;

/// A stretch of memory the file asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Segment {
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) offset: u64,
    pub(super) file_len: u64,
    pub(super) prot: Prot,
    align: u64,
}

/// A file that can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Executable {
    /// Whether it can be loaded anywhere.
    pub(super) is_movable: bool,
    pub(super) entry: u64,
    /// Where the program headers are in the file.
    pub(super) rows_at: u64,
    pub(super) row_count: u64,
    pub(super) segments: Vec<Segment>,
    pub(super) interpreter: Option<Vec<u8>>,
    pub(super) has_executable_stack: bool,
}

/// Whether bytes begin like ELF.
pub(super) fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl Executable {
    /// Reads what the header and the program headers say.
    pub(super) fn read(source: &Source<'_>) -> Result<Executable, Errno> {
        let mut header = [0; HEADER_LEN];
        source.read(0, &mut header)?;
        Executable::of_header(source, Bytes(&header)).ok_or(Errno::ENOEXEC)?
    }

    fn of_header(source: &Source<'_>, header: Bytes<'_>) -> Option<Result<Executable, Errno>> {
        let kind = header.u16(16)?;
        let is_ours = recognise(header.0)
            && header.u8(4)? == CLASS_64
            && header.u8(5)? == LITTLE_ENDIAN
            && header.u16(18)? == MACHINE_AARCH64
            && (kind == TYPE_FIXED || kind == TYPE_MOVABLE)
            && u64::from(header.u16(54)?) == ROW_LEN;
        let (rows_at, row_count) = (header.u64(32)?, u64::from(header.u16(56)?));
        let rows_len = row_count * ROW_LEN;
        if !is_ours || rows_len == 0 || rows_len > ROWS_LIMIT {
            return None;
        }
        let mut rows = alloc::vec![0; rows_len as usize];
        if source.read(rows_at, &mut rows).ok()? < rows.len() {
            return None;
        }
        let mut executable = Executable {
            is_movable: kind == TYPE_MOVABLE,
            entry: header.u64(24)?,
            rows_at,
            row_count,
            segments: Vec::new(),
            interpreter: None,
            has_executable_stack: false,
        };
        for row in rows.chunks_exact(ROW_LEN as usize).map(Bytes) {
            if let Err(errno) = executable.take(source, row)? {
                return Some(Err(errno));
            }
        }
        Some(Ok(executable))
    }

    /// Takes one program header in.
    fn take(&mut self, source: &Source<'_>, row: Bytes<'_>) -> Option<Result<(), Errno>> {
        let (kind, flags, offset, file_len) = (row.u32(0)?, row.u32(4)?, row.u64(8)?, row.u64(32)?);
        match kind {
            PT_LOAD => {
                let mut prot = Prot::NONE;
                for (_, right) in [(PF_R, Prot::READ), (PF_W, Prot::WRITE), (PF_X, Prot::EXECUTE)]
                    .into_iter()
                    .filter(|(bit, _)| flags & bit != 0)
                {
                    prot = prot | right;
                }
                let (at, len, align) = (row.u64(16)?, row.u64(40)?, row.u64(48)?);
                self.segments.push(Segment { at, len, offset, file_len, prot, align });
            }
            PT_INTERP if self.interpreter.is_none() => {
                if !(2..=PATH_MAX).contains(&file_len) {
                    return Some(Err(Errno::ENOEXEC));
                }
                let mut path = alloc::vec![0; file_len as usize];
                if source.read(offset, &mut path).ok()? < path.len() {
                    return Some(Err(Errno::EIO));
                }
                if path.pop() != Some(0) {
                    return Some(Err(Errno::ENOEXEC));
                }
                path.truncate(path.iter().position(|byte| *byte == 0).unwrap_or(path.len()));
                self.interpreter = Some(path);
            }
            PT_GNU_STACK => self.has_executable_stack = flags & PF_X != 0,
            _ => {}
        }
        Some(Ok(()))
    }

    /// The lowest page and the end of all segments; `None` when they are nowhere.
    pub(super) fn span(&self) -> Option<(u64, u64)> {
        let start = self.segments.iter().map(|segment| segment.at & !(PAGE_SIZE - 1)).min()?;
        let end = self
            .segments
            .iter()
            .map(|segment| segment.at.checked_add(segment.len))
            .try_fold(0, |most, end| Some(end?.max(most)))?;
        (end > start).then_some((start, end))
    }

    /// The alignment its author asked for: at least a page.
    pub(super) fn align(&self) -> u64 {
        let wanted = self.segments.iter().map(|segment| segment.align).filter(|align| align.is_power_of_two()).max();
        wanted.unwrap_or(PAGE_SIZE).clamp(PAGE_SIZE, 1 << 30)
    }

    /// Where the program headers are in memory, before it is moved; 0 when no segment holds them.
    pub(super) fn rows_address(&self) -> Addr {
        let holds =
            |segment: &&Segment| segment.offset <= self.rows_at && self.rows_at - segment.offset < segment.file_len;
        let at = self.segments.iter().find(holds).map(|segment| segment.at.wrapping_add(self.rows_at - segment.offset));
        Addr(at.unwrap_or(0))
    }
}
