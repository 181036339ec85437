//! The beginning of a core file: the header, where memory goes, and the notes, in Linux's layout and order.
//!
//! The memory itself is the caller's to write, each stretch at the offset that [`Head::offsets`] gives: nothing here
//! holds a process's memory, and pages of zeros can stay holes.

use super::linux::{
    NT_ARM_TLS, NT_AUXV, NT_FILE, NT_FPREGSET, NT_PRPSINFO, NT_PRSTATUS, NT_SIGINFO, NT_X86_XSTATE, SIGINFO_LEN,
    psinfo, status,
};
use super::notes::{ASHORE, NT_ASHORE_GUEST, NT_ASHORE_WORDS};
use super::{Core, MappedFile, ProcessInfo, SEGMENTS_ELSEWHERE, SignalInfo, Thread};
use crate::elf::constants::*;
use alloc::{vec, vec::Vec};
use ashore_base::{AddrRange, Cpu, PAGE_SIZE};
use ashore_image::Perms;

/// A stretch of memory that the file tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Where.
    pub memory: AddrRange,
    /// What could be done with it.
    pub perms: Perms,
    /// How many bytes from its start the file has.
    pub kept: u64,
}

/// Everything in front of the memory, and where the memory goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The file's first bytes.
    pub bytes: Vec<u8>,
    /// The offset of each stretch in the file.
    pub offsets: Vec<u64>,
    /// The length of the whole file.
    pub len: u64,
}

/// Makes the beginning of the core file of `core`, whose memory is `stretches` instead of its segments.
pub fn head(core: &Core<'_>, stretches: &[Stretch]) -> Head {
    let notes = notes(core);
    let rows = stretches.len() as u64 + 1;
    let notes_at = HEADER_LEN + rows * SEGMENT_LEN;
    // A count that does not fit the header goes to a section, the only one.
    let has_section = rows >= SEGMENTS_ELSEWHERE;
    let section_at = (notes_at + notes.len() as u64).next_multiple_of(8);
    let end = section_at + if has_section { SECTION_LEN } else { 0 };
    let mut at = end.next_multiple_of(PAGE_SIZE);
    let mut offsets = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        offsets.push(at);
        at = at.saturating_add(stretch.kept).next_multiple_of(PAGE_SIZE);
    }
    let mut out = Out(Vec::new());
    header(&mut out, core.cpu, rows, if has_section { section_at } else { 0 });
    segment(&mut out, PT_NOTE, 0, [notes_at, 0, notes.len() as u64, 0, 4]);
    for (stretch, offset) in stretches.iter().zip(&offsets) {
        let Perms { is_read, is_write, is_exec } = stretch.perms;
        let flags = [(is_read, PF_R), (is_write, PF_W), (is_exec, PF_X)];
        let flags = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum();
        segment(
            &mut out,
            PT_LOAD,
            flags,
            [*offset, stretch.memory.start.0, stretch.kept, stretch.memory.len(), PAGE_SIZE],
        );
    }
    out.0.extend_from_slice(&notes);
    if has_section {
        out.pad_to(section_at);
        out.zeros(44);
        out.u32(rows as u32);
        out.zeros(16);
    }
    let len = offsets.last().zip(stretches.last()).map_or(end, |(at, last)| at.saturating_add(last.kept));
    Head { bytes: out.0, offsets, len: len.max(end) }
}

fn header(out: &mut Out, cpu: Cpu, rows: u64, section_at: u64) {
    let machine = match cpu {
        Cpu::X86_64 => EM_X86_64,
        Cpu::Aarch64 => EM_AARCH64,
        Cpu::Riscv64 => EM_RISCV,
    };
    out.0.extend_from_slice(ELF_MAGIC);
    out.0.extend_from_slice(&[CLASS_64, DATA_LITTLE, VERSION]);
    out.pad_to(16);
    out.u16(ET_CORE);
    out.u16(machine);
    out.u32(VERSION.into());
    out.u64(0);
    out.u64(HEADER_LEN);
    out.u64(section_at);
    out.u32(0);
    out.u16(HEADER_LEN as u16);
    out.u16(SEGMENT_LEN as u16);
    out.u16(rows.min(SEGMENTS_ELSEWHERE) as u16);
    out.u16(if section_at == 0 { 0 } else { SECTION_LEN as u16 });
    out.u16(u16::from(section_at != 0));
    out.u16(0);
}

/// One program header; the words are offset, address, bytes in the file, bytes in memory and alignment.
fn segment(out: &mut Out, kind: u32, flags: u32, [offset, address, kept, len, align]: [u64; 5]) {
    out.u32(kind);
    out.u32(flags);
    for word in [offset, address, 0, kept, len, align] {
        out.u64(word);
    }
}

