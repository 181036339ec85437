//! Programs of a system.

use crate::{
    Platform, Subject,
    code::{Follower, kernel_calls, segment_reads},
    machine::words,
};
use alloc::{collections::BTreeMap, format, string::String, vec, vec::Vec};
use ashore_base::{Addr, Bytes, Cpu, Os};
use ashore_formats::{Mark, detect::table as clues};
use ashore_image::{FunctionIndex, Segment};
use ashore_isa::aarch64::system::{Op, SysReg, decode};
use ashore_report::{Report, table as says};
use iced_x86::Register;

/// Pages of Apple's arm64 systems, and of some Linux kernels.
const LARGE_PAGE: u64 = 1 << 14;
/// Where kernels begin to let programs map (`vm.mmap_min_addr` as distributions set it).
const LOWEST: u64 = 1 << 16;
/// How far before a call its number and argument are looked for.
const BEFORE_LEN: u64 = 48;
/// How many functions of a kind are named.
const NAMED: usize = 8;

/// Systems that let only the system library call the kernel, and how that library's files are called.
const LIBRARY_ONLY: &[(Os, &[&str])] = &[
    (Os::Darwin, &["libSystem", "libsystem_kernel", "dyld"]),
    (Os::Ios, &["libSystem", "dyld"]),
    (Os::Openbsd, &["libc.so"]),
];
/// The program header by which OpenBSD's linker lists the calls a static program may make.
const OPENBSD_SYSCALLS: u32 = 0x65a3_dbe9;

/// Calls that set the thread pointer on x86-64: the system, its number, the operation that must be its first argument, and
/// its name.
const SETTERS: &[(Os, u32, u32, &str)] =
    &[(Os::Freebsd, 165, 129, "sysarch(AMD64_SET_FSBASE)"), (Os::Linux, 158, 0x1002, "arch_prctl(ARCH_SET_FS)")];

/// Where libraries are looked for beside the directories the program names.
const LIBRARY_DIRS: &[(Os, &[&str])] = &[
    (
        Os::Linux,
        &[
            "/lib",
            "/usr/lib",
            "/lib64",
            "/usr/lib64",
            "/usr/local/lib",
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/lib/riscv64-linux-gnu",
            "/usr/lib/riscv64-linux-gnu",
        ],
    ),
    (Os::Freebsd, &["/lib", "/usr/lib", "/usr/local/lib"]),
    (Os::Dragonfly, &["/lib", "/usr/lib", "/usr/local/lib"]),
    (Os::Netbsd, &["/lib", "/usr/lib", "/usr/pkg/lib"]),
    (Os::Openbsd, &["/usr/lib", "/usr/X11R6/lib", "/usr/local/lib"]),
];

/// Systems that share their programs' marks count as one.
fn family(os: Os) -> Os {
    match os {
        Os::Android => Os::Linux,
        Os::Ios => Os::Darwin,
        Os::Illumos => Os::Solaris,
        other => other,
    }
}

fn is_portable(subject: &Subject<'_>) -> bool {
    subject.part().marks.contains(&Mark::Portable)
}

/// The functions that hold `sites`, with how many each holds.
fn functions(subject: &Subject<'_>, sites: &[Addr]) -> Vec<String> {
    let mut counts: BTreeMap<String, (Addr, usize)> = BTreeMap::new();
    for &at in sites {
        let name = subject.functions().name(at).unwrap_or_else(|| format!("unnamed code near {}", at.align_down(4096)));
        counts.entry(name).or_insert((at, 0)).1 += 1;
    }
    let more = counts.len().saturating_sub(NAMED);
    let mut lines: Vec<String> =
        counts.into_iter().take(NAMED).map(|(name, (at, count))| format!("{name}: {count}, first at {at}")).collect();
    if more > 0 {
        lines.push(format!("and {more} more functions"));
    }
    lines
}

pub(super) fn other_system(subject: &Subject<'_>, platform: Platform<'_>) -> Vec<Report> {
    let Some(os) = subject.detection.os else { return Vec::new() };
    if family(os) == family(platform.os) || is_portable(subject) {
        return Vec::new();
    }
    let clue = subject.detection.deciding().map(|clue| format!("{clue}")).unwrap_or_default();
    vec![says::OTHER_SYSTEM.because(format!("it is for {os}, not {}: {clue}", platform.os))]
}

