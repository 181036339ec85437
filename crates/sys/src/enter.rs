//! Into the guest and out again.
//!
//! `enter` restores the guest's registers and jumps; the guest comes back by jumping to `leave_call`
//! (from a stub), or a signal handler resumes at `leave_signal` after it saved the registers itself.
//! All of them end behind the jump to `enter`, on the host stack: one stay in the guest is one jump there and one
//! back. Neither is a call or a return: the CPU predicts a return by the last call it saw, and that of the guest's
//! next return must still be the guest's. With a call here that one is predicted wrong on each stay, and so is each
//! return of the host up to its loop: 60 ns of a call that does nothing.
//!
//! One call is answered here, on the way out ([`crate::ClockCall`]): the time, which programs ask for more often than
//! for anything else, and which needs nothing of the host but the code the kernel shares. The guest's FS base stays.
//!
//! The trap flag must not be set before the guest's first instruction: with it the guest is entered by `iretq` (`10:`),
//! which sets flags, stack and instruction pointer at once.
//!
//! A signal may hit any instruction here. Between `enter_begin` and `enter_end` the block still holds the
//! whole guest state, so the handler abandons the entry (`leave_aborted`). In `leave_call` the signal is
//! only queued, while the time is asked for too. Neither needs the guest's stack.

use crate::block::{
    ASKS_CLOCK, Block, CLOCK_KEEPS, CLOCK_NUMBER, CLOCKS, CLOCKS_LEN, EXIT, ExitKind, HOST_FS, HOST_RSP, NO_FSGSBASE,
    PENDING, XMM,
};
use core::arch::{asm, naked_asm};

macro_rules! reg {
    ($name:ident) => {
        core::mem::offset_of!(ashore_isa::x86_64::Regs, $name)
    };
}

/// Carry, parity, adjust, zero, sign and overflow.
const FLAGS_ARITHMETIC: i32 = 0x8d5;
/// What is always set: bit 1, and interrupts.
const FLAGS_PLAIN: i32 = 0x202;
/// Single stepping.
const FLAG_TRAP: i32 = 0x100;
/// Direction and alignment check.
const FLAGS_HURT: i32 = 0x4_0400;

/// Runs the guest until it stops; the reason and the registers are in the block.
///
/// The block must be the calling thread's own ([`crate::adopt`]).
#[inline]
pub fn run(block: &mut Block) -> ExitKind {
    debug_assert!(core::ptr::eq(block, crate::thread::current_ptr()));
    // SAFETY: the block is this thread's, so GS points at it, and the guest cannot touch the host stack pointer
    // kept in it. `leave` comes back to `2:` with that stack pointer. Every register is declared changed or, where
    // the compiler keeps it for itself, saved here.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "lea rax, [rip + 2f]",
            "push rax",
            "jmp {enter}",
            "2:",
            "pop rbp",
            "pop rbx",
            enter = sym enter,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("sysv64"),
        );
    }
    block.exit_kind()
}

