//! Translates a program's whole text without running it, to measure translating.

use crate::load;
use ashore_engine::jit::{Code, Jit, Settings};

/// A file's executable bytes where they would be in memory.
struct Text<'a> {
    start: u64,
    bytes: &'a [u8],
}

/// Pages as an engine sees them in memory.
const PAGE: u64 = 4096;

impl Code for Text<'_> {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let rest = pc.checked_sub(self.start).and_then(|at| self.bytes.get(at as usize..)).unwrap_or_default();
        let len = into.len().min(rest.len()).min((PAGE - pc % PAGE) as usize);
        if let (Some(to), Some(from)) = (into.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        len
    }
}

/// Translates block after block, at most `limit` instructions; prints what it took.
pub(super) fn sweep(path: &str, limit: u64) -> Result<(), String> {
    let file = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let lifter = ashore_isa::lifter(ashore_base::Cpu::Aarch64).ok_or("no lifter")?;
    let jit = Jit::new(lifter, Settings::default()).map_err(|errno| format!("code memory: {errno:?}"))?;
    let started = cpu_nanoseconds();
    for (start, bytes) in load::text(&file)? {
        let text = Text { start, bytes };
        let mut pc = start;
        while pc - start < bytes.len() as u64 && jit.stats().instructions < limit {
            pc = jit.translate(pc, &text).ok_or_else(|| format!("no code for {pc:#x}"))?;
        }
    }
    let nanoseconds = cpu_nanoseconds() - started;
    let stats = jit.stats();
    let instructions = stats.instructions as f64;
    println!("instructions {}", stats.instructions);
    println!("per-microsecond {:.3}", instructions * 1e3 / nanoseconds as f64);
    println!("bytes-per-instruction {:.2}", stats.bytes as f64 / instructions);
    println!("instructions-per-block {:.2}", instructions / stats.blocks as f64);
    println!("evaluated {:.5}", stats.evaluated as f64 / instructions);
    Ok(())
}

/// The CPU time this process has used.
fn cpu_nanoseconds() -> u64 {
    const CLOCK_GETTIME: u64 = 228;
    const PROCESS_CPU: u64 = 2;
    let mut now = [0u64; 2];
    let _ = ashore_sys::call(CLOCK_GETTIME, [PROCESS_CPU, now.as_mut_ptr() as u64, 0, 0, 0, 0]);
    let [seconds, nanoseconds] = now;
    seconds * 1_000_000_000 + nanoseconds
}
