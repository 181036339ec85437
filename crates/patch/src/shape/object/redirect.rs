//! What must change so that whoever reaches one function of an object file reaches another.

use super::{
    super::{Added, Relink},
    added,
    rows::{Leads, ORIGINAL, Relocation, SYMBOL_LEN, Symbol, Tables},
    word::{Through, through},
};
use crate::{
    census::Census,
    names::{Name, resolve},
    program::Program,
};
use ashore_base::{Addr, AddrRange, Bytes};
use ashore_isa::{CodeRef, RefKind};
use ashore_report::{
    Place, Report,
    table::{PATCH_NO_MATCH, PATCH_REFUSED},
};

/// In a relocation's row: its type; its symbol, with the addend behind it. In a symbol's row: its section, with value and size
/// behind it.
const TYPE_AT: u64 = 8;
const NAMED_AT: u64 = 12;
const HOME_AT: u64 = 6;
/// In a symbol's row: its binding and type.
const INFO_AT: u64 = 4;
/// `st_info` and `st_other` of an added symbol: other files may name it, but no other program.
const STB_GLOBAL: u8 = 1 << 4;
const STB_WEAK: u8 = 2 << 4;
const STT_FUNC: u8 = 2;
const HIDDEN: u8 = 2;

/// One of the two functions.
struct End {
    addr: Addr,
    /// What people call it.
    name: String,
    /// The number of its symbol.
    symbol: Option<u32>,
    /// The type of its symbol: a function, or one that chooses a function.
    kind: u8,
    /// Whether another file's function of its name comes before it.
    is_weak: bool,
    /// The code it takes; none when it is of another file.
    code: AddrRange,
    is_here: bool,
}

/// Plans the redirection.
pub(super) fn plan(program: &Program<'_>, added: &Added, [old, new]: [&Name; 2]) -> Result<Relink, Report> {
    let tables = Tables::read(program);
    let (old, new) = (end(program, &tables, old)?, end(program, &tables, new)?);
    if old.addr == new.addr {
        return Err(PATCH_REFUSED.at(Place::code(old.addr, Some(old.name)), "old and new are the same function"));
    }
    let mut plan = Plan { program, tables: &tables, old: &old, new: &new, relink: Relink::default() };
    plan.relink.added = added.clone();
    plan.relink.ends = [old.addr, new.addr];
    plan.relink.census = Census::of(program, old.addr);
    plan.code()?;
    let kept = plan.relocations()?;
    plan.exports(&kept)?;
    plan.tell(&kept)?;
    Ok(plan.relink)
}

/// The function that `name` means: one of this file, or one that it has from another.
fn end(program: &Program<'_>, tables: &Tables<'_>, name: &Name) -> Result<End, Report> {
    let text = name.text.as_bytes();
    let number = |at: usize| u32::try_from(at).ok();
    match resolve(program, name) {
        Ok(addr) => {
            let is_it = |symbol: &Symbol<'_>| symbol.addr == Some(addr) && !symbol.is_section() && !symbol.is_label();
            let by_name = tables.symbols.iter().position(|symbol| is_it(symbol) && symbol.name == text);
            let symbol = by_name.or_else(|| tables.symbols.iter().position(is_it)).and_then(number);
            let code = program.function_from(addr).unwrap_or_default();
            let named = symbol.and_then(|symbol| tables.symbols.get(symbol as usize));
            let kind = named.map_or(STT_FUNC, |symbol| symbol.info & 0xf);
            let is_weak = named.is_some_and(|symbol| symbol.info & 0xf0 == STB_WEAK);
            Ok(End { addr, name: program.describe(addr), symbol, kind, is_weak, code, is_here: true })
        }
        Err(why) if why.diagnosis == &PATCH_NO_MATCH => {
            let at = tables.symbols.iter().position(|symbol| symbol.is_elsewhere() && symbol.name == text);
            let found = at.and_then(|at| Some((at, tables.symbols.get(at)?.addr?)));
            let Some((at, addr)) = found.filter(|_| !text.is_empty() && name.binding.is_none()) else {
                let note = format!("the object file neither defines nor uses \"{}\"", name.text);
                return Err(why.note(note).note("a function of another file must be used somewhere in this one"));
            };
            let code = AddrRange::default();
            Ok(End {
                addr,
                name: name.text.clone(),
                symbol: number(at),
                kind: STT_FUNC,
                is_weak: false,
                code,
                is_here: false,
            })
        }
        Err(why) => Err(why),
    }
}

