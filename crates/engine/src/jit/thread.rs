//! One guest thread.

use super::control::{has_raised, host_control, raised, without_raised};
use super::evaluated::Known;
use super::shared::{Found, Jit, Way};
use super::tenants::Tenant;
use super::{Code, stop};
use ashore_emit::{ExitKind, JUMP, flags, frame, trap_of};
use ashore_ir::float::Exceptions;
use ashore_ir::{Access, Block, Evaluator, Fault, Slot, Trap};
use ashore_pivot::Errno;
use ashore_sys::FaultInfo;
use ashore_sys::translated::{Frame, Plain, Stay};
use std::sync::Arc;

/// Why a guest thread stopped. Its registers are in its state, the program counter among them.
#[derive(Clone, Copy, Debug)]
pub enum Exit {
    /// It asked its kernel for something; the program counter is behind the instruction, whose number this is.
    Call(u16),
    /// A breakpoint of this number, at the program counter.
    Break(u16),
    /// The CPU has no such instruction, or it may not be used.
    Illegal,
    /// The program counter or the stack pointer is not aligned as it must be.
    Misaligned,
    /// An atomic or ordered access of the instruction at the program counter was not aligned.
    Unaligned(Fault),
    /// The instruction at the program counter faulted; the host's words for how.
    Fault(FaultInfo),
    /// The instruction at the program counter cannot be read.
    Refused(Fault),
    /// A signal for the guest waits.
    Interrupted,
}

/// A guest thread: its registers, and the way into translated code.
pub struct Thread {
    pub(super) jit: Arc<Jit>,
    pub(super) frame: Frame,
    pub(super) evaluator: Evaluator,
    pub(super) block: Block,
    /// What code left for lately to have it evaluated, of this turn.
    pub(super) known: Known,
    /// The guest address that code is being entered at.
    pub(super) entering: u64,
    tenant: Arc<Tenant>,
    /// The turn that the jump cache is of.
    turn: u64,
    /// The instruction evaluated last said that code has changed, or is to be other code: perhaps the code it is in.
    pub(super) has_changed_code: bool,
    /// Where the registers are that the way in and out of code needs.
    slots: Slots,
    /// The guest's floating-point control that the frame's is for; at first none.
    control: Option<u64>,
    /// Whether instructions are evaluated under that control.
    pub(super) is_evaluated: bool,
    /// Whether tiny numbers are flushed under it: the frame's is for the guest's status too.
    is_flushed: bool,
}

/// Registers that the way in and out of code needs, by offset.
#[derive(Clone, Copy)]
struct Slots {
    size: usize,
    pc: Slot,
    flags: Slot,
    control: Slot,
    align_log2: u8,
}

/// What comes next.
pub(super) enum Step {
    /// Enter the code at a place, which is for the state's program counter.
    Enter(u32),
    /// Look for the code of the state's program counter.
    Look,
    /// Somebody else's turn.
    Stop(Exit),
}

impl Thread {
    /// A thread whose registers are all zero.
    pub fn new(jit: &Arc<Jit>) -> Result<Thread, Errno> {
        let mut frame = Frame::new(frame::SIZE)?;
        fill(frame.bytes_mut(), [jit.arena.address(jit.targets.place), jit.arena.address(0)]);
        frame.set_lost(jit.arena.address(jit.gates.lost));
        let start = frame.stack_start().to_le_bytes();
        for place in [frame::RETURNS, frame::RETURNS_START] {
            frame.bytes_mut().get_mut(place..place + 8).into_iter().for_each(|to| to.copy_from_slice(&start));
        }
        let (jit, tenant) = (jit.clone(), jit.tenants.join());
        let (layout, lifter) = (jit.lifter.model().layout(), &jit.lifter);
        let slots = Slots {
            size: layout.size,
            pc: layout.pc,
            flags: lifter.flags(),
            control: layout.fp_control,
            align_log2: lifter.align_log2(),
        };
        Ok(Thread {
            jit,
            frame,
            evaluator: Evaluator::new(),
            block: Block::new(),
            known: Known::default(),
            entering: 0,
            tenant,
            turn: 0,
            has_changed_code: false,
            slots,
            control: None,
            is_evaluated: false,
            is_flushed: false,
        })
    }

