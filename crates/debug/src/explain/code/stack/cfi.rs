//! Call frame information: how to find the caller's registers from anywhere in a function.

use crate::explain::code::Program;
use ashore_base::Addr;
use ashore_image::FileRange;
use ashore_isa::facts::Returns;
use ashore_isa::{Facts, Registers};
use ashore_pivot::Memory;
use gimli::{
    BaseAddresses, CfaRule, CieOrFde, DebugFrame, EhFrame, Encoding, EndianSlice, EvaluationResult, Format,
    LittleEndian, Location, Register, RegisterRule, UnwindContext, UnwindExpression, UnwindSection, Value,
};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How many operations an expression may take.
const OPERATIONS_MAX: u32 = 1000;
/// How many rules are remembered: a stack that overflowed visits the same few places over and over.
const REMEMBERED: usize = 1024;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The call frame information of a program.
pub(in crate::explain::code) struct Cfi<'a> {
    eh: EhFrame<Slice<'a>>,
    debug: DebugFrame<Slice<'a>>,
    bases: BaseAddresses,
    /// Where each function is, and in which section its record, sorted by address.
    index: Vec<Entry>,
    facts: &'static Facts,
    rules: RefCell<BTreeMap<u64, Option<Rule>>>,
}

#[derive(Clone, Copy)]
struct Entry {
    start: u64,
    end: u64,
    source: Source,
    offset: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Eh,
    Debug,
}

/// What holds at one address.
#[derive(Clone)]
struct Rule {
    source: Source,
    cfa: CfaRule<usize>,
    /// The register whose value is the way back.
    back: Register,
    saved: Vec<(Register, RegisterRule<usize>)>,
}

/// What a step needs beside the rules.
#[derive(Clone, Copy)]
pub(super) struct Now<'m> {
    pub(super) regs: &'m Registers,
    pub(super) memory: &'m dyn Memory,
    /// How far the program lies from its file's addresses.
    pub(super) bias: u64,
    /// Whether the function is the innermost.
    pub(super) is_first: bool,
}

/// What the rules say of the caller.
pub(super) enum Caller {
    /// Its registers.
    Regs(Box<Registers>),
    /// There is none.
    None,
    /// The word that has one of its registers cannot be read.
    Unreadable(Addr),
}

