//! The places to look, each turning what it finds into [`Finding`]s by the rows of the table.

use super::{code as evidence, table::*};
use crate::{
    golang::{BuildInfo, LineTable},
    parsed::{Mark, Parsed, Part},
};
use alloc::{format, string::String, vec, vec::Vec};
use ashore_base::{Bytes, Os};
use ashore_image::{FunctionList, Note};

/// How many symbols of a C library must be there to be believed.
const SYMBOLS_NEEDED: usize = 2;

pub(super) fn format(_: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    let mut found: Vec<Finding> = part.marks.iter().filter_map(platform).collect();
    if part.marks.contains(&Mark::Portable) {
        // Its notes and bytes are there to please the loaders of all its systems, so they must not decide.
        found.push(Finding { words: "APE, for several systems, Linux among them".into(), os: Some(Os::Linux) });
    }
    if found.is_empty() && part.marks.contains(&Mark::AppleFormat) {
        // Before the linker recorded platforms there were phones too, but their programs were never built for desktops' CPUs.
        found.push(Finding { words: format!("{} without a platform", part.format.name), os: Some(Os::Darwin) });
    }
    if found.is_empty() {
        found.push(Finding { words: part.format.name.into(), os: None });
    }
    found
}

fn platform(mark: &Mark) -> Option<Finding> {
    let Mark::Platform { id, oldest, .. } = *mark else { return None };
    let row = PLATFORMS.iter().find(|row| row.0 == id);
    let (name, os) = row.map_or(("an unknown platform", None), |row| (row.1, row.2));
    Some(Finding { words: format!("built for {name} {oldest} (platform {id})"), os })
}

pub(super) fn notes(parsed: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    part.image.notes.iter().map(|note| abi_note(parsed.bytes, note)).collect()
}

fn abi_note(bytes: Bytes<'_>, note: &Note) -> Finding {
    let word = if note.file.len >= 4 { bytes.u32(note.file.offset) } else { None };
    let row = NOTES
        .iter()
        .find(|row| row.owner == note.owner && row.kind == note.kind && (row.word.is_none() || row.word == word));
    let value = match (row, word) {
        (Some(_), Some(word)) => format!(" = {word}"),
        _ => String::new(),
    };
    Finding { words: format!("owner {:?}, type {}{value}", note.owner, note.kind), os: row.map(|row| row.os) }
}

pub(super) fn os_abi(_: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    let values = part.marks.iter().filter_map(|mark| if let Mark::OsAbi(value) = mark { Some(*value) } else { None });
    let finding = |value: u8| {
        let os = OS_ABIS.iter().find(|row| row.0 == value).map(|row| row.1);
        Finding { words: format!("{value}"), os }
    };
    values.map(finding).collect()
}

pub(super) fn segment_tags(_: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    let tags = part.marks.iter().filter_map(|mark| if let Mark::SegmentTag(tag) = mark { Some(*tag) } else { None });
    let rows = tags.filter_map(|tag| SEGMENT_TAGS.iter().find(|row| row.0 == tag));
    rows.map(|&(tag, name, os)| Finding { words: format!("{name} ({tag:#x})"), os: Some(os) }).collect()
}

pub(super) fn interpreter(_: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    let Some(path) = &part.image.interpreter else { return Vec::new() };
    let name = path.rsplit('/').next().unwrap_or_default();
    let by_path = INTERPRETERS.iter().find(|row| row.0 == path);
    let by_name = || INTERPRETER_NAMES.iter().find(|row| name.starts_with(row.0));
    vec![Finding { words: path.clone(), os: by_path.or_else(by_name).map(|row| row.1) }]
}

pub(super) fn needed(_: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    let finding = |name: &String| {
        let os = LIBRARIES.iter().filter(|row| name.starts_with(row.0)).max_by_key(|row| row.0.len()).map(|row| row.1);
        Finding { words: name.clone(), os }
    };
    part.image.needed.iter().map(finding).collect()
}

pub(super) fn go_build_info(parsed: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    let Some(info) = BuildInfo::find(parsed.bytes, part) else { return Vec::new() };
    let words = match info.setting("GOOS") {
        Some(os) => format!("GOOS={os}, {}", info.version),
        None => format!("{} without GOOS", info.version),
    };
    vec![Finding { words, os: info.os() }]
}

pub(super) fn go_files(parsed: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    let Some(table) = LineTable::find(parsed.bytes, part) else { return Vec::new() };
    let mut best: Option<usize> = None;
    for file in table.files().filter_map(runtime_file) {
        best = best.max(GO_FILES.iter().position(|row| row.0 == file));
    }
    match best.and_then(|index| GO_FILES.get(index)) {
        Some(&(file, os)) => vec![Finding { words: format!("runtime/{file}"), os: Some(os) }],
        None => vec![Finding { words: "a line table without them".into(), os: None }],
    }
}

/// The name of a file of package runtime, whatever its tree was called.
fn runtime_file(path: &str) -> Option<&str> {
    let (directory, file) = path.rsplit_once('/')?;
    (directory == "runtime" || directory.ends_with("/runtime")).then_some(file)
}

pub(super) fn symbols(parsed: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    // What can be unwound has no names.
    if part.symbols.is_none() {
        return Vec::new();
    }
    let list = FunctionList::new((part.format.functions)(parsed.bytes, part));
    let mut found: Vec<&(&str, Os)> = Vec::new();
    for function in list.all() {
        let name = parsed.bytes.cstr(function.name_at).unwrap_or_default();
        if let Some(row) = LIBRARY_SYMBOLS.iter().find(|row| row.0.as_bytes() == name)
            && !found.contains(&row)
        {
            found.push(row);
        }
    }
    let names: Vec<&str> = found.iter().map(|row| row.0).collect();
    match found.first() {
        Some(first) => {
            let os = (found.len() >= SYMBOLS_NEEDED).then_some(first.1);
            vec![Finding { words: names.join(", "), os }]
        }
        None => Vec::new(),
    }
}

pub(super) fn code(parsed: &Parsed<'_>, part: &Part) -> Vec<Finding> {
    evidence::look(parsed.bytes, &part.image)
}
