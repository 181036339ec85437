//! Reading a damaged core file: everything that can be asked of what is left.

use ashore_base::Addr;
use ashore_debug::explain::core_file::{CoreMemory, Found, evidence};
use ashore_debug::explain::{Account, Depth, FileFacts};
use ashore_formats::elf::core::{Core, read};
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
    explain(core, &mut answer);
    answer
}

/// Tells why the process ended: without a program's file, since the input is none.
fn explain(core: Core<'_>, answer: &mut String) {
    let memory = CoreMemory(core);
    let found = Found { programs: &[], file: FileFacts::default(), missing: Vec::new() };
    match evidence(&memory, found) {
        Ok(evidence) => {
            let account = Account::of(&evidence);
            let code = account.verdict().map(|verdict| verdict.diagnosis.code);
            assert!(!account.text(Depth::Full).is_empty() && account.json().is_object(), "an empty report");
            let _ = write!(answer, " {code:?}");
        }
        Err(report) => answer.push_str(report.diagnosis.slug),
    }
}
