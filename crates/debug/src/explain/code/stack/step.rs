//! One step: from a function to its caller.

use super::cfi::{Caller, Now};
use super::{End, Found, FoundBy, holder, signal};
use crate::explain::code::Program;
use crate::explain::code::instruction::{bytes_at, call_before};
use ashore_base::Addr;
use ashore_isa::Registers;
use ashore_isa::facts::Returns;
use ashore_pivot::Memory;

/// A word of the stack.
const WORD: u64 = 8;
/// A frame that is longer is damage, or another stack.
const FRAME_MAX: u64 = 1 << 28;
/// How far below a function's frame pointer the return address of what it called is looked for.
const REACH: u64 = 1 << 16;
/// A stack that changes to others more often is damaged.
const CHANGES_MAX: u32 = 32;
/// Functions of Go's runtime that code which faulted, or is to give way, seems to have called.
const INJECTED: &[&str] = &["runtime.sigpanic", "runtime.sigpanic0", "runtime.asyncPreempt"];

/// How many bytes such a call takes beside its own frame, where the way back is in a register.
const INJECTED_LEN: u64 = 16;

/// What a step found.
pub(super) enum Step {
    /// The walker is in the caller now.
    To(FoundBy),
    /// There is no caller, or none that can be believed.
    Ended(End),
}

/// Where the walk is.
pub(super) struct Walker<'m, 'a> {
    programs: &'m [Program<'a>],
    /// The one that the walker is in, or was last.
    program: &'m Program<'a>,
    memory: &'m dyn Memory,
    regs: Registers,
    is_exact: bool,
    /// How often the walk may still change to another stack, where nothing tells what is further up.
    changes_left: u32,
}

