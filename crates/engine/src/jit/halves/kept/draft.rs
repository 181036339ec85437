//! What is written at a program's end: the clusters that are new, and a directory of all.

use super::digest::{Digest, digest};
use super::directory::{Contents, HEAD, KEY, head};
use super::frozen::{Cluster, Frozen, State, most_of};
use super::record::{Packer, STUB_LEN, Span, Unit};
use super::sources::{Known, Sources};
use crate::jit::entry::jumps_to;
use crate::jit::halves::{Group, Half};
use crate::jit::shared::ALIGN;
use crate::jit::targets::Targets;
use ashore_emit::{Exit, ExitKind};
use ashore_sys::translated::Arena;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// So many changes of code that was kept are worth writing, if nothing else is.
const LATE_WORTH: usize = 1024;
/// New code is worth writing if it is this part of what there is: with it, the whole directory is written.
const WORTH_SHARE: u32 = 128;
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
    /// Places that jumps with a computed target went to.
    targets: Places,
    /// Entries that lead to their own code, which is kept.
    entries: Places,
    /// Where the others lead to that lead to what is kept.
    moved: HashMap<u32, u32>,
}

/// Places from a first one on that code may begin at, each of which is one of them or is not.
#[derive(Default)]
struct Places {
    first: u32,
    bits: Vec<u64>,
}

impl Places {
    /// None.
    fn none(places: &std::ops::Range<u32>) -> Places {
        Places { first: places.start, bits: vec![0; (places.len() as u32 / ALIGN / 64) as usize + 1] }
    }

    /// Where the bit of a place is.
    fn bit(&self, place: u32) -> Option<(usize, u32)> {
        let step = place.checked_sub(self.first)? / ALIGN;
        place.is_multiple_of(ALIGN).then_some(((step / 64) as usize, step % 64))
    }

    fn insert(&mut self, place: u32) {
        if let Some((index, bit)) = self.bit(place)
            && let Some(word) = self.bits.get_mut(index)
        {
            *word |= 1 << bit;
        }
    }

    fn has(&self, place: u32) -> bool {
        self.bit(place).is_some_and(|(index, bit)| self.bits.get(index).is_some_and(|word| word >> bit & 1 != 0))
    }
}

