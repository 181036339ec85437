//! Which language and tools made a program, where they left a trace.

use crate::{
    golang::BuildInfo,
    parsed::{Parsed, Part},
};
use alloc::{format, string::String, vec::Vec};
use ashore_base::Bytes;

/// Texts that a language's standard library puts into most programs.
const TRACES: &[(&[u8], &str)] = &[
    (b"/rustc/", "Rust: source paths of its standard library are there"),
    (b"attempt to unwrap error: ", "Zig: messages of its safety checks are there"),
    (b"ZIG_PROGRESS", "Zig: its standard library is there"),
];
/// A longer remark of a compiler is taken for damage.
const REMARK_LIMIT: usize = 200;
/// More remarks than that say nothing new.
const REMARKS_LIMIT: usize = 8;
/// How much of a program is searched for traces, in bytes.
const SEARCH_LIMIT: u64 = 8 << 20;

/// What is known about how `part` was made, one sentence each.
pub fn hints(parsed: &Parsed<'_>, part: &Part) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(info) = BuildInfo::find(parsed.bytes, part) {
        let what = info.path.or(info.module).unwrap_or_else(|| "unnamed".into());
        hints.push(format!("Go: {}, main package {what}", info.version));
    }
    let remarks = remarks(parsed.bytes, part);
    hints.extend(remarks.into_iter().map(|remark| format!("compiler remark: {remark}")));
    hints
        .extend(TRACES.iter().filter(|(text, _)| has(parsed.bytes, part, text)).map(|(_, words)| String::from(*words)));
    hints
}

/// The remarks compilers leave in their own section, each once.
fn remarks(bytes: Bytes<'_>, part: &Part) -> Vec<String> {
    let section = part.section(".comment").and_then(|section| section.file.of(bytes.0)).unwrap_or_default();
    let mut remarks: Vec<String> = Vec::new();
    for text in section.split(|&byte| byte == 0).filter(|text| !text.is_empty() && text.len() <= REMARK_LIMIT) {
        let text = String::from_utf8_lossy(text).into_owned();
        if !remarks.contains(&text) {
            remarks.push(text);
        }
        if remarks.len() == REMARKS_LIMIT {
            break;
        }
    }
    remarks
}

/// Whether the read-only part of a program has `text`.
fn has(bytes: Bytes<'_>, part: &Part, text: &[u8]) -> bool {
    let Some(first) = text.first() else { return true };
    let data = part.image.segments.iter().filter(|segment| !segment.perms.is_write);
    data.filter_map(|segment| bytes.slice(segment.file.offset, segment.file.len.min(SEARCH_LIMIT))).any(|data| {
        let mut rest = data;
        while let Some(skip) = rest.iter().position(|byte| byte == first) {
            rest = rest.get(skip..).unwrap_or_default();
            if rest.starts_with(text) {
                return true;
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        false
    })
}
