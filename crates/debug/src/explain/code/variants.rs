//! Slots that the start-up code is to fill by asking a function of the program: relocations of the kind IRELATIVE.

use super::Program;
use super::instruction::{Class, call_before, instruction_at};
use ashore_base::{Addr, Bytes};
use ashore_isa::Registers;
use ashore_pivot::Memory;

/// How many bytes a relocation has: where, what, and a number.
const RELA_LEN: u64 = 24;
/// More are not looked at.
const SLOTS_MAX: u64 = 4096;
/// So many instructions a linker's stub has at most before it jumps.
const STUB_LEN: usize = 6;

/// A slot that is to hold the address of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Where it is.
    pub at: Addr,
    /// The function that chooses.
    pub chooser: Addr,
}

impl Program<'_> {
    /// The slots, as the relocations in the file tell.
    pub fn slots(&self) -> Vec<Slot> {
        let tables =
            self.part.sections.iter().filter(|section| section.name.starts_with(".rela")).map(|table| table.file);
        let mut slots = Vec::new();
        for table in tables {
            let Some(bytes) = self.parsed.bytes.slice(table.offset, table.len).map(Bytes) else { continue };
            let rows =
                (0..(table.len / RELA_LEN).min(SLOTS_MAX.saturating_sub(slots.len() as u64))).map(|n| n * RELA_LEN);
            slots.extend(rows.filter_map(|row| {
                let (at, info, addend) = (bytes.u64(row)?, bytes.u64(row + 8)?, bytes.u64(row + 16)?);
                let slot = Slot { at: self.in_memory(Addr(at)), chooser: self.in_memory(Addr(addend)) };
                (info as u32 == self.facts().irelative).then_some(slot)
            }));
        }
        slots
    }

    /// The slot that the call right before `back` went through: named in the call, or in the stub that it calls. The
    /// registers are only to be of the program's CPU.
    pub fn slot_of_call(&self, like: &Registers, memory: &dyn Memory, back: Addr) -> Option<Slot> {
        let slots = self.slots();
        let call = call_before(self, memory, back)?;
        let found = |at: Addr| slots.iter().copied().find(|slot| slot.at == at);
        let mut regs = like.only_at(call.at.0);
        let resolved = instruction_at(self, &regs, memory, call.at)?;
        if let Some(slot) = resolved.accesses.iter().find_map(|access| found(access.at)) {
            return Some(slot);
        }
        let mut at = resolved.target?;
        regs.set_pc(at.0);
        for _ in 0..STUB_LEN {
            let step = instruction_at(self, &regs, memory, at)?;
            if let Some(slot) = step.accesses.iter().find_map(|access| found(access.at)) {
                return Some(slot);
            }
            if step.class == Class::Jump {
                return None;
            }
            regs = self.meanings()?.after(&step, &regs);
            at = at.plus(step.bytes.len() as u64);
        }
        None
    }
}
