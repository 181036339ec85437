//! What the Go toolchain leaves in every program: the build information and the line table, stripped or not.

mod buildinfo;
mod linetable;
mod values;

pub use buildinfo::BuildInfo;
pub use linetable::LineTable;
pub use values::{FunctionTraits, SourcePlace};

use crate::parsed::Part;
use ashore_base::Bytes;
use ashore_image::FileRange;

/// What names of the toolchain's own sections have in them.
const OWN_SECTIONS: &[&str] = &[".go.", ".gopclntab", ".gosymtab", "__go"];

/// The stretches of the file to search for a structure of the toolchain: its own section if the file still names it, else
/// whatever of the program `is_wanted`.
fn haystacks<'p>(part: &'p Part, names: &'p [&str], is_writable: bool) -> impl Iterator<Item = FileRange> + use<'p> {
    let sections = part.sections.iter().filter(|section| names.contains(&section.name.as_str()));
    let segments = part
        .image
        .segments
        .iter()
        .filter(move |segment| !segment.perms.is_exec && segment.perms.is_write == is_writable);
    sections.map(|section| section.file).chain(segments.map(|segment| segment.file))
}

/// Whether the file names its sections, and none of them is the toolchain's, which leaves some in every program.
fn is_foreign(part: &Part) -> bool {
    let is_own = |name: &str| OWN_SECTIONS.iter().any(|own| name.contains(own));
    !part.sections.is_empty() && !part.sections.iter().any(|section| is_own(&section.name))
}

/// The offsets in `range`, `step` bytes apart, at which `is_found`.
fn scan<'a>(
    bytes: Bytes<'a>,
    range: FileRange,
    step: usize,
    is_found: impl Fn(&[u8]) -> bool + 'a,
) -> impl Iterator<Item = u64> + 'a {
    let skew = (step as u64 - range.offset % step as u64) % step as u64;
    let start = range.offset.saturating_add(skew);
    let stretch = FileRange { offset: start, len: range.len.saturating_sub(skew) }.of(bytes.0).unwrap_or_default();
    let hits = stretch.chunks_exact(step).enumerate().filter(move |(_, chunk)| is_found(chunk));
    hits.map(move |(index, _)| start.saturating_add((index * step) as u64))
}
