//! Putting clusters into the arena.

use super::digest::digest;
use super::frozen::{Frozen, State};
use super::record::Record;
use crate::jit::shared::{COLD, Inner, Jit};
use ashore_emit::{COUNTER_LEN, Tiny};

/// How often a cluster is looked at that is made of what is not there.
const TRIES: u8 = 4;

/// Why a cluster is not put back.
enum Refusal {
    /// It is of no use.
    Wrong,
    /// What it was made of is not there, or not yet.
    Early,
}

impl Jit {
    /// The place of an address's code, if that was kept and is right.
    pub(in crate::jit) fn kept_place(&self, inner: &mut Inner, pc: u64) -> Option<u32> {
        // What was kept is the usual code.
        let turn = Some(inner.turn).filter(|_| inner.tiny == Tiny::default())?;
        let half = inner.halves.first_mut().filter(|half| half.turn == turn)?;
        let frozen = half.frozen.as_mut()?;
        let (place, index) = frozen.lookup(pc)?;
        self.put_back(frozen, index);
        frozen.unit_at(place).filter(|unit| unit.pc == pc && !unit.is_stale)?;
        inner.blocks.insert(pc, place);
        Some(place)
    }

    /// Puts all of it into the arena, for comparing.
    pub(in crate::jit) fn put_all_back(&self, inner: &mut Inner) {
        let Some(frozen) = inner.halves.first_mut().and_then(|half| half.frozen.as_mut()) else { return };
        for index in 0..frozen.clusters.len() {
            self.put_back(frozen, index);
        }
    }

    fn put_back(&self, frozen: &mut Frozen, index: usize) {
        if !frozen.clusters.get(index).is_some_and(|cluster| matches!(cluster.state, State::Waiting)) {
            return;
        }
        let record = self.read(frozen, index);
        let Some(cluster) = frozen.clusters.get_mut(index) else { return };
        cluster.state = match record {
            Ok(record) => State::There(Box::new(record)),
            // What it was made of may come.
            Err(Refusal::Early) if cluster.tries < TRIES => {
                cluster.tries += 1;
                return;
            }
            Err(_) => State::Refused,
        };
        self.link_back(frozen, index);
        frozen.targets(index).for_each(|(pc, place)| self.targets.insert(&self.arena, pc, place));
    }

    /// Reads a cluster and writes its code, if it is as it was written, and what it was made of as well.
    fn read(&self, frozen: &mut Frozen, index: usize) -> Result<Record, Refusal> {
        let span = frozen.clusters.get(index).ok_or(Refusal::Wrong)?.span;
        let bytes = frozen.bytes(&span).filter(|bytes| digest(bytes) == span.digest);
        let record = bytes.and_then(|bytes| Record::read(bytes, &span, &self.map));
        frozen.is_damaged |= record.is_none();
        let record = record.ok_or(Refusal::Wrong)?;
        {
            let mut sources = self.cache.sources.lock();
            if !record.sources.iter().all(|(page, _)| sources.has(*page)) {
                return Err(Refusal::Early);
            }
            if !record.sources.iter().all(|(page, wanted)| sources.digest(*page) == Some(*wanted)) {
                return Err(Refusal::Wrong);
            }
        }
        let bytes = frozen.bytes(&span).ok_or(Refusal::Wrong)?;
        self.arena.populate(span.place, span.end - span.place);
        for unit in &record.units {
            self.arena.write(unit.base, unit.code(bytes).ok_or(Refusal::Wrong)?);
            self.told((unit.base, unit.end), unit.pc, 1 + usize::from(unit.has_loop));
        }
        let hot = if self.settings.hot == 0 { COLD } else { self.settings.hot };
        (span.first_counter..span.counters_end)
            .step_by(COUNTER_LEN as usize)
            .for_each(|counter| self.arena.set_counter(counter, hot));
        Ok(record)
    }

    fn link_back(&self, frozen: &mut Frozen, index: usize) {
        for (site, target) in frozen.take_links(index) {
            // No link is in the first bytes of a unit.
            match frozen.record_of(site).is_some_and(|(record, _)| record.has_unit(site)) {
                true => self.redirect(site, target),
                false => self.arena.patch(site, target.wrapping_sub(site + 4)),
            }
        }
    }
}
