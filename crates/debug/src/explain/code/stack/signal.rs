//! Frames of signal handlers: behind the code a handler returns into lies what it interrupted.

use ashore_base::Addr;
use ashore_isa::Registers;
use ashore_pivot::Memory;

/// Code a handler returns into.
struct Trampoline {
    /// The system.
    os: &'static str,
    /// What stands at the return address.
    code: &'static [u8],
    /// How far above the stack pointer the interrupted state is.
    context: u64,
}

/// The systems' and their C libraries', which Go's follow.
const TRAMPOLINES: &[Trampoline] = &[
    // mov rax, 15 (rt_sigreturn); syscall. The same with a short move.
    Trampoline { os: "linux", code: b"\x48\xc7\xc0\x0f\0\0\0\x0f\x05", context: 0 },
    Trampoline { os: "linux", code: b"\xb8\x0f\0\0\0\x0f\x05", context: 0 },
    // mov x8, #139 (rt_sigreturn); svc #0.
    Trampoline { os: "linux", code: b"\x68\x11\x80\xd2\x01\0\0\xd4", context: 0 },
    // lea rdi, [rsp+16]; push 0; mov eax, 417 (sigreturn).
    Trampoline { os: "freebsd", code: b"\x48\x8d\x7c\x24\x10\x6a\0\xb8\xa1\x01\0\0", context: 16 },
    // add x0, sp, #80; mov x8, #417.
    Trampoline { os: "freebsd", code: b"\xe0\x43\x01\x91\x28\x34\x80\xd2", context: 80 },
    // lea rdi, [rsp+64]; push 0; mov eax, 344 (sigreturn).
    Trampoline { os: "dragonfly", code: b"\x48\x8d\x7c\x24\x40\x6a\0\xb8\x58\x01\0\0", context: 64 },
    // mov rdi, r15; mov rax, 308 (setcontext).
    Trampoline { os: "netbsd", code: b"\x4c\x89\xff\x48\xc7\xc0\x34\x01\0\0", context: 128 },
    Trampoline { os: "netbsd", code: b"\x4c\x89\xff\xb8\x34\x01\0\0", context: 128 },
    // mov x0, x28; svc #308.
    Trampoline { os: "netbsd", code: b"\xe0\x03\x1c\xaa\x81\x26\0\xd4", context: 128 },
];

/// The registers of what a handler interrupted, when `code` is where it returns into with these registers.
pub(super) fn interrupted(code: &[u8], regs: &Registers, memory: &dyn Memory) -> Option<Registers> {
    let row = TRAMPOLINES.iter().find(|row| code.starts_with(row.code))?;
    let mut inner = *regs;
    let at = Addr(regs.sp().wrapping_add(row.context));
    ashore_guest::by_name(row.os)?.resume(&mut inner, at, memory).ok()?;
    Some(inner)
}

/// Whether a handler returns into `code`.
pub(super) fn is_trampoline(code: &[u8]) -> bool {
    TRAMPOLINES.iter().any(|row| code.starts_with(row.code))
}
