//! What is translated at once, and what comes of it.

use crate::asm::Asm;
use crate::flags::Form;
use crate::generate::Generator;
use crate::host::Host;
use crate::live::Live;
use crate::map::RegMap;
use crate::reg::Gpr;
use crate::{frame, gates, generate};
use alloc::vec::Vec;
use ashore_ir::{Block, Size, Trap};

/// A block of guest instructions.
#[derive(Clone, Default, Debug)]
pub struct Part {
    /// The address of its first instruction.
    pub pc: u64,
    /// What they mean.
    pub block: Block,
    /// Which of the unit's maps says where registers live in it.
    pub map: u8,
}

/// What is translated at once: parts in the order of their addresses.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'a> {
    /// The parts; jumps from one to the start of another stay inside.
    pub parts: &'a [Part],
    /// The part that is entered from outside.
    pub entry: usize,
    /// Where registers live inside: each part has one of these.
    pub maps: &'a [RegMap],
    /// Where they live outside.
    pub outside: &'a RegMap,
    /// What is done with the addresses of accesses.
    pub addresses: Addresses,
    /// What is done about operands that are no numbers.
    pub nans: Nans,
    /// What is told of operands too small to be normal.
    pub tiny: Tiny,
    /// What the host's CPU has.
    pub host: Host,
}

/// What is told of operands too small to be normal, where the guest has them flushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tiny {
    /// What the host tells by itself: nothing where another operand is a quiet not-a-number.
    #[default]
    Mostly,
    /// All: code for programs that were seen to have them flushed.
    Always,
}

/// What is done about operands that are no numbers, where the host stops at them and the guest does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Nans {
    /// The host stops, which takes microseconds.
    #[default]
    Rare,
    /// They are looked for: code that was seen to compare them.
    Usual,
}

/// What is done with the addresses of accesses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Addresses {
    /// They are the host's as they are.
    #[default]
    Whole,
    /// The bits that the guest's CPU ignores are taken off first: code that was seen to use them.
    Tagged,
}

/// Where the code will be. Places are offsets in the memory that all code shares.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its first byte; a multiple of 8.
    pub base: u32,
    /// The code that all units use.
    pub gates: Gates,
    /// The number of its first exit.
    pub first_exit: u32,
    /// The first of the counters of its jumps back, if they are counted: at zero the unit leaves instead.
    pub counter: Option<u32>,
}

/// The bytes of a call of [`Gates::called`].
pub const CALL_LEN: u32 = 5;

/// The bytes from one counter to the next.
pub const COUNTER_LEN: u32 = 4;

/// The places of code that all units use, written by [`Emitter::gates`].
#[derive(Clone, Copy, Debug)]
pub struct Gates {
    /// For a return to the address in `rax`, which is not the one that the last call left.
    pub lost: u32,
    /// For a jump to the address in `rax`, which the jump cache does not have.
    pub miss: u32,
    /// Leaves to the engine, by the exit that called this: its [`CALL_LEN`] bytes end at the address on the stack.
    pub called: u32,
    /// Leaves to the engine, by the exit whose number is in `eax`.
    pub leave: u32,
}

/// What is known of guest code that is not in the unit.
pub trait Known {
    /// Whether code at the address writes the flags before it reads them.
    fn flags_dead(&mut self, pc: u64) -> bool;
}

/// Why translated code leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitKind {
    /// To a constant address; may be linked.
    Goto,
    /// To have the instruction at the address evaluated; if it goes on at `next`, the code can be resumed.
    Eval {
        /// The instruction after it; zero if it ends its block.
        next: u64,
    },
    /// To a constant address that was gone back to often.
    Hot,
}

/// What the numbers of exits begin with that are traps: behind it are the kind and the trap's own number. The program
/// counter is in the state, and nothing else has to be known of the place.
const TRAPS: u64 = 0x7f00_0000;
const TRAP_KINDS: [Trap; 4] = [Trap::Call, Trap::Illegal, Trap::Break, Trap::Misaligned];

/// The number of an exit with a trap.
pub(crate) const fn trap_exit(kind: Trap, number: u16) -> u64 {
    TRAPS | (kind as u64) << 16 | number as u64
}

/// The number of the exit to the address in the frame's [`frame::TARGET`], of which no code is known.
pub const JUMP: u64 = TRAPS | (TRAP_KINDS.len() as u64) << 16;

/// The trap that an exit's number stands for, if it is one's.
#[inline]
pub fn trap_of(exit: u64) -> Option<(Trap, u16)> {
    let kind = TRAP_KINDS.get(((exit ^ TRAPS) >> 16) as usize)?;
    Some((*kind, exit as u16))
}

/// A place where the code leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    /// Why.
    pub kind: ExitKind,
    /// The guest address.
    pub pc: u64,
    /// The four bytes of the jump's distance, from the unit's first byte; for what may be linked.
    pub site: u32,
    /// Where to resume after an evaluation, from the unit's first byte; for [`ExitKind::Hot`] the place of the counter. For what
    /// may be linked, where the jump goes as long as it is not.
    pub resume: u32,
}

/// What a mark says of its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// A guest instruction begins: its state is complete.
    Start,
    /// In the midst of one.
    Inside,
    /// The state is that before `pc`, but registers are on their way between two maps, or the flags are nowhere.
    Between,
    /// In the midst of one that has borrowed [`crate::frame::BORROWERS`]: what they held is in the frame.
    Borrowed,
}

