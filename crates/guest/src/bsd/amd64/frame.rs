//! Signal frames: how a handler is entered and how its return is undone.
//!
//! Under the system's own frame stands the whole XSAVE image, which may be larger than the system's
//! record has room for, with a private record just before the context that finds it again. A context
//! that a program copied elsewhere has no such record; then only the bytes in it come back.

use super::Convention;
use super::context::Bits;
use crate::bsd::record::Record;
use crate::{Frame, Resumed, SaFlags};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_isa::x86_64::{FLAG_CARRY, FLAG_DIRECTION, FLAG_TRAP, Regs};
use ashore_pivot::{Errno, Memory, SigSet};

/// How a handler is entered.
pub enum Entry {
    /// Through the system's trampoline, which calls the handler whose address stands at the stack
    /// pointer and then returns from the signal: {handler, context, siginfo}.
    Trampoline {
        /// Where the context is in the frame.
        context: u64,
        /// Where the siginfo is.
        info: u64,
        /// How many bytes the frame has.
        len: u64,
    },
    /// Directly, with the action's own trampoline as the return address and the context's address in
    /// r15: {return address, siginfo, context}.
    Direct {
        /// Where the siginfo is in the frame.
        info: u64,
        /// Where the context is.
        context: u64,
        /// How many bytes the frame has.
        len: u64,
    },
}

/// Bytes under the stack pointer that belong to the interrupted function.
const RED_ZONE: u64 = 128;
/// What XSAVE's image must be a multiple of.
const XSAVE_ALIGN: u64 = 64;
/// How much of XSAVE's image FXSAVE also writes.
const LEGACY_LEN: usize = 512;
/// Where XSAVE's header says which parts the image holds.
const XSTATE_BV: usize = 512;
/// x87 and SSE, which the legacy part holds.
const XSTATE_LEGACY: u8 = 3;
/// The largest image worth believing.
const MAX_IMAGE: u64 = 64 << 10;

/// The private record: magic, the context's address, the image's address, its length.
const PRIVATE_MAGIC: u64 = 0x6172_6f68_7341_5058;
/// How many bytes it has.
const PRIVATE_LEN: u64 = 32;

/// Builds a frame and enters the handler.
pub fn deliver(convention: &Convention, regs: &mut Regs, frame: &Frame<'_>, memory: &dyn Memory) -> Result<(), Errno> {
    // A stack just switched to has nothing on it.
    let red_zone = if frame.stack.0 == regs.rsp { RED_ZONE } else { 0 };
    let image = frame.stack.minus(red_zone + frame.fp.len() as u64).align_down(XSAVE_ALIGN);
    let (context_at, info_at, len, is_direct) = match convention.entry {
        Entry::Trampoline { context, info, len } => (context, info, len, false),
        Entry::Direct { info, context, len } => (context, info, len, true),
    };
    // The frame, then the private record, then the image. A directly entered handler finds its stack as
    // after a call: the return address at a multiple of 16 less 8.
    let under = image.minus(PRIVATE_LEN + len);
    let base = if is_direct { under.minus(8).align_down(16).plus(8) } else { under.align_down(XSAVE_ALIGN) };
    let context = base.plus(context_at);
    if frame.on_alt_stack && base.0 < frame.alt_stack.base.0 {
        return Err(Errno::EFAULT);
    }

    let bits = Bits {
        fs_base: regs.fs_base,
        gs_base: regs.gs_base,
        on_alt_stack: frame.on_alt_stack,
        has_fp: frame.fp.len() >= LEGACY_LEN,
        rest: rest_of(frame.fp, image),
        is_frame: true,
    };
    let mut bytes = Record::new(len);
    bytes.put_u64(0, if is_direct { frame.action.trampoline.0 } else { frame.handler.0 });
    bytes.put(context_at, &record_of(convention, regs, frame, &bits).0);
    let info = convention.signals.info.encode(convention.signals, &frame.delivery);
    bytes.put(info_at, &info);

    memory.write(image, frame.fp)?;
    let private = [PRIVATE_MAGIC, context.0, image.0, frame.fp.len() as u64].map(u64::to_le_bytes);
    memory.write(base.plus(len), private.as_flattened())?;
    memory.write(base, &bytes.0)?;

    let number = (convention.os.signal)(frame.delivery.signal);
    regs.rdi = u64::from(number);
    regs.rdx = context.0;
    regs.rsi = base.plus(info_at).0;
    regs.rcx = frame.delivery.addr.0;
    if is_direct {
        regs.r15 = context.0;
        regs.rip = frame.handler.0;
    } else {
        if !frame.action.flags.has(SaFlags::SIGINFO) {
            let code = convention.signals.code_from_linux(frame.delivery.signal, frame.delivery.code);
            regs.rsi = code as i64 as u64;
        }
        regs.rip = frame.trampoline.0;
    }
    regs.rsp = base.0;
    regs.rflags &= !(FLAG_CARRY | FLAG_TRAP | FLAG_DIRECTION);
    Ok(())
}

