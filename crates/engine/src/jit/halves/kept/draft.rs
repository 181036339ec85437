//! What is written at a program's end: the clusters that are new, and a directory of all.

use super::digest::{Digest, digest};
use super::directory::{Contents, HEAD, KEY, head};
use super::frozen::{Cluster, Frozen, State};
use super::record::{Packer, Span, Unit};
use super::sources::{Known, Sources};
use crate::jit::halves::{Group, Half};
use crate::jit::maps::Maps;
use crate::jit::shared::{ALIGN, jumps_to};
use ashore_emit::asm::Asm;
use ashore_emit::{Exit, ExitKind};
use ashore_sys::translated::Arena;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

/// So many changes of code that was kept are worth writing, if nothing else is.
const LATE_WORTH: usize = 1024;
/// How often a jump at an entry leads to another one.
const HOPS: usize = 4;

/// What is written into a file, piece by piece.
pub trait Pieces {
    /// The next piece, which will be at this place of the file.
    fn next(&mut self, at: u64) -> Option<&[u8]>;

    /// What the file begins with, once all pieces are written.
    fn head(&mut self) -> Vec<u8>;
}

/// A cluster to be written.
struct New<'a> {
    group: &'a Group,
    units: std::ops::Range<usize>,
    sources: Vec<(u64, Digest)>,
}

/// What of a half is kept.
#[derive(Default)]
struct Plan {
    /// For each unit that was made now.
    is_kept: Vec<bool>,
    /// Units and pages they were made of, in order.
    pages: Vec<(u32, u64)>,
    /// By place, in steps of what places are multiples of: where who jumps there ends up, if that is kept.
    finals: Vec<Option<NonZeroU32>>,
    /// The first place of the table.
    first: u32,
}

/// A half that is being written.
pub(in crate::jit) struct Draft<'a> {
    half: &'a Half,
    arena: &'a Arena,
    outside: &'a Arc<Maps>,
    key: [u8; KEY],
    plan: Plan,
    new: Vec<New<'a>>,
    next: usize,
    /// Clusters that are written again as they are.
    old: Vec<usize>,
    contents: Contents,
    /// The first unit whose exits and marks were not written.
    exits_at: usize,
    marks_at: usize,
    packer: Packer,
    links: Vec<(u32, u32)>,
    piece: Vec<u8>,
    head: Option<Vec<u8>>,
    /// The bytes of the file that was there, if it is added to.
    behind: Option<u64>,
}

impl Half {
    /// What is to be written of it, if there are so many bytes of code that were not kept yet.
    pub(in crate::jit) fn draft<'a>(
        &'a self,
        arena: &'a Arena,
        (key, sources, outside): ([u8; KEY], &Sources, &'a Arc<Maps>),
        worth: u32,
    ) -> Option<Draft<'a>> {
        let is_damaged = self.frozen.as_ref().is_some_and(|frozen| frozen.is_damaged);
        if self.fresh < worth.max(1) && self.relinked < LATE_WORTH && !is_damaged {
            return None;
        }
        let mut draft = Draft {
            half: self,
            arena,
            outside,
            key,
            plan: Plan::default(),
            new: Vec::new(),
            next: 0,
            old: Vec::new(),
            contents: Contents::default(),
            exits_at: 0,
            marks_at: 0,
            packer: Packer::default(),
            links: Vec::new(),
            piece: Vec::new(),
            head: None,
            behind: None,
        };
        draft.choose(&sources.lock());
        draft.find_finals();
        draft.begin(worth).then_some(draft)
    }
}

impl<'a> Draft<'a> {
    /// The length of the file that is added to; nothing if a new one is made.
    pub(in crate::jit) fn behind(&self) -> Option<u64> {
        self.behind
    }

