//! The targets, one row each: what is called, and the words its inputs are made of.

use ashore_base::{Addr, AddrRange, Os};
use ashore_check::{Machine, Platform, Subject, Target as Checked};
use ashore_debug::diff::{Trace, compare};
use ashore_engine::native::{Caught, find_sites};
use ashore_formats::{Parsed, Part, detect, functions, golang, hints, read, read_bare, read_raw};
use ashore_image::{Function, FunctionIndex, FunctionList, NoFunctions};
use std::fmt::Write as _;

/// A reader to be fuzzed.
pub(crate) struct Target {
    /// The name after `cargo xtask fuzz`, and of its folder of inputs.
    pub(crate) name: &'static str,
    /// Calls the reader and gives back what it answered, in few words: a new answer is a new path.
    pub(crate) call: fn(&[u8]) -> String,
    /// Byte strings that mean something to the reader.
    pub(crate) words: &'static [&'static [u8]],
    /// What makes inputs for this target, if it can do nothing with small files of every format.
    pub(crate) own: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "elf", call: file, words: ELF, own: Vec::new },
    Target { name: "macho", call: file, words: MACHO, own: Vec::new },
    Target { name: "ape", call: file, words: APE, own: Vec::new },
    Target { name: "detect", call: file, words: MARKS, own: Vec::new },
    Target { name: "core", call: crate::core::core, words: CORE, own: Vec::new },
    Target { name: "archive", call: crate::boot::archive, words: ARCHIVE, own: Vec::new },
    Target { name: "wire", call: crate::boot::wire, words: WIRE, own: Vec::new },
    Target { name: "recording", call: crate::recording::recording, words: RECORDING, own: Vec::new },
    Target { name: "tree", call: tree, words: TREE, own: Vec::new },
    Target { name: "check", call: check, words: KERNEL, own: Vec::new },
    Target { name: "patch", call: crate::patch::patch, words: PATCH, own: Vec::new },
    Target { name: "explain", call: crate::explain::explain, words: RECORDS, own: Vec::new },
    Target { name: "trace", call: trace, words: TRACE, own: Vec::new },
    Target { name: "sites", call: sites, words: CODE, own: Vec::new },
    Target { name: "lift", call: crate::lift::lift, words: LIFTED, own: Vec::new },
    Target { name: "decode", call: crate::decode::decode, words: LIFTED, own: Vec::new },
    Target { name: "region", call: crate::engine::region, words: &[], own: crate::engine::samples },
    Target { name: "cache", call: crate::engine::cache, words: KEPT, own: || vec![crate::engine::sample()] },
];

const ELF: &[&[u8]] =
    &[b"\x7fELF", b"\x02\x01\x01\x00", b"\x3e\x00", b"\xb7\x00", b".symtab\0", b".dynsym\0", b"\x05\0\0\0"];

const CORE: &[&[u8]] = &[
    b"\x7fELF\x02\x01\x01\x00",
    b"\x04\x00\x3e\x00",
    b"\x04\x00\xb7\x00",
    b"CORE\0",
    b"LINUX\0",
    b"FreeBSD\0",
    b"NetBSD-CORE@1\0",
    b"OpenBSD@1\0",
    b"IGIS",
    b"ELIF",
    b"\xff\xff",
];

const LIFTED: &[&[u8]] = &[
    b"\x00\x1c\x20\x4e",
    b"\x00\x00\x40\xf9",
    b"\x00\x28\x61\x1e",
    b"\x00\x7c\x5f\xc8",
    b"\x00\x84\x21\x4e",
    b"\x00\x04\x08\x5e",
    b"\x20\x00\x00\x8b",
    b"\x00\x00\x01\x10",
];

const KEPT: &[&[u8]] = &[
    b"ashoreC1",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x04\0\0\0",
    b"\x04\x03\0\0",
    b"\0\x10\0\0",
    b"\0\0\0\x50\0\0\0\0",
    b"\xff\xff\xff\x7f",
];

