//! Linux's signal frame on AArch64: `siginfo`, `ucontext` with records of state at its end, and a frame record above it.
//!
//! | offset | what |
//! | --- | --- |
//! | 0 | `siginfo_t` |
//! | 128 | `struct ucontext`: flags, link, stack, mask with room for more |
//! | 304 | `struct sigcontext`: faulting address, x0 to x30, sp, pc, pstate |
//! | 592 | 4096 bytes of records, each a magic number and its length: vectors, syndrome, the end |
//! | 4688 | x29 and x30 as they were, where the handler's x29 points: a backtrace goes on |
//!
//! Read back, a record of a kind that is not known here is passed over; the kernel refuses it, for it knows what it wrote.

use crate::{Action, AltStack, Resumed, SaFlags};
use ashore_base::Addr;
use ashore_isa::aarch64::{FLAG_BTYPE, FLAGS_NZCV, Regs, Vectors};
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::sigaction::aarch64::MINSIGSTKSZ;
use ashore_pivot::layout::sigaction::{SA_RESTORER, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK, SigStack};
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::{Errno, Memory, SigSet};

/// How many bytes the frame takes, without the frame record above it.
pub const LEN: u64 = 4688;
/// How many bytes of stack are enough for every frame (`AT_MINSIGSTKSZ`): frame, frame record and alignment.
pub const MIN_STACK: u64 = LEN + 2 * 16;

const CONTEXT_AT: u64 = SigInfo::LEN as u64;
const STACK_AT: usize = 144;
const MASK_AT: usize = 168;
const FAULT_ADDRESS_AT: usize = 304;
const X_AT: usize = 312;
const SP_AT: usize = 560;
const PC_AT: usize = 568;
const PSTATE_AT: usize = 576;
const RECORDS_AT: usize = 592;
const RECORDS_LEN: u64 = 4096;

const FPSIMD_MAGIC: u32 = 0x4650_8001;
const FPSIMD_LEN: usize = 528;
const ESR_MAGIC: u32 = 0x4553_5201;
const ESR_LEN: usize = 16;
const HEAD_LEN: u64 = 8;
const RECORD_ALIGN: u64 = 16;

/// What is written at a frame's start: all but the room behind the last record.
const WRITTEN: usize = RECORDS_AT + FPSIMD_LEN + ESR_LEN + RECORD_ALIGN as usize;
/// What is read at first: a frame that nobody added a record to ends here.
const READ: usize = RECORDS_AT + FPSIMD_LEN + HEAD_LEN as usize;

/// The tag check override.
const FLAG_TCO: u64 = 1 << 25;
/// Data-independent timing.
const FLAG_DIT: u64 = 1 << 24;
/// Speculative store bypass.
const FLAG_SSBS: u64 = 1 << 12;
/// What a program may set of the processor's state by returning from a handler.
const USER_PSTATE: u64 = FLAGS_NZCV | FLAG_TCO | FLAG_DIT | FLAG_SSBS | FLAG_BTYPE;
/// Interrupt masks, the 32-bit state and the exception level: no program has one of them set.
const FORBIDDEN_PSTATE: u64 = 0x3df;

/// A handler to enter.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What the handler is told.
    pub info: SigInfo,
    /// What the process does with the signal: always a handler of the program's here.
    pub action: Action,
    /// The handler.
    pub handler: Addr,
    /// The code it returns into when its action names none: what [`super::TRAMPOLINE`] says.
    pub trampoline: Addr,
    /// The mask that the handler's return restores.
    pub mask: SigSet,
    /// Where the frame's stack starts: the top of the alternate stack, or the interrupted stack pointer.
    pub stack: Addr,
    /// The alternate stack as it was set.
    pub alt_stack: AltStack,
    /// What an instruction could not do, when that is what the signal is for.
    pub fault: Option<Fault>,
}

/// What the CPU tells of an instruction that could not continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The address (`FAR_EL1`).
    pub address: Addr,
    /// The syndrome (`ESR_EL1`); 0 when there is none to tell.
    pub syndrome: u64,
}

/// Builds the handler's frame and enters the handler. `EFAULT` when there is no room for the frame; nothing has changed then
/// but memory below the stack.
pub fn build(regs: &mut Regs, vectors: &Vectors, entry: &Entry, memory: &dyn Memory) -> Result<(), Errno> {
    let record_at = Addr(entry.stack.0.wrapping_sub(16)).align_down(16);
    let frame_at = Addr(record_at.0.wrapping_sub(LEN));
    memory.write(record_at, [regs.x[29], regs.x[30]].map(u64::to_le_bytes).as_flattened())?;
    memory.write(frame_at, &content(regs, vectors, entry))?;
    regs.x[0] = u64::from(entry.info.signal.0);
    if entry.action.flags.has(SaFlags::SIGINFO) {
        regs.x[1] = frame_at.0;
        regs.x[2] = frame_at.0.wrapping_add(CONTEXT_AT);
    }
    let has_restorer = entry.action.flags.has(SA_RESTORER);
    regs.x[29] = record_at.0;
    regs.x[30] = if has_restorer { entry.action.trampoline.0 } else { entry.trampoline.0 };
    regs.sp = frame_at.0;
    regs.pc = entry.handler.0;
    regs.pstate &= !(FLAG_BTYPE | FLAG_TCO);
    Ok(())
}