struct Plan<'p, 'a> {
    program: &'p Program<'a>,
    tables: &'p Tables<'a>,
    old: &'p End,
    new: &'p End,
    relink: Relink,
}

impl Plan<'_, '_> {
    /// Instructions whose target the assembler had written itself.
    fn code(&mut self) -> Result<(), Report> {
        let home = |addr| self.tables.section_at(addr).map(|(number, _)| number);
        for place in self.relink.census.code.clone() {
            let is_loop = self.old.code.contains(place.at) && place.kind != RefKind::Call;
            if is_loop || self.new.code.contains(place.at) {
                self.relink.kept_code += 1;
            } else if self.new.is_here && home(place.at) == home(self.new.addr) {
                self.relink.moved.push(place);
            } else {
                self.add_relocation(&place)?;
            }
        }
        Ok(())
    }

    fn add_relocation(&mut self, place: &CodeRef) -> Result<(), Report> {
        let refused = |reason: &str| PATCH_REFUSED.at(self.program.place(place.at), reason);
        let wanted = added::of(self.program, place).ok_or_else(|| {
            refused("its target was written by the assembler, and it is too short for one outside its section")
                .note("compile with -ffunction-sections, or make the old function visible to other files")
        })?;
        let (section, home) = self.tables.section_at(place.at).ok_or_else(|| refused("it is in no section"))?;
        let (symbol, more) = self.in_section().or_else(|_| self.named())?;
        let offset = wanted.place.0 - home.file.offset;
        let is_global = self.symbol(symbol).is_some_and(Symbol::is_global);
        let wide = through(self.program, wanted.place, wanted.number).filter(|_| is_global);
        let number = wide.as_ref().map_or(wanted.number, |wide| wide.number);
        if let Some((offset, bytes)) = wide.and_then(|wide| wide.bytes) {
            self.relink.edits.push((offset, bytes, format!("{} through a word of the linker's", self.new.name)));
        }
        let info = u64::from(symbol) << 32 | u64::from(number);
        let row = [offset, info, wanted.addend.wrapping_add(more).cast_unsigned()];
        self.relink.added.relocations.push((section, row.map(u64::to_le_bytes).as_flattened().to_vec()));
        self.relink.added_relocations += 1;
        Ok(())
    }

    /// Relocations that name the old function. Those that go on doing so are given back.
    fn relocations(&mut self) -> Result<Vec<Relocation>, Report> {
        let mut kept = Vec::new();
        let to_old = |relocation: &&Relocation| self.tables.leads(relocation) == Leads::To(self.old.addr);
        let is_address = self
            .tables
            .relocations
            .iter()
            .filter(to_old)
            .all(|relocation| self.tables.kind(relocation).is_none_or(|row| !row.name.starts_with("LDST")));
        for relocation in &self.tables.relocations {
            let is_label = || self.symbol(relocation.symbol).is_some_and(|symbol| symbol.is_label());
            match self.tables.leads(relocation) {
                Leads::To(addr) if addr == self.old.addr => {
                    let is_loop = self.old.code.contains(relocation.place) && is_label();
                    if is_loop || self.new.code.contains(relocation.place) {
                        kept.push(*relocation);
                    } else {
                        let named = self.renamed(relocation)?;
                        // Who reads the function's code as data wants no word between.
                        if is_address {
                            self.widen(relocation, named.0);
                        }
                        self.name(relocation, named, format!("{} to {}", self.old.name, self.new.name));
                        self.relink.moved_relocations += 1;
                    }
                }
                Leads::Perhaps(addr) if addr == self.old.addr => self.relink.unclear += 1,
                Leads::Unknown(addr) if addr == self.old.addr => {
                    let reason =
                        format!("a relocation of {} is of a kind unknown here", self.tables.describe(relocation));
                    return Err(PATCH_REFUSED.at(self.program.place(relocation.place), reason));
                }
                _ => {}
            }
        }
        Ok(kept)
    }

    /// What named a function of this file alone, and is to name one that other files see, goes through a word of the linker's:
    /// the linker could refuse it otherwise.
    fn widen(&mut self, relocation: &Relocation, symbol: u32) {
        let is_global = |number| self.symbol(number).is_some_and(Symbol::is_global);
        if is_global(relocation.symbol) || !is_global(symbol) {
            return;
        }
        let Some(Through { number, bytes }) = through(self.program, relocation.place, relocation.number) else {
            return;
        };
        let reason = format!("{} through a word of the linker's", self.new.name);
        self.relink.edits.push((relocation.at + TYPE_AT, number.to_le_bytes().to_vec(), reason.clone()));
        self.relink.edits.extend(bytes.map(|(offset, bytes)| (offset, bytes, reason)));
    }