const ARCHIVE: &[&[u8]] = &[
    b"070701",
    b"070702",
    b"0000100",
    b"ffffffff",
    b"TRAILER!!!\0",
    b".ashore/start\0",
    b"ashore-start=1\0",
    b"program=/\0",
    b"arg=",
    b"env=",
    b"stdin=terminal\0",
    b"size=24x80\0",
    b"console=wired\0",
];

const WIRE: &[&[u8]] = &[b"\x10k", b"\x101", b"\x102", b"\x10e", b"\x10\x10"];

const RECORDING: &[&[u8]] = &[
    b"ashore recording\x01\0\0\0",
    b"\x04\x09\0\0\0",
    b"\x05\x10\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x80\x80\x80\x80\x10",
];

const MACHO: &[&[u8]] = &[
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xca\xfe\xba\xbf",
    b"\x19\0\0\0\x48\0\0\0",
    b"\x28\0\0\x80",
    b"__TEXT\0\0",
    b"__LINKEDIT\0",
];

const PATCH: &[&[u8]] = &[
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xfa\xde\x0c\xc0",
    b"\xfa\xde\x0c\x02",
    b"\x1d\0\0\0\x10\0\0\0",
    b"\x22\0\0\x80\x30\0\0\0",
    b"\x33\0\0\x80\x10\0\0\0",
    b"\x34\0\0\x80\x10\0\0\0",
    b"\x02\0\0\0\x18\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\x06\0",
    b"__LINKEDIT\0",
    b"ashore patch manifest 1\n",
];

const RECORDS: &[&[u8]] = &[
    b"\x7fELF",
    b".debug_info\0",
    b".eh_frame\0",
    b".gopclntab\0",
    b"\xf1\xff\xff\xff\0\0\x01\x08",
    b"\x01zR\0\x01\x78\x10\x01",
    b"\x0c\x07\x08\x90\x01",
    b"\x0f\x03\x77\x08\x06",
    b"\x1d\x01",
    b"\x2e\x01\x03\x0e",
    b"\xff\xff\xff\xff",
];

const TRACE: &[&[u8]] = &[
    b"{\"event\":\"start\",\"pid\":1,\"system\":\"freebsd\",\"directory\":\"/\",\"standard\":[\"/a\",\"/b\",\"/c\"]}\n",
    b"{\"event\":\"exit\",\"pid\":1,\"status\":1}\n",
    b"\"errno\":\"EAGAIN\"",
    b"\"call\":\"openat\"",
    b"\"stack\":\"ffffffffffffffff \"",
    b"3<socket:[1]>",
    b"\\\"..\\\"",
    b"AT_FDCWD",
    b"18446744073709551615",
];

const APE: &[&[u8]] = &[b"MZqFpD='", b"jartsr='", b"printf '\\177ELF", b"\\002\\001", b"dd if=", b"APEDBG='"];

const MARKS: &[&[u8]] = &[
    b"\xff Go buildinf:",
    b"go1.27.3",
    b"GOOS=dragonfly",
    b"build\tGOOS=",
    b"FreeBSD\0",
    b"NetBSD\0\0",
    b"OpenBSD\0",
    b"DragonFly\0",
    b"\xf1\xff\xff\xff\0\0\x01\x08",
    b"/libexec/ld-elf.so",
];

const TREE: &[&[u8]] = &[
    b"\xd0\x0d\xfe\xed",
    b"\0\0\0\x01",
    b"\0\0\0\x02",
    b"\0\0\0\x03",
    b"\0\0\0\x09",
    b"#address-cells\0",
    b"#size-cells\0",
    b"ranges\0",
    b"reg\0",
    b"device_type\0",
    b"memory\0",
    b"compatible\0",
    b"cfi-flash\0",
    b"reserved-memory\0",
];

