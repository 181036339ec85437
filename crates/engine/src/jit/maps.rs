//! Which map of registers is right where in a unit.

use ashore_emit::RegMap;
use std::sync::Arc;

/// The maps of a unit: each with the place from which on it is right, counted from the unit's first byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Maps(pub(super) Vec<(u32, Arc<RegMap>)>);

impl Maps {
    /// Those of the numbers in `from`.
    pub(super) fn of(maps: &[RegMap], from: &[(u32, u8)]) -> Maps {
        let maps: Vec<Arc<RegMap>> = maps.iter().cloned().map(Arc::new).collect();
        Maps(from.iter().filter_map(|(at, number)| Some((*at, maps.get(usize::from(*number))?.clone()))).collect())
    }

    /// Whether it is this one everywhere.
    pub(super) fn are(&self, map: &RegMap) -> bool {
        self.0.iter().all(|(_, other)| **other == *map)
    }

    /// The one that is right at a place.
    pub(super) fn at(&self, place: u32) -> Option<&RegMap> {
        let behind = self.0.partition_point(|(from, _)| *from <= place);
        self.0.get(behind.saturating_sub(1)).map(|(_, map)| &**map)
    }
}
