//! Stacks of the built test guests, stopped in the midst of something by gdb, compared with what gdb says of them. Passes
//! without guests and without gdb: `cargo xtask ci` builds the guests first.

use ashore_base::Addr;
use ashore_debug::explain::code::{Backtrace, End, FoundBy, Program, backtrace};
use ashore_formats::read;
use ashore_isa::x86_64::Regs;
use ashore_pivot::{Errno, Memory};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, slice};

/// Pieces of memory and where they were.
struct Pieces(Vec<(u64, Vec<u8>)>);

impl Memory for Pieces {
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        let found = self.0.iter().find_map(|(start, bytes)| {
            let at = usize::try_from(from.0.checked_sub(*start)?).ok()?;
            bytes.get(at..at.checked_add(into.len())?)
        });
        into.copy_from_slice(found.ok_or(Errno::EFAULT)?);
        Ok(())
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

/// How much memory is saved above each place, and in which pieces: where a stack ends, the rest cannot be read. A core file
/// would be simpler, but one of a Go program has more than a gigabyte.
const SAVED: u64 = 0x4000;
const PIECE: u64 = 0x100;

/// A guest that is stopped.
struct Stop {
    guest: &'static str,
    /// How to get there, in gdb's words.
    commands: &'static [&'static str],
    /// Where another stack begins that belongs to it, if any: a frame, and its register.
    other_stack: Option<[&'static str; 2]>,
}

/// What gdb says of the stack, and ours.
fn compared(stop: &Stop) -> Option<(Vec<u64>, Backtrace)> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out").join(stop.guest);
    let bytes = fs::read(&path).ok()?;
    let test = std::thread::current().name().unwrap_or("test").to_owned();
    let folder = std::env::temp_dir().join(format!("ashore-{}-{test}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut commands = vec!["set print frame-arguments none".to_owned(), "set breakpoint pending off".to_owned()];
    commands.extend(stop.commands.iter().map(|words| (*words).to_owned()));
    commands.extend(["info registers", "backtrace", "set language c"].map(str::to_owned));
    for (n, [frame, base]) in [Some(["frame 0", "$sp"]), stop.other_stack].into_iter().flatten().enumerate() {
        commands.extend([frame.to_owned(), format!("printf \"stack {n} %lx\\n\", {base}")]);
        commands.extend((0..SAVED / PIECE).map(|piece| {
            let (file, from) = (folder.join(format!("{n}.{piece}")), piece * PIECE);
            format!("dump binary memory {} {base}+{from} {base}+{}", file.display(), from + PIECE)
        }));
    }
    commands.push("kill".to_owned());
    let mut gdb = Command::new("gdb");
    gdb.args(["-batch", "-nx"]).args(commands.iter().flat_map(|words| ["-ex", words])).arg(&path).env_clear();
    let Ok(output) = gdb.output() else {
        eprintln!("no gdb: not compared");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pieces = saved(&folder, &text);
    fs::remove_dir_all(&folder).unwrap();
    let regs = regs(&text);
    let frames = text.lines().filter(|line| line.starts_with('#'));
    let mut theirs = vec![regs.rip];
    theirs.extend(frames.filter_map(|line| hex(line.split_whitespace().nth(1)?)));
    theirs.dedup();
    let parsed = read(&bytes).unwrap();
    let program = Program::new(&parsed, &parsed.parts[0], stop.guest, 0);
    let ours = backtrace(slice::from_ref(&program), &regs.into(), &pieces)?;
    let theirs_shown: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    eprintln!("{}\n{}\n{}", stop.guest, ours.lines().join("\n"), theirs_shown.join("\n"));
    Some((theirs, ours))
}

fn hex(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

fn saved(folder: &Path, text: &str) -> Pieces {
    let bases = text.lines().filter_map(|line| line.strip_prefix("stack ")?.split_once(' '));
    let stretch = |(n, base): (&str, &str)| {
        let files = (0..SAVED / PIECE).map_while(|piece| fs::read(folder.join(format!("{n}.{piece}"))).ok());
        (u64::from_str_radix(base, 16).unwrap(), files.flatten().collect())
    };
    Pieces(bases.map(stretch).collect())
}

fn regs(text: &str) -> Regs {
    let get = |name: &str| {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.and_then(|line| hex(line.split_whitespace().nth(1)?)).unwrap_or_else(|| panic!("no {name}: {text}"))
    };
    Regs::from_names(|name| if matches!(name, "rflags" | "fs_base" | "gs_base") { 0 } else { get(name) })
}

fn pcs(stack: &Backtrace) -> Vec<u64> {
    let mut pcs: Vec<u64> = stack.rows.iter().flat_map(|row| row.frames.iter().map(|frame| frame.pc.0)).collect();
    pcs.dedup();
    pcs
}

fn names(stack: &Backtrace) -> Vec<&str> {
    let frames = stack.rows.iter().map(|row| &row.frames[0]);
    frames.filter_map(|frame| frame.spots.last()?.function.as_deref()).collect()
}

#[test]
fn a_c_program_is_unwound_as_gdb_does() {
    let stop = Stop { guest: "linux-amd64/musl", commands: &["break __stdio_write", "run"], other_stack: None };
    let Some((theirs, ours)) = compared(&stop) else { return };
    assert_eq!(pcs(&ours)[..theirs.len()], theirs[..]);
    assert_eq!(ours.end, End::Outermost);
}

#[test]
fn a_go_program_is_unwound_as_gdb_does() {
    let commands = &["tbreak main.main", "run", "break internal/runtime/syscall/linux.Syscall6", "continue"];
    let stop = Stop { guest: "linux-amd64/hello", commands, other_stack: None };
    let Some((theirs, ours)) = compared(&stop) else { return };
    assert_eq!(pcs(&ours)[..theirs.len()], theirs[..]);
    assert_eq!(ours.end, End::Outermost);
}

#[test]
fn the_code_that_faulted_is_shown_behind_go_s_panic() {
    let commands = &["handle all nostop noprint pass", "break runtime.gopanic", "run"];
    let Some((theirs, ours)) = compared(&Stop { guest: "linux-amd64/nilptr", commands, other_stack: None }) else {
        return;
    };
    assert_eq!(pcs(&ours)[..theirs.len()], theirs[..]);
    assert!(ours.rows.iter().any(|row| row.frames[0].found_by == FoundBy::InjectedCall), "{:?}", ours.lines());
    assert_eq!(ours.end, End::Outermost);
}

#[test]
fn what_runs_on_a_system_stack_leads_to_who_asked_for_it() {
    let commands = &["tbreak main.main", "run", "break runtime.newproc1", "continue"];
    // There gdb loses its way; the frame pointers lead through two frames to the other stack.
    let stop =
        Stop { guest: "linux-amd64/goroutines", commands, other_stack: Some(["frame 0", "*(long*)*(long*)$rbp"]) };
    let Some((_, ours)) = compared(&stop) else { return };
    let names = names(&ours);
    assert!(names.contains(&"runtime.systemstack") && names.contains(&"main.main"), "{:?}", ours.lines());
    assert_eq!(ours.end, End::Outermost);
}

#[test]
fn what_a_handler_interrupted_is_shown_behind_it() {
    let commands = &["handle all nostop noprint pass", "break runtime.sighandler if sig == 11", "run"];
    let stop = Stop { guest: "linux-amd64/nilptr", commands, other_stack: Some(["frame function main.read", "$sp"]) };
    let Some((_, ours)) = compared(&stop) else { return };
    let names = names(&ours);
    assert!(names.contains(&"runtime.sigtramp") && names.contains(&"main.main"), "{:?}", ours.lines());
    assert!(ours.rows.iter().any(|row| row.frames[0].found_by == FoundBy::Signal), "{:?}", ours.lines());
    assert_eq!(ours.end, End::Outermost);
}

/// The stack of a Go program whose function `main.main` was called by these words, from the registers at its start.
fn walked(words: impl Fn(u64) -> Vec<u64>, change: impl Fn(&mut Regs)) -> Option<Backtrace> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out/linux-amd64/nilptr");
    let bytes = fs::read(path).ok()?;
    let parsed = read(&bytes).unwrap();
    let program = Program::new(&parsed, &parsed.parts[0], "nilptr", 0);
    let table = ashore_formats::golang::LineTable::find(parsed.bytes, &parsed.parts[0]).unwrap();
    let main = table.named(b"main.main")[0].start.0;
    const BASE: u64 = 0x10000;
    let mut regs = Regs { rip: main, rsp: BASE, rbp: 0, ..Regs::default() };
    change(&mut regs);
    let words = words(main).iter().flat_map(|word| word.to_le_bytes()).collect();
    backtrace(slice::from_ref(&program), &regs.into(), &Pieces(vec![(BASE, words)]))
}

#[test]
fn a_damaged_stack_ends_the_walk_and_says_why() {
    // The code right behind the start of a function still has no frame.
    let after = |main: u64| main + 1;
    let ends = [
        (vec![0], End::Outermost),
        (vec![], End::Unreadable(Addr(0x10000))),
        (vec![0x1234], End::NotCode(Addr(0x1234))),
    ];
    for (words, end) in ends {
        let Some(found) = walked(|_| words.clone(), |_| {}) else { return };
        assert_eq!((found.end, found.depth), (end, 1));
    }
    let found = walked(|main| vec![after(main), after(main), 0], |_| {}).unwrap();
    assert_eq!((found.end, found.depth), (End::Outermost, 3));
    assert_eq!(walked(|_| vec![0], |regs| regs.rsp += 4).unwrap().end, End::Misaligned(Addr(0x10004)));
}

#[test]
fn a_call_through_a_bad_pointer_leads_to_the_caller() {
    for bad in [0, 0x10008, 0xdead_beef_0000] {
        let Some(found) = walked(|main| vec![main + 1, 0], |regs| regs.rip = bad) else { return };
        assert_eq!((found.end, found.depth), (End::Outermost, 2));
        assert_eq!(found.rows[1].frames[0].found_by, FoundBy::TopOfStack);
    }
}

#[test]
fn recursion_is_folded() {
    let Some(found) = walked(|main| [vec![main + 1; 2000], vec![0]].concat(), |_| {}) else { return };
    assert_eq!((found.end, found.depth, found.rows.len()), (End::Outermost, 2001, 1));
    assert_eq!(found.recursion().unwrap().times, 2001);
    assert_eq!(found.lines()[1], "... the frame above, 2001 times");
}
