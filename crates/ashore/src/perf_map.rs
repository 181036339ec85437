//! `--perf-map`: what was translated to where, in the file that Linux's `perf` reads for code that is made at run time.
//!
//! One line for each unit, written as it is made: its address and length in hexadecimal, and the function of the program. The
//! same address may come again when the memory for code was full and is used anew; the last line counts then.

use ashore_base::{Addr, Cpu};
use ashore_engine::jit::{Mapper, Unit};
use ashore_process::Names;
use ashore_report::{Report, table};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

/// perf reads what its user owns.
const MODE: u32 = 0o600;

/// The file of one process.
struct PerfMap {
    file: File,
    names: Names,
}

/// Begins the file of this process, for a program of a CPU that is translated; nothing for those of the host's.
pub(crate) fn open(cpu: Cpu, names: Names) -> Result<Option<Arc<dyn Mapper>>, Report> {
    if cpu == Cpu::X86_64 {
        return Ok(None);
    }
    let path = PathBuf::from(format!("/tmp/perf-{}.map", std::process::id()));
    // A process that is gone had the same number: its file is of no use, and one of somebody else's is not written to.
    let _ = std::fs::remove_file(&path);
    let made = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path);
    let file = made.and_then(ashore_sys::high_fd);
    let file = file.map_err(|error| table::PERF_MAP.because(format!("{}: {error}", path.display())))?;
    Ok(Some(Arc::new(PerfMap { file, names })))
}

impl Mapper for PerfMap {
    fn made(&self, unit: Unit) {
        let Unit { at, len, pc, blocks } = unit;
        let name = match blocks {
            0 => "ashore: ways in and out".to_owned(),
            _ => (self.names)(Addr(pc)).unwrap_or_else(|| format!("{pc:#x}")),
        };
        let kind = if blocks > 1 { " (region)" } else { "" };
        // A whole line at once: several threads write.
        let _ = (&self.file).write_all(format!("{at:x} {len:x} {name}{kind}\n").as_bytes());
    }
}