const KERNEL: &[&[u8]] = &[
    b"ARM\x64",
    b"\x7fELF\x02\x01\x01\x00",
    b"\xb7\x00",
    b"\x00\xc0\x18\xd5",
    b"\x40\x10\x18\xd5",
    b"\x1f\0\0\x91",
    b"\0\0\xa8\xd2",
    b"\x20\x28\x62\x1e",
    b"\xc0\x03\x5f\xd6",
    b"\xff\xff\xff\x97",
];

const CODE: &[&[u8]] = &[
    b"\x0f\x05",
    b"\xb8\x04\0\0\0\x0f\x05",
    b"\x48\xc7\xc0\x04\0\0\0\x0f\x05",
    b"\x48\x8b\x44\x24\x08\x0f\x05",
    b"\x0f\x05\x72\x05",
    b"\xeb\xf8",
    b"\xe9\xf0\xff\xff\xff",
    b"\xc3",
];

/// How much of an input is taken for code: a scanner that forgets its limits is slow on less.
const CODE_LEN: usize = 1 << 18;

/// How many addresses of a program are looked up in its function tables.
const LOOKUPS: u64 = 16;

/// Reads a trace and compares it with itself, from which nothing may differ, and with nothing.
fn trace(bytes: &[u8]) -> String {
    let trace = match Trace::read(bytes) {
        Ok(trace) => trace,
        Err(fault) => return format!("line {}", fault.line.min(20)),
    };
    let same = compare(&trace, &trace);
    assert!(same.is_same(), "{}", same.text(1));
    let empty = Trace::read(b"{\"event\":\"start\",\"system\":\"linux\"}").map(|empty| compare(&trace, &empty));
    let said = empty.map(|other| other.text(usize::MAX).len() + other.json().len()).unwrap_or_default();
    format!("{} {} {}", same.compared.min(50), same.asides, said.min(1) + usize::from(trace.is_cut()))
}

/// Everything the formats crate does with a file.
fn file(bytes: &[u8]) -> String {
    let parsed = match read(bytes) {
        Ok(parsed) => parsed,
        Err(report) => return format!("{} {}", report.diagnosis.slug, words_only(&report.reason)),
    };
    let mut answer = format!("{:?}", parsed.container);
    for remark in &parsed.remarks {
        let _ = write!(answer, " {} {}", remark.diagnosis.slug, words_only(&remark.reason));
    }
    for part in &parsed.parts {
        self::part(&parsed, part, &mut answer);
    }
    answer
}

fn part(parsed: &Parsed<'_>, part: &Part, answer: &mut String) {
    let found = detect(parsed, part);
    let _ = write!(answer, "; {:?} {:?} {}", part.image.cpu, found.os, found.clues.len());
    let build = golang::BuildInfo::find(parsed.bytes, part);
    let _ = write!(answer, " {}", build.is_some());
    let _ = write!(answer, " {}", hints(parsed, part).len());
    let imports = parsed.imports(part);
    let _ = write!(answer, " {:?}", imports.map(|list| log2(list.len() as u64)).map_err(|why| why.diagnosis.slug));
    let functions = functions(parsed, part);
    let _ = write!(answer, " {}", log2(functions.len()));
    for segment in part.image.code() {
        let step = (segment.file.len / LOOKUPS).max(1);
        for at in 0..LOOKUPS {
            let addr = Addr(segment.memory.start.0.wrapping_add(at * step));
            let _ = write!(answer, "{}", u8::from(functions.containing(addr).is_some()));
            let _ = functions.name(addr);
        }
    }
}

/// A device tree as a machine, by itself and with what a machine of a known name adds.
fn tree(bytes: &[u8]) -> String {
    let mut answer = String::new();
    for name in [None, Some("virt")] {
        match Machine::of_tree(bytes, name, Some(1 << 30)) {
            Ok(machine) => {
                let _ = write!(answer, "{} {:?};", log2(machine.regions.len() as u64), machine.firmware);
            }
            Err(report) => answer.push_str(&words_only(&report.reason)),
        }
    }
    answer
}

