//! Linux's convention on x86-64.

use super::frame;
use crate::{Abi, Answer, CallFrame, Fail, Frame, Os, Resumed, StartRequest, Thread, ThreadStart, Value};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_isa::x86_64::Regs;
use ashore_pivot::{Errno, Memory, SigSet};

/// The convention.
#[derive(Debug)]
pub struct Amd64;

/// The convention.
pub static AMD64: Amd64 = Amd64;

const SYSCALL_LEN: u64 = 2;
/// Results above this, negated, are no errors.
const ERRNO_MAX: u64 = 4095;

impl Abi<Regs> for Amd64 {
    fn os(&self) -> &'static Os {
        &super::OS
    }

    fn start(&self, regs: &mut Regs, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        let sp = start_stack(request, memory)?;
        *regs = Regs { rip: request.entry.0, rsp: sp.0, rflags: 0x202, ..Regs::default() };
        Ok(())
    }

    fn call(&self, regs: &Regs, _memory: &dyn Memory) -> CallFrame {
        CallFrame { number: regs.rax, args: [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9, 0, 0] }
    }

    fn answer(&self, regs: &mut Regs, answer: Answer) {
        regs.rax = match answer {
            Ok(Value::One(word) | Value::Two(word, _)) => word,
            Ok(_) => 0,
            Err(Fail::Linux(errno)) => (-i64::from(errno.0)) as u64,
            Err(Fail::Own(number)) => (-i64::from(number)) as u64,
        };
    }

    fn failure(&self, regs: &Regs) -> Option<u16> {
        let negated = regs.rax.wrapping_neg();
        (1..=ERRNO_MAX).contains(&negated).then_some(negated as u16)
    }

    fn forked(&self, regs: &mut Regs, _parent_pid: i32) {
        regs.rax = 0;
    }

    fn set_stack(&self, regs: &mut Regs, at: Addr) {
        regs.rsp = at.0;
    }

    fn rewind(&self, regs: &mut Regs, number: u64) {
        regs.rip = regs.rip.wrapping_sub(SYSCALL_LEN);
        regs.rax = number;
    }

    fn begin(&self, regs: &mut Regs, start: &ThreadStart, memory: &dyn Memory) -> Result<(), Errno> {
        match start {
            ThreadStart::Copy { stack } => {
                regs.rax = 0;
                if !stack.is_null() {
                    regs.rsp = stack.0;
                }
            }
            ThreadStart::Entry { entry, arg, stack, stack_len } => {
                regs.rip = entry.0;
                regs.rdi = *arg;
                regs.rsp = stack.plus(*stack_len).0;
            }
            ThreadStart::Context(at) => {
                self.resume(regs, *at, memory)?;
            }
        }
        Ok(())
    }

    fn set_tls(&self, regs: &mut Regs, thread: &Thread) {
        regs.fs_base = thread.tls.0;
    }

    fn stack_pointer(&self, regs: &Regs) -> Addr {
        Addr(regs.rsp)
    }

    fn deliver(&self, regs: &mut Regs, frame: &Frame<'_>, memory: &dyn Memory) -> Result<(), Errno> {
        frame::build(regs, frame, memory)
    }

    fn resume(&self, regs: &mut Regs, at: Addr, memory: &dyn Memory) -> Result<Resumed, Errno> {
        frame::read(regs, at, memory)
    }

    fn save(&self, _regs: &Regs, _at: Addr, _mask: SigSet, _fp: &[u8], _memory: &dyn Memory) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }
}

const AT_PHDR: u64 = 3;
const AT_PHENT: u64 = 4;
const AT_PHNUM: u64 = 5;
const AT_PAGESZ: u64 = 6;
const AT_BASE: u64 = 7;
const AT_FLAGS: u64 = 8;
const AT_ENTRY: u64 = 9;
const AT_UID: u64 = 11;
const AT_PLATFORM: u64 = 15;
const AT_HWCAP: u64 = 16;
const AT_CLKTCK: u64 = 17;
const AT_SECURE: u64 = 23;
const AT_RANDOM: u64 = 25;
const AT_HWCAP2: u64 = 26;
const AT_EXECFN: u64 = 31;
const AT_SYSINFO_EHDR: u64 = 33;

/// Writes strings, auxiliary vector, environment, arguments and their count downwards from the stack's top.
fn start_stack(request: &StartRequest<'_>, memory: &dyn Memory) -> Result<Addr, Errno> {
    let mut sp = request.stack.end.minus(16);
    let mut push = |bytes: &[u8]| -> Result<u64, Errno> {
        let len = bytes.len() as u64 + 1;
        if len > sp.0.saturating_sub(request.stack.start.0) / 2 {
            return Err(Errno::E2BIG);
        }
        sp = sp.minus(len);
        memory.write(sp, bytes)?;
        memory.write(sp.plus(len - 1), &[0])?;
        Ok(sp.0)
    };
    let name = push(request.program)?;
    let mut env = Vec::new();
    for string in request.env.iter().rev() {
        env.push(push(string)?);
    }
    let mut args = Vec::new();
    for string in request.args.iter().rev() {
        args.push(push(string)?);
    }
    let platform = push(b"x86_64")?;
    let random = push(&request.random)?;
    let mut words = alloc::vec![request.args.len() as u64];
    words.extend(args.iter().rev());
    words.push(0);
    words.extend(env.iter().rev());
    words.push(0);
    let vector = [
        (AT_SYSINFO_EHDR, request.shared_page.0),
        (AT_HWCAP, request.hwcap[0]),
        (AT_PAGESZ, ashore_base::PAGE_SIZE),
        (AT_CLKTCK, 100),
        (AT_PHDR, request.headers.0),
        (AT_PHENT, request.header_size),
        (AT_PHNUM, request.header_count),
        (AT_BASE, request.base.0),
        (AT_FLAGS, 0),
        (AT_ENTRY, request.entry.0),
        (AT_UID, u64::from(request.ids[0])),
        (AT_UID + 1, u64::from(request.ids[1])),
        (AT_UID + 2, u64::from(request.ids[2])),
        (AT_UID + 3, u64::from(request.ids[3])),
        (AT_SECURE, 0),
        (AT_RANDOM, random),
        (AT_HWCAP2, request.hwcap[1]),
        (AT_EXECFN, name),
        (AT_PLATFORM, platform),
        (0, 0),
    ];
    for (kind, value) in vector {
        if kind != AT_SYSINFO_EHDR || value != 0 {
            words.extend([kind, value]);
        }
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    if bytes.len() as u64 > sp.0.saturating_sub(request.stack.start.0) / 2 {
        return Err(Errno::E2BIG);
    }
    let sp = sp.minus(bytes.len() as u64).align_down(16);
    memory.write(sp, &bytes)?;
    Ok(sp)
}
