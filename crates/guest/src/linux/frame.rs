//! Linux's signal frame on x86-64: return address, `ucontext`, `siginfo`, then the floating-point state.

use crate::{Frame, Resumed};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_isa::x86_64::{FLAG_DIRECTION, FLAG_TRAP, Regs};
use ashore_pivot::layout::sigaction::{SS_DISABLE, SS_ONSTACK};
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::{Errno, Memory, SigSet};

const CONTEXT_LEN: u64 = 304;
const INFO_LEN: u64 = SigInfo::LEN as u64;
const GREGS_AT: u64 = 40;
const FPSTATE_AT: u64 = 224;
const MASK_AT: u64 = 296;
const RED_ZONE: u64 = 128;
const UC_FP_XSTATE: u64 = 1;
const UC_SIGCONTEXT_SS: u64 = 2;
const UC_STRICT_RESTORE_SS: u64 = 4;
/// Code segment 0x33, stack segment 0x2b, as the kernel packs them.
const SEGMENTS: u64 = 0x33 | 0x2b << 48;
/// Where the legacy FP area tells of what follows it.
const SW_RESERVED_AT: usize = 464;
const FP_XSTATE_MAGIC1: u32 = 0x4650_5853;
const FP_XSTATE_MAGIC2: u32 = 0x4650_5845;
/// What a program may set of the flags by returning from a handler.
const USER_FLAGS: u64 = 0x24_0dd5;

pub(super) fn build(regs: &mut Regs, frame: &Frame<'_>, memory: &dyn Memory) -> Result<(), Errno> {
    if frame.action.trampoline.is_null() {
        return Err(Errno::EFAULT);
    }
    let top = if frame.stack.0 == regs.rsp { frame.stack.minus(RED_ZONE) } else { frame.stack };
    let fp = announced(frame.fp);
    let fp_at = top.minus(fp.len() as u64).align_down(64);
    let start = fp_at.minus(CONTEXT_LEN + INFO_LEN + 8).align_down(16).minus(8);
    let context_at = start.plus(8);
    let info_at = context_at.plus(CONTEXT_LEN);
    memory.write(fp_at, &fp)?;
    memory.write(info_at, &frame.delivery.info().encode())?;
    memory.write(context_at, &context(regs, frame, fp_at))?;
    memory.write(start, &frame.action.trampoline.0.to_le_bytes())?;
    regs.rdi = u64::from(frame.delivery.signal.0);
    regs.rsi = info_at.0;
    regs.rdx = context_at.0;
    regs.rax = 0;
    regs.rsp = start.0;
    regs.rip = frame.handler.0;
    regs.rflags &= !(FLAG_DIRECTION | FLAG_TRAP);
    Ok(())
}

/// The state with the words that tell what it holds, and the closing mark.
fn announced(fp: &[u8]) -> Vec<u8> {
    let mut bytes = fp.to_vec();
    let len = bytes.len() as u32;
    let features = Bytes(fp).u64(512).unwrap_or(3);
    if len <= 512 {
        return bytes;
    }
    bytes.extend(FP_XSTATE_MAGIC2.to_le_bytes());
    let mut words = Vec::new();
    words.extend(FP_XSTATE_MAGIC1.to_le_bytes());
    words.extend((len + 4).to_le_bytes());
    words.extend(features.to_le_bytes());
    words.extend(len.to_le_bytes());
    if let Some(place) = bytes.get_mut(SW_RESERVED_AT..SW_RESERVED_AT + words.len()) {
        place.copy_from_slice(&words);
    }
    bytes
}

fn context(regs: &Regs, frame: &Frame<'_>, fp_at: Addr) -> Vec<u8> {
    let alt = frame.alt_stack;
    let alt_flags = if alt.len == 0 {
        SS_DISABLE
    } else if alt.holds(Addr(regs.rsp)) {
        SS_ONSTACK
    } else {
        0
    };
    let delivery = &frame.delivery;
    let mut words = alloc::vec![
        UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
        0,
        alt.base.0,
        u64::from(alt_flags),
        alt.len
    ];
    words.extend([regs.r8, regs.r9, regs.r10, regs.r11, regs.r12, regs.r13, regs.r14, regs.r15]);
    words.extend([regs.rdi, regs.rsi, regs.rbp, regs.rbx, regs.rdx, regs.rax, regs.rcx, regs.rsp, regs.rip]);
    words.extend([regs.rflags, SEGMENTS, u64::from(delivery.trap_error), u64::from(delivery.trap), frame.mask.0]);
    words.push(delivery.addr.0);
    words.push(fp_at.0);
    words.extend([0; 8]);
    words.push(frame.mask.0);
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub(super) fn read(regs: &mut Regs, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno> {
    let mut bytes = [0; CONTEXT_LEN as usize];
    memory.read(at, &mut bytes)?;
    let word = |offset: u64| Bytes(&bytes).u64(offset).ok_or(Errno::EFAULT);
    let greg = |n: u64| word(GREGS_AT + n * 8);
    let flags = greg(17)?;
    *regs = Regs {
        r8: greg(0)?,
        r9: greg(1)?,
        r10: greg(2)?,
        r11: greg(3)?,
        r12: greg(4)?,
        r13: greg(5)?,
        r14: greg(6)?,
        r15: greg(7)?,
        rdi: greg(8)?,
        rsi: greg(9)?,
        rbp: greg(10)?,
        rbx: greg(11)?,
        rdx: greg(12)?,
        rax: greg(13)?,
        rcx: greg(14)?,
        rsp: greg(15)?,
        rip: greg(16)?,
        rflags: flags & USER_FLAGS | 0x202,
        fs_base: regs.fs_base,
        gs_base: regs.gs_base,
    };
    let fp_at = Addr(word(FPSTATE_AT)?);
    let fp = if fp_at.is_null() { None } else { Some(read_fp(fp_at, memory)?) };
    Ok(Resumed { mask: Some(SigSet(word(MASK_AT)?)), fp, alt_stack: None, tls: None })
}

/// The whole state when its marks are right, else the legacy part.
fn read_fp(at: Addr, memory: &dyn Memory) -> Result<Vec<u8>, Errno> {
    let mut legacy = alloc::vec![0; 512];
    memory.read(at, &mut legacy)?;
    let bytes = Bytes(&legacy);
    let len = bytes.u32(SW_RESERVED_AT as u64 + 16).unwrap_or(0);
    if bytes.u32(SW_RESERVED_AT as u64) == Some(FP_XSTATE_MAGIC1) && (576..=8192).contains(&len) {
        let mut whole = alloc::vec![0; len as usize];
        memory.read(at, &mut whole)?;
        return Ok(whole);
    }
    Ok(legacy)
}