/// From this host instruction on, the code belongs to a guest instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The host instruction, from the unit's first byte.
    pub at: u32,
    /// What is here.
    pub kind: MarkKind,
    /// Where the guest's flags are.
    pub flags: Form,
    /// The guest instruction.
    pub pc: u64,
}

/// What comes of a unit.
#[derive(Clone, Default, Debug)]
pub struct Code {
    /// The bytes; their first is the entry.
    pub asm: Asm,
    /// Where it leaves, by number.
    pub exits: Vec<Exit>,
    /// The side table, by place.
    pub marks: Vec<Mark>,
    /// From which place on which map is right, by place.
    pub maps: Vec<(u32, u8)>,
    /// How many guest instructions had no template.
    pub evaluated: u32,
}

impl Code {
    fn clear(&mut self) {
        self.asm.clear();
        self.exits.clear();
        self.marks.clear();
        self.maps.clear();
        self.evaluated = 0;
    }
}

/// Translates units. Made once and used again: it keeps its memory.
#[derive(Clone, Default, Debug)]
pub struct Emitter {
    code: Code,
    live: Live,
    work: generate::Work,
    live_in: Vec<bool>,
}

impl Emitter {
    /// An emitter.
    pub fn new() -> Emitter {
        Emitter::default()
    }

    /// The code that enters, at the first byte, and the other gates, for one map.
    ///
    /// Entering: `r15` is the frame; the guest's registers are loaded, the stack is that of returns, and [`frame::TARGET`] is
    /// jumped to. Leaving: `eax` is the exit's number, or the address behind its call; the registers are stored and
    /// [`frame::RETURN`] is jumped to.
    pub fn gates(map: &RegMap, asm: &mut Asm) -> Gates {
        asm.clear();
        for (reg, slot) in map.ints() {
            asm.load(Size::B8, ashore_ir::Extend::Zero, reg, RegMap::memory(slot));
        }
        for (reg, slot) in map.vectors() {
            asm.v2(crate::asm::ops::MOVUPS, reg, RegMap::memory(slot));
        }
        asm.load(Size::B8, ashore_ir::Extend::Zero, Gpr::RSP, frame::place(frame::RETURNS));
        asm.jmp_rm(frame::place(frame::TARGET));
        let lost = asm.here();
        gates::lost(map.guest.align_log2, asm);
        let miss = asm.here();
        gates::miss(map.guest.align_log2, asm);
        let by_number = asm.label();
        asm.jmp(by_number);
        let called = asm.here();
        asm.pop(Gpr::RAX);
        asm.bind(by_number);
        let leave = asm.here();
        asm.resolve();
        for (reg, slot) in map.ints() {
            asm.store(Size::B8, RegMap::memory(slot), reg);
        }
        for (reg, slot) in map.vectors() {
            asm.v2(crate::asm::ops::MOVUPS_STORE, reg, RegMap::memory(slot));
        }
        asm.store(Size::B8, frame::place(frame::EXIT), Gpr::RAX);
        asm.store(Size::B8, frame::place(frame::RETURNS), Gpr::RSP);
        asm.jmp_rm(frame::place(frame::RETURN));
        Gates { lost, miss, called, leave }
    }

    /// Translates a unit of well-formed blocks whose values are used only by ops of their own instruction.
    pub fn translate(&mut self, unit: &Unit<'_>, place: Place, known: &mut dyn Known) -> &Code {
        self.code.clear();
        self.find_live(unit, known);
        let Emitter { code, live, work, live_in } = self;
        work.start(unit, place, &mut code.asm);
        let mut generator = Generator::new(unit, place, code, work);
        generator.enter();
        for (index, part) in unit.parts.iter().enumerate() {
            live.walk(&part.block, unit.outside.guest.flags, |pc| leaves(unit, live_in, known, pc));
            generator.part(index, part, live);
        }
        generator.finish();
        code.asm.resolve();
        code
    }

    /// Finds out at the start of which parts the flags are needed: grows until nothing changes.
    fn find_live(&mut self, unit: &Unit<'_>, known: &mut dyn Known) {
        let Emitter { live, live_in, .. } = self;
        live_in.clear();
        live_in.resize(unit.parts.len(), false);
        live.is_alone = unit.parts.len() < 2;
        if unit.parts.len() < 2 {
            live_in.fill(true);
            return;
        }
        loop {
            let mut has_changed = false;
            for (index, part) in unit.parts.iter().enumerate().rev() {
                if live_in[index] {
                    continue;
                }
                if live.walk(&part.block, unit.outside.guest.flags, |pc| leaves(unit, live_in, known, pc)) {
                    live_in[index] = true;
                    has_changed = true;
                }
            }
            if !has_changed {
                return;
            }
        }
    }
}

/// Whether the flags may be read at an address; nothing stands for one that is not known.
fn leaves(unit: &Unit<'_>, live_in: &[bool], known: &mut dyn Known, pc: Option<u64>) -> bool {
    let Some(pc) = pc else { return true };
    match unit.parts.binary_search_by_key(&pc, |part| part.pc) {
        Ok(index) if unit.parts.len() > 1 => live_in.get(index).copied().unwrap_or(true),
        _ => !known.flags_dead(pc),
    }
}
