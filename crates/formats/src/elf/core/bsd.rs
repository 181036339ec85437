//! The notes of the BSDs, as far as they tell of threads and the process. Layouts are those of the systems' public
//! headers: `sys/procfs.h` (FreeBSD, DragonFly), `sys/exec_elf.h` (NetBSD, OpenBSD).

use super::notes::{self, Note};
use super::{Core, ProcessInfo, Registers, Thread, table};
use alloc::format;
use ashore_base::{Bytes, Cpu, Os};
use ashore_report::{Place, table::MALFORMED};
use table::Layout;

const NT_PRSTATUS: u32 = 1;
const NT_FPREGSET: u32 = 2;
const NT_PRPSINFO: u32 = 3;

/// Whether a note that could be Linux's is DragonFly's: its thread state begins with its version and its own length.
pub(super) fn is_dragonfly(note: &Note<'_>) -> bool {
    let version = note.data.u32(0) == Some(1);
    let is_sized = note.data.u64(8).is_some_and(|len| len == note.data.0.len() as u64);
    matches!(note.kind, NT_PRSTATUS | NT_PRPSINFO) && version && is_sized
}

/// Takes a note of DragonFly.
pub(super) fn dragonfly<'a>(core: &mut Core<'a>, note: &Note<'a>) {
    core.os = Os::Dragonfly;
    procfs(core, note, &table::DRAGONFLY_X86_64);
}

/// Takes a note of FreeBSD.
pub(super) fn freebsd<'a>(core: &mut Core<'a>, note: &Note<'a>) {
    const NT_THRMISC: u32 = 7;
    const NT_PROCSTAT_AUXV: u32 = 16;
    const NT_X86_SEGBASES: u32 = 0x200;
    const NT_X86_XSTATE: u32 = 0x202;
    core.os = Os::Freebsd;
    let data = note.data;
    match (note.kind, core.threads.last_mut()) {
        (NT_THRMISC, Some(thread)) => thread.name = Some(notes::text(data.slice(0, data.0.len().min(20) as u64))),
        (NT_PROCSTAT_AUXV, _) => core.auxv = notes::auxv(Bytes(data.0.get(4..).unwrap_or_default())),
        (NT_X86_XSTATE, Some(thread)) => thread.extended = data.0,
        (NT_X86_SEGBASES, Some(thread)) => {
            for (name, at) in [("fs_base", 0), ("gs_base", 8)] {
                thread.registers.set(name, data.u64(at).unwrap_or_default());
            }
        }
        _ => procfs(core, note, &table::FREEBSD_X86_64),
    }
}

/// The notes that FreeBSD and DragonFly share: `prstatus_t`, `prpsinfo_t` and floating-point registers.
fn procfs<'a>(core: &mut Core<'a>, note: &Note<'a>, x86_64: &'static Layout) {
    let data = note.data;
    match (note.kind, core.threads.last_mut()) {
        (NT_PRSTATUS, _) => {
            let signal = data.u32(36).unwrap_or_default();
            let id = data.u32(40).unwrap_or_default() as i32;
            let registers = data.0.get(48..).unwrap_or_default();
            thread(core, note, (id, signal), (registers, x86_64));
        }
        (NT_FPREGSET, Some(thread)) => thread.fp = data.0,
        (NT_PRPSINFO, _) => {
            core.process.name = notes::text(data.slice(16, 17));
            core.process.args = notes::text(data.slice(33, 81)).trim_end().into();
            core.process.pid = data.u32(116).unwrap_or_default() as i32;
        }
        _ => {}
    }
}

