//! From a core file to evidence: what a process left is less than what one tells that is still there.

use super::code::{Program, Region, Stack};
use super::evidence::{End, Evidence, FileFacts, Thread};
use super::gather::{basename, code};
use ashore_base::{Addr, AddrRange, Cpu, Os as Name, PAGE_SIZE};
use ashore_formats::elf::core::{Core, SignalInfo, Thread as Left};
use ashore_formats::{Parsed, Part};
use ashore_guest::{Delivery, Guest};
use ashore_image::{Image, Perms};
use ashore_isa::Registers;
use ashore_pivot::{Errno, Memory, Signal};
use ashore_report::{Report, table};
use std::cell::OnceCell;

/// Keys of the auxiliary vector: where the program begins, and what lies at the top of the first thread's stack.
const ENTRY: u64 = 9;
const RANDOM: u64 = 25;
const FILE_NAME: u64 = 31;
const SHARED_OBJECT: u64 = 33;
/// The code of a signal that a process sent, and from where on other systems' codes of such signals are.
const SENT: i32 = 0;
const SENT_ELSEWHERE: i32 = 0x1_0000;
/// How many bytes of code are compared with a file that nothing else tells about.
const COMPARED: usize = 64;
/// More of what a program wrote last explains nothing.
const WORDS_MAX: usize = 1 << 16;

/// The memory of a core file.
pub struct CoreMemory<'a>(pub Core<'a>);

impl Memory for CoreMemory<'_> {
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        if self.0.read(from, into) == into.len() { Ok(()) } else { Err(Errno::EFAULT) }
    }

    fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn cstr_len(&self, from: Addr, max: usize) -> Result<usize, Errno> {
        let len = self.0.cstr(from, max).len();
        if len < max { Ok(len) } else { Err(Errno::ENAMETOOLONG) }
    }

    fn load_u32(&self, at: Addr) -> Result<u32, Errno> {
        let mut bytes = [0; 4];
        self.read(at, &mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
}

/// The system that the process ran as, when the core file can be explained.
pub fn system(core: &Core<'_>) -> Result<&'static Guest, Report> {
    if ashore_isa::meanings(core.cpu).is_none() {
        return Err(table::UNSUPPORTED_CPU
            .because(format!("the core file is of {}, whose code is not understood here", core.cpu)));
    }
    let name: Name = core.guest.unwrap_or(core.os);
    ashore_guest::by_name(name.name())
        .ok_or_else(|| table::UNSUPPORTED_OS.because(format!("the core file is of {name}")))
}

/// The name of the program's file in a core file.
pub fn program_name<'c>(core: &'c Core<'_>) -> Option<&'c str> {
    let entry = core.auxv(ENTRY)?;
    core.file_at(Addr(entry)).map(|file| file.name.as_str())
}

/// By how much the addresses of the program differ from its file's; none when it is not the program that ran.
pub fn program_bias(core: &Core<'_>, parsed: &Parsed<'_>, part: &Part) -> Option<u64> {
    let (entry, own) = (Addr(core.auxv(ENTRY)?), part.image.entry.addr()?);
    let bias = entry.0.wrapping_sub(own.0);
    let mut there = [0; COMPARED];
    let read = core.read(entry, &mut there);
    let segment = part.image.segment_at(own)?;
    let offset = segment.offset_of(own)?;
    let bytes = parsed.bytes.slice(offset, segment.file.end().checked_sub(offset)?)?;
    let common = read.min(bytes.len());
    let is_same = there.get(..common) == bytes.get(..common);
    (is_same && bias.is_multiple_of(PAGE_SIZE)).then_some(bias)
}

/// By how much the addresses of a library differ from its file's.
pub fn library_bias(core: &Core<'_>, name: &str, image: &Image) -> Option<u64> {
    let page = |word: u64| word & !(PAGE_SIZE - 1);
    let mut mapped = core.files.iter().filter(|file| file.name == name);
    mapped.find_map(|file| {
        let segment = image.segments.iter().find(|segment| page(segment.file.offset) == file.offset)?;
        Some(file.memory.start.0.wrapping_sub(page(segment.memory.start.0)))
    })
}

/// What belongs to a core file.
pub struct Found<'a> {
    /// The program first, then its libraries.
    pub programs: &'a [Program<'a>],
    /// What the program's file says.
    pub file: FileFacts,
    /// What was not found.
    pub missing: Vec<String>,
}

