//! Core files: what a process was when it ended, as ELF files that kernels, debuggers and Ashore itself write.
//!
//! [`read`] gives a [`Core`]: threads with their registers, the signal, the process, what was mapped, and memory that is
//! borrowed from the file. A cut file is common (a full disk, a limit), so only the header decides whether it is a core at
//! all; whatever else is missing or wrong becomes a remark, and what stands in front of the damage is there.
//! [`write`] makes the beginning of such a file: headers and notes, in the order and layout of Linux.
//!
//! Registers are always in Linux's order for the CPU, whatever system wrote the file. Nothing here unwinds a stack,
//! looks up a name or opens a file: pages that a core leaves to the program's file are read from bytes that somebody
//! gives ([`Core::complete`]).

mod bsd;
mod linux;
mod memory;
mod notes;
mod registers;
mod table;
pub mod write;

use super::constants::*;
use crate::check;
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes, Cpu, Os};
use ashore_image::Perms;
use ashore_report::{
    Place, Report,
    table::{MALFORMED, NOT_A_CORE, TRUNCATED, UNSUPPORTED_LAYOUT},
};
pub use memory::Match;
pub use registers::Registers;

/// `e_phnum` when the count does not fit it (`PN_XNUM`).
const SEGMENTS_ELSEWHERE: u64 = 0xffff;
/// Remarks beyond so many say nothing new.
const REMARKS_MAX: usize = 32;

/// A process as its core file tells of it.
#[derive(Debug)]
pub struct Core<'a> {
    /// The CPU it ran on.
    pub cpu: Cpu,
    /// The system whose notes the file has.
    pub os: Os,
    /// The system the program was for, where Ashore says so: its notes are Linux's, whatever the program is.
    pub guest: Option<Os>,
    /// The end of what it wrote to its standard error output, where Ashore says so.
    pub last_words: &'a [u8],
    /// Who the process was.
    pub process: ProcessInfo,
    /// Its threads, the one that ended the process first.
    pub threads: Vec<Thread<'a>>,
    /// The auxiliary vector, without its end.
    pub auxv: Vec<(u64, u64)>,
    /// Which files were mapped where, by ascending address.
    pub files: Vec<MappedFile<'a>>,
    /// Its memory, by ascending address.
    pub segments: Vec<Segment<'a>>,
    /// What is missing or damaged.
    pub remarks: Vec<Report>,
}

/// Who a process was.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ProcessInfo {
    /// Its id.
    pub pid: i32,
    /// Its parent's id.
    pub parent: i32,
    /// Its group and session.
    pub group: [i32; 2],
    /// Its user and group ids.
    pub ids: [u32; 2],
    /// Its name: the file's, cut to the system's limit.
    pub name: String,
    /// Its command line, joined by spaces and cut to the system's limit.
    pub args: String,
    /// The signal, where the system notes it for the process instead of a thread.
    pub signal: u32,
    /// The thread that took the signal, where the system notes it so; 0 for none.
    pub thread: i32,
}

/// A thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread<'a> {
    /// The system's id of it.
    pub id: i32,
    /// Its name, where the system notes one.
    pub name: Option<String>,
    /// The signal that stopped it, in the system's numbering; 0 for none.
    pub signal: u32,
    /// More about the signal.
    pub info: Option<SignalInfo<'a>>,
    /// Signals that waited for it, and those it blocked.
    pub sets: [u64; 2],
    /// The general registers.
    pub registers: Registers,
    /// The floating-point state (`NT_FPREGSET`) as the file has it; empty when it has none.
    pub fp: &'a [u8],
    /// The extended state (`NT_X86_XSTATE`), with its own header; empty when the file has none.
    pub extended: &'a [u8],
    /// The thread pointer, where it has a note of its own (`NT_ARM_TLS`).
    pub tls: Option<u64>,
}

impl Thread<'_> {
    /// A thread of which no more is known yet.
    fn bare(cpu: Cpu, id: i32, signal: u32) -> Self {
        Thread {
            id,
            name: None,
            signal,
            info: None,
            sets: [0; 2],
            registers: Registers::zero(cpu),
            fp: &[],
            extended: &[],
            tls: None,
        }
    }
}

/// Why a signal came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignalInfo<'a> {
    /// The signal.
    pub signal: u32,
    /// `si_code`.
    pub code: i32,
    /// `si_errno`.
    pub errno: i32,
    /// The address of a fault; for a signal that somebody sent, who.
    pub addr: Addr,
    /// The record as the file has it.
    pub raw: &'a [u8],
}

/// A stretch of memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment<'a> {
    /// Where.
    pub memory: AddrRange,
    /// What could be done with it.
    pub perms: Perms,
    /// What the file has of it, from its start: all, the beginning, or nothing.
    pub bytes: &'a [u8],
    /// How many bytes the file says it has; more than there are when it was cut.
    pub told: u64,
}

/// A stretch of memory that was mapped from a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappedFile<'a> {
    /// Where.
    pub memory: AddrRange,
    /// The offset in the file, in bytes.
    pub offset: u64,
    /// The file's name.
    pub name: String,
    /// The file's bytes, when somebody gave them ([`Core::complete`]).
    pub bytes: Option<&'a [u8]>,
}

/// Whether the file begins like a core file.
pub fn is_core(bytes: &[u8]) -> bool {
    super::recognise(bytes) && Bytes(bytes).u16(16) == Some(ET_CORE)
}

