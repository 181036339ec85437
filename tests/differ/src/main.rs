//! Runs random instructions on the evaluator, on qemu and, if asked, as translated code, and compares everything they change:
//! registers, flags, floating-point state, memory.
//!
//! `cargo xtask differ` is the door for people. A seed gives the same cases again; a name of one instruction instead of a
//! class gives cases of only that.
#![forbid(unsafe_code)]

mod allocated;
mod generate;
mod machine;
mod peers;
mod program;
mod random;
#[cfg(test)]
mod tests;

use allocated::Kind;
use ashore_ir::{Block, Op, Trap};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, disassemble};
use generate::{Generator, MIXED};
use machine::{End, Machine};
use peers::Peer;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The cases of a program.
const BATCH: usize = 500;

/// Runs cases of `length` instructions; says what differs first.
fn batch(class: &str, (seed, count): (u64, usize), length: usize, peers: &[Peer]) -> Result<(), String> {
    let mut generator = Generator::new(class, seed).ok_or_else(|| format!("no class or instruction {class}"))?;
    let memory = generator.memory(program::BEFORE + program::FROM);
    let cases: Vec<_> = (0..count).map(|_| generator.case(length)).collect();
    let file = program::build(&cases, &memory);
    let path = scratch(class, seed);
    write_program(&path, &file)?;
    let mut machine = Machine::load(&file, &["case"]);
    let end = machine.run();
    let tell = |at: usize| {
        let words: Vec<String> =
            cases.get(at).map_or(Vec::new(), |case| case.words.iter().map(|word| format!("{word:08x}")).collect());
        format!("{class}, seed {seed}, case {at}: {} (file {})", words.join(" "), path.display())
    };
    for peer in peers {
        let theirs = peer.run(&path)?;
        let records = machine.output.chunks(program::WRITTEN).zip(theirs.stdout.chunks(program::WRITTEN));
        if let Some((at, (ours, theirs))) = records.enumerate().find(|(_, (ours, theirs))| !peer.agrees(ours, theirs)) {
            let state = cases.get(at).map_or(String::new(), |case| operands(&case.words, &case.state));
            return Err(format!("{}: {}\n{}{state}", peer.name, tell(at), differences(ours, theirs)));
        }
        if machine.output.len() != theirs.stdout.len() || !theirs.status.success() || end != End::Status(0) {
            let at = machine.output.len().min(theirs.stdout.len()) / program::WRITTEN;
            return Err(format!("{}: {}\nours {end:x?}, theirs {:?}", peer.name, tell(at), theirs.status));
        }
    }
    let _ = std::fs::remove_file(&path);
    Ok(())
}

/// The vector registers the instructions' fields name, and the control register, as the case begins.
fn operands(words: &[u32], state: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut text = String::new();
    for word in words.iter().take(2) {
        for register in [word & 31, word >> 5 & 31, word >> 16 & 31].map(|register| register as usize) {
            let bytes = state.get(register * 16..register * 16 + 16).unwrap_or_default();
            text += &format!("  begins with v{register} {}\n", hex(bytes));
        }
    }
    text + &format!("  begins with control {}\n", hex(state.get(752..760).unwrap_or_default()))
}

fn scratch(class: &str, seed: u64) -> PathBuf {
    std::env::temp_dir().join(format!("ashore-differ-{}-{class}-{seed}", std::process::id()))
}

fn write_program(path: &Path, file: &[u8]) -> Result<(), String> {
    std::fs::write(path, file).map_err(|why| why.to_string())?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(|why| why.to_string())
}

fn differences(ours: &[u8], theirs: &[u8]) -> String {
    let mut text = String::new();
    let mut before = String::new();
    let mut left = 12;
    for at in (0..ours.len()).filter(|&at| ours.get(at) != theirs.get(at)) {
        let place = program::place(at);
        if place != before && left > 0 {
            left -= 1;
            let start = if place.starts_with('v') { at & !15 } else { at & !7 };
            let bytes = if place.starts_with('v') { 16 } else { 8 };
            let hex = |record: &[u8]| -> String {
                let bytes = record.get(start..start + bytes).unwrap_or_default();
                bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect()
            };
            text += &format!("  {place}: ours {} theirs {}\n", hex(ours), hex(theirs));
            before = place;
        }
    }
    text
}