    /// What all threads share.
    pub fn jit(&self) -> &Arc<Jit> {
        &self.jit
    }

    /// The registers, as the CPU's folder lays them out.
    pub fn state(&self) -> &[u8] {
        self.frame.bytes().get(..self.slots.size).unwrap_or_default()
    }

    /// The registers, to be changed.
    pub fn state_mut(&mut self) -> &mut [u8] {
        let size = self.slots.size;
        self.frame.bytes_mut().get_mut(..size).unwrap_or_default()
    }

    /// The registers that a call sees, which the state begins with.
    #[inline]
    pub(super) fn first<R: Plain>(&self) -> &R {
        self.frame.first()
    }

    /// The same, to be changed.
    #[inline]
    pub(super) fn first_mut<R: Plain>(&mut self) -> &mut R {
        self.frame.first_mut()
    }

    /// A register of at most eight bytes.
    #[inline]
    pub fn get(&self, slot: Slot) -> u64 {
        let word = self.word(slot.offset.into());
        if slot.kind.size() < 8 { word & !(!0 << (slot.kind.size() * 8)) } else { word }
    }

    /// Writes a register of at most eight bytes.
    #[inline]
    pub fn set(&mut self, slot: Slot, value: u64) {
        let bytes = value.to_le_bytes();
        match slot.kind.size() {
            4 => self.set_bytes(slot.offset.into(), &(value as u32).to_le_bytes()),
            8.. => self.set_bytes(slot.offset.into(), &bytes),
            size => self.set_bytes(slot.offset.into(), bytes.get(..size).unwrap_or_default()),
        }
    }

    #[inline]
    pub(super) fn word(&self, offset: usize) -> u64 {
        let bytes = self.frame.bytes().get(offset..offset + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u64::from_le_bytes)
    }

    #[inline]
    pub(super) fn set_bytes(&mut self, offset: usize, bytes: &[u8]) {
        if let Some(to) = self.frame.bytes_mut().get_mut(offset..offset + bytes.len()) {
            to.copy_from_slice(bytes);
        }
    }

    #[inline]
    pub(super) fn pc(&self) -> u64 {
        self.get(self.slots.pc)
    }

    #[inline]
    pub(super) fn set_pc(&mut self, pc: u64) {
        self.set(self.slots.pc, pc);
    }

    /// Runs until there is something for others to do. The calling host thread is adopted.
    pub fn run(&mut self, code: &dyn Code) -> Exit {
        self.flags_inside();
        self.control_inside();
        let mut step = Step::Look;
        let exit = loop {
            step = match step {
                Step::Look => self.look(code),
                Step::Enter(place) => self.enter(place, code),
                Step::Stop(exit) => break exit,
            };
        };
        self.tenant.leaves();
        self.flags_outside();
        self.control_outside();
        exit
    }

    /// Runs one instruction; gives an exit when it is not just done.
    pub fn step(&mut self, code: &dyn Code) -> Option<Exit> {
        self.flags_inside();
        self.control_inside();
        let exit = self.evaluate(self.pc(), code);
        self.flags_outside();
        self.control_outside();
        exit
    }

    /// The flags as translated code keeps them.
    #[inline]
    pub(super) fn flags_inside(&mut self) {
        let slot = self.slots.flags;
        self.set(slot, flags::to_stored(self.get(slot)));
    }

    /// The flags as everybody else sees them.
    #[inline]
    pub(super) fn flags_outside(&mut self) {
        let slot = self.slots.flags;
        self.set(slot, flags::from_stored(self.get(slot)));
    }

    /// The host's floating-point control for the guest's.
    #[inline]
    pub(super) fn control_inside(&mut self) {
        let control = self.get(self.slots.control);
        if self.control != Some(control) || self.is_flushed {
            self.new_control(control);
        }
    }

