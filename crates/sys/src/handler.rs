//! The one signal handler.
//!
//! Where it hit decides what it does:
//! - in guest code or a stub: the registers go to the block and the thread resumes in `ashore_leave_signal`,
//!   so that the stay in the guest ends;
//! - on the way into the guest, or just before a call that may block: that is abandoned;
//! - elsewhere in the host: the signal is queued in the block, to be seen before the next of those;
//! - a fault of an access to guest memory: the access returns an error.

use crate::block::{Block, ExitKind, FaultInfo, HOST_FS, NO_FSGSBASE, SignalInfo};
use crate::{access, enter, fault, raw, stubs, text, thread, translated, tsc};
use ashore_pivot::{Errno, Signal};
use core::arch::naked_asm;

/// What the host does with a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// What the kernel does by itself.
    Default,
    /// Nothing.
    Ignore,
    /// It comes to the guest's thread as an exit or a queued signal.
    Handle,
}

const SA_SIGINFO: u64 = 4;
const SA_RESTORER: u64 = 0x0400_0000;
const SA_ONSTACK: u64 = 0x0800_0000;
const SYS_USER_DISPATCH: i32 = 2;
const SYS_SECCOMP: i32 = 1;
const SI_KERNEL: i32 = 0x80;
const TRAP_PERF: i32 = 6;
/// The trap of an instruction that a program has no right to.
const TRAP_PROTECTION: u64 = 13;
/// The length of a call instruction.
const CALL_LEN: u64 = 2;
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;

#[repr(C)]
struct KernelAction {
    handler: u64,
    flags: u64,
    restorer: u64,
    mask: u64,
}

/// `siginfo_t`: the words every kind shares, then the union as words.
#[repr(C)]
struct KernelInfo {
    signal: i32,
    errno: i32,
    code: i32,
    _pad: i32,
    words: [u32; 28],
}

/// `struct ucontext` of the kernel on x86-64, up to the general registers.
#[repr(C)]
pub(crate) struct KernelContext {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    pub(crate) r8: u64,
    pub(crate) r9: u64,
    pub(crate) r10: u64,
    pub(crate) r11: u64,
    pub(crate) r12: u64,
    pub(crate) r13: u64,
    pub(crate) r14: u64,
    pub(crate) r15: u64,
    pub(crate) rdi: u64,
    pub(crate) rsi: u64,
    pub(crate) rbp: u64,
    pub(crate) rbx: u64,
    pub(crate) rdx: u64,
    pub(crate) rax: u64,
    pub(crate) rcx: u64,
    pub(crate) rsp: u64,
    pub(crate) rip: u64,
    pub(crate) eflags: u64,
    segments: u64,
    err: u64,
    trapno: u64,
    oldmask: u64,
    cr2: u64,
}

const _: () = assert!(size_of::<KernelInfo>() == 128 && core::mem::offset_of!(KernelContext, r8) == 40);

/// Sets what the host does with `signal`. `extra` may hold SA_NOCLDSTOP (1) and SA_NOCLDWAIT (2).
pub fn set_disposition_with(signal: Signal, to: Disposition, extra: u32) -> Result<(), Errno> {
    let (handler, flags) = match to {
        Disposition::Default => (0, 0),
        Disposition::Ignore => (1, 0),
        Disposition::Handle => (handler_entry as *const () as u64, SA_SIGINFO | SA_ONSTACK),
    };
    let flags = flags | SA_RESTORER | u64::from(extra & 3);
    let action = KernelAction { handler, flags, restorer: restorer as *const () as u64, mask: !0 };
    let words = [u64::from(signal.0), &raw const action as u64, 0, 8, 0, 0];
    crate::call(libc::SYS_rt_sigaction as u64, words).map(drop)
}

/// Sets what the host does with `signal`.
pub fn set_disposition(signal: Signal, to: Disposition) -> Result<(), Errno> {
    set_disposition_with(signal, to, 0)
}

/// Whether the host ignores `signal` now, as it may from birth (`nohup`).
pub fn is_ignored(signal: Signal) -> bool {
    let mut action = KernelAction { handler: 0, flags: 0, restorer: 0, mask: 0 };
    let words = [u64::from(signal.0), 0, &raw mut action as u64, 8, 0, 0];
    crate::call(libc::SYS_rt_sigaction as u64, words).is_ok() && action.handler == 1
}

/// Signals that faults raise: always handled, never blocked on the host.
pub const FAULTS: [Signal; 6] = [Signal::SEGV, Signal::BUS, Signal::FPE, Signal::ILL, Signal::TRAP, Signal::SYS];