/// The notes as Linux orders them: the first thread's state, the process, the rest of the first thread, the others.
fn notes(core: &Core<'_>) -> Vec<u8> {
    let mut out = Out(Vec::new());
    for (index, thread) in core.threads.iter().enumerate() {
        out.note(b"CORE", NT_PRSTATUS, &thread_status(core, thread));
        if index == 0 {
            out.note(b"CORE", NT_PRPSINFO, &process(&core.process));
            if let Some(info) = &thread.info {
                out.note(b"CORE", NT_SIGINFO, &siginfo(info));
            }
            out.note(b"CORE", NT_AUXV, &auxv(&core.auxv));
            if !core.files.is_empty() {
                out.note(b"CORE", NT_FILE, &files(&core.files));
            }
            if let Some(guest) = core.guest {
                out.note(ASHORE, NT_ASHORE_GUEST, guest.name().as_bytes());
            }
            if !core.last_words.is_empty() {
                out.note(ASHORE, NT_ASHORE_WORDS, core.last_words);
            }
        }
        if !thread.fp.is_empty() {
            out.note(b"CORE", NT_FPREGSET, thread.fp);
        }
        if !thread.extended.is_empty() {
            out.note(b"LINUX", NT_X86_XSTATE, thread.extended);
        }
        if let Some(tls) = thread.tls {
            out.note(b"LINUX", NT_ARM_TLS, &tls.to_le_bytes());
        }
    }
    out.0
}

fn thread_status(core: &Core<'_>, thread: &Thread<'_>) -> Vec<u8> {
    let words = thread.registers.words();
    let mut fields = Fields(vec![0; (status::REGISTERS + words.len() as u64 * 8 + status::AFTER) as usize]);
    let info = thread.info.as_ref();
    fields.u32(status::SIGNAL, thread.signal);
    fields.u32(status::CODE, info.map_or(0, |info| info.code as u32));
    fields.u32(status::ERRNO, info.map_or(0, |info| info.errno as u32));
    fields.put(status::CURRENT_SIGNAL, &(thread.signal as u16).to_le_bytes());
    for (at, set) in status::SETS.iter().zip(thread.sets) {
        fields.put(*at, &set.to_le_bytes());
    }
    fields.u32(status::PID, thread.id as u32);
    fields.u32(status::PARENT, core.process.parent as u32);
    for (at, id) in status::GROUP.iter().zip(core.process.group) {
        fields.u32(*at, id as u32);
    }
    for (index, word) in words.iter().enumerate() {
        fields.put(status::REGISTERS + index as u64 * 8, &word.to_le_bytes());
    }
    fields.u32(status::REGISTERS + words.len() as u64 * 8, u32::from(!thread.fp.is_empty()));
    fields.0
}

fn process(process: &ProcessInfo) -> Vec<u8> {
    let mut fields = Fields(vec![0; psinfo::LEN as usize]);
    fields.put(psinfo::STATE_NAME, b"R");
    for (at, id) in psinfo::IDS.iter().zip(process.ids) {
        fields.u32(*at, id);
    }
    fields.u32(psinfo::PID, process.pid as u32);
    fields.u32(psinfo::PARENT, process.parent as u32);
    for (at, id) in psinfo::GROUP.iter().zip(process.group) {
        fields.u32(*at, id as u32);
    }
    // Both end with a zero.
    for (text, at, len) in
        [(&process.name, psinfo::NAME, psinfo::NAME_LEN - 1), (&process.args, psinfo::ARGS, psinfo::ARGS_LEN - 1)]
    {
        let text = text.as_bytes();
        fields.put(at, text.get(..len as usize).unwrap_or(text));
    }
    fields.0
}

fn siginfo(info: &SignalInfo<'_>) -> Vec<u8> {
    let mut fields = Fields(vec![0; SIGINFO_LEN as usize]);
    fields.u32(0, info.signal);
    fields.u32(4, info.errno as u32);
    fields.u32(8, info.code as u32);
    fields.put(16, &info.addr.0.to_le_bytes());
    fields.put(0, info.raw);
    fields.0
}

fn auxv(entries: &[(u64, u64)]) -> Vec<u8> {
    let end = [(0, 0)];
    entries.iter().chain(&end).flat_map(|(key, value)| [*key, *value]).flat_map(u64::to_le_bytes).collect()
}

fn files(files: &[MappedFile<'_>]) -> Vec<u8> {
    let mut out = Out(Vec::new());
    out.u64(files.len() as u64);
    out.u64(PAGE_SIZE);
    for file in files {
        for word in [file.memory.start.0, file.memory.end.0, file.offset / PAGE_SIZE] {
            out.u64(word);
        }
    }
    for file in files {
        out.0.extend(file.name.bytes().filter(|byte| *byte != 0));
        out.0.push(0);
    }
    out.0
}

/// Bytes that grow.
struct Out(Vec<u8>);

impl Out {
    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn zeros(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, 0);
    }

    fn pad_to(&mut self, len: u64) {
        self.0.resize((len as usize).max(self.0.len()), 0);
    }

    /// A note, padded to the next one.
    fn note(&mut self, owner: &[u8], kind: u32, data: &[u8]) {
        self.u32(owner.len() as u32 + 1);
        self.u32(data.len() as u32);
        self.u32(kind);
        self.0.extend_from_slice(owner);
        self.0.push(0);
        self.pad_to((self.0.len() as u64).next_multiple_of(4));
        self.0.extend_from_slice(data);
        self.pad_to((self.0.len() as u64).next_multiple_of(4));
    }
}

/// Bytes of a fixed layout. What does not fit is left out.
struct Fields(Vec<u8>);

impl Fields {
    fn put(&mut self, at: u64, bytes: &[u8]) {
        for (to, from) in self.0.iter_mut().skip(at as usize).zip(bytes) {
            *to = *from;
        }
    }

    fn u32(&mut self, at: u64, value: u32) {
        self.put(at, &value.to_le_bytes());
    }
}
