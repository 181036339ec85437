//! Linux's notes: `struct elf_prstatus`, `struct elf_prpsinfo`, `siginfo_t`, the auxiliary vector, `NT_FILE` and
//! the register sets (`include/uapi/linux/elfcore.h`, `include/uapi/linux/elf.h`).

use super::notes::{self, Note};
use super::{Core, MappedFile, ProcessInfo, Registers, SignalInfo, Thread};
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_report::{Place, table::MALFORMED};

/// Kinds of notes.
pub(super) const NT_PRSTATUS: u32 = 1;
pub(super) const NT_FPREGSET: u32 = 2;
pub(super) const NT_PRPSINFO: u32 = 3;
pub(super) const NT_AUXV: u32 = 6;
pub(super) const NT_X86_XSTATE: u32 = 0x202;
pub(super) const NT_ARM_TLS: u32 = 0x401;
pub(super) const NT_SIGINFO: u32 = 0x5349_4749;
pub(super) const NT_FILE: u32 = 0x4649_4c45;

/// `struct elf_prstatus`: the signal and its code, waiting and blocked signals, ids, times, then the registers.
pub(super) mod status {
    pub(in super::super) const SIGNAL: u64 = 0;
    pub(in super::super) const CODE: u64 = 4;
    pub(in super::super) const ERRNO: u64 = 8;
    pub(in super::super) const CURRENT_SIGNAL: u64 = 12;
    pub(in super::super) const SETS: [u64; 2] = [16, 24];
    pub(in super::super) const PID: u64 = 32;
    pub(in super::super) const PARENT: u64 = 36;
    pub(in super::super) const GROUP: [u64; 2] = [40, 44];
    pub(in super::super) const REGISTERS: u64 = 112;
    /// What follows the registers: whether the floating-point state is valid, and padding.
    pub(in super::super) const AFTER: u64 = 8;
}

/// `struct elf_prpsinfo`.
pub(super) mod psinfo {
    pub(in super::super) const STATE_NAME: u64 = 1;
    pub(in super::super) const IDS: [u64; 2] = [16, 20];
    pub(in super::super) const PID: u64 = 24;
    pub(in super::super) const PARENT: u64 = 28;
    pub(in super::super) const GROUP: [u64; 2] = [32, 36];
    pub(in super::super) const NAME: u64 = 40;
    pub(in super::super) const NAME_LEN: u64 = 16;
    pub(in super::super) const ARGS: u64 = 56;
    pub(in super::super) const ARGS_LEN: u64 = 80;
    pub(in super::super) const LEN: u64 = 136;
}

/// `siginfo_t`, as far as every kind of it agrees.
pub(super) const SIGINFO_LEN: u64 = 128;
const SIGINFO_ADDR: u64 = 16;

/// Takes one note.
pub(super) fn take<'a>(core: &mut Core<'a>, note: &Note<'a>) {
    let last = core.threads.last_mut();
    match (note.kind, last) {
        (NT_PRSTATUS, _) => thread(core, note),
        (NT_PRPSINFO, _) => core.process = process(note.data),
        (NT_AUXV, _) => core.auxv = notes::auxv(note.data),
        (NT_FILE, _) => files(core, note),
        (NT_FPREGSET, Some(thread)) => thread.fp = note.data.0,
        (NT_X86_XSTATE, Some(thread)) => thread.extended = note.data.0,
        (NT_ARM_TLS, Some(thread)) => thread.tls = note.data.u64(0),
        (NT_SIGINFO, Some(thread)) => thread.info = info(note.data),
        _ => {}
    }
}

fn thread<'a>(core: &mut Core<'a>, note: &Note<'a>) {
    let data = note.data;
    let len = (data.0.len() as u64).saturating_sub(status::REGISTERS + status::AFTER);
    let Some(registers) = data.slice(status::REGISTERS, len).and_then(|raw| Registers::read(core.cpu, raw)) else {
        let reason = format!("a thread's state has {:#x} bytes, which is not the layout of {}", data.0.len(), core.cpu);
        core.remark(MALFORMED.at(Place::offset(note.at), reason));
        return;
    };
    let number = |at| data.u32(at).unwrap_or_default();
    let signal = data.u16(status::CURRENT_SIGNAL).unwrap_or_default().into();
    let sets = status::SETS.map(|at| data.u64(at).unwrap_or_default());
    core.threads.push(Thread { sets, registers, ..Thread::bare(core.cpu, number(status::PID) as i32, signal) });
}

fn process(data: Bytes<'_>) -> ProcessInfo {
    let number = |at| data.u32(at).unwrap_or_default();
    ProcessInfo {
        pid: number(psinfo::PID) as i32,
        parent: number(psinfo::PARENT) as i32,
        group: psinfo::GROUP.map(|at| number(at) as i32),
        ids: psinfo::IDS.map(number),
        name: notes::text(data.slice(psinfo::NAME, psinfo::NAME_LEN)),
        args: notes::text(data.slice(psinfo::ARGS, psinfo::ARGS_LEN)).trim_end().into(),
        ..ProcessInfo::default()
    }
}

fn info(data: Bytes<'_>) -> Option<SignalInfo<'_>> {
    Some(SignalInfo {
        signal: data.u32(0)?,
        errno: data.u32(4)? as i32,
        code: data.u32(8)? as i32,
        addr: Addr(data.u64(SIGINFO_ADDR)?),
        raw: data.0,
    })
}

/// `NT_FILE`: count, page size, three words for each mapping, then as many names.
fn files(core: &mut Core<'_>, note: &Note<'_>) {
    match file_rows(note.data) {
        Some(files) => core.files = files,
        None => {
            let reason = format!("the list of mapped files does not fit its {:#x} bytes", note.data.0.len());
            core.remark(MALFORMED.at(Place::offset(note.at), reason));
        }
    }
}

fn file_rows<'a>(data: Bytes<'_>) -> Option<Vec<MappedFile<'a>>> {
    const ROWS_AT: u64 = 16;
    const ROW_LEN: u64 = 24;
    let (count, page) = (data.u64(0)?, data.u64(8)?);
    let rows = data.slice(ROWS_AT, count.checked_mul(ROW_LEN)?)?;
    let mut names = data.0.get(ROWS_AT as usize + rows.len()..)?.split(|byte| *byte == 0);
    let mut files = Vec::new();
    for row in rows.chunks_exact(ROW_LEN as usize) {
        let row = Bytes(row);
        let name = String::from_utf8_lossy(names.next()?).into_owned();
        let memory = AddrRange { start: Addr(row.u64(0)?), end: Addr(row.u64(8)?) };
        let offset = row.u64(16)?.checked_mul(page)?;
        files.push(MappedFile { memory, offset, name, bytes: None });
    }
    Some(files)
}