/// Enters the guest of the block that GS points at. The address to come back to is on top of the stack.
///
/// Switches: flags by arithmetic where that can make them (`popfq` takes 10 ns), FS base by instruction where the
/// CPU and kernel allow it, else by call (`2:` and `4:`).
#[unsafe(naked)]
unsafe extern "sysv64" fn enter() {
    naked_asm!(
        "mov gs:[{host_rsp}], rsp",
        "mov ecx, 1",
        ".globl ashore_enter_begin",
        "ashore_enter_begin:",
        // ecx says whether FS is the host's.
        "cmp dword ptr gs:[{pending}], 0",
        "jne 3f",
        "movaps xmm0, gs:[{xmm}]",
        "movaps xmm1, gs:[{xmm}+16]",
        "movaps xmm2, gs:[{xmm}+32]",
        "movaps xmm3, gs:[{xmm}+48]",
        "movaps xmm4, gs:[{xmm}+64]",
        "movaps xmm5, gs:[{xmm}+80]",
        "movaps xmm6, gs:[{xmm}+96]",
        "movaps xmm7, gs:[{xmm}+112]",
        "movaps xmm8, gs:[{xmm}+128]",
        "movaps xmm9, gs:[{xmm}+144]",
        "movaps xmm10, gs:[{xmm}+160]",
        "movaps xmm11, gs:[{xmm}+176]",
        "movaps xmm12, gs:[{xmm}+192]",
        "movaps xmm13, gs:[{xmm}+208]",
        "movaps xmm14, gs:[{xmm}+224]",
        "movaps xmm15, gs:[{xmm}+240]",
        "test ecx, ecx",
        "jz 5f",
        "mov rsi, gs:[{fs_base}]",
        "cmp dword ptr gs:[{no_fsgsbase}], 0",
        "jne 2f",
        "wrfsbase rsi",
        "5:",
        // The flags that arithmetic sets: OF by an addition, the others from AH. Any other flag takes 6:.
        "mov eax, gs:[{rflags}]",
        "mov ecx, eax",
        "test ecx, {flags_rare}",
        "jne 6f",
        "shr ecx, 11",
        "mov ah, al",
        "mov al, cl",
        "add al, 0x7f",
        "sahf",
        "7:",
        "mov rax, gs:[{rax}]",
        "mov rbx, gs:[{rbx}]",
        "mov rcx, gs:[{rcx}]",
        "mov rdx, gs:[{rdx}]",
        "mov rsi, gs:[{rsi}]",
        "mov rdi, gs:[{rdi}]",
        "mov rbp, gs:[{rbp}]",
        "mov r8, gs:[{r8}]",
        "mov r9, gs:[{r9}]",
        "mov r10, gs:[{r10}]",
        "mov r11, gs:[{r11}]",
        "mov r12, gs:[{r12}]",
        "mov r13, gs:[{r13}]",
        "mov r14, gs:[{r14}]",
        "mov r15, gs:[{r15}]",
        "mov rsp, gs:[{rsp}]",
        "jmp qword ptr gs:[{rip}]",
        // FS base by arch_prctl(ARCH_SET_FS).
        "2:",
        "mov edi, 0x1002",
        "mov eax, 158",
        "syscall",
        "jmp 5b",
        "6:",
        "test ecx, {flag_trap}",
        "jne 10f",
        "push qword ptr gs:[{rflags}]",
        "popfq",
        "jmp 7b",
        "10:",
        "mov eax, ss",
        "push rax",
        "push qword ptr gs:[{rsp}]",
        "push qword ptr gs:[{rflags}]",
        "mov eax, cs",
        "push rax",
        "push qword ptr gs:[{rip}]",
        "mov rax, gs:[{rax}]",
        "mov rbx, gs:[{rbx}]",
        "mov rcx, gs:[{rcx}]",
        "mov rdx, gs:[{rdx}]",
        "mov rsi, gs:[{rsi}]",
        "mov rdi, gs:[{rdi}]",
        "mov rbp, gs:[{rbp}]",
        "mov r8, gs:[{r8}]",
        "mov r9, gs:[{r9}]",
        "mov r10, gs:[{r10}]",
        "mov r11, gs:[{r11}]",
        "mov r12, gs:[{r12}]",
        "mov r13, gs:[{r13}]",
        "mov r14, gs:[{r14}]",
        "mov r15, gs:[{r15}]",
        "iretq",
        // A signal waits: do not go in at all. The stack is the host's here.
        "3:",
        "test ecx, ecx",
        "jnz 3f",
        "mov rax, gs:[{host_fs}]",
        "wrfsbase rax",
        ".globl ashore_enter_end",
        "ashore_enter_end:",
        "3:",
        "mov qword ptr gs:[{exit}], {interrupted}",
        ".globl ashore_leave",
        "ashore_leave:",
        "mov rsp, gs:[{host_rsp}]",
        "pop rcx",
        "jmp rcx",
        // From a stub: rcx is the address after the guest's call instruction.
        ".globl ashore_leave_call",
        "ashore_leave_call:",
        "mov gs:[{rsp}], rsp",
        "mov rsp, gs:[{host_rsp}]",
        "mov gs:[{rax}], rax",
        "mov gs:[{rip}], rcx",
        "mov gs:[{rcx}], rcx",
        "pushfq",
        "pop r11",
        "mov gs:[{rflags}], r11",
        "mov gs:[{r11}], r11",
        "mov gs:[{rbx}], rbx",
        "mov gs:[{rdx}], rdx",
        "mov gs:[{rsi}], rsi",
        "mov gs:[{rdi}], rdi",
        "mov gs:[{rbp}], rbp",
        "mov gs:[{r8}], r8",
        "mov gs:[{r9}], r9",
        "mov gs:[{r10}], r10",
        "mov gs:[{r12}], r12",
        "mov gs:[{r13}], r13",
        "mov gs:[{r14}], r14",
        "mov gs:[{r15}], r15",
        "mov qword ptr gs:[{exit}], {call}",
        "test r11d, {flags_hurt}",
        "jne 8f",
        "9:",
        "cmp eax, gs:[{clock_number}]",
        "je 20f",
        "21:",
        "cmp dword ptr gs:[{no_fsgsbase}], 0",
        "jne 4f",
        "rdfsbase rax",
        "mov gs:[{fs_base}], rax",
        "mov rax, gs:[{host_fs}]",
        "wrfsbase rax",
        // From a handler too: the registers are saved, FS is the host's, the vectors are still the guest's.
        ".globl ashore_leave_signal",
        "ashore_leave_signal:",
        "movaps gs:[{xmm}], xmm0",
        "movaps gs:[{xmm}+16], xmm1",
        "movaps gs:[{xmm}+32], xmm2",
        "movaps gs:[{xmm}+48], xmm3",
        "movaps gs:[{xmm}+64], xmm4",
        "movaps gs:[{xmm}+80], xmm5",
        "movaps gs:[{xmm}+96], xmm6",
        "movaps gs:[{xmm}+112], xmm7",
        "movaps gs:[{xmm}+128], xmm8",
        "movaps gs:[{xmm}+144], xmm9",
        "movaps gs:[{xmm}+160], xmm10",
        "movaps gs:[{xmm}+176], xmm11",
        "movaps gs:[{xmm}+192], xmm12",
        "movaps gs:[{xmm}+208], xmm13",
        "movaps gs:[{xmm}+224], xmm14",
        "movaps gs:[{xmm}+240], xmm15",
        "cmp dword ptr gs:[{asks_clock}], 0",
        "jne 22f",
        "jmp ashore_leave",
        // The time, by the code the kernel shares, without changing FS: everything else is saved, and where it
        // comes to nothing the call is as any other.
        "20:",
        "cmp edi, {clocks_len}",
        "jae 21b",
        "mov eax, edi",
        "movsx edi, byte ptr gs:[rax + {clocks}]",
        "test edi, edi",
        "js 21b",
        "rdfsbase rax",
        "mov gs:[{fs_base}], rax",
        "mov dword ptr gs:[{asks_clock}], 1",
        "jmp ashore_leave_signal",
        "22:",
        "sub rsp, 32",
        "and rsp, -16",
        "mov rsi, rsp",
        "call {clock}",
        "mov dword ptr gs:[{asks_clock}], 0",
        "test eax, eax",
        "jne 23f",
        "mov rcx, [rsp]",
        "mov rdx, [rsp + 8]",
        "mov rsp, gs:[{host_rsp}]",
        "mov rsi, gs:[{rsi}]",
        ".globl ashore_fault_clock",
        "ashore_fault_clock:",
        "mov [rsi], rcx",
        "mov [rsi + 8], rdx",
        ".globl ashore_fault_clock_end",
        "ashore_fault_clock_end:",
        "mov rax, gs:[{clock_keeps}]",
        "and gs:[{r8}], rax",
        "and gs:[{r9}], rax",
        "and gs:[{r10}], rax",
        "xor ecx, ecx",
        "mov gs:[{rax}], rcx",
        "and qword ptr gs:[{rflags}], -2",
        "jmp ashore_enter_begin",
        ".globl ashore_clock_failed",
        "ashore_clock_failed:",
        "23:",
        "mov rax, gs:[{host_fs}]",
        "wrfsbase rax",
        "jmp ashore_leave",
        // The host runs without the guest's direction and alignment flags.
        "8:",
        "push {flags_plain}",
        "popfq",
        "jmp 9b",
        "4:",
        "mov rsi, gs:[{host_fs}]",
        "mov edi, 0x1002",
        "mov eax, 158",
        "syscall",
        "jmp ashore_leave_signal",
        host_rsp = const HOST_RSP,
        host_fs = const HOST_FS,
        pending = const PENDING,
        no_fsgsbase = const NO_FSGSBASE,
        xmm = const XMM,
        exit = const EXIT,
        call = const ExitKind::Call as u64,
        flags_rare = const !(FLAGS_ARITHMETIC | FLAGS_PLAIN),
        flag_trap = const FLAG_TRAP,
        flags_hurt = const FLAGS_HURT,
        flags_plain = const FLAGS_PLAIN,
        asks_clock = const ASKS_CLOCK,
        clock_number = const CLOCK_NUMBER,
        clock_keeps = const CLOCK_KEEPS,
        clocks = const CLOCKS,
        clocks_len = const CLOCKS_LEN,
        clock = sym libc::clock_gettime,
        interrupted = const ExitKind::Interrupted as u64,
        rax = const reg!(rax),
        rbx = const reg!(rbx),
        rcx = const reg!(rcx),
        rdx = const reg!(rdx),
        rsi = const reg!(rsi),
        rdi = const reg!(rdi),
        rbp = const reg!(rbp),
        rsp = const reg!(rsp),
        r8 = const reg!(r8),
        r9 = const reg!(r9),
        r10 = const reg!(r10),
        r11 = const reg!(r11),
        r12 = const reg!(r12),
        r13 = const reg!(r13),
        r14 = const reg!(r14),
        r15 = const reg!(r15),
        rip = const reg!(rip),
        rflags = const reg!(rflags),
        fs_base = const reg!(fs_base),
    )
}

