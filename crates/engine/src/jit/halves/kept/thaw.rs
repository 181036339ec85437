//! Putting clusters into the arena.

use super::digest::digest;
use super::frozen::{Cluster, Frozen, State};
use super::record::{Record, STUB_LEN};
use crate::jit::shared::{COLD, Inner, Jit};
use ashore_emit::Tiny;
use ashore_emit::asm::Asm;

impl Jit {
    /// The place of an address's code, if that was kept and is right.
    pub(in crate::jit) fn kept_place(&self, inner: &mut Inner, pc: u64) -> Option<u32> {
        // What was kept is the usual code.
        let turn = Some(inner.turn).filter(|_| inner.tiny == Tiny::default())?;
        let half = inner.halves.first_mut().filter(|half| half.turn == turn)?;
        let frozen = half.frozen.as_mut()?;
        let (place, index) = frozen.lookup(pc)?;
        self.put_back(frozen, index, &mut inner.stub);
        frozen.unit_at(place).filter(|unit| unit.pc == pc && !unit.is_stale)?;
        inner.blocks.insert(pc, place);
        Some(place)
    }

    /// Puts all of it into the arena, for comparing.
    pub(in crate::jit) fn put_all_back(&self, inner: &mut Inner) {
        let Some(frozen) = inner.halves.first_mut().and_then(|half| half.frozen.as_mut()) else { return };
        for index in 0..frozen.clusters.len() {
            self.put_back(frozen, index, &mut inner.stub);
        }
    }

    fn put_back(&self, frozen: &mut Frozen, index: usize, stub: &mut Asm) {
        if !frozen.clusters.get(index).is_some_and(|cluster| matches!(cluster.state, State::Waiting)) {
            return;
        }
        let record = self.read(frozen, index, stub);
        let Some(cluster) = frozen.clusters.get_mut(index) else { return };
        cluster.state = record.map_or(State::Refused, |record| State::There(Box::new(record)));
        self.link_back(frozen, index);
    }

    /// Reads a cluster and writes its code, if it is as it was written, and what it was made of as well.
    fn read(&self, frozen: &mut Frozen, index: usize, stub: &mut Asm) -> Option<Record> {
        let span = frozen.clusters.get(index)?.span;
        let bytes = frozen.bytes(&span).filter(|bytes| digest(bytes) == span.digest);
        let record = bytes.and_then(|bytes| Record::read(bytes, &span, &self.map));
        frozen.is_damaged |= record.is_none();
        let record = record?;
        {
            let mut sources = self.cache.sources.lock();
            if !record.sources.iter().all(|(page, wanted)| sources.digest(*page) == Some(*wanted)) {
                return None;
            }
        }
        let bytes = frozen.bytes(&span)?;
        self.arena.populate(span.place, span.end - span.place);
        for unit in &record.units {
            self.arena.write(unit.base, unit.code(bytes)?);
            stub.clear();
            self.write_stub(stub, unit.end, unit.again());
            if stub.here() <= STUB_LEN {
                self.arena.write(unit.end, stub.bytes());
            }
            self.told((unit.base, unit.end), unit.pc, 1 + usize::from(unit.has_loop));
        }
        let hot = if self.settings.hot == 0 { COLD } else { self.settings.hot };
        (span.first_counter..span.counters_end).step_by(4).for_each(|counter| self.arena.set_counter(counter, hot));
        Some(record)
    }

    fn link_back(&self, frozen: &mut Frozen, index: usize) {
        for (site, target) in frozen.take_links(index) {
            self.arena.patch(site, target.wrapping_sub(site + 4));
        }
        let Some(record) = frozen.clusters.get(index).and_then(Cluster::record) else { return };
        if frozen.late.is_empty() {
            return;
        }
        let span = frozen.clusters.get(index).map_or(0..0, |cluster| cluster.span.place..cluster.span.end);
        let uncounted = frozen.late.range(span).filter(|(place, target)| place == target);
        for (base, _) in uncounted.filter(|(base, _)| record.unit_at(**base).is_some()) {
            // A block that no region can be made of counts no more.
            self.arena.patch_eight(*base, Asm::UNCOUNTED);
        }
    }
}
