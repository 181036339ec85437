//! The view as JSON. Addresses are strings in hexadecimal: they need more bits than JSON numbers are sure to have.

use super::{File, Sites, View};
use ashore_base::{Addr, AddrRange};
use ashore_image::{Entry, FileRange};
use ashore_report::Report;
use serde_json::{Value, json};

/// A file that was understood.
pub(super) fn file(file: &File<'_>) -> String {
    let remarks: Vec<Value> = file.parsed.remarks.iter().map(report).collect();
    let value = json!({
        "file": file.path,
        "size": file.parsed.bytes.0.len(),
        "container": file.parsed.container.words(),
        "programs": file.views.iter().map(program).collect::<Vec<_>>(),
        "asides": file.parsed.asides,
        "remarks": remarks,
    });
    line(&value)
}

/// A file that was refused.
pub(super) fn refused(path: &str, error: &Report) -> String {
    line(&json!({ "file": path, "error": report(error) }))
}

pub(super) fn line(value: &Value) -> String {
    format!("{value:#}\n")
}

pub(super) fn report(report: &Report) -> Value {
    let row = report.diagnosis;
    json!({
        "code": row.code,
        "slug": row.slug,
        "level": row.level.word(),
        "text": row.text,
        "remedy": row.remedy,
        "offset": report.place.offset,
        "address": report.place.addr.map(addr),
        "reason": report.reason,
        "notes": report.notes,
    })
}

pub(super) fn addr(addr: Addr) -> String {
    format!("{addr:#x}")
}

fn memory(range: AddrRange) -> Value {
    json!({ "start": addr(range.start), "len": range.len() })
}

fn bytes(range: FileRange) -> Value {
    json!({ "offset": range.offset, "len": range.len })
}

fn program(view: &View<'_>) -> Value {
    let image = &view.part.image;
    let deciding = view.detection.deciding();
    let clues = view.detection.clues.iter();
    let entry = match image.entry {
        Entry::Start(at) => json!({ "address": addr(at), "kind": "start", "function": view.entry_name }),
        Entry::Main(at) => json!({ "address": addr(at), "kind": "main", "function": view.entry_name }),
        Entry::None => Value::Null,
    };
    json!({
        "format": view.part.format.name,
        "file": bytes(view.part.file),
        "cpu": view.detection.cpu.name(),
        "os": view.detection.os.map(|os| os.name()),
        "clue": deciding.map(ToString::to_string),
        "clues": clues.map(|clue| json!({
            "source": clue.source, "found": clue.found, "os": clue.os.map(|os| os.name()),
        })).collect::<Vec<_>>(),
        "kind": image.kind.words(),
        "runs": view.obstacle.is_none(),
        "obstacle": view.obstacle.as_ref().map(report),
        "entry": entry,
        "segments": segments(view),
        "interpreter": image.interpreter,
        "needed": image.needed,
        "imports": view.imports.iter().map(|import| json!({
            "name": import.name, "library": import.library, "weak": import.is_weak,
        })).collect::<Vec<_>>(),
        "tls": image.tls.map(|tls| json!({
            "memory": memory(tls.memory), "file": bytes(tls.file), "align": tls.align,
        })),
        "stack": { "executable": image.stack.is_executable, "len": image.stack.len },
        "notes": image.notes.iter().map(|note| json!({
            "owner": note.owner, "kind": note.kind, "file": bytes(note.file),
        })).collect::<Vec<_>>(),
        "functions": view.function_count,
        "calls": view.sites.as_ref().map(calls),
        "hints": view.hints,
    })
}

fn segments(view: &View<'_>) -> Vec<Value> {
    let rows = view.part.image.segments.iter();
    let row = rows.map(|segment| {
        json!({
            "name": segment.name,
            "memory": memory(segment.memory),
            "file": bytes(segment.file),
            "perms": segment.perms.to_string(),
            "align": segment.align,
        })
    });
    row.collect()
}

fn calls(sites: &Sites) -> Value {
    let left = sites.left.iter().map(
        |(reason, sites)| json!({ "reason": reason, "sites": sites.iter().map(|&at| addr(at)).collect::<Vec<_>>() }),
    );
    json!({ "count": sites.len(), "rewritten": sites.rewritten, "left": left.collect::<Vec<_>>() })
}
