//! The view as a page for a person: a name, its value, one fact per line.

use super::{File, Sites, View};
use ashore_image::{Entry, Segment};
use std::fmt::{Display, Write};

/// How wide the column of names is.
const NAME_WIDTH: usize = 12;
/// How many names of a long list are shown.
const SHOWN: usize = 12;

/// The page about a file.
pub(super) fn file(file: &File<'_>) -> String {
    let mut page = Page::default();
    page.line("file", format_args!("{}, {} bytes", file.path, file.parsed.bytes.0.len()));
    if let [one] = file.views.as_slice() {
        program(&mut page, one, file);
    } else {
        page.line("format", format_args!("{}, {} programs", file.parsed.container.words(), file.views.len()));
        for (index, view) in file.views.iter().enumerate() {
            page.0 += &format!("\nprogram {}\n", index + 1);
            program(&mut page, view, file);
        }
        page.0.push('\n');
    }
    page.list("aside", file.parsed.asides.iter());
    page.list("remark", file.parsed.remarks.iter().map(|remark| remark.to_string().replace("\n  ", "; ")));
    page.0
}

/// Lines with a name in front; a name is not repeated.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    pub(super) fn line(&mut self, name: &str, value: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{name:NAME_WIDTH$}{value}");
    }

    pub(super) fn list(&mut self, name: &str, values: impl Iterator<Item = impl Display>) {
        for (index, value) in values.enumerate() {
            self.line(if index == 0 { name } else { "" }, value);
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

fn program(page: &mut Page, view: &View<'_>, file: &File<'_>) {
    let image = &view.part.image;
    match (file.views.len(), file.parsed.container) {
        (1, ashore_formats::Container::Plain) => page.line("format", view.part.format.name),
        (_, container) => page.line("format", format_args!("{}, {}", view.part.format.name, container.words())),
    }
    page.line("cpu", view.detection.cpu);
    match view.detection.deciding() {
        Some(clue) => {
            page.line("system", view.detection.os.map_or("", |os| os.name()));
            page.line("clue", clue);
        }
        None => {
            page.line("system", "undecided");
            page.list("looked at", view.detection.clues.iter());
        }
    }
    match &view.obstacle {
        None => page.line("runs here", "yes"),
        Some(report) => {
            page.line("runs here", format_args!("no: {} ({})", report.diagnosis.text, report.diagnosis.code))
        }
    }
    page.line("kind", image.kind.words());
    entry(page, view);
    page.list("segments", image.segments.iter().map(segment));
    if let Some(tls) = image.tls {
        let value =
            format!("{:#x} bytes, {:#x} of them initialised, alignment {}", tls.memory.len(), tls.file.len, tls.align);
        page.line("thread data", value);
    }
    if image.stack.is_executable {
        page.line("stack", "executable");
    }
    page.list("interpreter", image.interpreter.iter());
    page.list("libraries", image.needed.iter());
    if !view.imports.is_empty() {
        page.line("imports", names(view.imports.iter().map(|import| import.name.as_str())));
    }
    page.list("notes", image.notes.iter().map(|note| format!("{} {}, {} bytes", note.owner, note.kind, note.file.len)));
    page.line("functions", view.function_count);
    if let Some(sites) = &view.sites {
        calls(page, sites);
    }
    page.list("hints", view.hints.iter());
}

fn entry(page: &mut Page, view: &View<'_>) {
    let how = match view.part.image.entry {
        Entry::Start(_) => "",
        Entry::Main(_) => ", called as main",
        Entry::None => return page.line("entry", "none"),
    };
    let at = view.part.image.entry.addr().unwrap_or_default();
    match &view.entry_name {
        Some(name) => page.line("entry", format_args!("{at} in {name}{how}")),
        None => page.line("entry", format_args!("{at}{how}")),
    }
}

fn segment(segment: &Segment) -> String {
    let (memory, file) = (segment.memory, segment.file);
    let mut line = format!("{:#010x}-{:#010x} {}", memory.start, memory.end, segment.perms);
    if file.len > 0 {
        line += &format!("  file {:#x}-{:#x}", file.offset, file.end());
    }
    match segment.zeroed().len() {
        0 => {}
        zeroed => line += &format!("  {zeroed:#x} zeroes"),
    }
    if let Some(name) = &segment.name {
        line += &format!("  {name}");
    }
    line
}

fn calls(page: &mut Page, sites: &Sites) {
    if sites.len() == 0 {
        return page.line("calls", "none");
    }
    let left = sites.len() - sites.rewritten;
    page.line("calls", format_args!("{}: {} rewritten, {left} left to the net", sites.len(), sites.rewritten));
    let reasons = sites.left.iter().map(|(reason, sites)| {
        let shown: Vec<String> = sites.iter().map(|at| at.to_string()).collect();
        format!("left: {reason}: {}", names(shown.iter().map(String::as_str)))
    });
    page.list("", reasons);
}

/// How many there are, and the first of them.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.collect();
    let shown = all.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => format!("{}: {shown}", all.len()),
        more => format!("{}: {shown} and {more} more", all.len()),
    }
}
