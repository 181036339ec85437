//! What a file has, as a part of a half: its clusters are put into the arena one by one, when an address of one is looked for.
//!
//! Their places are those they had when they were made. Code that leads from one cluster to another is linked when the second
//! of both is there.

use super::directory::{Directory, KEY};
use super::record::{Read, Record, Span};
use crate::jit::halves::{Half, Made, Stale, Way};
use crate::jit::shared::ALIGN;
use crate::jit::tables::Tables;
use ashore_emit::Mark;
use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// The bytes of a file, for as long as anybody has this.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Of a half at most so many parts of four are what was kept: there is to be room for what is made anew.
const QUARTERS: u32 = 3;

/// Where the code of a half ends at the latest that is kept.
pub(super) fn most_of(half: &Half) -> u32 {
    half.code.start + (half.code.end - half.code.start) / 4 * QUARTERS
}

/// Places are looked up by stretches of so many bytes.
const STRETCH_LOG2: u32 = 16;

/// What a file has.
pub(in crate::jit) struct Frozen {
    file: Bytes,
    pub(super) directory: Directory,
    pub(super) clusters: Vec<Cluster>,
    /// For each stretch of places the first cluster that reaches into it or behind it.
    firsts: Vec<u32>,
    /// Sites that lead to clusters that are not there yet, and their targets.
    pending: Vec<Vec<(u32, u32)>>,
    /// What was changed in the code of clusters after they were written: sites and entries, and where they lead, by place.
    pub(super) late: Vec<(u32, u32)>,
    /// Exits that were taken.
    exits: HashMap<u32, Way>,
    /// A part of the file is not as it was written.
    pub(super) is_damaged: bool,
}

/// A cluster.
pub(super) struct Cluster {
    pub(super) span: Span,
    /// What of all that was changed later is in it.
    late: Range<usize>,
    /// How often what it was made of was not there.
    pub(super) tries: u8,
    pub(super) state: State,
}

/// Whether a cluster is there.
pub(super) enum State {
    Waiting,
    There(Box<Record>),
    /// It is of no use: damaged, or made of something else than what is there now.
    Refused,
}

impl Cluster {
    pub(super) fn record(&self) -> Option<&Record> {
        match &self.state {
            State::There(record) => Some(record),
            State::Waiting | State::Refused => None,
        }
    }
}

impl Frozen {
    /// What a file has for a half that is empty; nothing if the file is not right.
    fn of(file: Bytes, key: &[u8; KEY], half: &Half) -> Option<Frozen> {
        let directory = Directory::read((*file).as_ref(), key)?;
        let [place, _, counter] = directory.ends;
        let first = directory.spans.first()?;
        let is_inside = first.place >= half.code.start
            && place <= most_of(half)
            && first.first_counter >= half.counters.start
            && counter <= half.counters.end;
        if !is_inside || half.next != half.code.start {
            return None;
        }
        let late: Vec<(u32, u32)> = directory.late((*file).as_ref()).collect();
        if !late.is_sorted_by_key(|(place, _)| *place) {
            return None;
        }
        let mut firsts = Vec::new();
        for (index, span) in directory.spans.iter().enumerate() {
            let reach = ((span.end - 1) >> STRETCH_LOG2) as usize + 1;
            firsts.resize(reach.max(firsts.len()), index as u32);
        }
        let clusters = directory.spans.iter().map(|span| {
            let [first, end] = [span.place, span.end].map(|end| late.partition_point(|(place, _)| *place < end));
            Cluster { span: *span, late: first..end, tries: 0, state: State::Waiting }
        });
        Some(Frozen {
            file,
            clusters: clusters.collect(),
            firsts,
            pending: vec![Vec::new(); directory.spans.len()],
            directory,
            late,
            exits: HashMap::new(),
            is_damaged: false,
        })
    }

    pub(super) fn file(&self) -> &[u8] {
        (*self.file).as_ref()
    }

    /// The bytes of a cluster's record.
    pub(super) fn bytes(&self, span: &Span) -> Option<&[u8]> {
        let at = usize::try_from(span.at).ok()?;
        self.file().get(at..at.checked_add(span.len as usize)?)
    }

    /// The number of the cluster that a place is in.
    pub(super) fn cluster_of(&self, place: u32) -> Option<usize> {
        let first = *self.firsts.get((place >> STRETCH_LOG2) as usize)? as usize;
        let mut behind = self.clusters.get(first..)?.iter().enumerate();
        let (index, cluster) = behind.find(|(_, cluster)| place < cluster.span.end)?;
        (cluster.span.place <= place).then_some(first + index)
    }

    /// The place of an address's code, and the cluster that has it.
    pub(super) fn lookup(&self, pc: u64) -> Option<(u32, usize)> {
        let place = self.directory.lookup(self.file(), pc)?;
        Some((place, self.cluster_of(place)?))
    }

    pub(super) fn record_of(&self, place: u32) -> Option<(&Record, &Cluster)> {
        let cluster = self.clusters.get(self.cluster_of(place)?)?;
        Some((cluster.record()?, cluster))
    }

    /// The unit that begins at a place, if it is there.
    pub(in crate::jit) fn unit_at(&self, place: u32) -> Option<&Read> {
        self.record_of(place)?.0.unit_at(place)
    }

    fn tables(&self, (record, cluster): (&Record, &Cluster), unit: &Read) -> (Made, Tables<'_>) {
        record.tables(self.bytes(&cluster.span).unwrap_or_default(), unit)
    }

