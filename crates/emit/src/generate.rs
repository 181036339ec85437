//! Writes the code of a unit, op by op.

mod again;
mod atomic;
mod calls;
mod compared;
mod convert;
mod crc;
mod element;
mod ends;
mod estimate;
mod float;
mod half;
mod hash;
mod hash512;
mod integer;
mod integral;
mod lanes;
mod memory;
mod nans;
mod numbers;
mod pairs;
mod place;
mod saturate;
mod shift;
mod status;
mod steps;
mod usual;
mod values;
mod vector;
mod wide;
mod wrap;

use crate::asm::{Asm, Label};
use crate::flags::{Form, HostCond};
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::{Gpr, Xmm};
use crate::unit::{Code, Exit, ExitKind, Mark, MarkKind, Part, Place, Unit};
use alloc::vec::Vec;
use ashore_ir::{Block, Flag, Op, Slot, Value};

/// No template fits: the instruction is evaluated instead.
pub(crate) struct Refused;

type Done = Result<(), Refused>;

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Loc {
    /// Nowhere: not computed yet, or not needed any more.
    None,
    /// It is a constant.
    Number(u64),
    /// Still in the guest register it was read from.
    Slot(Slot),
    /// In a general register.
    Gpr(Gpr),
    /// In a vector register.
    Xmm(Xmm),
    /// A vector in the frame, in the room of this number.
    Spilled(u8),
    /// The guest's flags as they are.
    GuestFlags,
    /// In the host's flags at this moment.
    HostFlags(Form),
    /// A condition on the guest's flags as they are.
    Cond(Flag),
    /// A condition on the host's flags at this moment.
    HostCond(HostCond),
    /// Computed by whoever uses it.
    Later,
}

/// What is known of a vector register's upper part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
enum Upper {
    #[default]
    Unknown,
    /// Zero from bit 64 up.
    Zero64,
    /// Zero from bit 32 up.
    Zero32,
}

/// Code that is written behind everything else.
#[derive(Clone, Copy, Debug)]
struct Stub {
    label: Label,
    /// The flags to store.
    flags: Form,
    to: StubTo,
    pc: u64,
    /// Where registers are when it is jumped to.
    map: u8,
}

#[derive(Clone, Copy, Debug)]
enum StubTo {
    /// What finds the code of the address in `rax`, called: it returns to this label.
    Called(Label),
    /// A part of the unit, which in a block is counted.
    Part(usize),
    /// An exit of this number, whose jump is in the stub.
    Jump(usize),
    /// The same for one that is counted.
    Counted(usize),
    /// An exit of this number, whose jump is elsewhere; registers are where the outside has them.
    Exit(usize),
    /// An exit of this number; registers are where the unit has them.
    Inside(usize),
}

/// Tables that are kept from unit to unit.
#[derive(Clone, Default, Debug)]
pub(crate) struct Work {
    /// Of the values of the instruction at hand.
    locs: Vec<Loc>,
    parts: Vec<Label>,
    stubs: Vec<Stub>,
    /// The addresses where loops of a region begin.
    heads: Vec<u64>,
}

impl Work {
    pub(crate) fn start(&mut self, unit: &Unit<'_>, place: Place, asm: &mut Asm) {
        self.stubs.clear();
        self.heads.clear();
        if place.counter.is_none() {
            for part in unit.parts {
                let turns = part.block.turns().iter().filter_map(|turn| part.block.ops().get(*turn as usize));
                self.heads.extend(turns.filter_map(|op| match *op {
                    Op::Goto(pc) | Op::ExitIf { pc, .. } if pc <= part.pc => Some(pc),
                    _ => None,
                }));
            }
        }
        self.parts.clear();
        self.parts.extend(unit.parts.iter().map(|_| asm.label()));
    }
}

/// The general registers 0 to 2 are templates'; the first holds no copies, since storing flags needs it.
const COPIES: usize = 3;

/// Hosts keep decoded instructions by pieces of their code of this many bytes; a piece with more than eleven of them costs a
/// loop another cycle (measured on Zen 5).
const PIECE: u32 = 64;

/// Loops of regions begin this far into a piece: one of 48 bytes has one piece, and a longer one has two that are not full.
const HEAD: u32 = 16;

/// No map's number.
const NO_MAP: u8 = u8::MAX;

/// The general registers templates may use, as bits.
const SCRATCH: u16 = 0b111;
/// The vector registers templates may use.
const VSCRATCH: u16 = 0b1_1111;

/// Where the guest's flags are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Flags {
    /// In the host's flags, in this form.
    form: Form,
    /// In memory, too.
    stored: bool,
}

impl Flags {
    const STORED: Flags = Flags { form: Form::Stored, stored: true };
}

