//! `posix_spawn` as a call of the kernel (NetBSD): a fork, a list of things to do in the child, an exec.

use super::fork::exec_words;
use crate::{Action, Answer, Args, Ctx, Does, Fail, ForkKind, row_of};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// The most things to do.
const ACTIONS_MAX: u32 = 1024;
/// The size of one of them: what, descriptor, and a path, flags and mode or another descriptor.
const ACTION_LEN: u64 = 24;
/// How a child ends that could not become the program.
const FAILED: u8 = 127;
/// Linux's close-on-exec for pipe2.
const CLOEXEC: u64 = 0x8_0000;

/// The flags of the attributes.
mod flag {
    pub const RESETIDS: u16 = 0x01;
    pub const SETPGROUP: u16 = 0x02;
    pub const SETSIGDEF: u16 = 0x10;
    pub const SETSIGMASK: u16 = 0x20;
}

/// The guest's calls that the child makes for itself.
mod call {
    pub const OPEN: u16 = 5;
    pub const CLOSE: u16 = 6;
    pub const CHDIR: u16 = 12;
    pub const FCHDIR: u16 = 13;
    pub const DUP2: u16 = 90;
}

/// `posix_spawn(pid, path, file_actions, attrp, argv, envp)`. The child tells a failure through a pipe
/// that a success closes.
pub fn posix_spawn(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    // What the child would stumble over is better found here.
    ctx.cstr(Addr(args[1]), 4095)?;
    let steps = steps(ctx, Addr(args[2]))?;
    let mut ends = [0; 8];
    ctx.call_with(Sys::PIPE2, &mut [Arg::Out(&mut ends), CLOEXEC.into()])?;
    let [read, write] =
        [ends.first_chunk(), ends.last_chunk()].map(|end| end.map_or(0, |end| u32::from_le_bytes(*end)));
    let pid = match ctx.kernel.fork(ForkKind::Fork) {
        Ok(0) => {
            close(ctx, read);
            let Err(fail) = become_program(ctx, args, &steps, write) else { ctx.kernel.exit(0) };
            tell(ctx, write, fail);
            ctx.kernel.exit(FAILED)
        }
        Ok(pid) => pid,
        Err(errno) => {
            close(ctx, read);
            close(ctx, write);
            return Err(errno.into());
        }
    };
    close(ctx, write);
    let told = hear(ctx, read);
    close(ctx, read);
    if let Some(fail) = told {
        // Nobody else knows of the child.
        let _ = ctx.call(Sys::WAIT4, [pid as u64, 0, 0, 0, 0, 0]);
        return Err(fail);
    }
    if args[0] != 0 {
        ctx.write(Addr(args[0]), &pid.to_le_bytes())?;
    }
    Ok(0.into())
}

fn close(ctx: &Ctx<'_>, fd: u32) {
    let _ = ctx.call(Sys::CLOSE, [u64::from(fd), 0, 0, 0, 0, 0]);
}

/// A failure in three bytes: whose number it is, and the number.
fn tell(ctx: &Ctx<'_>, pipe: u32, fail: Fail) {
    let (kind, number) = match fail {
        Fail::Linux(errno) => (0, errno.0),
        Fail::Own(number) => (1, number),
    };
    let [low, high] = number.to_le_bytes();
    let bytes = [kind, low, high];
    let _ = ctx.call_with(Sys::WRITE, &mut [u64::from(pipe).into(), Arg::In(&bytes), 3.into()]);
}

/// What the child told; `None` when it became the program.
fn hear(ctx: &Ctx<'_>, pipe: u32) -> Option<Fail> {
    let mut bytes = [0; 3];
    loop {
        match ctx.call_with(Sys::READ, &mut [u64::from(pipe).into(), Arg::Out(&mut bytes), 3.into()]) {
            Err(Errno::EINTR) => {}
            Ok(3) => break,
            _ => return None,
        }
    }
    let [kind, low, high] = bytes;
    let number = u16::from_le_bytes([low, high]);
    Some(if kind == 0 { Fail::Linux(Errno(number)) } else { Fail::Own(number) })
}

/// One thing to do: a call of the guest's with these words.
type Step = (u16, [u64; 3]);

