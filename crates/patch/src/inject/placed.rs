//! What of an object file comes into the program, and where.

use super::{
    relocate::Target,
    unit::{Content, Section, Unit, Where},
};
use ashore_base::Addr;
use std::collections::{BTreeMap, BTreeSet};

/// An object file of which something is in the program.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The file.
    pub(crate) unit: Unit,
    /// The sections that are in, and where they begin.
    pub(crate) sections: BTreeMap<usize, Addr>,
    /// The same for zeroed memory that symbols have for themselves.
    pub(crate) commons: BTreeMap<usize, Addr>,
    /// What symbols of elsewhere lead to.
    pub(crate) targets: BTreeMap<usize, Target>,
    /// Sections and symbols that something in the program leads to.
    reached: (BTreeSet<usize>, BTreeSet<usize>),
}

/// What was not reached before.
#[derive(Default, Debug)]
pub(crate) struct Reached {
    /// Sections, by number.
    pub(crate) sections: Vec<usize>,
    /// Symbols of elsewhere, by number.
    pub(crate) elsewhere: Vec<usize>,
}

impl Placed {
    /// Nothing of `unit` yet.
    pub(crate) fn new(unit: Unit) -> Placed {
        Placed {
            unit,
            sections: BTreeMap::new(),
            commons: BTreeMap::new(),
            targets: BTreeMap::new(),
            reached: Default::default(),
        }
    }

    /// What `symbol` leads to and was not reached before, in the order of the file.
    pub(crate) fn reach(&mut self, symbol: usize) -> Reached {
        let mut reached = Reached::default();
        let mut waiting = vec![symbol];
        while let Some(symbol) = waiting.pop() {
            if !self.reached.1.insert(symbol) {
                continue;
            }
            let Some(known) = self.unit.symbols.get(&symbol) else { continue };
            match known.place {
                Where::Section { index, .. } => {
                    let Some(section) = self.unit.sections.get(&index) else { continue };
                    if self.reached.0.insert(index) {
                        reached.sections.push(index);
                        waiting.extend(section.relocations.iter().filter_map(|relocation| relocation.symbol));
                    }
                }
                Where::Elsewhere => reached.elsewhere.push(symbol),
                Where::Common { .. } | Where::Number(_) | Where::ThreadLocal | Where::Chooser => {}
            }
        }
        reached.sections.sort_unstable();
        reached.elsewhere.sort_unstable();
        reached
    }

    /// The section numbered `index`.
    pub(crate) fn section(&self, index: usize) -> Option<&Section> {
        self.unit.sections.get(&index)
    }

    /// Gives addresses from `at` on to everything that begins as zero, and tells where it ends.
    pub(crate) fn place_zeroes(&mut self, mut at: Addr) -> Addr {
        let reached = self.reached.0.iter().filter_map(|index| Some((*index, self.unit.sections.get(index)?)));
        let zeroes = reached.filter(|(_, section)| section.content == Content::Zeroes);
        let wanted: Vec<_> = zeroes.map(|(index, section)| (index, section.len, section.align)).collect();
        for (index, len, align) in wanted {
            at = at.align_up(align);
            self.sections.insert(index, at);
            at = at.plus(len);
        }
        for &symbol in &self.reached.1 {
            let place = self.unit.symbols.get(&symbol).map(|symbol| symbol.place);
            if let Some(Where::Common { len, align }) = place {
                at = at.align_up(align);
                self.commons.insert(symbol, at);
                at = at.plus(len);
            }
        }
        at
    }

    /// Where a symbol of the file itself is.
    pub(crate) fn address(&self, symbol: usize) -> Option<Addr> {
        match self.unit.symbols.get(&symbol)?.place {
            Where::Section { index, offset } => Some(self.sections.get(&index)?.plus(offset)),
            Where::Common { .. } => self.commons.get(&symbol).copied(),
            _ => None,
        }
    }
}