unsafe extern "C" {
    fn ashore_enter_begin();
    fn ashore_enter_end();
    fn ashore_leave();
    fn ashore_leave_call();
    fn ashore_leave_signal();
    fn ashore_fault_clock();
    fn ashore_fault_clock_end();
    fn ashore_clock_failed();
}

/// Where to go on when `rip` tells the guest a time and faults.
pub(crate) fn resume_of_clock(rip: u64) -> Option<u64> {
    let telling = ashore_fault_clock as *const () as u64..ashore_fault_clock_end as *const () as u64;
    telling.contains(&rip).then_some(ashore_clock_failed as *const () as u64)
}

/// Where a stub jumps: the address of `leave_call`.
pub fn leave_call_address() -> u64 {
    ashore_leave_call as *const () as u64
}

/// Whether `rip` is between the check for signals and the guest.
pub(crate) fn is_entering(rip: u64) -> bool {
    (ashore_enter_begin as *const () as u64..ashore_enter_end as *const () as u64).contains(&rip)
}

/// Where an abandoned entry resumes.
pub(crate) fn leave_aborted() -> u64 {
    ashore_leave as *const () as u64
}

/// Where a handler that saved the guest's registers resumes.
pub(crate) fn leave_signal() -> u64 {
    ashore_leave_signal as *const () as u64
}
