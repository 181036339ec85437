//! Reading a damaged core file: everything that can be asked of what is left.

use ashore_base::Addr;
use ashore_formats::elf::core::read;
use std::fmt::Write as _;

/// Reads the input and asks for its memory, completed from the input itself.
pub(crate) fn core(bytes: &[u8]) -> String {
    let mut core = match read(bytes) {
        Ok(core) => core,
        Err(report) => return report.diagnosis.slug.to_owned(),
    };
    let mut answer = format!("{:?} {}", core.cpu, core.os);
    for remark in &core.remarks {
        let _ = write!(answer, " {}", remark.diagnosis.slug);
    }
    let counts = [core.threads.len(), core.auxv.len(), core.files.len(), core.segments.len()];
    for count in counts {
        let _ = write!(answer, " {}", count.checked_ilog2().unwrap_or_default());
    }
    let names: Vec<String> = core.file_names().into_iter().take(4).map(str::to_owned).collect();
    for name in names {
        let _ = write!(answer, " {:?}", core.complete(&name, bytes));
    }
    let mut places: Vec<Addr> = core.segments.iter().take(16).flat_map(|s| [s.memory.start, s.memory.end]).collect();
    places.extend(core.files.iter().take(16).flat_map(|file| [file.memory.start, file.memory.end]));
    places.extend(core.threads.iter().take(4).flat_map(|thread| [thread.registers.pc(), thread.registers.sp()]));
    let mut into = [0; 5000];
    for at in places {
        let read = core.read(at.minus(1), &mut into);
        let _ = write!(answer, "{}", u8::from(read > 0));
        let _ = (core.word(at), core.cstr(at, 300), core.segment_at(at), core.file_at(at));
    }
    let _ = write!(answer, " {:?}", core.signal().map(|signal| signal.signal < 65));
    answer
}
