//! The safety net: no system call of the guest reaches the kernel by itself.

use crate::text::host_text;
use core::sync::atomic::{AtomicU8, Ordering};

/// How guest calls that no stub catches are caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Net {
    /// Syscall User Dispatch, exclusive mode: only the program's own text may call.
    Dispatch,
    /// A seccomp filter on the calling address that traps.
    Seccomp,
}

const PR_SET_SYSCALL_USER_DISPATCH: u64 = 59;
const PR_SYS_DISPATCH_ON: u64 = 1;

static CHOSEN: AtomicU8 = AtomicU8::new(0);

/// The net this kernel offers, tried on the calling thread and left off again; `None` when there is none.
pub fn available() -> Option<Net> {
    if dispatch().is_ok() {
        let _ = crate::call(libc::SYS_prctl as u64, [PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0, 0]);
        return Some(Net::Dispatch);
    }
    has_seccomp().then_some(Net::Seccomp)
}

/// Whether the kernel can trap by a filter (`SECCOMP_GET_ACTION_AVAIL`).
pub fn has_seccomp() -> bool {
    let words = [SECCOMP_GET_ACTION_AVAIL, 0, &raw const RET_TRAP as u64, 0, 0, 0];
    crate::call(libc::SYS_seccomp as u64, words).is_ok()
}

/// Puts the net under the calling thread, before it runs guest code. The kernel passes a filter on to new
/// threads and children, but not dispatch: that every thread and child arms by itself.
pub fn arm(net: Net) -> Result<(), ashore_pivot::Errno> {
    let before = CHOSEN.swap(net as u8 + 1, Ordering::Relaxed);
    match net {
        Net::Dispatch => dispatch(),
        Net::Seccomp if before == Net::Seccomp as u8 + 1 => Ok(()),
        Net::Seccomp => filter(),
    }
}

/// Puts the net chosen by the last [`arm`] under the calling thread, if there was one.
pub(crate) fn rearm() {
    if CHOSEN.load(Ordering::Relaxed) == Net::Dispatch as u8 + 1 {
        let _ = dispatch();
    }
}

/// One instruction of a classic BPF program.
#[repr(C)]
#[derive(Clone, Copy)]
struct Bpf {
    code: u16,
    if_true: u8,
    if_false: u8,
    k: u32,
}

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    len: u16,
    code: u64,
}

const LOAD_WORD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;
static RET_TRAP: u32 = 0x0003_0000;
const RET_ALLOW: u32 = 0x7fff_0000;
/// Where `struct seccomp_data` has the calling address.
const CALLER_LOW: u32 = 8;
const CALLER_HIGH: u32 = 12;
const SECCOMP_SET_MODE_FILTER: u64 = 1;
const SECCOMP_GET_ACTION_AVAIL: u64 = 2;
const PR_SET_NO_NEW_PRIVS: u64 = 38;

/// Traps every call from outside the program's text. It can never be taken off again, and programs that
/// are execed would run under it: exec is refused under this net.
fn filter() -> Result<(), ashore_pivot::Errno> {
    let text = host_text();
    // The address the kernel sees is after the call: one that ends the text is still ours.
    let (start, end) = (text.start.0, text.end.0);
    if start >> 32 != end >> 32 {
        return Err(ashore_pivot::Errno::EOPNOTSUPP);
    }
    let code = [
        step(LOAD_WORD, 0, 0, CALLER_HIGH),
        step(JUMP_EQUAL, 0, 4, (start >> 32) as u32),
        step(LOAD_WORD, 0, 0, CALLER_LOW),
        step(JUMP_AT_LEAST, 0, 2, start as u32),
        step(JUMP_AT_LEAST, 1, 0, end as u32 + 1),
        step(RETURN, 0, 0, RET_ALLOW),
        step(RETURN, 0, 0, RET_TRAP),
    ];
    crate::call(libc::SYS_prctl as u64, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0])?;
    install(&code)
}

const fn step(code: u16, if_true: u8, if_false: u8, k: u32) -> Bpf {
    Bpf { code, if_true, if_false, k }
}

fn install(code: &[Bpf]) -> Result<(), ashore_pivot::Errno> {
    let program = Program { len: code.len() as u16, code: code.as_ptr() as u64 };
    let words = [SECCOMP_SET_MODE_FILTER, 0, &raw const program as u64, 0, 0, 0];
    crate::call(libc::SYS_seccomp as u64, words).map(drop)
}

const RET_TRACE: u32 = 0x7ff0_0000;
/// `AUDIT_ARCH_X86_64`.
const NATIVE_CALLS: u32 = 0xc000_003e;
/// Where `struct seccomp_data` has the number, the kind of call, and the first word.
const NUMBER: u32 = 0;
const KIND: u32 = 4;
const WORDS: u32 = 16;

/// A word behind those of an execve, which the kernel does not look at: the exec is our own.
pub(crate) const OWN_EXEC: u64 = 0x6f77_6e21;

/// Has the tracer of the calling thread, and of all that comes of it, told of every exec before it happens, but for our own.
/// It can never be taken off again; without a tracer all other execs fail.
pub fn announce_execs() -> Result<(), ashore_pivot::Errno> {
    let code = [
        step(LOAD_WORD, 0, 0, KIND),
        step(JUMP_EQUAL, 0, 8, NATIVE_CALLS),
        step(LOAD_WORD, 0, 0, NUMBER),
        step(JUMP_EQUAL, 1, 0, libc::SYS_execve as u32),
        step(JUMP_EQUAL, 2, 5, libc::SYS_execveat as u32),
        step(LOAD_WORD, 0, 0, WORDS + 3 * 8),
        step(JUMP_EQUAL, 3, 2, OWN_EXEC as u32),
        step(LOAD_WORD, 0, 0, WORDS + 5 * 8),
        step(JUMP_EQUAL, 1, 0, OWN_EXEC as u32),
        step(RETURN, 0, 0, RET_TRACE),
        step(RETURN, 0, 0, RET_ALLOW),
    ];
    // Without privileges the filter wants that execs give none. To a traced program they give none anyway.
    install(&code).or_else(|_| {
        crate::call(libc::SYS_prctl as u64, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0])?;
        install(&code)
    })
}

fn dispatch() -> Result<(), ashore_pivot::Errno> {
    let text = host_text();
    let words = [PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, text.start.0, text.len(), 0, 0];
    crate::call(libc::SYS_prctl as u64, words).map(drop)
}
