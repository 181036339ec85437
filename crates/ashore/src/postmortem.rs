//! Tells why a program died: on stderr, and in a record that is kept for later.
//!
//! It runs in a copy of the process that ends ([`ashore_process::Witness`]): nothing here can change how the guest ends.

use crate::failures;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_debug::dump::{Code, code_files};
use ashore_debug::explain::{Account, Changed, Depth, End, Evidence, FileFacts, code::Program, gather};
use ashore_formats::{Parsed, Part, golang, table::reader_of};
use ashore_patch::Manifest;
use ashore_process::{Ending, Interest, Scene, Witness};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

const NOTHING_TO_EXPLAIN: &str = "ashore: it ended with status 0: there is nothing to explain\n";

/// When a program's end is explained, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Manner {
    /// A death is told in short; other failures are only kept.
    #[default]
    Brief,
    /// Every end is told in full.
    Full,
    /// Every end is told as one JSON object.
    Json,
    /// Nothing is said, and nothing kept.
    Silent,
}

/// Whether the record of a failure is kept for later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// In the user's folder.
    Kept,
    /// Not at all: the failure is an old one.
    Forgotten,
}

/// Explains the end of one program.
pub(crate) struct PostMortem {
    pub(crate) parsed: &'static Parsed<'static>,
    pub(crate) part: &'static Part,
    pub(crate) path: String,
    pub(crate) manner: Manner,
    pub(crate) keep: Keep,
    /// Whether the person wants to hear nothing of ours.
    pub(crate) is_quiet: bool,
}

impl Witness for PostMortem {
    fn interest(&self, ending: &Ending<'_>) -> Interest {
        let is_full = matches!(self.manner, Manner::Full | Manner::Json);
        match ending {
            _ if self.manner == Manner::Silent => Interest::Nothing,
            Ending::Signal(delivery) if delivery.signal.is_crash() => Interest::Whole,
            Ending::Refused(_) => Interest::Whole,
            _ if is_full => Interest::Whole,
            Ending::Exit(status) if *status != 0 && self.keep == Keep::Kept => Interest::Glance,
            Ending::Exit(_) | Ending::Signal(_) => Interest::Nothing,
        }
    }

    fn witness(&self, scene: &Scene<'_>) {
        let mut programs = vec![Program::new(self.parsed, self.part, &self.path, scene.bias)];
        let libraries = self.libraries(code_files(scene));
        programs.extend(libraries.iter().map(|one| Program::new(one.parsed, one.part, &one.path, one.bias)));
        let evidence = gather(scene, &programs, facts(self.parsed, self.part, scene.bias));
        let account = Account::of(&evidence);
        // The person first: keeping the record may take its time, or fail.
        self.say(&account, &evidence);
        if self.keep == Keep::Kept && !matches!(evidence.end, End::Exit(0)) {
            failures::keep(&account);
        }
    }
}

/// What the file of a program says of itself, which was loaded `bias` bytes above its own addresses.
pub(crate) fn facts(parsed: &Parsed<'_>, part: &Part, bias: u64) -> FileFacts {
    let found = Manifest::find_near_end(parsed.bytes.0);
    let manifest = found.as_ref().map(|found| &found.manifest);
    let detection = ashore_formats::detect(parsed, part);
    FileFacts {
        detected: detection.os,
        clue: detection.deciding().map_or_else(String::new, ToString::to_string),
        is_go: golang::BuildInfo::find(parsed.bytes, part).is_some(),
        requests: manifest.map(|manifest| manifest.requests.clone()).unwrap_or_default(),
        changes: manifest.map(|manifest| changes(part, manifest, bias)).unwrap_or_default(),
    }
}

/// What `ashore patch` changed of what is in memory.
fn changes(part: &Part, manifest: &Manifest, bias: u64) -> Vec<Changed> {
    let segments = &part.image.segments;
    let changed = |edit: &ashore_patch::Edit| {
        let segment = segments.iter().find(|segment| segment.file.contains(edit.offset))?;
        let start = segment.memory.start.plus(edit.offset - segment.file.offset).plus(bias);
        let range = AddrRange { start, end: start.plus(edit.new.len() as u64) };
        Some(Changed { range, reason: edit.reason.clone() })
    };
    manifest.change.edits.iter().filter_map(changed).collect()
}

/// A library that the program had mapped, and how far from its own addresses.
struct Library {
    parsed: &'static Parsed<'static>,
    part: &'static Part,
    path: String,
    bias: u64,
}

/// A larger library is not read for a report.
const LIBRARY_MAX: u64 = 1 << 28;

/// A file's kind can be told from so many of its first bytes.
const HEAD_LEN: u64 = 4096;

/// Reads a file that is mapped as code, if it is a program's kind of file.
fn read_library(path: &str) -> Option<&'static Parsed<'static>> {
    let meta = std::fs::metadata(path).ok()?;
    if !meta.is_file() || meta.len() > LIBRARY_MAX {
        return None;
    }
    // Read, not mapped: the map is told of as it was.
    let (mut file, mut bytes) = (File::open(path).ok()?, Vec::with_capacity(HEAD_LEN as usize));
    file.by_ref().take(HEAD_LEN).read_to_end(&mut bytes).ok()?;
    reader_of(&bytes)?;
    bytes.reserve_exact(usize::try_from(meta.len()).ok()?.saturating_sub(bytes.len()));
    file.read_to_end(&mut bytes).ok()?;
    Some(Box::leak(Box::new(ashore_formats::read(bytes.leak()).ok()?)))
}

impl PostMortem {
    /// The libraries, and the interpreter, that the program had mapped.
    fn libraries(&self, mapped: Vec<Code>) -> Vec<Library> {
        // A file may have many mappings: a heap that a language keeps in one has one for each change of permissions.
        let mut files: BTreeMap<String, Option<&'static Parsed<'static>>> = BTreeMap::new();
        let library = |Code { memory, offset, name }: Code| {
            let path = String::from_utf8(name).ok().filter(|path| *path != self.path)?;
            let parsed = (*files.entry(path.clone()).or_insert_with(|| read_library(&path)))?;
            self.library(parsed, memory.start, offset, path)
        };
        mapped.into_iter().filter_map(library).collect()
    }

    /// The library that a mapping shows, if it begins where the library's code does.
    fn library(&self, parsed: &'static Parsed<'static>, start: Addr, offset: u64, path: String) -> Option<Library> {
        let part = parsed.part_for(self.part.image.cpu)?;
        let page = |word: u64| word & !(PAGE_SIZE - 1);
        let mut segments = part.image.segments.iter();
        let segment = segments.find(|segment| segment.perms.is_exec && page(segment.file.offset) == offset)?;
        let bias = start.0.wrapping_sub(page(segment.memory.start.0));
        Some(Library { parsed, part, path, bias })
    }

    fn say(&self, account: &Account<'_>, evidence: &Evidence<'_>) {
        let text = match (self.manner, &evidence.end) {
            (Manner::Silent, _) => return,
            (Manner::Json, _) => format!("{}\n", account.json()),
            (Manner::Full, End::Exit(0)) => NOTHING_TO_EXPLAIN.to_owned(),
            (Manner::Full, _) => account.text(Depth::Full),
            (Manner::Brief, End::Exit(_)) => return,
            (Manner::Brief, _) if self.is_quiet => return,
            (Manner::Brief, _) => account.text(Depth::Brief),
        };
        ashore_sys::say(&text);
    }
}
