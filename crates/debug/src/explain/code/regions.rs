//! The memory map, as rules see it.

use crate::dump::{Mapping, mappings};
use ashore_base::AddrRange;
use ashore_image::Perms;

/// One mapping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Where it is.
    pub range: AddrRange,
    /// What may be done there.
    pub perms: Perms,
    /// A file's path, a name of the kernel's (`[heap]`) or the caller's; empty for nameless memory.
    pub name: String,
}

impl From<Mapping> for Region {
    fn from(mapping: Mapping) -> Region {
        let name = String::from_utf8_lossy(&mapping.name).into_owned();
        Region { range: mapping.memory, perms: mapping.perms, name }
    }
}

/// The mappings of `/proc/PID/maps`, sorted by address; lines that make no sense are left out.
pub fn parse_maps(text: &[u8]) -> Vec<Region> {
    let mut regions: Vec<Region> = mappings(text).map(Region::from).collect();
    regions.sort_by_key(|region| region.range.start);
    regions
}