impl<'m, 'a> Walker<'m, 'a> {
    /// A walker through code of the programs; none without a program.
    pub(super) fn new(programs: &'m [Program<'a>], regs: Registers, memory: &'m dyn Memory) -> Option<Walker<'m, 'a>> {
        let program = programs.first()?;
        Some(Walker { programs, program, memory, regs, is_exact: true, changes_left: CHANGES_MAX })
    }

    /// The program that has `at` as its code, else the one that the walker is in.
    fn holder(&self, at: Addr) -> &'m Program<'a> {
        holder(self.programs, at).unwrap_or(self.program)
    }

    fn is_code(&self, at: Addr) -> bool {
        holder(self.programs, at).is_some()
    }

    /// The frame the walker is in.
    pub(super) fn found(&self, by: FoundBy) -> Found {
        Found { pc: Addr(self.regs.pc()), sp: Addr(self.regs.sp()), by, is_exact: self.is_exact }
    }

    /// Goes to the caller.
    pub(super) fn step(&mut self, is_first: bool) -> Step {
        let (was, may_stay) = (self.regs, self.is_exact && self.returns_by_link());
        let step = self.unchecked(is_first);
        let Step::To(by) = step else { return step };
        let regs = self.regs;
        if matches!(by, FoundBy::Signal | FoundBy::OtherStack) && self.changes_left == 0 {
            return Step::Ended(End::Backwards(Addr(regs.sp())));
        }
        if matches!(by, FoundBy::Signal) {
            self.changes_left -= 1;
            return step;
        }
        if !regs.sp().is_multiple_of(WORD) {
            return Step::Ended(End::Misaligned(Addr(regs.sp())));
        }
        if by == FoundBy::OtherStack {
            self.changes_left -= 1;
        } else if regs.sp() < was.sp() || (regs.sp() == was.sp() && !may_stay) || regs.sp() - was.sp() > FRAME_MAX {
            return Step::Ended(End::Backwards(Addr(regs.sp())));
        }
        // The code a handler returns into stands for what it interrupted.
        if self.changes_left > 0
            && let Some(inner) = self.interrupted()
        {
            self.changes_left -= 1;
            self.regs = inner;
            self.is_exact = true;
            return Step::To(FoundBy::Signal);
        }
        match regs.pc() {
            0 => Step::Ended(End::Outermost),
            pc if !self.is_code(Addr(pc)) => Step::Ended(End::NotCode(Addr(pc))),
            _ => Step::To(by),
        }
    }

    fn unchecked(&mut self, is_first: bool) -> Step {
        if !self.regs.sp().is_multiple_of(WORD) {
            return Step::Ended(End::Misaligned(Addr(self.regs.sp())));
        }
        if let Some(inner) = self.interrupted() {
            self.regs = inner;
            self.is_exact = true;
            return Step::To(FoundBy::Signal);
        }
        let pc = Addr(self.regs.pc());
        if !self.is_code(pc) {
            // A call through a bad pointer: it kept its return address before it failed.
            return if is_first { self.by_top(0) } else { Step::Ended(End::NotCode(pc)) };
        }
        let at = if self.is_exact { pc } else { pc.minus(1) };
        self.program = self.holder(at);
        self.by_go(at, is_first).or_else(|| self.by_cfi(at)).unwrap_or_else(|| self.by_frame(at, is_first))
    }

    /// What a handler interrupted, when the walker is in the code that handlers return into.
    fn interrupted(&self) -> Option<Registers> {
        let pc = Addr(self.regs.pc());
        let code = bytes_at(self.holder(pc), self.memory, pc)?;
        signal::interrupted(&code, &self.regs, self.memory)
    }

    fn word(&self, at: u64) -> Result<u64, Step> {
        let mut bytes = [0; 8];
        match self.memory.read(Addr(at), &mut bytes) {
            Ok(()) => Ok(u64::from_le_bytes(bytes)),
            Err(_) => Err(Step::Ended(End::Unreadable(Addr(at)))),
        }
    }

    /// Whether the way back is in a register until a function saves it.
    fn returns_by_link(&self) -> bool {
        self.regs.facts().returns == Returns::InLink
    }

    /// Returns to the address at `slot`, `above` which the caller's stack goes on.
    fn return_by(&mut self, slot: u64, above: u64, by: FoundBy) -> Step {
        match self.word(slot) {
            Ok(back) => {
                self.regs.set_pc(back);
                self.regs.set_sp(slot.wrapping_add(above));
                self.is_exact = false;
                Step::To(by)
            }
            Err(step) => step,
        }
    }

    /// By Go's line table; none for code that is not Go's.
    fn by_go(&mut self, at: Addr, is_first: bool) -> Option<Step> {
        let place = self.program.in_file(at);
        let table = self.program.go()?;
        let traits = table.traits(place)?;
        let frame = table.frame_len(place);
        let sp = self.regs.sp();
        let is_linked = self.returns_by_link();
        let slot = frame.map(|len| if is_linked { sp } else { sp.wrapping_add(len) });
        if traits.is_outermost && !slot.is_some_and(|slot| self.returns_into_trampoline(slot)) {
            return Some(Step::Ended(End::Outermost));
        }
        if traits.switches_stacks && !is_first {
            return Some(self.across_stacks(at));
        }
        let (len, slot) = (frame?, slot?);
        let is_injected = self.program.name(at).is_some_and(|found| INJECTED.contains(&found.name.as_str()));
        // A function with a frame saved its caller's frame pointer right below the way back.
        let saved = if len >= WORD { self.word(slot.wrapping_sub(WORD)).ok() } else { None };
        if let Some(saved) = saved.filter(|saved| saved.is_multiple_of(WORD) && self.word(*saved).is_ok()) {
            self.regs.set_frame(saved);
        }
        let by = if is_injected { FoundBy::InjectedCall } else { FoundBy::GoTable };
        let step = match (is_linked, len) {
            (true, 0) => self.by_link(by),
            (true, len) => self.return_by(slot, len, by),
            (false, _) => self.return_by(slot, WORD, by),
        };
        // The call was made up: the address is that of the instruction itself, whose way back was saved below its frame.
        self.is_exact = is_injected;
        if is_injected && is_linked {
            let sp = self.regs.sp();
            if let Ok(link) = self.word(sp) {
                self.regs.set_link(link);
            }
            self.regs.set_sp(sp.wrapping_add(INJECTED_LEN));
        }
        Some(step)
    }

    fn returns_into_trampoline(&self, slot: u64) -> bool {
        let code = self.word(slot).ok().and_then(|back| bytes_at(self.holder(Addr(back)), self.memory, Addr(back)));
        code.is_some_and(|code| signal::is_trampoline(&code))
    }

    /// From a function that Go enters on one stack and leaves on another to its caller. The frame pointer is still of the
    /// stack it was entered on: of its own frame there, or of its caller's when it made none. In that case the size of the
    /// caller's frame tells where the return address must be.
    fn across_stacks(&mut self, at: Addr) -> Step {
        let frame = self.regs.frame();
        let ended = Step::Ended(End::OtherStack(at));
        let (Some(table), Some(code)) = (self.program.go(), self.program.function(at)) else { return ended };
        if !frame.is_multiple_of(WORD) {
            return ended;
        }
        let calls_it = |back: u64| {
            let call = call_before(self.program, self.memory, Addr(back));
            call.is_some_and(|call| call.target == Some(code.start))
        };
        let own = self.word(frame.wrapping_add(WORD)).ok().filter(|back| calls_it(*back));
        if let (Some(_), Ok(outer)) = (own, self.word(frame)) {
            self.regs.set_frame(outer);
            let own = table.frame_len(self.program.in_file(at)).filter(|_| self.returns_by_link());
            return self.return_by(frame.wrapping_add(WORD), own.unwrap_or(WORD), FoundBy::OtherStack);
        }
        if self.returns_by_link() {
            return ended;
        }
        for distance in (WORD..REACH).step_by(WORD as usize) {
            let slot = frame.wrapping_sub(distance);
            let Ok(back) = self.word(slot) else { return ended };
            let call = Addr(back).minus(1);
            let fits = self.program.is_code(call) && table.frame_len(self.program.in_file(call)) == Some(distance);
            if fits && calls_it(back) {
                return self.return_by(slot, WORD, FoundBy::OtherStack);
            }
        }
        ended
    }

    /// By call frame information; none for code without.
    fn by_cfi(&mut self, at: Addr) -> Option<Step> {
        let bias = self.program.in_memory(Addr(0)).0;
        let now = Now { regs: &self.regs, memory: self.memory, bias, is_first: self.is_exact };
        Some(match self.program.cfi().caller(self.program.in_file(at), now)? {
            Caller::Regs(regs) => {
                self.regs = *regs;
                self.is_exact = false;
                Step::To(FoundBy::CallFrameInfo)
            }
            Caller::None => Step::Ended(End::Outermost),
            Caller::Unreadable(at) => Step::Ended(End::Unreadable(at)),
        })
    }

    /// By the frame pointer, or by the top of the stack for the innermost function when it has no frame (yet, or any more).
    fn by_frame(&mut self, at: Addr, is_first: bool) -> Step {
        if self.is_entry(at) {
            return Step::Ended(End::Outermost);
        }
        if is_first && let Some(depth) = self.frameless(at) {
            return self.by_top(depth);
        }
        let frame = self.regs.frame();
        if frame == 0 {
            return Step::Ended(End::Outermost);
        }
        if !frame.is_multiple_of(WORD) {
            return Step::Ended(End::Misaligned(Addr(frame)));
        }
        if frame < self.regs.sp() || frame - self.regs.sp() > FRAME_MAX {
            return Step::Ended(End::Backwards(Addr(frame)));
        }
        match self.word(frame) {
            Ok(outer) => {
                let step = self.return_by(frame.wrapping_add(WORD), WORD, FoundBy::FramePointer);
                self.regs.set_frame(outer);
                step
            }
            Err(step) => step,
        }
    }

    /// Whether the code is where the program begins: nothing called it.
    fn is_entry(&self, at: Addr) -> bool {
        let entry = self.program.part.image.entry.addr().map(|entry| self.program.in_memory(entry));
        let code = self.program.function(at);
        entry.is_some_and(|entry| entry == at || code.is_some_and(|code| code.contains(entry)))
    }

    /// How many bytes lie above the return address when the function at `at` has no frame there.
    fn frameless(&self, at: Addr) -> Option<u64> {
        const PUSH_FRAME: u8 = 0x55;
        if let Some(link) = self.regs.link() {
            // Its own calls would have left an address within it.
            let is_own = self.program.function(at).is_some_and(|code| code.contains(Addr(link).minus(1)));
            let is_back = call_before(self.holder(Addr(link).minus(1)), self.memory, Addr(link)).is_some();
            return (!is_own && is_back).then_some(0);
        }
        let code = bytes_at(self.program, self.memory, at)?;
        let start = self.program.function(at).map(|code| code.start);
        let first = start.and_then(|start| bytes_at(self.program, self.memory, start)?.first().copied());
        let is_return = matches!(code.first(), Some(0xc2 | 0xc3));
        if start == Some(at) || is_return {
            return Some(0);
        }
        if first == Some(PUSH_FRAME) {
            let is_pushed_only = start.is_some_and(|start| at == start.plus(1));
            return is_pushed_only.then_some(WORD);
        }
        // A function that never makes a frame: the word on top must be where some call returns to.
        let top = self.word(self.regs.sp()).ok()?;
        call_before(self.holder(Addr(top).minus(1)), self.memory, Addr(top)).map(|_| 0)
    }

    fn by_top(&mut self, depth: u64) -> Step {
        if self.returns_by_link() {
            return self.by_link(FoundBy::TopOfStack);
        }
        self.return_by(self.regs.sp().wrapping_add(depth), WORD, FoundBy::TopOfStack)
    }

    /// Returns to what the link register holds: nothing of the stack is the function's.
    fn by_link(&mut self, by: FoundBy) -> Step {
        let Some(back) = self.regs.link() else { return Step::Ended(End::Outermost) };
        self.regs.set_pc(back);
        self.is_exact = false;
        Step::To(by)
    }
}