/// The things to do, as calls.
fn steps(ctx: &Ctx<'_>, at: Addr) -> Result<Vec<Step>, Errno> {
    if at.is_null() {
        return Ok(Vec::new());
    }
    let (count, list) = (ctx.read_u32(at.plus(4))?, Addr(ctx.read_u64(at.plus(8))?));
    if count > ACTIONS_MAX {
        return Err(Errno::EINVAL);
    }
    let mut steps = Vec::new();
    for nth in 0..u64::from(count) {
        let at = list.plus(nth * ACTION_LEN);
        let (what, fd, word) = (ctx.read_u32(at)?, u64::from(ctx.read_u32(at.plus(4))?), ctx.read_u64(at.plus(8))?);
        match what {
            0 => {
                let flags = u64::from(ctx.read_u32(at.plus(16))?);
                let mode = u64::from(ctx.read_u32(at.plus(20))?);
                steps.push((call::OPEN, [word, flags, mode]));
                steps.push((MOVE_TO, [fd, 0, 0]));
            }
            1 => steps.push((call::DUP2, [fd, word & 0xffff_ffff, 0])),
            2 => steps.push((call::CLOSE, [fd, 0, 0])),
            3 => steps.push((call::CHDIR, [word, 0, 0])),
            4 => steps.push((call::FCHDIR, [fd, 0, 0])),
            _ => return Err(Errno::EINVAL),
        }
    }
    Ok(steps)
}

/// Not a call: moves the descriptor just opened to the wanted one.
const MOVE_TO: u16 = u16::MAX;

/// In the child: attributes, things to do, exec. Comes back only with a failure.
fn become_program(ctx: &mut Ctx<'_>, args: &Args, steps: &[Step], pipe: u32) -> Result<(), Fail> {
    attributes(ctx, Addr(args[3]))?;
    let mut opened = 0;
    for (number, words) in steps {
        let [a, b, c] = *words;
        if a == u64::from(pipe) && *number == call::CLOSE {
            continue;
        }
        if *number == MOVE_TO {
            if opened != a {
                own_call(ctx, call::DUP2, [opened, a, 0])?;
                own_call(ctx, call::CLOSE, [opened, 0, 0])?;
            }
            continue;
        }
        opened = own_call(ctx, *number, [a, b, c])?;
    }
    match exec_words(ctx, [Addr(args[1]), Addr(args[4]), Addr(args[5])]) {
        Ok(_) => Ok(()),
        Err(fail) => Err(fail),
    }
}

/// Makes one of the guest's calls.
fn own_call(ctx: &mut Ctx<'_>, number: u16, [a, b, c]: [u64; 3]) -> Result<u64, Fail> {
    let row = row_of(ctx.os.calls, u64::from(number)).ok_or(Errno::ENOSYS)?;
    let answer = match row.does {
        Does::Custom(function) => function(ctx, &[a, b, c, 0, 0, 0, 0, 0])?,
        Does::Same(sys) | Does::Block(sys) | Does::Interrupt(sys) => ctx.call(sys, [a, b, c, 0, 0, 0])?.into(),
        Does::Quick(_) | Does::Paths(..) | Does::Missing => return Err(Errno::ENOSYS.into()),
    };
    match answer {
        crate::Value::One(value) => Ok(value),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn attributes(ctx: &mut Ctx<'_>, at: Addr) -> Result<(), Errno> {
    const SAME: u64 = u32::MAX as u64;
    if at.is_null() {
        return Ok(());
    }
    let flags = u16::from_le_bytes(ctx.read(at)?);
    if flags & flag::SETPGROUP != 0 {
        ctx.call(Sys::SETPGID, [0, u64::from(ctx.read_u32(at.plus(4))?), 0, 0, 0, 0])?;
    }
    if flags & flag::RESETIDS != 0 {
        let (uid, gid) = (ctx.call(Sys::GETUID, [0; 6])?, ctx.call(Sys::GETGID, [0; 6])?);
        ctx.call(Sys::SETRESGID, [SAME, gid, SAME, 0, 0, 0])?;
        ctx.call(Sys::SETRESUID, [SAME, uid, SAME, 0, 0, 0])?;
    }
    let map = ctx.bsd()?.family.signals.map;
    if flags & flag::SETSIGDEF != 0 {
        for signal in map.set_to_linux(ctx.read(at.plus(16))?).iter() {
            // Those that always do what they do by default need no telling.
            let _ = ctx.kernel.set_action(signal, Action::DEFAULT);
        }
    }
    if flags & flag::SETSIGMASK != 0 {
        let mask = map.set_to_linux(ctx.read(at.plus(32))?);
        ctx.kernel.set_mask(ctx.thread, mask);
    }
    Ok(())
}
