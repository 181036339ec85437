//! Core files of the machine's processes, made from its memory after its end.
//!
//! The kernel keeps what died and leaves a record of it ([`tasks`]); the pages are found as the CPU found them, by way of the
//! process's translation tables.

use super::files::Origins;
use ashore_base::{Addr, AddrRange, Bytes, Cpu, Mailbox, Os, PAGE_SIZE};
use ashore_debug::dump::{Contents, Source, final_path, write_file};
use ashore_formats::boot::tasks::{self, Area, Item, Process};
use ashore_formats::elf::core::write::{self, Stretch};
use ashore_formats::elf::core::{Core, MappedFile, ProcessInfo, Registers, SignalInfo, Thread};
use ashore_image::Perms;
use std::io::{self, Write};
use std::path::PathBuf;

/// Bits of a table's entry (Arm Architecture Reference Manual, D8.3): where it leads, that it leads to a table, and the kernel's
/// own word that there is a page.
const WHERE: u64 = 0x0000_ffff_ffff_f000;
const VALID: u64 = 1;
const PRESENT: u64 = 1 << 58;
/// Entries of a table, and levels of tables.
const ENTRIES: u64 = 512;
const LEVELS: u32 = 4;
/// The untouched end of a longer area is not even a hole.
const LONGEST_HOLE: u64 = 1 << 30;
/// Bytes of the arguments that are looked at: a core file has 80.
const MOST_ARGS: u64 = 80;
/// `PROT_READ`, `PROT_WRITE`, `PROT_EXEC`.
const PROTS: [u64; 3] = [1, 2, 4];

/// Core files to be made.
pub(super) struct Cores {
    /// Where; `%p` stands for the process's id.
    pub(super) path: PathBuf,
    /// Where the guest's files came from.
    pub(super) origins: Origins,
}

/// A process of the record, with what belongs to it.
struct Task<'a> {
    process: Process<'a>,
    threads: Vec<tasks::Thread>,
    areas: Vec<Area<'a>>,
}

impl Cores {
    /// Makes the core files of whatever died, and of all processes when the kernel did. Says on stderr what came of it.
    pub(super) fn write(&self, memory: &[u8], mailbox: &Mailbox) {
        let record = mailbox.tasks_at.checked_sub(mailbox.ram_at).filter(|_| mailbox.tasks_at != 0);
        let record = record.and_then(|at| Bytes(memory).slice(at, mailbox.tasks_len)).unwrap_or_default();
        let mut all = tasks_of(record);
        // Where all go to one name, the first process's is the one to be left.
        if mailbox.ending == Mailbox::PANICKED {
            all.reverse();
        }
        for task in all {
            let [pid, ..] = task.process.ids;
            let path = final_path(&self.path, pid as i32);
            let line = match self.write_one(&path, &task, memory, mailbox.ram_at) {
                Ok(()) => format!("core file {}", path.display()),
                Err(error) => format!("no core file {}: {error}", path.display()),
            };
            let _ = writeln!(io::stderr(), "ashore: {line}");
        }
    }

    fn write_one(&self, path: &std::path::Path, task: &Task<'_>, memory: &[u8], ram_at: u64) -> io::Result<()> {
        let ram = Ram { memory: Bytes(memory), start: ram_at, root: task.process.root & WHERE };
        let states: Vec<State> = task.threads.iter().map(State::of).collect();
        let mut threads: Vec<Thread<'_>> =
            task.threads.iter().zip(&states).map(|(of, state)| thread(of, state)).collect();
        threads.sort_by_key(|thread| thread.info.is_none());
        let files = task.areas.iter().filter(|area| area.is_file).map(|area| MappedFile {
            memory: range(area),
            offset: area.offset,
            name: self.origins.name(area.name),
            bytes: None,
        });
        let core = Core {
            cpu: Cpu::Aarch64,
            os: Os::Linux,
            guest: None,
            last_words: &[],
            process: process(&task.process, &ram),
            threads,
            auxv: auxv(task.process.auxv),
            files: files.collect(),
            segments: Vec::new(),
            remarks: Vec::new(),
        };
        let stretches: Vec<Stretch> = task.areas.iter().flat_map(|area| ram.stretches(area)).collect();
        let head = write::head(&core, &stretches);
        let sparse = vec![false; stretches.len()];
        write_file(path, &Contents { head: &head, stretches: &stretches, sparse: &sparse }, &ram)
    }
}

/// The processes of a record.
fn tasks_of(record: &[u8]) -> Vec<Task<'_>> {
    let mut all: Vec<Task<'_>> = Vec::new();
    for item in tasks::items(record) {
        match (item, all.last_mut()) {
            (Item::Process(process), _) => all.push(Task { process, threads: Vec::new(), areas: Vec::new() }),
            (Item::Thread(thread), Some(task)) => task.threads.push(thread),
            (Item::Area(area), Some(task)) => task.areas.push(area),
            (Item::Thread(_) | Item::Area(_), None) => {}
        }
    }
    all
}

/// A thread's state as the notes have it.
struct State {
    fp: Vec<u8>,
    info: Vec<u8>,
}

impl State {
    fn of(thread: &tasks::Thread) -> State {
        let bytes = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
        State { fp: bytes(&thread.vectors), info: bytes(&thread.info) }
    }
}

