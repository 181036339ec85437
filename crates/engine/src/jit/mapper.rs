//! Telling somebody what was translated to where: a profiler sees host addresses, and a person wants the program's.

use super::shared::Jit;
use std::sync::Arc;

/// Is told of every unit of translated code. Several threads may do so at once, and none may wait long.
pub trait Mapper: Send + Sync {
    /// This was put there.
    fn made(&self, unit: Unit);
}

/// Translated code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Where it begins on the host.
    pub at: u64,
    /// How many bytes it has.
    pub len: u32,
    /// The guest address that it is entered for.
    pub pc: u64,
    /// How many blocks it has: a region has several.
    pub blocks: usize,
}

impl Jit {
    /// Tells somebody from now on what is translated; at once, what comes with every process.
    pub(super) fn tell(&self, mapper: Arc<dyn Mapper>) {
        let (at, len) = (self.arena.address(0), self.gates_end);
        mapper.made(Unit { at, len, pc: 0, blocks: 0 });
        let _ = self.mapper.set(mapper);
    }

    /// Tells of a unit.
    pub(super) fn told(&self, (base, end): (u32, u32), pc: u64, blocks: usize) {
        if let Some(mapper) = self.mapper.get() {
            mapper.made(Unit { at: self.arena.address(base), len: end - base, pc, blocks });
        }
    }
}
