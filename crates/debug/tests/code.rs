//! What is said about the code of the built test guests, compared with what other tools say. Passes without guests and
//! without the tools: `cargo xtask ci` builds the guests first.

use ashore_base::Addr;
use ashore_debug::explain::code::{Program, backtrace, before, instruction_at};
use ashore_formats::read;
use ashore_image::FunctionIndex;
use ashore_isa::x86_64::Regs;
use ashore_pivot::{Errno, Memory};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io::Write, slice};

fn guest(name: &str) -> Option<(PathBuf, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out").join(name);
    let bytes = fs::read(&path).ok()?;
    Some((path, bytes))
}

/// What the tool says of each address: functions with file and line, innermost first.
fn symbolizer(path: &Path, addrs: &[Addr]) -> Option<Vec<Vec<(String, String)>>> {
    let mut tool = Command::new("llvm-symbolizer");
    tool.args(["--inlines", "--output-style=LLVM", "--demangle", "--obj"]).arg(path);
    tool.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = tool.spawn().ok()?;
    let mut input = child.stdin.take()?;
    let asked: String = addrs.iter().map(|addr| format!("{addr:#x}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers = text.split("\n\n").filter(|block| !block.trim().is_empty()).map(|block| {
        let lines: Vec<&str> = block.lines().collect();
        lines.chunks_exact(2).map(|pair| (pair[0].to_owned(), without_column(pair[1]))).collect()
    });
    Some(answers.collect())
}

fn without_column(place: &str) -> String {
    place.rsplit_once(':').map_or(place, |(place, _)| place).to_owned()
}

/// Addresses all over the functions of the program.
fn samples(parsed: &ashore_formats::Parsed<'_>, count: u64) -> Vec<Addr> {
    let part = &parsed.parts[0];
    let functions = ashore_formats::functions(parsed, part);
    let code: Vec<_> = part.image.code().map(|segment| segment.filled()).collect();
    let total: u64 = code.iter().map(|range| range.len()).sum();
    let step = (total / count).max(1);
    let inside = code.iter().flat_map(|range| (0..range.len() / step).map(|n| range.start.plus(n * step)));
    inside.filter(|at| functions.containing(*at).is_some()).collect()
}

fn compare(name: &str) {
    let Some((path, bytes)) = guest(name) else { return };
    let parsed = read(&bytes).unwrap();
    let program = Program::new(&parsed, &parsed.parts[0], name, 0);
    let addrs = samples(&parsed, 400);
    let Some(theirs) = symbolizer(&path, &addrs) else { return eprintln!("no llvm-symbolizer: not compared") };
    assert_eq!(theirs.len(), addrs.len());
    let (mut same, mut known, mut shown) = (0, 0, 0);
    for (at, theirs) in addrs.iter().zip(&theirs) {
        if theirs.iter().any(|(name, place)| name == "??" || place.starts_with("??") || place.ends_with(":0")) {
            continue;
        }
        known += 1;
        let spots = program.spots(*at);
        let ours: Vec<(String, String)> = spots
            .iter()
            .map(|spot| {
                let (file, line) = (spot.file.clone().unwrap_or_default(), spot.line.unwrap_or(0));
                (spot.function.clone().unwrap_or_default(), format!("{file}:{line}"))
            })
            .collect();
        if is_same(&ours, theirs) {
            same += 1;
        } else if shown < 12 {
            shown += 1;
            eprintln!("{name} {at:#x}\n  ours   {ours:?}\n  theirs {theirs:?}");
        }
    }
    eprintln!("{name}: {same} of {known} the same");
    assert!(known > 20 && same * 100 >= known * 97, "{name}: {same} of {known}");
}

/// The tool names the outermost function by any symbol at its start, of which C libraries have several, and puts the
/// directory of compilation before files that have none.
fn is_same(ours: &[(String, String)], theirs: &[(String, String)]) -> bool {
    let is_same = |ours: &(String, String), theirs: &(String, String)| ours.1 == theirs.1.trim_start_matches("./");
    let inlined = ours.len().saturating_sub(1);
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        && ours.iter().zip(theirs).take(inlined).all(|(ours, theirs)| ours.0 == theirs.0)
}

#[test]
fn places_of_c_programs_are_those_a_symbolizer_tells() {
    for name in ["linux-amd64/cbench", "linux-amd64/pthreads", "netbsd-amd64/vectors"] {
        compare(name);
    }
}

#[test]
fn places_of_go_programs_are_those_a_symbolizer_tells() {
    for name in ["linux-amd64/nilptr", "freebsd-amd64/hello"] {
        compare(name);
    }
}

/// A report is written by the thread that dies, on the stack that runs guests, of 512 KiB.
#[test]
fn a_stack_of_that_size_is_enough_for_all_that_is_said() {
    let own = std::env::current_exe().unwrap();
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests");
    let tests = guests.join("conformance/bin/1.27.3/freebsd/net_http.test");
    let inside = ["linux-amd64/http", "netbsd-amd64/vectors"].map(|name| guests.join("out").join(name));
    for path in [own, tests].into_iter().chain(inside) {
        let Ok(bytes) = fs::read(&path) else { continue };
        let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(move || said(&bytes));
        let (count, time) = thread.unwrap().join().unwrap();
        eprintln!("{}: {count} places, {time:?}", path.display());
        assert!(count > 0);
    }
}

/// How many places are told of 64 addresses, with a walk and an instruction for each; and the time of all of it.
fn said(bytes: &[u8]) -> (usize, std::time::Duration) {
    let began = std::time::Instant::now();
    let parsed = read(bytes).unwrap();
    let program = Program::new(&parsed, &parsed.parts[0], "guest", 0);
    let memory = NoMemory;
    let mut count = 0;
    for at in samples(&parsed, 64) {
        let regs = Regs { rip: at.0, rsp: 0x7fff_0000, ..Regs::default() };
        count += program.spots(at).len()
            + backtrace(slice::from_ref(&program), &regs.into(), &memory).map_or(0, |stack| stack.rows.len());
        count += before(&program, &memory, at, 4).len();
        count += usize::from(instruction_at(&program, &regs.into(), &memory, at).is_some());
    }
    (count, began.elapsed())
}

struct NoMemory;

impl Memory for NoMemory {
    fn read(&self, _: Addr, _: &mut [u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }
    fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }
    fn cstr_len(&self, _: Addr, _: usize) -> Result<usize, Errno> {
        Err(Errno::EFAULT)
    }
    fn load_u32(&self, _: Addr) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
    fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
}