/// A half that is being written.
pub(in crate::jit) struct Draft<'a> {
    half: &'a Half,
    arena: &'a Arena,
    key: [u8; KEY],
    plan: Plan,
    /// The first place of what was made now.
    first: u32,
    new: Vec<New<'a>>,
    next: usize,
    /// Clusters that are written again as they are.
    old: Vec<usize>,
    contents: Contents,
    packer: Packer,
    links: Vec<(u32, u32)>,
    pages: Vec<u64>,
    /// The places of the cluster that is being written.
    own: std::ops::Range<u32>,
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
        (key, sources): ([u8; KEY], &Sources),
        (targets, worth): (Targets, u32),
    ) -> Option<Draft<'a>> {
        let is_damaged = self.frozen.as_ref().is_some_and(|frozen| frozen.is_damaged);
        let share = self.frozen.as_ref().map_or(0, |frozen| frozen.directory.code / WORTH_SHARE);
        let worth = worth.max(share).max(1);
        if self.fresh < worth && self.relinked.len() < LATE_WORTH && !is_damaged {
            return None;
        }
        let mut draft = Draft {
            half: self,
            arena,
            key,
            plan: Plan::default(),
            first: 0,
            new: Vec::new(),
            next: 0,
            old: Vec::new(),
            contents: Contents::default(),
            packer: Packer::default(),
            links: Vec::new(),
            pages: Vec::new(),
            own: 0..0,
            piece: Vec::new(),
            head: None,
            behind: None,
        };
        draft.choose(&sources.lock());
        draft.find_finals();
        targets.places(arena).for_each(|place| draft.plan.targets.insert(place));
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
        for unit in half.groups.iter().flat_map(|group| &group.foreign) {
            if let Some(is_kept) = is_kept.get_mut(*unit as usize) {
                *is_kept = false;
            }
        }
        let mut known: HashMap<u64, Option<Digest>> = HashMap::new();
        for (index, group) in half.groups.iter().enumerate() {
            let end = half.groups.get(index + 1).map_or(half.units.len(), |next| next.first_unit as usize);
            let units = group.first_unit as usize..end;
            let mut digest = |page: u64| *known.entry(page).or_insert_with(|| sources.same(page));
            let pages: BTreeSet<u64> = group.pages.iter().copied().collect();
            match pages.into_iter().map(|page| Some((page, digest(page)?))).collect() {
                Some(sources) => self.new.push(New { group, units, sources }),
                None => is_kept.get_mut(units).unwrap_or_default().fill(false),
            }
        }
        self.plan.is_kept = is_kept;
    }

    /// Finds where entries lead: a block's may lead to a region by now, and then whatever led to the block is going to lead
    /// there, and the block is left out.
    fn find_finals(&mut self) {
        let half = self.half;
        self.first = half.units.first().map_or(half.next, |made| made.base);
        let places = self.first..half.next;
        (self.plan.targets, self.plan.entries) = (Places::none(&places), Places::none(&places));
        // What an entry leads to was made later.
        for (index, made) in half.units.iter().enumerate().rev().filter(|(_, made)| !made.is_stale) {
            let Some(is_kept) = self.plan.is_kept.get_mut(index) else { continue };
            match jumps_to(self.arena.eight(made.base), made.base) {
                Some(to) => {
                    *is_kept = false;
                    if let Some(to) = self.resolve(to) {
                        self.plan.moved.insert(made.base, to);
                    }
                }
                None if *is_kept => self.plan.entries.insert(made.base),
                None => {}
            }
        }
    }

    /// Where something leads to that is kept, if it does.
    fn resolve(&self, mut place: u32) -> Option<u32> {
        for _ in 0..HOPS {
            if place >= self.first {
                let is_entry = self.plan.entries.has(place);
                return if is_entry { Some(place) } else { self.plan.moved.get(&place).copied() };
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
        let is_enough = code >= worth;
        // What is refused at the next start is not written.
        if self.half.next > most_of(self.half) {
            return false;
        }
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
        let mut late: BTreeMap<u32, u32> = frozen.late.iter().copied().collect();
        for place in &self.half.relinked {
            if let Some(target) = self.changed(frozen, *place) {
                late.insert(*place, target);
            }
        }
        late
    }

    /// Where a site or an entry of what was kept leads, if that is kept and not what its cluster says.
    fn changed(&self, frozen: &Frozen, place: u32) -> Option<u32> {
        let (record, cluster) = frozen.record_of(place)?;
        let unit = record.unit_of(place).filter(|unit| !unit.is_stale)?;
        let code = || unit.code(frozen.bytes(&cluster.span)?);
        if place == unit.base {
            return self.resolve(jumps_to(self.arena.eight(place), place)?);
        }
        let before = record.links.binary_search_by_key(&place, |(site, _)| *site).ok();
        let before = match before.and_then(|at| record.links.get(at)) {
            Some((_, to)) => *to,
            None => {
                let distance = code()?.get((place - unit.base) as usize..)?.first_chunk()?;
                (place + 4).wrapping_add(u32::from_le_bytes(*distance))
            }
        };
        // What leads nowhere leads to the code of its exit, which is no unit.
        let target = self.resolve((place + 4).wrapping_add(self.arena.four(place)))?;
        (self.resolve(before) != Some(target)).then_some(target)
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
            let exit_at =
                |unit: usize| half.units.get(unit).map_or(half.exit_base + half.exits, |made| made.first_exit);
            let (first_exit, exits_end) = (exit_at(units.start), exit_at(units.end));
            self.packer.begin(first_exit);
            self.own = group.place..half.units.get(units.end).map_or(half.next, |made| made.base);
            for index in units.clone() {
                self.unit(index);
            }
            let next_group = half.groups.get(at_group(half, units.end));
            let sources = self.new.get(at).map(|new| new.sources.as_slice()).unwrap_or_default();
            self.packer.finish(sources, &mut self.piece);
            return Some(Span {
                place: group.place,
                end: self.own.end,
                first_exit,
                exits_end,
                first_counter: group.counter,
                counters_end: next_group.map_or(half.next_counter, |group| group.counter),
                at: 0,
                len: self.piece.len() as u32,
                digest: digest(&self.piece),
            });
        }
    }

    /// Adds a unit of the half to a cluster.
    fn unit(&mut self, index: usize) -> Option<()> {
        let half = self.half;
        let (made, tables) = half.unit(index)?;
        if !*self.plan.is_kept.get(index)? {
            return None;
        }
        let from = self.packer.code.len();
        self.arena.read_to(made.base, made.end + STUB_LEN - made.base, &mut self.packer.code);
        let mut links = core::mem::take(&mut self.links);
        links.clear();
        for exit in tables.exits().filter(|exit| exit.site != 0 && exit.kind == ExitKind::Goto) {
            let target = self.link(made.base, &exit);
            let to_own = target.filter(|target| self.own.contains(target)).map(|target| target.wrapping_sub(made.base));
            if to_own.is_none() {
                links.extend(target.map(|target| (exit.site, target)));
            }
            let distance = to_own.unwrap_or(exit.resume).wrapping_sub(exit.site + 4).to_le_bytes();
            let to = self.packer.code.get_mut(from + exit.site as usize..).unwrap_or_default();
            to.iter_mut().zip(distance).for_each(|(to, byte)| *to = byte);
        }
        links.sort_unstable();
        let mut pages = core::mem::take(&mut self.pages);
        pages.clear();
        pages.push(made.page());
        pages.extend(half.pages.others_of(index as u32));
        let is_target = self.plan.targets.has(made.base);
        self.packer.add(&Unit { made, is_target, pages: &pages, links: &links, tables: tables.bytes() });
        (self.links, self.pages) = (links, pages);
        Some(())
    }

    /// All units that can be looked up, the newest where there are several of an address.
    fn all_units(&self) -> Vec<(u64, u32)> {
        let own = self.half.units.iter().zip(&self.plan.is_kept).filter(|(_, is_kept)| **is_kept);
        let mut own: Vec<(u64, u32)> = own.map(|(made, _)| (made.pc, made.base)).collect();
        // Later made is further behind.
        own.sort_unstable_by_key(|(pc, place)| (*pc, u32::MAX - place));
        own.dedup_by_key(|(pc, _)| *pc);
        let Some(frozen) = &self.half.frozen else { return own };
        let spans = &self.contents.spans;
        let is_there = |cluster: &Cluster| spans.binary_search_by_key(&cluster.span.place, |span| span.place).is_ok();
        let is_there: Vec<bool> = frozen.clusters.iter().map(is_there).collect();
        let has = |place: u32| frozen.cluster_of(place).is_some_and(|index| is_there.get(index) == Some(&true));
        let mut units = Vec::with_capacity(own.len() + frozen.directory.units);
        let mut own = own.into_iter().peekable();
        for (pc, place) in frozen.directory.all_units(frozen.file()).filter(|(_, place)| has(*place)) {
            while let Some(unit) = own.next_if(|(own, _)| *own < pc) {
                units.push(unit);
            }
            if own.peek().is_none_or(|(own, _)| *own != pc) {
                units.push((pc, place));
            }
        }
        units.extend(own);
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