fn content(regs: &Regs, vectors: &Vectors, entry: &Entry) -> [u8; WRITTEN] {
    let mut bytes = [0; WRITTEN];
    put(&mut bytes, 0, &entry.info.encode());
    let alt = entry.alt_stack;
    let flags = if alt.len == 0 { SS_DISABLE } else { 0 };
    put(&mut bytes, STACK_AT, &SigStack { sp: alt.base.0, flags, size: alt.len });
    put(&mut bytes, MASK_AT, &entry.mask.0);
    put(&mut bytes, FAULT_ADDRESS_AT, &entry.fault.map_or(0, |fault| fault.address.0));
    put(&mut bytes, X_AT, &regs.x);
    put(&mut bytes, SP_AT, &regs.sp);
    put(&mut bytes, PC_AT, &regs.pc);
    put(&mut bytes, PSTATE_AT, &regs.pstate);
    put(&mut bytes, RECORDS_AT, &[FPSIMD_MAGIC, FPSIMD_LEN as u32, vectors.fpsr, vectors.fpcr]);
    put(&mut bytes, RECORDS_AT + 16, &vectors.v);
    if let Some(Fault { syndrome, .. }) = entry.fault.filter(|fault| fault.syndrome != 0) {
        put(&mut bytes, RECORDS_AT + FPSIMD_LEN, &[ESR_MAGIC, ESR_LEN as u32]);
        put(&mut bytes, RECORDS_AT + FPSIMD_LEN + 8, &syndrome);
    }
    bytes
}

#[inline]
fn put(bytes: &mut [u8], at: usize, value: &impl Plain) {
    if let Some(to) = bytes.get_mut(at..) {
        value.put(to);
    }
}

fn get<T: Plain>(bytes: &[u8], at: usize) -> T {
    T::get(bytes.get(at..).unwrap_or_default())
}

/// Reads the frame at `at`, where the stack pointer is when a handler has returned, perhaps edited by it. `EFAULT` or `EINVAL`
/// when it is none: the system ends the process by SIGSEGV then, and nothing has changed. The thread pointer stays.
pub fn read(regs: &mut Regs, vectors: &mut Vectors, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno> {
    if !at.0.is_multiple_of(16) {
        return Err(Errno::EFAULT);
    }
    let mut bytes = [0; READ];
    memory.read(at, &mut bytes)?;
    let pstate: u64 = get(&bytes, PSTATE_AT);
    if pstate & FORBIDDEN_PSTATE != 0 {
        return Err(Errno::EINVAL);
    }
    let (first, last): ([u32; 2], [u32; 2]) = (get(&bytes, RECORDS_AT), get(&bytes, RECORDS_AT + FPSIMD_LEN));
    if first == [FPSIMD_MAGIC, FPSIMD_LEN as u32] && last == [0, 0] {
        take_fpsimd(bytes.get(RECORDS_AT..).unwrap_or_default(), vectors);
    } else {
        *vectors = read_vectors(Addr(at.0.wrapping_add(RECORDS_AT as u64)), memory)?;
    }
    *regs = Regs {
        x: get(&bytes, X_AT),
        sp: get(&bytes, SP_AT),
        pc: get(&bytes, PC_AT),
        pstate: pstate & USER_PSTATE,
        tls: regs.tls,
    };
    let mask = Some(SigSet(get(&bytes, MASK_AT)));
    Ok(Resumed { mask, fp: None, alt_stack: alt_stack(get(&bytes, STACK_AT)), tls: None })
}

/// The alternate stack, when it is one that could be set: a handler's return ignores what could not.
fn alt_stack(stack: SigStack) -> Option<AltStack> {
    match stack.flags & !SS_AUTODISARM {
        SS_DISABLE => Some(AltStack::default()),
        0 | SS_ONSTACK if stack.size >= u64::from(MINSIGSTKSZ) => {
            Some(AltStack { base: Addr(stack.sp), len: stack.size })
        }
        _ => None,
    }
}

/// The vectors among the records at `at`, which must end before their room does and hold each kind once.
fn read_vectors(at: Addr, memory: &dyn Memory) -> Result<Vectors, Errno> {
    let mut vectors = None;
    let mut offset = 0;
    loop {
        let left = RECORDS_LEN - offset;
        if left < HEAD_LEN || !offset.is_multiple_of(RECORD_ALIGN) {
            return Err(Errno::EINVAL);
        }
        let record = Addr(at.0.wrapping_add(offset));
        let mut head = [0; HEAD_LEN as usize];
        memory.read(record, &mut head)?;
        let [magic, len]: [u32; 2] = get(&head, 0);
        let len = u64::from(len);
        match magic {
            0 if len == 0 => return vectors.ok_or(Errno::EINVAL),
            FPSIMD_MAGIC if vectors.is_none() && len as usize >= FPSIMD_LEN && len <= left => {
                vectors = Some(read_fpsimd(record, memory)?);
            }
            0 | FPSIMD_MAGIC => return Err(Errno::EINVAL),
            _ if len < HEAD_LEN || len > left => return Err(Errno::EINVAL),
            _ => {}
        }
        offset += len;
    }
}

fn read_fpsimd(at: Addr, memory: &dyn Memory) -> Result<Vectors, Errno> {
    let mut bytes = [0; FPSIMD_LEN];
    memory.read(at, &mut bytes)?;
    let mut vectors = Vectors::default();
    take_fpsimd(&bytes, &mut vectors);
    Ok(vectors)
}

/// Takes the vectors out of their record, where they are to be: to hand them on as a value would copy them again.
fn take_fpsimd(bytes: &[u8], vectors: &mut Vectors) {
    [vectors.fpsr, vectors.fpcr] = get(bytes, 8);
    let (words, _) = bytes.get(16..).unwrap_or_default().as_chunks();
    for (to, word) in vectors.v.iter_mut().zip(words) {
        *to = u128::from_le_bytes(*word);
    }
}
