//! Runs a static AArch64 Linux program by the translating engine alone, with the few calls that small C programs need.
//!
//! For measuring the engine and for testing it before anything else can use it. It is no personality: what it does not know
//! is an error, and there are no signals and threads.
#![forbid(unsafe_code)]

mod calls;
mod load;
mod sweep;

use ashore_base::Addr;
use ashore_engine::jit::{Code, Exit, Jit, Settings, Thread};
use ashore_isa::aarch64::state;
use ashore_pivot::Memory as _;
use ashore_sys::GuestMemory;
use std::process::ExitCode;

/// How many instructions are translated when nobody says.
const SWEEP: u64 = 1_000_000;

/// Everything that can be read can be executed.
struct Everything;

impl Code for Everything {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let mut len = into.len();
        while len > 0 {
            if GuestMemory.read(Addr(pc), &mut into[..len]).is_ok() {
                return len;
            }
            // Less, up to the page's end.
            let page = 4096 - (pc & 4095) as usize;
            len = if len > page { page } else { 0 };
        }
        0
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(path) = args.first() else {
        eprintln!(
            "usage: ashore-harness PROGRAM [ARGUMENT...]\n       ashore-harness --translate PROGRAM [INSTRUCTIONS]"
        );
        return ExitCode::from(125);
    };
    let done = match (path.as_str(), args.get(1)) {
        ("--translate", Some(path)) => {
            let limit = args.get(2).and_then(|text| text.parse().ok()).unwrap_or(SWEEP);
            sweep::sweep(path, limit).map(|()| 0)
        }
        _ => run(path, &args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            eprintln!("ashore-harness: {why}");
            ExitCode::from(125)
        }
    }
}

fn run(path: &str, args: &[String]) -> Result<u8, String> {
    let file = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    ashore_sys::adopt();
    ashore_sys::install_all().map_err(|errno| format!("handlers: {errno:?}"))?;
    let program = load::load(&file, args)?;
    let lifter = ashore_isa::lifter(ashore_base::Cpu::Aarch64).ok_or("no lifter")?;
    let mut settings = Settings::default();
    if let Some(hot) = std::env::var("HARNESS_HOT").ok().and_then(|text| text.parse().ok()) {
        settings.hot = hot;
    }
    let jit = Jit::new(lifter, settings).map_err(|errno| format!("code memory: {errno:?}"))?;
    let mut thread = Thread::new(&jit).map_err(|errno| format!("frame: {errno:?}"))?;
    thread.set(state::PC, program.entry);
    thread.set(state::SP, program.stack);
    let mut calls = calls::Calls::new(program.end);
    loop {
        match thread.run(&Everything) {
            Exit::Call(_) => {
                if let Some(code) = calls.answer(&mut thread)? {
                    if std::env::var_os("HARNESS_STATS").is_some() {
                        eprintln!("{:?}", jit.stats());
                    }
                    return Ok(code);
                }
            }
            Exit::Interrupted => {}
            other => {
                let registers: Vec<String> =
                    (0..31).map(|number| format!("x{number}={:x}", thread.get(state::x(number)))).collect();
                return Err(format!("{other:x?} at {:#x}, {}", thread.get(state::PC), registers.join(" ")));
            }
        }
    }
}
