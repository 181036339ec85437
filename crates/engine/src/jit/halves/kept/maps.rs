//! Maps of registers as bytes.

use super::words::{Reader, Writer};
use crate::jit::maps::Maps;
use ashore_emit::RegMap;
use ashore_emit::reg::{Gpr, Xmm};
use ashore_ir::{Slot, SlotKind};
use std::sync::Arc;

/// Registers of a kind: general ones, then vectors.
const REGISTERS: u8 = 16;

/// The maps of a group of units, each once.
#[derive(Default, Debug)]
pub(super) struct Known(Vec<Arc<RegMap>>);

impl Known {
    fn number(&mut self, map: &Arc<RegMap>) -> usize {
        let known = self.0.iter().position(|other| Arc::ptr_eq(other, map) || **other == **map);
        known.unwrap_or_else(|| {
            self.0.push(map.clone());
            self.0.len() - 1
        })
    }

    /// The maps of a unit, by their numbers.
    pub(super) fn write_list(&mut self, to: &mut Writer, maps: &Maps) {
        to.number(maps.0.len() as u64);
        for (at, map) in &maps.0 {
            to.number((*at).into());
            to.number(self.number(map) as u64);
        }
    }

    /// All of them.
    pub(super) fn write(&self, to: &mut Writer) {
        to.number(self.0.len() as u64);
        for map in &self.0 {
            let ints = map.ints().map(|(reg, slot)| (reg.0 & 15, slot));
            let vectors = map.vectors().map(|(reg, slot)| (REGISTERS + (reg.0 & 15), slot));
            let all: Vec<(u8, Slot)> = ints.chain(vectors).collect();
            to.number(all.len() as u64);
            for (register, slot) in all {
                to.number(register.into());
                to.number(slot.offset.into());
            }
        }
    }

    /// The same, read.
    pub(super) fn read(from: &mut Reader<'_>, outside: &RegMap) -> Option<Known> {
        let count = from.count()?;
        let maps: Option<Vec<_>> = (0..count).map(|_| read_map(from, outside).map(Arc::new)).collect();
        Some(Known(maps?))
    }

    /// What [`Known::write_list`] wrote.
    pub(super) fn read_list(&self, from: &mut Reader<'_>) -> Option<Maps> {
        let count = from.count()?;
        let one = |from: &mut Reader<'_>| Some((from.short()?, self.0.get(from.number()? as usize)?.clone()));
        let list: Vec<_> = (0..count).map(|_| one(from)).collect::<Option<_>>()?;
        (!list.is_empty() && list.is_sorted_by_key(|(at, _)| *at)).then_some(Maps(list))
    }
}

fn read_map(from: &mut Reader<'_>, outside: &RegMap) -> Option<RegMap> {
    let mut map = RegMap::new(&[], outside.guest);
    for _ in 0..from.count()? {
        let (register, offset) = (from.byte()?, u16::try_from(from.number()?).ok()?);
        let kind = if register < REGISTERS { SlotKind::I64 } else { SlotKind::V128 };
        let slot = Slot { kind, offset };
        if map.int(slot).is_some() || map.vector(slot).is_some() {
            return None;
        }
        match register {
            0..REGISTERS => map.pin_int(Gpr(register), slot),
            REGISTERS..32 => map.pin_vector(Xmm(register - REGISTERS), slot),
            _ => return None,
        }
    }
    Some(map)
}