pub(crate) struct Generator<'a> {
    unit: &'a Unit<'a>,
    /// Where registers live in the part at hand, and the number of that map.
    map: &'a RegMap,
    map_number: u8,
    /// Whether registers live outside where they live there.
    is_same: bool,
    place: Place,
    asm: &'a mut Asm,
    exits: &'a mut Vec<Exit>,
    marks: &'a mut Vec<Mark>,
    maps: &'a mut Vec<(u32, u8)>,
    evaluated: &'a mut u32,
    locs: &'a mut Vec<Loc>,
    parts: &'a mut Vec<Label>,
    stubs: &'a mut Vec<Stub>,
    heads: &'a [u64],
    free: u16,
    vfree: u16,
    /// The vector registers that the op at hand holds on to.
    vheld: u16,
    /// The rooms for vectors that are taken.
    spilled: u8,
    flags: Flags,
    upper: [Upper; 16],
    pc: u64,
    /// The first op of the instruction at hand.
    start: usize,
    /// The op at hand.
    at: usize,
    /// The part at hand.
    current: usize,
    /// A value that is in the host's flags.
    pending: Option<Value>,
    /// The op whose result the host's flags are of.
    fresh: Option<usize>,
    /// Guest registers that live in memory and whose values these general registers hold, too, by number: from instruction to
    /// instruction, as long as the assembler has written nothing else to them.
    copies: [Option<Slot>; COPIES],
    /// What the assembler has written no register of since.
    splat: Option<lanes::Splat>,
    /// The last comparison, if it can be made again.
    compared: Option<again::Comparison>,
    /// That which the guest's flags came of.
    source: Option<again::Comparison>,
    /// The flags are nowhere: this comparison, made again, gives them.
    again: Option<again::Comparison>,
}

/// The part at hand.
#[derive(Clone, Copy)]
struct Body<'b> {
    block: &'b Block,
    ops: &'b [Op],
}

