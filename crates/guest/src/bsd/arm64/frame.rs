//! Signal frames: how a handler is entered and how its return is undone. A frame is a siginfo and a context after it.

use super::Convention;
use super::context::Bits;
use crate::bsd::signals::stack_record;
use crate::{Frame, Resumed};
use alloc::vec;
use ashore_base::{Addr, Bytes};
use ashore_isa::aarch64::{FLAG_BTYPE, FLAG_C, Regs, Vectors};
use ashore_pivot::{Errno, Memory, SigSet};

/// How a handler is entered: always with the signal's number, the siginfo and the context as its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Through the system's trampoline, which calls the handler in x8 and then returns from the signal.
    Trampoline,
    /// Directly, with the action's own trampoline as the place to return to and the context's address in x28.
    Direct,
}

/// A system's frames.
#[derive(Debug, Clone, Copy)]
pub struct Frames {
    /// How a handler is entered.
    pub entry: Entry,
    /// Where the context is.
    pub context: u64,
    /// What stands above a frame: records of more state, of which there are none but the end.
    pub end: &'static [u8],
}

const FRAME_ALIGN: u64 = 16;

/// Builds a frame and enters the handler.
pub fn deliver(convention: &Convention, regs: &mut Regs, frame: &Frame<'_>, memory: &dyn Memory) -> Result<(), Errno> {
    let Frames { entry, context, end } = convention.frames;
    let layout = convention.context;
    let more = frame.stack.minus(end.len() as u64);
    let base = more.minus(context + layout.len).align_down(FRAME_ALIGN);
    if frame.on_alt_stack && base.0 < frame.alt_stack.base.0 {
        return Err(Errno::EFAULT);
    }
    let mut record = layout.record(regs, &Vectors::from_bytes(frame.fp), convention.signals.map, frame.mask);
    record.put(layout.alt_stack, &stack_record(frame.alt_stack, frame.on_alt_stack));
    (layout.dress)(&mut record, &Bits { on_alt_stack: Some(frame.on_alt_stack), more });
    let info = convention.signals.info.encode(convention.signals, &frame.delivery);
    memory.write(more, end)?;
    memory.write(base.plus(context), &record.0)?;
    memory.write(base, &info)?;

    regs.x[0] = u64::from((convention.os.signal)(frame.delivery.signal));
    regs.x[1] = base.0;
    regs.x[2] = base.plus(context).0;
    match entry {
        Entry::Trampoline => {
            regs.x[8] = frame.handler.0;
            regs.pc = frame.trampoline.0;
        }
        Entry::Direct => {
            regs.x[28] = base.plus(context).0;
            regs.x[30] = frame.action.trampoline.0;
            regs.pc = frame.handler.0;
        }
    }
    regs.sp = base.0;
    regs.pstate &= !FLAG_BTYPE;
    Ok(())
}

/// Writes the registers as a context that a later [`resume`] returns 0 from.
pub fn save(
    convention: &Convention,
    regs: &Regs,
    at: Addr,
    mask: SigSet,
    fp: &[u8],
    memory: &dyn Memory,
) -> Result<(), Errno> {
    let mut regs = *regs;
    regs.x[0] = 0;
    regs.pstate &= !FLAG_C;
    let mut record = convention.context.record(&regs, &Vectors::from_bytes(fp), convention.signals.map, mask);
    (convention.context.dress)(&mut record, &Bits { on_alt_stack: None, more: Addr::NULL });
    memory.write(at, &record.0)
}

/// Reads a context back.
pub fn resume(convention: &Convention, regs: &mut Regs, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno> {
    let layout = convention.context;
    let mut bytes = vec![0; layout.len as usize];
    memory.read(at, &mut bytes)?;
    let record = Bytes(&bytes);
    let says = (layout.says)(record);
    if says.regs {
        *regs = layout.read_regs(record, regs.tls)?;
    }
    let mut resumed = Resumed::default();
    if let Some(place) = layout.tls.filter(|_| says.tls) {
        resumed.tls = record.u64(place).map(Addr).filter(|tls| tls.0 != regs.tls);
    }
    if says.mask {
        let set = record.array(layout.mask).ok_or(Errno::EINVAL)?;
        resumed.mask = Some(convention.signals.map.set_to_linux(set));
    }
    if says.fp {
        resumed.fp = layout.read_vectors(record).map(|vectors| vectors.to_bytes().into());
    }
    Ok(resumed)
}
