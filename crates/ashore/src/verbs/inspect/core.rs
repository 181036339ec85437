//! A core file: what is left of a process that ended, for a person and as JSON.

use super::json::{addr, line, report};
use super::text::Page;
use ashore_base::Os;
use ashore_formats::elf::core::{Core, Thread, read};
use ashore_pivot::Signal;
use ashore_report::Report;
use serde_json::{Value, json};

/// How many threads and files a person is shown.
const SHOWN: usize = 16;

/// What is known of the core file called `path`.
pub(super) fn inspect(path: &str, bytes: &[u8], is_json: bool) -> Result<String, Report> {
    let core = read(bytes)?;
    Ok(if is_json { line(&value(path, bytes, &core)) } else { page(path, bytes, &core) })
}

fn page(path: &str, bytes: &[u8], core: &Core<'_>) -> String {
    let mut page = Page::default();
    page.line("file", format_args!("{path}, {} bytes", bytes.len()));
    page.line("format", "ELF core file");
    page.line("cpu", core.cpu);
    match core.guest {
        Some(guest) => page.line("system", format_args!("{guest}, told in the words of {}", core.os)),
        None => page.line("system", core.os),
    }
    page.line("process", format_args!("{}, {}", core.process.pid, core.process.args));
    match core.signal() {
        Some(signal) => {
            let name = signal_name(core.os, signal.signal);
            page.line("signal", format_args!("{name}, code {}, address {}", signal.code, signal.addr));
        }
        None => page.line("signal", "none"),
    }
    let rest = core.threads.len().saturating_sub(SHOWN);
    let threads = core.threads.iter().take(SHOWN).map(|thread| thread_words(core, thread));
    let more = (rest > 0).then(|| format!("and {rest} more"));
    page.list("threads", threads.chain(more));
    // A hostile file may claim more memory than a word can count.
    let memory = core.segments.iter().fold(0u64, |sum, segment| sum.saturating_add(segment.memory.len()));
    let kept = core.segments.iter().fold(0u64, |sum, segment| sum.saturating_add(segment.bytes.len() as u64));
    let count = core.segments.len();
    page.line("memory", format_args!("{count} stretches, {memory:#x} bytes, {kept:#x} of them in the file"));
    let files = core.files.iter().take(SHOWN);
    let files = files
        .map(|file| format!("{} to {} from {:#x} of {}", file.memory.start, file.memory.end, file.offset, file.name));
    let rest = core.files.len().saturating_sub(SHOWN);
    page.list("mapped", files.chain((rest > 0).then(|| format!("and {rest} more"))));
    page.list("remark", core.remarks.iter().map(|remark| remark.to_string().replace("\n  ", "; ")));
    page.finish()
}

fn thread_words(core: &Core<'_>, thread: &Thread<'_>) -> String {
    let (pc, sp) = (thread.registers.pc(), thread.registers.sp());
    let file = core.file_at(pc).map(|file| format!(" in {}", file.name)).unwrap_or_default();
    let name = thread.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{}{name}: at {pc}{file}, stack {sp}", thread.id)
}

/// The signal's name where the core is of the system whose numbers we know here, or else its number.
fn signal_name(os: Os, number: u32) -> String {
    let known = u64::from(number) < 65 && os == Os::Linux;
    let name = if known { Signal::new(number.into()).and_then(Signal::name) } else { None };
    name.map_or_else(|| format!("signal {number}"), |name| format!("{name} ({number})"))
}

fn value(path: &str, bytes: &[u8], core: &Core<'_>) -> Value {
    let signal = core.signal().map(|signal| {
        json!({
            "number": signal.signal, "name": signal_name(core.os, signal.signal),
            "code": signal.code, "address": addr(signal.addr),
        })
    });
    let threads = core.threads.iter().map(|thread| {
        let registers = thread.registers.iter().map(|(name, word)| (name.to_owned(), format!("{word:#x}").into()));
        json!({
            "id": thread.id, "name": thread.name, "signal": thread.signal,
            "registers": Value::Object(registers.collect()),
        })
    });
    let segments = core.segments.iter().map(|segment| {
        json!({
            "start": addr(segment.memory.start), "len": segment.memory.len(),
            "perms": segment.perms.to_string(), "kept": segment.bytes.len(),
        })
    });
    let files = core.files.iter().map(|file| {
        json!({
            "start": addr(file.memory.start), "len": file.memory.len(),
            "offset": file.offset, "name": file.name,
        })
    });
    json!({
        "file": path,
        "size": bytes.len(),
        "core": {
            "cpu": core.cpu.name(),
            "os": core.os.name(),
            "guest": core.guest.map(|os| os.name()),
            "process": {
                "pid": core.process.pid, "parent": core.process.parent,
                "name": core.process.name, "args": core.process.args,
            },
            "signal": signal,
            "threads": threads.collect::<Vec<_>>(),
            "segments": segments.collect::<Vec<_>>(),
            "files": files.collect::<Vec<_>>(),
            "auxv": core.auxv.iter().map(|(key, word)| json!([key, format!("{word:#x}")])).collect::<Vec<_>>(),
        },
        "remarks": core.remarks.iter().map(report).collect::<Vec<_>>(),
    })
}