    /// Leaves out what nobody enters, and what was made of other pages than those of the text as it still is.
    fn choose(&mut self, sources: &Known) {
        let half = self.half;
        let mut is_kept: Vec<bool> = half.units.iter().map(|made| !made.is_stale).collect();
        let mut drop = |unit: u32| {
            if let Some(is_kept) = is_kept.get_mut(unit as usize) {
                *is_kept = false;
            }
        };
        for (page, units) in &half.pages {
            self.plan.pages.extend(units.iter().map(|unit| (*unit, *page)));
            if !sources.has(*page) {
                units.iter().for_each(|unit| drop(*unit));
            }
        }
        self.plan.pages.sort_unstable();
        half.groups.iter().flat_map(|group| &group.foreign).for_each(|unit| drop(*unit));
        let mut known: HashMap<u64, Option<Digest>> = HashMap::new();
        for (index, group) in half.groups.iter().enumerate() {
            let end = half.groups.get(index + 1).map_or(half.units.len(), |next| next.first_unit as usize);
            let units = group.first_unit as usize..end;
            let mut digest = |page: u64| *known.entry(page).or_insert_with(|| sources.same(page));
            match group.pages.iter().map(|page| Some((*page, digest(*page)?))).collect() {
                Some(sources) => self.new.push(New { group, units, sources }),
                None => is_kept.get_mut(units).unwrap_or_default().fill(false),
            }
        }
        self.plan.is_kept = is_kept;
    }

    /// Finds where entries lead: a block's may lead to a region by now, and then whatever led to the block is going to lead
    /// there, and the block is left out.
    fn find_finals(&mut self) {
        let (half, first) = (self.half, self.half.units.first().map_or(self.half.next, |made| made.base));
        self.plan.first = first;
        self.plan.finals = vec![None; ((half.next - first) / ALIGN) as usize + 1];
        // What an entry leads to was made later.
        for (index, made) in half.units.iter().enumerate().rev().filter(|(_, made)| !made.is_stale) {
            let moved = jumps_to(self.arena.eight(made.base), made.base);
            let last = match moved {
                Some(to) => self.resolve(to),
                None => Some(made.base).filter(|_| self.plan.is_kept.get(index) == Some(&true)),
            };
            if let (Some(_), Some(is_kept)) = (moved, self.plan.is_kept.get_mut(index)) {
                *is_kept = false;
            }
            if let Some(to) = self.plan.finals.get_mut(((made.base - first) / ALIGN) as usize) {
                *to = last.and_then(NonZeroU32::new);
            }
        }
    }

    /// Where something leads to that is kept, if it does.
    fn resolve(&self, mut place: u32) -> Option<u32> {
        for _ in 0..HOPS {
            if let Some(own) = place.checked_sub(self.plan.first) {
                let last = self.plan.finals.get((own / ALIGN) as usize)?;
                return last.filter(|_| place.is_multiple_of(ALIGN)).map(NonZeroU32::get);
            }
            let unit = self.half.frozen.as_ref()?.unit_at(place).filter(|unit| !unit.is_stale)?;
            match jumps_to(self.arena.eight(unit.base), unit.base) {
                Some(next) => place = next,
                None => return Some(place),
            }
        }
        None
    }

    /// Whether it is worth it; what was kept already is looked through.
    fn begin(&mut self, worth: u32) -> bool {
        let kept = self.half.units.iter().zip(&self.plan.is_kept).filter(|(_, is_kept)| **is_kept);
        let code: u32 = kept.map(|(made, _)| made.end - made.base).sum();
        let is_enough = code >= worth.max(1);
        match &self.half.frozen {
            Some(frozen) => {
                let late = self.late(frozen);
                let is_more = late.len() >= frozen.late.len() + LATE_WORTH;
                if !is_enough && !is_more && !frozen.is_damaged {
                    return false;
                }
                self.contents.late = late.into_iter().collect();
                self.contents.code = frozen.directory.code;
                self.keep_old(frozen);
            }
            None if !is_enough => return false,
            None => {}
        }
        self.contents.code = self.contents.code.saturating_add(code);
        self.contents.ends = [self.half.next, self.half.next_exit(), self.half.next_counter];
        true
    }