impl<'a> Cfi<'a> {
    /// The information of the program, read once.
    pub(in crate::explain::code) fn read(program: &Program<'a>) -> Cfi<'a> {
        let part = program.part;
        let bytes = program.parsed.bytes;
        let slice = |file: FileRange| EndianSlice::new(file.of(bytes.0).unwrap_or_default(), LittleEndian);
        let section = |name| part.section(name).map(|section| section.file).unwrap_or_default();
        let (eh_at, eh_file) = match part.section(".eh_frame") {
            Some(section) => (section.memory.start, section.file),
            None => behind_header(program).unwrap_or_default(),
        };
        let mut debug = DebugFrame::from(slice(section(".debug_frame")));
        debug.set_address_size(8);
        let mut cfi = Cfi {
            eh: EhFrame::from(slice(eh_file)),
            debug,
            bases: BaseAddresses::default().set_eh_frame(eh_at.0),
            index: Vec::new(),
            facts: program.facts(),
            rules: RefCell::default(),
        };
        cfi.index = entries(&cfi.eh, &cfi.bases, Source::Eh);
        cfi.index.extend(entries(&cfi.debug, &cfi.bases, Source::Debug));
        cfi.index.sort_by_key(|entry| entry.start);
        cfi
    }

    /// The caller of the code at `at`, an address of the file.
    pub(super) fn caller(&self, at: Addr, now: Now<'_>) -> Option<Caller> {
        let rule = self.rule(at.0)?;
        let cfa = match rule.cfa {
            CfaRule::RegisterAndOffset { register, offset } => value(now.regs, register)?.wrapping_add_signed(offset),
            CfaRule::Expression(expression) => self.evaluate(rule.source, expression, None, now)?,
        };
        let mut caller = *now.regs;
        // A register of its own for the way back holds it until the function saves it.
        let mut has_return = self.facts.returns == Returns::InLink && now.is_first;
        *caller.dwarf_mut(self.facts.stack_pointer)? = cfa;
        for (register, saved) in &rule.saved {
            let from = match *saved {
                RegisterRule::Undefined if *register == rule.back => return Some(Caller::None),
                RegisterRule::Undefined | RegisterRule::SameValue | RegisterRule::Architectural => continue,
                RegisterRule::Offset(offset) => Err(cfa.wrapping_add_signed(offset)),
                RegisterRule::ValOffset(offset) => Ok(cfa.wrapping_add_signed(offset)),
                RegisterRule::Register(other) => Ok(value(now.regs, other)?),
                RegisterRule::Constant(constant) => Ok(constant),
                RegisterRule::Expression(expression) => Err(self.evaluate(rule.source, expression, Some(cfa), now)?),
                RegisterRule::ValExpression(expression) => {
                    Ok(self.evaluate(rule.source, expression, Some(cfa), now)?)
                }
            };
            let Some(place) = caller.dwarf_mut(register.0) else { continue };
            *place = match from {
                Ok(value) => value,
                Err(at) => match word(now.memory, at) {
                    Some(value) => value,
                    None => return Some(Caller::Unreadable(Addr(at))),
                },
            };
            has_return |= *register == rule.back;
        }
        let back = value(&caller, rule.back)?;
        caller.set_pc(back);
        has_return.then_some(Caller::Regs(Box::new(caller)))
    }

    fn rule(&self, at: u64) -> Option<Rule> {
        if let Some(known) = self.rules.borrow().get(&at) {
            return known.clone();
        }
        let rule = self.look_up(at);
        let mut rules = self.rules.borrow_mut();
        if rules.len() < REMEMBERED {
            rules.insert(at, rule.clone());
        }
        rule
    }

    fn look_up(&self, at: u64) -> Option<Rule> {
        let after = self.index.partition_point(|entry| entry.start <= at);
        let entry = *self.index.get(after.checked_sub(1)?)?;
        if at >= entry.end {
            return None;
        }
        match entry.source {
            Source::Eh => rule_in(&self.eh, &self.bases, entry, at),
            Source::Debug => rule_in(&self.debug, &self.bases, entry, at),
        }
    }

    fn evaluate(
        &self,
        source: Source,
        expression: UnwindExpression<usize>,
        first: Option<u64>,
        now: Now<'_>,
    ) -> Option<u64> {
        let expression = match source {
            Source::Eh => expression.get(&self.eh),
            Source::Debug => expression.get(&self.debug),
        };
        let encoding = Encoding { address_size: 8, format: Format::Dwarf32, version: 4 };
        let mut evaluation = expression.ok()?.evaluation(encoding);
        evaluation.set_max_iterations(OPERATIONS_MAX);
        if let Some(first) = first {
            evaluation.set_initial_value(first);
        }
        let mut state = evaluation.evaluate().ok()?;
        loop {
            state = match state {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresMemory { address, size, .. } => {
                    let mut bytes = [0; 8];
                    now.memory.read(Addr(address), bytes.get_mut(..size.into())?).ok()?;
                    evaluation.resume_with_memory(Value::Generic(u64::from_le_bytes(bytes))).ok()?
                }
                EvaluationResult::RequiresRegister { register, .. } => {
                    evaluation.resume_with_register(Value::Generic(value(now.regs, register)?)).ok()?
                }
                EvaluationResult::RequiresRelocatedAddress(at) => {
                    evaluation.resume_with_relocated_address(at.wrapping_add(now.bias)).ok()?
                }
                _ => return None,
            };
        }
        match evaluation.as_result() {
            [piece] => match piece.location {
                Location::Address { address } => Some(address),
                Location::Value { value: Value::Generic(value) } => Some(value),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Where the records are, from the index of unwinding records; its second field leads to them (LSB "eh_frame_hdr").
fn behind_header(program: &Program<'_>) -> Option<(Addr, FileRange)> {
    const POINTER_ENCODING_AT: u64 = 1;
    const POINTER_AT: u64 = 4;
    const RELATIVE: u8 = 0x1b;
    let (bytes, image) = (program.parsed.bytes, &program.part.image);
    let header = program.part.unwind?.offset;
    if bytes.u8(header.checked_add(POINTER_ENCODING_AT)?)? != RELATIVE {
        return None;
    }
    let field = header.checked_add(POINTER_AT)?;
    let distance = bytes.u32(field)?.cast_signed();
    let at = Addr(image.addr_of(field)?.0.wrapping_add_signed(distance.into()));
    let segment = image.segment_at(at)?;
    let offset = segment.offset_of(at)?;
    Some((at, FileRange { offset, len: segment.file.end().checked_sub(offset)? }))
}

fn entries<'a, S: UnwindSection<Slice<'a>>>(section: &S, bases: &BaseAddresses, source: Source) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut all = section.entries(bases);
    while let Ok(Some(entry)) = all.next() {
        let CieOrFde::Fde(partial) = entry else { continue };
        let Ok(record) = partial.parse(|section, bases, offset| section.cie_from_offset(bases, offset)) else {
            continue;
        };
        let start = record.initial_address();
        let end = start.saturating_add(record.len());
        found.push(Entry { start, end, source, offset: record.offset() });
    }
    found
}

fn rule_in<'a, S: UnwindSection<Slice<'a>>>(section: &S, bases: &BaseAddresses, entry: Entry, at: u64) -> Option<Rule> {
    let record = section.fde_from_offset(bases, S::Offset::from(entry.offset), S::cie_from_offset).ok()?;
    let mut context = UnwindContext::new();
    let row = record.unwind_info_for_address(section, bases, &mut context, at).ok()?;
    let saved = row.registers().map(|(register, rule)| (*register, rule.clone())).collect();
    let back = record.cie().return_address_register();
    Some(Rule { source: entry.source, cfa: row.cfa().clone(), back, saved })
}

fn word(memory: &dyn Memory, at: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    memory.read(Addr(at), &mut bytes).ok().map(|()| u64::from_le_bytes(bytes))
}

fn value(regs: &Registers, register: Register) -> Option<u64> {
    let mut copy = *regs;
    copy.dwarf_mut(register.0).map(|place| *place)
}