pub(super) fn raw_call(subject: &Subject<'_>, platform: Platform<'_>) -> Vec<Report> {
    let Some((os, libraries)) = LIBRARY_ONLY.iter().find(|row| row.0 == platform.os) else { return Vec::new() };
    let path = subject.part().image.segments.iter().find_map(|segment| segment.name.as_deref()).unwrap_or_default();
    let may_call = subject.part().marks.contains(&Mark::SegmentTag(OPENBSD_SYSCALLS))
        || libraries.iter().any(|name| path.contains(name))
        || is_portable(subject);
    if may_call {
        return Vec::new();
    }
    let sites = kernel_calls(subject);
    let Some(first) = sites.first() else { return Vec::new() };
    let reason =
        format!("{} kernel calls are outside the system library, which alone may make them on {os}", sites.len());
    let report = says::RAW_CALL.at(subject.place_seen(*first), reason);
    vec![functions(subject, &sites).into_iter().fold(report, Report::note)]
}

pub(super) fn thread_register(subject: &Subject<'_>, platform: Platform<'_>) -> Vec<Report> {
    if is_portable(subject) {
        return Vec::new();
    }
    let mut reports = Vec::new();
    let code = subject.part().image.code();
    match subject.cpu() {
        Cpu::Aarch64 => reports.extend(wrong_a64(subject, platform.os, code)),
        Cpu::X86_64 => {
            let segments: Vec<&Segment> = code.collect();
            reports.extend(wrong_x86(subject, platform.os, &segments));
            reports.extend(wrong_setter(subject, platform.os));
        }
        Cpu::Riscv64 => {}
    }
    reports
}

fn is_apple(os: Os) -> bool {
    family(os) == Os::Darwin
}

fn wrong_a64<'i>(subject: &Subject<'_>, os: Os, code: impl Iterator<Item = &'i Segment>) -> Option<Report> {
    let (right, wrong) =
        if is_apple(os) { (SysReg::TPIDRRO_EL0, SysReg::TPIDR_EL0) } else { (SysReg::TPIDR_EL0, SysReg::TPIDRRO_EL0) };
    let mut sites = Vec::new();
    for segment in code {
        let bytes = segment.file.of(subject.parsed().bytes.0).unwrap_or_default();
        for (index, raw) in bytes.chunks_exact(4).enumerate() {
            let at = segment.memory.start.plus(index as u64 * 4);
            if matches!(decode(Bytes(raw).u32(0).unwrap_or_default(), at), Op::Read(_, reg) if reg == wrong) {
                sites.push(at);
            }
        }
    }
    let first = sites.first()?;
    let (right, wrong) = (right.name().unwrap_or_default(), wrong.name().unwrap_or_default());
    let reason = format!("{} reads of {wrong}, which is 0 on {os}: its thread pointer is {right}", sites.len());
    let report = says::THREAD_REGISTER.at(subject.place_seen(*first), reason);
    Some(functions(subject, &sites).into_iter().fold(report, Report::note))
}

/// Reads through the other segment register, when none goes through the right one.
fn wrong_x86(subject: &Subject<'_>, os: Os, code: &[&Segment]) -> Option<Report> {
    const PREFIXES: [(u8, Register); 2] = [(0x64, Register::FS), (0x65, Register::GS)];
    let right = if is_apple(os) || os == Os::Windows { Register::GS } else { Register::FS };
    let mut follower = Follower::new(subject);
    let mut wrong = Vec::new();
    for segment in code {
        let bytes = segment.file.of(subject.parsed().bytes.0).unwrap_or_default();
        for (index, byte) in bytes.iter().enumerate() {
            let Some((_, register)) = PREFIXES.iter().find(|(prefix, _)| prefix == byte) else { continue };
            let at = segment.memory.start.plus(index as u64);
            let here = bytes.get(index..).unwrap_or_default();
            if segment_reads(here, at) != Some(*register) || !follower.reaches(at) {
                continue;
            }
            if *register == right {
                return None;
            }
            wrong.push(at);
        }
    }
    let first = wrong.first()?;
    let (right, other) = if right == Register::GS { ("GS", "FS") } else { ("FS", "GS") };
    let reason =
        format!("{} accesses through {other}, none through {right}, which is the thread register of {os}", wrong.len());
    let report = says::THREAD_REGISTER.at(subject.place_seen(*first), reason);
    Some(functions(subject, &wrong).into_iter().fold(report, Report::note))
}