    /// All units that are there.
    pub(in crate::jit) fn units(&self) -> impl Iterator<Item = Made> {
        let all = self.clusters.iter().filter_map(|cluster| Some((cluster.record()?, cluster)));
        all.flat_map(move |(record, cluster)| {
            record.units.iter().map(move |unit| self.tables((record, cluster), unit).0)
        })
    }

    /// The exit of a number.
    pub(in crate::jit) fn exit(&mut self, number: u32) -> Option<Way> {
        if let Some(way) = self.exits.get(&number) {
            return Some(*way);
        }
        let index = self.clusters.partition_point(|cluster| cluster.span.first_exit <= number).checked_sub(1)?;
        let cluster = self.clusters.get(index)?;
        let record = cluster.record()?;
        let unit = record.unit_with(number)?;
        let exit = self.tables((record, cluster), unit).1.exit(number - unit.first_exit)?;
        let way = Way { base: unit.base, exit };
        self.exits.insert(number, way);
        Some(way)
    }

    /// The unit that a place is in or right behind.
    pub(in crate::jit) fn unit_near(&self, place: u32) -> Option<(Made, Tables<'_>)> {
        let found = self.record_of(place)?;
        Some(self.tables(found, found.0.unit_of(place.checked_sub(1)?)?))
    }

    /// The unit at a place, and the last mark at or before it.
    pub(in crate::jit) fn find(&self, place: u32) -> Option<(Made, Mark)> {
        let found = self.record_of(place)?;
        let (made, tables) = self.tables(found, found.0.unit_of(place)?);
        Some((made, tables.mark_at(place)?))
    }

    /// Takes the units made of code on these pages that were not taken before.
    pub(in crate::jit) fn take_stale(&mut self, pages: &RangeInclusive<u64>) -> Vec<Stale> {
        let mut stale = Vec::new();
        for cluster in &mut self.clusters {
            let State::There(record) = &mut cluster.state else { continue };
            let record = &mut **record;
            if !record.reaches(pages) {
                continue;
            }
            for (_, unit) in record.pages.iter().filter(|(page, _)| pages.contains(page)) {
                if let Some(unit) = record.units.get_mut(*unit as usize)
                    && !core::mem::replace(&mut unit.is_stale, true)
                {
                    stale.push(Stale { base: unit.base, end: unit.end, pc: unit.pc, has_loop: unit.has_loop });
                }
            }
        }
        stale
    }

    /// Where an entry in a cluster leads since it was changed, itself mostly.
    fn moved(&self, place: u32, index: usize) -> u32 {
        let late = self.late_of(index);
        let found = late.binary_search_by_key(&place, |(place, _)| *place).ok();
        found.and_then(|at| late.get(at)).map_or(place, |(_, to)| *to)
    }

    /// What was changed later of a cluster.
    pub(super) fn late_of(&self, index: usize) -> &[(u32, u32)] {
        let late = self.clusters.get(index).map_or(0..0, |cluster| cluster.late.clone());
        self.late.get(late).unwrap_or_default()
    }

    /// Addresses that jumps with a computed target went to, and the places of their code, of a cluster that is there.
    pub(super) fn targets(&self, index: usize) -> impl Iterator<Item = (u64, u32)> {
        let units = self.clusters.get(index).and_then(Cluster::record).map(|record| record.units.as_slice());
        let wanted = units.unwrap_or_default().iter().filter(|unit| unit.is_target);
        wanted.filter(move |unit| self.moved(unit.base, index) == unit.base).map(|unit| (unit.pc, unit.base))
    }

    /// What is to be linked now that a cluster is there: sites or entries, and targets. The others wait.
    pub(super) fn take_links(&mut self, index: usize) -> Vec<(u32, u32)> {
        let mut links = self.pending.get_mut(index).map(core::mem::take).unwrap_or_default();
        let has_unit = |target: u32| self.record_of(target).is_some_and(|(record, _)| record.has_unit(target));
        links.retain(|(_, target)| has_unit(*target));
        let Some(record) = self.clusters.get(index).and_then(Cluster::record) else { return Vec::new() };
        let mut waiting = Vec::new();
        links.reserve(record.links.len());
        // An entry that leads to itself counts no more.
        let late = self.late_of(index).iter().filter(|(place, target)| place != target);
        for (site, target) in record.links.iter().chain(late).copied() {
            let Some(other) = self.cluster_of(target) else { continue };
            let moved = self.moved(target, other);
            let is_moved = moved != target;
            let (target, other) = (moved, if is_moved { self.cluster_of(moved) } else { Some(other) });
            let Some(other) = other else { continue };
            match self.clusters.get(other).map(|cluster| &cluster.state) {
                Some(State::There(record)) if record.has_unit(target) => links.push((site, target)),
                Some(State::Waiting) => waiting.push((other, (site, target))),
                _ => {}
            }
        }
        for (other, link) in waiting {
            if let Some(pending) = self.pending.get_mut(other) {
                pending.push(link);
            }
        }
        links
    }
}

impl Half {
    /// Begins with what a file has; gives how many bytes of code that are. Nothing if the file is not right.
    pub(in crate::jit) fn thaw(&mut self, file: Bytes, key: &[u8; KEY]) -> Option<u32> {
        let frozen = Frozen::of(file, key, self)?;
        let code = frozen.directory.code;
        [self.next, self.exit_base, self.next_counter] = frozen.directory.ends;
        self.next = self.next.next_multiple_of(ALIGN);
        self.frozen = Some(frozen);
        self.groups.clear();
        self.begin_group();
        Some(code)
    }
}