    /// Takes over the clusters that are not known to be wrong. The file is written anew if too much of it is of no use.
    fn keep_old(&mut self, frozen: &Frozen) {
        let is_good = |cluster: &Cluster| !matches!(cluster.state, State::Refused);
        let good = || frozen.clusters.iter().enumerate().filter(|(_, cluster)| is_good(cluster));
        let used: u64 = good().map(|(_, cluster)| u64::from(cluster.span.len)).sum();
        let len = frozen.file().len() as u64;
        if frozen.is_damaged || used * 2 < len {
            self.old = good().map(|(index, _)| index).collect();
        } else {
            self.contents.spans = good().map(|(_, cluster)| cluster.span).collect();
            self.behind = Some(len);
        }
    }

    /// Where an exit's jump leads, if it is linked.
    fn link(&self, base: u32, exit: &Exit) -> Option<u32> {
        let site = base + exit.site;
        let target = (site + 4).wrapping_add(self.arena.four(site));
        if target == base + exit.resume { None } else { self.resolve(target) }
    }

    /// What was changed in code that was kept, before this run and in it.
    fn late(&self, frozen: &Frozen) -> BTreeMap<u32, u32> {
        let mut late = frozen.late.clone();
        if self.half.relinked == 0 {
            return late;
        }
        for (record, cluster) in frozen.clusters.iter().filter_map(|one| Some((one.record()?, one))) {
            let Some(bytes) = frozen.bytes(&cluster.span) else { continue };
            for unit in record.units.iter().filter(|unit| !unit.is_stale) {
                let base = unit.base;
                let entry = self.arena.eight(base);
                if let Some(target) = jumps_to(entry, base).and_then(|target| self.resolve(target)) {
                    late.insert(base, target);
                } else if entry == Asm::UNCOUNTED
                    && unit.code(bytes).and_then(|code| code.first_chunk()) != Some(&entry.to_le_bytes())
                {
                    late.insert(base, base);
                }
                let tables = record.tables(bytes, unit, self.outside);
                for exit in tables.exits.iter().filter(|exit| exit.site != 0 && exit.kind == ExitKind::Goto) {
                    let site = base + exit.site;
                    let known = record.links.binary_search_by_key(&site, |(site, _)| *site).ok();
                    let known = known.and_then(|at| record.links.get(at)).and_then(|(_, to)| self.resolve(*to));
                    if let Some(target) = self.link(base, exit).filter(|target| known != Some(*target)) {
                        late.insert(site, target);
                    }
                }
            }
        }
        late
    }

    /// The next cluster that is new, as the piece, and what it occupies.
    fn cluster(&mut self) -> Option<Span> {
        loop {
            let at = self.next;
            let new = self.new.get(at)?;
            self.next += 1;
            let (group, units) = (new.group, new.units.clone());
            if !self.plan.is_kept.get(units.clone())?.iter().any(|is_kept| *is_kept) {
                continue;
            }
            let half = self.half;
            self.exits_at = half.exits.partition_point(|way| way.base < group.place);
            self.marks_at = half.marks.partition_point(|mark| mark.place() < group.place);
            let first_exit = half.exit_base + self.exits_at as u32;
            self.packer.begin(first_exit);
            for index in units.clone() {
                self.unit(index);
            }
            let next_group = half.groups.get(at_group(half, units.end));
            let sources = self.new.get(at).map(|new| new.sources.as_slice()).unwrap_or_default();
            self.packer.finish(sources, &mut self.piece);
            return Some(Span {
                place: group.place,
                end: half.units.get(units.end).map_or(half.next, |made| made.base),
                first_exit,
                exits_end: half.exit_base + self.exits_at as u32,
                first_counter: group.counter,
                counters_end: next_group.map_or(half.next_counter, |group| group.counter),
                at: 0,
                len: self.piece.len() as u32,
                digest: digest(&self.piece),
            });
        }
    }

