//! Which language and tools made a program, where they left a trace.

use crate::{
    golang::BuildInfo,
    parsed::{Parsed, Part},
};
use alloc::{format, string::String, vec::Vec};
use ashore_base::Bytes;

/// How Rust's standard library names its source files in panic messages.
const RUST_PATH: &[u8] = b"/rustc/";
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
    let is_rust = remarks.iter().any(|remark| remark.starts_with("rustc "));
    hints.extend(remarks.into_iter().map(|remark| format!("compiler remark: {remark}")));
    if is_rust || has_rust_path(parsed.bytes, part) {
        hints.push("Rust: the standard library's source paths or its compiler's remark are there".into());
    }
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

fn has_rust_path(bytes: Bytes<'_>, part: &Part) -> bool {
    let data = part.image.segments.iter().filter(|segment| !segment.perms.is_write);
    data.filter_map(|segment| bytes.slice(segment.file.offset, segment.file.len.min(SEARCH_LIMIT))).any(|data| {
        let mut rest = data;
        while let Some(skip) = rest.iter().position(|&byte| byte == b'/') {
            rest = rest.get(skip..).unwrap_or_default();
            if rest.starts_with(RUST_PATH) {
                return true;
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        false
    })
}
