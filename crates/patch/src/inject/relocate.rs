//! Writing addresses into what was placed.

use super::{
    loads::{Key, Loads},
    placed::Placed,
    unit::{Content, Relocation, Section, Where},
    way::{Field, Row, Value, Way, from},
};
use crate::shape::{Rebased, Slot};
use ashore_base::Addr;
use ashore_isa::Coder;
use ashore_report::{Report, table::PATCH_OBJECT};
use std::collections::BTreeMap;

/// What a symbol leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// Memory of the program, or of what is added to it.
    At(Addr),
    /// A number, wherever the program is loaded.
    Number(u64),
    /// Something of a library, whose address a word of the program holds at run time.
    Slot(Slot),
    /// Nothing, and that is allowed.
    Missing,
}

/// The program around what is relocated.
#[derive(Clone, Copy)]
pub(crate) struct Around {
    /// Its CPU's ways with object files.
    pub(crate) way: &'static dyn Way,
    /// Its CPU's instructions.
    pub(crate) coder: &'static dyn Coder,
    /// Whether the loader chooses where it is.
    pub(crate) is_movable: bool,
    /// Where code can be added.
    pub(crate) next_code: Addr,
}

/// Everything that is known when addresses are written.
pub(crate) struct Relocator<'r> {
    around: Around,
    units: &'r [Placed],
    loads: &'r Loads,
    stubs: BTreeMap<Stub, Addr>,
    result: Relocated,
}

/// Code that is added because something is far or in a library.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stub {
    /// Goes there.
    To(Addr),
    /// Goes to where the word says.
    Through(Addr),
}

/// What came of it.
#[derive(Default, Debug)]
pub(crate) struct Relocated {
    /// Bytes at addresses of the annex.
    pub(crate) bytes: Vec<(Addr, Vec<u8>)>,
    /// Code to add.
    pub(crate) stubs: Vec<u8>,
    /// Words that the loader must complete.
    pub(crate) rebased: Vec<Rebased>,
}

/// One relocation and everything about it that does not change while it is made.
#[derive(Clone, Copy)]
struct Site<'r> {
    unit: usize,
    section: &'r Section,
    /// The section's address.
    base: Addr,
    row: &'static Row,
    relocation: &'r Relocation,
}

impl Site<'_> {
    /// P.
    fn place(&self) -> Addr {
        Addr(self.base.0.wrapping_add(self.relocation.offset))
    }

    /// `address` + A.
    fn plus_addend(&self, address: u64) -> u64 {
        address.wrapping_add_signed(self.relocation.addend)
    }
}

/// What is to be written, and how.
type Written = (u64, Field);

/// The size of a page, as far as instructions that name pages are concerned.
const PAGE: u64 = 4096;
/// Stubs begin at multiples of this.
const STUB_ALIGN: usize = 16;
const NEEDS_PIC: &str = "compile the object with -fPIC: the program can be loaded anywhere";

impl<'r> Relocator<'r> {
    /// Writes every address into what is placed of `units`.
    pub(crate) fn relocate(around: Around, units: &'r [Placed], loads: &'r Loads) -> Result<Relocated, Report> {
        let mut relocator = Relocator { around, units, loads, stubs: BTreeMap::new(), result: Relocated::default() };
        relocator.fill_words()?;
        for (index, unit) in units.iter().enumerate() {
            for (number, &base) in &unit.sections {
                let section = unit.section(*number).filter(|section| section.content != Content::Zeroes);
                let Some(section) = section else { continue };
                let mut bytes = section.bytes.clone();
                for relocation in &section.relocations {
                    let site = relocator.site(index, section, base, relocation)?;
                    relocator.one(&site, &mut bytes)?;
                }
                relocator.result.bytes.push((base, bytes));
            }
        }
        Ok(relocator.result)
    }