    #[cold]
    fn new_control(&mut self, register: u64) {
        let model = self.jit.lifter.model();
        let control = model.control(register);
        let is_inexact = self.get(model.layout().fp_status) & model.status(Exceptions::INEXACT) != 0;
        let told = if is_inexact { Exceptions::INEXACT } else { Exceptions::default() };
        self.control = Some(register);
        if control.flush && !self.is_flushed {
            self.jit.tell_tiny();
            // What the thread is in does not tell of all.
            self.has_changed_code = true;
        }
        self.is_flushed = control.flush;
        // The host has no such modes.
        self.is_evaluated = control.default_nan || control.alternative_half || self.jit.settings.steps;
        let old = self.word(frame::GUEST_MXCSR) as u32;
        self.set_bytes(frame::GUEST_MXCSR, &host_control(control, told, old).to_le_bytes());
    }

    /// The exceptions raised on the host, into the guest's register.
    #[inline]
    pub(super) fn control_outside(&mut self) {
        let mxcsr = self.word(frame::GUEST_MXCSR) as u32;
        if has_raised(mxcsr) {
            self.raise(mxcsr);
        }
    }

    fn raise(&mut self, mxcsr: u32) {
        let raised = raised(mxcsr);
        if raised != Exceptions::default() {
            let model = self.jit.lifter.model();
            let slot = model.layout().fp_status;
            let status = self.get(slot) | model.status(raised);
            self.set(slot, status);
        }
        self.set_bytes(frame::GUEST_MXCSR, &without_raised(mxcsr).to_le_bytes());
    }

    fn look(&mut self, code: &dyn Code) -> Step {
        let pc = self.pc();
        self.control_inside();
        if self.is_evaluated {
            // Nothing else sees signals on this way.
            if ashore_sys::current().is_some_and(|block| block.has_pending()) {
                return Step::Stop(Exit::Interrupted);
            }
            return match self.evaluate(pc, code) {
                Some(exit) => Step::Stop(exit),
                None => Step::Look,
            };
        }
        if let Some(place) = self.remembered(pc) {
            return Step::Enter(place);
        }
        match self.jit.place_of(pc, code, &self.tenant) {
            Found::At(place, turn) => {
                let before = core::mem::replace(&mut self.turn, turn);
                // At first there is nothing to forget.
                if before != turn && before != 0 {
                    forget_jumps(self.frame.bytes_mut());
                    self.forget_returns();
                    self.known.forget();
                }
                self.remember(pc, place);
                Step::Enter(place)
            }
            Found::Full(turn) => {
                self.jit.make_room(turn, &self.tenant);
                Step::Look
            }
            Found::Nothing => Step::Stop(Exit::Refused(Fault { addr: pc, access: Access::Execute })),
        }
    }

    /// The place of an address's entry in the jump cache.
    #[inline]
    fn jump(&self, pc: u64) -> usize {
        let mask = (1u64 << frame::JUMPS_LOG2) - 1;
        frame::JUMPS + ((pc >> self.slots.align_log2 & mask) as usize) * 16
    }

    /// The place of an address's code, if the jump cache has it and the code may be entered.
    #[inline]
    fn remembered(&self, pc: u64) -> Option<u32> {
        let entry = self.jump(pc);
        if self.word(entry) != pc || !self.jit.tenants.may_enter(self.turn, &self.tenant) {
            return None;
        }
        self.jit.arena.place(self.word(entry + 8))
    }

    /// Puts an address into the jump cache.
    fn remember(&mut self, pc: u64, place: u32) {
        let entry = self.jump(pc);
        let address = self.jit.arena.address(place);
        self.set_bytes(entry, &pc.to_le_bytes());
        self.set_bytes(entry + 8, &address.to_le_bytes());
    }

    fn enter(&mut self, place: u32, code: &dyn Code) -> Step {
        self.entering = self.pc();
        let address = self.jit.arena.address(place);
        self.set_bytes(frame::TARGET, &address.to_le_bytes());
        let stay = self.frame.enter(self.jit.arena.address(0));
        self.answer(stay, code)
    }