/// Every rule, on a file read as machines and systems do, and on the same bytes as a raw image.
fn check(bytes: &[u8]) -> String {
    let mut answer = String::new();
    let machines = ["virt", "raspi4"].map(|name| Machine::named(name, None));
    for machine in machines.into_iter().flatten() {
        let base = Addr(machine.loading.raw_base);
        for parsed in [read_bare(bytes), read_raw(bytes, machine.cpu, base)].into_iter().flatten() {
            for part in &parsed.parts {
                let subject = Subject::new(&parsed, part).loaded_by(&machine);
                found(&subject, Checked::Machine(&machine), &mut answer);
            }
        }
    }
    if let Ok(parsed) = read(bytes) {
        for (part, os) in parsed.parts.iter().flat_map(|part| [(part, Os::Linux), (part, Os::Darwin)]) {
            found(&Subject::new(&parsed, part), Checked::System(Platform { os, files: None }), &mut answer);
        }
    }
    if answer.is_empty() { "nothing".into() } else { answer }
}

fn found(subject: &Subject<'_>, target: Checked<'_>, answer: &mut String) {
    for report in ashore_check::check(subject, target) {
        let _ = write!(answer, " {} {}", report.diagnosis.code, words_only(&report.reason));
    }
}

/// The scanner for call instructions, on code of which nothing, the whole, or a few functions are known.
fn sites(bytes: &[u8]) -> String {
    const BASE: Addr = Addr(0x40_1000);
    let code = bytes.get(..CODE_LEN).unwrap_or(bytes);
    let function = |start: u64, end: u64| Function {
        code: AddrRange { start: BASE.plus(start), end: BASE.plus(end) },
        name_at: 0,
    };
    let len_of_code = code.len() as u64;
    let whole = FunctionList::new(vec![function(0, len_of_code)]);
    // The extents are as unreliable as the input: they overlap, end early and lie outside.
    let few = code.chunks_exact(4).take(16).map(|raw| match *raw {
        [a, b, c, d] => function(u64::from(u16::from_le_bytes([a, b])), u64::from(u16::from_le_bytes([c, d]))),
        _ => function(0, 0),
    });
    let few = FunctionList::new(few.collect());
    let known: [&dyn FunctionIndex; 3] = [&NoFunctions, &whole, &few];
    let mut answer = String::new();
    for functions in known {
        let found = find_sites(code, BASE, functions);
        let stubs = found.iter().filter(|site| matches!(site.caught, Caught::Stub { .. })).count();
        let _ = write!(answer, " {} {}", log2(found.len() as u64), log2(stubs as u64));
        for site in found {
            match site.caught {
                Caught::Stub { at, len } => {
                    let end = if site.is_covered() { site.at.plus(2) } else { site.at };
                    assert!(at.plus(len.into()) == end && at >= BASE, "a stub that is not right before its call");
                    assert!(end.0 - BASE.0 <= len_of_code && len >= 5, "a jump that has no room");
                    let _ = write!(answer, " {len}");
                }
                Caught::Net(reason) => answer.push_str(reason),
            }
        }
    }
    answer
}

/// A number's size: answers that differ in a count only a little are one answer.
fn log2(number: u64) -> u32 {
    number.checked_ilog2().map_or(0, |log| log + 1)
}

/// The text without its numbers: answers that differ in an offset are one answer.
fn words_only(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_hexdigit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_table_has_unique_names() {
        for (at, target) in TARGETS.iter().enumerate() {
            assert!(TARGETS.iter().skip(at + 1).all(|other| other.name != target.name));
        }
    }

    #[test]
    fn every_target_answers_no_bytes() {
        for target in TARGETS {
            assert!(!(target.call)(b"").is_empty());
        }
    }
}