/// Installs the handler for every signal that a fault raises. The calling thread must be adopted.
pub fn install_all() -> Result<(), Errno> {
    text::host_text();
    for signal in FAULTS {
        set_disposition(signal, Disposition::Handle)?;
    }
    Ok(())
}

#[unsafe(naked)]
unsafe extern "C" fn restorer() {
    naked_asm!("mov eax, 15", "syscall")
}

/// Puts the host's FS base back, calls [`on_signal`] and sets the FS base it returns.
#[unsafe(naked)]
unsafe extern "C" fn handler_entry() {
    naked_asm!(
        // The kernel clears the guest's direction flag for us, but not that of alignment.
        "push 0x202",
        "popfq",
        "cmp dword ptr gs:[{no_fsgsbase}], 0",
        "jne 2f",
        "rdfsbase rcx",
        "mov r8, gs:[{host_fs}]",
        "wrfsbase r8",
        "sub rsp, 8",
        "call {on_signal}",
        "add rsp, 8",
        "wrfsbase rax",
        "ret",
        // arch_prctl: ARCH_GET_FS to the stack, ARCH_SET_FS.
        "2:",
        "push rbx",
        "push rbp",
        "push r12",
        "sub rsp, 16",
        "mov rbx, rdi",
        "mov rbp, rsi",
        "mov r12, rdx",
        "mov edi, 0x1003",
        "mov rsi, rsp",
        "mov eax, 158",
        "syscall",
        "mov edi, 0x1002",
        "mov rsi, gs:[{host_fs}]",
        "mov eax, 158",
        "syscall",
        "mov rdi, rbx",
        "mov rsi, rbp",
        "mov rdx, r12",
        "mov rcx, [rsp]",
        "call {on_signal}",
        "mov rsi, rax",
        "mov edi, 0x1002",
        "mov eax, 158",
        "syscall",
        "add rsp, 16",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "ret",
        no_fsgsbase = const NO_FSGSBASE,
        host_fs = const HOST_FS,
        on_signal = sym on_signal,
    )
}

/// The handler proper. Returns the FS base to resume with.
extern "sysv64" fn on_signal(number: i32, info: *const KernelInfo, context: *mut KernelContext, fs: u64) -> u64 {
    // SAFETY: the kernel gave valid records for the length of the handler, and GS points at this thread's
    // block: only adopted threads have signals unblocked. The block is not being used by interrupted
    // code in a way that matters: `queue` and the register saves are done with every signal blocked.
    let (info, context, block) = unsafe { (&*info, &mut *context, &mut *thread::current_ptr().cast_mut()) };
    let rip = context.rip;
    // Watched memory was touched, by the guest or for it: not a fault, for what touched it is done.
    let is_touch = number == i32::from(Signal::TRAP.0) && info.code == TRAP_PERF;
    let is_fault = info.code > 0 && Signal(number as u8).is_fault() && !is_touch;
    let is_ours = text::is_host(rip) || fs == block.host_fs || block.asks_clock != 0;
    if is_ours && number == i32::from(Signal::SEGV.0) && info.code == SI_KERNEL && read_counter(context) {
        return fs;
    }
    if text::is_host(rip) {
        if is_fault && number != i32::from(Signal::SYS.0) {
            if let Some(resume) = access::resume_of(rip) {
                let addr = u64::from(info.words[0]) | u64::from(info.words[1]) << 32;
                block.fault = FaultInfo { signal: number as u32, code: info.code, addr, trap: 0, error: context.err };
                context.rip = resume;
                return fs;
            }
            match fault::resume_of(rip).or_else(|| enter::resume_of_clock(rip)) {
                Some(resume) => context.rip = resume,
                None => broken(number, rip, info.words[0]),
            }
            return fs;
        }
        block.queue(signal_info(number, info));
        if translated::is_entering(rip) {
            context.rip = translated::abandoned();
            return fs;
        }
        if enter::is_entering(rip) {
            block.exit = ExitKind::Interrupted as u64;
            context.rip = enter::leave_aborted();
            clear_flags(context);
            return block.host_fs;
        }
        if let Some(aborted) = raw::aborted_of(rip) {
            context.rip = aborted;
        }
        return fs;
    }
    if translated::is_code(rip) {
        let kind = if is_fault {
            block.fault = fault_of(number, info, context);
            3
        } else {
            block.queue(signal_info(number, info));
            2
        };
        // SAFETY: the range says that it is translated code.
        unsafe { translated::stop(context, kind) };
        clear_flags(context);
        return fs;
    }
    if fs == block.host_fs || block.asks_clock != 0 {
        // Neither our text nor the guest: the kernel's own shared page, called by us.
        if number == i32::from(Signal::SYS.0) && matches!(info.code, SYS_USER_DISPATCH | SYS_SECCOMP) {
            answer_shared_page(context);
        } else if is_fault {
            broken(number, rip, info.words[0]);
        } else {
            block.queue(signal_info(number, info));
        }
        return fs;
    }
    save_registers(block, context, fs);
    if is_fault {
        block.exit = exit_of_fault(block, number, info, context) as u64;
    } else {
        block.queue(signal_info(number, info));
        block.exit = ExitKind::Interrupted as u64;
    }
    context.rip = enter::leave_signal();
    context.rsp = block.host_rsp;
    clear_flags(context);
    block.host_fs
}