/// Whether `code` loads `value` into the register whose short load has this opcode (`mov r32, imm32`).
fn loads(code: &[u8], opcode: u8, value: u32) -> bool {
    let [a, b, c, d] = value.to_le_bytes();
    let long = [0x48, 0xc7, opcode.wrapping_sub(0xb8) | 0xc0, a, b, c, d];
    code.windows(5).any(|window| window == [opcode, a, b, c, d]) || code.windows(7).any(|window| window == long)
}

/// A thread-pointer call of another system.
fn wrong_setter(subject: &Subject<'_>, os: Os) -> Vec<Report> {
    const MOV_EAX: u8 = 0xb8;
    const MOV_EDI: u8 = 0xbf;
    let mut reports = Vec::new();
    for at in kernel_calls(subject) {
        let start = subject.functions().containing(at).map_or(at, |extent| extent.start);
        let from = Addr(start.0.max(at.0.saturating_sub(BEFORE_LEN)));
        let offset = subject.part().image.offset_of(from);
        let before = offset.and_then(|offset| subject.parsed().bytes.slice(offset, at.0 - from.0)).unwrap_or_default();
        let row = SETTERS.iter().find(|row| loads(before, MOV_EAX, row.1) && loads(before, MOV_EDI, row.2));
        if let Some((other, number, operation, name)) = row.filter(|row| row.0 != family(os)) {
            let reason = format!(
                "call {number} with {operation:#x} is {other}'s {name}; on {os} it does not set the thread pointer"
            );
            reports.push(says::THREAD_REGISTER.at(subject.place_seen(at), reason));
        }
    }
    reports
}

pub(super) fn missing_interpreter(subject: &Subject<'_>, platform: Platform<'_>) -> Vec<Report> {
    let (Some(path), Some(files)) = (&subject.part().image.interpreter, platform.files) else { return Vec::new() };
    if files.has(path) || is_apple(platform.os) {
        return Vec::new();
    }
    vec![says::MISSING_INTERPRETER.because(format!("it wants {path}"))]
}

pub(super) fn missing_library(subject: &Subject<'_>, platform: Platform<'_>) -> Vec<Report> {
    let Some(files) = platform.files else { return Vec::new() };
    let image = &subject.part().image;
    let usual = LIBRARY_DIRS.iter().find(|row| row.0 == family(platform.os)).map_or(&[] as &[&str], |row| row.1);
    // What `$ORIGIN` is depends on where the file will be installed.
    let named = &subject.part().linking.run_paths;
    let is_open = named.iter().any(|dir| dir.contains('$'));
    let is_there = |name: &String| {
        let in_dir = |dir: &str| files.has(&format!("{}/{name}", dir.trim_end_matches('/')));
        if name.contains('/') {
            // Apple's system libraries are in a cache, not in files; a name with @ depends on the program's place.
            return name.starts_with('@')
                || (is_apple(platform.os) && (name.starts_with("/usr/lib/") || name.starts_with("/System/")))
                || files.has(name);
        }
        is_open || named.iter().any(|dir| in_dir(dir)) || usual.iter().any(|dir| in_dir(dir))
    };
    let missing = image.needed.iter().filter(|name| !is_there(name));
    let dirs: Vec<&str> = named.iter().map(String::as_str).chain(usual.iter().copied()).collect();
    let report = |name: &String| says::MISSING_LIBRARY.because(format!("{name} is in none of {}", dirs.join(", ")));
    missing.map(report).collect()
}

