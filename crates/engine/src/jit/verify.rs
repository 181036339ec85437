//! Translations made again: the same code must come of it, byte for byte, with the same tables.
//!
//! What differs by right is what was written into code after it was made: where its exits lead, and its entry. They may lead to
//! the code of their address only.

use super::blocks::Blocks;
use super::entry::{ENTRY_LEN, jumps_to};
use super::halves::Half;
use super::lift::lift;
use super::maps::Maps;
use super::marks::Packed;
use super::peek::Peek;
use super::shared::{BLOCK_LEN, Inner, Jit, Made};
use super::tables;
use super::{Code, Lifter};
use ashore_emit::{Addresses, Exit, ExitKind, Nans, Part, Place, RegMap, Unit};

/// What a unit's pages may have been seen to do.
const CUSTOMS: [(Addresses, Nans); 4] = [
    (Addresses::Whole, Nans::Rare),
    (Addresses::Tagged, Nans::Rare),
    (Addresses::Whole, Nans::Usual),
    (Addresses::Tagged, Nans::Usual),
];

/// A unit that would be another if it were made now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Its guest address.
    pub pc: u64,
    /// What differs.
    pub what: &'static str,
}

/// What a unit may have been made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Block,
    Region,
}

impl Jit {
    /// Translates the region around an address, entered or not, for tests; gives whether there is one.
    pub fn form(&self, pc: u64, code: &dyn Code) -> bool {
        self.add_region(&mut self.lock(), pc, code).is_some()
    }

    /// Forgets what was put back, which nobody has entered.
    pub(super) fn forget(&self) {
        let mut inner = self.lock();
        let turn = inner.turn;
        inner.half().reuse(&self.arena, turn);
        inner.blocks = Blocks::default();
        self.targets.clear(&self.arena);
    }

    /// Translates everything again that was translated from this code, and compares; gives how many units there are.
    pub fn verify(&self, code: &dyn Code) -> Result<usize, Difference> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        self.put_all_back(inner);
        let mut count = 0;
        for index in 0..inner.halves.len() {
            let Some(half) = inner.halves.get(index) else { continue };
            for made in half.units().filter(|made| !made.is_stale).collect::<Vec<_>>() {
                self.again(inner, index, (&made, code)).map_err(|what| Difference { pc: made.pc, what })?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Whether a unit comes out the same, of what it may have been made of.
    fn again(&self, inner: &mut Inner, index: usize, (made, code): (&Made, &dyn Code)) -> Result<(), &'static str> {
        let (first_exit, exits) = inner.halves.get(index).map(|half| half.exits_of(made)).unwrap_or_default();
        let counter = exits.iter().find(|exit| exit.kind == ExitKind::Hot).map(|exit| exit.resume);
        let sources = if counter.is_some() { &[Source::Block][..] } else { &[Source::Region, Source::Block] };
        let mut found = Err("nothing can be made there");
        for &source in sources {
            let Some((parts, entry, maps)) = self.parts(inner, source, (made.pc, code)) else { continue };
            for (addresses, nans) in CUSTOMS {
                let (outside, tiny, host) = (&self.map, inner.tiny, self.settings.host);
                let unit = Unit { parts: &parts, entry, maps: &maps, outside, addresses, nans, tiny, host };
                let place = Place { base: made.base, gates: self.gates, first_exit, counter };
                let mut peek = Peek { lifter: self.lifter.as_ref(), code, cache: &mut inner.peek };
                let new = inner.emitter.translate(&unit, place, &mut peek);
                let Some(half) = inner.halves.get(index) else { return Err("no half") };
                let own = Maps::of(&maps, &new.maps);
                let is_same = made.maps.as_ref().map_or_else(|| own.are(&self.map), |maps| **maps == own);
                found = if is_same { same_tables(half, made, (new, &exits)) } else { Err("the registers' places") };
                if found.is_ok() {
                    let mut bytes = new.asm.bytes().to_vec();
                    inner.stub.clear();
                    self.write_stub(&mut inner.stub, made.end);
                    bytes.extend(inner.stub.bytes());
                    found = self.same_bytes(&inner.halves, made, (&mut bytes, &exits));
                }
                if found.is_ok() {
                    return Ok(());
                }
            }
        }
        found
    }

    /// The parts of a block or of a region, which of them is entered, and the maps.
    fn parts(
        &self,
        inner: &mut Inner,
        source: Source,
        (pc, code): (u64, &dyn Code),
    ) -> Option<(Vec<Part>, usize, Vec<RegMap>)> {
        let lifter: &dyn Lifter = self.lifter.as_ref();
        if source == Source::Region {
            let entry = inner.region.form(lifter, &self.map, pc, code)?;
            return Some((inner.region.parts().to_vec(), entry, inner.region.maps().to_vec()));
        }
        let mut bytes = [0; BLOCK_LEN * 4];
        let len = code.fetch(pc, &mut bytes);
        let mut part = Part { pc, ..Part::default() };
        let count = lift(lifter, &mut part.block, pc, bytes.get(..len).unwrap_or_default(), None);
        (count != 0).then(|| (vec![part], 0, vec![(*self.map).clone()]))
    }

    fn same_bytes(
        &self,
        halves: &[Half],
        made: &Made,
        (bytes, exits): (&mut [u8], &[Exit]),
    ) -> Result<(), &'static str> {
        let mut old = self.arena.read(made.base, bytes.len() as u32);
        let leads_to = |place: u32, pc: u64| halves.iter().any(|half| half.is_entry(place, pc));
        for exit in exits.iter().filter(|exit| exit.site != 0) {
            let site = exit.site as usize..exit.site as usize + 4;
            let (Some(old), Some(new)) = (old.get_mut(site.clone()), bytes.get_mut(site)) else {
                return Err("an exit's place");
            };
            if old != new {
                let distance = old.first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
                let place = distance.wrapping_add(made.base).wrapping_add(exit.site + 4);
                if !leads_to(place, exit.pc) {
                    return Err("where an exit leads");
                }
                old.copy_from_slice(new);
            }
        }
        if let (Some(old), Some(new)) = (old.first_chunk_mut::<ENTRY_LEN>(), bytes.first_chunk::<ENTRY_LEN>())
            && old != new
        {
            let word = old.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            if !jumps_to(word, made.base).is_some_and(|place| leads_to(place, made.pc)) {
                return Err("its entry");
            }
            *old = *new;
        }
        if old == bytes { Ok(()) } else { Err("its code") }
    }
}

/// Whether the exits, the marks and the length are those of a unit.
fn same_tables(half: &Half, made: &Made, (new, exits): (&ashore_emit::Code, &[Exit])) -> Result<(), &'static str> {
    if new.asm.here() != made.end - made.base {
        return Err("its length");
    }
    // The last one is that of the code behind it.
    if exits.split_last() != Some((&tables::again(made.pc), new.exits.as_slice())) {
        return Err("its exits");
    }
    let marks = new.marks.iter().map(|mark| Packed::new(made.base, mark).words());
    if half.marks_of(made).map(Packed::words).eq(marks) { Ok(()) } else { Err("its marks") }
}
