//! Addresses that code loads from words: which of them instructions can compute instead, and which words are needed.

use super::{
    placed::Placed,
    relocate::Target,
    way::{Late, Row, Value, Way},
};
use ashore_base::Addr;
use std::collections::{BTreeMap, BTreeSet};

/// A symbol: the number of its object file, and its own in that.
pub(crate) type Key = (usize, usize);

/// What is decided about the symbols whose addresses code wants to load.
#[derive(Default, Debug)]
pub(crate) struct Loads {
    /// Those whose addresses are computed. All instructions about one symbol go the same way: they may share a register.
    pub(super) computed: BTreeSet<Key>,
    /// Those that are loaded, and from where.
    pub(super) words: BTreeMap<Key, Addr>,
    /// Those that are loaded from words that must be added.
    pub(crate) wanted: Vec<Key>,
}

impl Loads {
    /// Decides for everything that is in `units`.
    pub(crate) fn decide(way: &dyn Way, units: &[Placed]) -> Loads {
        let mut symbols: BTreeMap<Key, bool> = BTreeMap::new();
        for (index, unit) in units.iter().enumerate() {
            for section in unit.sections.keys().filter_map(|&number| unit.section(number)) {
                for relocation in &section.relocations {
                    let row = Row::find(way.rows(), relocation.number).filter(|row| row.value.is_load());
                    let (Some(row), Some(symbol)) = (row, relocation.symbol) else { continue };
                    let can_compute = way.can_compute(row, &section.bytes, relocation.offset);
                    *symbols.entry((index, symbol)).or_insert(true) &= can_compute;
                }
            }
        }
        let mut loads = Loads::default();
        for (key, can_compute) in symbols {
            let target = units.get(key.0).and_then(|unit| unit.targets.get(&key.1));
            match target {
                Some(Target::Slot(slot)) if !slot.is_late || way.late() == Late::Call => {
                    loads.words.insert(key, slot.at);
                }
                // Symbols of the file itself, and stubs of functions of libraries, have addresses like those of the program.
                None | Some(Target::At(_) | Target::Slot(_)) if can_compute => {
                    loads.computed.insert(key);
                }
                _ => loads.wanted.push(key),
            }
        }
        loads
    }

    /// The word at `at` was added for the wanted symbol `key`.
    pub(crate) fn add(&mut self, key: Key, at: Addr) {
        self.words.insert(key, at);
    }
}

impl Value {
    /// Whether code loads the address from a word.
    fn is_load(self) -> bool {
        matches!(self, Value::Word | Value::WordPage | Value::WordInPage)
    }
}
