//! DWARF debugging records: functions, inlined calls and lines. Units are read when an address in them is asked for.

use super::demangle::demangle;
use super::lines::Spot;
use addr2line::{Context, LookupResult};
use ashore_base::Bytes;
use ashore_formats::Part;
use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};

/// Inlined calls nest no deeper in records that are read: each level takes stack, and a thread that dies has little.
const INLINING_MAX: usize = 100;
/// Records of more bytes are not searched for functions: a report must not take seconds.
const INFO_MAX: usize = 256 << 20;
/// The frames shown for one address.
const SPOTS_MAX: usize = 64;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The debugging records of a program.
pub(super) struct Lines<'a> {
    context: Context<Slice<'a>>,
    /// Whether functions may be looked for.
    is_shallow: bool,
}

impl<'a> Lines<'a> {
    /// The records of `part`, if it has any that make sense.
    pub(super) fn read(bytes: Bytes<'a>, part: &Part) -> Option<Lines<'a>> {
        let load = |id: SectionId| Ok::<_, gimli::Error>(section(bytes, part, id.name()));
        let dwarf = Dwarf::load(load).ok()?;
        let info = section(bytes, part, SectionId::DebugInfo.name());
        if info.is_empty() || dwarf.units().next().ok()?.is_none() {
            return None;
        }
        let is_shallow = info.len() <= INFO_MAX && is_shallow(&dwarf);
        Some(Lines { context: Context::from_dwarf(dwarf).ok()?, is_shallow })
    }

    /// The places of the code at `at`, an address of the file, innermost first.
    pub(super) fn spots(&self, at: u64) -> Vec<Spot> {
        let frames = self.is_shallow.then(|| self.frames(at)).flatten().unwrap_or_default();
        if !frames.is_empty() {
            return frames;
        }
        let found = self.context.find_location(at).ok().flatten();
        found.map(|location| spot(None, Some(&location))).into_iter().collect()
    }

    fn frames(&self, at: u64) -> Option<Vec<Spot>> {
        // Split records are in files of their own, which nobody opens here.
        let LookupResult::Output(Ok(mut frames)) = self.context.find_frames(at) else { return None };
        let mut spots = Vec::new();
        while let (Ok(Some(frame)), true) = (frames.next(), spots.len() < SPOTS_MAX) {
            let name =
                frame.function.as_ref().and_then(|function| function.raw_name().ok()).map(|name| demangle(&name));
            spots.push(spot(name, frame.location.as_ref()));
        }
        if let Some((_, inner)) = spots.split_last_mut() {
            inner.iter_mut().for_each(|spot| spot.is_inlined = true);
        }
        Some(spots)
    }
}

fn spot(function: Option<String>, location: Option<&addr2line::Location<'_>>) -> Spot {
    Spot {
        function,
        offset: None,
        file: location.and_then(|location| location.file).map(str::to_owned),
        line: location.and_then(|location| location.line).filter(|line| *line > 0),
        is_inlined: false,
    }
}

/// The bytes of a section by its ELF name, or by the name Mach-O has for it, which is cut to 16 characters.
fn section<'a>(bytes: Bytes<'a>, part: &Part, name: &str) -> Slice<'a> {
    let other: String = format!("__{}", name.trim_start_matches('.')).chars().take(16).collect();
    let found = part.section(name).or_else(|| part.section(&format!("__DWARF,{other}")));
    let slice = found.and_then(|section| section.file.of(bytes.0)).unwrap_or_default();
    EndianSlice::new(slice, LittleEndian)
}

/// Whether no inlined call has too many around it. The reader of functions descends into each, whatever its depth.
fn is_shallow(dwarf: &Dwarf<Slice<'_>>) -> bool {
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        // What cannot be read here is not read later either.
        if dwarf.unit(header).is_ok_and(|unit| inlining(&unit).is_some_and(|depth| depth > INLINING_MAX)) {
            return false;
        }
    }
    true
}

/// How deep inlined calls nest in a unit, as far as it can be read.
fn inlining(unit: &gimli::Unit<Slice<'_>>) -> Option<usize> {
    let mut entries = unit.entries_raw(None).ok()?;
    let (mut around, mut deepest) = (Vec::new(), 0);
    while !entries.is_empty() {
        let depth = entries.next_depth();
        let Ok(entry) = entries.read_abbreviation() else { break };
        let Some(entry) = entry else { continue };
        while around.last().is_some_and(|outer| *outer >= depth) {
            around.pop();
        }
        if entry.tag() == gimli::DW_TAG_inlined_subroutine {
            around.push(depth);
            deepest = deepest.max(around.len());
        }
        if entries.skip_attributes(entry.attributes()).is_err() {
            break;
        }
    }
    Some(deepest)
}
