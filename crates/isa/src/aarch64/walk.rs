//! Following code with constants: what start-up code does, on every path from its entry, without running it.
//!
//! Registers hold a known value or nothing; paths that meet keep what they agree on. Calls are followed into the callee and
//! back. Where control is lost (an unknown pointer, too deep a call) the path ends: what is not seen is not claimed.

use super::system::{Access, LR, Op, Reg, SP, SysReg, Upcall, ZERO, decode};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use ashore_base::Addr;

/// How deep calls are followed.
const DEPTH_LIMIT: usize = 12;
/// How many instructions are followed in all, each counted as often as it is met.
const STEP_LIMIT: usize = 40_000;
/// The enable bit of the MMU in `SCTLR_EL1`, and the bit that lets EL1 use vector registers in `CPACR_EL1`.
const SCTLR_M: u64 = 1;
const CPACR_FPEN: u64 = 1 << 20;
/// The first register a callee keeps.
const FIRST_SAVED: usize = 19;

/// The program's memory before it runs.
pub trait Memory {
    /// The instruction at `at`; `None` where no code is.
    fn word(&self, at: Addr) -> Option<u32>;

    /// The `size` bytes at `at` as a number, where nothing changes them.
    fn constant(&self, at: Addr, size: u8) -> Option<u64>;
}

/// A value a register is known to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value {
    /// The value.
    pub bits: u64,
    /// Whether it was made from constants only: it stays the same wherever the program is loaded.
    pub is_absolute: bool,
}

/// What has certainly happened before an event.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Before {
    /// `CurrentEL` was read.
    pub asked_level: bool,
    /// Vector registers were allowed.
    pub enabled_vectors: bool,
    /// The MMU may be on.
    pub enabled_mmu: bool,
}

impl Before {
    /// What both have; an MMU that one path turned on may be on.
    fn meet(self, other: Before) -> Before {
        Before {
            asked_level: self.asked_level && other.asked_level,
            enabled_vectors: self.enabled_vectors && other.enabled_vectors,
            enabled_mmu: self.enabled_mmu || other.enabled_mmu,
        }
    }
}

/// Something met on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Where.
    pub at: Addr,
    /// What was sure to have happened before.
    pub before: Before,
    /// What it is.
    pub what: What,
}

/// Kinds of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A vector instruction.
    Vector,
    /// A system register was read.
    Read(SysReg),
    /// A system register was written, with this value if known.
    Write(SysReg, Option<Value>),
    /// Something above was called.
    Up(Upcall),
    /// The stack pointer was set, not moved.
    Stack(Value),
    /// Memory at a known address was accessed.
    Access {
        /// The address.
        to: Value,
        /// How many bytes at a time.
        size: u8,
        /// Whether memory is written.
        is_store: bool,
    },
    /// A jump to a known address that holds no code.
    Lost(Value),
}

/// Registers, and what has happened.
#[derive(Clone, PartialEq, Eq, Debug)]
struct State {
    regs: [Option<Value>; 32],
    before: Before,
}

/// Where control goes after an instruction.
enum Next {
    On,
    To(Addr),
    Both(Addr),
    Call(Addr),
    Return,
    End,
}

impl State {
    const START: State =
        State { regs: [None; 32], before: Before { asked_level: false, enabled_vectors: false, enabled_mmu: false } };

    fn get(&self, reg: Reg) -> Option<Value> {
        if reg == ZERO { Some(Value { bits: 0, is_absolute: true }) } else { *self.regs.get(usize::from(reg))? }
    }

    fn set(&mut self, reg: Reg, value: Option<Value>) {
        if let Some(slot) = self.regs.get_mut(usize::from(reg)) {
            *slot = value;
        }
    }

    /// Keeps what `other` agrees on; tells whether anything was lost.
    fn meet(&mut self, other: &State) -> bool {
        let old = self.clone();
        for (mine, theirs) in self.regs.iter_mut().zip(&other.regs) {
            if mine != theirs {
                *mine = None;
            }
        }
        self.before = self.before.meet(other.before);
        *self != old
    }

    /// What a callee may have changed is not known any more.
    fn clobber(&mut self) {
        for slot in self.regs.iter_mut().take(FIRST_SAVED) {
            *slot = None;
        }
        self.set(LR, None);
    }

    fn added(&self, reg: Reg, amount: i64) -> Option<Value> {
        let value = self.get(reg)?;
        Some(Value { bits: value.bits.wrapping_add_signed(amount), ..value })
    }