    /// The words that were added get their addresses.
    fn fill_words(&mut self) -> Result<(), Report> {
        for key in &self.loads.wanted {
            let Some(&at) = self.loads.words.get(key) else { continue };
            let in_file = |reason: String| self.refuse(key.0, reason);
            let value = match self.target(key.0, Some(key.1)).map_err(in_file)? {
                Target::At(addr) => self.pointer(at, addr),
                Target::Number(number) => number,
                Target::Missing => 0,
                Target::Slot(slot) => {
                    let stub = self.through(slot).map_err(|reason| self.refuse(key.0, reason))?;
                    self.pointer(at, stub)
                }
            };
            self.result.bytes.push((at, value.to_le_bytes().to_vec()));
        }
        Ok(())
    }

    /// The word at `at` holds `target`: where the program can be loaded anywhere, the loader must see to that.
    fn pointer(&mut self, at: Addr, target: Addr) -> u64 {
        if self.around.is_movable {
            self.result.rebased.push(Rebased { at, target });
        }
        target.0
    }

    fn site<'s>(
        &self,
        unit: usize,
        section: &'s Section,
        base: Addr,
        relocation: &'s Relocation,
    ) -> Result<Site<'s>, Report> {
        let row = Row::find(self.around.way.rows(), relocation.number).ok_or_else(|| {
            let number = relocation.number;
            let place = format!("{}+{:#x}", section.name, relocation.offset);
            let reason = format!("the relocation of type {number} in {place} is not known");
            self.refuse(unit, reason).note("code for other memory models and older assemblers brings such: try -fPIC")
        })?;
        Ok(Site { unit, section, base, row, relocation })
    }

    /// Makes one relocation.
    fn one(&mut self, site: &Site<'r>, bytes: &mut [u8]) -> Result<(), Report> {
        let is_inside = site.relocation.offset < bytes.len() as u64;
        let written = match is_inside {
            true => self.value(site, bytes),
            false => Err("it lies outside of its section".into()),
        };
        let (value, field) = match written.map_err(|reason| self.at(site, reason))? {
            Some(written) => written,
            None => return Ok(()),
        };
        if !field.range.contains(value) || !value.is_multiple_of(field.unit) {
            let distance = value as i64;
            let reason = format!("the instruction cannot hold {distance:#x}");
            return Err(self.at(site, reason).note(NEEDS_PIC.split(':').next().unwrap_or_default()));
        }
        let put = from(bytes, site.relocation.offset).and_then(|place| (field.put)(place, value));
        put.ok_or_else(|| self.at(site, "it reaches beyond its section".into()))
    }

    /// What is to be written for `site`; `None` when nothing is.
    fn value(&mut self, site: &Site<'r>, bytes: &mut [u8]) -> Result<Option<Written>, String> {
        let field = site.row.field;
        let place = site.place();
        let written = match site.row.value {
            Value::Nothing => return Ok(None),
            Value::ThreadLocal => return Err("thread-local variables cannot be added: make it a plain one".into()),
            Value::Branch => match self.symbol(site)? {
                Target::Missing => {
                    self.around.way.skip(bytes, site.relocation.offset).ok_or("no branch is there")?;
                    return Ok(None);
                }
                target => (self.branch(site, target)?, field),
            },
            Value::Pointer => (self.whole(site)?, field),
            Value::Absolute => {
                let target = self.symbol(site)?;
                if self.around.is_movable && matches!(target, Target::At(_) | Target::Slot(_)) {
                    return Err(format!("an address does not stay what it is; {NEEDS_PIC}"));
                }
                (site.plus_addend(self.direct(target)?), field)
            }
            Value::Part => (site.plus_addend(self.direct(self.symbol(site)?)?), field),
            Value::Relative => (self.relative(site)?, field),
            Value::Page => (pages(self.near(site)?, place), field),
            Value::InPage => (site.plus_addend(self.direct(self.symbol(site)?)?) % PAGE, field),
            Value::Word | Value::WordPage | Value::WordInPage => self.load(site, bytes)?,
            Value::Low => (self.low(site, bytes)?, field),
        };
        Ok(Some(written))
    }

    /// S + A for something that is at a distance from the program's other parts.
    fn near(&mut self, site: &Site<'r>) -> Result<u64, String> {
        let target = self.symbol(site)?;
        if self.around.is_movable && matches!(target, Target::Number(_) | Target::Missing) {
            return Err(format!("a number is at no fixed distance; {NEEDS_PIC}"));
        }
        Ok(site.plus_addend(self.direct(target)?))
    }

    fn relative(&mut self, site: &Site<'r>) -> Result<u64, String> {
        Ok(self.near(site)?.wrapping_sub(site.place().0))
    }

    /// S + A in a word.
    fn whole(&mut self, site: &Site<'r>) -> Result<u64, String> {
        let target = self.symbol(site)?;
        let value = site.plus_addend(self.direct(target)?);
        if self.around.is_movable && matches!(target, Target::At(_) | Target::Slot(_)) {
            if site.section.content != Content::Variables {
                return Err(format!("an address in memory that nobody writes stays as it is; {NEEDS_PIC}"));
            }
            self.pointer(site.place(), Addr(value));
        }
        Ok(value)
    }

    /// The distance of a branch, through an island where that is too far.
    fn branch(&mut self, site: &Site<'r>, target: Target) -> Result<u64, String> {
        if self.around.is_movable && matches!(target, Target::Number(_)) {
            return Err("a number is at no fixed distance".into());
        }
        let value = site.plus_addend(self.direct(target)?).wrapping_sub(site.place().0);
        if site.row.field.range.contains(value) {
            return Ok(value);
        }
        // A branch counts from `base`, so that is what an island is at a distance from.
        let base = site.place().0.wrapping_add(self.around.way.branch_base());
        let island = self.stub(Stub::To(Addr(base.wrapping_add(value))))?;
        Ok(island.0.wrapping_sub(base))
    }

    /// An address that is loaded from a word, or computed.
    fn load(&mut self, site: &Site<'r>, bytes: &mut [u8]) -> Result<Written, String> {
        let key = self.key(site)?;
        let (from, field) = if self.loads.computed.contains(&key) {
            let field = self.around.way.compute(site.row, bytes, site.relocation.offset);
            (self.near(site)?, field.ok_or("no instruction is there that loads an address")?)
        } else {
            let word = self.loads.words.get(&key).ok_or("no word holds its address")?;
            (site.plus_addend(word.0), site.row.field)
        };
        let value = match site.row.value {
            Value::WordPage => pages(from, site.place()),
            Value::WordInPage => from % PAGE,
            _ => from.wrapping_sub(site.place().0),
        };
        Ok((value, field))
    }

    /// The lower part of what the relocation at the symbol computes.
    fn low(&mut self, site: &Site<'r>, bytes: &mut [u8]) -> Result<u64, String> {
        let unit = self.units.get(site.unit).ok_or("no file")?;
        let label = site.relocation.symbol.and_then(|symbol| unit.unit.symbols.get(&symbol));
        let Some(Where::Section { index, offset }) = label.map(|label| label.place) else {
            return Err("it names no instruction".into());
        };
        let found = unit.section(index).zip(unit.sections.get(&index));
        let (section, &base) = found.ok_or("it names an instruction that is not there")?;
        let rows = self.around.way.rows();
        let upper = section.relocations_at(offset).find_map(|relocation| {
            let row = Row::find(rows, relocation.number)?;
            let is_upper = matches!(row.value, Value::Relative | Value::Word | Value::ThreadLocal);
            is_upper.then_some(Site { unit: site.unit, section, base, row, relocation })
        });
        let upper = upper.ok_or("no upper part is where it says")?;
        match upper.row.value {
            Value::Relative => self.relative(&upper),
            Value::Word if self.loads.computed.contains(&self.key(&upper)?) => {
                let load = self.around.way.compute_low(bytes, site.relocation.offset);
                load.ok_or("no instruction is there that loads an address")?;
                self.relative(&upper)
            }
            Value::Word => {
                let word = self.loads.words.get(&self.key(&upper)?).ok_or("no word holds its address")?;
                Ok(upper.plus_addend(word.0).wrapping_sub(upper.place().0))
            }
            _ => Err("thread-local variables cannot be added: make it a plain one".into()),
        }
    }

    fn key(&self, site: &Site<'r>) -> Result<Key, String> {
        let symbol = site.relocation.symbol.ok_or("it names no symbol")?;
        Ok((site.unit, symbol))
    }

    fn symbol(&self, site: &Site<'r>) -> Result<Target, String> {
        self.target(site.unit, site.relocation.symbol)
    }

    fn target(&self, unit: usize, symbol: Option<usize>) -> Result<Target, String> {
        let Some(number) = symbol else { return Ok(Target::Number(0)) };
        let unit = self.units.get(unit).ok_or("no file")?;
        let symbol = unit.unit.symbols.get(&number).ok_or("it names a symbol that is not there")?;
        match symbol.place {
            Where::Number(number) => Ok(Target::Number(number)),
            Where::ThreadLocal => Err("thread-local variables cannot be added: make it a plain one".into()),
            Where::Chooser => Err("a function that chooses another at start-up (ifunc) cannot be added".into()),
            Where::Elsewhere => unit.targets.get(&number).copied().ok_or_else(|| "nothing is known of it".into()),
            Where::Section { .. } | Where::Common { .. } => {
                let found = unit.address(number).map(Target::At);
                found.ok_or_else(|| "it lies in a section that is left behind".into())
            }
        }
    }

    /// The number that stands for `target`; for functions of libraries the address of a stub.
    fn direct(&mut self, target: Target) -> Result<u64, String> {
        match target {
            Target::At(addr) => Ok(addr.0),
            Target::Number(number) => Ok(number),
            Target::Missing => Ok(0),
            Target::Slot(slot) => Ok(self.through(slot)?.0),
        }
    }

    fn through(&mut self, slot: Slot) -> Result<Addr, String> {
        if !slot.is_function {
            return Err("it is a variable of a library, whose address must be loaded; compile with -fPIC".into());
        }
        self.stub(Stub::Through(slot.at))
    }

    fn stub(&mut self, stub: Stub) -> Result<Addr, String> {
        if let Some(&at) = self.stubs.get(&stub) {
            return Ok(at);
        }
        let code = &mut self.result.stubs;
        code.resize(code.len().next_multiple_of(STUB_ALIGN), 0);
        let at = self.around.next_code.plus(code.len() as u64);
        code.extend(match stub {
            Stub::To(target) => self.around.coder.far_branch(at, target),
            Stub::Through(slot) => {
                self.around.way.through(at, slot).ok_or("the program's word for it is out of reach")?
            }
        });
        self.stubs.insert(stub, at);
        Ok(at)
    }

    /// A refusal about a relocation: what it is, where, and about what.
    fn at(&self, site: &Site<'r>, reason: String) -> Report {
        let symbols = self.units.get(site.unit).map(|unit| &unit.unit.symbols);
        let symbol = site.relocation.symbol.and_then(|number| symbols?.get(&number));
        let about = symbol.map_or(String::new(), |symbol| format!(" about \"{}\"", symbol.name));
        let place = format!("{}+{:#x}", site.section.name, site.relocation.offset);
        self.refuse(site.unit, format!("{} in {place}{about}: {reason}", site.row.name))
    }

    fn refuse(&self, unit: usize, reason: String) -> Report {
        let path = self.units.get(unit).map_or("", |unit| unit.unit.path.as_str());
        PATCH_OBJECT.because(reason).in_file(path)
    }
}

/// The distance of the page of `target` from that of `place`.
fn pages(target: u64, place: Addr) -> u64 {
    (target & !(PAGE - 1)).wrapping_sub(place.align_down(PAGE).0)
}
