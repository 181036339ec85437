//! Core files of guests: what a process was when it died, as Linux would have written it of a Linux process.
//!
//! A [`CoreFile`] is a [`Witness`]: it looks at the copy of the process that is made when a guest dies of a signal. The
//! file shows the guest's view: its mappings and none of ours ([`maps`]), its registers, and its code as its own file has
//! it where call sites were rewritten. What goes into the file and what is left to the program's file is decided by
//! [`plan`]; [`file`] writes it, beside the name it gets in the end.
//!
//! Whatever the guest's system, the notes are Linux's, with Linux's signal numbers: that is what debuggers on this
//! machine read. A failure here costs the core file, never the guest's own end.

mod file;
mod maps;
mod memory;
mod plan;

use ashore_base::{Addr, Cpu, Os};
use ashore_formats::elf::core::{Core, MappedFile, ProcessInfo, Registers, SignalInfo, Thread, write};
use ashore_guest::Delivery;
use ashore_image::HeaderTable;
use ashore_pivot::Sys;
use ashore_process::{Ending, Interest, Scene, ThreadScene, Witness};
pub use file::{Contents, Source, final_path, write as write_file};
pub use maps::{Code, code_files};
pub(crate) use maps::{Mapping, mappings, of_guest};
use memory::Memory;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// How many bytes of memory a core file may hold when nobody says.
pub const LIMIT: u64 = 1 << 30;

/// A core file to be written when the guest dies of a signal.
#[derive(Debug)]
pub struct CoreFile {
    /// Where; `%p` stands for the process's id.
    pub path: PathBuf,
    /// How many bytes of memory it may hold.
    pub limit: u64,
    /// The program's arguments.
    pub args: Vec<Vec<u8>>,
    /// Where it begins, in its file's own addresses.
    pub entry: Addr,
    /// Where its program headers are, in its file's own addresses.
    pub headers: Option<HeaderTable>,
    /// Whether a file that was written as it should be is told of.
    pub tell: Tell,
}

/// What is said on stderr.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tell {
    /// That the file was written, too.
    All,
    /// Only what went wrong.
    Failures,
}

impl Witness for CoreFile {
    fn interest(&self, ending: &Ending<'_>) -> Interest {
        match ending {
            Ending::Signal(delivery) if delivery.signal.is_crash() => Interest::Whole,
            Ending::Signal(_) | Ending::Exit(_) | Ending::Refused(_) => Interest::Nothing,
        }
    }

    fn witness(&self, scene: &Scene<'_>) {
        let Ending::Signal(delivery) = scene.ending else { return };
        let path = file::final_path(&self.path, scene.pid);
        let line = match self.write(&path, scene, &delivery) {
            Ok(cut) if cut.is_nothing() && self.tell == Tell::Failures => return,
            Ok(cut) => format!("core file {}{cut}", path.display()),
            Err(error) => format!("no core file {}: {error}", path.display()),
        };
        let _ = writeln!(io::stderr(), "ashore: {line}");
    }
}

impl CoreFile {
    fn write(&self, path: &std::path::Path, scene: &Scene<'_>, delivery: &Delivery) -> io::Result<plan::Cut> {
        file::make_room();
        let memory = Memory::open(scene)?;
        let mappings = maps::of_guest(scene)?;
        let raw = siginfo(delivery);
        let info = SignalInfo {
            signal: delivery.signal.0.into(),
            code: delivery.code,
            errno: delivery.errno,
            addr: delivery.addr,
            raw: &raw,
        };
        let states: Vec<State> = scene.threads.iter().map(State::of).collect();
        let (threads, unknown) = threads(scene, &states, &info);
        let plan = plan::plan(&mappings, &memory, &scene_places(scene), self.limit);
        let core = Core {
            cpu: scene.regs.cpu(),
            os: Os::Linux,
            guest: Os::from_name(scene.os.name),
            last_words: &scene.last_words,
            process: self.process(scene),
            threads,
            auxv: self.auxv(scene, &mappings),
            files: files(&mappings),
            segments: Vec::new(),
            remarks: Vec::new(),
        };
        let head = write::head(&core, &plan.stretches);
        let contents = Contents { head: &head, stretches: &plan.stretches, sparse: &plan.sparse };
        file::write(path, &contents, &memory)?;
        Ok(plan::Cut { threads: unknown, ..plan.cut })
    }

    fn process(&self, scene: &Scene<'_>) -> ProcessInfo {
        let id = |sys: Sys, of: i32| ashore_sys::call(u64::from(sys.0), [of as u64, 0, 0, 0, 0, 0]).unwrap_or(0);
        let program = std::path::Path::new(std::ffi::OsStr::from_bytes(scene.program));
        let args: Vec<_> = self.args.iter().map(|arg| String::from_utf8_lossy(arg)).collect();
        ProcessInfo {
            pid: scene.pid,
            parent: maps::parent_of(scene.pid),
            group: [Sys::GETPGID, Sys::GETSID].map(|sys| id(sys, scene.pid) as i32),
            ids: [Sys::GETUID, Sys::GETGID].map(|sys| id(sys, 0) as u32),
            name: program.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            args: args.join(" "),
            ..ProcessInfo::default()
        }
    }