    fn symbol(&self, number: u32) -> Option<&Symbol<'_>> {
        self.tables.symbols.get(number as usize)
    }

    /// Makes a relocation name a symbol with an addend.
    fn name(&mut self, relocation: &Relocation, (symbol, addend): (u32, i64), reason: String) {
        let bytes = [&symbol.to_le_bytes()[..], &addend.to_le_bytes()].concat();
        self.relink.edits.push((relocation.at + NAMED_AT, bytes, format!("relocation of {reason}")));
    }

    /// What a relocation of the old function is to name.
    fn renamed(&self, relocation: &Relocation) -> Result<(u32, i64), Report> {
        let symbol = self.symbol(relocation.symbol);
        let addend = relocation.addend.wrapping_sub(self.tables.beyond(relocation));
        // The linker makes one word for each symbol, and knows no addends there.
        let is_shared = self.tables.kind(relocation).is_some_and(|row| row.name.contains("GOT"));
        let is_section = symbol.is_some_and(Symbol::is_section);
        let (number, more) = match (is_section, is_shared) {
            (_, true) => self.named()?,
            (true, false) => self.in_section().or_else(|_| self.named())?,
            (false, false) => self.named().or_else(|_| self.in_section())?,
        };
        Ok((number, addend.wrapping_add(more)))
    }

    /// The new function by its own symbol.
    fn named(&self) -> Result<(u32, i64), Report> {
        let reason = format!("{} has no symbol in the file for relocations to name", self.new.name);
        self.new.symbol.map(|symbol| (symbol, 0)).ok_or_else(|| PATCH_REFUSED.at(self.new.addr, reason))
    }

    /// The new function as a place in its section.
    fn in_section(&self) -> Result<(u32, i64), Report> {
        section_symbol(self.tables, self.new.addr).map_or_else(|| self.named(), Ok)
    }

    /// What other files call the old function comes to mean the new one, and who still means the old one gets another name for
    /// it.
    fn exports(&mut self, kept: &[Relocation]) -> Result<(), Report> {
        let exports: Vec<Symbol<'_>> = self.tables.exports(self.old.addr).copied().collect();
        let original = [ORIGINAL, self.old.name.as_str()].concat();
        self.define_original(&original)?;
        if !self.new.is_here || exports.is_empty() {
            self.relink.kept_data += exports.len();
            return Ok(());
        }
        let home = self.home(self.new.addr, self.new.symbol)?;
        for symbol in &exports {
            let name = String::from_utf8_lossy(symbol.name);
            let reason = format!("symbol {name} to {}", self.new.name);
            let info = symbol.info & 0xf0 | self.new.kind;
            if info != symbol.info {
                self.relink.edits.push((symbol.at + INFO_AT, vec![info], reason.clone()));
            }
            self.relink.edits.push((symbol.at + HOME_AT, home.clone(), reason));
        }
        self.relink.moved_exports = exports.len();
        // Tools too, those of this program among them, must go on seeing that a function begins there.
        let is_local = |symbol: &Symbol<'_>| {
            !symbol.is_global() && symbol.addr == Some(self.old.addr) && !symbol.is_section() && !symbol.is_label()
        };
        let number = match self.tables.symbols.iter().position(is_local) {
            Some(local) => local as u32,
            None => self.original_symbol(&original)?,
        };
        let names_export = |relocation: &&Relocation| {
            let symbol = self.symbol(relocation.symbol);
            symbol.is_some_and(|symbol| symbol.is_global() && symbol.addr == Some(self.old.addr))
        };
        let lost: Vec<&Relocation> = kept.iter().filter(names_export).collect();
        for relocation in lost {
            self.name(relocation, (number, relocation.addend), format!("{}, as it was", self.old.name));
        }
        Ok(())
    }

    /// Section, value and size, as a symbol's row has them, for a place in this file.
    fn home(&self, addr: Addr, symbol: Option<u32>) -> Result<Vec<u8>, Report> {
        let row = symbol.and_then(|number| self.symbol(number)).map(|symbol| symbol.at);
        let known = row.and_then(|at| Bytes(self.program.file).slice(at + HOME_AT, SYMBOL_LEN - HOME_AT));
        if let Some(bytes) = known {
            return Ok(bytes.to_vec());
        }
        let section =
            self.tables.section_at(addr).and_then(|(number, section)| Some((u16::try_from(number).ok()?, section)));
        let (number, section) =
            section.ok_or_else(|| PATCH_REFUSED.at(addr, "it is in no section that a symbol can name"))?;
        let value = addr.0 - section.file.offset;
        Ok([&number.to_le_bytes()[..], &value.to_le_bytes(), &0u64.to_le_bytes()].concat())
    }

    /// Where the file asks for the old function's own code by that name, it gets it.
    fn define_original(&mut self, original: &str) -> Result<(), Report> {
        let is_asked = |symbol: &&Symbol<'_>| symbol.is_elsewhere() && symbol.name == original.as_bytes();
        let Some(symbol) = self.tables.symbols.iter().find(is_asked).filter(|_| self.old.is_here) else {
            return Ok(());
        };
        let home = self.home(self.old.addr, self.old.symbol)?;
        self.relink.edits.push((symbol.at + HOME_AT, home, format!("{original} is the code of {}", self.old.name)));
        self.relink.lines.push(format!("{original} is the code of {} as it was", self.old.name));
        Ok(())
    }

    /// The number of the symbol for the old function's own code, which is added unless it is there.
    fn original_symbol(&mut self, original: &str) -> Result<u32, Report> {
        if let Some(there) = self.tables.symbols.iter().position(|symbol| symbol.name == original.as_bytes()) {
            return Ok(there as u32);
        }
        let symbols = &self.relink.added.symbols;
        let place = symbols.iter().position(|(name, _)| name == original).unwrap_or(symbols.len());
        if place == symbols.len() {
            let home = self.home(self.old.addr, self.old.symbol)?;
            // Several files may have the same weak function, each patched alike.
            let binding = if self.old.is_weak { STB_WEAK } else { STB_GLOBAL };
            let row = [&[binding | self.old.kind, HIDDEN][..], &home].concat();
            self.relink.added.symbols.push((original.to_owned(), row));
        }
        self.relink.lines.push(format!("the code of {} as it was is called {original} now", self.old.name));
        Ok((self.tables.symbols.len() + place) as u32)
    }

    /// What was found, in sentences.
    fn tell(&mut self, kept: &[Relocation]) -> Result<(), Report> {
        let (old, new) = (&self.old.name, &self.new.name);
        let Relink { moved, moved_relocations, added_relocations, moved_exports, kept_code, unclear, .. } =
            &self.relink;
        let kept_exports = self.relink.kept_data;
        let (relocations, instructions) = (moved_relocations + added_relocations, moved.len());
        if instructions + relocations + moved_exports == 0 {
            let report = PATCH_NO_MATCH.because(format!("nothing in the object file leads to {old}"));
            return Err(match kept_exports {
                0 => report,
                _ => report.note(format!("other files that name {old} are changed by patching them")),
            });
        }
        let mut lines = vec![format!("{instructions} instructions and {relocations} relocations lead to {new} now")];
        if *added_relocations > 0 {
            lines.push(format!("{added_relocations} of the relocations are new: {new} is in another section"));
        }
        if *moved_exports > 0 {
            let unless =
                if self.old.is_weak { ", unless the linker takes a function of another file for the name" } else { "" };
            lines.push(format!("other files that name {old} reach {new}{unless}"));
        }
        if kept_exports > 0 {
            lines.push(format!("other files that name {old} still reach it: {new} is not in this file"));
        }
        if *unclear > 0 {
            lines.push(format!("{unclear} words are left that are distances to {old}, or of a switch near it"));
        }
        let all_kept = kept.len() + kept_code;
        if all_kept > 0 {
            lines.push(format!("{all_kept} places inside {old} and {new} themselves are left as they are"));
        }
        self.relink.kept_data += kept.len();
        lines.append(&mut self.relink.lines);
        self.relink.lines = lines;
        Ok(())
    }
}

/// The symbol of the section that holds `addr`, and how far in that is.
fn section_symbol(tables: &Tables<'_>, addr: Addr) -> Option<(u32, i64)> {
    let (number, section) = tables.section_at(addr)?;
    let is_it = |symbol: &Symbol<'_>| {
        symbol.is_section() && usize::from(symbol.section) == number && symbol.addr == Some(Addr(section.file.offset))
    };
    let at = tables.symbols.iter().position(is_it)?;
    Some((u32::try_from(at).ok()?, (addr.0 - section.file.offset).cast_signed()))
}