/// Reads a core file.
pub fn read(bytes: &[u8]) -> Result<Core<'_>, Report> {
    let bytes = Bytes(bytes);
    let cpu = cpu(bytes)?;
    let mut core = Core {
        cpu,
        os: Os::Linux,
        guest: None,
        last_words: &[],
        process: ProcessInfo::default(),
        threads: Vec::new(),
        auxv: Vec::new(),
        files: Vec::new(),
        segments: Vec::new(),
        remarks: Vec::new(),
    };
    let stretches = core.read_segments(bytes);
    notes::read(&mut core, bytes, &stretches);
    let blamed = core.threads.iter().position(|thread| thread.id == core.process.thread);
    if let Some(before) = blamed.and_then(|at| core.threads.get_mut(..=at)) {
        before.rotate_right(1);
    }
    core.segments.sort_by_key(|segment| segment.memory.start);
    core.files.sort_by_key(|file| file.memory.start);
    Ok(core)
}

/// What the header says, when it is one of a core file.
fn cpu(bytes: Bytes<'_>) -> Result<Cpu, Report> {
    let [magic @ .., class, data, _, _] = check::array::<8>(bytes, 0, "the ELF identification")?;
    if magic != ELF_MAGIC {
        return Err(NOT_A_CORE.at(Place::offset(0), "it is no ELF file"));
    }
    if class != CLASS_64 || data != DATA_LITTLE {
        let reason = format!("class {class}, data encoding {data}: not 64-bit little-endian");
        return Err(UNSUPPORTED_LAYOUT.at(Place::offset(4), reason));
    }
    check::array::<{ HEADER_LEN as usize }>(bytes, 0, "the ELF header")?;
    let kind = bytes.u16(16).unwrap_or_default();
    if kind != ET_CORE {
        return Err(NOT_A_CORE.at(Place::offset(16), format!("its file type is {kind}, not {ET_CORE}")));
    }
    match bytes.u16(18).unwrap_or_default() {
        EM_X86_64 => Ok(Cpu::X86_64),
        EM_AARCH64 => Ok(Cpu::Aarch64),
        EM_RISCV => Ok(Cpu::Riscv64),
        other => Err(check::unsupported_cpu(18, other.into(), OTHER_MACHINES)),
    }
}

impl<'a> Core<'a> {
    /// Reads the program headers: memory becomes segments, the stretches of notes are given back.
    fn read_segments(&mut self, bytes: Bytes<'a>) -> Vec<AddrRange> {
        let [table, sections] = [32, 40].map(|at| bytes.u64(at).unwrap_or_default());
        let (row_len, mut count) = (bytes.u16(54).unwrap_or_default(), u64::from(bytes.u16(56).unwrap_or_default()));
        if count == SEGMENTS_ELSEWHERE {
            // More than the field can hold: the count is in the first section's sh_info.
            count = sections.checked_add(44).and_then(|at| bytes.u32(at)).map_or(count, u64::from);
        }
        let mut stretches = Vec::new();
        if u64::from(row_len) != SEGMENT_LEN {
            self.remark(MALFORMED.at(Place::offset(54), format!("program headers of {row_len} bytes")));
            return stretches;
        }
        let mut cut = 0u64;
        for index in 0..count {
            let at = index.checked_mul(SEGMENT_LEN).and_then(|skip| table.checked_add(skip));
            let row = at.and_then(|at| bytes.slice(at, SEGMENT_LEN).map(|row| (at, Bytes(row))));
            let Some((at, row)) = row else {
                let reason = format!("{count} program headers are announced, and {index} are there");
                self.remark(TRUNCATED.at(Place::offset(table), reason));
                break;
            };
            match row.u32(0) {
                Some(PT_LOAD) => cut += u64::from(self.read_segment(bytes, row, at)),
                Some(PT_NOTE) => {
                    let [offset, len] = [8, 32].map(|at| row.u64(at).unwrap_or_default());
                    stretches.push(AddrRange { start: Addr(offset), end: Addr(offset.saturating_add(len)) });
                }
                _ => {}
            }
        }
        if cut > 0 {
            let reason = format!("memory of {cut} of {} stretches is missing, whole or in part", self.segments.len());
            self.remark(TRUNCATED.at(Place::offset(bytes.0.len() as u64), reason));
        }
        stretches
    }

    /// Reads one stretch of memory; whether the file has less of it than it says.
    fn read_segment(&mut self, bytes: Bytes<'a>, row: Bytes<'a>, at: u64) -> bool {
        let flags = row.u32(4).unwrap_or_default();
        let [offset, start, told, len] = [8, 16, 32, 40].map(|at| row.u64(at).unwrap_or_default());
        let Some(memory) = AddrRange::new(Addr(start), len) else {
            let reason = format!("{len:#x} bytes at {start:#x} pass the end of the address space");
            self.remark(MALFORMED.at(Place::offset(at), reason));
            return false;
        };
        let told = told.min(len);
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.0.get(offset..)).unwrap_or_default();
        let present = usize::try_from(told).ok().and_then(|told| rest.get(..told)).unwrap_or(rest);
        let perms = Perms { is_read: flags & PF_R != 0, is_write: flags & PF_W != 0, is_exec: flags & PF_X != 0 };
        self.segments.push(Segment { memory, perms, bytes: present, told });
        (present.len() as u64) < told
    }

    fn remark(&mut self, remark: Report) {
        if self.remarks.len() < REMARKS_MAX {
            self.remarks.push(remark);
        }
    }

    /// The value of an entry of the auxiliary vector.
    pub fn auxv(&self, key: u64) -> Option<u64> {
        self.auxv.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    /// Why the process ended: what the first thread was told, or else only the signal.
    pub fn signal(&self) -> Option<SignalInfo<'a>> {
        let first = self.threads.first();
        let number = first.map(|thread| thread.signal).filter(|number| *number != 0).unwrap_or(self.process.signal);
        let plain = SignalInfo { signal: number, code: 0, errno: 0, addr: Addr::NULL, raw: &[] };
        first.and_then(|thread| thread.info).or((number != 0).then_some(plain))
    }
}