    fn access(&mut self, memory: &dyn Memory, access: &Access, note: &mut dyn FnMut(What)) {
        if let Some(to) = self.added(access.base, access.offset) {
            note(What::Access { to, size: access.size, is_store: access.is_store });
            let loaded = memory.constant(Addr(to.bits), access.size).map(|bits| Value { bits, is_absolute: true });
            self.set(access.loads.first().copied().flatten().unwrap_or(ZERO), loaded);
        } else {
            self.set(access.loads.first().copied().flatten().unwrap_or(ZERO), None);
        }
        self.set(access.loads.last().copied().flatten().unwrap_or(ZERO), None);
        if let Some(step) = access.step {
            let moved = self.added(access.base, step);
            self.set(access.base, moved);
        }
    }

    fn written(&mut self, reg: SysReg, value: Option<Value>) {
        let has = |bit: u64| value.is_none_or(|value| value.bits & bit != 0);
        match reg {
            SysReg::CPACR_EL1 => self.before.enabled_vectors |= has(CPACR_FPEN),
            SysReg::SCTLR_EL1 => self.before.enabled_mmu |= has(SCTLR_M),
            _ => {}
        }
    }

    /// Does the instruction at `at`.
    fn step(&mut self, memory: &dyn Memory, at: Addr, op: Op, note: &mut dyn FnMut(Event)) -> Next {
        let before = self.before;
        let mut note = |what| note(Event { at, before, what });
        let is_code = |to: Addr| memory.word(to).is_some();
        match op {
            Op::Set(reg, bits) => self.set(reg, Some(Value { bits, is_absolute: true })),
            Op::Keep(reg, bits, shift) => {
                let kept = self
                    .get(reg)
                    .map(|value| Value { bits: value.bits & !(0xffff << shift) | u64::from(bits) << shift, ..value });
                self.set(reg, kept);
            }
            Op::Copy(to, from) => self.set(to, self.get(from)),
            Op::Address(reg, to) => self.set(reg, Some(Value { bits: to.0, is_absolute: false })),
            Op::Add(to, from, amount) => {
                let sum = self.added(from, amount);
                if let (SP, true, Some(value)) = (to, from != SP, sum) {
                    note(What::Stack(value));
                }
                self.set(to, sum);
            }
            Op::Literal(reg, from, size) => {
                self.set(reg, memory.constant(from, size).map(|bits| Value { bits, is_absolute: true }));
            }
            Op::Memory(access) => self.access(memory, &access, &mut note),
            Op::VectorMemory(access) => {
                note(What::Vector);
                self.access(memory, &access, &mut note);
            }
            Op::Vector => note(What::Vector),
            Op::Read(reg, from) => {
                note(if from == SysReg::FPCR || from == SysReg::FPSR { What::Vector } else { What::Read(from) });
                self.before.asked_level |= from == SysReg::CURRENT_EL;
                self.set(reg, None);
            }
            Op::Write(to, reg) => {
                let value = self.get(reg);
                note(What::Write(to, value));
                self.written(to, value);
            }
            Op::Other(reg) => self.set(reg.unwrap_or(ZERO), None),
            Op::Up(upcall) => {
                note(What::Up(upcall));
                self.clobber();
            }
            Op::Jump(to) => return Next::To(to),
            Op::Branch(to) => return Next::Both(to),
            Op::Call(to) => return Next::Call(to),
            Op::JumpTo(reg) | Op::CallTo(reg) => match self.get(reg) {
                Some(value) if !is_code(Addr(value.bits)) => {
                    note(What::Lost(value));
                    return Next::End;
                }
                Some(value) if matches!(op, Op::JumpTo(_)) => return Next::To(Addr(value.bits)),
                Some(value) => return Next::Call(Addr(value.bits)),
                None => return Next::End,
            },
            Op::Return => return Next::Return,
            Op::Stop => return Next::End,
        }
        Next::On
    }
}

/// Where a path is: the instruction and the addresses calls return to.
type Place = (Addr, Vec<Addr>);