fn thread<'a>(of: &tasks::Thread, state: &'a State) -> Thread<'a> {
    let mut registers = Registers::zero(Cpu::Aarch64);
    let names: Vec<&str> = registers.iter().map(|(name, _)| name).collect();
    names.into_iter().zip(of.registers).for_each(|(name, value)| registers.set(name, value));
    let info = Bytes(&state.info);
    Thread {
        id: of.id as i32,
        name: None,
        signal: of.signal as u32,
        info: (of.signal != 0).then(|| SignalInfo {
            signal: of.signal as u32,
            errno: info.u32(4).unwrap_or_default() as i32,
            code: info.u32(8).unwrap_or_default() as i32,
            addr: Addr(info.u64(16).unwrap_or_default()),
            raw: &state.info,
        }),
        sets: of.sets,
        registers,
        fp: &state.fp,
        extended: &[],
        tls: of.registers.last().copied(),
    }
}

fn process(of: &Process<'_>, ram: &Ram<'_>) -> ProcessInfo {
    let [pid, parent, group, session] = of.ids.map(|id| id as i32);
    let words = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let [start, end] = of.args;
    let mut args = vec![0; end.saturating_sub(start).min(MOST_ARGS) as usize];
    let read = ram.read(Addr(start), &mut args);
    let args = args.get(..read).unwrap_or_default();
    let args = args.strip_suffix(b"\0").unwrap_or(args);
    ProcessInfo {
        pid,
        parent,
        group: [group, session],
        ids: of.owner,
        name: words(of.program.rsplit(|byte| *byte == b'/').next().unwrap_or_default()),
        args: words(args).replace('\0', " "),
        ..ProcessInfo::default()
    }
}

fn auxv(bytes: &[u8]) -> Vec<(u64, u64)> {
    let pair = |pair: &[u8]| Some((Bytes(pair).u64(0)?, Bytes(pair).u64(8)?));
    bytes.chunks_exact(16).filter_map(pair).filter(|(key, _)| *key != 0).collect()
}

fn range(area: &Area<'_>) -> AddrRange {
    let [start, end] = area.range.map(Addr);
    AddrRange { start, end }
}

/// The memory of the machine, as a process of it sees it.
struct Ram<'a> {
    memory: Bytes<'a>,
    /// Where it begins.
    start: u64,
    /// The first table.
    root: u64,
}

impl Ram<'_> {
    /// Where the page at an address lies, or how many bytes from there on have no page.
    fn page(&self, at: u64) -> Result<u64, u64> {
        let mut table = self.root;
        for level in 0..LEVELS {
            let shift = 12 + 9 * (LEVELS - 1 - level);
            let place = table.wrapping_sub(self.start).wrapping_add((at >> shift & (ENTRIES - 1)) * 8);
            let entry = self.memory.u64(place).unwrap_or_default();
            let bit = if level == LEVELS - 1 { PRESENT } else { VALID };
            let is_there = entry & bit != 0;
            if !is_there {
                let span = 1 << shift;
                return Err(span - (at & (span - 1)));
            }
            table = entry & WHERE;
        }
        Ok(table)
    }

    /// The runs of an area with pages and without, ascending.
    fn runs(&self, area: AddrRange) -> Vec<(AddrRange, bool)> {
        let mut runs: Vec<(AddrRange, bool)> = Vec::new();
        let mut at = area.start.0;
        while at < area.end.0 {
            let page = self.page(at);
            let end = Addr(at.saturating_add(page.err().unwrap_or(PAGE_SIZE)).min(area.end.0));
            match runs.last_mut() {
                Some((run, is_there)) if *is_there == page.is_ok() => run.end = end,
                _ => runs.push((AddrRange { start: Addr(at), end }, page.is_ok())),
            }
            at = end.0;
        }
        runs
    }

    /// What the file has of an area. Pages of files that nobody touched are left to the file; other memory without a page is
    /// zeros.
    fn stretches(&self, area: &Area<'_>) -> Vec<Stretch> {
        let [is_read, is_write, is_exec] = PROTS.map(|bit| area.prot & bit != 0);
        let perms = Perms { is_read, is_write, is_exec };
        let whole = |kept| vec![Stretch { memory: range(area), perms, kept }];
        if area.prot == 0 {
            return whole(0);
        }
        let runs = self.runs(range(area));
        if area.is_file {
            let run = |(memory, is_there): (AddrRange, bool)| Stretch {
                memory,
                perms,
                kept: if is_there { memory.len() } else { 0 },
            };
            return runs.into_iter().map(run).collect();
        }
        let len = range(area).len();
        let end = runs.iter().rfind(|(_, is_there)| *is_there).map_or(0, |(run, _)| run.end.0 - range(area).start.0);
        whole(if len > LONGEST_HOLE { end } else { len })
    }
}

impl Source for Ram<'_> {
    fn read(&self, at: Addr, into: &mut [u8]) -> usize {
        let offset = at.0 % PAGE_SIZE;
        let len = (PAGE_SIZE - offset).min(into.len() as u64);
        let Ok(page) = self.page(at.0) else { return 0 };
        let Some(bytes) = self.memory.slice(page.wrapping_sub(self.start).wrapping_add(offset), len) else { return 0 };
        into.iter_mut().zip(bytes).for_each(|(to, byte)| *to = *byte);
        len as usize
    }

    fn is_untouched(&self, _: Addr, _: u64) -> bool {
        false
    }
}