/// The text of each word on standard input, hexadecimal; nothing for those that are not allocated.
fn texts() -> String {
    let decoder = Decoder::new();
    let mut text = String::new();
    for word in std::io::stdin().lines().map_while(Result::ok) {
        let word = u32::from_str_radix(&word, 16).unwrap_or(0);
        let mut block = Block::new();
        decoder.lift(&mut block, 0, word);
        let illegal = matches!(block.ops().last(), Some(Op::Trap { kind: Trap::Illegal, .. }));
        let known = if illegal { None } else { disassemble(&decoder, 0, word) };
        text += &format!("{word:08x}\t{}\n", known.unwrap_or_default());
    }
    text
}

/// Runs a static program on the evaluator.
fn run(words: &[&str]) -> ExitCode {
    let file = words.first().copied().unwrap_or_default();
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(why) => {
            eprintln!("{file}: {why}");
            return ExitCode::FAILURE;
        }
    };
    let mut machine = Machine::load(&bytes, words);
    let end = machine.run();
    print!("{}", String::from_utf8_lossy(&machine.output));
    match end {
        End::Status(status) => ExitCode::from(status as u8),
        End::Stopped(exit, pc) => {
            eprintln!("{file}: {exit:x?} at {pc:#x}");
            ExitCode::FAILURE
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "text") {
        print!("{}", texts());
        return ExitCode::SUCCESS;
    }
    if let [verb, program @ ..] = words.as_slice()
        && verb == "run"
    {
        return run(&program.iter().map(String::as_str).collect::<Vec<_>>());
    }
    if let [verb, seed, count] = words.as_slice()
        && verb == "allocated"
    {
        let (Ok(seed), Ok(count)) = (seed.parse(), count.parse()) else { return ExitCode::FAILURE };
        for kind in [Kind::Numbers, Kind::Memory] {
            if let Err(why) = allocated::agrees(&kind, seed, count) {
                eprintln!("differ: {why}");
                return ExitCode::FAILURE;
            }
        }
        println!("differ: both know the same of {count} words of each kind");
        return ExitCode::SUCCESS;
    }
    match Order::of(&words) {
        Ok(order) => compare(&order),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// What is to be compared: a class's cases until one of both limits is reached.
struct Order {
    class: String,
    seconds: u64,
    cases: usize,
    seed: u64,
    length: usize,
    peers: Vec<Peer>,
}

impl Order {
    fn of(words: &[String]) -> Result<Order, &'static str> {
        let (class, seconds, cases, seed, length, ashore) = match words {
            [class, seconds, cases, seed, length] => (class, seconds, cases, seed, length, None),
            [class, seconds, cases, seed, length, ashore] => {
                (class, seconds, cases, seed, length, Some(Path::new(ashore)))
            }
            _ => return Err("usage: CLASS SECONDS CASES SEED LENGTH [ASHORE], or allocated SEED COUNT"),
        };
        let why = "seconds, cases, seed and length are numbers";
        Ok(Order {
            class: class.clone(),
            seconds: seconds.parse().map_err(|_| why)?,
            cases: cases.parse().map_err(|_| why)?,
            seed: seed.parse().map_err(|_| why)?,
            length: length.parse().map_err(|_| why)?,
            peers: peers::all(ashore),
        })
    }
}

/// Compares each class, all of them even if one differs.
fn compare(order: &Order) -> ExitCode {
    let classes = CLASSES.iter().filter(|(_, rows)| order.class == "all" && !rows.is_empty());
    let mut names: Vec<&str> = classes.map(|(name, _)| *name).collect();
    if !names.is_empty() {
        names.push(MIXED);
    } else {
        names.push(&order.class);
    }
    let mut code = ExitCode::SUCCESS;
    for class in names {
        let (start, mut cases) = (Instant::now(), 0);
        for seed in order.seed.. {
            if let Err(why) = batch(class, (seed, BATCH), order.length, &order.peers) {
                eprintln!("differ: {why}");
                code = ExitCode::FAILURE;
                break;
            }
            cases += BATCH;
            if cases >= order.cases || start.elapsed() > Duration::from_secs(order.seconds) {
                break;
            }
        }
        println!("differ: {class}: {cases} cases agree");
    }
    code
}