    /// Adds a unit of the half to a cluster; its exits and marks are the next ones.
    fn unit(&mut self, index: usize) -> Option<()> {
        let half = self.half;
        let made = half.units.get(index)?;
        let (exits, marks) = (half.exits.get(self.exits_at..)?, half.marks.get(self.marks_at..)?);
        let own = exits.iter().take_while(|way| way.base == made.base).count();
        let first_exit = half.exit_base + self.exits_at as u32;
        self.exits_at += own;
        let own_marks = marks.iter().take_while(|mark| mark.place() < made.end).count();
        self.marks_at += own_marks;
        if !*self.plan.is_kept.get(index)? {
            return None;
        }
        // The last exit is that of the code behind the unit.
        let (exits, marks) = (exits.get(..own.checked_sub(1)?)?, marks.get(..own_marks)?);
        let from = self.packer.code.len();
        self.arena.read_to(made.base, made.end - made.base, &mut self.packer.code);
        let mut links = core::mem::take(&mut self.links);
        links.clear();
        for exit in exits.iter().map(|way| &way.exit).filter(|exit| exit.site != 0 && exit.kind == ExitKind::Goto) {
            links.extend(self.link(made.base, exit).map(|target| (exit.site, target)));
            let distance = exit.resume.wrapping_sub(exit.site + 4).to_le_bytes();
            let to = self.packer.code.get_mut(from + exit.site as usize..).unwrap_or_default();
            to.iter_mut().zip(distance).for_each(|(to, byte)| *to = byte);
        }
        links.sort_unstable();
        let (number, pages) = (index as u32, &self.plan.pages);
        let pages = pages.get(pages.partition_point(|(unit, _)| *unit < number)..)?;
        let pages = pages.get(..pages.partition_point(|(unit, _)| *unit <= number))?;
        let has_maps = !Arc::ptr_eq(&made.maps, self.outside);
        self.packer.add(&Unit { made, has_maps, pages, first_exit, exits, links: &links, marks });
        self.links = links;
        Some(())
    }

    /// All units that can be looked up, the newest where there are several of an address.
    fn all_units(&self) -> Vec<(u64, u32)> {
        let own = self.half.units.iter().zip(&self.plan.is_kept).filter(|(_, is_kept)| **is_kept);
        let mut units: Vec<(u64, u32)> = own.map(|(made, _)| (made.pc, made.base)).collect();
        if let Some(frozen) = &self.half.frozen {
            let spans = &self.contents.spans;
            let has = |place: u32| spans.iter().any(|span| (span.place..span.end).contains(&place));
            let mut last = (u32::MAX, false);
            units.extend(frozen.directory.all_units(frozen.file()).filter(|(_, place)| {
                let cluster = frozen.cluster_of(*place).map_or(u32::MAX, |index| index as u32);
                if last.0 != cluster {
                    last = (cluster, has(*place));
                }
                last.1
            }));
        }
        // Later made is further behind.
        units.sort_unstable();
        units.reverse();
        units.dedup_by_key(|(pc, _)| *pc);
        units.reverse();
        units
    }
}

/// The number of the group that begins with a unit.
fn at_group(half: &Half, unit: usize) -> usize {
    half.groups.partition_point(|group| (group.first_unit as usize) < unit)
}

impl Pieces for Draft<'_> {
    fn next(&mut self, at: u64) -> Option<&[u8]> {
        if at == 0 {
            self.piece = vec![0; HEAD];
            return Some(&self.piece);
        }
        if let (Some(index), Some(frozen)) = (self.old.pop(), &self.half.frozen) {
            let mut span = frozen.clusters.get(index)?.span;
            span.at = at;
            self.contents.spans.push(span);
            return frozen.bytes(&span_before(frozen, index)?);
        }
        if let Some(mut span) = self.cluster() {
            span.at = at;
            self.contents.spans.push(span);
            return Some(&self.piece);
        }
        if self.head.is_some() {
            return None;
        }
        self.contents.spans.sort_unstable_by_key(|span| span.place);
        self.contents.units = self.all_units();
        self.piece = self.contents.bytes();
        self.head = Some(head(&self.key, at, &self.piece));
        Some(&self.piece)
    }

    fn head(&mut self) -> Vec<u8> {
        self.head.take().unwrap_or_default()
    }
}

/// Where a cluster is in the file that was there.
fn span_before(frozen: &Frozen, index: usize) -> Option<Span> {
    frozen.clusters.get(index).map(|cluster| cluster.span)
}