/// The first two segments, or the one, that do not fit pages of 16 KiB.
fn misfit(subject: &Subject<'_>) -> Option<(Addr, String)> {
    let segments = &subject.part().image.segments;
    let skewed = segments.iter().find(|segment| {
        segment.file.len > 0 && segment.memory.start.0 % LARGE_PAGE != segment.file.offset % LARGE_PAGE
    });
    if let Some(segment) = skewed {
        let reason =
            format!("address {} and file offset {:#x} differ within 16 KiB", segment.memory.start, segment.file.offset);
        return Some((segment.memory.start, reason));
    }
    let pairs = segments.iter().zip(segments.iter().skip(1));
    let mut shared = pairs.filter(|(first, second)| {
        let last_page = first.memory.end.minus(1).align_down(LARGE_PAGE);
        first.perms != second.perms && last_page == second.memory.start.align_down(LARGE_PAGE)
    });
    let (first, second) = shared.next()?;
    let reason = format!(
        "segments {} ({}) and {} ({}) share a page",
        words(first.memory),
        first.perms,
        words(second.memory),
        second.perms
    );
    Some((second.memory.start, reason))
}

pub(super) fn page_congruence(subject: &Subject<'_>, platform: Platform<'_>) -> Vec<Report> {
    let found = if is_apple(platform.os) { misfit(subject) } else { None };
    found.into_iter().map(|(at, reason)| says::PAGE_CONGRUENCE.at(at, reason)).collect()
}

pub(super) fn larger_pages(subject: &Subject<'_>, platform: Platform<'_>) -> Vec<Report> {
    let found = if family(platform.os) == Os::Linux { misfit(subject) } else { None };
    found.into_iter().map(|(at, reason)| says::LARGER_PAGES.at(at, reason)).collect()
}

pub(super) fn low_address(subject: &Subject<'_>, _: Platform<'_>) -> Vec<Report> {
    let image = &subject.part().image;
    let start = image.span().start;
    // Apple's programs keep the low addresses as a segment without any rights.
    let is_mapped = image.segments.first().is_some_and(|first| first.perms != ashore_image::Perms::default());
    if image.kind.is_relocatable() || start.0 >= LOWEST || !is_mapped {
        return Vec::new();
    }
    vec![says::LOW_ADDRESS.at(start, format!("its first segment is at {start}"))]
}

pub(super) fn writable_code(subject: &Subject<'_>, _: Platform<'_>) -> Vec<Report> {
    let both = subject.part().image.segments.iter().filter(|segment| segment.perms.is_write && segment.perms.is_exec);
    both.map(|segment| {
        says::WRITABLE_CODE
            .at(subject.place_seen(segment.memory.start), format!("{} is {}", words(segment.memory), segment.perms))
    })
    .collect()
}

pub(super) fn executable_stack(subject: &Subject<'_>, _: Platform<'_>) -> Vec<Report> {
    if subject.part().image.stack.is_executable {
        vec![says::EXECUTABLE_STACK.because("its header says so")]
    } else {
        Vec::new()
    }
}

pub(super) fn text_relocations(subject: &Subject<'_>, _: Platform<'_>) -> Vec<Report> {
    if !subject.part().linking.changes_text {
        return Vec::new();
    }
    vec![says::TEXT_RELOCATIONS.because("its dynamic table has DT_TEXTREL or DF_TEXTREL")]
}

/// The last source of the cascade that reads what linkers write down rather than what the code does.
const LAST_MARK: &str = "Go build info";

pub(super) fn mixed_marks(subject: &Subject<'_>, _: Platform<'_>) -> Vec<Report> {
    if is_portable(subject) {
        return Vec::new();
    }
    let mut said: Vec<(Os, String)> = Vec::new();
    for source in clues::SOURCES {
        for finding in (source.look)(subject.parsed(), subject.part()) {
            if let Some(os) = finding.os {
                said.push((family(os), format!("{}: {} ({os})", source.words, finding.words)));
            }
        }
        if source.words == LAST_MARK {
            break;
        }
    }
    let Some((first, _)) = said.first() else { return Vec::new() };
    let Some((other, _)) = said.iter().find(|(os, _)| os != first) else { return Vec::new() };
    let report = says::MIXED_MARKS.because(format!("{first} and {other} are both named"));
    vec![said.into_iter().fold(report, |report, (_, words)| report.note(words))]
}