/// Answers an instruction of ours that reads the CPU's counter while that is kept from the guest.
fn read_counter(context: &mut KernelContext) -> bool {
    let Some((low, high, len)) = tsc::answer_own(context.rip) else { return false };
    (context.rax, context.rdx) = (low, high);
    context.rip += len;
    true
}

/// The host runs without the guest's trap, direction and alignment flags.
fn clear_flags(context: &mut KernelContext) {
    context.eflags &= !(1 << 8 | 1 << 10 | 1 << 18);
}

fn exit_of_fault(block: &mut Block, number: i32, info: &KernelInfo, context: &KernelContext) -> ExitKind {
    let is_call = matches!(info.code, SYS_USER_DISPATCH | SYS_SECCOMP);
    let is_covered = || context.trapno == TRAP_PROTECTION && stubs::is_covered_call(context.rip);
    if number == i32::from(Signal::SEGV.0) && info.code == SI_KERNEL && is_covered() {
        // The kernel stops after a call instruction, a fault stops before what it hit.
        block.regs.rip += CALL_LEN;
        block.regs.rcx = block.regs.rip;
        block.regs.r11 = block.regs.rflags;
        return ExitKind::Call;
    }
    if number == i32::from(Signal::SYS.0) && is_call && info.words[3] == AUDIT_ARCH_X86_64 {
        block.regs.rcx = block.regs.rip;
        block.regs.r11 = block.regs.rflags;
        return ExitKind::Call;
    }
    block.fault = fault_of(number, info, context);
    ExitKind::Fault
}

fn fault_of(number: i32, info: &KernelInfo, context: &KernelContext) -> FaultInfo {
    let addr = u64::from(info.words[0]) | u64::from(info.words[1]) << 32;
    FaultInfo { signal: number as u32, code: info.code, addr, trap: context.trapno, error: context.err }
}

fn save_registers(block: &mut Block, context: &KernelContext, fs: u64) {
    let regs = &mut block.regs;
    regs.rax = context.rax;
    regs.rbx = context.rbx;
    regs.rcx = context.rcx;
    regs.rdx = context.rdx;
    regs.rsi = context.rsi;
    regs.rdi = context.rdi;
    regs.rbp = context.rbp;
    regs.rsp = context.rsp;
    regs.r8 = context.r8;
    regs.r9 = context.r9;
    regs.r10 = context.r10;
    regs.r11 = context.r11;
    regs.r12 = context.r12;
    regs.r13 = context.r13;
    regs.r14 = context.r14;
    regs.r15 = context.r15;
    regs.rip = stubs::guest_rip(context.rip).unwrap_or(context.rip);
    // Bit 16 is the kernel's resume flag, not the guest's.
    regs.rflags = context.eflags & !(1 << 16);
    regs.fs_base = fs;
}

fn signal_info(number: i32, info: &KernelInfo) -> SignalInfo {
    SignalInfo {
        signal: number as u32,
        code: info.code,
        errno: info.errno,
        pid: info.words[0] as i32,
        uid: info.words[1],
        status: info.words[2] as i32,
        value: u64::from(info.words[2]) | u64::from(info.words[3]) << 32,
    }
}

/// Makes the call that the kernel's shared page could not answer by itself, from our own text.
fn answer_shared_page(context: &mut KernelContext) {
    let words = [context.rdi, context.rsi, context.rdx, context.r10, context.r8, context.r9];
    context.rax = match raw::call(context.rax, words) {
        Ok(value) => value,
        Err(errno) => (-i64::from(errno.0)) as u64,
    };
}

/// A fault in our own code: says where and dies of it.
fn broken(number: i32, rip: u64, addr: u32) -> ! {
    let base = text::host_image().start.0;
    let message = format!(
        "ashore: internal error: signal {number} at ashore+{:#x} (address ends in {addr:#x}); please report this\n",
        rip.wrapping_sub(base)
    );
    let _ = raw::call(libc::SYS_write as u64, [2, message.as_ptr() as u64, message.len() as u64, 0, 0, 0]);
    crate::die_of(Signal(number as u8))
}