    /// What a Linux kernel would have told a Linux program that stands where this one does.
    fn auxv(&self, scene: &Scene<'_>, mappings: &[Mapping]) -> Vec<(u64, u64)> {
        const PHDR: u64 = 3;
        const PHENT: u64 = 4;
        const PHNUM: u64 = 5;
        const PAGESZ: u64 = 6;
        const BASE: u64 = 7;
        const FLAGS: u64 = 8;
        const ENTRY: u64 = 9;
        const SECURE: u64 = 23;
        const SYSINFO_EHDR: u64 = 33;
        let mut auxv = Vec::new();
        if let Some(shared) = mappings.iter().find(|mapping| mapping.name == b"[vdso]") {
            auxv.push((SYSINFO_EHDR, shared.memory.start.0));
        }
        auxv.push((PAGESZ, ashore_base::PAGE_SIZE));
        if let Some((table, at)) = self.headers.and_then(|table| Some((table, table.addr?))) {
            auxv.extend([(PHDR, at.plus(scene.bias).0), (PHENT, table.row_len), (PHNUM, table.count)]);
        }
        auxv.extend([(BASE, 0), (FLAGS, 0), (ENTRY, self.entry.plus(scene.bias).0)]);
        let ids = [(11, Sys::GETUID), (12, Sys::GETEUID), (13, Sys::GETGID), (14, Sys::GETEGID)];
        auxv.extend(ids.map(|(key, sys)| (key, ashore_sys::call(u64::from(sys.0), [0; 6]).unwrap_or(0))));
        auxv.push((SECURE, 0));
        auxv
    }
}

/// The vector and floating-point state of a thread.
struct State {
    fp: Vec<u8>,
    extended: Vec<u8>,
}

impl State {
    fn of(thread: &ThreadScene) -> State {
        if thread.regs.is_some_and(|regs| regs.cpu() != Cpu::X86_64) {
            return State { fp: thread.fp.clone(), extended: Vec::new() };
        }
        let legacy = thread.fp.get(..ashore_sys::FP_LEGACY_LEN).unwrap_or_default();
        State { fp: legacy.to_vec(), extended: extended_state(&thread.fp) }
    }
}

/// Every thread whose registers are known, the dying one first, and how many are not.
fn threads<'a>(scene: &Scene<'_>, states: &'a [State], info: &SignalInfo<'a>) -> (Vec<Thread<'a>>, usize) {
    let mut threads = Vec::with_capacity(states.len());
    let mut unknown = 0;
    for (thread, state) in scene.threads.iter().zip(states) {
        let is_last = thread.id == scene.thread;
        let Some(regs) = thread.regs.as_ref() else {
            unknown += 1;
            continue;
        };
        threads.push(Thread {
            id: thread.id as i32,
            name: None,
            signal: if is_last { info.signal } else { 0 },
            info: is_last.then_some(*info),
            sets: [0; 2],
            registers: registers(regs),
            fp: &state.fp,
            extended: &state.extended,
            tls: None,
        });
    }
    threads.sort_by_key(|thread| thread.info.is_none());
    (threads, unknown)
}

fn registers(regs: &ashore_isa::Registers) -> Registers {
    /// The selectors that Linux gives 64-bit programs.
    const CODE: u64 = 0x33;
    const STACK: u64 = 0x2b;
    let mut registers = Registers::zero(regs.cpu());
    for (name, value) in regs.named() {
        registers.set(if name == "rflags" { "eflags" } else { name }, value);
    }
    if regs.cpu() != Cpu::X86_64 {
        return registers;
    }
    let others = [
        // No call is under way that a debugger would have to restart.
        ("orig_rax", u64::MAX),
        ("cs", CODE),
        ("ss", STACK),
    ];
    for (name, value) in others {
        registers.set(name, value);
    }
    registers
}

/// `siginfo_t` of a signal.
fn siginfo(delivery: &Delivery) -> Vec<u8> {
    let mut info = Vec::with_capacity(128);
    for word in [i32::from(delivery.signal.0), delivery.errno, delivery.code, 0] {
        info.extend(word.to_le_bytes());
    }
    if delivery.code > 0 && delivery.signal.is_fault() {
        info.extend(delivery.addr.0.to_le_bytes());
    } else {
        info.extend(delivery.pid.to_le_bytes());
        info.extend(delivery.uid.to_le_bytes());
        info.extend(delivery.value.to_le_bytes());
    }
    info.resize(128, 0);
    info
}

/// The extended state as `NT_X86_XSTATE` has it: its parts are named in bytes that the CPU leaves to software.
fn extended_state(fp: &[u8]) -> Vec<u8> {
    const PARTS_AT: usize = 464;
    /// The lengths that debuggers know, and the parts that are in them.
    const KNOWN: [(usize, u64); 3] = [(576, 0b11), (832, 0b111), (2688, 0b1110_0111)];
    /// AMD's with AVX-512, whose known form has protection keys at its end.
    const AMD: (usize, usize, u64) = (2432, 2440, 0b10_1110_0111);
    let mut state = fp.to_vec();
    let parts = match KNOWN.iter().find(|(len, _)| *len == state.len()) {
        Some((_, parts)) => *parts,
        None if state.len() == AMD.0 => {
            state.resize(AMD.1, 0);
            AMD.2
        }
        None => return Vec::new(),
    };
    if let Some(place) = state.get_mut(PARTS_AT..PARTS_AT + 8) {
        place.copy_from_slice(&parts.to_le_bytes());
    }
    state
}

/// What must be in the file before all else: stacks, and where threads are.
fn scene_places(scene: &Scene<'_>) -> Vec<Addr> {
    let all = scene.threads.iter().filter_map(|thread| thread.regs.as_ref()).chain([&scene.regs]);
    all.flat_map(|regs| [Addr(regs.sp()), Addr(regs.pc())]).collect()
}

/// The mappings of files, as debuggers are told of them.
fn files(mappings: &[Mapping]) -> Vec<MappedFile<'static>> {
    let of_files = mappings.iter().filter(|mapping| mapping.is_file());
    let file = |mapping: &Mapping| MappedFile {
        memory: mapping.memory,
        offset: mapping.offset,
        name: String::from_utf8_lossy(&mapping.name).into_owned(),
        bytes: None,
    };
    of_files.map(file).collect()
}