/// What an instruction that is taken back restores.
#[derive(Clone, Copy)]
struct Saved {
    at: u32,
    exits: usize,
    marks: usize,
    stubs: usize,
    flags: Flags,
    upper: [Upper; 16],
    source: Option<again::Comparison>,
    again: Option<again::Comparison>,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(unit: &'a Unit<'a>, place: Place, code: &'a mut Code, work: &'a mut Work) -> Generator<'a> {
        let Code { asm, exits, marks, maps, evaluated } = code;
        let Work { locs, parts, stubs, heads } = work;
        let (free, vfree) = (SCRATCH, VSCRATCH);
        Generator {
            unit,
            map: unit.outside,
            map_number: NO_MAP,
            is_same: true,
            place,
            asm,
            exits,
            marks,
            maps,
            evaluated,
            locs,
            parts,
            stubs,
            heads,
            free,
            vfree,
            vheld: 0,
            spilled: 0,
            flags: Flags::STORED,
            upper: [Upper::Unknown; 16],
            pc: 0,
            start: 0,
            at: 0,
            current: 0,
            pending: None,
            fresh: None,
            copies: [None; COPIES],
            splat: None,
            compared: None,
            source: None,
            again: None,
        }
    }

    /// The unit's first bytes, which a jump may replace.
    pub(crate) fn enter(&mut self) {
        let pc = self.unit.parts.get(self.unit.entry).map_or(0, |part| part.pc);
        self.pc = pc;
        self.use_map(self.map_of(self.unit.entry));
        self.mark(MarkKind::Start);
        if self.unit.parts.len() == 1 && self.is_same {
            // A block that goes back to its start is left there when there is other code for it.
            self.asm.bind(self.parts[0]);
            self.asm.nops(5);
            return;
        }
        self.asm.nops(5);
        self.go_inside();
        if self.unit.entry != 0 {
            let label = self.parts[self.unit.entry];
            self.asm.jmp(label);
        }
    }

    fn stub(&mut self, label: Label, flags: Form, to: StubTo, pc: u64) {
        self.stubs.push(Stub { label, flags, to, pc, map: self.map_number });
    }

    /// The number of a part's map.
    fn map_of(&self, part: usize) -> u8 {
        self.unit.parts.get(part).map_or(0, |part| part.map)
    }

    /// From here on registers are where this map says.
    fn use_map(&mut self, number: u8) {
        if number != self.map_number {
            self.map_number = number;
            self.map = self.unit.maps.get(usize::from(number)).unwrap_or(self.unit.outside);
            self.is_same = core::ptr::eq(self.map, self.unit.outside) || self.map == self.unit.outside;
            self.maps.push((self.asm.here(), number));
        }
    }

    fn exit(&mut self, exit: Exit) -> usize {
        self.exits.push(exit);
        self.exits.len() - 1
    }

    fn mark(&mut self, kind: MarkKind) {
        // Nobody can tell the flags here; nothing here can fault.
        let kind = if self.again.is_some() { MarkKind::Between } else { kind };
        let mark = Mark { at: self.asm.here(), kind, flags: self.form_to_read(), pc: self.pc };
        self.marks.push(mark);
    }

    /// The form in which somebody who stops here finds the flags.
    fn form_to_read(&self) -> Form {
        if self.flags.stored { Form::Stored } else { self.flags.form }
    }

    /// Writes a part.
    pub(crate) fn part(&mut self, index: usize, part: &Part, live: &mut Live) {
        self.current = index;
        self.use_map(part.map);
        self.copies = [None; COPIES];
        (self.compared, self.source, self.again) = (None, None, None);
        if self.asm.place(self.parts[index]).is_none() {
            if self.heads.contains(&part.pc) {
                self.align();
            }
            self.asm.bind(self.parts[index]);
        }
        self.flags = Flags::STORED;
        self.upper = [Upper::Unknown; 16];
        let body = Body { block: &part.block, ops: part.block.ops() };
        self.pc = part.pc;
        let mut at = 0;
        while let Some(op) = body.ops.get(at) {
            if let Op::At(pc) = *op {
                self.pc = pc;
                self.mark(MarkKind::Start);
            }
            live.pass(at);
            let first = at + usize::from(matches!(op, Op::At(_)));
            at = match self.usual(body, live, first) {
                Some(next) => next,
                None => self.any(body, live, at),
            };
        }
    }

    /// Writes the instruction that begins at an op and is marked; gives the op behind it.
    fn any(&mut self, body: Body<'_>, live: &mut Live, at: usize) -> usize {
        live.instruction(body.block, at, self.map.guest.flags);
        self.locs.clear();
        self.locs.resize(live.count(), Loc::None);
        self.start = at;
        let saved = self.save();
        let mut next = at;
        if self.instruction(body, live, &mut next).is_err() {
            self.restore(saved);
            next = at;
            if self.wrapped(body, &mut next).is_err() {
                self.restore(saved);
                self.evaluate(body, &mut next);
            }
        }
        next
    }

    /// Puts instructions that do nothing before a loop: it begins at the best place of a piece.
    fn align(&mut self) {
        let before = self.place.base + self.asm.here() + PIECE - HEAD;
        self.asm.nops(before.next_multiple_of(PIECE) - before);
    }

    fn save(&self) -> Saved {
        Saved {
            at: self.asm.here(),
            exits: self.exits.len(),
            marks: self.marks.len(),
            stubs: self.stubs.len(),
            flags: self.flags,
            upper: self.upper,
            source: self.source,
            again: self.again,
        }
    }

    fn restore(&mut self, saved: Saved) {
        self.asm.rewind(saved.at);
        self.exits.truncate(saved.exits);
        self.marks.truncate(saved.marks);
        self.stubs.truncate(saved.stubs);
        (self.flags, self.upper) = (saved.flags, saved.upper);
        (self.compared, self.source, self.again) = (None, saved.source, saved.again);
    }

    /// No value of an instruction is anywhere: the next one begins.
    fn release(&mut self) {
        (self.free, self.vfree, self.spilled, self.pending, self.fresh) = (SCRATCH, VSCRATCH, 0, None, None);
    }

    /// Writes the ops up to the next instruction.
    fn instruction(&mut self, body: Body<'_>, live: &mut Live, at: &mut usize) -> Done {
        self.release();
        while let Some(op) = body.ops.get(*at) {
            if let Op::At(_) = *op {
                if *at != self.start {
                    return Ok(());
                }
            } else if !live.dead(*at) {
                self.at = *at;
                self.vheld = 0;
                self.op(body, live, op)?;
            }
            *at += 1;
        }
        Ok(())
    }

    /// Has the instruction evaluated instead.
    fn evaluate(&mut self, body: Body<'_>, at: &mut usize) {
        *self.evaluated += 1;
        self.release();
        *at = self.start;
        *at += usize::from(matches!(body.ops.get(*at), Some(Op::At(_))));
        // What refused may have counted uses down; none of them is looked at again.
        while !matches!(body.ops.get(*at), None | Some(Op::At(_))) {
            *at += 1;
        }
        let next = match body.ops.get(*at) {
            Some(Op::At(next)) => *next,
            _ => match body.ops.last() {
                Some(Op::Goto(next)) => *next,
                _ => 0,
            },
        };
        // The instruction may read the flags, or keep them for what comes after.
        self.store_flags();
        self.leave(ExitKind::Eval { next });
        if *at >= body.ops.len() && next != 0 {
            self.goto(next);
        }
    }
}
