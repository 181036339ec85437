//! Where translated code was stopped: the guest's state from the host's registers.

use super::Code;
use super::customs::Custom;
use super::shared::Made;
use super::thread::{Exit, Step, Thread};
use ashore_emit::{Form, Mark, MarkKind, flags, frame};
use ashore_sys::FaultInfo;
use ashore_sys::translated::Stay;

/// Where the stack's register is.
const RSP: usize = frame::CONTEXT + 4 * 8;
/// Where the registers' values are behind the general ones.
const RIP: usize = frame::CONTEXT + 16 * 8;
const RFLAGS: usize = RIP + 8;
/// Stop after one instruction.
const TRAP_FLAG: u64 = 0x100;
/// What is always set, and interrupts.
const PLAIN: u64 = 0x202;
const SIGTRAP: u32 = 5;
const SIGFPE: u32 = 8;
const SIGBUS: u32 = 7;
const SIGSEGV: u32 = 11;
const SI_KERNEL: i32 = 0x80;
/// The most host instructions to the next guest instruction.
const STEPS: usize = 10_000;

/// What comes next after a handler hit translated code: because of a fault, or because a signal came.
pub(super) fn stopped(thread: &mut Thread, mut fault: Option<FaultInfo>, code: &dyn Code) -> Step {
    let jit = thread.jit().clone();
    let mut is_stepping = false;
    for _ in 0..STEPS {
        if fault.is_some_and(|info| info.signal == SIGSEGV && thread.frame.is_stack_end(info.addr)) {
            // Calls and no returns: what is known of the oldest ones is thrown away with that of all others.
            let start = thread.frame.stack_start();
            thread.set_bytes(RSP, &start.to_le_bytes());
            fault = None;
            if !is_stepping {
                let stay = thread.frame.resume();
                return thread.answer(stay, code);
            }
        }
        let is_step = is_stepping && fault.is_some_and(|fault| fault.signal == SIGTRAP);
        let Some(place) = jit.arena.place(thread.word(RIP)) else { return Step::Stop(Exit::Illegal) };
        let found = if place < jit.gates_end { None } else { jit.find(place) };
        match (&found, fault) {
            // The instruction stops at its numbers: what it does is computed exactly.
            // And so where the host says nothing of the address, because to it there is none: the guest's CPU may ignore bits.
            (Some((made, mark)), Some(info)) if info.signal == SIGFPE || is_no_address(info) => {
                capture(thread, made, mark);
                return match thread.evaluate(mark.pc, code) {
                    Some(exit) => Step::Stop(exit),
                    None => {
                        jit.saw(mark.pc, if is_no_address(info) { Custom::Tagged } else { Custom::Nans });
                        Step::Look
                    }
                };
            }
            (Some((made, mark)), Some(info)) if !is_step => {
                capture(thread, made, mark);
                return Step::Stop(Exit::Fault(info));
            }
            (Some((made, mark)), _) if mark.at == place && mark.kind == MarkKind::Start => {
                capture(thread, made, mark);
                return Step::Stop(Exit::Interrupted);
            }
            _ => {}
        }
        // On to the next guest instruction; code that leaves is left alone.
        let is_leaving = place >= jit.gates.called && place < jit.gates_end;
        let trap = if is_leaving { 0 } else { TRAP_FLAG };
        let host_flags = thread.word(RFLAGS) & 0x8d5 | PLAIN | trap;
        thread.set_bytes(RFLAGS, &host_flags.to_le_bytes());
        is_stepping = true;
        fault = match thread.frame.resume() {
            Stay::Faulted => Some(ashore_sys::thread_fault()),
            Stay::Interrupted => None,
            stay => return thread.answer(stay, code),
        };
    }
    Step::Stop(Exit::Illegal)
}

/// Whether the host faulted before it had an address to tell of. It calls that a bus error where the base is `rbp`, which to
/// it is the stack's.
fn is_no_address(info: FaultInfo) -> bool {
    matches!(info.signal, SIGSEGV | SIGBUS) && info.code == SI_KERNEL
}

/// Puts the guest's registers, which are partly in the host's, into the state.
fn capture(thread: &mut Thread, made: &Made, mark: &Mark) {
    let jit = thread.jit().clone();
    // A call may have been half made.
    thread.forget_returns();
    // At a unit's first bytes registers are still where the outside has them.
    let is_first = mark.at == made.base;
    let map =
        made.maps.as_ref().filter(|_| !is_first).and_then(|maps| maps.at(mark.at - made.base)).unwrap_or(&jit.map);
    for (reg, slot) in map.ints() {
        let borrowed = frame::BORROWERS.iter().position(|other| *other == reg && mark.kind == MarkKind::Borrowed);
        let at = borrowed.map_or(frame::CONTEXT + usize::from(reg.0) * 8, |number| frame::BORROWED + number * 8);
        let value = thread.word(at);
        thread.set_bytes(usize::from(slot.offset), &value.to_le_bytes());
    }
    for (reg, slot) in map.vectors() {
        let at = frame::CONTEXT_VECTORS + usize::from(reg.0) * 16;
        let value = [thread.word(at), thread.word(at + 8)];
        thread.set_bytes(usize::from(slot.offset), &value[0].to_le_bytes());
        thread.set_bytes(usize::from(slot.offset) + 8, &value[1].to_le_bytes());
    }
    if mark.flags != Form::Stored {
        let status = flags::from_host(mark.flags, thread.word(RFLAGS));
        let slot = jit.lifter.flags();
        thread.set(slot, flags::to_stored(status));
    }
    thread.set_pc(mark.pc);
}