/// Puts together what a core file and the files of its process tell.
pub fn evidence<'a>(memory: &'a CoreMemory<'a>, found: Found<'a>) -> Result<Evidence<'a>, Report> {
    let core = &memory.0;
    let guest = system(core)?;
    let Some(first) = core.threads.first() else {
        let report = table::TRUNCATED.because("the core file has no thread: it does not tell where the process was");
        return Err(core.remarks.iter().fold(report, |report, remark| report.note(one_line(remark))));
    };
    let regs = regs(core.cpu, first).ok_or_else(|| table::UNSUPPORTED_CPU.because(core.cpu.to_string()))?;
    let (instruction, before) = code(found.programs, &regs, memory);
    let mut missing = vec!["a core file holds no calls: what the program asked of its system before".to_owned()];
    missing.extend(found.missing);
    missing.extend(core.remarks.iter().map(one_line));
    let stacks = stacks(core, &found.file);
    Ok(Evidence {
        os: guest.on(core.cpu).unwrap_or(guest.os),
        pid: core.process.pid,
        called: called(core, found.programs),
        file: found.file,
        programs: found.programs,
        end: end(core, guest),
        regs,
        alt_stack: None,
        handlers: Vec::new(),
        threads: core.threads.iter().map(|left| thread(core.cpu, left)).collect(),
        regions: regions(core, found.programs),
        stacks,
        missing,
        notes: Vec::new(),
        last_words: last_words(core),
        instruction,
        before,
        memory,
        backtrace: OnceCell::new(),
    })
}

fn last_words(core: &Core<'_>) -> String {
    let start = core.last_words.len().saturating_sub(WORDS_MAX);
    String::from_utf8_lossy(core.last_words.get(start..).unwrap_or_default()).into_owned()
}

fn one_line(remark: &Report) -> String {
    remark.to_string().replace("\n  ", "; ")
}

fn called(core: &Core<'_>, programs: &[Program<'_>]) -> String {
    let path = programs.first().map(Program::path).or_else(|| program_name(core));
    let name = path.map(basename).unwrap_or(core.process.name.as_str());
    if name.is_empty() { "the program".to_owned() } else { name.to_owned() }
}

fn thread(cpu: Cpu, left: &Left<'_>) -> Thread {
    Thread { id: u64::from(left.id.cast_unsigned()), regs: regs(cpu, left), steps: Vec::new() }
}

fn regs(cpu: Cpu, left: &Left<'_>) -> Option<Registers> {
    let value = |name| left.registers.get(if name == "rflags" { "eflags" } else { name });
    Registers::from_names(cpu, |name| value(name).unwrap_or_default())
}

fn end(core: &Core<'_>, guest: &Guest) -> End {
    let Some(info) = core.signal().filter(|info| info.signal != 0) else { return End::Alive };
    // Ashore's own core files tell in Linux's words.
    let number = u64::from(info.signal);
    let signal = if core.os == Name::Linux { Signal::new(number) } else { (guest.os.signal_from)(number) };
    signal.map_or(End::Alive, |signal| End::Signal(delivery(core.os, signal, info)))
}

fn delivery(os: Name, signal: Signal, info: SignalInfo<'_>) -> Delivery {
    let mut delivery = Delivery::plain(signal);
    delivery.code = if info.code >= SENT_ELSEWHERE { SENT } else { info.code };
    delivery.errno = info.errno;
    delivery.addr = info.addr;
    if os == Name::Linux && info.code <= 0 {
        let word = |at: usize| info.raw.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_le_bytes);
        delivery.pid = word(16).unwrap_or_default();
        delivery.uid = word(20).unwrap_or_default().cast_unsigned();
        delivery.addr = Addr::NULL;
    }
    delivery
}

/// The stack of the first thread. Linux's kernel leaves words at its top; elsewhere it is the one that lies highest, unless
/// the program allocates stacks of its own.
fn stacks(core: &Core<'_>, file: &FileFacts) -> Vec<Stack> {
    let top = core.auxv(FILE_NAME).or_else(|| core.auxv(RANDOM)).map(Addr);
    let highest = || core.threads.iter().map(|thread| thread.registers.sp()).max().filter(|_| !file.is_go);
    let holder = top.or_else(highest).and_then(|at| core.segment_at(at)).filter(|segment| segment.perms.is_write);
    holder.map(|segment| Stack { range: segment.memory, name: "main stack".to_owned() }).into_iter().collect()
}

/// The mappings: those whose memory is told of, and files of which a core file says no more than that they were mapped.
fn regions(core: &Core<'_>, programs: &[Program<'_>]) -> Vec<Region> {
    let stack = core.auxv(FILE_NAME).or_else(|| core.auxv(RANDOM)).map(Addr);
    let name = |range: AddrRange| match core.file_at(range.start) {
        Some(file) => file.name.as_str(),
        None if core.auxv(SHARED_OBJECT) == Some(range.start.0) => "[vdso]",
        None if stack.is_some_and(|at| range.contains(at)) => "[stack]",
        None => "",
    };
    let region = |range, perms| Region { range, perms, name: name(range).to_owned() };
    let told = core.segments.iter().map(|segment| region(segment.memory, segment.perms));
    let perms = |at| programs.iter().find_map(|program| program.segment(at)).map(|segment| segment.perms);
    let readable = Perms { is_read: true, is_write: false, is_exec: false };
    let untold = core.files.iter().filter(|file| core.segment_at(file.memory.start).is_none());
    let untold = untold.map(|file| region(file.memory, perms(file.memory.start).unwrap_or(readable)));
    let mut regions: Vec<Region> = told.chain(untold).filter(|region| !region.range.is_empty()).collect();
    regions.sort_by_key(|region| region.range.start);
    regions
}