/// Takes a note of NetBSD. Those of a thread have its id behind an at sign in the owner's name.
pub(super) fn netbsd<'a>(core: &mut Core<'a>, note: &Note<'a>) {
    const PROCINFO: u32 = 1;
    const AUXV: u32 = 2;
    /// The first number that a CPU gives a meaning; amd64's `PT_GETREGS` is the second, AArch64's the first.
    const FIRST_OF_CPU: u32 = 32;
    /// Signal, process, name, the thread that took the signal.
    const FIELDS: Fields = Fields { signal: 8, pid: 80, name: 124, thread: Some(156) };
    core.os = Os::Netbsd;
    let registers = FIRST_OF_CPU + u32::from(core.cpu == Cpu::X86_64);
    match (note.kind, owner_thread(note)) {
        (PROCINFO, None) => procinfo(core, note.data, &FIELDS),
        (AUXV, None) => core.auxv = notes::auxv(note.data),
        (kind, Some(id)) if kind == registers => thread(core, note, (id, 0), (note.data.0, &table::NETBSD_X86_64)),
        (kind, Some(id)) if kind == registers + 2 => fp(core, id, note),
        _ => {}
    }
}

/// Takes a note of OpenBSD.
pub(super) fn openbsd<'a>(core: &mut Core<'a>, note: &Note<'a>) {
    const PROCINFO: u32 = 10;
    const AUXV: u32 = 11;
    const REGS: u32 = 20;
    const FPREGS: u32 = 21;
    const FIELDS: Fields = Fields { signal: 8, pid: 32, name: 72, thread: None };
    core.os = Os::Openbsd;
    match (note.kind, owner_thread(note)) {
        (PROCINFO, _) => procinfo(core, note.data, &FIELDS),
        (AUXV, _) => core.auxv = notes::auxv(note.data),
        (REGS, Some(id)) => thread(core, note, (id, 0), (note.data.0, &table::OPENBSD_X86_64)),
        (FPREGS, Some(id)) => fp(core, id, note),
        _ => {}
    }
}

/// The number behind the at sign.
fn owner_thread(note: &Note<'_>) -> Option<i32> {
    let at = note.owner.iter().position(|byte| *byte == b'@')?;
    core::str::from_utf8(note.owner.get(at + 1..)?).ok()?.parse().ok()
}

/// Where `struct elfcore_procinfo` has what. Parent, group and session follow the process.
struct Fields {
    signal: u64,
    pid: u64,
    name: u64,
    thread: Option<u64>,
}

fn procinfo(core: &mut Core<'_>, data: Bytes<'_>, fields: &Fields) {
    const NAME_LEN: u64 = 32;
    let number = |at| data.u32(at).unwrap_or_default();
    let [pid, parent, group, session, user] = [0, 4, 8, 12, 16].map(|skip| number(fields.pid + skip) as i32);
    let name = notes::text(data.slice(fields.name, NAME_LEN.min((data.0.len() as u64).saturating_sub(fields.name))));
    core.process = ProcessInfo {
        pid,
        parent,
        group: [group, session],
        // Real, effective and saved user, then the same of the group.
        ids: [user as u32, number(fields.pid + 28)],
        args: name.clone(),
        name,
        signal: number(fields.signal),
        thread: fields.thread.map_or(0, number) as i32,
    };
}

fn fp<'a>(core: &mut Core<'a>, id: i32, note: &Note<'a>) {
    if let Some(thread) = core.threads.iter_mut().rfind(|thread| thread.id == id) {
        thread.fp = note.data.0;
    }
}

/// Adds a thread whose registers are in the system's own order.
fn thread<'a>(core: &mut Core<'a>, note: &Note<'a>, (id, signal): (i32, u32), (raw, x86_64): (&[u8], &'static Layout)) {
    let layout = match core.cpu {
        Cpu::X86_64 => Some(x86_64),
        Cpu::Aarch64 => Some(&table::BSD_AARCH64),
        Cpu::Riscv64 => None,
    };
    let Some(registers) = layout.and_then(|layout| Registers::read_as(layout, Bytes(raw))) else {
        let reason = format!("thread {id}: {:#x} bytes of registers of {} on {}", raw.len(), core.os, core.cpu);
        core.remark(MALFORMED.at(Place::offset(note.at), reason));
        return;
    };
    core.threads.push(Thread { registers, ..Thread::bare(core.cpu, id, signal) });
}