/// The part of an XSAVE image past the legacy part.
fn rest_of(fp: &[u8], image: Addr) -> Option<(Addr, u64)> {
    let len = (fp.len() as u64).checked_sub(LEGACY_LEN as u64)?;
    (len != 0).then_some((image.plus(LEGACY_LEN as u64), len))
}

fn record_of(convention: &Convention, regs: &Regs, frame: &Frame<'_>, bits: &Bits) -> Record {
    let layout = convention.context;
    let mut record = base_record(convention, regs, frame.mask, frame.fp);
    layout.write_alt_stack(&mut record, frame.alt_stack, frame.on_alt_stack);
    let number = (layout.trap_number)(frame.delivery.trap);
    if frame.delivery.signal.is_fault() {
        if layout.trap.number_len == 8 {
            record.put_u64(layout.trap.number, u64::from(number));
        } else {
            record.put_u32(layout.trap.number, number);
        }
        record.put_u64(layout.trap.error, u64::from(frame.delivery.trap_error));
        if let Some(at) = layout.trap.addr {
            record.put_u64(at, frame.delivery.addr.0);
        }
    }
    (layout.dress)(&mut record, bits);
    record
}

fn base_record(convention: &Convention, regs: &Regs, mask: SigSet, fp: &[u8]) -> Record {
    let layout = convention.context;
    let mut record = Record::new(layout.len);
    layout.write_regs(&mut record, regs);
    layout.write_mask(&mut record, convention.signals.map, mask);
    let fits = fp.get(..layout.fp.len as usize).unwrap_or(fp);
    // Half of a larger image would be a wrong image: when not all fits, the legacy part alone goes in.
    let fits = if fits.len() == fp.len() { fits } else { fp.get(..LEGACY_LEN).unwrap_or(fp) };
    record.put(layout.fp.at, fits);
    record
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
    regs.rax = 0;
    regs.rdx = 0;
    regs.rflags &= !FLAG_CARRY;
    let mut record = base_record(convention, &regs, mask, fp);
    let bits = Bits {
        fs_base: regs.fs_base,
        gs_base: regs.gs_base,
        on_alt_stack: false,
        has_fp: fp.len() >= LEGACY_LEN,
        rest: None,
        is_frame: false,
    };
    (convention.context.dress)(&mut record, &bits);
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
        layout.read_regs(record, regs)?;
    }
    let mut resumed = Resumed { tls: says.tls.filter(|tls| tls.0 != regs.fs_base), ..Resumed::default() };
    if says.mask {
        let set = record.array(layout.mask).ok_or(Errno::EINVAL)?;
        resumed.mask = Some(convention.signals.map.set_to_linux(set));
    }
    if says.fp {
        let image = match says.rest {
            Some(rest) => rest_image(rest, memory),
            None => private_image(convention, at, memory),
        };
        resumed.fp = with_record(image, record.slice(layout.fp.at, layout.fp.len).ok_or(Errno::EINVAL)?);
    }
    Ok(resumed)
}

/// The floating-point state: the whole image when it was found, with as much of it as the context holds
/// as it is there now, perhaps edited.
fn with_record(image: Option<Vec<u8>>, record: &[u8]) -> Option<Vec<u8>> {
    let legacy = record.get(..LEGACY_LEN)?;
    let Some(mut image) = image else {
        return Some(legacy.to_vec());
    };
    // A record with room for all of the image holds all of it; any other holds the legacy part.
    let held = record.get(..image.len()).unwrap_or(legacy);
    image.get_mut(..held.len())?.copy_from_slice(held);
    if let Some(parts) = image.get_mut(XSTATE_BV) {
        *parts |= XSTATE_LEGACY;
    }
    Some(image)
}

/// An image whose parts past the legacy one are where the context says.
fn rest_image((at, len): (Addr, u64), memory: &dyn Memory) -> Option<Vec<u8>> {
    if len > MAX_IMAGE {
        return None;
    }
    let mut image = vec![0; LEGACY_LEN + len as usize];
    memory.read(at, image.get_mut(LEGACY_LEN..)?).ok()?;
    Some(image)
}

/// The image that the private record beside a frame's context names.
fn private_image(convention: &Convention, at: Addr, memory: &dyn Memory) -> Option<Vec<u8>> {
    let (context, len) = match convention.entry {
        Entry::Trampoline { context, len, .. } | Entry::Direct { context, len, .. } => (context, len),
    };
    let mut private = [0; PRIVATE_LEN as usize];
    memory.read(at.minus(context).plus(len), &mut private).ok()?;
    let private = Bytes(&private);
    let (image, image_len) = (Addr(private.u64(16)?), private.u64(24)?);
    let is_ours = private.u64(0)? == PRIVATE_MAGIC && private.u64(8)? == at.0;
    if !is_ours || image_len > MAX_IMAGE || image_len < LEGACY_LEN as u64 {
        return None;
    }
    let mut bytes = vec![0; image_len as usize];
    memory.read(image, &mut bytes).ok()?;
    Some(bytes)
}