/// Everything met on the paths from `entry`, each event once for each place, with what all paths agree on.
pub fn from_entry(memory: &dyn Memory, entry: Addr) -> Vec<Event> {
    let mut states: BTreeMap<Place, State> = BTreeMap::new();
    let mut events: BTreeMap<Addr, Vec<Event>> = BTreeMap::new();
    let mut work: Vec<Place> = vec![(entry, Vec::new())];
    states.insert((entry, Vec::new()), State::START);
    for _ in 0..STEP_LIMIT {
        let Some((at, stack)) = work.pop() else { break };
        let Some(word) = memory.word(at) else { continue };
        let Some(mut state) = states.get(&(at, stack.clone())).cloned() else { continue };
        let mut here = Vec::new();
        let next = state.step(memory, at, decode(word, at), &mut |event| here.push(event));
        let known = events.entry(at).or_default();
        for event in here {
            // A later visit of the same place knows less: what was sure before is not any more.
            match known.iter_mut().find(|old| old.what == event.what) {
                Some(old) => old.before = old.before.meet(event.before),
                None => known.push(event),
            }
        }
        let after = at.plus(4);
        let mut reach = |to: Addr, stack: Vec<Addr>, state: State| {
            let place = (to, stack);
            let is_news = match states.get_mut(&place) {
                Some(old) => old.meet(&state),
                None => {
                    states.insert(place.clone(), state);
                    true
                }
            };
            if is_news {
                work.push(place);
            }
        };
        match next {
            Next::On => reach(after, stack, state),
            Next::To(to) => reach(to, stack, state),
            Next::Both(to) => {
                reach(to, stack.clone(), state.clone());
                reach(after, stack, state);
            }
            Next::Call(to) if stack.len() < DEPTH_LIMIT => {
                let mut inner = stack;
                inner.push(after);
                state.set(LR, Some(Value { bits: after.0, is_absolute: false }));
                reach(to, inner, state);
            }
            Next::Return => {
                let mut outer = stack;
                if let Some(to) = outer.pop() {
                    reach(to, outer, state);
                }
            }
            Next::Call(_) | Next::End => {}
        }
    }
    events.into_values().flatten().collect()
}

/// Everything met when `code` at `base` is read from its beginning to its end, without following branches. Values are those
/// of code that falls through, so an event is real, but much is not seen.
pub fn straight(memory: &dyn Memory, base: Addr, code: &[u8], note: &mut dyn FnMut(Event)) {
    let mut state = State::START;
    let words = code.chunks_exact(4).filter_map(|raw| Some(u32::from_le_bytes(raw.try_into().ok()?)));
    for (index, word) in words.enumerate() {
        let at = base.plus(index as u64 * 4);
        match state.step(memory, at, decode(word, at), note) {
            Next::On | Next::Both(_) => {}
            Next::Call(_) => state.clobber(),
            Next::To(_) | Next::Return | Next::End => state = State::START,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Code(Vec<u32>);

    const BASE: Addr = Addr(0x4020_0000);

    impl Memory for Code {
        fn word(&self, at: Addr) -> Option<u32> {
            self.0.get(usize::try_from(at.0.checked_sub(BASE.0)?).ok()? / 4).copied()
        }

        fn constant(&self, at: Addr, size: u8) -> Option<u64> {
            let low = u64::from(self.word(at)?);
            if size == 8 { Some(low | u64::from(self.word(at.plus(4))?) << 32) } else { Some(low) }
        }
    }

    fn met(words: &[u32]) -> Vec<Event> {
        from_entry(&Code(words.to_vec()), BASE)
    }

    const FADD: u32 = 0x1e62_2820;
    const MSR_CPACR_X0: u32 = 0xd518_1040;
    const MOV_X0_FPEN: u32 = 0xd2a0_0600;
    const RET: u32 = 0xd65f_03c0;

    #[test]
    fn vectors_are_allowed_after_the_write() {
        let events = met(&[FADD, MOV_X0_FPEN, MSR_CPACR_X0, FADD, RET]);
        let vectors: Vec<bool> = events
            .iter()
            .filter(|event| event.what == What::Vector)
            .map(|event| event.before.enabled_vectors)
            .collect();
        assert_eq!(vectors, [false, true]);
    }

    #[test]
    fn one_path_without_the_write_is_enough() {
        // cbz x1, past the write; the write; fadd
        let events = met(&[MOV_X0_FPEN, 0xb400_0041, MSR_CPACR_X0, FADD, RET]);
        let vector = events.iter().find(|event| event.what == What::Vector).unwrap();
        assert!(!vector.before.enabled_vectors);
    }

    #[test]
    fn callees_are_followed_and_return() {
        // bl .+12; fadd; ret; mov, msr, ret
        let events = met(&[0x9400_0003, FADD, RET, MOV_X0_FPEN, MSR_CPACR_X0, RET]);
        let vector = events.iter().find(|event| event.what == What::Vector).unwrap();
        assert!(vector.before.enabled_vectors);
    }

    #[test]
    fn values_reach_the_stack_pointer_and_memory() {
        // ldr x0, .+16; mov sp, x0; str xzr, [x0, #8]; ret; .quad 0x09000000
        let events = met(&[0x5800_0080, 0x9100_001f, 0xf900_041f, RET, 0x0900_0000, 0]);
        let value = Value { bits: 0x900_0000, is_absolute: true };
        assert!(events.iter().any(|event| event.what == What::Stack(value)));
        let to = Value { bits: 0x900_0008, is_absolute: true };
        assert!(events.iter().any(|event| event.what == What::Access { to, size: 8, is_store: true }));
    }

    #[test]
    fn recursion_and_loops_end() {
        assert!(met(&[0x9400_0000, RET]).is_empty());
        assert!(met(&[0x1400_0000]).is_empty());
    }
}