    /// What a stay's end means.
    #[inline]
    pub(super) fn answer(&mut self, stay: Stay, code: &dyn Code) -> Step {
        match stay {
            Stay::NotEntered => {
                self.set_pc(self.entering);
                Step::Stop(Exit::Interrupted)
            }
            Stay::Left => self.left(code),
            Stay::Interrupted => self.stopped(None, code),
            Stay::Faulted => {
                let fault = ashore_sys::thread_fault();
                self.stopped(Some(fault), code)
            }
        }
    }

    #[inline]
    fn left(&mut self, code: &dyn Code) -> Step {
        let number = self.word(frame::EXIT);
        if number == JUMP {
            let pc = self.word(frame::TARGET);
            self.set_pc(pc);
            return Step::Look;
        }
        match trap_of(number) {
            Some((Trap::Call, number)) => Step::Stop(Exit::Call(number)),
            Some((Trap::Break, number)) => Step::Stop(Exit::Break(number)),
            Some((Trap::Illegal, _)) => Step::Stop(Exit::Illegal),
            Some((Trap::Misaligned, _)) => Step::Stop(Exit::Misaligned),
            None => self.went(number, code),
        }
    }

    /// The code left at one of its exits.
    fn went(&mut self, number: u64, code: &dyn Code) -> Step {
        if let Some(step) = self.left_again(number) {
            return step;
        }
        let jit = self.jit.clone();
        let Some((Way { base, exit }, place)) = jit.follow(number, code) else { return Step::Stop(Exit::Illegal) };
        match exit.kind {
            ExitKind::Goto => {
                self.set_pc(exit.pc);
                match place {
                    // The code that was here is stale, and so is what the jump cache has.
                    Some(place) if exit.site == 0 => {
                        self.remember(exit.pc, place);
                        Step::Enter(place)
                    }
                    Some(place) => Step::Enter(place),
                    None => {
                        // An address that is looked for in another entry.
                        self.set_bytes(self.jump(exit.pc), &(!exit.pc).to_le_bytes());
                        Step::Look
                    }
                }
            }
            ExitKind::Hot => {
                self.set_pc(exit.pc);
                jit.promote((exit.pc, exit.resume), code).map_or(Step::Look, Step::Enter)
            }
            ExitKind::Eval { .. } => self.left_for(number, Way { base, exit }, code),
        }
    }

    /// Nothing is known of calls any more.
    pub(super) fn forget_returns(&mut self) {
        self.set_bytes(frame::RETURNS, &self.frame.stack_start().to_le_bytes());
    }

    fn stopped(&mut self, fault: Option<FaultInfo>, code: &dyn Code) -> Step {
        stop::stopped(self, fault, code)
    }
}

/// What every frame holds: where the table of targets and the code are, constants, and a jump cache that no address is in.
fn fill(bytes: &mut [u8], [targets, code]: [u64; 2]) {
    let mut put = |offset: usize, value: &[u8]| {
        if let Some(to) = bytes.get_mut(offset..offset + value.len()) {
            to.copy_from_slice(value);
        }
    };
    put(frame::TARGETS, &targets.to_le_bytes());
    put(frame::CODE, &code.to_le_bytes());
    for low in 0..=255u8 {
        put(frame::FLOAT_FLAGS + usize::from(low) * 2, &frame::float_flags(low).to_le_bytes());
    }
    for (vector, value) in frame::Vector::ALL {
        put(frame::VECTORS + vector as usize * 16, &value.to_le_bytes());
    }
    // Nothing has been written to the rest: most of it is in no page yet.
    put(frame::JUMPS, &NOT_FIRST.to_le_bytes());
}

/// An address that is not looked for in the jump cache's first entry.
const NOT_FIRST: u64 = u64::MAX;

/// Empties the jump cache: each entry has an address that is not looked for there. The first address of all is looked for in
/// the first entry.
fn forget_jumps(bytes: &mut [u8]) {
    if let Some(jumps) = bytes.get_mut(frame::JUMPS..frame::SIZE) {
        jumps.fill(0);
        if let Some(first) = jumps.first_chunk_mut() {
            *first = NOT_FIRST.to_le_bytes();
        }
    }
}
